// SPDX-License-Identifier: GPL-2.0-only
/*
 * The physical addresses that stand for a device's memory: found and claimed, or
 * given by the driver; with struct pages for as long as there is a range.
 */

#include <linux/device.h>
#include <linux/ioport.h>
#include <linux/log2.h>
#include <linux/memblock.h>
#include <linux/memory_hotplug.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/numa_memblks.h>
#include <linux/pfn.h>
#include <linux/slab.h>

#include "internal.h"

/* Who adds, moves or removes a range */
DEFINE_MUTEX(hmm_devmem_ranges_lock);

#define SECTION_BYTES	((u64)PAGES_PER_SECTION << PAGE_SHIFT)

/* What the firmware has declared for memory that may still come */
static struct range *hot_pluggable(unsigned int *nr)
{
	const unsigned int most = numa_reserved_ranges(NULL, 0) + 1;
	struct range *ranges = kcalloc(most, sizeof(*ranges), GFP_KERNEL);
	u64 end;

	if (!ranges)
		return NULL;
	*nr = numa_reserved_ranges(ranges, most);
	/* What was declared together with RAM that is there is not among them */
	end = *nr ? PFN_PHYS(max_pfn) : arch_hot_pluggable_end();
	if (end)
		ranges[(*nr)++] = (struct range) { .start = 0, .end = end - 1 };
	return ranges;
}

static struct resource *claim(struct hmm_devmem *devmem, struct range not_here)
{
	const struct hmm_devmem_constraints *c = &devmem->constraints;
	/*
	 * Nothing maps the memory, but its struct pages have their place beside those
	 * of what can be mapped; and page tables have room for so many bits of a page
	 * frame while the memory migrates.
	 */
	const struct range can = mhp_get_pluggable_range(true);
	struct hmm_devmem_search search = {
		.within.start = max(c->min, can.start),
		.within.end = min3(c->max ?: U64_MAX, can.end,
				   BIT_ULL(MAX_PHYSMEM_BITS) - 1),
		.size = (u64)devmem->nr_pages << PAGE_SHIFT,
		.align = max(c->align, SECTION_BYTES),
		.bottom_up = c->bottom_up,
		.not_here = not_here,
	};
	struct range *use_last = hot_pluggable(&search.nr_use_last);
	struct resource *res;

	if (!use_last)
		return ERR_PTR(-ENOMEM);
	search.use_last = use_last;
	res = claim_free_mem_region(&iomem_resource, search.size,
				    dev_name(devmem->dev),
				    IORES_DESC_DEVICE_PRIVATE_MEMORY,
				    hmm_devmem_search, &search);
	kfree(use_last);
	if (PTR_ERR_OR_ZERO(res) == -ERANGE)
		dev_warn(devmem->dev,
			 "no %#llx bytes of physical addresses are free in [%#llx-%#llx], aligned to %#llx\n",
			 search.size, search.within.start, search.within.end,
			 search.align);
	return res;
}

/**
 * hmm_devmem_check_constraints() - can any range meet them?
 * @c: the constraints
 *
 * Return: 0 or -EINVAL.
 */
int hmm_devmem_check_constraints(const struct hmm_devmem_constraints *c)
{
	if (c->align && !is_power_of_2(c->align))
		return -EINVAL;
	if (c->max && c->max < c->min)
		return -EINVAL;
	return 0;
}

static int map(struct hmm_devmem_range *range, enum memory_type type,
	       const struct resource *res)
{
	struct hmm_devmem *devmem = range->devmem;
	struct dev_pagemap *pagemap = &range->pagemap;

	pagemap->type = type;
	pagemap->range.start = res->start;
	pagemap->range.end = res->end;
	pagemap->nr_range = 1;
	pagemap->ops = &hmm_devmem_pagemap_ops;
	pagemap->owner = devmem;
	return PTR_ERR_OR_ZERO(memremap_pages(pagemap,
					      dev_to_node(devmem->dev)));
}

static void unclaim(struct resource *res)
{
	release_mem_region(res->start, resource_size(res));
}

/**
 * hmm_devmem_range_find() - find, claim and map addresses for memory that the CPU
 *			     cannot address
 * @devmem: for whom; with its constraints and size
 * @not_here: addresses that others want
 *
 * Context: Process context, hmm_devmem_ranges_lock held.
 * Return: the range; -ERANGE if no addresses are free; -ENOMEM; what
 * memremap_pages() says.
 */
struct hmm_devmem_range *
hmm_devmem_range_find(struct hmm_devmem *devmem, struct range not_here)
{
	struct hmm_devmem_range *range = kzalloc(sizeof(*range), GFP_KERNEL);
	int ret;

	lockdep_assert_held(&hmm_devmem_ranges_lock);
	if (!range)
		return ERR_PTR(-ENOMEM);
	range->devmem = devmem;
	range->res = claim(devmem, not_here);
	ret = PTR_ERR_OR_ZERO(range->res);
	if (ret)
		goto free_range;
	ret = map(range, MEMORY_DEVICE_PRIVATE, range->res);
	if (ret)
		goto unclaim_resource;
	return range;

unclaim_resource:
	unclaim(range->res);
free_range:
	kfree(range);
	return ERR_PTR(ret);
}

/* What memremap_pages() would complain of, loudly */
static int check_given(const struct resource *res)
{
	const u64 size = resource_size(res);
	struct dev_pagemap *other;
	u64 addr;

	if (!IS_ALIGNED(res->start | size, memremap_compat_align()) || !size)
		return -EINVAL;
	if (region_intersects(res->start, size, IORESOURCE_SYSTEM_RAM,
			      IORES_DESC_NONE) != REGION_DISJOINT)
		return -ENXIO;
	for (addr = res->start; addr - res->start < size;
	     addr += memremap_compat_align()) {
		other = get_dev_pagemap(PHYS_PFN(addr), NULL);
		if (other) {
			put_dev_pagemap(other);
			return -EBUSY;
		}
	}
	return 0;
}

/**
 * hmm_devmem_range_given() - map addresses at which the CPU can address the memory
 * @devmem: for whom
 * @res: the addresses, claimed by the driver
 *
 * Context: Process context, hmm_devmem_ranges_lock held.
 * Return: the range; -EINVAL if they are not aligned as memremap_compat_align()
 * wants it, or cannot be mapped; -ENXIO if System RAM is there; -EBUSY if other
 * device memory is there; -ENOMEM; what memremap_pages() says.
 */
struct hmm_devmem_range *
hmm_devmem_range_given(struct hmm_devmem *devmem, const struct resource *res)
{
	struct hmm_devmem_range *range;
	int ret;

	lockdep_assert_held(&hmm_devmem_ranges_lock);
	ret = check_given(res);
	if (ret)
		return ERR_PTR(ret);
	range = kzalloc(sizeof(*range), GFP_KERNEL);
	if (!range)
		return ERR_PTR(-ENOMEM);
	range->devmem = devmem;
	ret = map(range, MEMORY_DEVICE_COHERENT, res);
	if (ret) {
		kfree(range);
		return ERR_PTR(ret);
	}
	return range;
}

/* From now on @devmem has @range; no page of it is in use, and none allocated meanwhile */
void hmm_devmem_range_use(struct hmm_devmem *devmem,
			  struct hmm_devmem_range *range)
{
	devmem->range = range;
	WRITE_ONCE(devmem->first_pfn, PHYS_PFN(range->pagemap.range.start));
}

/**
 * hmm_devmem_range_remove() - unmap a range and give its addresses back
 * @range: none of its pages is in use
 *
 * Context: Process context, hmm_devmem_ranges_lock held. Waits for those who hold
 * the pagemap for a moment.
 */
void hmm_devmem_range_remove(struct hmm_devmem_range *range)
{
	lockdep_assert_held(&hmm_devmem_ranges_lock);
	memunmap_pages(&range->pagemap);
	if (range->res)
		unclaim(range->res);
	kfree(range);
}

static bool is_ours(const struct dev_pagemap *pagemap)
{
	return pagemap && pagemap->ops == &hmm_devmem_pagemap_ops;
}

/**
 * hmm_devmem_has() - is an address one of device memory?
 * @addr: the address, or any number
 *
 * Context: Process context. It may have come or gone meanwhile.
 * Return: whether it is of ours, and has struct pages.
 */
bool hmm_devmem_has(u64 addr)
{
	struct dev_pagemap *pagemap = get_dev_pagemap(PHYS_PFN(addr), NULL);
	const bool ours = is_ours(pagemap);

	put_dev_pagemap(pagemap);
	return ours;
}

/**
 * hmm_devmem_at() - whose device memory has a page frame?
 * @pfn: the page frame, or any number
 *
 * Context: Process context, hmm_devmem_ranges_lock held; as long as it is, the
 * device memory stays.
 * Return: that of ours, %NULL if there is none.
 */
struct hmm_devmem *hmm_devmem_at(unsigned long pfn)
{
	struct dev_pagemap *pagemap = get_dev_pagemap(pfn, NULL);
	struct hmm_devmem *devmem = is_ours(pagemap) ? pagemap->owner : NULL;

	lockdep_assert_held(&hmm_devmem_ranges_lock);
	put_dev_pagemap(pagemap);
	return devmem;
}

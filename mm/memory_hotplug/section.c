// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sections: the memmap of a range is added and removed section by section, and
 * a section knows whether its struct pages can be trusted.
 */

#include <linux/memory_hotplug.h>
#include <linux/memremap.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "internal.h"

/**
 * mhp_pages_aligned() - can these pages be added to the memmap?
 * @pfn: first page frame
 * @nr_pages: number of pages
 *
 * Memory that goes online comes in whole blocks. Device memory may come in
 * subsections if the memmap is virtually mapped.
 *
 * Return: true if so.
 */
bool mhp_pages_aligned(unsigned long pfn, unsigned long nr_pages)
{
	const unsigned long unit = IS_ENABLED(CONFIG_SPARSEMEM_VMEMMAP) ?
				   PAGES_PER_SUBSECTION : PAGES_PER_SECTION;

	return IS_ALIGNED(pfn | nr_pages, unit);
}

/*
 * A section may be shared by ZONE_DEVICE and an online zone; then only the
 * device's pagemap knows whose a page is.
 */
static bool is_device_pfn(unsigned long pfn)
{
	struct dev_pagemap *pgmap = get_dev_pagemap(pfn, NULL);

	put_dev_pagemap(pgmap);
	return pgmap;
}

/**
 * pfn_to_online_page() - the struct page of a page frame, if it is initialised
 * @pfn: any page frame number
 *
 * For those who walk over page frames that they have not allocated.
 *
 * Context: Any. The page can go offline at once unless get_online_mems() or a
 * reference to the page prevents it.
 * Return: the page, or %NULL if there is none, it is offline, or it is device
 * memory.
 */
struct page *pfn_to_online_page(unsigned long pfn)
{
	const unsigned long nr = pfn_to_section_nr(pfn);
	struct mem_section *ms;

	if (nr >= NR_MEM_SECTIONS)
		return NULL;
	ms = __nr_to_section(nr);
	if (!online_section(ms) || !pfn_section_valid(ms, pfn))
		return NULL;
	if (IS_ENABLED(CONFIG_HAVE_ARCH_PFN_VALID) && !pfn_valid(pfn))
		return NULL;
	if (online_device_section(ms) && is_device_pfn(pfn))
		return NULL;
	return pfn_to_page(pfn);
}
EXPORT_SYMBOL_GPL(pfn_to_online_page);

static int check_altmap(struct vmem_altmap *altmap, unsigned long pfn,
			unsigned long nr_pages)
{
	if (altmap->base_pfn == pfn && vmem_altmap_offset(altmap) <= nr_pages)
		return 0;
	pr_warn_once("memory hotplug: the memmap's place does not fit the range\n");
	return -EINVAL;
}

/**
 * __add_pages() - give a range its memmap
 * @nid: node to which the pages belong
 * @pfn: first page frame
 * @nr_pages: number of pages
 * @params: page protection, place of the memmap, device pagemap
 *
 * For arch_add_memory(). Whole sections or, with a virtually mapped memmap,
 * subsections.
 *
 * Context: Process context, mem_hotplug_lock held for writing.
 * Return: 0; -EINVAL for a range that cannot be; -ENOMEM; -EEXIST if there is a
 * memmap already. After an error there is no memmap of any of it.
 */
int __add_pages(int nid, unsigned long pfn, unsigned long nr_pages,
		struct mhp_params *params)
{
	struct vmem_altmap *altmap = params->altmap;
	const unsigned long start_pfn = pfn, end_pfn = pfn + nr_pages;
	unsigned long nr;
	int ret = 0;

	if (WARN_ON_ONCE(!pgprot_val(params->pgprot)) ||
	    WARN_ON_ONCE(!mhp_pages_aligned(pfn, nr_pages)) ||
	    !mhp_range_allowed(PFN_PHYS(pfn), PFN_PHYS(nr_pages), false))
		return -EINVAL;
	if (altmap) {
		ret = check_altmap(altmap, pfn, nr_pages);
		if (ret)
			return ret;
		altmap->alloc = 0;
	}

	for (; pfn < end_pfn; pfn += nr) {
		nr = section_chunk(pfn, end_pfn);
		ret = sparse_add_section(nid, pfn, nr, altmap, params->pgmap);
		if (ret)
			break;
		cond_resched();
	}
	vmemmap_populate_print_last();
	if (ret && pfn > start_pfn)
		__remove_pages(start_pfn, pfn - start_pfn, altmap,
			       params->pgmap);
	return ret;
}

/**
 * __remove_pages() - take a range's memmap away
 * @pfn: first page frame
 * @nr_pages: number of pages
 * @altmap: place of the memmap, or %NULL
 * @pgmap: device pagemap, or %NULL
 *
 * For arch_remove_memory(). No page of the range is in use or in a zone.
 *
 * Context: Process context, mem_hotplug_lock held for writing.
 */
void __remove_pages(unsigned long pfn, unsigned long nr_pages,
		    struct vmem_altmap *altmap, struct dev_pagemap *pgmap)
{
	const unsigned long end_pfn = pfn + nr_pages;
	unsigned long nr;

	if (WARN_ON_ONCE(!mhp_pages_aligned(pfn, nr_pages)))
		return;
	for (; pfn < end_pfn; pfn += nr) {
		nr = section_chunk(pfn, end_pfn);
		sparse_remove_section(pfn, nr, altmap, pgmap);
		cond_resched();
	}
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memmap of a block inside the block itself: its first pages hold its
 * struct pages, so that adding memory takes none of the memory there is. The
 * price is that every block has pages that are never free, so that no two
 * blocks are free in one piece.
 */

#include <linux/kasan.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/pageblock-flags.h>
#include <linux/pfn.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/xarray.h>

#include "internal.h"

enum memmap_mode {
	MEMMAP_ELSEWHERE,
	MEMMAP_ON_MEMORY,
	MEMMAP_ON_MEMORY_FORCED,
};

static enum memmap_mode memmap_mode __read_mostly;

/**
 * mhp_memmap_pages() - how many pages of a block hold its memmap
 * @block_pages: pages of a block
 * @page_struct: bytes of a struct page
 * @pageblock_pages: pages of a page block
 * @force: round up to whole page blocks, though memory is wasted
 *
 * Return: the number of pages.
 */
unsigned long mhp_memmap_pages(unsigned long block_pages, size_t page_struct,
			       unsigned long pageblock_pages, bool force)
{
	const unsigned long pages = PFN_UP(block_pages * page_struct);

	return force ? ALIGN(pages, pageblock_pages) : pages;
}

static unsigned long block_pages(void)
{
	return PHYS_PFN(memory_block_size_bytes());
}

static unsigned long block_memmap_pages(void)
{
	return mhp_memmap_pages(block_pages(), sizeof(struct page),
				pageblock_nr_pages,
				memmap_mode == MEMMAP_ON_MEMORY_FORCED);
}

#ifdef CONFIG_MHP_MEMMAP_ON_MEMORY
static int memmap_mode_set(const char *val, const struct kernel_param *kp)
{
	bool enable;
	int ret;

	if (sysfs_streq(val, "force") || sysfs_streq(val, "FORCE")) {
		memmap_mode = MEMMAP_ON_MEMORY_FORCED;
		pr_info_once("memory hotplug: %lu pages of each block are wasted for its memmap\n",
			     block_memmap_pages() -
			     mhp_memmap_pages(block_pages(),
					      sizeof(struct page),
					      pageblock_nr_pages, false));
		return 0;
	}
	ret = kstrtobool(val, &enable);
	if (!ret)
		memmap_mode = enable ? MEMMAP_ON_MEMORY : MEMMAP_ELSEWHERE;
	return ret;
}

static int memmap_mode_get(char *buffer, const struct kernel_param *kp)
{
	static const char * const names[] = {
		[MEMMAP_ELSEWHERE] = "N",
		[MEMMAP_ON_MEMORY] = "Y",
		[MEMMAP_ON_MEMORY_FORCED] = "force",
	};

	return sysfs_emit(buffer, "%s\n", names[memmap_mode]);
}

static const struct kernel_param_ops memmap_mode_ops = {
	.set = memmap_mode_set,
	.get = memmap_mode_get,
};
module_param_cb(memmap_on_memory, &memmap_mode_ops, &memmap_mode, 0444);
MODULE_PARM_DESC(memmap_on_memory,
		 "Keep the memmap of hot-added memory in that memory: N (default), Y, or force although memory is wasted");
#endif /* CONFIG_MHP_MEMMAP_ON_MEMORY */

#ifndef arch_supports_memmap_on_memory
/* By default a block's memmap has to fill whole PMDs, to be mapped by them */
static bool arch_supports_memmap_on_memory(unsigned long vmemmap_size)
{
	return IS_ALIGNED(vmemmap_size, PMD_SIZE);
}
#endif

/**
 * mhp_supports_memmap_on_memory() - can a block hold its own memmap here?
 *
 * Wanted by the command line; in whole pages, so that no other block's memmap
 * is in them; in whole page blocks, for page isolation; not filling the block;
 * and mappable by the architecture.
 *
 * Return: true if MHP_MEMMAP_ON_MEMORY will be followed.
 */
bool mhp_supports_memmap_on_memory(void)
{
	const unsigned long size = block_pages() * sizeof(struct page);
	const unsigned long pages = block_memmap_pages();

	return memmap_mode != MEMMAP_ELSEWHERE && PAGE_ALIGNED(size) &&
	       pageblock_aligned(pages) && pages < block_pages() &&
	       arch_supports_memmap_on_memory(size);
}
EXPORT_SYMBOL_GPL(mhp_supports_memmap_on_memory);

/*
 * The altmaps of all blocks that hold their own memmap, by block number. They
 * live as long as the memmap, a little longer than the block's device.
 */
static DEFINE_XARRAY(altmaps);

static unsigned long block_number(u64 start)
{
	return div64_u64(start, memory_block_size_bytes());
}

/**
 * mhp_altmap_create() - plan where a block's memmap will lie
 * @start: first byte of the block
 * @inaccessible: the memory cannot be written before it goes online
 *
 * Return: the altmap, or NULL if there is no memory for it.
 */
struct vmem_altmap *mhp_altmap_create(u64 start, bool inaccessible)
{
	const struct vmem_altmap template = {
		.base_pfn = PHYS_PFN(start),
		.end_pfn = PHYS_PFN(start) + block_pages() - 1,
		.free = block_memmap_pages(),
		.inaccessible = inaccessible,
	};
	struct vmem_altmap *altmap = kmemdup(&template, sizeof(template),
					     GFP_KERNEL);

	if (altmap && xa_err(xa_store(&altmaps, block_number(start), altmap,
				      GFP_KERNEL))) {
		kfree(altmap);
		return NULL;
	}
	return altmap;
}

/**
 * mhp_altmap_free() - a block's memmap is gone
 * @start: first byte of the block
 */
void mhp_altmap_free(u64 start)
{
	kfree(xa_erase(&altmaps, block_number(start)));
}

/**
 * mhp_altmap_of() - where a block's memmap lies
 * @start: first byte of the block
 *
 * Context: device_hotplug_lock held.
 * Return: the altmap, or %NULL if the block does not hold its own memmap.
 */
struct vmem_altmap *mhp_altmap_of(u64 start)
{
	return xa_load(&altmaps, block_number(start));
}

/**
 * mhp_range_has_altmaps() - does any block of a range hold its own memmap?
 * @start: first byte
 * @size: size in bytes
 *
 * Return: true if so.
 */
bool mhp_range_has_altmaps(u64 start, u64 size)
{
	unsigned long number = block_number(start);

	return xa_find(&altmaps, &number, block_number(start + size - 1),
		       XA_PRESENT);
}

/*
 * prepared -> memmap-ready. The pages that hold the memmap exist from now on
 * for everybody who looks at struct pages; they belong to the block's zone.
 */
int mhp_memmap_init(struct mhp_transition *t)
{
	struct mhp_block_op *op = to_block_op(t);
	const unsigned long nr_pages = op->nr_memmap;
	struct page *page = pfn_to_page(op->start_pfn);
	unsigned long i;
	int ret;

	if (!nr_pages)
		return 0;
	ret = kasan_add_zero_shadow(__va(t->start), PFN_PHYS(nr_pages));
	if (ret)
		return mhp_refuse_walk(t, MHP_REFUSED_NO_MEMORY, ret,
				       "no memory for the KASAN shadow of the memmap");
	/* Could not be written before its provider made it accessible */
	if (op->mem->altmap->inaccessible)
		page_init_poison(page, nr_pages * sizeof(*page));

	move_pfn_range_to_zone(op->zone, op->start_pfn, nr_pages, NULL,
			       MIGRATE_UNMOVABLE);
	for (i = 0; i < nr_pages; i++) {
		__ClearPageOffline(page + i);
		SetPageVmemmapSelfHosted(page + i);
	}
	/* The section that it shares with other pages comes online with them */
	if (nr_pages >= PAGES_PER_SECTION)
		online_mem_sections(op->start_pfn,
				    ALIGN_DOWN(op->start_pfn + nr_pages,
					       PAGES_PER_SECTION));
	return 0;
}

/* memmap-ready -> prepared */
void mhp_memmap_deinit(struct mhp_transition *t)
{
	struct mhp_block_op *op = to_block_op(t);
	const unsigned long nr_pages = op->nr_memmap;

	if (!nr_pages)
		return;
	if (nr_pages >= PAGES_PER_SECTION)
		offline_mem_sections(op->start_pfn,
				     ALIGN_DOWN(op->start_pfn + nr_pages,
						PAGES_PER_SECTION));
	remove_pfn_range_from_zone(op->zone, op->start_pfn, nr_pages);
	kasan_remove_zero_shadow(__va(t->start), PFN_PHYS(nr_pages));
}

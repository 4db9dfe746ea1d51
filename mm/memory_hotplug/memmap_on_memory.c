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

static unsigned long nr_blocks(const struct mhp_range_op *op)
{
	return div64_u64(op->t.size, memory_block_size_bytes());
}

static int alloc_altmaps(struct mhp_range_op *op)
{
	op->altmaps = kvcalloc(nr_blocks(op), sizeof(*op->altmaps), GFP_KERNEL);
	if (!op->altmaps)
		return mhp_refuse_walk(&op->t, MHP_REFUSED_NO_MEMORY, -ENOMEM,
				       "no memory to keep track of the blocks");
	return 0;
}

static struct vmem_altmap *create_altmap(u64 start, bool inaccessible)
{
	struct vmem_altmap altmap = {
		.base_pfn = PHYS_PFN(start),
		.end_pfn = PHYS_PFN(start) + block_pages() - 1,
		.free = block_memmap_pages(),
		.inaccessible = inaccessible,
	};

	return kmemdup(&altmap, sizeof(altmap), GFP_KERNEL);
}

/**
 * mhp_altmaps_prepare() - plan where the memmaps of a range will lie
 * @op: the range that is being added
 *
 * Return: 0, with @op->altmaps NULL if they do not lie in the range; -ENOMEM.
 */
int mhp_altmaps_prepare(struct mhp_range_op *op)
{
	const bool inaccessible = op->flags & MHP_OFFLINE_INACCESSIBLE;
	unsigned long i;
	int ret;

	if (!(op->flags & MHP_MEMMAP_ON_MEMORY) ||
	    !mhp_supports_memmap_on_memory())
		return 0;

	ret = alloc_altmaps(op);
	if (ret)
		return ret;
	for (i = 0; i < nr_blocks(op); i++) {
		const u64 start = op->t.start + i * memory_block_size_bytes();

		op->altmaps[i] = create_altmap(start, inaccessible);
		if (!op->altmaps[i]) {
			mhp_altmaps_free(op);
			return mhp_refuse_walk(&op->t, MHP_REFUSED_NO_MEMORY,
					       -ENOMEM,
					       "no memory for the blocks' descriptions");
		}
	}
	return 0;
}

static int collect_altmap(struct memory_block *mem, void *arg)
{
	const u64 start = PFN_PHYS(section_nr_to_pfn(mem->start_section_nr));
	struct mhp_range_op *op = arg;
	int ret;

	if (!mem->altmap)
		return 0;
	if (!op->altmaps) {
		ret = alloc_altmaps(op);
		if (ret)
			return ret;
	}
	op->altmaps[div64_u64(start - op->t.start,
			      memory_block_size_bytes())] = mem->altmap;
	return 0;
}

/**
 * mhp_altmaps_collect() - find out where the memmaps of a range lie
 * @op: the range that is being removed; its blocks still own the altmaps
 *
 * Return: 0 or -ENOMEM.
 */
int mhp_altmaps_collect(struct mhp_range_op *op)
{
	int ret = walk_memory_blocks(op->t.start, op->t.size, op,
				     collect_altmap);

	if (ret) {
		kvfree(op->altmaps);
		op->altmaps = NULL;
	}
	return ret;
}

/**
 * mhp_altmaps_free() - nothing of the range has a memmap any more
 * @op: the range
 */
void mhp_altmaps_free(struct mhp_range_op *op)
{
	unsigned long i;

	if (!op->altmaps)
		return;
	for (i = 0; i < nr_blocks(op); i++) {
		WARN_ON_ONCE(op->altmaps[i] && op->altmaps[i]->alloc);
		kfree(op->altmaps[i]);
	}
	kvfree(op->altmaps);
	op->altmaps = NULL;
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

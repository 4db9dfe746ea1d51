// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that the balloon adds when its target is above what the domain has pages for,
 * and takes away again. Nothing is behind its pages when they come online: they are in
 * the balloon. Nobody but the balloon brings its blocks online or takes them offline.
 *
 * The blocks join ZONE_MOVABLE, from which they can go again, as long as the domain has
 * enough other memory for the kernel (memory_hotplug.auto_movable_ratio).
 */

#define pr_fmt(fmt) "xen: balloon: " fmt

#include <linux/ioport.h>
#include <linux/list.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/memory_section_ops.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/pfn.h>
#include <linux/slab.h>

#include <xen/features.h>
#include <xen/page.h>

#include "balloon.h"

#undef MODULE_PARAM_PREFIX
#define MODULE_PARAM_PREFIX "xen."

static bool balloon_hidden __ro_after_init;
module_param(balloon_hidden, bool, 0444);
MODULE_PARM_DESC(balloon_hidden,
		 "User space sees no memory blocks for memory that the balloon adds (default: false)");

#define RES_NAME	"System RAM (xen-balloon)"

/**
 * struct hot_block - a memory block of the balloon's
 * @list: in hot_blocks
 * @start_pfn: its first page frame
 * @refused: the request that it refused to go for; 0 for none
 */
struct hot_block {
	struct list_head list;
	unsigned long start_pfn;
	unsigned int refused;
};

/* Highest first. Protected by balloon_mutex */
static LIST_HEAD(hot_blocks);

static unsigned long block_pages(void)
{
	return PHYS_PFN(memory_block_size_bytes());
}

static unsigned long nr_backed(const struct hot_block *block)
{
	return block_pages() - balloon_map_count(block->start_pfn,
						 block_pages());
}

/* Most of its pages are in the balloon; those that Xen did not take back are not */
static void online(struct page *page, unsigned int order, void *data)
{
	const unsigned long start_pfn = page_to_pfn(page);
	const unsigned long end_pfn = start_pfn + (1UL << order);
	unsigned long pfn = start_pfn;

	guard(mutex)(&balloon_mutex);
	balloon_map_online(start_pfn, 1UL << order);
	balloon_stats.total_pages += 1UL << order;
	while ((pfn = balloon_map_next(pfn, end_pfn, false)) < end_pfn)
		generic_online_page(pfn_to_page(pfn++), 0);
}

static void call_for_kept(unsigned long start_pfn, unsigned long nr_pages,
			  void (*func)(struct page *page))
{
	const unsigned long end_pfn = start_pfn + nr_pages;
	unsigned long pfn = start_pfn;

	while ((pfn = balloon_map_next(pfn, end_pfn, true)) < end_pfn)
		func(pfn_to_page(pfn++));
}

static int let_go(unsigned long start_pfn, unsigned long nr_pages, void *data)
{
	guard(mutex)(&balloon_mutex);
	balloon_map_close(start_pfn, nr_pages, true);
	call_for_kept(start_pfn, nr_pages, mem_section_let_go_page);
	return 0;
}

static void hold_again(unsigned long start_pfn, unsigned long nr_pages,
		       void *data)
{
	guard(mutex)(&balloon_mutex);
	call_for_kept(start_pfn, nr_pages, mem_section_hold_page);
	balloon_map_close(start_pfn, nr_pages, false);
}

/*
 * Gives an extent of backed pages back; returns how many pages that are. Xen may lack
 * memory for page tables when it has to split an entry of its own.
 */
static unsigned long depopulate(unsigned long pfn, unsigned long end_pfn)
{
	const unsigned int order = pfn ? min_t(unsigned int, BALLOON_ORDER,
					       __ffs(pfn)) : BALLOON_ORDER;
	unsigned int n = ilog2(end_pfn - pfn);
	unsigned long done;

	n = min(n, order);
	/* Free pages may be unmapped, and still are when they have gone offline */
	debug_pagealloc_map_pages(pfn_to_page(pfn), 1 << n);
	balloon_scrub(pfn, 1UL << n);
	done = balloon_depopulate(&pfn, 1, n);
	balloon_map_add(pfn, done);
	balloon_stats.current_pages -= done;
	return 1UL << n;
}

/* All that is backed of memory that is offline */
static void depopulate_range(unsigned long pfn, unsigned long end_pfn)
{
	unsigned long next;

	while ((pfn = balloon_map_next(pfn, end_pfn, false)) < end_pfn) {
		next = balloon_map_next(pfn, end_pfn, true);
		while (pfn < next)
			pfn += depopulate(pfn, next);
	}
}

static void offlined(unsigned long start_pfn, unsigned long nr_pages,
		     void *data)
{
	guard(mutex)(&balloon_mutex);
	balloon_map_offline(start_pfn, nr_pages);
	balloon_stats.total_pages -= nr_pages;
	depopulate_range(start_pfn, start_pfn + nr_pages);
}

/* A block that could not come online again is asked again, and Xen may have had help */
static int check_remove(unsigned long start_pfn, unsigned long nr_pages,
			void *data)
{
	const unsigned long end_pfn = start_pfn + nr_pages;

	guard(mutex)(&balloon_mutex);
	depopulate_range(start_pfn, end_pfn);
	if (balloon_map_next(start_pfn, end_pfn, false) == end_pfn)
		return 0;
	pr_warn_once("Xen does not take back all memory: has it enough for the domain's page tables?\n");
	return -EBUSY;
}

/* The balloon cannot be a module */
static struct mem_section_ops balloon_section_ops = {
	.name = "xen-balloon",
	.res_name = RES_NAME,
	.advice = "write to /sys/devices/system/xen_memory/xen_memory0/target_kb",
	.online_by = MEM_SECTION_BY_PROVIDER,
	.offline_by = MEM_SECTION_BY_PROVIDER,
	.prefers_movable = true,
	.backs_pages = true,
	.online = online,
	.let_go = let_go,
	.hold_again = hold_again,
	.offlined = offlined,
	.check_remove = check_remove,
};

/* What a PV domain can keep book of */
static u64 last_address(void)
{
	u64 last = mhp_get_pluggable_range(true).end;

#ifdef CONFIG_XEN_HAVE_PVMMU
	if (!xen_feature(XENFEAT_auto_translated_physmap))
		last = min(last, PFN_PHYS((u64)xen_p2m_size) - 1);
#endif
	return last;
}

static struct resource *claim(u64 size)
{
	const struct range allowed = mhp_get_pluggable_range(true);
	struct resource *res = kzalloc(sizeof(*res), GFP_KERNEL);

	if (!res)
		return ERR_PTR(-ENOMEM);
	res->name = RES_NAME;
	res->flags = IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY |
		     IORESOURCE_SYSRAM_DRIVER_MANAGED;
	if (!allocate_resource(&iomem_resource, res, size, allowed.start,
			       last_address(), memory_block_size_bytes(), NULL,
			       NULL))
		return res;
	kfree(res);
	return ERR_PTR(-ENOSPC);
}

static void unclaim(struct resource *res)
{
	release_resource(res);
	kfree(res);
}

/*
 * The page tables of the direct map are built after the book: entries of pages that
 * are not backed must not be present. It stays so when the memory goes: there was
 * no device at these addresses.
 */
static int book_unbacked(unsigned long start_pfn, unsigned long nr_pages)
{
#ifdef CONFIG_XEN_HAVE_PVMMU
	unsigned long i;

	if (xen_feature(XENFEAT_auto_translated_physmap))
		return 0;
	for (i = 0; i < nr_pages; i++) {
		if (!set_phys_to_machine(start_pfn + i, INVALID_P2M_ENTRY))
			return -ENOMEM;
		cond_resched();
	}
#endif
	return 0;
}

/* After an error some are listed; free_blocks() is for those, too */
static int list_blocks(unsigned long start_pfn, unsigned long nr_pages,
		       struct list_head *blocks)
{
	unsigned long pfn = start_pfn;
	struct hot_block *block;

	for (; pfn < start_pfn + nr_pages; pfn += block_pages()) {
		block = kzalloc(sizeof(*block), GFP_KERNEL);
		if (!block)
			return -ENOMEM;
		block->start_pfn = pfn;
		list_add(&block->list, blocks);
	}
	return 0;
}

static void free_blocks(struct list_head *blocks)
{
	struct hot_block *block, *next;

	list_for_each_entry_safe(block, next, blocks, list)
		kfree(block);
}

static int prepare_map(unsigned long start_pfn, unsigned long nr_pages)
{
	unsigned long pfn;
	int ret = 0;

	guard(mutex)(&balloon_mutex);
	for (pfn = start_pfn; pfn < start_pfn + nr_pages && !ret;
	     pfn += PAGES_PER_SECTION)
		ret = balloon_map_prepare(pfn, true);
	if (ret)
		balloon_map_drop(start_pfn, nr_pages);
	return ret;
}

static void drop_map(unsigned long start_pfn, unsigned long nr_pages)
{
	guard(mutex)(&balloon_mutex);
	balloon_map_drop(start_pfn, nr_pages);
}

/* Highest first, wherever they have been put */
static void insert_blocks(struct list_head *blocks)
{
	const struct hot_block *first = list_first_entry(blocks,
							 struct hot_block, list);
	struct hot_block *other;

	guard(mutex)(&balloon_mutex);
	list_for_each_entry(other, &hot_blocks, list) {
		if (other->start_pfn < first->start_pfn)
			break;
	}
	list_splice_tail(blocks, &other->list);
}

static int add_hot_range(struct resource *res, struct list_head *blocks)
{
	const unsigned long start_pfn = PHYS_PFN(res->start);
	const unsigned long nr_pages = PHYS_PFN(resource_size(res));
	const struct mem_section_range range = {
		.nid = memory_add_physaddr_to_nid(res->start),
		.start = res->start,
		.size = resource_size(res),
		.res = res,
		.flags = MHP_MERGE_RESOURCE,
		.ops = &balloon_section_ops,
	};
	int ret;

	ret = list_blocks(start_pfn, nr_pages, blocks) ?:
	      book_unbacked(start_pfn, nr_pages) ?:
	      prepare_map(start_pfn, nr_pages);
	if (ret)
		return ret;
	balloon_section_ops.hidden = balloon_hidden;
	ret = mem_sections_add(&range);
	if (ret)
		drop_map(start_pfn, nr_pages);
	return ret;
}

#ifdef CONFIG_MEMORY_HOTREMOVE
static int remove_range(unsigned long start_pfn, unsigned long nr_pages)
{
	struct hot_block *block, *next;
	int ret;

	ret = offline_and_remove_memory(PFN_PHYS(start_pfn),
					PFN_PHYS(nr_pages));
	if (ret)
		return ret;
	guard(mutex)(&balloon_mutex);
	balloon_map_drop(start_pfn, nr_pages);
	list_for_each_entry_safe(block, next, &hot_blocks, list) {
		if (block->start_pfn - start_pfn >= nr_pages)
			continue;
		list_del(&block->list);
		kfree(block);
	}
	return 0;
}
#else
static int remove_range(unsigned long start_pfn, unsigned long nr_pages)
{
	return -EOPNOTSUPP;
}
#endif

/* Returns 0; or an errno, and then nothing has been added */
static int add_and_online(u64 size)
{
	LIST_HEAD(blocks);
	struct resource *res;
	u64 start;
	int ret;

	res = claim(size);
	if (IS_ERR(res))
		return PTR_ERR(res);
	start = res->start;
	ret = add_hot_range(res, &blocks);
	if (ret) {
		unclaim(res);
		free_blocks(&blocks);
		return ret;
	}
	ret = mem_sections_online(start, size, MMOP_ONLINE);
	if (ret && !remove_range(PHYS_PFN(start), PHYS_PFN(size))) {
		free_blocks(&blocks);
		return ret;
	}
	if (ret)
		pr_warn("memory at %#llx, %llu KiB, is of no use\n", start,
			size >> 10);
	/* Whoever looks for a block to remove finds none that is not online yet */
	insert_blocks(&blocks);
	return ret;
}

/**
 * balloon_sections_add() - add memory for the balloon to fill
 * @nr_pages: how many pages are wanted
 *
 * All that is added is in the balloon afterwards. It may be less than is wanted, should
 * that be too much at a time, or up to a memory block more.
 *
 * Context: Process context; takes device_hotplug_lock, then balloon_mutex.
 * Return: 0; -ENOSPC if there are no addresses for it; -ENOMEM; or why it could not be
 * added or brought online.
 */
int balloon_sections_add(unsigned long nr_pages)
{
	int ret;

	do {
		nr_pages = roundup(nr_pages, block_pages());
		ret = add_and_online(PFN_PHYS((u64)nr_pages));
		nr_pages /= 2;
	} while ((ret == -ENOSPC || ret == -ENOMEM) &&
		 nr_pages >= block_pages());
	return ret;
}

/* The highest block that no more than so many pages of are backed */
static struct hot_block *find_block(unsigned long nr_pages,
				    unsigned int request)
{
	struct hot_block *block;

	guard(mutex)(&balloon_mutex);
	list_for_each_entry(block, &hot_blocks, list) {
		if (block->refused != request && nr_backed(block) <= nr_pages)
			return block;
	}
	return NULL;
}

/**
 * balloon_sections_shrink() - remove a memory block, and what is behind it
 * @nr_pages: how many pages may be given back at most
 * @request: why; a block that once refused is not asked again for the same
 *
 * One block is asked, for that may take long.
 *
 * Context: The balloon's thread alone, but for it nobody removes blocks in use.
 * Return: whether a block has gone.
 */
bool balloon_sections_shrink(unsigned long nr_pages, unsigned int request)
{
	struct hot_block *block;

	block = find_block(nr_pages, request);
	if (!block)
		return false;
	if (!remove_range(block->start_pfn, block_pages()))
		return true;
	block->refused = request;
	return false;
}

static unsigned int count_empty(void)
{
	struct hot_block *block;
	unsigned int empty = 0;

	guard(mutex)(&balloon_mutex);
	list_for_each_entry(block, &hot_blocks, list)
		empty += !nr_backed(block);
	return empty;
}

/**
 * balloon_sections_prune() - remove memory blocks that Xen does not back at all
 * @keep: how many of them may stay, for the next time
 * @request: as for balloon_sections_shrink()
 *
 * Context: As balloon_sections_shrink().
 */
void balloon_sections_prune(unsigned int keep, unsigned int request)
{
	while (count_empty() > keep && balloon_sections_shrink(0, request))
		cond_resched();
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Giving a block's pages to the page allocator, by way of their provider or of the
 * online page callback, and letting it hand them out.
 */

#include <linux/log2.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/page-isolation.h>
#include <linux/swap.h>
#include <linux/compaction.h>
#include <linux/workqueue.h>
#include <linux/writeback.h>

#include "../internal.h"
#include "../shuffle.h"
#include "internal.h"

static online_page_callback_t online_page_callback = generic_online_page;

/**
 * generic_online_page() - give pages that come online to the page allocator
 * @page: the first page
 * @order: their order
 *
 * What happens to pages unless set_online_page_callback() says otherwise; a
 * callback may call it for pages that are not its own.
 */
void generic_online_page(struct page *page, unsigned int order)
{
	__free_pages_core(page, order, MEMINIT_HOTPLUG);
}
EXPORT_SYMBOL_GPL(generic_online_page);

/* Returns -EINVAL if somebody else's callback is set */
static int replace_callback(online_page_callback_t from,
			    online_page_callback_t to)
{
	online_page_callback_t found;

	/* Not while pages come online: a block uses one callback for all of its */
	get_online_mems();
	found = cmpxchg(&online_page_callback, from, to);
	put_online_mems();
	return found == from ? 0 : -EINVAL;
}

/**
 * set_online_page_callback() - decide what becomes of pages that come online
 * @callback: called for each chunk of pages; they are PageOffline with a
 *	      reference count of 1
 *
 * Context: Process context, may sleep.
 * Return: 0, or -EINVAL if somebody else has set a callback.
 */
int set_online_page_callback(online_page_callback_t callback)
{
	return replace_callback(generic_online_page, callback);
}
EXPORT_SYMBOL_GPL(set_online_page_callback);

/**
 * restore_online_page_callback() - the end of set_online_page_callback()
 * @callback: the callback that was set
 *
 * Context: Process context, may sleep.
 * Return: 0, or -EINVAL if @callback is not the one that is set.
 */
int restore_online_page_callback(online_page_callback_t callback)
{
	return replace_callback(callback, generic_online_page);
}
EXPORT_SYMBOL_GPL(restore_online_page_callback);

/**
 * mhp_pages_come_free() - are struct pages to be initialised as free ones?
 * @mem: their block
 *
 * They are if all that is to come is to put them on the free lists. Otherwise
 * their provider decides about each, or if it has not said how, the callback that
 * somebody has set; they find them PageOffline().
 *
 * Context: mem_hotplug_lock held for writing, which keeps the answer as it is.
 * Return: whether they are.
 */
bool mhp_pages_come_free(const struct memory_block *mem)
{
	if (mem->section_ops)
		return !mhp_section_decides(mem);
	return online_page_callback == generic_online_page;
}

static void release_chunk(const struct memory_block *mem, unsigned long pfn,
			  unsigned int order)
{
	struct page *page = pfn_to_page(pfn);

	if (mhp_pages_come_free(mem))
		free_hotplugged_pages(page, order);
	else if (mem->section_ops)
		mem->section_ops->online(page, order, mem->section_data);
	else
		online_page_callback(page, order);
}

/**
 * mhp_chunk_order() - the largest chunk of pages that begins at a page frame
 * @pfn: the page frame
 * @end_pfn: end of the pages, larger than @pfn
 *
 * Return: the order of the chunk: aligned to its size, no larger than the page
 * allocator's largest and not beyond @end_pfn.
 */
unsigned int mhp_chunk_order(unsigned long pfn, unsigned long end_pfn)
{
	unsigned int order = min_t(unsigned int, MAX_PAGE_ORDER,
				   ilog2(end_pfn - pfn));

	return pfn ? min_t(unsigned int, order, __ffs(pfn)) : order;
}

/*
 * accepted -> released. The page blocks are isolated, so that nobody gets a
 * page before all is in place; the zone has yet to count them as isolated.
 */
void mhp_pages_release(struct mhp_transition *t)
{
	struct mhp_block_op *op = to_block_op(t);
	const unsigned long start_pfn = mhp_usable_pfn(op);
	const unsigned long end_pfn = start_pfn + mhp_usable_pages(op);
	struct zone *zone = op->zone;
	unsigned int order;
	unsigned long pfn;

	scoped_guard(spinlock_irqsave, &zone->lock)
		zone->nr_isolate_pageblock += mhp_usable_pages(op) /
					      pageblock_nr_pages;

	for (pfn = start_pfn; pfn < end_pfn; pfn += 1UL << order) {
		order = mhp_chunk_order(pfn, end_pfn);
		release_chunk(op->mem, pfn, order);
	}
	online_mem_sections(start_pfn, end_pfn);
	mhp_contiguity_add(zone, op->nr_pages);
	mhp_account_present(op, op->nr_pages);
	mhp_node_gain_memory(op);
}

/**
 * mhp_reserves_update() - fit watermarks and writeback limits to the memory
 */
void mhp_reserves_update(void)
{
	init_per_zone_wmark_min();
	writeback_set_ratelimit();
}

struct threads_work {
	struct work_struct work;
	int nid;
};

static void threads_fn(struct work_struct *work)
{
	const int nid = container_of(work, struct threads_work, work)->nid;

	kswapd_run(nid);
	kcompactd_run(nid);
}

/*
 * In a worker: a process that is being killed cannot start a thread, but its request
 * may be at the point of no return, or be undone.
 */
static void run_threads(int nid)
{
	struct threads_work threads = { .nid = nid };

	INIT_WORK_ONSTACK(&threads.work, threads_fn);
	queue_work(system_unbound_wq, &threads.work);
	flush_work(&threads.work);
	destroy_work_on_stack(&threads.work);
}

/* relied-on -> allocatable */
void mhp_pages_allow(struct mhp_transition *t)
{
	struct mhp_block_op *op = to_block_op(t);
	const int nid = zone_to_nid(op->zone);

	undo_isolate_page_range(mhp_usable_pfn(op),
				mhp_usable_pfn(op) + mhp_usable_pages(op),
				MIGRATE_MOVABLE);
	/* They sit in order at the end of the free lists until shuffled */
	shuffle_zone(op->zone);
	mhp_reserves_update();
	run_threads(nid);
}

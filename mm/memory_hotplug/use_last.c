// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that goes offline block by block is used last: what is moved out of one
 * block should not land in another that goes after it, to be moved again. On each
 * free list, what is free there goes behind what stays; of it, the last block,
 * whose turn comes last, goes first.
 *
 * Nothing is withheld: who finds nothing else gets it, and there is nothing to
 * undo. Memory that is freed later goes where it goes, and small chunks are still
 * taken before large ones.
 */

#include <linux/align.h>
#include <linux/list.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/pageblock-flags.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

#include "../internal.h"
#include "internal.h"

static void use_page_last(struct zone *zone, struct page *page)
{
	const int migratetype = get_pageblock_migratetype(page);

	list_move_tail(&page->buddy_list,
		       &zone->free_area[buddy_order(page)].free_list[migratetype]);
}

/* No free page is larger than the chunk, none reaches across its borders */
static void use_chunk_last(unsigned long pfn)
{
	const unsigned long end_pfn = pfn + MAX_ORDER_NR_PAGES;
	struct page *page = pfn_to_online_page(pfn);
	struct zone *zone;
	unsigned long flags;

	if (!page)
		return;
	zone = page_zone(page);
	spin_lock_irqsave(&zone->lock, flags);
	while (pfn < end_pfn) {
		page = pfn_to_page(pfn);
		if (PageBuddy(page) && page_zone(page) == zone) {
			use_page_last(zone, page);
			pfn += 1UL << buddy_order(page);
		} else {
			pfn++;
		}
	}
	spin_unlock_irqrestore(&zone->lock, flags);
}

/**
 * mhp_use_last() - let allocations prefer other memory of a zone
 * @start_pfn: first page frame of the memory
 * @nr_pages: number of page frames
 *
 * Holds a zone's lock for MAX_ORDER_NR_PAGES at a time.
 *
 * Context: Process context, device_hotplug_lock held, which keeps the memory
 * where it is.
 */
void mhp_use_last(unsigned long start_pfn, unsigned long nr_pages)
{
	const unsigned long first = ALIGN(start_pfn, MAX_ORDER_NR_PAGES);
	unsigned long pfn = ALIGN_DOWN(start_pfn + nr_pages, MAX_ORDER_NR_PAGES);

	/* What is no whole chunk is no block either */
	while (pfn > first) {
		pfn -= MAX_ORDER_NR_PAGES;
		use_chunk_last(pfn);
		cond_resched();
	}
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is there room elsewhere for what is in use in a block? Counted without a lock,
 * for a dry run: free memory comes and goes all the time.
 */

#include <linux/hugetlb.h>
#include <linux/memory_refusal.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/swap.h>
#include <linux/vmstat.h>

#include "internal.h"

/**
 * mhp_scan_huge() - count a huge page
 * @counts: how many there are, by size
 * @folio: the huge page
 */
void mhp_scan_huge(unsigned long *counts, struct folio *folio)
{
	struct hstate *h = folio_hstate(folio);

	if (h)
		counts[hstate_index(h)]++;
}

/**
 * mhp_scan_free_huge() - count a huge page that nobody uses
 * @scan: where
 * @page: one of its pages
 * @skip: how many pages from this one on belong to it
 *
 * Return: 0.
 */
int mhp_scan_free_huge(struct mhp_scan *scan, struct page *page,
		       unsigned long *skip)
{
	struct folio *folio = page_folio(page);

	mhp_scan_huge(scan->huge_free, folio);
	*skip = max(folio_nr_pages(folio) - folio_page_idx(folio, page), 1);
	return 0;
}

/* May pages of the block go to the zone? See mhp_target_nodes() and gfp_zone() */
static bool is_target(const struct mhp_block_op *op, const nodemask_t *targets,
		      struct zone *zone)
{
	return node_isset(zone_to_nid(zone), *targets) &&
	       (zone_idx(zone) != ZONE_MOVABLE ||
		zone_idx(op->zone) == ZONE_MOVABLE);
}

/* Free pages of a zone that are not for pages of the block */
static unsigned long kept_free(const struct mhp_block_op *op,
			       const struct zone *zone)
{
	const enum zone_type highest = zone_idx(op->zone) == ZONE_MOVABLE ?
				       ZONE_MOVABLE : ZONE_NORMAL;

	return min_wmark_pages(zone) + zone->lowmem_reserve[highest];
}

/*
 * Pages that could be had outside of the block: free above what is kept for
 * emergencies and for others, or easily given up.
 */
static unsigned long room_elsewhere(const struct mhp_scan *scan,
				    const nodemask_t *targets)
{
	unsigned long swap = max(get_nr_swap_pages(), 0L);
	unsigned long room = 0, anon;
	struct zone *zone;
	int nid;

	for_each_populated_zone(zone) {
		unsigned long free = zone_page_state(zone, NR_FREE_PAGES);

		if (!is_target(scan->op, targets, zone))
			continue;
		if (zone == scan->op->zone)
			free -= min(free, scan->free);
		room += free - min(free, kept_free(scan->op, zone));
		room += zone_page_state(zone, NR_ZONE_INACTIVE_FILE) +
			zone_page_state(zone, NR_ZONE_ACTIVE_FILE);
	}
	for_each_node_mask(nid, *targets) {
		room += node_page_state_pages(NODE_DATA(nid),
					      NR_SLAB_RECLAIMABLE_B);
		anon = node_page_state(NODE_DATA(nid), NR_INACTIVE_ANON) +
		       node_page_state(NODE_DATA(nid), NR_ACTIVE_ANON);
		anon = min(anon, swap);
		room += anon;
		swap -= anon;
	}
	return room;
}

static int refuse_room(struct mhp_scan *scan, const char *what,
		       unsigned long needed, unsigned long available)
{
	struct mhp_block_op *op = scan->op;

	mhp_refuse_walk(&op->t, MHP_REFUSED_NO_MEMORY, -EBUSY,
			"%s in the block: %lu; room for them elsewhere: %lu",
			what, needed, available);
	op->t.refusal.page = MHP_PAGE_NO_TARGET;
	return -EBUSY;
}

#ifdef CONFIG_HUGETLB_PAGE
/*
 * Huge pages go to free ones elsewhere, and to fresh ones when there are none;
 * gigantic ones cannot be had fresh. All that are free in the block then are
 * dissolved, for which the pool must not have promised them to somebody: as many
 * as were free there, and those whose content went to free ones elsewhere.
 *
 * @needed: grows by the pages that fresh ones take
 */
static int check_huge_size(struct mhp_scan *scan, struct hstate *h,
			   const nodemask_t *targets, unsigned long *needed)
{
	const unsigned long used = scan->huge_used[hstate_index(h)];
	const unsigned long here = scan->huge_free[hstate_index(h)];
	const unsigned long all = READ_ONCE(h->free_huge_pages);
	const unsigned long promised = READ_ONCE(h->resv_huge_pages);
	const unsigned long available = all - min(all, promised);
	unsigned long elsewhere = 0, from_pool = 0;
	int nid;

	for_each_node_mask(nid, *targets)
		elsewhere += READ_ONCE(h->free_huge_pages_node[nid]);
	if (node_isset(zone_to_nid(scan->op->zone), *targets))
		elsewhere -= min(elsewhere, here);
	if (available)
		from_pool = min(used, elsewhere);

	if (hstate_is_gigantic(h) && used > from_pool)
		return refuse_room(scan, "gigantic pages of hugetlbfs", used,
				   from_pool);
	if (here + from_pool > available)
		return refuse_room(scan, "huge pages of hugetlbfs",
				   here + from_pool, available);
	*needed += (used - from_pool) * pages_per_huge_page(h);
	return 0;
}

static int check_huge(struct mhp_scan *scan, const nodemask_t *targets,
		      unsigned long *needed)
{
	struct hstate *h;
	int ret;

	for_each_hstate(h) {
		ret = check_huge_size(scan, h, targets, needed);
		if (ret)
			return ret;
	}
	return 0;
}
#else
static int check_huge(struct mhp_scan *scan, const nodemask_t *targets,
		      unsigned long *needed)
{
	return 0;
}
#endif

/**
 * mhp_check_room() - could everything that is in use in a block go elsewhere?
 * @scan: what is in use
 *
 * Return: 0, or -EBUSY and a refusal.
 */
int mhp_check_room(struct mhp_scan *scan)
{
	const nodemask_t targets = mhp_target_nodes(zone_to_nid(scan->op->zone));
	const unsigned long room = room_elsewhere(scan, &targets);
	unsigned long needed = scan->in_use;
	int ret;

	ret = check_huge(scan, &targets, &needed);
	if (ret)
		return ret;
	if (needed > room)
		return refuse_room(scan, "pages in use", needed, room);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Would a block go offline now? Its geometry is checked on the way as well; the
 * rest is a dry run for whoever asks: it changes nothing, holds up no allocation,
 * and looks at pages without a lock, so that what it says may be outdated when it
 * is read.
 */

#include <linux/hugetlb.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/memory_refusal.h>
#include <linux/memory_transition.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/page-isolation.h>
#include <linux/pfn.h>
#include <linux/sched.h>
#include <linux/swap.h>
#include <linux/sysfs.h>

#include "../internal.h"
#include "internal.h"

/*
 * online -> cached: only a block without holes that belongs to one zone can go.
 * Then nobody further down has to ask for each page.
 */
int mhp_check_offlinable(struct mhp_transition *t)
{
	struct mhp_block_op *op = to_block_op(t);
	const unsigned long last_pfn = op->start_pfn + op->nr_pages - 1;

	if (!op->zone)
		return mhp_refuse_walk(t, MHP_REFUSED_ZONES, -EINVAL,
				       "the block belongs to several zones or nodes, it cannot go offline");
	if (mhp_range_ram_pages(t->start, t->size) != op->nr_pages)
		return mhp_refuse_walk(t, MHP_REFUSED_HOLES, -EINVAL,
				       "the block has memory holes, it cannot go offline");
	if (page_zone(pfn_to_page(mhp_usable_pfn(op))) != op->zone ||
	    page_zone(pfn_to_page(last_pfn)) != op->zone)
		return mhp_refuse_walk(t, MHP_REFUSED_ZONES, -EINVAL,
				       "the block spans several zones, it cannot go offline");
	return mhp_owner_check_offline(op);
}

/**
 * struct scan - a look at all pages of a block
 * @op: the block
 * @free: free pages
 * @in_use: pages that would have to be moved, without huge ones
 * @huge_used: huge pages that would have to be moved, by size
 * @huge_free: huge pages that would have to be dissolved, by size
 * @drained: pages that wait on CPUs for their list have been sent there
 * @offline_pfn: a page that a driver keeps and nobody can move
 * @has_offline: there is one
 */
struct scan {
	struct mhp_block_op *op;
	unsigned long free;
	unsigned long in_use;
	unsigned long huge_used[HUGE_MAX_HSTATE];
	unsigned long huge_free[HUGE_MAX_HSTATE];
	bool drained;
	unsigned long offline_pfn;
	bool has_offline;
};

static int refuse_page(struct scan *scan, unsigned long pfn)
{
	struct mhp_obstacle obstacle;

	mhp_obstacle_describe(&obstacle, pfn);
	/* What has become free or movable since is none */
	if (obstacle.kind == MHP_PAGE_FREE || obstacle.kind == MHP_PAGE_BUSY)
		return 0;
	return mhp_refuse_obstacle(&scan->op->t.refusal, MHP_REFUSED_UNMOVABLE,
				   -EBUSY, &obstacle, NULL);
}

/*
 * A CPU may hold on to a folio that is on its way to the LRU list. Before one
 * counts as an obstacle all CPUs are asked to put what they have there, once.
 */
static bool drain_once(struct scan *scan)
{
	if (scan->drained)
		return false;
	scan->drained = true;
	lru_add_drain_all();
	return true;
}

static bool is_on_lru(struct scan *scan, struct folio *folio)
{
	if (folio_test_lru(folio) || folio_mapped(folio))
		return true;
	return drain_once(scan) && folio_test_lru(folio);
}

/* Does somebody hold on to the folio for longer? */
static bool is_pinned(struct scan *scan, struct folio *folio)
{
	if (mhp_extra_references(folio) <= 0)
		return false;
	drain_once(scan);
	return mhp_extra_references(folio) > 0;
}

static void count_huge(unsigned long *counts, struct folio *folio)
{
	struct hstate *h = folio_hstate(folio);

	if (h)
		counts[hstate_index(h)]++;
}

/*
 * Is the folio in the way? It has a reference of ours.
 *
 * @skip: how many pages are dealt with
 */
static bool is_obstacle(struct scan *scan, struct folio *folio,
			unsigned long pfn, unsigned long *skip)
{
	struct page *page = pfn_to_page(pfn);

	*skip = folio_nr_pages(folio) - folio_page_idx(folio, page);
	if (folio_test_hugetlb(folio)) {
		struct hstate *h = folio_hstate(folio);

		count_huge(scan->huge_used, folio);
		return !h || !hugepage_migration_supported(h);
	}
	/* A small one is unmapped and stays behind; a large one stays mapped */
	if (folio_contain_hwpoisoned_page(folio))
		return folio_test_large(folio);
	if (__PageMovable(page)) {
		scan->in_use++;
		return false;
	}
	if (PageOffline(page)) {
		scan->offline_pfn = pfn;
		scan->has_offline = true;
		return false;
	}
	if (!is_on_lru(scan, folio))
		return true;
	scan->in_use += *skip;
	return is_pinned(scan, folio);
}

/* A page that nobody has a reference to: free, or about to be */
static void count_free(struct scan *scan, struct page *page, unsigned long *skip)
{
	struct folio *folio;

	if (PageBuddy(page)) {
		const unsigned int order = buddy_order_unsafe(page);

		if (order <= MAX_PAGE_ORDER)
			*skip = 1UL << order;
		scan->free += *skip;
	} else if (PageHuge(page)) {
		folio = page_folio(page);
		count_huge(scan->huge_free, folio);
		*skip = max(folio_nr_pages(folio) - folio_page_idx(folio, page),
			    1);
	}
}

/* @skip: how many pages are dealt with */
static int check_page(struct scan *scan, unsigned long pfn, unsigned long *skip)
{
	struct page *page = pfn_to_page(pfn);
	bool in_the_way = false;
	struct folio *folio;

	*skip = 1;
	if (PageReserved(page))
		return refuse_page(scan, pfn);
	folio = page_folio(page);
	if (!folio_try_get(folio)) {
		count_free(scan, page, skip);
		return 0;
	}
	if (page_folio(page) == folio)
		in_the_way = is_obstacle(scan, folio, pfn, skip);
	folio_put(folio);
	return in_the_way ? refuse_page(scan, pfn) : 0;
}

static int check_page_block(struct scan *scan, unsigned long pfn)
{
	struct page *page = pfn_to_page(pfn);
	struct mhp_obstacle obstacle;

	if (is_migrate_cma_page(page))
		return refuse_page(scan, pfn);
	if (!is_migrate_isolate_page(page))
		return 0;
	mhp_obstacle_set(&obstacle, pfn, MHP_PAGE_ISOLATED);
	return mhp_refuse_obstacle(&scan->op->t.refusal, MHP_REFUSED_ISOLATION,
				   -EBUSY, &obstacle, NULL);
}

static int check_pages(struct scan *scan)
{
	const unsigned long end_pfn = scan->op->start_pfn + scan->op->nr_pages;
	unsigned long pfn = mhp_usable_pfn(scan->op), skip;
	int ret = 0;

	for (; pfn < end_pfn && !ret; pfn += skip) {
		if (pageblock_aligned(pfn))
			ret = check_page_block(scan, pfn);
		if (!ret)
			ret = check_page(scan, pfn, &skip);
		cond_resched();
	}
	return ret;
}

/*
 * Pages that could be had outside of the block: free above what is kept for
 * emergencies, or easily given up.
 */
static unsigned long room_elsewhere(const struct scan *scan)
{
	unsigned long room = max(get_nr_swap_pages(), 0L);
	struct zone *zone;
	int nid;

	for_each_populated_zone(zone) {
		unsigned long free = zone_page_state(zone, NR_FREE_PAGES);

		if (zone == scan->op->zone)
			free -= min(free, scan->free);
		room += free - min(free, min_wmark_pages(zone));
		room += zone_page_state(zone, NR_ZONE_INACTIVE_FILE) +
			zone_page_state(zone, NR_ZONE_ACTIVE_FILE);
	}
	for_each_node_state(nid, N_MEMORY)
		room += node_page_state_pages(NODE_DATA(nid),
					      NR_SLAB_RECLAIMABLE_B);
	return room;
}

static int refuse_room(struct scan *scan, const char *what, unsigned long needed,
		       unsigned long available)
{
	struct mhp_block_op *op = scan->op;

	mhp_refuse_walk(&op->t, MHP_REFUSED_NO_MEMORY, -EBUSY,
			"%s in the block: %lu; room for them elsewhere: %lu",
			what, needed, available);
	op->t.refusal.page = MHP_PAGE_NO_TARGET;
	return -EBUSY;
}

/*
 * Huge pages move to free ones elsewhere, and to fresh ones when there are none.
 * All that are free in the block afterwards are dissolved, for which the pool
 * must not have promised them to somebody.
 *
 * @needed: grows by the pages that fresh ones take
 */
static int check_huge(struct scan *scan, unsigned long *needed)
{
	struct hstate *h;

	for_each_hstate(h) {
		const unsigned long used = scan->huge_used[hstate_index(h)];
		const unsigned long here = scan->huge_free[hstate_index(h)];
		const unsigned long all = READ_ONCE(h->free_huge_pages);
		const unsigned long promised = READ_ONCE(h->resv_huge_pages);
		const unsigned long available = all - min(all, promised);
		unsigned long from_pool;

		from_pool = min3(used, available, all - min(all, here));
		if (here + from_pool > available)
			return refuse_room(scan, "huge pages of hugetlbfs",
					   here + used, available);
		*needed += (used - from_pool) * pages_per_huge_page(h);
	}
	return 0;
}

static int check_room(struct scan *scan)
{
	const unsigned long room = room_elsewhere(scan);
	unsigned long needed = scan->in_use;
	int ret = check_huge(scan, &needed);

	if (!ret && needed > room)
		ret = refuse_room(scan, "pages in use", needed, room);
	return ret;
}

static void count_unknown(const char *name, void *arg)
{
	(*(unsigned int *)arg)++;
}

/* Returns how many clients may refuse and do not tell beforehand */
static unsigned int check_clients(struct mhp_block_op *op)
{
	unsigned int unknown = 0;

	mhp_clients_query(&mhp_clients, &op->about);
	mhp_clients_unknown(&mhp_clients, count_unknown, &unknown);
	return unknown;
}

/*
 * A driver may give up its offline pages when the clients are asked. If nobody
 * is there who could, or says that he does, they stay.
 */
static void check_offline_page(struct scan *scan, unsigned int unknown)
{
	struct mhp_obstacle obstacle;

	if (!scan->has_offline || unknown ||
	    scan->op->about.event.releases_offline)
		return;
	mhp_obstacle_describe(&obstacle, scan->offline_pfn);
	if (obstacle.kind == MHP_PAGE_OFFLINE)
		mhp_refuse_obstacle(&scan->op->t.refusal,
				    MHP_REFUSED_UNMOVABLE, -EBUSY, &obstacle, NULL);
}

struct report {
	char *buf;
	ssize_t len;
};

static void list_unknown(const char *name, void *arg)
{
	struct report *report = arg;

	report->len += sysfs_emit_at(report->buf, report->len, "unknown: %s\n",
				     name);
}

/* mem_hotplug_lock is held for reading */
static ssize_t check_block(struct mhp_block_op *op, char *buf)
{
	struct report report = { .buf = buf };
	struct scan scan = { .op = op };
	unsigned int unknown = 0;
	int ret;

	if (op->mem->hotplug.state != MHP_BLOCK_ONLINE)
		ret = mhp_refuse_walk(&op->t, MHP_REFUSED_OFFLINE, -EINVAL,
				      "the block is offline already");
	else
		ret = mhp_check_offlinable(&op->t);
	if (!ret) {
		unknown = check_clients(op);
		ret = op->t.refusal.error;
	}
	if (!ret)
		ret = check_pages(&scan);
	if (!ret)
		ret = check_room(&scan);
	if (!ret)
		check_offline_page(&scan, unknown);

	if (op->t.refusal.error) {
		report.len = mhp_refusal_print(&op->t.refusal, buf, PAGE_SIZE);
		report.len += sysfs_emit_at(buf, report.len, "\n");
	} else if (!unknown) {
		report.len = sysfs_emit(buf, "ok\n");
	}
	if (unknown)
		mhp_clients_unknown(&mhp_clients, list_unknown, &report);
	return report.len;
}

/**
 * mhp_check_show() - print whether a block would go offline now
 * @mem: the block
 * @buf: a sysfs buffer
 *
 * "ok"; or the first obstacle as mhp_refusal_show() prints a refusal; and a line
 * "unknown: <client>" for each client that may refuse and cannot be asked
 * beforehand, without "ok". "busy" if memory is on its way and nobody can tell.
 *
 * Context: May sleep; waits for no hotplug lock.
 * Return: number of bytes written.
 */
ssize_t mhp_check_show(struct memory_block *mem, char *buf)
{
	struct mhp_block_op op;
	ssize_t len;

	if (!mhp_try_get_online_mems())
		return sysfs_emit(buf, "busy\n");
	mhp_block_op_init(&op, "offline", mem, mem->zone, MHP_BLOCK_ONLINE);
	len = check_block(&op, buf);
	put_online_mems();
	return len;
}

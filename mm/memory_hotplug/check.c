// SPDX-License-Identifier: GPL-2.0-only
/*
 * Would a block go offline now? Its geometry is checked on the way as well; the
 * rest is a dry run for whoever asks: it changes nothing, holds up no allocation,
 * and looks at pages without a lock, so that what it says may be outdated when it
 * is read.
 */

#include <linux/hugetlb.h>
#include <linux/kallsyms.h>
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
#include <linux/string.h>
#include <linux/sysfs.h>

#include "../internal.h"
#include "internal.h"

static int refuse_hole(struct mhp_transition *t, u64 hole)
{
	const char *whose = arch_reserved_for(hole);

	if (whose)
		return mhp_refuse_walk(t, MHP_REFUSED_HOLES, -EINVAL,
				       "the block has a hole at %#llx for %s, it cannot go offline",
				       hole, whose);
	return mhp_refuse_walk(t, MHP_REFUSED_HOLES, -EINVAL,
			       "the block has memory holes, it cannot go offline");
}

/*
 * online -> cached: only a block without holes that belongs to one zone can go.
 * Then nobody further down has to ask for each page.
 */
int mhp_check_offlinable(struct mhp_transition *t)
{
	struct mhp_block_op *op = to_block_op(t);
	const unsigned long last_pfn = op->start_pfn + op->nr_pages - 1;
	const u64 hole = mhp_range_first_hole(t->start, t->size);

	const int ret = mhp_section_check_offline(op);

	if (ret)
		return ret;
	if (!op->zone)
		return mhp_refuse_walk(t, MHP_REFUSED_ZONES, -EINVAL,
				       "the block belongs to several zones or nodes, it cannot go offline");
	if (hole != t->start + t->size)
		return refuse_hole(t, hole);
	if (page_zone(pfn_to_page(mhp_usable_pfn(op))) != op->zone ||
	    page_zone(pfn_to_page(last_pfn)) != op->zone)
		return mhp_refuse_walk(t, MHP_REFUSED_ZONES, -EINVAL,
				       "the block spans several zones, it cannot go offline");
	return mhp_owner_check_offline(op);
}

static int refuse_page(struct mhp_scan *scan, unsigned long pfn)
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
 * A CPU may hold on to a folio that is on its way to the LRU list; and whoever has
 * just allocated one, for a page fault, was perhaps interrupted before it was told
 * whose it is. Before a page counts as an obstacle all CPUs are asked to put what
 * they have on the lists, and who was interrupted gets time to go on; a few times
 * at most, since in memory that is in use there is always another one.
 */
static bool look_again(struct mhp_scan *scan, unsigned long pfn)
{
	const unsigned int max_looks = 4, max_looks_in_all = 16;

	if (scan->looked_at != pfn)
		scan->nr_looks = 0;
	if (scan->nr_looks == max_looks ||
	    scan->nr_looks_in_all == max_looks_in_all)
		return false;
	if (scan->nr_looks)
		schedule_timeout_uninterruptible(1);
	scan->looked_at = pfn;
	scan->nr_looks++;
	scan->nr_looks_in_all++;
	lru_add_drain_all();
	return true;
}

/* Does somebody hold on to the folio for longer? It has a reference of ours. */
static bool is_pinned(struct mhp_scan *scan, struct folio *folio)
{
	while (mhp_extra_references(folio) > 0) {
		if (!look_again(scan, folio_pfn(folio)))
			return true;
	}
	return false;
}

/* A folio that can be migrated, if nobody minds. It has a reference of ours. */
static bool is_obstacle(struct mhp_scan *scan, struct folio *folio,
			unsigned long nr_pages)
{
	if (folio_test_hugetlb(folio)) {
		struct hstate *h = folio_hstate(folio);

		mhp_scan_huge(scan->huge_used, folio);
		return !h || !hugepage_migration_supported(h) ||
		       is_pinned(scan, folio);
	}
	/* A small one is unmapped and stays behind; a large one stays mapped */
	if (folio_contain_hwpoisoned_page(folio))
		return folio_test_large(folio);
	scan->in_use += nr_pages;
	return is_pinned(scan, folio) || mhp_folio_is_fixed(folio);
}

/*
 * A page that is not free and that nobody could migrate as it stands. It gets no
 * reference, see mhp_folio_get(). @skip: how many pages are dealt with
 */
static int check_unlisted(struct mhp_scan *scan, struct page *page,
			  unsigned long *skip)
{
	const unsigned long pfn = page_to_pfn(page);

	if (PageSlab(page))
		return refuse_page(scan, pfn);
	if (__PageMovable(page)) {
		scan->in_use++;
		scan->movable_ops = (unsigned long)READ_ONCE(page->mapping) &
				    ~PAGE_MAPPING_FLAGS;
		return 0;
	}
	if (PageOffline(page)) {
		scan->offline_pfn = pfn;
		scan->has_offline |= page_count(page);
		return 0;
	}
	if (!page_count(page) || PageHWPoison(page))
		return 0;
	if (look_again(scan, pfn)) {
		*skip = 0;
		return 0;
	}
	return refuse_page(scan, pfn);
}

/* @skip: how many pages are dealt with */
static int check_page(struct mhp_scan *scan, unsigned long pfn,
		      unsigned long *skip)
{
	struct page *page = pfn_to_page(pfn);
	struct folio *folio;
	bool in_the_way;

	*skip = 1;
	if (PageBuddy(page)) {
		const unsigned int order = buddy_order_unsafe(page);

		if (order <= MAX_PAGE_ORDER)
			*skip = 1UL << order;
		scan->free += *skip;
		return 0;
	}
	if (PageReserved(page))
		return refuse_page(scan, pfn);
	folio = mhp_folio_get(page);
	if (!folio) {
		if (PageHuge(page))
			return mhp_scan_free_huge(scan, page, skip);
		return check_unlisted(scan, page, skip);
	}
	*skip = folio_nr_pages(folio) - folio_page_idx(folio, page);
	in_the_way = is_obstacle(scan, folio, *skip);
	folio_put(folio);
	return in_the_way ? refuse_page(scan, pfn) : 0;
}

static int check_page_block(struct mhp_scan *scan, unsigned long pfn)
{
	struct page *page = pfn_to_page(pfn);
	const int migratetype = get_pageblock_migratetype(page);
	struct mhp_obstacle obstacle;

	if (is_migrate_cma(migratetype))
		return refuse_page(scan, pfn);
	if (!is_migrate_isolate(migratetype))
		return 0;
	mhp_obstacle_set(&obstacle, pfn, MHP_PAGE_ISOLATED);
	return mhp_refuse_obstacle(&scan->op->t.refusal, MHP_REFUSED_ISOLATION,
				   -EBUSY, &obstacle, NULL);
}

static int check_pages(struct mhp_scan *scan)
{
	const unsigned long end_pfn = scan->op->start_pfn + scan->op->nr_pages;
	unsigned long pfn = mhp_usable_pfn(scan->op), skip = 0;
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
 * A driver may give up its offline pages when the clients are asked. If nobody
 * is there who could, or says that he does, they stay.
 */
static void check_offline_page(struct mhp_scan *scan, bool unknown)
{
	struct mhp_obstacle obstacle;

	if (!scan->has_offline || unknown ||
	    scan->op->about.event.releases_offline ||
	    mhp_section_lets_go(scan->op->mem))
		return;
	mhp_obstacle_describe(&obstacle, scan->offline_pfn);
	if (obstacle.kind == MHP_PAGE_OFFLINE)
		mhp_refuse_obstacle(&scan->op->t.refusal,
				    MHP_REFUSED_UNMOVABLE, -EBUSY, &obstacle,
				    NULL);
}

/**
 * struct report - clients and drivers that could not be asked
 * @unknown: a line for each
 * @len: length of @unknown
 */
struct report {
	char *unknown;
	size_t len;
};

/* The other half is for the verdict */
#define UNKNOWN_SIZE	(PAGE_SIZE / 2)

static void list_unknown(const char *name, void *arg)
{
	struct report *report = arg;
	const size_t room = UNKNOWN_SIZE - report->len;
	const size_t len = snprintf(report->unknown + report->len, room,
				    "unknown: %s\n", name);

	/* Whole lines */
	if (len < room)
		report->len += len;
}

/* Its driver may refuse to have it moved, and can only be asked in earnest */
static noinline_for_stack void
list_movable_ops(const struct mhp_scan *scan, struct report *report)
{
	char name[KSYM_SYMBOL_LEN];

	if (!scan->movable_ops)
		return;
	snprintf(name, sizeof(name), "%ps", (void *)scan->movable_ops);
	list_unknown(name, report);
}

/* The block's geometry, the clients, its pages, and the room for them elsewhere */
static void check_block(struct mhp_block_op *op, struct report *report)
{
	struct mhp_scan scan = { .op = op };
	const bool unknown = report->len;
	int ret;

	if (op->mem->hotplug.state != MHP_BLOCK_ONLINE)
		ret = mhp_refuse_walk(&op->t, MHP_REFUSED_OFFLINE, -EINVAL,
				      "the block is offline already");
	else
		ret = mhp_check_offlinable(&op->t);
	if (!ret)
		ret = mhp_clients_query(&mhp_clients, &op->about);
	if (!ret)
		ret = check_pages(&scan);
	if (!ret)
		ret = mhp_check_room(&scan);
	if (!ret)
		check_offline_page(&scan, unknown);
	list_movable_ops(&scan, report);
}

/**
 * mhp_check_show() - print whether a block would go offline now
 * @mem: the block
 * @buf: a sysfs buffer
 *
 * "ok"; or the first obstacle as mhp_refusal_show() prints a refusal; and a line
 * "unknown: <client>" for each client, or driver of pages, that may refuse and
 * cannot be asked beforehand, without "ok". "busy" if memory is on its way and
 * nobody can tell.
 *
 * Context: May sleep; waits for no hotplug lock.
 * Return: number of bytes written.
 */
ssize_t mhp_check_show(struct memory_block *mem, char *buf)
{
	struct report report = { .unknown = buf + UNKNOWN_SIZE };
	struct memory_batch alone;
	struct mhp_block_op op;
	ssize_t len = 0;

	if (!mhp_try_get_online_mems())
		return sysfs_emit(buf, "busy\n");
	mhp_block_op_init(&op, "offline", mem, mem->zone, MHP_BLOCK_ONLINE);
	alone = (struct memory_batch) {
		.start_pfn = op.start_pfn,
		.nr_pages = op.nr_pages,
	};
	op.about.event.batch = &alone;
	mhp_clients_unknown(&mhp_clients, list_unknown, &report);
	check_block(&op, &report);
	put_online_mems();

	if (op.t.refusal.error) {
		len = mhp_refusal_print(&op.t.refusal, buf, UNKNOWN_SIZE - 1);
		buf[len++] = '\n';
	} else if (!report.len) {
		len = sysfs_emit(buf, "ok\n");
	}
	memmove(buf + len, report.unknown, report.len);
	return len + report.len;
}

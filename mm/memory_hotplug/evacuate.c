// SPDX-License-Identifier: GPL-2.0-only
/*
 * Evacuation: making all pages of a block free and taking them away from the
 * page allocator.
 *
 * The page blocks are isolated first, so that what becomes free stays free;
 * then everything that can be moved is migrated, pass by pass, until a pass
 * finds nothing left. What stands in the way may be gone at the next pass, so
 * only an unmovable page or a signal ends it.
 */

#include <linux/hugetlb.h>
#include <linux/memory_hotplug.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/page-isolation.h>
#include <linux/pagemap.h>
#include <linux/ratelimit.h>
#include <linux/sched/signal.h>
#include <linux/swap.h>

#include "../internal.h"
#include "internal.h"

/* Folios that are isolated before they are migrated together */
#define EVACUATE_BATCH	1024

/* Where the pages of the block may go, and in which temper to look for room */
#define TARGET_GFP	(GFP_USER | __GFP_MOVABLE | __GFP_RETRY_MAYFAIL)

/*
 * online -> cached, on the way down: no page of the zone may wait on a CPU's
 * list, or an isolated page block could get it back unnoticed.
 */
void mhp_caches_disable(struct mhp_transition *t)
{
	zone_pcp_disable(to_block_op(t)->zone);
	lru_cache_disable();
}

void mhp_caches_enable(struct mhp_transition *t)
{
	lru_cache_enable();
	zone_pcp_enable(to_block_op(t)->zone);
}

/* allocatable -> relied-on */
int mhp_pages_isolate(struct mhp_transition *t)
{
	struct mhp_block_op *op = to_block_op(t);
	const unsigned long start_pfn = mhp_usable_pfn(op);
	int ret;

	ret = start_isolate_page_range(start_pfn,
				       start_pfn + mhp_usable_pages(op),
				       MIGRATE_MOVABLE,
				       MEMORY_OFFLINE | REPORT_FAILURE,
				       TARGET_GFP);
	if (ret)
		mhp_refuse_walk(t, MHP_REFUSED_ISOLATION, ret,
				"the block has a page that cannot be moved, or somebody else isolates it; the kernel log shows the page");
	return ret;
}

/* The isolation taken back */
void mhp_pages_unisolate(struct mhp_transition *t)
{
	struct mhp_block_op *op = to_block_op(t);

	undo_isolate_page_range(mhp_usable_pfn(op),
				mhp_usable_pfn(op) + mhp_usable_pages(op),
				MIGRATE_MOVABLE);
}

enum page_verdict {
	PAGE_LEAVE,		/* free, or of no concern */
	PAGE_MOVE,		/* can be migrated, or will be when it is let go */
	PAGE_UNMOVABLE,		/* never */
};

/*
 * Looks at a page without a reference: it may be freed, allocated or split at
 * any moment. A wrong answer costs another pass.
 *
 * @skip: how many pages from this one on have the same answer
 */
static enum page_verdict judge_page(struct page *page, unsigned long *skip)
{
	*skip = 1;
	if (PageBuddy(page)) {
		const unsigned int order = buddy_order_unsafe(page);

		if (order <= MAX_PAGE_ORDER)
			*skip = 1UL << order;
		return PAGE_LEAVE;
	}
	if (PageLRU(page) || __PageMovable(page))
		return PAGE_MOVE;
	/* A driver that gives such a page up has dropped its reference */
	if (PageOffline(page) && page_count(page))
		return PAGE_UNMOVABLE;
	if (PageHuge(page)) {
		const unsigned long pfn = page_to_pfn(page);
		struct folio *folio = page_folio(page);
		unsigned long end_pfn;

		if (folio_test_hugetlb_migratable(folio))
			return PAGE_MOVE;
		end_pfn = folio_pfn(folio) + folio_nr_pages(folio);
		if (end_pfn > pfn)
			*skip = end_pfn - pfn;
	}
	return PAGE_LEAVE;
}

/* A poisoned page has nothing to save: what maps it only has to let it go */
static void let_go_of_poisoned(struct folio *folio, unsigned long pfn)
{
	const bool on_lru = folio_test_lru(folio);
	int ret = 0;

	/* Unmapping cannot deal with a part of a large folio */
	if (folio_test_large(folio) && !folio_test_hugetlb(folio))
		return;
	if (on_lru && !folio_isolate_lru(folio))
		return;
	if (folio_mapped(folio)) {
		folio_lock(folio);
		ret = unmap_poisoned_folio(folio, pfn, false);
		folio_unlock(folio);
	}
	/* Where the next pass finds it */
	if (ret && on_lru)
		folio_putback_lru(folio);
}

/*
 * Puts the folio of a page on the list of what to migrate. Returns how many
 * pages from @pfn on are dealt with.
 */
static unsigned long collect_folio(unsigned long pfn, struct list_head *folios,
				   unsigned int *nr_folios)
{
	static DEFINE_RATELIMIT_STATE(limit, DEFAULT_RATELIMIT_INTERVAL,
				      DEFAULT_RATELIMIT_BURST);
	struct page *page = pfn_to_page(pfn);
	struct folio *folio = page_folio(page);
	unsigned long handled = 1;

	if (!folio_try_get(folio))
		return handled;
	if (page_folio(page) != folio)
		goto out;

	handled = folio_nr_pages(folio) - folio_page_idx(folio, page);
	if (folio_contain_hwpoisoned_page(folio)) {
		let_go_of_poisoned(folio, pfn);
	} else if (isolate_folio_to_list(folio, folios)) {
		(*nr_folios)++;
	} else if (__ratelimit(&limit)) {
		pr_warn("failed to isolate pfn %lx\n", pfn);
		dump_page(page, "isolation failed");
	}
out:
	folio_put(folio);
	return handled;
}

/* Other nodes first: the block's own node may be about to lose all it has */
static void migrate_batch(struct list_head *folios, int nid)
{
	static DEFINE_RATELIMIT_STATE(limit, DEFAULT_RATELIMIT_INTERVAL,
				      DEFAULT_RATELIMIT_BURST);
	nodemask_t targets = node_states[N_MEMORY];
	struct migration_target_control control = {
		.nid = nid,
		.nmask = &targets,
		.gfp_mask = TARGET_GFP,
		.reason = MR_MEMORY_HOTPLUG,
	};
	struct folio *folio;
	int ret;

	if (list_empty(folios))
		return;
	node_clear(nid, targets);
	if (nodes_empty(targets))
		node_set(nid, targets);

	ret = migrate_pages(folios, alloc_migration_target, NULL,
			    (unsigned long)&control, MIGRATE_SYNC,
			    MR_MEMORY_HOTPLUG, NULL);
	if (!ret)
		return;
	list_for_each_entry(folio, folios, lru) {
		if (!__ratelimit(&limit))
			break;
		pr_warn("migrating pfn %lx failed ret:%d\n",
			folio_pfn(folio), ret);
		dump_page(&folio->page, "migration failure");
	}
	putback_movable_pages(folios);
}

static int check_signal(struct mhp_transition *t)
{
	/* User space has come to rely on any signal, not just a fatal one */
	if (!signal_pending(current))
		return 0;
	return mhp_refuse_walk(t, MHP_REFUSED_SIGNAL, -EINTR,
			       "a signal to %s (pid %d) ended it",
			       current->comm, task_pid_nr(current));
}

/*
 * One pass over the block: everything movable that can be caught is migrated.
 * @found: whether there was anything movable
 */
static int evacuate_pass(struct mhp_block_op *op, bool *found)
{
	const unsigned long end_pfn = op->start_pfn + op->nr_pages;
	unsigned long pfn = mhp_usable_pfn(op);
	const int nid = zone_to_nid(op->zone);
	unsigned int nr_folios = 0;
	LIST_HEAD(folios);
	unsigned long skip;
	int ret = 0;

	*found = false;
	while (pfn < end_pfn && !ret) {
		switch (judge_page(pfn_to_page(pfn), &skip)) {
		case PAGE_MOVE:
			*found = true;
			skip = collect_folio(pfn, &folios, &nr_folios);
			break;
		case PAGE_UNMOVABLE:
			ret = mhp_refuse(&op->t.refusal, MHP_REFUSED_UNMOVABLE,
					 -EBUSY, PFN_PHYS(pfn), PAGE_SIZE,
					 "core",
					 "the driver of this offline page does not give it up");
			break;
		case PAGE_LEAVE:
			break;
		}
		pfn += skip;
		if (nr_folios >= EVACUATE_BATCH) {
			migrate_batch(&folios, nid);
			nr_folios = 0;
			ret = check_signal(&op->t);
			cond_resched();
		}
	}
	migrate_batch(&folios, nid);
	return ret;
}

/* One attempt to leave nothing but free pages; -EAGAIN if some appeared since */
static int evacuate_once(struct mhp_block_op *op)
{
	const unsigned long start_pfn = mhp_usable_pfn(op);
	const unsigned long end_pfn = start_pfn + mhp_usable_pages(op);
	bool found;
	int ret;

	do {
		ret = check_signal(&op->t);
		if (ret)
			return ret;
		cond_resched();
		ret = evacuate_pass(op, &found);
		if (ret)
			return ret;
	} while (found);

	/* As late as possible: a free huge page that is dissolved stays so */
	ret = dissolve_free_hugetlb_folios(start_pfn, end_pfn);
	if (ret)
		return mhp_refuse_walk(&op->t, MHP_REFUSED_UNMOVABLE, ret,
				       "a free huge page could not be dissolved");
	if (test_pages_isolated(start_pfn, end_pfn, MEMORY_OFFLINE))
		return -EAGAIN;
	return 0;
}

/* occupied -> released */
int mhp_pages_evacuate(struct mhp_transition *t)
{
	int ret;

	do {
		ret = evacuate_once(to_block_op(t));
	} while (ret == -EAGAIN);
	return ret;
}

/* released -> accepted: the point of no return is behind us */
void mhp_pages_withdraw(struct mhp_transition *t)
{
	struct mhp_block_op *op = to_block_op(t);
	const unsigned long start_pfn = mhp_usable_pfn(op);
	const unsigned long nr_pages = mhp_usable_pages(op);
	struct zone *zone = op->zone;
	unsigned long managed;

	mhp_contiguity_sub(zone, op->nr_pages);
	managed = __offline_isolated_pages(start_pfn, start_pfn + nr_pages);
	/* The sections are offline, their page block bits mean nothing now */
	scoped_guard(spinlock_irqsave, &zone->lock)
		zone->nr_isolate_pageblock -= nr_pages / pageblock_nr_pages;
	mhp_caches_enable(t);

	adjust_managed_page_count(pfn_to_page(start_pfn), -managed);
	mhp_account_present(op, -op->nr_pages);
	mhp_reserves_update();
	mhp_node_lose_memory(op);
}

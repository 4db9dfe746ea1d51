// SPDX-License-Identifier: GPL-2.0-only
/*
 * Evacuation: making all pages of a block free and taking them away from the
 * page allocator.
 *
 * The page blocks are isolated, so that what becomes free stays free. Everything
 * that can be moved is migrated, pass by pass, until a pass finds nothing left.
 * What stands in the way may be gone at the next pass, so only an unmovable page
 * ends it, or what progress.c says.
 */

#include <linux/array_size.h>
#include <linux/gfp.h>
#include <linux/hugetlb.h>
#include <linux/memory_client.h>
#include <linux/memory_hotplug.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/page-isolation.h>
#include <linux/pagemap.h>
#include <linux/sched.h>
#include <linux/swap.h>

#include "../internal.h"
#include "internal.h"

/* Folios that are isolated before they are migrated together */
#define EVACUATE_BATCH	1024

/*
 * online -> cached, on the way down: no page of the zone may wait on a CPU's
 * list, or an isolated page block could get it back unnoticed.
 */
void mhp_caches_disable(struct mhp_transition *t)
{
	zone_pcp_disable(to_block_op(t)->zone);
	if (mhp_batch_disable_lru_cache())
		atomic_inc(&lru_disable_count);
	else
		lru_cache_disable();
}

void mhp_caches_enable(struct mhp_transition *t)
{
	lru_cache_enable();
	zone_pcp_enable(to_block_op(t)->zone);
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

/**
 * struct pass - one pass over a block
 * @op: the block
 * @zone_goes: its pages may stay on its node, but not in ZONE_MOVABLE, of which the
 *	       batch takes all that is left
 * @target: where its pages may go
 * @targets: on which nodes
 * @folios: isolated, to be migrated together
 * @nr_folios: number of @folios
 * @nr_pages: number of their pages
 * @nr_inside: pages of huge pages that went to others in the block
 * @in_use: pages that can be moved, as far as the pass has seen
 * @in_use_told: how many of them are in the account of the progress
 * @stuck_pfn: the first page that could not be moved
 * @is_stuck: there is one
 * @no_target: it had nowhere to go
 * @refused_pfn: the last page for which there was no memory
 */
struct pass {
	struct mhp_block_op *op;
	bool zone_goes;
	struct migration_target_control target;
	nodemask_t targets;
	struct list_head folios;
	unsigned int nr_folios;
	unsigned long nr_pages;
	unsigned long nr_inside;
	unsigned long in_use;
	unsigned long in_use_told;
	unsigned long stuck_pfn;
	bool is_stuck;
	bool no_target;
	unsigned long refused_pfn;
};

static void note_stuck(struct pass *pass, unsigned long pfn, bool no_target)
{
	if (pass->is_stuck)
		return;
	pass->is_stuck = true;
	pass->stuck_pfn = pfn;
	pass->no_target = no_target;
}

static bool in_block(const struct mhp_block_op *op, unsigned long pfn)
{
	return pfn - op->start_pfn < op->nr_pages;
}

/*
 * Puts the folio of a page on the list of what to migrate. Returns how many
 * pages from @pfn on are dealt with.
 */
static unsigned long collect_folio(struct pass *pass, unsigned long pfn)
{
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
		note_stuck(pass, pfn, false);
	} else if (isolate_folio_to_list(folio, &pass->folios)) {
		pass->nr_folios++;
		pass->nr_pages += folio_nr_pages(folio);
	} else {
		note_stuck(pass, pfn, false);
	}
out:
	folio_put(folio);
	return handled;
}

/**
 * mhp_target_nodes() - the nodes to which the pages of a block may go
 * @nid: the block's node
 *
 * Others first: the block's own node may be about to lose all it has.
 *
 * Return: the nodes.
 */
nodemask_t mhp_target_nodes(int nid)
{
	nodemask_t targets = node_states[N_MEMORY];

	node_clear(nid, targets);
	if (nodes_empty(targets))
		node_set(nid, targets);
	return targets;
}

static bool zone_goes(const struct mhp_block_op *op, const nodemask_t *targets)
{
	const struct memory_batch *batch = op->about.event.batch;
	struct zone *zone = op->zone;

	return zone_idx(zone) == ZONE_MOVABLE &&
	       node_isset(zone_to_nid(zone), *targets) &&
	       zone->zone_start_pfn >= batch->start_pfn &&
	       zone_end_pfn(zone) <= batch->start_pfn + batch->nr_pages;
}

/* Leaves alone what the zone keeps for those that cannot go to ZONE_MOVABLE */
static bool has_room(struct zone *zone, unsigned int order)
{
	return zone_watermark_ok(zone, order, high_wmark_pages(zone),
				 ZONE_MOVABLE, 0);
}

/*
 * What stays in a zone that goes would have to be moved again: rather take it
 * from a zone below ZONE_MOVABLE that has free memory to spare.
 */
static struct folio *get_lasting_target(struct pass *pass, struct folio *folio)
{
	static const gfp_t zones[] = { 0, __GFP_DMA32 };
	const gfp_t gfp = (MHP_TARGET_GFP & ~__GFP_RECLAIM) | __GFP_NOMEMALLOC |
			  __GFP_NOWARN;
	const unsigned int order = folio_order(folio);
	const int nid = pass->target.nid;
	unsigned int i;

	if (!pass->zone_goes || folio_test_hugetlb(folio))
		return NULL;
	for (i = 0; i < ARRAY_SIZE(zones); i++) {
		const enum zone_type zone = gfp_zone(gfp | zones[i]);

		if (has_room(&NODE_DATA(nid)->node_zones[zone], order))
			return __folio_alloc(gfp | zones[i], order, nid,
					     &pass->targets);
	}
	return NULL;
}

/*
 * For migrate_pages(), which asks for a target before it waits for the folio's
 * lock. The allocator of hugetlbfs may hand out what is free in the block itself.
 */
static struct folio *get_target(struct folio *folio, unsigned long arg)
{
	struct pass *pass = (struct pass *)arg;
	struct folio *target;

	mhp_progress_at(folio_pfn(folio));
	target = get_lasting_target(pass, folio);
	if (!target)
		target = alloc_migration_target(folio,
						(unsigned long)&pass->target);
	if (!target)
		pass->refused_pfn = folio_pfn(folio);
	else if (in_block(pass->op, folio_pfn(target)))
		pass->nr_inside += folio_nr_pages(target);
	return target;
}

/* What is the first page that could not be moved? */
static void describe_stuck(const struct pass *pass,
			   struct mhp_obstacle *stuck)
{
	const struct mhp_obstacle *known;

	known = mhp_progress_stuck_at(pass->stuck_pfn);
	if (known)
		*stuck = *known;
	else if (pass->no_target)
		mhp_obstacle_no_target(stuck, pass->stuck_pfn);
	else
		mhp_obstacle_describe(stuck, pass->stuck_pfn);
}

/* It may be enough before the first pass is over */
static void name_stuck(const struct pass *pass)
{
	struct mhp_obstacle stuck;

	describe_stuck(pass, &stuck);
	mhp_progress_stuck(&stuck);
}

static void migrate_batch(struct pass *pass)
{
	const bool was_stuck = pass->is_stuck;
	const unsigned long inside = pass->nr_inside;
	unsigned long left = 0;
	struct folio *folio;
	int ret;

	mhp_progress_add(pass->in_use - pass->in_use_told, 0);
	pass->in_use_told = pass->in_use;
	if (list_empty(&pass->folios))
		return;
	ret = migrate_pages(&pass->folios, get_target, NULL,
			    (unsigned long)pass, MIGRATE_SYNC,
			    MR_MEMORY_HOTPLUG, NULL);
	if (ret == -ENOMEM)
		note_stuck(pass, pass->refused_pfn, true);
	if (ret) {
		list_for_each_entry(folio, &pass->folios, lru) {
			note_stuck(pass, folio_pfn(folio), false);
			left += folio_nr_pages(folio);
		}
		putback_movable_pages(&pass->folios);
	}
	if (pass->is_stuck && !was_stuck)
		name_stuck(pass);
	left += pass->nr_inside - inside;
	mhp_progress_add(0, pass->nr_pages - min(left, pass->nr_pages));
	pass->nr_folios = 0;
	pass->nr_pages = 0;
}

/* Everything movable that can be caught is migrated */
static int run_pass(struct pass *pass)
{
	struct mhp_block_op *op = pass->op;
	const unsigned long end_pfn = op->start_pfn + op->nr_pages;
	unsigned long pfn = mhp_usable_pfn(op);
	struct mhp_obstacle obstacle;
	unsigned long skip;
	int ret = 0;

	while (pfn < end_pfn && !ret) {
		switch (judge_page(pfn_to_page(pfn), &skip)) {
		case PAGE_MOVE:
			skip = collect_folio(pass, pfn);
			pass->in_use += skip;
			break;
		case PAGE_UNMOVABLE:
			mhp_obstacle_describe(&obstacle, pfn);
			ret = mhp_refuse_obstacle(&op->t.refusal,
						  MHP_REFUSED_UNMOVABLE, -EBUSY,
						  &obstacle, NULL);
			break;
		case PAGE_LEAVE:
			break;
		}
		pfn += skip;
		if (pass->nr_folios >= EVACUATE_BATCH) {
			migrate_batch(pass);
			ret = ret ?: mhp_progress_check(op);
			cond_resched();
		}
	}
	migrate_batch(pass);
	return ret;
}

/* When a pass found nothing to move and yet not all is free: the first such page */
static void find_leftover(struct pass *pass)
{
	const unsigned long end_pfn = pass->op->start_pfn + pass->op->nr_pages;
	unsigned long pfn = mhp_usable_pfn(pass->op);
	unsigned long skip;

	for (; pfn < end_pfn && !pass->is_stuck; pfn += skip) {
		struct page *page = pfn_to_page(pfn);

		judge_page(page, &skip);
		if (!PageBuddy(page) && !PageHWPoison(page) && page_count(page))
			note_stuck(pass, pfn, false);
		cond_resched();
	}
}

static void end_pass(const struct pass *pass)
{
	struct mhp_obstacle stuck = {};

	if (pass->is_stuck)
		describe_stuck(pass, &stuck);
	mhp_progress_pass(&stuck);
}

static int refuse_dissolve(struct mhp_block_op *op, int error)
{
	const unsigned long end_pfn = op->start_pfn + op->nr_pages;
	unsigned long pfn = mhp_usable_pfn(op);
	struct mhp_obstacle obstacle;

	while (pfn < end_pfn && !PageHuge(pfn_to_page(pfn)))
		pfn++;
	if (error == -ENOMEM || pfn == end_pfn)
		return mhp_refuse_walk(&op->t, error == -ENOMEM ?
				       MHP_REFUSED_NO_MEMORY :
				       MHP_REFUSED_UNMOVABLE, error,
				       "a free huge page could not be dissolved");
	mhp_obstacle_describe(&obstacle, pfn);
	return mhp_refuse_obstacle(&op->t.refusal, MHP_REFUSED_UNMOVABLE, error,
				   &obstacle, NULL);
}

/* Returns 1 if all pages are free, 0 if not yet */
static int test_all_free(struct pass *pass)
{
	struct mhp_block_op *op = pass->op;
	const unsigned long start_pfn = mhp_usable_pfn(op);
	const unsigned long end_pfn = start_pfn + mhp_usable_pages(op);
	int ret;

	/* As late as possible: a free huge page that is dissolved stays so */
	ret = dissolve_free_hugetlb_folios(start_pfn, end_pfn);
	if (ret)
		return refuse_dissolve(op, ret);
	if (!test_pages_isolated(start_pfn, end_pfn, MEMORY_OFFLINE))
		return 1;
	find_leftover(pass);
	return 0;
}

/* Huge pages that went to others in the block would do so for ever */
static void end_circling(const struct pass *pass)
{
	struct mhp_block_op *op = pass->op;

	if (pass->nr_inside)
		dissolve_free_hugetlb_folios(mhp_usable_pfn(op),
					     op->start_pfn + op->nr_pages);
}

static int evacuate(struct mhp_block_op *op)
{
	const int nid = zone_to_nid(op->zone);
	int ret;

	for (;;) {
		struct pass pass = {
			.op = op,
			.folios = LIST_HEAD_INIT(pass.folios),
			.targets = mhp_target_nodes(nid),
			.target = {
				.nid = nid,
				.nmask = &pass.targets,
				.gfp_mask = MHP_TARGET_GFP,
				.reason = MR_MEMORY_HOTPLUG,
			},
		};

		pass.zone_goes = zone_goes(op, &pass.targets);
		ret = mhp_progress_check(op) ?: run_pass(&pass);
		if (!ret && !pass.in_use)
			ret = test_all_free(&pass);
		if (ret)
			return ret < 0 ? ret : 0;
		end_circling(&pass);
		end_pass(&pass);
		mhp_progress_wait();
	}
}

/* occupied -> released */
int mhp_pages_evacuate(struct mhp_transition *t)
{
	struct mhp_block_op *op = to_block_op(t);
	int ret;

	mhp_progress_begin(op);
	ret = evacuate(op);
	mhp_progress_end();
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

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Isolating the page blocks of a block that goes offline, so that what becomes
 * free there stays free; and why that failed.
 */

#include <linux/memory_hotplug.h>
#include <linux/memory_refusal.h>
#include <linux/memory_transition.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/page-isolation.h>

#include "internal.h"

/*
 * What mhp_isolation_failed() was told of the block that is being isolated. Only
 * one is at a time: mem_hotplug_lock is held.
 */
static struct {
	unsigned long start_pfn;
	unsigned long end_pfn;
	unsigned long pfn;
	enum mhp_page_kind kind;
} isolation;

/**
 * mhp_isolation_failed() - a page block could not be isolated to go offline
 * @pfn: where
 * @kind: why; MHP_PAGE_UNKNOWN if it is for the page at @pfn
 *
 * Context: Any, also under zone->lock. Called by start_isolate_page_range() in
 * the thread that takes the block offline.
 */
void mhp_isolation_failed(unsigned long pfn, enum mhp_page_kind kind)
{
	/* A page that straddles the border may begin outside */
	if (pfn + MAX_ORDER_NR_PAGES < isolation.start_pfn ||
	    pfn >= isolation.end_pfn || isolation.kind)
		return;
	isolation.pfn = pfn;
	isolation.kind = kind;
}

static int refuse_isolation(struct mhp_transition *t, int error)
{
	struct mhp_obstacle obstacle;

	switch (isolation.kind) {
	case MHP_PAGE_NONE:
		return mhp_refuse_walk(t, MHP_REFUSED_ISOLATION, error,
				       "its pages could not be isolated");
	case MHP_PAGE_ISOLATED:
	case MHP_PAGE_ZONE_BORDER:
		mhp_obstacle_set(&obstacle, isolation.pfn, isolation.kind);
		return mhp_refuse_obstacle(&t->refusal, MHP_REFUSED_ISOLATION,
					   error, &obstacle, NULL);
	case MHP_PAGE_STRADDLING:
		mhp_obstacle_set(&obstacle, isolation.pfn, isolation.kind);
		break;
	default:
		mhp_obstacle_describe(&obstacle, isolation.pfn);
		break;
	}
	return mhp_refuse_obstacle(&t->refusal, MHP_REFUSED_UNMOVABLE, error,
				   &obstacle, NULL);
}

/* allocatable -> relied-on */
int mhp_pages_isolate(struct mhp_transition *t)
{
	struct mhp_block_op *op = to_block_op(t);
	const unsigned long start_pfn = mhp_usable_pfn(op);
	const unsigned long end_pfn = start_pfn + mhp_usable_pages(op);
	int ret;

	isolation.start_pfn = start_pfn;
	isolation.end_pfn = end_pfn;
	isolation.kind = MHP_PAGE_NONE;
	ret = start_isolate_page_range(start_pfn, end_pfn, MIGRATE_MOVABLE,
				       MEMORY_OFFLINE, MHP_TARGET_GFP);
	return ret ? refuse_isolation(t, ret) : 0;
}

/* The isolation taken back */
void mhp_pages_unisolate(struct mhp_transition *t)
{
	struct mhp_block_op *op = to_block_op(t);

	undo_isolate_page_range(mhp_usable_pfn(op),
				mhp_usable_pfn(op) + mhp_usable_pages(op),
				MIGRATE_MOVABLE);
}

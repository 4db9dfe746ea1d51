// SPDX-License-Identifier: GPL-2.0-only
/*
 * Spans: the page frames from the first to the last of a zone or a node. They
 * grow when memory joins and shrink to what is left when it leaves.
 */

#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/seqlock.h>

#include <asm/sections.h>

#include "../internal.h"
#include "internal.h"

static unsigned long span_end(struct mhp_span span)
{
	return span.start + span.nr;
}

static struct mhp_span span_from_to(unsigned long start, unsigned long end)
{
	return (struct mhp_span) { .start = start, .nr = end - start };
}

/**
 * mhp_span_grow() - the span of what was there and what comes
 * @span: what was there; may be empty
 * @start: first page frame of what comes
 * @nr: number of its page frames, not 0
 *
 * Return: the span.
 */
struct mhp_span mhp_span_grow(struct mhp_span span, unsigned long start,
			      unsigned long nr)
{
	if (!span.nr)
		return (struct mhp_span) { .start = start, .nr = nr };
	return span_from_to(min(span.start, start),
			    max(span_end(span), start + nr));
}

/**
 * mhp_span_shrink() - the span of what remains
 * @span: what was there
 * @start: first page frame of what goes
 * @nr: number of its page frames
 * @used: tells whether a page frame remains in the span, and through @granule
 *	  how large the aligned surroundings are for which that answer holds
 * @arg: passed to @used
 *
 * Only what goes at an edge moves that edge; the search ends at the first page
 * frame that remains.
 *
 * Return: the span; empty if nothing remains.
 */
struct mhp_span mhp_span_shrink(struct mhp_span span, unsigned long start,
				unsigned long nr, mhp_pfn_used_fn used,
				const void *arg)
{
	const unsigned long end = start + nr;
	unsigned long granule, pfn;

	if (start == span.start) {
		for (pfn = end; pfn < span_end(span);
		     pfn = ALIGN_DOWN(pfn, granule) + granule) {
			if (used(pfn, &granule, arg))
				return span_from_to(pfn, span_end(span));
		}
		return (struct mhp_span) {};
	}
	if (end == span_end(span)) {
		for (pfn = start; pfn > span.start;
		     pfn = ALIGN_DOWN(pfn - 1, granule)) {
			if (used(pfn - 1, &granule, arg))
				return span_from_to(span.start, pfn);
		}
		return (struct mhp_span) {};
	}
	return span;
}

static bool used_by_zone(unsigned long pfn, unsigned long *granule,
			 const void *zone)
{
	struct page *page;

	if (!online_section_nr(pfn_to_section_nr(pfn))) {
		*granule = PAGES_PER_SECTION;
		return false;
	}
	*granule = PAGES_PER_SUBSECTION;
	page = pfn_to_online_page(pfn);
	return page && page_zone(page) == zone;
}

/* Readers may be in interrupts: a reader must not spin on a writer it stopped */
static void set_zone_span(struct zone *zone, struct mhp_span span)
{
	unsigned long flags;

	write_seqlock_irqsave(&zone->span_seqlock, flags);
	zone->zone_start_pfn = span.start;
	zone->spanned_pages = span.nr;
	write_sequnlock_irqrestore(&zone->span_seqlock, flags);
}

static struct mhp_span zone_span(const struct zone *zone)
{
	return (struct mhp_span) {
		.start = zone->zone_start_pfn,
		.nr = zone->spanned_pages,
	};
}

static void set_node_span(struct pglist_data *pgdat)
{
	struct mhp_span span = {};
	unsigned long flags;
	int i;

	for (i = 0; i < MAX_NR_ZONES; i++) {
		const struct zone *zone = &pgdat->node_zones[i];

		if (zone->spanned_pages)
			span = mhp_span_grow(span, zone->zone_start_pfn,
					     zone->spanned_pages);
	}
	pgdat_resize_lock(pgdat, &flags);
	pgdat->node_start_pfn = span.start;
	pgdat->node_spanned_pages = span.nr;
	pgdat_resize_unlock(pgdat, &flags);
}

#ifdef CONFIG_ZONE_DEVICE
/* Makes pfn_to_online_page() ask whose the pages of a shared section are */
static void taint_shared_section(unsigned long pfn)
{
	if (!IS_ALIGNED(pfn, PAGES_PER_SECTION))
		__pfn_to_section(pfn)->section_mem_map |=
			SECTION_TAINT_ZONE_DEVICE;
}
#else
static void taint_shared_section(unsigned long pfn)
{
}
#endif

static void grow_zone(struct zone *zone, unsigned long start_pfn,
		      unsigned long nr_pages)
{
	mhp_assert_locked();
	mhp_contiguity_clear(zone);
	if (zone_is_empty(zone))
		init_currently_empty_zone(zone, start_pfn, nr_pages);
	/* Before the struct pages: page block flags want the zone to span them */
	set_zone_span(zone, mhp_span_grow(zone_span(zone), start_pfn, nr_pages));
	set_node_span(zone->zone_pgdat);
}

/**
 * move_pfn_range_to_zone() - let pages belong to a zone
 * @zone: the zone; its span grows as needed
 * @start_pfn: first page frame; the pages have a memmap and no zone
 * @nr_pages: number of pages
 * @altmap: place of the memmap of device memory, or %NULL
 * @migratetype: migrate type of the page blocks; no counter of the zone knows
 *		 of it yet
 *
 * Afterwards the struct pages are initialised as PageOffline, those of device
 * memory as far as they hold its memmap.
 *
 * Context: Process context, mem_hotplug_lock held for writing.
 */
void move_pfn_range_to_zone(struct zone *zone, unsigned long start_pfn,
			    unsigned long nr_pages, struct vmem_altmap *altmap,
			    int migratetype)
{
	grow_zone(zone, start_pfn, nr_pages);
	if (!zone_is_zone_device(zone)) {
		mhp_memmap_write(zone, start_pfn, nr_pages, migratetype, false);
		return;
	}
	mhp_contiguity_lose_holes(start_pfn, nr_pages);
	taint_shared_section(start_pfn);
	taint_shared_section(start_pfn + nr_pages);
	memmap_init_range(nr_pages, zone_to_nid(zone), zone_idx(zone),
			  start_pfn, 0, MEMINIT_HOTPLUG, altmap, migratetype);
}

/**
 * remove_pfn_range_from_zone() - the end of move_pfn_range_to_zone()
 * @zone: the zone; its span shrinks as needed
 * @start_pfn: first page frame; the section is offline
 * @nr_pages: number of pages
 *
 * Context: Process context, mem_hotplug_lock held for writing.
 */
void remove_pfn_range_from_zone(struct zone *zone, unsigned long start_pfn,
				unsigned long nr_pages)
{
	const unsigned long end_pfn = start_pfn + nr_pages;
	unsigned long pfn, nr;

	mhp_assert_locked();
	for (pfn = start_pfn; pfn < end_pfn; pfn += nr) {
		nr = section_chunk(pfn, end_pfn);
		page_init_poison(pfn_to_page(pfn), nr * sizeof(struct page));
		cond_resched();
	}

	/* Nobody can tell which pages of ZONE_DEVICE remain: it never shrinks */
	if (zone_is_zone_device(zone))
		return;

	mhp_contiguity_clear(zone);
	set_zone_span(zone, mhp_span_shrink(zone_span(zone), start_pfn,
					    nr_pages, used_by_zone, zone));
	set_node_span(zone->zone_pgdat);
	mhp_contiguity_update(zone);
}

/* memmap-ready -> in-zone */
void mhp_zone_join(struct mhp_transition *t)
{
	struct mhp_block_op *op = to_block_op(t);

	grow_zone(op->zone, mhp_usable_pfn(op), mhp_usable_pages(op));
	mhp_memmap_write(op->zone, mhp_usable_pfn(op), mhp_usable_pages(op),
			 MIGRATE_ISOLATE, mhp_pages_come_free(op->mem));
}

/* in-zone -> memmap-ready */
void mhp_zone_leave(struct mhp_transition *t)
{
	struct mhp_block_op *op = to_block_op(t);

	remove_pfn_range_from_zone(op->zone, mhp_usable_pfn(op),
				   mhp_usable_pages(op));
}

/**
 * mhp_account_present() - count a block's pages as present, or no longer
 * @op: the block
 * @nr_pages: its pages, negative when they go
 *
 * Present pages are those of the memmap that the block holds itself, too.
 */
void mhp_account_present(struct mhp_block_op *op, long nr_pages)
{
	struct memory_group *group = op->mem->group;
	struct zone *zone = op->zone;

	if (early_section(__pfn_to_section(op->start_pfn)))
		zone->present_early_pages += nr_pages;
	zone->present_pages += nr_pages;
	zone->zone_pgdat->node_present_pages += nr_pages;

	if (!group)
		return;
	if (zone_idx(zone) == ZONE_MOVABLE)
		group->present_movable_pages += nr_pages;
	else
		group->present_kernel_pages += nr_pages;
}

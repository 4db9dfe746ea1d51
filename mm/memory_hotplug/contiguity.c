// SPDX-License-Identifier: GPL-2.0-only
/*
 * zone->contiguous: every page block of the zone's span is online and belongs
 * to the zone, so that compaction may skip asking for each. Rescanning the zone
 * whenever memory comes or goes makes every block as dear as the zone is large.
 * We count the pages of such page blocks instead: zone->online_memmap_pages,
 * seeded by one scan at boot (set_zone_contiguous()). The zone is contiguous if
 * and only if the count equals the span.
 *
 * present_pages would not do: holes in early sections have an initialised
 * memmap and count here.
 *
 * Compaction trusts the flag without a lock: it is cleared before the span
 * grows and before a section goes offline, and set only when the last section
 * is online.
 */

#include <linux/mmzone.h>

#include "../internal.h"
#include "internal.h"

/**
 * mhp_contiguity_clear() - the zone's span is about to grow
 * @zone: the zone
 */
void mhp_contiguity_clear(struct zone *zone)
{
	clear_zone_contiguous(zone);
}

/**
 * mhp_contiguity_update() - the zone's span or sections have changed
 * @zone: the zone
 */
void mhp_contiguity_update(struct zone *zone)
{
	zone->contiguous = !zone->lost_holes && zone->spanned_pages &&
			   zone->online_memmap_pages == zone->spanned_pages;
}

/**
 * mhp_contiguity_add() - pages of the zone have come online
 * @zone: the zone
 * @nr_pages: how many
 */
void mhp_contiguity_add(struct zone *zone, unsigned long nr_pages)
{
	zone->online_memmap_pages += nr_pages;
	mhp_contiguity_update(zone);
}

/**
 * mhp_contiguity_sub() - pages of the zone are about to go offline
 * @zone: the zone
 * @nr_pages: how many
 */
void mhp_contiguity_sub(struct zone *zone, unsigned long nr_pages)
{
	clear_zone_contiguous(zone);
	zone->online_memmap_pages -= nr_pages;
}

/**
 * mhp_contiguity_lose_holes() - device memory takes the place of boot holes
 * @start_pfn: first page frame of the device memory
 * @nr_pages: number of pages
 *
 * Device memory may begin or end in a section that was there at boot. It takes
 * over struct pages that a zone around it may have counted, and does not say
 * whose they were. Such a zone is never called contiguous again.
 */
void mhp_contiguity_lose_holes(unsigned long start_pfn, unsigned long nr_pages)
{
	const unsigned long last_pfn = start_pfn + nr_pages - 1;
	struct zone *zone;

	if (!early_section(__pfn_to_section(start_pfn)) &&
	    !early_section(__pfn_to_section(last_pfn)))
		return;

	for_each_populated_zone(zone) {
		if (!zone_intersects(zone, start_pfn, nr_pages))
			continue;
		zone->lost_holes = true;
		mhp_contiguity_update(zone);
	}
}

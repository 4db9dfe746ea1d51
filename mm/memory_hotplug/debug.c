// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the core keeps by counting, next to what a scan of all memory finds. For
 * tests: the scan takes as long as the machine is large.
 */

#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/memory_hotplug.h>
#include <linux/minmax.h>
#include <linux/mmzone.h>
#include <linux/pageblock-flags.h>
#include <linux/sched.h>
#include <linux/seq_file.h>

#include "../internal.h"

/* Pages of page blocks that are online and of the zone, asked one by one */
static unsigned long scan_zone(struct zone *zone)
{
	const unsigned long end_pfn = zone_end_pfn(zone);
	unsigned long pfn = zone->zone_start_pfn;
	unsigned long found = 0, next;

	for (; pfn < end_pfn; pfn = next) {
		next = min(pageblock_end_pfn(pfn), end_pfn);
		if (__pageblock_pfn_to_page(pfn, next, zone))
			found += next - pfn;
		cond_resched();
	}
	return found;
}

static bool is_of_interest(const struct zone *zone)
{
	return zone->spanned_pages || zone->online_memmap_pages ||
	       zone->contiguous;
}

/* One line for each zone that has anything, or should have nothing and has */
static int contiguity_show(struct seq_file *m, void *unused)
{
	struct zone *zone;

	get_online_mems();
	for_each_zone(zone) {
		if (!is_of_interest(zone))
			continue;
		seq_printf(m,
			   "node %d zone %s contiguous %d counted %lu spanned %lu scanned %lu\n",
			   zone_to_nid(zone), zone->name, zone->contiguous,
			   zone->online_memmap_pages, zone->spanned_pages,
			   scan_zone(zone));
	}
	put_online_mems();
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(contiguity);

static int __init memory_hotplug_debug_init(void)
{
	struct dentry *dir = debugfs_create_dir("memory_hotplug", NULL);

	debugfs_create_file("contiguity", 0400, dir, NULL, &contiguity_fops);
	return 0;
}
late_initcall(memory_hotplug_debug_init);

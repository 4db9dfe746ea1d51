// SPDX-License-Identifier: GPL-2.0-only
/*
 * What no memory hotplug may do: look through the whole zone for each block that
 * comes or goes, so that each costs more than the one before. Benchmarks must
 * notice.
 *
 * Parameter:
 *
 *   found: page blocks whose first page is online, of the zone seen last
 */

#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/notifier.h>
#include <linux/pfn.h>
#include <linux/sizes.h>

static unsigned long found;
module_param(found, ulong, 0400);

static int scan(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct memory_notify *about = data;
	unsigned long pfn, nr = 0;
	const struct zone *zone;
	struct page *page;

	if (event != MEM_ONLINE && event != MEM_GOING_OFFLINE)
		return NOTIFY_DONE;
	zone = page_zone(pfn_to_page(about->start_pfn));
	for (pfn = zone->zone_start_pfn; pfn < zone_end_pfn(zone);
	     pfn += PHYS_PFN(SZ_2M)) {
		page = pfn_to_online_page(pfn);
		nr += page && page_zone(page) == zone;
	}
	found = nr;
	return NOTIFY_OK;
}

static struct notifier_block scanner = { .notifier_call = scan };

static int __init scan_init(void)
{
	return register_memory_notifier(&scanner);
}
module_init(scan_init);

static void __exit scan_exit(void)
{
	unregister_memory_notifier(&scanner);
}
module_exit(scan_exit);

MODULE_DESCRIPTION("A scan of the zone for each memory block, for tests");
MODULE_LICENSE("GPL");

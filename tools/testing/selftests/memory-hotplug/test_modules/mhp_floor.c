// SPDX-License-Identifier: GPL-2.0-only
/*
 * The least that bringing memory online can cost: one thread writes each struct
 * page of a range once, 8 bytes at a time.
 *
 * Parameters:
 *
 *   write: "<address> <size>" of memory that is there and offline
 *   ns:	how long that took
 */

#include <linux/ktime.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/pfn.h>
#include <linux/sched.h>

static unsigned long long ns;
module_param(ns, ullong, 0400);

/* What struct pages hold is of no use to anybody until they go online */
static int write_set(const char *val, const struct kernel_param *kp)
{
	unsigned long long start, size;
	unsigned long pfn, end_pfn;
	u64 begin;

	if (sscanf(val, "%lli %lli", &start, &size) != 2)
		return -EINVAL;
	end_pfn = PHYS_PFN(start + size);
	for (pfn = PHYS_PFN(start); pfn < end_pfn; pfn += PAGES_PER_SECTION) {
		if (!pfn_valid(pfn) || pfn_to_online_page(pfn))
			return -EBUSY;
	}

	ns = 0;
	for (pfn = PHYS_PFN(start); pfn < end_pfn; pfn += PAGES_PER_SECTION) {
		u64 *word = (u64 *)pfn_to_page(pfn);
		const u64 *end = (u64 *)(pfn_to_page(pfn) + PAGES_PER_SECTION);

		begin = ktime_get_ns();
		for (; word < end; word++)
			WRITE_ONCE(*word, pfn);
		ns += ktime_get_ns() - begin;
		cond_resched();
	}
	return 0;
}

static const struct kernel_param_ops write_ops = { .set = write_set };
module_param_cb(write, &write_ops, NULL, 0200);

MODULE_DESCRIPTION("The floor of what bringing memory online costs, for benchmarks");
MODULE_LICENSE("GPL");

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The RAM that an eHEA adapter may read and write, following memory hotplug.
 *
 * RAM is divided into windows of equal size at fixed addresses of the adapter's.
 * Each window that has RAM has one memory region (MR), which holds the RAM of the
 * window that is online. A memory block that comes or goes changes its window and
 * nothing else. If the firmware has MRs enough, a window is one memory block.
 *
 * Descriptors are told apart by time, not counted: whoever reads the map and posts
 * what it says does both with bottom halves disabled. A window that changes is
 * published first, then every reader is waited for, then the driver waits until the
 * adapter has done all descriptors posted so far; only then the old MR is freed.
 */
#ifndef _EHEA_REGIONS_H
#define _EHEA_REGIONS_H

#include <linux/ebus/mr.h>
#include <linux/types.h>

struct ehea_regions;

/**
 * struct ehea_sge - a piece of memory as a descriptor names it
 * @io: address of the adapter's
 * @key: of the memory region
 * @len: bytes
 */
struct ehea_sge {
	u64 io;
	u32 key;
	u32 len;
};

/**
 * struct ehea_regions_user - the adapter's driver
 * @drain: wait until every descriptor posted before the call is done; must
 *	   succeed, by resetting queues that hang
 * @stop: stop all queues: no descriptor is in use any more, and none is posted
 *	  until @start. Called only if the firmware has a single region for RAM
 * @start: the opposite; descriptors are to be mapped anew
 *
 * Context: Process context, mem_hotplug_lock held for writing. They must not take
 * rtnl_lock(), whose holders may wait for memory hotplug.
 */
struct ehea_regions_user {
	void (*drain)(struct ehea_regions_user *user);
	void (*stop)(struct ehea_regions_user *user);
	void (*start)(struct ehea_regions_user *user);
};

/**
 * struct ehea_regions_limits - what the firmware allows
 * @max_mrs: regions that RAM may have, those of receive buffers taken off
 * @max_mr_size: bytes that one may have
 * @ram_end: first address behind all RAM that may ever come
 */
struct ehea_regions_limits {
	unsigned long max_mrs;
	u64 max_mr_size;
	u64 ram_end;
};

struct ehea_regions *
ehea_regions_create(const char *name, const struct ebus_mr_owner *owner,
		    const struct ehea_regions_limits *limits,
		    struct ehea_regions_user *user);
void ehea_regions_destroy(struct ehea_regions *regions);
int ehea_regions_map(const struct ehea_regions *regions, phys_addr_t phys,
		     u32 len, struct ehea_sge *sge);
void ehea_regions_crash(void);

#endif /* _EHEA_REGIONS_H */

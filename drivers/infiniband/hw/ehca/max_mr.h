/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one region of all RAM (max MR), those who use it, and what they mean for memory
 * hotplug. Without the RDMA core's types; see memory.h for what it calls.
 *
 * Users in the kernel may let the adapter write anywhere, under one key. The region
 * behind it can be made and freed, but not changed. While it is there, memory blocks
 * are refused to go online and offline; otherwise they come and go freely.
 *
 * Two locks, as the firmware may take seconds to make the region:
 *
 *   mr_lock	making and freeing regions. Callbacks only try it.
 *   lock	who is a user and which block changes, for moments only. Inside of
 *		mem_hotplug_lock and mr_lock.
 *
 * Becoming a user comes first, and refuses blocks from then on; then the region is made
 * of the map, which cannot change any more. It refuses them, too, until it is freed when
 * the last user has gone. Who wants to become one while there is a request that changes
 * memory waits until it is over: in the middle of it he would refuse its being taken back.
 */
#ifndef _EHCA_MAX_MR_H
#define _EHCA_MAX_MR_H

#include <linux/ebus/mr.h>
#include <linux/list.h>
#include <linux/memory_client.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/xarray.h>

#include "ram.h"

/**
 * struct ehca_place - what an operator knows the adapter by
 * @name: the RDMA core's device; empty before it is registered
 * @location: location code, or NULL
 * @drc: name of its dynamic reconfiguration connector, or NULL
 * @nr_ports: how many ports it has
 */
struct ehca_place {
	const char *name;
	const char *location;
	const char *drc;
	unsigned int nr_ports;
};

/**
 * struct ehca_region - a memory region of a user's
 * @list: links the users of all RAM; or regions that the firmware does not free
 * @mr: the firmware's
 * @user: name of the user in the kernel, while he is one
 * @pd: protection domain, the firmware's number
 * @pins: what keeps the memory of a user in user space where it is; NULL if the region
 *	  is of all RAM
 */
struct ehca_region {
	struct list_head list;
	struct ebus_mr mr;
	const char *user;
	u32 pd;
	void *pins;
};

/**
 * struct ehca_memory - what an adapter reaches of the partition's memory
 * @owner: on whose behalf the max MR is made
 * @max_mr_size: bytes that a region may have
 * @page_sizes: of regions, in bytes, or'ed
 * @place: for messages
 * @unpin: lets go of &ehca_region.pins
 * @patience: how long a request for memory is waited for, in jiffies
 * @client: hears of memory blocks
 * @reclaim_after: before that, in jiffies, only users in the kernel ask for @left to be
 *		   freed
 * @mr_lock: protects @max and @left
 * @max: the max MR, complete; or NULL
 * @left: regions that the firmware does not free
 * @lock: protects what follows
 * @ram: the map; stays as it is while there are users
 * @other: while a block changes the map as it was, or is to be
 * @changing: a block has begun to change
 * @changed: waits for the end of that
 * @users: regions that share the max MR, in the order in which they came
 * @held: there is a max MR, or something else of all RAM; set with both locks
 * @pds: numbers of protection domains that are taken
 * @next_pd: where the next is looked for, so that none comes back soon
 * @bus_dma_ops: the device's before the driver came
 */
struct ehca_memory {
	struct ebus_mr_owner owner;
	u64 max_mr_size;
	u64 page_sizes;
	struct ehca_place place;
	void (*unpin)(void *pins);
	unsigned long patience;
	struct memory_client client;
	unsigned long reclaim_after;
	struct mutex mr_lock;	/* of max and left */
	struct ehca_region *max;
	struct list_head left;
	struct mutex lock;	/* of what follows */
	struct ehca_ram __rcu *ram;
	struct ehca_ram *other;
	bool changing;
	wait_queue_head_t changed;
	struct list_head users;
	bool held;
	struct xarray pds;
	u32 next_pd;
	const struct dma_map_ops *bus_dma_ops;
};

int ehca_max_mr_init(struct ehca_memory *memory);
void ehca_max_mr_exit(struct ehca_memory *memory);
struct ehca_region *ehca_max_mr_get(struct ehca_memory *memory,
				    const char *user, u32 access, u32 pd);
void ehca_max_mr_put(struct ehca_memory *memory, struct ehca_region *region);

struct ehca_region *ehca_region_make(struct ehca_memory *memory, u32 access,
				     u32 pd, const struct ebus_mr_shape *shape,
				     void *pins);
void ehca_region_end(struct ehca_memory *memory, struct ehca_region *region);
void ehca_region_end_pd(struct ehca_memory *memory, u32 pd);
u64 ehca_memory_io(struct ehca_memory *memory, phys_addr_t phys, u64 len);

/* Between the files of this folder that know max_mr.h, and its tests */
int ehca_max_mr_prepare(struct ehca_memory *memory);
void ehca_max_mr_dismantle(struct ehca_memory *memory);
void ehca_veto_init(struct ehca_memory *memory);
void ehca_warn_surplus(const struct ehca_memory *memory, const char *what);
void ehca_veto_text(const struct ehca_memory *memory, char *buf, size_t size);
void ehca_reclaim(struct ehca_memory *memory);
bool ehca_reclaim_until(struct ehca_memory *memory, unsigned long deadline);
void ehca_try_reclaim(struct ehca_memory *memory);
void ehca_region_drop(struct ehca_memory *memory, struct ehca_region *region);
bool ehca_region_holds_ram(const struct ehca_memory *memory);
const char *ehca_place_name(const struct ehca_place *place);

#endif /* _EHCA_MAX_MR_H */

// SPDX-License-Identifier: GPL-2.0-only
/* The one region of all RAM, and users in the kernel that come and go */

#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/memory.h>
#include <linux/memory_client.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "max_mr.h"

/*
 * A block goes online in far less time, but need not go offline in any: whoever waits
 * may be what it waits for.
 */
#define PATIENCE	(30 * HZ)
/* Nobody tells when a request is over */
#define LOOK_AGAIN	max(HZ / 50L, 1L)

/* Of a line in the log */
#define SURPLUS_LEN	160

/**
 * ehca_place_name() - an adapter's name in the log
 * @place: the adapter
 *
 * Return: that.
 */
const char *ehca_place_name(const struct ehca_place *place)
{
	return place->name && *place->name ? place->name : "ehca";
}

/* The map, for whoever keeps it from changing */
static const struct ehca_ram *ram_of(struct ehca_memory *memory)
{
	return rcu_dereference_protected(memory->ram,
					 !list_empty(&memory->users) ||
					 lockdep_is_held(&memory->lock));
}

static int check_surplus(struct ehca_memory *memory, const char *user)
{
	const u64 bytes = ehca_ram_bytes(ram_of(memory));
	char surplus[SURPLUS_LEN];

	if (bytes <= memory->max_mr_size)
		return 0;
	ehca_ram_surplus(ram_of(memory), memory->max_mr_size,
			 memory_block_size_bytes(), surplus, sizeof(surplus));
	pr_err("%s: %s cannot use the adapter: of %llu MiB it can register %llu MiB. Remove %s, then repeat\n",
	       ehca_place_name(&memory->place), user, bytes >> 20,
	       memory->max_mr_size >> 20, surplus);
	return -ENOSPC;
}

/*
 * Between two requests for memory, lest one cannot be taken back that is partly done:
 * -EAGAIN.
 */
static int try_become_user(struct ehca_memory *memory,
			   struct ehca_region *region)
{
	int ret = -EAGAIN;

	if (!memory_requests_try_hold())
		return ret;
	mutex_lock(&memory->lock);
	if (!memory->changing)
		ret = check_surplus(memory, region->user);
	if (!ret)
		list_add_tail(&region->list, &memory->users);
	mutex_unlock(&memory->lock);
	memory_requests_release();
	return ret;
}

/* Returns how long there is left to wait, or -EINTR for a fatal signal */
static long wait_for_requests(struct ehca_memory *memory, long left)
{
	const long pause = min(left, LOOK_AGAIN);

	if (READ_ONCE(memory->changing)) {
		left = wait_event_killable_timeout(memory->changed,
						   !READ_ONCE(memory->changing),
						   left);
		return left < 0 ? -EINTR : left;
	}
	schedule_timeout_killable(pause);
	return fatal_signal_pending(current) ? -EINTR : left - pause;
}

/* No block changes from now on. */
static int become_user(struct ehca_memory *memory, struct ehca_region *region)
{
	long left = memory->patience;
	int ret;

	for (;;) {
		ret = try_become_user(memory, region);
		if (ret != -EAGAIN)
			return ret;
		left = wait_for_requests(memory, left);
		if (left < 0)
			return left;
		if (left > 0)
			continue;
		pr_err("%s: %s cannot use the adapter: memory or CPUs are still coming or going\n",
		       ehca_place_name(&memory->place), region->user);
		return -EBUSY;
	}
}

static int register_ram(struct ehca_memory *memory, struct ehca_region *region)
{
	const struct ehca_ram *ram = ram_of(memory);
	struct ebus_mr_shape shape = {
		.io = EHCA_RAM_START,
		.length = ehca_ram_bytes(ram),
	};
	u64 whole;

	if (!ram->extents)
		return -EINVAL;
	shape.extents = ram->extents->extent;
	shape.nr_extents = ram->extents->nr;
	/* All of it in whole pages, so that none reaches beyond the end of RAM */
	whole = shape.length ^ (shape.length - 1);
	shape.page_shift = ebus_mr_page_shift(&shape,
					      memory->page_sizes & whole);
	return ebus_mr_make(&region->mr, &memory->owner, &shape);
}

static int make_max(struct ehca_memory *memory)
{
	struct ehca_region *region;
	int ret;

	if (memory->max)
		return 0;
	region = kzalloc(sizeof(*region), GFP_KERNEL);
	if (!region)
		return -ENOMEM;
	region->pd = memory->owner.pd;
	ret = register_ram(memory, region);
	if (!ret) {
		memory->max = region;
		return 0;
	}
	pr_err_ratelimited("%s: the firmware does not register %llu MiB: %d\n",
			   ehca_place_name(&memory->place),
			   ehca_ram_bytes(ram_of(memory)) >> 20, ret);
	ehca_region_drop(memory, region);
	return ret;
}

static int share_max(struct ehca_memory *memory, struct ehca_region *region,
		     u32 access)
{
	struct ebus_mr_owner owner = memory->owner;
	int ret;

	owner.access = access;
	owner.pd = region->pd;
	mutex_lock(&memory->mr_lock);
	ehca_reclaim(memory);
	ret = make_max(memory);
	if (!ret)
		ret = ebus_mr_share(&region->mr, &owner, &memory->max->mr);
	mutex_lock(&memory->lock);
	/* If there is no max MR, there may be a part of it */
	memory->held = memory->held || ehca_region_holds_ram(memory);
	mutex_unlock(&memory->lock);
	mutex_unlock(&memory->mr_lock);
	return ret;
}

/**
 * ehca_max_mr_get() - become a user of all RAM
 * @memory: the adapter's
 * @user: his name, which stays until ehca_max_mr_put()
 * @access: EBUS_MR_* or'ed
 * @pd: protection domain
 *
 * From now on no memory block goes online or offline. The first user has the region of
 * all RAM made, which takes the firmware seconds if there is much of it.
 *
 * Context: Process context, may sleep, and wait for a block that changes; no lock that
 * is taken under mem_hotplug_lock.
 * Return: a region for him, or an ERR_PTR(): -ENOSPC if there is more RAM than the
 * adapter registers, or if the firmware has no region left; -EBUSY if a block does not
 * get where it is going; -EINTR for a fatal signal; -ENOMEM; what ebus_errno() makes of
 * the firmware's refusal.
 */
struct ehca_region *ehca_max_mr_get(struct ehca_memory *memory,
				    const char *user, u32 access, u32 pd)
{
	struct ehca_region *region = kzalloc(sizeof(*region), GFP_KERNEL);
	int ret;

	if (!region)
		return ERR_PTR(-ENOMEM);
	region->user = user;
	region->pd = pd;
	ret = become_user(memory, region);
	if (ret) {
		kfree(region);
		return ERR_PTR(ret);
	}
	ret = share_max(memory, region, access);
	if (!ret)
		return region;
	ehca_max_mr_put(memory, region);
	return ERR_PTR(ret);
}

/**
 * ehca_max_mr_put() - the end of ehca_max_mr_get()
 * @memory: the adapter's
 * @region: what it returned
 *
 * Memory blocks are free to change when the last user has gone and the firmware has
 * freed the regions.
 *
 * Context: Process context, may sleep.
 */
void ehca_max_mr_put(struct ehca_memory *memory, struct ehca_region *region)
{
	mutex_lock(&memory->mr_lock);
	/* As long as there is a max MR @held refuses, without users, too */
	mutex_lock(&memory->lock);
	list_del(&region->list);
	region->user = NULL;
	mutex_unlock(&memory->lock);
	ehca_region_drop(memory, region);
	ehca_reclaim(memory);
	mutex_unlock(&memory->mr_lock);
}

/**
 * ehca_memory_io() - where memory is in the adapter's address space
 * @memory: the adapter's
 * @phys: the memory's address
 * @len: bytes
 *
 * Stays true as long as the caller is a user in the kernel.
 *
 * Context: Any.
 * Return: address of the adapter's, or %EHCA_NO_IO if it does not reach all of it.
 */
u64 ehca_memory_io(struct ehca_memory *memory, phys_addr_t phys, u64 len)
{
	u64 io;

	rcu_read_lock();
	io = ehca_ram_io(rcu_dereference(memory->ram), phys, len);
	rcu_read_unlock();
	return io;
}

/**
 * ehca_max_mr_prepare() - a map without RAM, deaf to memory hotplug
 * @memory: as for ehca_max_mr_init()
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int ehca_max_mr_prepare(struct ehca_memory *memory)
{
	struct ehca_ram *ram = kzalloc(sizeof(*ram), GFP_KERNEL);

	if (!ram)
		return -ENOMEM;
	mutex_init(&memory->mr_lock);
	mutex_init(&memory->lock);
	init_waitqueue_head(&memory->changed);
	INIT_LIST_HEAD(&memory->users);
	INIT_LIST_HEAD(&memory->left);
	memory->patience = PATIENCE;
	memory->reclaim_after = jiffies;
	RCU_INIT_POINTER(memory->ram, ram);
	ehca_veto_init(memory);
	return 0;
}

/*
 * Nobody hears of them again, nor does anything write to them; unless the firmware keeps
 * a queue pair, too, against which nothing can be done here.
 */
static void abandon_left(struct ehca_memory *memory)
{
	struct ehca_region *region, *next;

	if (memory->max)
		list_add(&memory->max->list, &memory->left);
	memory->max = NULL;
	list_for_each_entry_safe(region, next, &memory->left, list) {
		pr_err("%s: the firmware keeps memory region %#llx\n",
		       ehca_place_name(&memory->place), region->mr.handle);
		list_del(&region->list);
		if (region->pins)
			memory->unpin(region->pins);
		kfree(region);
	}
}

/**
 * ehca_max_mr_dismantle() - the end of ehca_max_mr_prepare()
 * @memory: as for ehca_max_mr_exit()
 *
 * Context: Process context, may sleep.
 */
void ehca_max_mr_dismantle(struct ehca_memory *memory)
{
	mutex_lock(&memory->mr_lock);
	ehca_reclaim(memory);
	abandon_left(memory);
	mutex_unlock(&memory->mr_lock);
	ehca_ram_free(memory->other);
	memory->other = NULL;
	ehca_ram_free(rcu_replace_pointer(memory->ram, NULL, true));
	/* Those that are retired are freed by code of ours. */
	rcu_barrier();
	mutex_destroy(&memory->lock);
	mutex_destroy(&memory->mr_lock);
}

/* What was there before the adapter; of what comes later each block is told */
static void check_surplus_replayed(struct ehca_memory *memory)
{
	char surplus[SURPLUS_LEN];

	mutex_lock(&memory->lock);
	ehca_ram_surplus(ram_of(memory), memory->max_mr_size,
			 memory_block_size_bytes(), surplus, sizeof(surplus));
	mutex_unlock(&memory->lock);
	if (*surplus)
		ehca_warn_surplus(memory, surplus);
}

/**
 * ehca_max_mr_init() - map all RAM, and follow memory hotplug
 * @memory: the adapter's; @owner to @unpin are set, and &memory_client.name
 *
 * Registers nothing with the firmware.
 *
 * Context: Process context, may sleep; no lock that is held while memory goes online or
 * offline.
 * Return: 0, -ENOMEM, or another errno of memory_client_register().
 */
int ehca_max_mr_init(struct ehca_memory *memory)
{
	int ret = ehca_max_mr_prepare(memory);

	if (ret)
		return ret;
	ret = memory_client_register(&memory->client);
	if (ret)
		ehca_max_mr_dismantle(memory);
	else
		check_surplus_replayed(memory);
	return ret;
}

/**
 * ehca_max_mr_exit() - the end of ehca_max_mr_init()
 * @memory: the adapter's; it has no users and no queue pairs, so that nothing is
 *	    written to regions that the firmware keeps
 *
 * Context: As ehca_max_mr_init().
 */
void ehca_max_mr_exit(struct ehca_memory *memory)
{
	memory_client_unregister(&memory->client);
	ehca_max_mr_dismantle(memory);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The RAM that an eHEA adapter may read and write, following memory hotplug.
 *
 * A memory block is registered before any of its pages can be allocated, when the
 * core asks whether it may go online, and no longer when it is offline. While it
 * goes offline its pages are still in use; but what its window will then be is made
 * already, so that the firmware's refusal keeps the block online.
 */

#include <linux/err.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/memory.h>
#include <linux/pfn.h>
#include <linux/slab.h>

#include "windows.h"

/* Memory can be used that the firmware does not register: without the adapter. */
#define WAY_OUT		"/sys/bus/ibmebus/remove"

/*
 * As small as a memory block, unless there are then more windows than regions, of
 * which one is left for the window that changes; as large as the firmware allows.
 */
static u64 window_bytes(const struct ehea_regions_limits *limits, u64 block)
{
	const u64 most = rounddown_pow_of_two(limits->max_mr_size);
	u64 bytes = min(block, most);

	if (limits->max_mrs == 1)
		return roundup_pow_of_two(limits->ram_end);
	while (bytes < most &&
	       DIV64_U64_ROUND_UP(limits->ram_end, bytes) > limits->max_mrs - 1)
		bytes *= 2;
	return bytes;
}

/* Of the page frames from @start_pfn on those in one window */
static unsigned long part_in_window(const struct ehea_regions *regions,
				    unsigned long start_pfn,
				    unsigned long end_pfn)
{
	const unsigned long size = 1UL << regions->window_shift;

	return min(end_pfn, (start_pfn | (size - 1)) + 1) - start_pfn;
}

/* A change of the window that has these page frames; NULL if it has them already */
static struct ehea_change *make_change(struct ehea_regions *regions,
				       unsigned long start_pfn,
				       unsigned long nr_pages, bool add)
{
	const unsigned long nr = start_pfn >> regions->window_shift;
	struct ehea_window *old = xa_load(&regions->windows, nr);
	const struct ebus_extents *before = old ? old->ram : NULL;
	struct ehea_change *change;
	struct ebus_extents *ram;
	int ret;

	if (add ? ebus_extents_contain(before, start_pfn, nr_pages) :
		  !ebus_extents_overlap(before, start_pfn, nr_pages))
		return NULL;
	change = kzalloc(sizeof(*change), GFP_KERNEL);
	if (!change)
		return ERR_PTR(-ENOMEM);
	change->nr = nr;
	change->old = old;
	ram = add ? ebus_extents_add(before, start_pfn, nr_pages) :
		    ebus_extents_remove(before, start_pfn, nr_pages);
	ret = PTR_ERR_OR_ZERO(ram);
	if (ret)
		goto free_change;
	if (ram) {
		change->new = ehea_window_alloc(ram);
		ret = PTR_ERR_OR_ZERO(change->new);
		if (ret)
			goto free_ram;
		ret = xa_reserve(&regions->windows, nr, GFP_KERNEL);
		if (ret)
			goto free_window;
	}
	return change;

free_window:
	ehea_window_free(change->new);
	ram = NULL;
free_ram:
	kfree(ram);
free_change:
	kfree(change);
	return ERR_PTR(ret);
}

static void end_changes(struct ehea_regions *regions,
			void (*end)(struct ehea_regions *regions,
				    struct ehea_change *change))
{
	struct ehea_change *change, *next;

	list_for_each_entry_safe(change, next, &regions->changes, list) {
		list_del(&change->list);
		end(regions, change);
		/* A place that nothing took */
		xa_release(&regions->windows, change->nr);
		kfree(change);
	}
}

static int begin_change(struct ehea_regions *regions, unsigned long start_pfn,
			unsigned long nr_pages, bool add)
{
	struct ehea_change *change = make_change(regions, start_pfn, nr_pages,
						 add);
	int ret;

	if (IS_ERR_OR_NULL(change))
		return PTR_ERR_OR_ZERO(change);
	ret = add ? regions->exchange->bring_in(regions, change) :
		    regions->exchange->prepare(regions, change);
	if (ret) {
		ehea_window_end(regions, change->new);
		xa_release(&regions->windows, change->nr);
		kfree(change);
		return ret;
	}
	list_add(&change->list, &regions->changes);
	return 0;
}

/* The windows of page frames that are about to be used, or no longer to be used */
static int begin(struct ehea_regions *regions, struct memory_event *event,
		 bool add)
{
	const struct ehea_exchange *exchange = regions->exchange;
	/* No frame is in its memmap; but replay() is told of all of a block */
	unsigned long start_pfn = event->memmap_start_pfn;
	const unsigned long end_pfn = start_pfn + event->nr_memmap_pages +
				      event->nr_pages;
	unsigned long part;
	int ret = 0;

	for (; start_pfn < end_pfn && !ret; start_pfn += part) {
		part = part_in_window(regions, start_pfn, end_pfn);
		ret = begin_change(regions, start_pfn, part, add);
	}
	if (ret)
		end_changes(regions, add ? exchange->take_back : exchange->keep);
	return ret;
}

static struct ehea_regions *to_regions(struct memory_client *client)
{
	struct ehea_regions *regions = container_of(client, struct ehea_regions,
						    client);

	wait_for_completion(&regions->live);
	return regions;
}

static int refuse(struct ehea_regions *regions, struct memory_event *event,
		  int why)
{
	switch (why) {
	case -ENOMEM:
		memory_refuse(event, "no memory to register it with");
		break;
	case -ENOSPC:
		memory_refuse(event, "the firmware has no region left for it, see %s",
			      WAY_OUT);
		break;
	default:
		memory_refuse(event, "the firmware does not register it (%d), see %s",
			      why, WAY_OUT);
		break;
	}
	return why;
}

static int going_online(struct memory_client *client,
			struct memory_event *event)
{
	struct ehea_regions *regions = to_regions(client);
	const int ret = begin(regions, event, true);

	return ret ? refuse(regions, event, ret) : 0;
}

static void online(struct memory_client *client, struct memory_event *event)
{
	struct ehea_regions *regions = to_regions(client);

	end_changes(regions, regions->exchange->settle);
}

static void cancel_online(struct memory_client *client,
			  struct memory_event *event)
{
	struct ehea_regions *regions = to_regions(client);

	end_changes(regions, regions->exchange->take_back);
}

static int going_offline(struct memory_client *client,
			 struct memory_event *event)
{
	struct ehea_regions *regions = to_regions(client);
	const int ret = begin(regions, event, false);

	return ret ? refuse(regions, event, ret) : 0;
}

static void offline(struct memory_client *client, struct memory_event *event)
{
	struct ehea_regions *regions = to_regions(client);

	end_changes(regions, regions->exchange->take_out);
}

static void cancel_offline(struct memory_client *client,
			   struct memory_event *event)
{
	struct ehea_regions *regions = to_regions(client);

	end_changes(regions, regions->exchange->keep);
}

/* Without a region yet: a window may have more RAM that is told of later. */
static int replay_window(struct ehea_regions *regions, unsigned long start_pfn,
			 unsigned long nr_pages)
{
	struct ehea_change *change = make_change(regions, start_pfn, nr_pages,
						 true);

	if (IS_ERR_OR_NULL(change))
		return PTR_ERR_OR_ZERO(change);
	ehea_window_publish(regions, change->nr, change->new);
	ehea_window_free(change->old);
	kfree(change);
	return 0;
}

static int replay(struct memory_client *client, unsigned long start_pfn,
		  unsigned long nr_pages)
{
	struct ehea_regions *regions = container_of(client, struct ehea_regions,
						    client);
	const unsigned long end_pfn = start_pfn + nr_pages;
	unsigned long part;
	int ret = 0;

	for (; start_pfn < end_pfn && !ret; start_pfn += part) {
		part = part_in_window(regions, start_pfn, end_pfn);
		ret = replay_window(regions, start_pfn, part);
	}
	return ret;
}

static int register_all(struct ehea_regions *regions)
{
	struct ehea_window *window;
	unsigned long nr;
	int ret;

	xa_for_each(&regions->windows, nr, window) {
		ret = ehea_window_register(regions, nr, window, false);
		if (ret)
			return ret;
	}
	return 0;
}

/* Of a block that has not got where it was going when the map ends */
static void drop_change(struct ehea_regions *regions,
			struct ehea_change *change)
{
	const struct ehea_window *published = xa_load(&regions->windows,
						      change->nr);

	if (change->old != published)
		ehea_window_end(regions, change->old);
	if (change->new != published)
		ehea_window_end(regions, change->new);
}

/* No queue runs. */
static void unregister_all(struct ehea_regions *regions)
{
	struct ehea_window *window, *next;
	unsigned long nr;

	end_changes(regions, drop_change);
	xa_for_each(&regions->windows, nr, window) {
		ehea_window_publish(regions, nr, NULL);
		ehea_window_end(regions, window);
	}
	/* A last time */
	list_for_each_entry_safe(window, next, &regions->stuck, stuck) {
		ehea_window_unregister(regions, window);
		ehea_window_free(window);
	}
}

static bool are_valid(const struct ehea_regions_limits *limits)
{
	return limits->max_mrs && limits->max_mr_size >= PAGE_SIZE &&
	       limits->ram_end;
}

static struct ehea_regions *
alloc_regions(const char *name, const struct ebus_mr_owner *owner,
	      const struct ehea_regions_limits *limits,
	      struct ehea_regions_user *user, u64 block)
{
	struct ehea_regions *regions = kzalloc(sizeof(*regions), GFP_KERNEL);
	const u64 window = window_bytes(limits, block);

	if (!regions)
		return NULL;
	regions->owner = *owner;
	regions->limits = *limits;
	regions->user = user;
	regions->client = (struct memory_client) {
		.name = name,
		.going_online = going_online,
		.online = online,
		.cancel_online = cancel_online,
		.going_offline = going_offline,
		.offline = offline,
		.cancel_offline = cancel_offline,
		.replay = replay,
	};
	regions->exchange = limits->max_mrs > 1 ? &ehea_exchange_running :
						  &ehea_exchange_stopped;
	regions->window_shift = ilog2(window) - PAGE_SHIFT;
	xa_init(&regions->windows);
	init_completion(&regions->live);
	INIT_LIST_HEAD(&regions->changes);
	INIT_LIST_HEAD(&regions->stuck);
	return regions;
}

static void free_regions(struct ehea_regions *regions)
{
	unregister_all(regions);
	xa_destroy(&regions->windows);
	kfree(regions);
}

/**
 * ehea_regions_create() - map all RAM for an adapter, and follow memory hotplug
 * @name: under which it refuses memory, a word; stays until the map is destroyed
 * @owner: the adapter, for the firmware
 * @limits: what the firmware allows
 * @user: the driver; called from now on
 *
 * Context: Process context, may sleep; no lock that @user takes, nor one that is held
 * while memory goes online or offline.
 * Return: the map, or an ERR_PTR(): -EINVAL for limits that no memory fits in,
 * -ENOSPC if there are too few regions for the RAM, -ENOMEM, or what ebus_errno()
 * makes of the firmware's refusal.
 */
struct ehea_regions *
ehea_regions_create(const char *name, const struct ebus_mr_owner *owner,
		    const struct ehea_regions_limits *limits,
		    struct ehea_regions_user *user)
{
	struct ehea_regions *regions;
	int ret;

	if (!are_valid(limits))
		return ERR_PTR(-EINVAL);
	regions = alloc_regions(name, owner, limits, user,
				memory_block_size_bytes());
	if (!regions)
		return ERR_PTR(-ENOMEM);
	ret = memory_client_register(&regions->client);
	if (ret)
		goto free_regions;
	ret = register_all(regions);
	/* What went online or offline meanwhile waits for this. */
	complete_all(&regions->live);
	if (ret)
		goto unregister_client;
	return regions;

unregister_client:
	memory_client_unregister(&regions->client);
free_regions:
	free_regions(regions);
	return ERR_PTR(ret);
}

/**
 * ehea_regions_destroy() - the end of ehea_regions_create()
 * @regions: the map; no queue of the adapter's runs any more
 *
 * Context: As ehea_regions_create().
 */
void ehea_regions_destroy(struct ehea_regions *regions)
{
	memory_client_unregister(&regions->client);
	free_regions(regions);
}

/**
 * ehea_regions_map() - how a descriptor names a piece of memory
 * @regions: the adapter's map
 * @phys: the memory's address; it is in use
 * @len: bytes, 1 or more
 * @sge: is filled in, for the first bytes or all
 *
 * Context: Bottom halves disabled until the descriptor is posted.
 * Return: 0, or -EFAULT if the adapter cannot reach the first byte.
 */
int ehea_regions_map(const struct ehea_regions *regions, phys_addr_t phys,
		     u32 len, struct ehea_sge *sge)
{
	const unsigned long pfn = PHYS_PFN(phys);
	const struct ehea_window *window;
	const struct ebus_extent *extent;
	u64 offset;

	window = xa_load((struct xarray *)&regions->windows,
			 pfn >> regions->window_shift);
	extent = window ? ebus_extents_find(window->ram, pfn) : NULL;
	if (!extent || !window->mr.handle)
		return -EFAULT;
	offset = phys - PFN_PHYS(extent->start_pfn);
	*sge = (struct ehea_sge) {
		.io = window->mr.io + PFN_PHYS(extent->before) + offset,
		.key = window->mr.lkey,
		.len = min_t(u64, len, PFN_PHYS(extent->nr_pages) - offset),
	};
	return 0;
}

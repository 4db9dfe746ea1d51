// SPDX-License-Identifier: GPL-2.0-only
/*
 * A window of an adapter's map of RAM: its region, and its place in the map.
 */

#include <linux/err.h>
#include <linux/pfn.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/rculist.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "windows.h"

/* Where RAM begins in the adapter's address space, as in 6.12 (ehea.h) */
#define RAM_START	0x8000000000000000ULL

/*
 * The windows of all adapters that have a region, wherever they are on their way. The
 * lock is for writers: the one reader runs when no other CPU does any more.
 */
static LIST_HEAD(registered);
static DEFINE_SPINLOCK(registered_lock);

static void remember(struct ehea_window *window,
		     const struct ebus_mr_owner *owner)
{
	window->owner = owner;
	spin_lock(&registered_lock);
	list_add_rcu(&window->registered, &registered);
	spin_unlock(&registered_lock);
}

static void forget(struct ehea_window *window)
{
	spin_lock(&registered_lock);
	list_del_rcu(&window->registered);
	spin_unlock(&registered_lock);
}

/**
 * ehea_regions_crash() - free the regions of all maps, the kernel has died
 *
 * Context: The last CPU. Takes no locks: their holders do not run any more.
 */
void ehea_regions_crash(void)
{
	const struct ehea_window *window;

	list_for_each_entry_lockless(window, &registered, registered)
		ebus_mr_free_atomic(&window->mr, window->owner);
}

/**
 * ehea_window_alloc() - a window that has no region yet
 * @ram: what it holds; belongs to it if there is no error
 *
 * Context: Process context, may sleep.
 * Return: the window, or an ERR_PTR() of -ENOMEM.
 */
struct ehea_window *ehea_window_alloc(struct ebus_extents *ram)
{
	struct ehea_window *window = kzalloc(sizeof(*window), GFP_KERNEL);

	if (!window)
		return ERR_PTR(-ENOMEM);
	window->ram = ram;
	return window;
}

/**
 * ehea_window_free() - the end of ehea_window_alloc()
 * @window: the window, which no reader has; or NULL. If the firmware keeps its
 *	    region, that is forgotten
 *
 * Context: Process context.
 */
void ehea_window_free(struct ehea_window *window)
{
	if (!window)
		return;
	if (window->mr.handle)
		forget(window);
	kfree(window->ram);
	kfree(window);
}

/* A region that could not be freed may be free to go by now. */
static void free_stuck(struct ehea_regions *regions)
{
	struct ehea_window *window, *next;

	list_for_each_entry_safe(window, next, &regions->stuck, stuck) {
		if (ehea_window_unregister(regions, window))
			continue;
		list_del(&window->stuck);
		ehea_window_free(window);
	}
}

/**
 * ehea_window_register() - make a window's region
 * @regions: the map
 * @nr: the window's number
 * @window: the window
 * @replaces: it is to take the place of a window that has a region
 *
 * The window's RAM is contiguous in the region, with what is not there left out. If
 * nothing is, addresses are those of memory behind %RAM_START. Of several regions
 * the last is for windows that replace another.
 *
 * Context: Process context, may sleep.
 * Return: 0; -ENOSPC if there is no region left; an errno of ebus_mr_register().
 * After an error the window may have a part of a region that could not be freed: it
 * ends with ehea_window_end() in any case.
 */
int ehea_window_register(struct ehea_regions *regions, unsigned long nr,
			 struct ehea_window *window, bool replaces)
{
	const unsigned long max_mrs = regions->limits.max_mrs;
	const unsigned long kept_back = !replaces && max_mrs > 1;
	const u64 io = RAM_START + PFN_PHYS((u64)nr << regions->window_shift);
	int ret;

	free_stuck(regions);
	if (regions->nr_mrs >= max_mrs - kept_back)
		return -ENOSPC;
	remember(window, &regions->owner);
	ret = ebus_mr_register(&window->mr, &regions->owner, io,
			       window->ram->extent, window->ram->nr);
	if (window->mr.handle)
		regions->nr_mrs++;
	else
		forget(window);
	return ret;
}

/**
 * ehea_window_unregister() - free a window's region, if it has one
 * @regions: the map
 * @window: the window, which no descriptor names any more
 *
 * Context: Process context, may sleep.
 * Return: 0, or an errno of ebus_mr_free(): the window still has its region.
 */
int ehea_window_unregister(struct ehea_regions *regions,
			   struct ehea_window *window)
{
	int ret;

	if (!window->mr.handle)
		return 0;
	ret = ebus_mr_free(&window->mr, &regions->owner);
	if (ret)
		return ret;
	forget(window);
	regions->nr_mrs--;
	return 0;
}

/**
 * ehea_window_end() - the end of a window and its region
 * @regions: the map
 * @window: the window, which no reader has and no descriptor names; or NULL
 *
 * If the firmware does not let go of the region there is nobody left to ask what to
 * do about it. It goes on counting against the limit, until it can be freed.
 *
 * Context: Process context, may sleep.
 */
void ehea_window_end(struct ehea_regions *regions, struct ehea_window *window)
{
	if (!window)
		return;
	if (!ehea_window_unregister(regions, window)) {
		ehea_window_free(window);
		return;
	}
	list_add(&window->stuck, &regions->stuck);
	pr_err_ratelimited("%s: the firmware keeps memory region %#llx, and with it memory that may be removed\n",
			   regions->client.name, window->mr.handle);
}

/**
 * ehea_window_publish() - let readers of the map find a window
 * @regions: the map
 * @nr: the window's number
 * @window: the window; NULL for none
 *
 * There is a place for it, see xa_reserve().
 *
 * Context: Process context.
 */
void ehea_window_publish(struct ehea_regions *regions, unsigned long nr,
			 struct ehea_window *window)
{
	if (window)
		xa_store(&regions->windows, nr, window, GFP_KERNEL);
	else
		xa_erase(&regions->windows, nr);
}

/**
 * ehea_window_retire() - end a window that was in the map, while queues run
 * @regions: the map
 * @window: the window, which readers no longer find; or NULL
 *
 * Context: Process context, may sleep.
 */
void ehea_window_retire(struct ehea_regions *regions,
			struct ehea_window *window)
{
	if (!window)
		return;
	/* Whoever found it has posted its descriptors, and these are done. */
	synchronize_rcu();
	regions->user->drain(regions->user);
	ehea_window_end(regions, window);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions of users, and those that the firmware does not let go of.
 *
 * Whoever ends a region cannot be told that it is still there: he goes. It is kept with
 * what it needs, and the firmware asked again whenever a user comes or goes, or a memory
 * block wants to change. Until then nobody else gets its memory, and its protection
 * domain stays taken.
 */

#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/slab.h>

#include "max_mr.h"

/* How long firmware is left alone that was busy for long */
#define SLOW_PAUSE	(60 * HZ)

/* A protection domain that is gone, and of which a region is left */
#define ORPHAN		xa_mk_value(1)

static void free_region(struct ehca_memory *memory, struct ehca_region *region)
{
	if (region->pins)
		memory->unpin(region->pins);
	kfree(region);
}

static bool has_left_ram(const struct ehca_memory *memory)
{
	const struct ehca_region *region;

	list_for_each_entry(region, &memory->left, list) {
		if (!region->pins)
			return true;
	}
	return false;
}

static bool has_left_in(const struct ehca_memory *memory, u32 pd)
{
	const struct ehca_region *region;

	list_for_each_entry(region, &memory->left, list) {
		if (region->pd == pd)
			return true;
	}
	return false;
}

/**
 * ehca_region_end_pd() - nobody has a protection domain any more
 * @memory: the adapter's
 * @pd: its number, which others may have when the firmware has no region of it
 *
 * Context: Process context, may sleep.
 */
void ehca_region_end_pd(struct ehca_memory *memory, u32 pd)
{
	mutex_lock(&memory->mr_lock);
	if (has_left_in(memory, pd))
		xa_store(&memory->pds, pd, ORPHAN, GFP_KERNEL);
	else
		xa_erase(&memory->pds, pd);
	mutex_unlock(&memory->mr_lock);
}

static void end_left(struct ehca_memory *memory, struct ehca_region *region)
{
	const u32 pd = region->pd;

	list_del(&region->list);
	free_region(memory, region);
	if (xa_load(&memory->pds, pd) == ORPHAN && !has_left_in(memory, pd))
		xa_erase(&memory->pds, pd);
}

static bool is_over(unsigned long deadline)
{
	return time_after(jiffies, deadline);
}

static void free_left(struct ehca_memory *memory, unsigned long deadline)
{
	struct ehca_region *region, *next;

	list_for_each_entry_safe(region, next, &memory->left, list) {
		if (!ebus_mr_free(&region->mr, &memory->owner)) {
			end_left(memory, region);
		} else if (is_over(deadline)) {
			/* Next time the others are tried first */
			list_move_tail(&region->list, &memory->left);
		}
		if (is_over(deadline))
			return;
	}
}

/**
 * ehca_region_holds_ram() - has the firmware a region of RAM that no user has pinned?
 * @memory: the adapter's
 *
 * Context: Process context; &ehca_memory.mr_lock held.
 * Return: whether memory must not change for that.
 */
bool ehca_region_holds_ram(const struct ehca_memory *memory)
{
	lockdep_assert_held(&memory->mr_lock);
	return memory->max || has_left_ram(memory);
}

static bool has_users(struct ehca_memory *memory)
{
	bool has;

	mutex_lock(&memory->lock);
	has = !list_empty(&memory->users);
	mutex_unlock(&memory->lock);
	return has;
}

/* Who becomes a user meanwhile makes another one: he waits for mr_lock. */
static void free_max(struct ehca_memory *memory)
{
	if (!memory->max || has_users(memory) || has_left_ram(memory))
		return;
	if (ebus_mr_free(&memory->max->mr, &memory->owner)) {
		pr_err_ratelimited("%s: the firmware does not free the memory region of all RAM\n",
				   ehca_place_name(&memory->place));
		return;
	}
	free_region(memory, memory->max);
	memory->max = NULL;
}

/**
 * ehca_reclaim_until() - free regions that are no longer needed, as long as there is time
 * @memory: the adapter's
 * @deadline: in jiffies; no region is begun with after it
 *
 * Those that the firmware did not free so far, and the max MR, if it has no users.
 *
 * Context: Process context, may sleep; &ehca_memory.mr_lock held.
 * Return: false if the time is over, so that there may be some that were not tried.
 */
bool ehca_reclaim_until(struct ehca_memory *memory, unsigned long deadline)
{
	lockdep_assert_held(&memory->mr_lock);
	free_left(memory, deadline);
	if (!is_over(deadline))
		free_max(memory);
	mutex_lock(&memory->lock);
	memory->held = ehca_region_holds_ram(memory);
	mutex_unlock(&memory->lock);
	return !is_over(deadline);
}

/**
 * ehca_reclaim() - free regions that are no longer needed
 * @memory: the adapter's
 *
 * Context: As ehca_reclaim_until().
 */
void ehca_reclaim(struct ehca_memory *memory)
{
	ehca_reclaim_until(memory, jiffies + MAX_JIFFY_OFFSET);
}

/**
 * ehca_try_reclaim() - do so for a second, if nobody else is making or freeing regions
 * @memory: the adapter's
 *
 * For whoever has something else to do: it takes one slow call, not one for each
 * region; and not at all for a while if there was one.
 *
 * Context: Process context, may sleep; memory hotplug may wait for it.
 */
void ehca_try_reclaim(struct ehca_memory *memory)
{
	if (!READ_ONCE(memory->held) && list_empty_careful(&memory->left))
		return;
	if (time_before(jiffies, READ_ONCE(memory->reclaim_after)) ||
	    !mutex_trylock(&memory->mr_lock))
		return;
	if (!ehca_reclaim_until(memory, jiffies + HZ))
		WRITE_ONCE(memory->reclaim_after, jiffies + SLOW_PAUSE);
	mutex_unlock(&memory->mr_lock);
}

/* The firmware has just not freed it */
static void leave(struct ehca_memory *memory, struct ehca_region *region)
{
	lockdep_assert_held(&memory->mr_lock);
	pr_err_ratelimited("%s: the firmware does not free memory region %#llx\n",
			   ehca_place_name(&memory->place), region->mr.handle);
	/* Before the region whose pages it shares, which may be there */
	list_add(&region->list, &memory->left);
}

/**
 * ehca_region_drop() - the end of a region of RAM
 * @memory: the adapter's
 * @region: the region, in no list
 *
 * Context: Process context, may sleep; &ehca_memory.mr_lock held. Whoever releases it
 * sets @held before, as ehca_reclaim() does.
 */
void ehca_region_drop(struct ehca_memory *memory, struct ehca_region *region)
{
	if (ebus_mr_free(&region->mr, &memory->owner))
		leave(memory, region);
	else
		free_region(memory, region);
}

/**
 * ehca_region_end() - the end of a region of a user's in user space
 * @memory: the adapter's
 * @region: the region; its memory is let go of when the firmware has freed it
 *
 * Context: Process context, may sleep.
 */
void ehca_region_end(struct ehca_memory *memory, struct ehca_region *region)
{
	if (!ebus_mr_free(&region->mr, &memory->owner)) {
		free_region(memory, region);
		ehca_try_reclaim(memory);
		return;
	}
	mutex_lock(&memory->mr_lock);
	leave(memory, region);
	mutex_unlock(&memory->mr_lock);
}

/**
 * ehca_region_make() - make a region of a user's in user space
 * @memory: the adapter's
 * @access: EBUS_MR_* or'ed
 * @pd: protection domain
 * @shape: what it consists of, but for the page size
 * @pins: what keeps that where it is; belongs to the region, after an error, too
 *
 * Context: Process context, may sleep.
 * Return: the region, or an ERR_PTR(): -EINVAL if the adapter has no such regions,
 * -ENOMEM, or what ebus_errno() makes of the firmware's refusal.
 */
struct ehca_region *ehca_region_make(struct ehca_memory *memory, u32 access,
				     u32 pd, const struct ebus_mr_shape *shape,
				     void *pins)
{
	struct ehca_region *region = kzalloc(sizeof(*region), GFP_KERNEL);
	struct ebus_mr_owner owner = memory->owner;
	struct ebus_mr_shape fitting = *shape;
	int ret = -EINVAL;

	if (!region) {
		memory->unpin(pins);
		return ERR_PTR(-ENOMEM);
	}
	region->pins = pins;
	region->pd = pd;
	ehca_try_reclaim(memory);
	owner.access = access;
	owner.pd = pd;
	fitting.page_shift = ebus_mr_page_shift(shape, memory->page_sizes);
	if (fitting.page_shift && shape->length <= memory->max_mr_size)
		ret = ebus_mr_make(&region->mr, &owner, &fitting);
	if (!ret)
		return region;
	ehca_region_end(memory, region);
	return ERR_PTR(ret);
}

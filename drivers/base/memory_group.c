// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory groups: the memory blocks of one memory device, which the online policy
 * wants in one kind of zone. A static group, such as a DIMM, comes and goes as a
 * whole; a dynamic one grows and shrinks by units.
 */

#include <linux/list.h>
#include <linux/log2.h>
#include <linux/memory.h>
#include <linux/pfn.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/xarray.h>

static DEFINE_XARRAY_ALLOC(memory_groups);
#define DYNAMIC_GROUP	XA_MARK_1

static int register_group(const struct memory_group *template)
{
	struct memory_group *group;
	u32 mgid;
	int ret;

	if (!node_possible(template->nid))
		return -EINVAL;
	group = kmemdup(template, sizeof(*template), GFP_KERNEL);
	if (!group)
		return -ENOMEM;
	INIT_LIST_HEAD(&group->memory_blocks);

	ret = xa_alloc(&memory_groups, &mgid, group, xa_limit_31b, GFP_KERNEL);
	if (ret) {
		kfree(group);
		return ret;
	}
	if (group->is_dynamic)
		xa_set_mark(&memory_groups, mgid, DYNAMIC_GROUP);
	return mgid;
}

/**
 * memory_group_register_static() - register a group whose size is fixed
 * @nid: node of its memory
 * @max_pages: all the pages it will have
 *
 * Context: Process context, may sleep.
 * Return: the group's number for MHP_NID_IS_MGID; -EINVAL for an impossible node
 * or no pages; -ENOMEM; -EBUSY if there are no numbers left.
 */
int memory_group_register_static(int nid, unsigned long max_pages)
{
	const struct memory_group group = {
		.nid = nid,
		.s.max_pages = max_pages,
	};

	return max_pages ? register_group(&group) : -EINVAL;
}
EXPORT_SYMBOL_GPL(memory_group_register_static);

/**
 * memory_group_register_dynamic() - register a group that grows and shrinks
 * @nid: node of its memory
 * @unit_pages: pages by which it does, also their alignment; a power of two, at
 *		least a memory block
 *
 * Context: Process context, may sleep.
 * Return: the group's number for MHP_NID_IS_MGID; -EINVAL for an impossible node
 * or unit; -ENOMEM; -EBUSY if there are no numbers left.
 */
int memory_group_register_dynamic(int nid, unsigned long unit_pages)
{
	const struct memory_group group = {
		.nid = nid,
		.is_dynamic = true,
		.d.unit_pages = unit_pages,
	};

	if (!is_power_of_2(unit_pages) ||
	    unit_pages < PHYS_PFN(memory_block_size_bytes()))
		return -EINVAL;
	return register_group(&group);
}
EXPORT_SYMBOL_GPL(memory_group_register_dynamic);

/**
 * memory_group_unregister() - give a group's number back
 * @mgid: the number
 *
 * Context: Process context, may sleep.
 * Return: 0; -EINVAL if there is no such group; -EBUSY while it has blocks.
 */
int memory_group_unregister(int mgid)
{
	struct memory_group *group = memory_group_find_by_id(mgid);

	if (group && !list_empty(&group->memory_blocks))
		return -EBUSY;
	if (!xa_erase(&memory_groups, mgid))
		return -EINVAL;
	/* Those who read valid_zones walk all groups without a lock */
	kfree_rcu_mightsleep(group);
	return 0;
}
EXPORT_SYMBOL_GPL(memory_group_unregister);

/**
 * memory_group_find_by_id() - the group with a number
 * @mgid: the number
 *
 * Context: Who uses the group also registers it, and keeps it meanwhile.
 * Return: the group or %NULL.
 */
struct memory_group *memory_group_find_by_id(int mgid)
{
	return mgid < 0 ? NULL : xa_load(&memory_groups, mgid);
}

/**
 * walk_dynamic_memory_groups() - call a function for each dynamic group
 * @nid: only groups of this node, or NUMA_NO_NODE for all
 * @func: the function, must not sleep; a value other than 0 ends the walk
 * @excluded: a group to leave out, or %NULL
 * @arg: passed to @func
 *
 * Context: Any. The groups' counters hold still under device_hotplug_lock.
 * Return: what @func returned last, or 0.
 */
int walk_dynamic_memory_groups(int nid, walk_memory_groups_func_t func,
			       struct memory_group *excluded, void *arg)
{
	const bool any_node = !IS_ENABLED(CONFIG_NUMA) || nid == NUMA_NO_NODE;
	struct memory_group *group;
	unsigned long mgid;
	int ret;

	guard(rcu)();
	xa_for_each_marked(&memory_groups, mgid, group, DYNAMIC_GROUP) {
		if (group == excluded || !(any_node || group->nid == nid))
			continue;
		ret = func(group, arg);
		if (ret)
			return ret;
	}
	return 0;
}

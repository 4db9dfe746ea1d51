// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver that brings memory of its own: adds a range as driver-managed when
 * loaded, on request in a memory group, and removes it when unloaded.
 */

#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/pfn.h>

static unsigned long start;
module_param(start, ulong, 0444);
MODULE_PARM_DESC(start, "First byte");

static unsigned long size;
module_param(size, ulong, 0444);
MODULE_PARM_DESC(size, "Size in bytes");

static int nid;
module_param(nid, int, 0444);
MODULE_PARM_DESC(nid, "Node of the memory");

static bool group;
module_param(group, bool, 0444);
MODULE_PARM_DESC(group, "Register a static memory group for it");

static bool evacuate;
module_param(evacuate, bool, 0444);
MODULE_PARM_DESC(evacuate, "Take the memory offline when unloaded");

static int mgid = -1;

static int __init provider_init(void)
{
	mhp_t flags = MHP_NONE;
	int ret, id = nid;

	if (group) {
		mgid = memory_group_register_static(nid, PHYS_PFN(size));
		if (mgid < 0)
			return mgid;
		id = mgid;
		flags |= MHP_NID_IS_MGID;
	}
	ret = add_memory_driver_managed(id, start, size,
					"System RAM (mhp_provider)", flags);
	if (ret && group)
		memory_group_unregister(mgid);
	return ret;
}
module_init(provider_init);

static void __exit provider_exit(void)
{
	const int ret = evacuate ? offline_and_remove_memory(start, size) :
				   remove_memory(start, size);

	WARN(ret, "memory of mhp_provider could not be removed (%d)\n", ret);
	if (!ret && group)
		WARN_ON(memory_group_unregister(mgid));
}
module_exit(provider_exit);

MODULE_DESCRIPTION("Driver with memory of its own, for tests");
MODULE_LICENSE("GPL");

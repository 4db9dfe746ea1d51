// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nodes and zones that get their first memory or lose their last: bringing a
 * node online, its node masks, its reclaim threads, a zone's per-CPU lists.
 */

#include <linux/cpu.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/node.h>
#include <linux/nodemask.h>
#include <linux/swap.h>
#include <linux/compaction.h>
#include <linux/topology.h>

#include "../internal.h"
#include "internal.h"

/* Returns 0 or an errno; after an error the node is offline as before */
static int bring_node_online(int nid)
{
	struct pglist_data *pgdat = NODE_DATA(nid);
	int ret;

	ret = free_area_init_core_hotplug(pgdat);
	if (ret)
		return ret;
	/* Without fallback lists of its own nobody may allocate for the node */
	build_all_zonelists(pgdat);
	node_set_online(nid);
	ret = __register_one_node(nid);
	if (ret)
		node_set_offline(nid);
	return ret;
}

/**
 * try_online_node() - bring a node online that has no memory yet
 * @nid: the node
 *
 * For a CPU that comes before its node's memory.
 *
 * Context: Process context, device_hotplug_lock held; takes mem_hotplug_lock.
 * Return: 0, also if the node is online already; -ENOMEM or the errno of its
 * device.
 */
int try_online_node(int nid)
{
	int ret = 0;

	mem_hotplug_begin();
	if (!node_online(nid))
		ret = bring_node_online(nid);
	mem_hotplug_done();
	return ret;
}

/* The node that the caller of add_memory() means, of a group or by itself */
int mhp_node_resolve(struct mhp_range_op *op)
{
	int nid = op->nid;

	/* It is a node already if this is the second time */
	if (op->flags & MHP_NID_IS_MGID && !op->group) {
		op->group = memory_group_find_by_id(nid);
		if (!op->group)
			return mhp_refuse_walk(&op->t, MHP_REFUSED_NODE,
					       -EINVAL,
					       "there is no memory group %d",
					       nid);
		nid = op->group->nid;
	}
	if (nid < 0 || nid >= MAX_NUMNODES || !node_possible(nid))
		return mhp_refuse_walk(&op->t, MHP_REFUSED_NODE, -EINVAL,
				       "node %d is not possible on this machine",
				       nid);
	op->nid = nid;
	return 0;
}

/* claimed -> node-ready */
int mhp_node_prepare(struct mhp_transition *t)
{
	struct mhp_range_op *op = to_range_op(t);
	int ret;

	if (node_online(op->nid))
		return 0;
	ret = bring_node_online(op->nid);
	if (ret)
		return mhp_refuse_walk(t, MHP_REFUSED_NODE, ret,
				       "node %d could not be brought online",
				       op->nid);
	op->node_added = true;
	return 0;
}

static void take_node_offline(int nid)
{
	node_set_offline(nid);
	unregister_one_node(nid);
}

/*
 * node-ready -> claimed, when adding has failed. Between two chunks somebody may
 * have added device memory to the node.
 */
void mhp_node_undo(struct mhp_transition *t)
{
	struct mhp_range_op *op = to_range_op(t);

	if (op->node_added && !NODE_DATA(op->nid)->node_spanned_pages)
		take_node_offline(op->nid);
	op->node_added = false;
}

#ifdef CONFIG_MEMORY_HOTREMOVE
static int belongs_to_node(struct memory_block *mem, void *nid)
{
	return mem->nid == *(int *)nid;
}

static bool node_has_cpu(int nid)
{
	int cpu;

	for_each_present_cpu(cpu) {
		if (cpu_to_node(cpu) == nid)
			return true;
	}
	return false;
}

/**
 * try_offline_node() - take a node offline if nothing is left of it
 * @nid: the node
 *
 * A node stays while it spans pages, device memory included, while a memory
 * block belongs to it, even an offline one, and while it has CPUs.
 *
 * Context: Process context, device_hotplug_lock held.
 */
void try_offline_node(int nid)
{
	if (node_spanned_pages(nid) ||
	    for_each_memory_block(&nid, belongs_to_node) || node_has_cpu(nid))
		return;
	take_node_offline(nid);
}
EXPORT_SYMBOL(try_offline_node);
#endif /* CONFIG_MEMORY_HOTREMOVE */

/* node-ready -> claimed, when memory has been removed */
void mhp_node_retire(struct mhp_transition *t)
{
	struct mhp_range_op *op = to_range_op(t);
	int nid;

	for_each_node_mask(nid, op->nodes)
		try_offline_node(nid);
}

static void predict(struct mhp_block_op *op, bool memory, bool normal)
{
	const int nid = zone_to_nid(op->zone);

	op->about.notify.status_change_nid = memory ? nid : NUMA_NO_NODE;
	op->about.notify.status_change_nid_normal = normal ? nid : NUMA_NO_NODE;
}

/* Which node masks the block's node will enter */
void mhp_node_predict_online(struct mhp_block_op *op)
{
	const int nid = zone_to_nid(op->zone);

	predict(op, !node_state(nid, N_MEMORY),
		zone_idx(op->zone) <= ZONE_NORMAL &&
		!node_state(nid, N_NORMAL_MEMORY));
}

/* Which node masks the block's node will leave */
void mhp_node_predict_offline(struct mhp_block_op *op)
{
	const struct pglist_data *pgdat = op->zone->zone_pgdat;
	unsigned long normal = 0, all;
	int i;

	for (i = 0; i <= ZONE_NORMAL; i++)
		normal += pgdat->node_zones[i].present_pages;
	all = normal + pgdat->node_zones[ZONE_MOVABLE].present_pages;

	predict(op, op->nr_pages >= all,
		zone_idx(op->zone) <= ZONE_NORMAL && op->nr_pages >= normal);
}

/* The block's pages are present: let its node and zone be used */
void mhp_node_gain_memory(struct mhp_block_op *op)
{
	const struct memory_notify *arg = &op->about.notify;
	const bool zone_is_new = op->zone->present_pages == op->nr_pages;

	if (arg->status_change_nid_normal != NUMA_NO_NODE)
		node_set_state(arg->status_change_nid_normal, N_NORMAL_MEMORY);
	if (arg->status_change_nid != NUMA_NO_NODE)
		node_set_state(arg->status_change_nid, N_MEMORY);
	/* Zonelists leave zones without memory to the last */
	if (zone_is_new)
		build_all_zonelists(NULL);
}

/* The block's pages are gone: its node must be memoryless before zonelists are */
void mhp_node_lose_memory(struct mhp_block_op *op)
{
	const struct memory_notify *arg = &op->about.notify;

	if (arg->status_change_nid_normal != NUMA_NO_NODE)
		node_clear_state(arg->status_change_nid_normal,
				 N_NORMAL_MEMORY);
	if (arg->status_change_nid != NUMA_NO_NODE)
		node_clear_state(arg->status_change_nid, N_MEMORY);
	if (!populated_zone(op->zone))
		build_all_zonelists(NULL);
	if (arg->status_change_nid != NUMA_NO_NODE) {
		kcompactd_stop(arg->status_change_nid);
		kswapd_stop(arg->status_change_nid);
	}
}

/* in-zone -> zone-ready; a zone keeps its page lists once it has them */
int mhp_zone_prepare(struct mhp_transition *t)
{
	struct mhp_block_op *op = to_block_op(t);
	int ret;

	ret = setup_zone_pageset(op->zone);
	if (ret)
		mhp_refuse_walk(t, MHP_REFUSED_NO_MEMORY, ret,
				"no memory for the per-CPU page lists of zone %s of node %d",
				op->zone->name, zone_to_nid(op->zone));
	return ret;
}

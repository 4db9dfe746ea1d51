// SPDX-License-Identifier: GPL-2.0-only
/*
 * The entries of zonelists that allocations prefer, as an allocation in flight
 * holds them: it looks once, and relies on finding a zone there later.
 *
 * Parameters:
 *
 *   lists: one line for each node, its fallback list from the first entry on
 *   hold: write anything to look up what each kind of allocation prefers
 *   lost: how many of these entries have become the end of a list since
 */

#include <linux/gfp.h>
#include <linux/mmzone.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/nodemask.h>
#include <linux/sysfs.h>

static struct zoneref *held[MAX_NUMNODES][MAX_NR_ZONES];

static struct zoneref *first(int nid)
{
	return NODE_DATA(nid)->node_zonelists[ZONELIST_FALLBACK]._zonerefs;
}

static struct zoneref *preferred(int nid, enum zone_type highest)
{
	struct zoneref *z = first(nid);

	while (zonelist_zone_idx(z) > highest)
		z++;
	return zonelist_zone(z) ? z : NULL;
}

static int hold_set(const char *val, const struct kernel_param *kp)
{
	int nid, i;

	for_each_node(nid)
		for (i = 0; i < MAX_NR_ZONES; i++)
			held[nid][i] = preferred(nid, i);
	return 0;
}

static int lost_get(char *buffer, const struct kernel_param *kp)
{
	int nid, i, lost = 0;

	for_each_node(nid)
		for (i = 0; i < MAX_NR_ZONES; i++)
			lost += held[nid][i] && !zonelist_zone(held[nid][i]);
	return sysfs_emit(buffer, "%d\n", lost);
}

static int lists_get(char *buffer, const struct kernel_param *kp)
{
	struct zoneref *z;
	int nid, len = 0;

	for_each_node(nid) {
		len += sysfs_emit_at(buffer, len, "%d:", nid);
		for (z = first(nid); zonelist_zone(z); z++)
			len += sysfs_emit_at(buffer, len, " %d/%s", zonelist_node_idx(z),
					     zonelist_zone(z)->name);
		len += sysfs_emit_at(buffer, len, "\n");
	}
	return len;
}

static const struct kernel_param_ops hold_ops = { .set = hold_set };
static const struct kernel_param_ops lost_ops = { .get = lost_get };
static const struct kernel_param_ops lists_ops = { .get = lists_get };
module_param_cb(hold, &hold_ops, NULL, 0200);
module_param_cb(lost, &lost_ops, NULL, 0400);
module_param_cb(lists, &lists_ops, NULL, 0400);

MODULE_DESCRIPTION("What allocations hold of zonelists, for tests");
MODULE_LICENSE("GPL");

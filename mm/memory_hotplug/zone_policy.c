// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which zone a block joins when it goes online, and whether it goes online by
 * itself when it is added.
 *
 * "contig-zones" keeps zones in one piece: a block goes where its neighbours
 * are, or to a kernel zone.
 *
 * "auto-movable" prefers ZONE_MOVABLE, from which memory can be unplugged
 * again, as far as the kernel keeps enough memory for itself: at most
 * auto_movable_ratio percent of MOVABLE for what there is of KERNEL. Kernel
 * memory that was hot-added does not count as KERNEL, it may be unplugged
 * without the policy being asked; except inside one dynamic memory group, where
 * one driver looks after both kinds. CMA counts as MOVABLE. We count present
 * pages, because balloons change managed pages behind our back.
 */

#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/mmzone.h>
#include <linux/moduleparam.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "internal.h"

enum online_policy {
	POLICY_CONTIG_ZONES,
	POLICY_AUTO_MOVABLE,
};

static const char * const policy_names[] = {
	[POLICY_CONTIG_ZONES] = "contig-zones",
	[POLICY_AUTO_MOVABLE] = "auto-movable",
};

static int policy_set(const char *val, const struct kernel_param *kp)
{
	const int policy = sysfs_match_string(policy_names, val);

	if (policy < 0)
		return policy;
	WRITE_ONCE(*(int *)kp->arg, policy);
	return 0;
}

static int policy_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%s\n",
			  policy_names[READ_ONCE(*(int *)kp->arg)]);
}

static const struct kernel_param_ops policy_ops = {
	.set = policy_set,
	.get = policy_get,
};

static int online_policy __read_mostly = POLICY_CONTIG_ZONES;
module_param_cb(online_policy, &policy_ops, &online_policy, 0644);
MODULE_PARM_DESC(online_policy,
		 "Zone of blocks that go online without saying where: contig-zones (default) or auto-movable");

static unsigned int auto_movable_ratio __read_mostly = 301;
module_param(auto_movable_ratio, uint, 0644);
MODULE_PARM_DESC(auto_movable_ratio,
		 "Most MOVABLE memory for auto-movable, in percent of KERNEL memory (default: 301)");

#ifdef CONFIG_NUMA
static bool auto_movable_numa_aware __read_mostly = true;
module_param(auto_movable_numa_aware, bool, 0644);
MODULE_PARM_DESC(auto_movable_numa_aware,
		 "Let auto-movable keep its ratio in each node, too (default: true)");
#else
static const bool auto_movable_numa_aware;
#endif

bool movable_node_enabled;

static int __init movable_node_setup(char *arg)
{
	movable_node_enabled = true;
	return 0;
}
early_param("movable_node", movable_node_setup);

/* An enum mmop once it is known; the Kconfig choice until somebody sets it */
static int default_online_type = -1;

static enum mmop configured_online_type(void)
{
	if (IS_ENABLED(CONFIG_MHP_DEFAULT_ONLINE_TYPE_ONLINE_AUTO))
		return MMOP_ONLINE;
	if (IS_ENABLED(CONFIG_MHP_DEFAULT_ONLINE_TYPE_ONLINE_KERNEL))
		return MMOP_ONLINE_KERNEL;
	if (IS_ENABLED(CONFIG_MHP_DEFAULT_ONLINE_TYPE_ONLINE_MOVABLE))
		return MMOP_ONLINE_MOVABLE;
	return MMOP_OFFLINE;
}

/**
 * mhp_get_default_online_type() - what happens to blocks that are added
 *
 * Return: MMOP_OFFLINE if nothing, else how they go online.
 */
enum mmop mhp_get_default_online_type(void)
{
	const int type = READ_ONCE(default_online_type);

	return type < 0 ? configured_online_type() : type;
}

/**
 * mhp_set_default_online_type() - change what happens to blocks that are added
 * @online_type: MMOP_OFFLINE for nothing, else how they go online
 */
void mhp_set_default_online_type(enum mmop online_type)
{
	WRITE_ONCE(default_online_type, online_type);
}

static int __init memhp_default_state_setup(char *arg)
{
	const int type = mhp_online_type_from_str(arg);

	if (type >= 0)
		mhp_set_default_online_type(type);
	else
		pr_warn("memhp_default_state=%s is not known\n", arg);
	return 1;
}
__setup("memhp_default_state=", memhp_default_state_setup);

/* Pages by what they can be used for, in the system or in a node */
struct zone_pages {
	unsigned long kernel;
	unsigned long movable;
};

static void count_zone(struct zone_pages *pages, const struct zone *zone)
{
	unsigned long cma = 0;

	if (zone_idx(zone) == ZONE_MOVABLE) {
		pages->movable += zone->present_pages;
		return;
	}
#ifdef CONFIG_CMA
	cma = zone->cma_pages;
#endif
	pages->movable += cma;
	pages->kernel += zone->present_early_pages - cma;
}

static struct zone_pages count_zones(int nid)
{
	struct zone_pages pages = {};
	struct zone *zone;

	for_each_populated_zone(zone) {
		if (nid == NUMA_NO_NODE || zone_to_nid(zone) == nid)
			count_zone(&pages, zone);
	}
	return pages;
}

/**
 * mhp_movable_fits() - does so much MOVABLE memory keep the ratio?
 * @kernel_pages: pages for the kernel
 * @movable_pages: pages in ZONE_MOVABLE
 * @ratio: most MOVABLE pages for 100 pages of KERNEL
 *
 * Return: true if so.
 */
bool mhp_movable_fits(unsigned long kernel_pages, unsigned long movable_pages,
		      unsigned int ratio)
{
	return movable_pages <= mul_u64_u32_div(kernel_pages, ratio, 100);
}

/**
 * mhp_kernel_pages_needed() - what a dynamic group takes of the boot memory
 * @movable_pages: the group's pages in ZONE_MOVABLE
 * @kernel_pages: the group's own pages for the kernel
 * @ratio: most MOVABLE pages for 100 pages of KERNEL
 *
 * Return: how many pages of KERNEL the group needs besides its own.
 */
unsigned long mhp_kernel_pages_needed(unsigned long movable_pages,
				      unsigned long kernel_pages,
				      unsigned int ratio)
{
	const unsigned long needed = ratio ? movable_pages * 100 / ratio : 0;

	return needed > kernel_pages ? needed - kernel_pages : 0;
}

struct group_needs {
	unsigned int ratio;
	struct zone_pages pages;
};

static int count_group(struct memory_group *group, void *arg)
{
	struct group_needs *needs = arg;

	needs->pages.kernel +=
		mhp_kernel_pages_needed(group->present_movable_pages,
					group->present_kernel_pages,
					needs->ratio);
	needs->pages.movable += group->present_movable_pages;
	return 0;
}

/* May @nr_pages more be MOVABLE, in the system or, given @nid, in its node? */
static bool ratio_allows(int nid, struct memory_group *group,
			 unsigned long nr_pages, unsigned int ratio)
{
	struct zone_pages pages = count_zones(nid);
	struct group_needs others = { .ratio = ratio };

	walk_dynamic_memory_groups(nid, count_group, group, &others);
	if (pages.kernel <= others.pages.kernel)
		return false;
	pages.kernel -= others.pages.kernel;
	pages.movable -= others.pages.movable;
	if (group && group->is_dynamic)
		pages.kernel += group->present_kernel_pages;
	return mhp_movable_fits(pages.kernel, pages.movable + nr_pages, ratio);
}

static struct zone *kernel_zone(int nid, unsigned long start_pfn,
				unsigned long nr_pages)
{
	struct zone *zones = NODE_DATA(nid)->node_zones;
	int i;

	for (i = 0; i < ZONE_NORMAL; i++) {
		if (zone_intersects(&zones[i], start_pfn, nr_pages))
			break;
	}
	return &zones[i];
}

static struct zone *movable_zone_of(int nid)
{
	return &NODE_DATA(nid)->node_zones[ZONE_MOVABLE];
}

/*
 * What of a dynamic group's unit is online already. Hot-added sections belong
 * to one zone each, so one page tells for its section. False if some of it is
 * not MOVABLE.
 */
static bool unit_is_movable(unsigned long pfn, unsigned long unit_pages,
			    unsigned long *online_pages)
{
	const unsigned long start_pfn = ALIGN_DOWN(pfn, unit_pages);
	unsigned long nr;

	for (pfn = start_pfn; pfn < start_pfn + unit_pages; pfn += nr) {
		struct page *page = pfn_to_online_page(pfn);

		nr = section_chunk(pfn, start_pfn + unit_pages);
		if (!page)
			continue;
		if (!is_zone_movable_page(page))
			return false;
		*online_pages += nr;
	}
	return true;
}

/*
 * A DIMM or a unit should be MOVABLE as a whole or not at all: pages that are
 * not online yet are asked for together with those of the block. 0 means that
 * the rest has to go to a kernel zone.
 */
static unsigned long pages_wanted_movable(struct memory_group *group,
					  unsigned long start_pfn,
					  unsigned long nr_pages)
{
	unsigned long online_pages = 0;

	if (!group)
		return nr_pages;
	if (!group->is_dynamic)
		return group->present_kernel_pages ? 0 :
		       group->s.max_pages - group->present_movable_pages;
	if (group->d.unit_pages == nr_pages)
		return nr_pages;
	if (!unit_is_movable(start_pfn, group->d.unit_pages, &online_pages))
		return 0;
	return group->d.unit_pages - online_pages;
}

static bool prefers_movable(int nid, struct memory_group *group,
			    unsigned long start_pfn, unsigned long nr_pages)
{
	const unsigned int ratio = READ_ONCE(auto_movable_ratio);
	unsigned long wanted;

	if (!ratio)
		return false;
	wanted = pages_wanted_movable(group, start_pfn, nr_pages);
	if (!wanted || !ratio_allows(NUMA_NO_NODE, group, wanted, ratio))
		return false;
	return !auto_movable_numa_aware ||
	       ratio_allows(nid, group, wanted, ratio);
}

/* The zone of the neighbours, if there is exactly one such */
static struct zone *contiguous_zone(int nid, unsigned long start_pfn,
				    unsigned long nr_pages)
{
	struct zone *kernel = kernel_zone(nid, start_pfn, nr_pages);
	struct zone *movable = movable_zone_of(nid);
	const bool in_kernel = zone_intersects(kernel, start_pfn, nr_pages);
	const bool in_movable = zone_intersects(movable, start_pfn, nr_pages);

	if (in_kernel == in_movable)
		return movable_node_enabled ? movable : kernel;
	return in_movable ? movable : kernel;
}

/**
 * mhp_balanced_zone() - the zone of memory that is to go again if possible
 * @nid: its node
 * @start_pfn: its first page frame
 * @nr_pages: its number of pages
 *
 * Context: As zone_for_pfn_range().
 * Return: ZONE_MOVABLE, or a kernel zone if there is too little for the kernel.
 */
struct zone *mhp_balanced_zone(int nid, unsigned long start_pfn,
			       unsigned long nr_pages)
{
	return prefers_movable(nid, NULL, start_pfn, nr_pages) ?
	       movable_zone_of(nid) : kernel_zone(nid, start_pfn, nr_pages);
}

/**
 * zone_for_pfn_range() - choose the zone for a block that goes online
 * @online_type: how it goes online
 * @nid: its node
 * @group: its memory group, or %NULL
 * @start_pfn: its first page frame
 * @nr_pages: its number of pages
 *
 * Context: The answer holds under device_hotplug_lock; without it, it is what
 * the choice would be at the moment.
 * Return: a zone of the node.
 */
struct zone *zone_for_pfn_range(enum mmop online_type, int nid,
				struct memory_group *group,
				unsigned long start_pfn,
				unsigned long nr_pages)
{
	switch (online_type) {
	case MMOP_ONLINE_KERNEL:
		return kernel_zone(nid, start_pfn, nr_pages);
	case MMOP_ONLINE_MOVABLE:
		return movable_zone_of(nid);
	default:
		break;
	}
	if (READ_ONCE(online_policy) == POLICY_CONTIG_ZONES)
		return contiguous_zone(nid, start_pfn, nr_pages);
	return prefers_movable(nid, group, start_pfn, nr_pages) ?
	       movable_zone_of(nid) : kernel_zone(nid, start_pfn, nr_pages);
}

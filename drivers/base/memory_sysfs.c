// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files of /sys/devices/system/memory and of each memory block.
 *
 * No file of a block may wait for device_hotplug_lock, cpu_hotplug_lock or
 * mem_hotplug_lock: removing the block waits for its files under all of them.
 */

#include <linux/capability.h>
#include <linux/crash_core.h>
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/memory_refusal.h>
#include <linux/memory_transition.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "memory_block.h"

static const char * const online_type_names[] = {
	[MMOP_OFFLINE]		= "offline",
	[MMOP_ONLINE]		= "online",
	[MMOP_ONLINE_KERNEL]	= "online_kernel",
	[MMOP_ONLINE_MOVABLE]	= "online_movable",
};

/**
 * mhp_online_type_from_str() - how memory is to go online, by name
 * @str: the name, possibly with a newline
 *
 * Return: an enum mmop, or -EINVAL.
 */
int mhp_online_type_from_str(const char *str)
{
	return __sysfs_match_string(online_type_names,
				    ARRAY_SIZE(online_type_names), str);
}

/**
 * arch_get_memory_phys_device() - the storage increment of s390 that has a page
 * @start_pfn: the page frame
 *
 * Return: its number; 0 elsewhere.
 */
int __weak arch_get_memory_phys_device(unsigned long start_pfn)
{
	return 0;
}

static ssize_t phys_index_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%08x\n", dev->id);
}
static DEVICE_ATTR_RO(phys_index);

static ssize_t phys_device_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	const unsigned long pfn = memory_block_start_pfn(to_memory_block(dev));

	return sysfs_emit(buf, "%d\n", arch_get_memory_phys_device(pfn));
}
static DEVICE_ATTR_RO(phys_device);

/* Once a guess; tools still want it. The answer is in hotplug/refusal. */
static ssize_t removable_show(struct device *dev, struct device_attribute *attr,
			      char *buf)
{
	return sysfs_emit(buf, "%d\n", IS_ENABLED(CONFIG_MEMORY_HOTREMOVE));
}
static DEVICE_ATTR_RO(removable);

static ssize_t state_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	static const char * const names[] = {
		[MEM_ONLINE]		= "online",
		[MEM_GOING_OFFLINE]	= "going-offline",
		[MEM_OFFLINE]		= "offline",
	};

	return sysfs_emit(buf, "%s\n",
			  names[READ_ONCE(to_memory_block(dev)->state)]);
}

static ssize_t state_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t count)
{
	const int type = mhp_online_type_from_str(buf);
	struct memory_block *mem = to_memory_block(dev);
	int ret;

	if (type < 0)
		return type;
	/* Tries only, and has the write restarted, see at the top */
	ret = lock_device_hotplug_sysfs();
	if (ret)
		return ret;
	if (type == MMOP_OFFLINE) {
		ret = device_offline(dev);
	} else {
		mem->online_type = type;
		ret = device_online(dev);
	}
	unlock_device_hotplug();

	/* 1 says that it was there already */
	if (ret > 0)
		ret = -EINVAL;
	return ret ?: count;
}
static DEVICE_ATTR_RW(state);

#ifdef CONFIG_MEMORY_HOTREMOVE
static struct zone *zone_if(const struct memory_block *mem, enum mmop type)
{
	return zone_for_pfn_range(type, mem->nid, mem->group,
				  memory_block_start_pfn(mem),
				  memory_block_pages());
}

/* The zone an online block is in; the zones an offline one could join */
static ssize_t valid_zones_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	static const enum mmop others[] = {
		MMOP_ONLINE_KERNEL, MMOP_ONLINE_MOVABLE
	};
	const struct memory_block *mem = to_memory_block(dev);
	const struct zone *zone, *other;
	ssize_t len;
	int i;

	if (mem->state == MEM_ONLINE) {
		zone = READ_ONCE(mem->zone);
		return sysfs_emit(buf, "%s\n", zone ? zone->name : "none");
	}

	zone = zone_if(mem, MMOP_ONLINE);
	len = sysfs_emit(buf, "%s", zone->name);
	for (i = 0; i < ARRAY_SIZE(others); i++) {
		other = zone_if(mem, others[i]);
		if (other != zone)
			len += sysfs_emit_at(buf, len, " %s", other->name);
	}
	return len + sysfs_emit_at(buf, len, "\n");
}
static DEVICE_ATTR_RO(valid_zones);
#endif /* CONFIG_MEMORY_HOTREMOVE */

static struct attribute *block_attrs[] = {
	&dev_attr_phys_index.attr,
	&dev_attr_state.attr,
	&dev_attr_phys_device.attr,
	&dev_attr_removable.attr,
#ifdef CONFIG_MEMORY_HOTREMOVE
	&dev_attr_valid_zones.attr,
#endif
	NULL
};

static const struct attribute_group block_group = {
	.attrs = block_attrs,
};

const struct attribute_group *memory_block_groups[] = {
	&block_group,
	&memory_block_hotplug_group,
	NULL
};

/* /sys/devices/system/memory/ */
static ssize_t auto_online_blocks_store(struct device *dev,
					struct device_attribute *attr,
					const char *buf, size_t count)
{
	const int type = mhp_online_type_from_str(buf);

	if (type >= 0)
		mhp_set_default_online_type(type);
	return type < 0 ? type : count;
}

/* A file that shows one value */
#define SHOW(name_, format_, value_)					\
static ssize_t name_##_show(struct device *dev,				\
			    struct device_attribute *attr, char *buf)	\
{									\
	return sysfs_emit(buf, format_ "\n", value_);			\
}

SHOW(auto_online_blocks, "%s", online_type_names[mhp_get_default_online_type()])
static DEVICE_ATTR_RW(auto_online_blocks);

SHOW(block_size_bytes, "%lx", memory_block_size_bytes())
static DEVICE_ATTR_RO(block_size_bytes);

static struct attribute *root_attrs[] = {
	&dev_attr_auto_online_blocks.attr,
	&dev_attr_block_size_bytes.attr,
	NULL
};

static const struct attribute_group root_group = {
	.attrs = root_attrs,
};

#ifdef CONFIG_CRASH_HOTPLUG
SHOW(crash_hotplug, "%d", crash_check_hotplug_support())
static DEVICE_ATTR_RO(crash_hotplug);

static struct attribute *crash_attrs[] = {
	&dev_attr_crash_hotplug.attr,
	NULL
};

static const struct attribute_group crash_group = {
	.attrs = crash_attrs,
};
#endif

#ifdef CONFIG_MEMORY_FAILURE
static int parse_page(const char *buf, u64 *pfn)
{
	u64 address;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (kstrtoull(buf, 0, &address))
		return -EINVAL;
	*pfn = PHYS_PFN(address);
	return 0;
}

/* Moves what is on a page elsewhere and never uses the page again */
static ssize_t soft_offline_page_store(struct device *dev,
				       struct device_attribute *attr,
				       const char *buf, size_t count)
{
	u64 pfn;
	int ret = parse_page(buf, &pfn);

	if (!ret)
		ret = soft_offline_page(pfn, 0);
	return ret ?: count;
}
static DEVICE_ATTR_WO(soft_offline_page);

/* Treats a page as one with a hardware error, and may kill who uses it */
static ssize_t hard_offline_page_store(struct device *dev,
				       struct device_attribute *attr,
				       const char *buf, size_t count)
{
	u64 pfn;
	int ret = parse_page(buf, &pfn);

	if (!ret)
		ret = memory_failure(pfn, MF_SW_SIMULATED);
	return ret && ret != -EOPNOTSUPP ? ret : count;
}
static DEVICE_ATTR_WO(hard_offline_page);

static struct attribute *failure_attrs[] = {
	&dev_attr_hard_offline_page.attr,
	&dev_attr_soft_offline_page.attr,
	NULL
};

static const struct attribute_group failure_group = {
	.attrs = failure_attrs,
};
#endif /* CONFIG_MEMORY_FAILURE */

const struct attribute_group *memory_root_groups[] = {
	&root_group,
	&memory_by_hand_group,
#ifdef CONFIG_CRASH_HOTPLUG
	&crash_group,
#endif
#ifdef CONFIG_MEMORY_FAILURE
	&failure_group,
#endif
	NULL
};

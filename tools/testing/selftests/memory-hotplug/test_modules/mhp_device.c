// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver of a device whose memory the CPU can address and has struct pages,
 * in ZONE_DEVICE. It comes and goes as the module's parameters are told:
 *
 *   map:   "<node> <address> <size>"
 *   unmap: "<address> <size>"
 *
 * Addresses and sizes are those of subsections (2 MiB); nothing reads or writes
 * the memory. The errno of a write is that of memremap_pages().
 */

#include <linux/err.h>
#include <linux/ioport.h>
#include <linux/list.h>
#include <linux/memremap.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/range.h>
#include <linux/slab.h>

struct mapping {
	struct list_head list;
	struct dev_pagemap pgmap;
};

/* Protected by the lock of the module's parameters */
static LIST_HEAD(mappings);

static struct range *range_of(struct mapping *mapping)
{
	return &mapping->pgmap.range;
}

static int map_range(struct mapping *mapping, int nid)
{
	struct range *range = range_of(mapping);
	void *addr;

	if (!request_mem_region(range->start, range_len(range), "mhp_device"))
		return -EBUSY;
	addr = memremap_pages(&mapping->pgmap, nid);
	if (IS_ERR(addr)) {
		release_mem_region(range->start, range_len(range));
		return PTR_ERR(addr);
	}
	list_add(&mapping->list, &mappings);
	return 0;
}

static void unmap_range(struct mapping *mapping)
{
	struct range *range = range_of(mapping);

	memunmap_pages(&mapping->pgmap);
	release_mem_region(range->start, range_len(range));
	list_del(&mapping->list);
	kfree(mapping);
}

static int map_set(const char *val, const struct kernel_param *kp)
{
	unsigned long long start, size;
	struct mapping *mapping;
	int ret, nid;

	if (sscanf(val, "%d %lli %lli", &nid, &start, &size) != 3 || !size)
		return -EINVAL;
	mapping = kzalloc(sizeof(*mapping), GFP_KERNEL);
	if (!mapping)
		return -ENOMEM;
	mapping->pgmap.type = MEMORY_DEVICE_GENERIC;
	mapping->pgmap.nr_range = 1;
	mapping->pgmap.range = (struct range) {
		.start = start,
		.end = start + size - 1,
	};
	ret = map_range(mapping, nid);
	if (ret)
		kfree(mapping);
	return ret;
}

static int unmap_set(const char *val, const struct kernel_param *kp)
{
	unsigned long long start, size;
	struct mapping *mapping;

	if (sscanf(val, "%lli %lli", &start, &size) != 2)
		return -EINVAL;
	list_for_each_entry(mapping, &mappings, list) {
		struct range *range = range_of(mapping);

		if (range->start != start || range_len(range) != size)
			continue;
		unmap_range(mapping);
		return 0;
	}
	return -ENOENT;
}

static const struct kernel_param_ops map_ops = { .set = map_set };
static const struct kernel_param_ops unmap_ops = { .set = unmap_set };
module_param_cb(map, &map_ops, NULL, 0200);
module_param_cb(unmap, &unmap_ops, NULL, 0200);

static int __init device_init(void)
{
	return 0;
}
module_init(device_init);

static void __exit device_exit(void)
{
	struct mapping *mapping, *next;

	list_for_each_entry_safe(mapping, next, &mappings, list)
		unmap_range(mapping);
}
module_exit(device_exit);

MODULE_DESCRIPTION("Driver of a device with memory of its own in ZONE_DEVICE, for tests");
MODULE_LICENSE("GPL");

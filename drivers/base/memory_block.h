/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files about memory blocks share among themselves.
 */
#ifndef _DRIVERS_BASE_MEMORY_BLOCK_H
#define _DRIVERS_BASE_MEMORY_BLOCK_H

#include <linux/device.h>
#include <linux/memory.h>

#define to_memory_block(device)	container_of(device, struct memory_block, dev)

/* memory.c */
unsigned long memory_block_pages(void);
unsigned long memory_block_start_pfn(const struct memory_block *mem);

/* memory_sysfs.c */
extern const struct attribute_group *memory_block_groups[];
extern const struct attribute_group *memory_root_groups[];

/* memory_hotplug_sysfs.c */
extern const struct attribute_group memory_block_hotplug_group;
int memory_hotplug_dir_init(struct kobject *root);

/* memory_probe.c */
extern const struct attribute_group memory_by_hand_group;

#endif /* _DRIVERS_BASE_MEMORY_BLOCK_H */

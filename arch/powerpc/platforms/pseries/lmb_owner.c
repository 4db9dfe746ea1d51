// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who adds and removes the memory of an LMB: the hypervisor has to be told of each
 * that comes or goes, also of those from boot.
 */

#include <linux/export.h>
#include <linux/device.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/pfn.h>

#include <asm/drmem.h>

#include "lmb_owner.h"

/**
 * lmb_has_block() - does the kernel know the memory of an LMB?
 * @lmb: the LMB
 *
 * Context: Process context, device_hotplug_lock held.
 * Return: false if it is not there, or mem= keeps it from the kernel.
 */
bool lmb_has_block(const struct drmem_lmb *lmb)
{
	struct memory_block *block;

	block = find_memory_block(pfn_to_section_nr(PFN_DOWN(lmb->base_addr)));
	if (block)
		put_device(&block->dev);
	return block;
}

static const char *owner_of(const struct drmem_lmb *lmb)
{
	const bool reserved = lmb->flags & DRCONF_MEM_RESERVED;

	if (lmb_has_block(lmb))
		return reserved ? "firmware" : "/sys/kernel/dlpar";
	/* The partition has it, and the kernel does not use it */
	if (reserved || lmb->flags & DRCONF_MEM_ASSIGNED)
		return NULL;
	return "/sys/kernel/dlpar";
}

/* As in mm/memory_hotplug/owner.c */
const char *arch_memory_owner(u64 start, u64 size)
{
	const char *owner = NULL;
	struct drmem_lmb *lmb;

	for_each_drmem_lmb(lmb) {
		if (lmb->base_addr < start + size &&
		    start < lmb->base_addr + drmem_lmb_size())
			owner = owner_of(lmb);
		if (owner)
			break;
	}
	return owner;
}

/* As in mm/memory_hotplug/range.c: the firmware lists all LMBs that may ever come */
u64 arch_hot_pluggable_end(void)
{
	return memory_hotplug_max();
}
EXPORT_SYMBOL_GPL(arch_hot_pluggable_end);

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that is added and removed by hand, by writing to the files probe and
 * remove: what a driver must know for itself is checked here.
 */

#include <linux/device.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/mmzone.h>
#include <linux/pfn.h>
#include <linux/sched.h>

#include "internal.h"

#ifdef CONFIG_ARCH_MEMORY_PROBE
/* All blocks must lie in one node. Returns it through @nid. */
static int probe_node(u64 start, u64 size, int *nid,
		      struct mhp_refusal *refusal)
{
	const unsigned long block = memory_block_size_bytes();
	u64 addr;

	*nid = memory_add_physaddr_to_nid(start);
	for (addr = start; addr - start < size; addr += block) {
		const int other = memory_add_physaddr_to_nid(addr);

		cond_resched();
		if (other != *nid)
			return mhp_refuse(refusal, MHP_REFUSED_NODE, -EINVAL,
					  start, size, "core",
					  "node %d ends and node %d begins at %#llx; probe them one by one",
					  *nid, other, addr);
	}
	return 0;
}

/**
 * mhp_probe_range() - add memory by hand
 * @start: first byte
 * @size: size in bytes
 *
 * Context: Process context, device_hotplug_lock held.
 * Return: as __add_memory(); -EINVAL also for a range over several nodes; -EPERM if
 * the firmware keeps book of it.
 */
int mhp_probe_range(u64 start, u64 size)
{
	struct mhp_range_op op = mhp_range_op("add", start, size, MHP_RANGE_ABSENT);
	int nid, ret;

	ret = mhp_range_check(start, size, &op.t.refusal);
	if (!ret)
		ret = mhp_owner_check_firmware(start, size, &op.t.refusal);
	if (!ret)
		ret = mhp_range_check_mappable(&op.t);
	if (!ret)
		ret = probe_node(start, size, &nid, &op.t.refusal);
	if (ret) {
		mhp_refusal_publish(&op.t.refusal, NULL);
		return ret;
	}
	return mhp_add_unclaimed(nid, start, size, "System RAM", MHP_GENERIC_OPS,
				 MHP_PROVIDER_PROBE, 0);
}
#endif /* CONFIG_ARCH_MEMORY_PROBE */

#ifdef CONFIG_MEMORY_HOTREMOVE
/* Every block must be there, and none may belong to somebody else */
static int check_remove_by_hand(struct mhp_range_op *op)
{
	const unsigned long block = memory_block_size_bytes();
	struct mhp_refusal *refusal = &op->t.refusal;
	struct memory_block *mem;
	u64 addr;
	int ret;

	ret = mhp_range_check(op->t.start, op->t.size, refusal);
	for (addr = op->t.start; !ret && addr - op->t.start < op->t.size;
	     addr += block) {
		mem = find_memory_block(pfn_to_section_nr(PHYS_PFN(addr)));
		if (!mem)
			return mhp_refuse(refusal, MHP_REFUSED_ABSENT, -ENOENT,
					  op->t.start, op->t.size, "core",
					  "there is no memory block at %#llx",
					  addr);
		ret = mhp_owner_check_remove(mem, refusal);
		put_device(&mem->dev);
		cond_resched();
	}
	return ret;
}

/**
 * mhp_remove_range() - remove memory by hand
 * @start: first byte
 * @size: size in bytes
 *
 * Context: Process context, device_hotplug_lock held.
 * Return: 0; -EINVAL for a range that is not made of blocks; -ENOENT if some of
 * it is not there; -EPERM if some of it has an owner; else as remove_memory().
 */
int mhp_remove_range(u64 start, u64 size)
{
	struct mhp_range_op op = mhp_range_op("remove", start, size,
					  MHP_RANGE_PRESENT);
	const int ret = check_remove_by_hand(&op);

	if (ret) {
		mhp_refusal_publish(&op.t.refusal, NULL);
		return ret;
	}
	return mhp_remove(&op);
}
#endif /* CONFIG_MEMORY_HOTREMOVE */

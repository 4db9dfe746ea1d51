// SPDX-License-Identifier: GPL-2.0-only
/*
 * Taking memory offline and removing it in one go, for drivers: all of it goes,
 * or what was online is so again.
 */

#define pr_fmt(fmt) "memory hotplug: " fmt

#include <linux/device.h>
#include <linux/math64.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/mmzone.h>
#include <linux/pfn.h>
#include <linux/slab.h>

#include "internal.h"

/* What was online where, so that it can be again if not all goes offline */
struct offline_record {
	u8 *online_types;
	u64 start;
};

static unsigned long block_number(const struct offline_record *record,
				  const struct memory_block *mem)
{
	const u64 start = PFN_PHYS(section_nr_to_pfn(mem->start_section_nr));

	return div64_u64(start - record->start, memory_block_size_bytes());
}

static int take_offline(struct memory_block *mem, void *arg)
{
	struct offline_record *record = arg;
	enum mmop type = MMOP_OFFLINE;
	int ret;

	if (mem->state == MEM_ONLINE)
		type = mem->zone && zone_idx(mem->zone) == ZONE_MOVABLE ?
		       MMOP_ONLINE_MOVABLE : MMOP_ONLINE_KERNEL;
	mem->hotplug.for_driver = true;
	ret = memory_block_offline(mem);
	mem->hotplug.for_driver = false;
	if (ret < 0)
		return ret;
	record->online_types[block_number(record, mem)] = type;
	return 0;
}

static int bring_back_online(struct memory_block *mem, void *arg)
{
	struct offline_record *record = arg;
	const enum mmop type = record->online_types[block_number(record, mem)];
	int ret;

	if (type == MMOP_OFFLINE)
		return 0;
	mem->hotplug.for_driver = true;
	ret = memory_block_online(mem, type);
	mem->hotplug.for_driver = false;
	if (ret < 0)
		pr_warn("%s could not be brought back online (%d)\n",
			dev_name(&mem->dev), ret);
	return 0;
}

/**
 * offline_and_remove_memory() - take memory offline and remove it
 * @start: first byte
 * @size: size in bytes
 *
 * All of it or nothing: if a block cannot go, those that went are brought back
 * online.
 *
 * Context: Process context; takes device_hotplug_lock. May take long.
 * Return: 0; -EINVAL for a range that is not made of blocks; -ENOMEM; what kept
 * a block from going offline, mostly -EBUSY; as remove_memory().
 */
int offline_and_remove_memory(u64 start, u64 size)
{
	struct offline_record record = { .start = start };
	struct mhp_range_op op = mhp_range_op("remove", start, size,
					  MHP_RANGE_PRESENT);
	struct memory_batch batch;
	bool batched;
	int ret;

	ret = mhp_range_check(start, size, &op.t.refusal);
	if (ret) {
		mhp_refusal_publish(&op.t.refusal, NULL);
		return ret;
	}
	record.online_types = kvcalloc(div64_u64(size,
						 memory_block_size_bytes()),
				       sizeof(*record.online_types),
				       GFP_KERNEL);
	if (!record.online_types) {
		mhp_refuse(&op.t.refusal, MHP_REFUSED_NO_MEMORY, -ENOMEM, start,
			   size, "core",
			   "no memory to remember what was online");
		mhp_refusal_publish(&op.t.refusal, NULL);
		return -ENOMEM;
	}

	lock_device_hotplug();
	batched = memory_batch_begin(&batch, start, size, false);
	ret = walk_memory_blocks(start, size, &record, take_offline);
	if (batched)
		memory_batch_end();
	if (!ret)
		ret = mhp_remove(&op);
	if (ret)
		walk_memory_blocks(start, size, &record, bring_back_online);
	unlock_device_hotplug();

	kvfree(record.online_types);
	return ret;
}
EXPORT_SYMBOL_GPL(offline_and_remove_memory);

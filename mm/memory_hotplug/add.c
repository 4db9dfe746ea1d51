// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests of drivers and of the firmware to add memory; each describes the range
 * and by whom it is added, and mhp_add() does it.
 */

#include <linux/ioport.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/memory_section_ops.h>
#include <linux/string.h>

#include "internal.h"

static const struct mem_section_ops *ops_of_flags(mhp_t flags)
{
	return flags & MHP_GENERIC_OPS ? &mem_section_generic_ops : NULL;
}

/* The addresses are still to be claimed, under the name @res_name */
int mhp_add_unclaimed(int nid, u64 start, u64 size, const char *res_name,
		      mhp_t flags, enum mhp_provider provider,
		      unsigned long caller)
{
	struct mhp_range_op op = mhp_range_op("add", start, size, MHP_RANGE_ABSENT);

	op.nid = nid;
	op.flags = flags;
	op.res_name = res_name;
	op.ops = ops_of_flags(flags);
	mhp_owner_set(&op.owner, provider, res_name, caller);
	return mhp_add(&op);
}

/**
 * add_memory_resource() - add memory whose addresses the caller has claimed
 * @nid: node, or memory group with MHP_NID_IS_MGID
 * @res: the resource that covers it; remains the caller's if adding fails
 * @mhp_flags: MHP_*
 *
 * Context: Process context, device_hotplug_lock held.
 * Return: 0; -EINVAL for a range, node or group that cannot be; -ENOMEM; -EINTR if
 * the calling process is being killed; what the architecture says. After an error
 * nothing has been added.
 */
int add_memory_resource(int nid, struct resource *res, mhp_t mhp_flags)
{
	struct mhp_range_op op = mhp_range_op("add", res->start, resource_size(res),
					  MHP_RANGE_ABSENT);

	op.nid = nid;
	op.flags = mhp_flags;
	op.res = res;
	op.ops = ops_of_flags(mhp_flags);
	mhp_owner_set(&op.owner, MHP_PROVIDER_DRIVER, res->name, _RET_IP_);
	return mhp_add(&op);
}

/**
 * __add_memory() - add memory
 * @nid: node, or memory group with MHP_NID_IS_MGID
 * @start: first byte
 * @size: size in bytes
 * @mhp_flags: MHP_*
 *
 * Context: Process context, device_hotplug_lock held.
 * Return: 0; -EEXIST if something else has some of the addresses; -E2BIG if they
 * cannot be mapped; and as add_memory_resource().
 */
int __add_memory(int nid, u64 start, u64 size, mhp_t mhp_flags)
{
	return mhp_add_unclaimed(nid, start, size, "System RAM", mhp_flags,
				 MHP_PROVIDER_DRIVER, _RET_IP_);
}

/**
 * add_memory() - add memory
 * @nid: node, or memory group with MHP_NID_IS_MGID
 * @start: first byte
 * @size: size in bytes
 * @mhp_flags: MHP_*
 *
 * Context: Process context; takes device_hotplug_lock.
 * Return: as __add_memory().
 */
int add_memory(int nid, u64 start, u64 size, mhp_t mhp_flags)
{
	int ret;

	lock_device_hotplug();
	ret = mhp_add_unclaimed(nid, start, size, "System RAM", mhp_flags,
				MHP_PROVIDER_DRIVER, _RET_IP_);
	unlock_device_hotplug();
	return ret;
}
EXPORT_SYMBOL_GPL(add_memory);

static bool names_driver(const char *res_name)
{
	return res_name && str_has_prefix(res_name, "System RAM (") &&
	       res_name[strlen(res_name) - 1] == ')';
}

/**
 * add_memory_driver_managed() - add memory that only its driver can find
 * @nid: node, or memory group with MHP_NID_IS_MGID
 * @start: first byte
 * @size: size in bytes
 * @resource_name: "System RAM (driver)"; kept, not copied
 * @mhp_flags: MHP_*
 *
 * For memory that the firmware does not list, or whose use needs the driver. It
 * does not appear in /sys/firmware/memmap and kexec neither lists it for the
 * next kernel nor puts anything into it: the driver will find it again.
 *
 * Context: Process context; takes device_hotplug_lock.
 * Return: -EINVAL for a name of another form; else as __add_memory().
 */
int add_memory_driver_managed(int nid, u64 start, u64 size,
			      const char *resource_name, mhp_t mhp_flags)
{
	int ret;

	if (!names_driver(resource_name))
		return -EINVAL;
	lock_device_hotplug();
	ret = mhp_add_unclaimed(nid, start, size, resource_name, mhp_flags,
				MHP_PROVIDER_DRIVER, _RET_IP_);
	unlock_device_hotplug();
	return ret;
}
EXPORT_SYMBOL_GPL(add_memory_driver_managed);

/**
 * mem_sections_add() - add memory with operations of the provider's
 * @range: the memory; not used afterwards
 *
 * Context: Process context; takes device_hotplug_lock. The functions of the
 * operations may be called before it returns.
 * Return: -ENODEV if the provider's module is going away; -EINVAL for operations
 * that contradict themselves; else as add_memory_resource() or __add_memory().
 */
int mem_sections_add(const struct mem_section_range *range)
{
	const struct mem_section_ops *ops = range->ops;
	struct mhp_range_op op = mhp_range_op("add", range->start, range->size,
					      MHP_RANGE_ABSENT);
	int ret;

	op.nid = range->nid;
	op.flags = range->flags;
	op.res = range->res;
	if (!range->res)
		op.res_name = ops->res_name ?: "System RAM";
	op.ops = ops;
	op.data = range->data;
	op.owner.provider = MHP_PROVIDER_DRIVER;
	strscpy(op.owner.name, ops->name);

	lock_device_hotplug();
	ret = mhp_add(&op);
	unlock_device_hotplug();
	return ret;
}
EXPORT_SYMBOL_GPL(mem_sections_add);

static int online_for_provider(struct memory_block *mem, void *arg)
{
	int ret;

	mem->hotplug.for_driver = true;
	ret = memory_block_online(mem, *(enum mmop *)arg);
	mem->hotplug.for_driver = false;
	return min(ret, 0);
}

/**
 * mem_sections_online() - bring memory online for its provider
 * @start: first byte
 * @size: size in bytes
 * @online_type: to which kind of zone
 *
 * Memory that is online already is passed over. After an error all blocks below
 * the one that failed are online; offline_and_remove_memory() takes them all.
 *
 * Context: Process context; takes device_hotplug_lock.
 * Return: 0, or what kept a block from going online, as the state of a memory block
 * gives it.
 */
int mem_sections_online(u64 start, u64 size, enum mmop online_type)
{
	struct memory_batch batch;
	bool batched;
	int ret;

	lock_device_hotplug();
	batched = memory_batch_begin(&batch, start, size, true);
	ret = walk_memory_blocks(start, size, &online_type,
				 online_for_provider);
	if (batched)
		memory_batch_end();
	unlock_device_hotplug();
	return ret;
}
EXPORT_SYMBOL_GPL(mem_sections_online);

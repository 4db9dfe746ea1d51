// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory hotplug: adding memory to the running kernel, bringing it online,
 * taking it offline and removing it.
 *
 * Two tables of states tell the story. A range comes from absent to present and
 * is then known to the kernel, in memory blocks. A block comes from offline to
 * online and is then in use. Reading a table downwards is how memory comes;
 * upwards, how it goes. What fails on the way is taken back by walking the other
 * way. Each step stands in the file of its concept in memory_hotplug/.
 */

#define pr_fmt(fmt) "memory hotplug: " fmt

#include <linux/device.h>
#include <linux/hmm_devmem.h>
#include <linux/ioport.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/numa.h>
#include <linux/pfn.h>
#include <linux/range.h>

#include "memory_hotplug/internal.h"

static int register_chunk(struct mhp_range_op *op, u64 start, u64 size)
{
	const struct memory_block_set set = {
		.start = start,
		.size = size,
		.nid = op->nid,
		.group = op->group,
		.owner = &op->owner,
		.ops = op->ops,
		.data = op->data,
	};
	int ret = create_memory_blocks(&set);

	if (ret)
		mhp_refuse_walk(&op->t, ret == -ENOMEM ? MHP_REFUSED_NO_MEMORY :
							 MHP_REFUSED_CONFLICT,
				ret, "its memory blocks could not be created");
	return ret;
}

static void unregister_chunk(struct mhp_range_op *op, u64 start, u64 size)
{
	remove_memory_blocks(start, size);
}

static const struct mhp_chunk_work registration = {
	.try = register_chunk,
	.undo = unregister_chunk,
};

/* mapped -> registered */
static int register_blocks(struct mhp_transition *t)
{
	return mhp_chunks_do(to_range_op(t), &registration);
}

/* registered -> mapped */
static void unregister_blocks(struct mhp_transition *t)
{
	mhp_chunks_undo(to_range_op(t), &registration);
}

static int check_block_offline(struct memory_block *mem, void *arg)
{
	struct mhp_range_op *op = arg;
	const u64 start = PFN_PHYS(section_nr_to_pfn(mem->start_section_nr));

	if (mem->state != MEM_OFFLINE)
		return mhp_refuse(&op->t.refusal, MHP_REFUSED_ONLINE, -EBUSY,
				  start, memory_block_size_bytes(), "core",
				  "%s is not offline; write \"offline\" to its state first",
				  dev_name(&mem->dev));
	if (mem->nid != NUMA_NO_NODE)
		node_set(mem->nid, op->nodes);
	if (mem->owner.provider == MHP_PROVIDER_BOOT)
		op->boot = true;
	return mhp_section_check_remove(mem, &op->t.refusal);
}

/* present -> listed: everything that can keep a range from being removed */
static int check_removable(struct mhp_transition *t)
{
	struct mhp_range_op *op = to_range_op(t);
	struct range whole;
	const char *why;
	char name[64];
	int ret;

	ret = walk_memory_blocks(t->start, t->size, op, check_block_offline);
	if (ret)
		return ret;
	why = op->boot ? arch_keeps_boot_memory() : NULL;
	if (why)
		return mhp_refuse_walk(t, MHP_REFUSED_ARCH, -EBUSY, "%s", why);
	if (iomem_name_in_ram(t->start, t->start + t->size - 1, name,
			      sizeof(name)))
		return mhp_refuse_walk(t, MHP_REFUSED_CONFLICT, -EBUSY,
				       "\"%s\" lies in it, see /proc/iomem",
				       name);
	ret = arch_check_remove_memory(t->start, t->size, &whole);
	if (ret)
		mhp_refuse_walk(t, MHP_REFUSED_LEAF, ret,
				"a page table leaf reaches beyond it; remove %#llx-%#llx as a whole",
				whole.start, whole.end);
	return ret;
}

static const struct mhp_step range_steps[] = {
	[MHP_RANGE_ABSENT] = {
		.name		= "absent",
	},
	[MHP_RANGE_CLAIMED] = {
		.name		= "claimed",
		.try_up		= mhp_range_claim,
		.down		= mhp_range_release,
		.undo_up	= mhp_range_unclaim,
	},
	[MHP_RANGE_NODE_READY] = {
		.name		= "node-ready",
		.try_up		= mhp_node_prepare,
		.down		= mhp_node_retire,
		.undo_up	= mhp_node_undo,
	},
	[MHP_RANGE_MAPPED] = {
		.name		= "mapped",
		.try_up		= mhp_range_map,
		.down		= mhp_range_unmap,
	},
	[MHP_RANGE_REGISTERED] = {
		.name		= "registered",
		.try_up		= register_blocks,
		.down		= unregister_blocks,
	},
	[MHP_RANGE_LISTED] = {
		.name		= "listed",
		.try_up		= mhp_range_list,
		.try_down	= mhp_range_unlist,
	},
	[MHP_RANGE_PRESENT] = {
		.name		= "present",
		.try_down	= check_removable,
	},
};

const struct mhp_table mhp_range_table = {
	.name = "range",
	.nr_states = ARRAY_SIZE(range_steps),
	.steps = range_steps,
};

static int ask_clients(struct mhp_transition *t, enum memory_block_state what,
		       enum memory_block_state undo)
{
	mhp_assert_locked();
	return mhp_clients_ask(&mhp_clients, what, undo, &to_block_op(t)->about);
}

static void undo_clients(struct mhp_transition *t, enum memory_block_state undo)
{
	mhp_assert_locked();
	mhp_clients_undo(&mhp_clients, undo, &to_block_op(t)->about);
}

static void tell_clients(struct mhp_transition *t, enum memory_block_state what)
{
	mhp_assert_locked();
	mhp_clients_tell(&mhp_clients, what, &to_block_op(t)->about);
}

/* offline -> prepared and back: the provider makes the memory accessible */
static int prepare_block(struct mhp_transition *t)
{
	return ask_clients(t, MEM_PREPARE_ONLINE, MEM_FINISH_OFFLINE);
}

static void unprepare_block(struct mhp_transition *t)
{
	undo_clients(t, MEM_FINISH_OFFLINE);
}

static void finish_block(struct mhp_transition *t)
{
	tell_clients(t, MEM_FINISH_OFFLINE);
	mhp_section_offlined(to_block_op(t));
}

/* zone-ready -> accepted and back: the clients prepare for the memory */
static int ask_online(struct mhp_transition *t)
{
	return ask_clients(t, MEM_GOING_ONLINE, MEM_CANCEL_ONLINE);
}

static void cancel_online(struct mhp_transition *t)
{
	undo_clients(t, MEM_CANCEL_ONLINE);
}

static void tell_offline(struct mhp_transition *t)
{
	tell_clients(t, MEM_OFFLINE);
}

/* relied-on -> held: the clients let go of the memory */
static int ask_offline(struct mhp_transition *t)
{
	return ask_clients(t, MEM_GOING_OFFLINE, MEM_CANCEL_OFFLINE);
}

static void cancel_offline(struct mhp_transition *t)
{
	undo_clients(t, MEM_CANCEL_OFFLINE);
}

/* cached -> online */
static void tell_online(struct mhp_transition *t)
{
	tell_clients(t, MEM_ONLINE);
}

/* For a step that only checks, only tells, or leaves what it set up */
static void nothing_to_undo(struct mhp_transition *t)
{
}

static const struct mhp_step block_steps[] = {
	[MHP_BLOCK_OFFLINE] = {
		.name		= "offline",
	},
	[MHP_BLOCK_PREPARED] = {
		.name		= "prepared",
		.try_up		= prepare_block,
		.down		= finish_block,
		.undo_up	= unprepare_block,
	},
	[MHP_BLOCK_MEMMAP_READY] = {
		.name		= "memmap-ready",
		.try_up		= mhp_memmap_init,
		.down		= mhp_memmap_deinit,
	},
	[MHP_BLOCK_IN_ZONE] = {
		.name		= "in-zone",
		.up		= mhp_zone_join,
		.down		= mhp_zone_leave,
	},
	[MHP_BLOCK_ZONE_READY] = {
		.name		= "zone-ready",
		.try_up		= mhp_zone_prepare,
		.undo_up	= nothing_to_undo,
	},
	[MHP_BLOCK_ACCEPTED] = {
		.name		= "accepted",
		.try_up		= ask_online,
		.down		= tell_offline,
		.undo_up	= cancel_online,
	},
	/* Nothing below fails on the way down, nothing from here on up */
	[MHP_BLOCK_RELEASED] = {
		.name		= "released",
		.up		= mhp_pages_release,
		.down		= mhp_pages_withdraw,
	},
	[MHP_BLOCK_OCCUPIED] = {
		.name		= "occupied",
		.try_down	= mhp_pages_evacuate,
	},
	[MHP_BLOCK_HELD] = {
		.name		= "held",
		.try_down	= mhp_section_let_go,
		.undo_down	= mhp_section_hold_again,
	},
	[MHP_BLOCK_RELIED_ON] = {
		.name		= "relied-on",
		.try_down	= ask_offline,
		.undo_down	= cancel_offline,
	},
	[MHP_BLOCK_ALLOCATABLE] = {
		.name		= "allocatable",
		.up		= mhp_pages_allow,
		.try_down	= mhp_pages_isolate,
		.undo_down	= mhp_pages_unisolate,
	},
	/* Withdrawing the pages ends what caches_disable() begins */
	[MHP_BLOCK_CACHED] = {
		.name		= "cached",
		.down		= mhp_caches_disable,
		.undo_down	= mhp_caches_enable,
	},
	[MHP_BLOCK_ONLINE] = {
		.name		= "online",
		.up		= tell_online,
		.try_down	= mhp_check_offlinable,
		.undo_down	= nothing_to_undo,
	},
};

const struct mhp_table mhp_block_table = {
	.name = "block",
	.nr_states = ARRAY_SIZE(block_steps),
	.steps = block_steps,
};

/*
 * A block's way, once nobody else can change the memory layout. A block that
 * nobody has announced as a part of something larger is a batch of its own.
 */
static int walk_block(struct mhp_block_op *op, enum mhp_block_state target)
{
	const bool online = target == MHP_BLOCK_ONLINE;
	struct memory_batch own;
	bool alone;
	int ret;

	alone = memory_batch_begin(&own, op->t.start, op->t.size, online);
	op->about.event.batch = mhp_batch_current();
	mem_hotplug_begin();
	if (online)
		mhp_node_predict_online(op);
	else if (op->zone)
		mhp_node_predict_offline(op);
	mhp_clients_enter(&mhp_clients);
	ret = mhp_walk(&op->t, target);
	if (!ret)
		op->mem->zone = online ? op->zone : NULL;
	mhp_clients_leave(&mhp_clients);
	mem_hotplug_done();
	if (alone)
		memory_batch_end();
	return ret;
}

static int conclude_block(struct mhp_block_op *op, int ret)
{
	const struct mem_section_ops *ops = op->mem->section_ops;

	if (ret)
		mhp_refusal_publish(&op->t.refusal,
				    ops && ops->hidden ? NULL : op->mem);
	else
		mhp_refusal_forget(op->mem);
	return ret;
}

static struct zone *zone_of_block(const struct mhp_block_op *op,
				  enum mmop online_type)
{
	const struct memory_block *mem = op->mem;

	if (online_type == MMOP_ONLINE && mem->section_ops &&
	    mem->section_ops->prefers_movable)
		return mhp_balanced_zone(mem->nid, op->start_pfn, op->nr_pages);
	return zone_for_pfn_range(online_type, mem->nid, mem->group,
				  op->start_pfn, op->nr_pages);
}

/**
 * mhp_block_online() - bring a memory block online
 * @mem: the block
 * @online_type: to which kind of zone
 *
 * Context: Process context, device_hotplug_lock and the block's device lock
 * held; takes mem_hotplug_lock.
 * Return: 0; -EHWPOISON if the block has poisoned pages; -EPERM if its provider
 * alone brings it online; -ENOMEM; the errno of a client that refused. After an
 * error the block is offline and its refusal tells why.
 */
int mhp_block_online(struct memory_block *mem, enum mmop online_type)
{
	struct mhp_block_op op;
	int ret;

	mhp_block_op_init(&op, "online", mem, NULL, MHP_BLOCK_OFFLINE);
	ret = mhp_section_check_online(&op);
	if (ret)
		return conclude_block(&op, ret);
	if (memory_block_nr_poison(mem)) {
		ret = mhp_refuse_walk(&op.t, MHP_REFUSED_POISON, -EHWPOISON,
				      "the block has %lu pages with hardware errors",
				      memory_block_nr_poison(mem));
		return conclude_block(&op, ret);
	}
	op.zone = zone_of_block(&op, online_type);
	return conclude_block(&op, walk_block(&op, MHP_BLOCK_ONLINE));
}

static int online_added_block(struct memory_block *mem, void *arg)
{
	return memory_block_online(mem, *(enum mmop *)arg);
}

/* Adding has succeeded: blocks that fail here stay offline, with a refusal */
static void online_added_blocks(struct mhp_range_op *op)
{
	enum mmop type = mhp_get_default_online_type();
	struct memory_batch batch;
	bool batched;

	if (type == MMOP_OFFLINE)
		return;
	batched = memory_batch_begin(&batch, op->t.start, op->t.size, true);
	walk_memory_blocks(op->t.start, op->t.size, &type, online_added_block);
	if (batched)
		memory_batch_end();
}

/* From absent to present, and online if that is the policy; what refuses is published */
int mhp_add(struct mhp_range_op *op)
{
	/* Who has claimed the addresses has them */
	const bool wants_room = op->res_name;
	int ret = 0;

	mhp_assert_requested();
	if (wants_room)
		ret = hmm_devmem_make_room(op);
	if (!ret) {
		mem_hotplug_begin();
		ret = mhp_walk(&op->t, MHP_RANGE_PRESENT);
		mem_hotplug_done();
	}
	if (wants_room)
		hmm_devmem_room_taken();
	if (ret) {
		mhp_refusal_publish(&op->t.refusal, NULL);
		return ret;
	}

	if (op->flags & MHP_MERGE_RESOURCE)
		merge_system_ram_resource(op->res);
	if (!(op->flags & MHP_CALLER_ONLINES) &&
	    (!op->ops || op->ops->online_by == MEM_SECTION_BY_ANYBODY))
		online_added_blocks(op);
	return 0;
}

#ifdef CONFIG_MEMORY_HOTREMOVE
/**
 * mhp_block_offline() - take a memory block offline
 * @mem: the block
 *
 * Migrates what is in use. Tries until it succeeds, a page turns out to be
 * unmovable, a signal comes or the time is over that the user allows; in a kernel
 * thread also until nothing can be moved any more.
 *
 * Context: Process context, device_hotplug_lock and the block's device lock
 * held; takes mem_hotplug_lock.
 * Return: 0; -EINVAL for a block with holes or in several zones; -EPERM if its
 * provider alone takes it offline, or nobody; -EBUSY; -EINTR;
 * -ETIMEDOUT, but not for drivers and kernel threads; -ENOMEM; the errno of a
 * client that refused. After an error the block is online and its refusal tells
 * why.
 */
int mhp_block_offline(struct memory_block *mem)
{
	struct mhp_block_op op;

	mhp_block_op_init(&op, "offline", mem, mem->zone, MHP_BLOCK_ONLINE);
	return conclude_block(&op, walk_block(&op, MHP_BLOCK_OFFLINE));
}

/* From present to absent; what refuses is published */
int mhp_remove(struct mhp_range_op *op)
{
	int ret;

	mhp_assert_requested();
	ret = mhp_range_check(op->t.start, op->t.size, &op->t.refusal);
	if (!ret) {
		mem_hotplug_begin();
		ret = mhp_walk(&op->t, MHP_RANGE_ABSENT);
		mem_hotplug_done();
	}
	if (ret)
		mhp_refusal_publish(&op->t.refusal, NULL);
	return ret;
}

/**
 * __remove_memory() - remove memory that its provider has taken offline
 * @start: first byte
 * @size: size in bytes
 *
 * For providers that cannot keep the memory any longer and have made sure that
 * it is offline. If it is not, the memory stays and that is logged: the
 * provider has a bug, and the memory may be about to vanish.
 *
 * Context: Process context, device_hotplug_lock held.
 */
void __remove_memory(u64 start, u64 size)
{
	struct mhp_range_op op = mhp_range_op("remove", start, size,
					  MHP_RANGE_PRESENT);
	int ret;

	/* A test's failure is for those who can take it */
	op.t.fail = NULL;
	op.cannot_stay = true;
	ret = mhp_remove(&op);
	if (ret)
		pr_err("[mem %#010llx-%#010llx] could not be removed (%d), but %ps will not keep it\n",
		       start, start + size - 1, ret,
		       __builtin_return_address(0));
}

/**
 * remove_memory() - remove memory that is offline
 * @start: first byte
 * @size: size in bytes
 *
 * Context: Process context; takes device_hotplug_lock.
 * Return: 0; -EBUSY if some of it is not offline, or it can only be removed
 * together with more; -EINVAL for a range that is not made of blocks; -ENOMEM; what
 * its provider says that cannot give up what is behind it.
 */
int remove_memory(u64 start, u64 size)
{
	struct mhp_range_op op = mhp_range_op("remove", start, size,
					  MHP_RANGE_PRESENT);
	int ret;

	lock_device_hotplug();
	ret = mhp_remove(&op);
	unlock_device_hotplug();
	return ret;
}
EXPORT_SYMBOL_GPL(remove_memory);
#endif /* CONFIG_MEMORY_HOTREMOVE */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory blocks: the pieces in which memory goes online and offline, each a
 * device on the "memory" bus. This is the collection of them: made at boot and
 * whenever memory is added, found by number, walked, removed. What happens when
 * a block changes state is the core's business, mm/memory_hotplug.c.
 *
 * device_hotplug_lock protects the collection.
 */

#include <linux/device.h>
#include <linux/init.h>
#include <linux/log2.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/memory_refusal.h>
#include <linux/memory_section_ops.h>
#include <linux/memory_transition.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pfn.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/xarray.h>

#include "memory_block.h"

/* All blocks by number: physical address / block size */
static DEFINE_XARRAY(memory_blocks);

static unsigned long sections_per_block;

unsigned long __weak memory_block_size_bytes(void)
{
	return MIN_MEMORY_BLOCK_SIZE;
}
EXPORT_SYMBOL_GPL(memory_block_size_bytes);

unsigned long memory_block_pages(void)
{
	return sections_per_block * PAGES_PER_SECTION;
}

unsigned long memory_block_start_pfn(const struct memory_block *mem)
{
	return section_nr_to_pfn(mem->start_section_nr);
}

static unsigned long block_id_of_section(unsigned long section_nr)
{
	return section_nr / sections_per_block;
}

static unsigned long block_id_of_phys(u64 phys)
{
	return block_id_of_section(pfn_to_section_nr(PHYS_PFN(phys)));
}

/*
 * The bus calls these with the block's device lock held, from device_online()
 * and device_offline(). They return 0 if the block is where it should be.
 */
static int memory_bus_online(struct device *dev)
{
	struct memory_block *mem = to_memory_block(dev);
	enum mmop type = mem->online_type;
	int ret;

	if (mem->state == MEM_ONLINE)
		return 0;
	/* It was for this attempt. Who does not say leaves it to the policy. */
	mem->online_type = MMOP_OFFLINE;
	ret = mhp_block_online(mem, type == MMOP_OFFLINE ? MMOP_ONLINE : type);
	if (!ret)
		mem->state = MEM_ONLINE;
	return ret;
}

#ifdef CONFIG_MEMORY_HOTREMOVE
static int memory_bus_offline(struct device *dev)
{
	struct memory_block *mem = to_memory_block(dev);
	int ret;

	if (mem->state == MEM_OFFLINE)
		return 0;
	mem->state = MEM_GOING_OFFLINE;
	ret = mhp_block_offline(mem);
	mem->state = ret ? MEM_ONLINE : MEM_OFFLINE;
	return ret;
}
#else
static int memory_bus_offline(struct device *dev)
{
	return to_memory_block(dev)->state == MEM_OFFLINE ? 0 : -EINVAL;
}
#endif /* CONFIG_MEMORY_HOTREMOVE */

static const struct bus_type memory_bus = {
	.name = "memory",
	.dev_name = "memory",
	.online = memory_bus_online,
	.offline = memory_bus_offline,
};

/* User space does not see a hidden block: it is no device */
static bool is_hidden(const struct memory_block *mem)
{
	return mem->section_ops && mem->section_ops->hidden;
}

/**
 * memory_block_online() - bring a block online
 * @mem: the block
 * @online_type: to which kind of zone
 *
 * Context: Process context, device_hotplug_lock held.
 * Return: 1 if it was online already; else as mhp_block_online().
 */
int memory_block_online(struct memory_block *mem, enum mmop online_type)
{
	int ret = 1;

	mem->online_type = online_type;
	if (!is_hidden(mem))
		return device_online(&mem->dev);
	device_lock(&mem->dev);
	if (mem->state != MEM_ONLINE)
		ret = memory_bus_online(&mem->dev);
	device_unlock(&mem->dev);
	return ret;
}

/**
 * memory_block_offline() - take a block offline
 * @mem: the block
 *
 * Context: Process context, device_hotplug_lock held.
 * Return: 1 if it was offline already; else as mhp_block_offline().
 */
int memory_block_offline(struct memory_block *mem)
{
	int ret = 1;

	if (!is_hidden(mem))
		return device_offline(&mem->dev);
	device_lock(&mem->dev);
	if (mem->state != MEM_OFFLINE)
		ret = memory_bus_offline(&mem->dev);
	device_unlock(&mem->dev);
	return ret;
}

static void release_block(struct device *dev)
{
	struct memory_block *mem = to_memory_block(dev);

	mhp_refusal_release(mem);
	module_put(mem->section_owner);
	kfree(mem);
}

/* Takes a reference that the caller drops with put_device() */
static struct memory_block *get_block(unsigned long block_id)
{
	struct memory_block *mem = xa_load(&memory_blocks, block_id);

	return mem && get_device(&mem->dev) ? mem : NULL;
}

/**
 * find_memory_block() - the memory block to which a section belongs
 * @section_nr: the section
 *
 * Context: device_hotplug_lock held.
 * Return: the block with a reference that the caller drops with put_device(),
 * or %NULL.
 */
struct memory_block *find_memory_block(unsigned long section_nr)
{
	return get_block(block_id_of_section(section_nr));
}

/**
 * walk_memory_blocks() - call a function for each memory block of a range
 * @start: first byte
 * @size: size in bytes; a block that is touched counts
 * @arg: passed to @func
 * @func: the function; a value other than 0 ends the walk
 *
 * Context: device_hotplug_lock held.
 * Return: what @func returned last, or 0.
 */
int walk_memory_blocks(unsigned long start, unsigned long size, void *arg,
		       walk_memory_blocks_func_t func)
{
	struct memory_block *mem;
	unsigned long id, last;
	int ret = 0;

	if (!size)
		return 0;
	last = block_id_of_phys(start + size - 1);
	for (id = block_id_of_phys(start); id <= last && !ret; id++) {
		mem = get_block(id);
		if (mem) {
			ret = func(mem, arg);
			put_device(&mem->dev);
		}
	}
	return ret;
}

/**
 * for_each_memory_block() - call a function for every memory block
 * @arg: passed to @func
 * @func: the function; a value other than 0 ends the walk, and it removes none
 *
 * Context: device_hotplug_lock held.
 * Return: what @func returned last, or 0.
 */
int for_each_memory_block(void *arg, walk_memory_blocks_func_t func)
{
	struct memory_block *mem;
	unsigned long id;
	int ret;

	xa_for_each(&memory_blocks, id, mem) {
		ret = func(mem, arg);
		if (ret)
			return ret;
	}
	return 0;
}

/*
 * The zone of a boot block as far as one node is concerned: the only populated
 * zone that it touches, or NULL if there are several. At boot zones do not
 * overlap within a node, so their spans tell.
 */
static struct zone *boot_zone(const struct memory_block *mem, int nid)
{
	const unsigned long start_pfn = memory_block_start_pfn(mem);
	struct zone *found = NULL;
	int i;

	for (i = 0; i < MAX_NR_ZONES; i++) {
		struct zone *zone = &NODE_DATA(nid)->node_zones[i];

		if (!populated_zone(zone) ||
		    !zone_intersects(zone, start_pfn, memory_block_pages()))
			continue;
		if (found)
			return NULL;
		found = zone;
	}
	return found;
}

#ifdef CONFIG_NUMA
/**
 * memory_block_add_nid() - some of a block's memory belongs to a node
 * @mem: the block
 * @nid: the node
 * @context: MEMINIT_EARLY while nodes are registered at boot
 *
 * A boot block may belong to several nodes. Then the last one is remembered,
 * and it has no zone, so that it never goes offline.
 */
void memory_block_add_nid(struct memory_block *mem, int nid,
			  enum meminit_context context)
{
	const bool first = mem->nid == NUMA_NO_NODE;

	if (context == MEMINIT_EARLY && mem->nid != nid)
		mem->zone = first ? boot_zone(mem, nid) : NULL;
	mem->nid = nid;
}

static void set_boot_zone(struct memory_block *mem)
{
	/* Known when its node is registered, see memory_block_add_nid() */
}
#else
static void set_boot_zone(struct memory_block *mem)
{
	mem->zone = boot_zone(mem, NUMA_NO_NODE);
}
#endif /* CONFIG_NUMA */

static struct memory_block *alloc_block(unsigned long block_id,
					enum memory_block_state state)
{
	struct memory_block *mem = kzalloc(sizeof(*mem), GFP_KERNEL);

	if (!mem)
		return NULL;
	mem->start_section_nr = block_id * sections_per_block;
	mem->nid = NUMA_NO_NODE;
	INIT_LIST_HEAD(&mem->group_next);
	mem->state = state;
	mem->hotplug.state = state == MEM_ONLINE ? MHP_BLOCK_ONLINE :
						   MHP_BLOCK_OFFLINE;
	mem->dev.bus = &memory_bus;
	mem->dev.id = block_id;
	mem->dev.release = release_block;
	mem->dev.groups = memory_block_groups;
	mem->dev.offline = state == MEM_OFFLINE;
	return mem;
}

/* Like the device core does, for messages */
static int show_block(struct memory_block *mem)
{
	device_initialize(&mem->dev);
	/* Memory is not suspended block by block; a machine may have thousands */
	device_set_pm_not_required(&mem->dev);
	return is_hidden(mem) ? dev_set_name(&mem->dev, "memory%u", mem->dev.id) :
				device_add(&mem->dev);
}

static void unshow_block(struct memory_block *mem)
{
	if (!is_hidden(mem))
		device_del(&mem->dev);
	put_device(&mem->dev);
}

/* After an error the block is gone */
static int register_block(struct memory_block *mem)
{
	int ret;

	ret = show_block(mem);
	if (ret) {
		put_device(&mem->dev);
		return ret;
	}
	ret = xa_err(xa_store(&memory_blocks, mem->dev.id, mem, GFP_KERNEL));
	if (ret)
		unshow_block(mem);
	return ret;
}

static void unregister_block(struct memory_block *mem)
{
	xa_erase(&memory_blocks, mem->dev.id);
	list_del_init(&mem->group_next);
	mem->group = NULL;
	memory_refusals_leave(mem);
	unshow_block(mem);
}

static int create_block(const struct memory_block_set *set,
			unsigned long block_id)
{
	struct memory_block *mem;
	int ret;

	if (xa_load(&memory_blocks, block_id))
		return -EEXIST;
	if (set->ops && !try_module_get(set->ops->owner))
		return -ENODEV;
	mem = alloc_block(block_id, MEM_OFFLINE);
	if (!mem) {
		if (set->ops)
			module_put(set->ops->owner);
		return -ENOMEM;
	}
	/* All that its files look at: they can be read once it is registered */
	mem->owner = *set->owner;
	mem->section_ops = set->ops;
	mem->section_owner = set->ops ? set->ops->owner : NULL;
	mem->section_data = set->data;
	mem->nid = set->nid;
	mem->group = set->group;
	mem->altmap = mhp_altmap_of(PFN_PHYS(memory_block_start_pfn(mem)));
	ret = register_block(mem);
	if (!ret && set->group)
		list_add(&mem->group_next, &set->group->memory_blocks);
	return ret;
}

static void remove_block(struct memory_block *mem)
{
	num_poisoned_pages_sub(-1UL, memory_block_nr_poison(mem));
	if (!is_hidden(mem))
		unregister_memory_block_under_nodes(mem);
	unregister_block(mem);
}

/* Blocks from one number up to but not including another */
static void remove_blocks(unsigned long id, unsigned long end)
{
	struct memory_block *mem;

	for (; id < end; id++) {
		mem = xa_load(&memory_blocks, id);
		if (mem)
			remove_block(mem);
	}
}

/**
 * remove_memory_blocks() - remove the memory blocks of a range
 * @start: first byte, aligned to the block size
 * @size: size in bytes, a multiple of the block size
 *
 * All of them are offline. Blocks that do not exist are passed over.
 *
 * Context: Process context, device_hotplug_lock held. Waits for those who read
 * or write a file of a block.
 */
void remove_memory_blocks(u64 start, u64 size)
{
	remove_blocks(block_id_of_phys(start), block_id_of_phys(start + size));
}

/**
 * create_memory_blocks() - create offline memory blocks for a range
 * @set: what they have in common
 *
 * Context: Process context, device_hotplug_lock held; the node is online.
 * Return: 0; -EEXIST if there is a block already; -ENOMEM; the errno of the
 * device core. After an error none of them exists.
 */
int create_memory_blocks(const struct memory_block_set *set)
{
	const unsigned long first = block_id_of_phys(set->start);
	const unsigned long end = block_id_of_phys(set->start + set->size);
	unsigned long id;
	int ret = 0;

	for (id = first; id < end && !ret; id++)
		ret = create_block(set, id);
	if (ret) {
		remove_blocks(first, id - 1);
		return ret;
	}
	if (set->ops && set->ops->hidden)
		return 0;
	ret = register_memory_blocks_under_node(set->nid, PHYS_PFN(set->start),
						PHYS_PFN(set->start + set->size),
						MEMINIT_HOTPLUG);
	if (ret)
		remove_blocks(first, end);
	return ret;
}

static bool __init block_is_present(unsigned long block_id)
{
	const unsigned long first = block_id * sections_per_block;
	unsigned long nr;

	for (nr = first; nr < first + sections_per_block; nr++) {
		if (present_section_nr(nr))
			return true;
	}
	return false;
}

static int __init create_boot_block(unsigned long block_id)
{
	struct memory_block *mem = alloc_block(block_id, MEM_ONLINE);

	if (!mem)
		return -ENOMEM;
	mem->owner.provider = MHP_PROVIDER_BOOT;
	strscpy(mem->owner.name, "boot");
	set_boot_zone(mem);
	return register_block(mem);
}

/**
 * memory_dev_init() - make the memory bus and the blocks of the boot memory
 *
 * A machine whose blocks cannot be made cannot run, and panics.
 *
 * Context: Boot, before anybody can add memory.
 */
void __init memory_dev_init(void)
{
	const unsigned long size = memory_block_size_bytes();
	unsigned long id, last;
	struct device *root;
	int ret;

	if (!is_power_of_2(size) || size < MIN_MEMORY_BLOCK_SIZE)
		panic("memory block size %#lx is not possible\n", size);
	sections_per_block = size / MIN_MEMORY_BLOCK_SIZE;

	ret = subsys_system_register(&memory_bus, memory_root_groups);
	if (ret)
		panic("memory bus could not be registered (%d)\n", ret);
	root = bus_get_dev_root(&memory_bus);
	ret = memory_hotplug_dir_init(&root->kobj);
	put_device(root);
	if (ret)
		panic("memory/hotplug could not be made (%d)\n", ret);

	last = block_id_of_section(__highest_present_section_nr);
	for (id = 0; id <= last; id++) {
		if (!block_is_present(id))
			continue;
		ret = create_boot_block(id);
		if (ret)
			panic("memory block %lu could not be created (%d)\n",
			      id, ret);
	}
}

#ifdef CONFIG_MEMORY_FAILURE
/**
 * memblk_nr_poison_inc() - a page has a hardware error
 * @pfn: its page frame
 */
void memblk_nr_poison_inc(unsigned long pfn)
{
	memblk_nr_poison_sub(pfn, -1);
}

/**
 * memblk_nr_poison_sub() - pages with hardware errors are usable again
 * @pfn: page frame of one of them
 * @i: how many
 */
void memblk_nr_poison_sub(unsigned long pfn, long i)
{
	struct memory_block *mem = find_memory_block(pfn_to_section_nr(pfn));

	if (!mem)
		return;
	atomic_long_sub(i, &mem->nr_hwpoison);
	put_device(&mem->dev);
}

unsigned long memory_block_nr_poison(const struct memory_block *mem)
{
	return atomic_long_read(&mem->nr_hwpoison);
}
#else
unsigned long memory_block_nr_poison(const struct memory_block *mem)
{
	return 0;
}
#endif /* CONFIG_MEMORY_FAILURE */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The seam between the memory hotplug core in mm/ and the memory block devices
 * in drivers/base/. Nobody else needs this: drivers and architectures use
 * memory_hotplug.h and memory.h.
 */
#ifndef _LINUX_MEMORY_TRANSITION_H
#define _LINUX_MEMORY_TRANSITION_H

#include <linux/atomic.h>
#include <linux/memory_hotplug.h>
#include <linux/memory_refusal.h>
#include <linux/types.h>

struct memory_block;
struct mem_section_ops;
struct memory_group;
struct mhp_table;
struct vmem_altmap;

/**
 * enum mhp_range_state - how far a range has come
 * @MHP_RANGE_ABSENT: the kernel does not know of the memory
 * @MHP_RANGE_CLAIMED: the addresses are reserved for it
 * @MHP_RANGE_NODE_READY: its node is online
 * @MHP_RANGE_MAPPED: it has struct pages and kernel page tables
 * @MHP_RANGE_REGISTERED: it has memory block devices
 * @MHP_RANGE_LISTED: it is in the firmware's memory map, which kexec reads
 * @MHP_RANGE_PRESENT: it can be brought online
 * @MHP_RANGE_STATES: number of states
 */
enum mhp_range_state {
	MHP_RANGE_ABSENT,
	MHP_RANGE_CLAIMED,
	MHP_RANGE_NODE_READY,
	MHP_RANGE_MAPPED,
	MHP_RANGE_REGISTERED,
	MHP_RANGE_LISTED,
	MHP_RANGE_PRESENT,
	MHP_RANGE_STATES
};

/**
 * enum mhp_block_state - how far a memory block has come
 * @MHP_BLOCK_OFFLINE: present, and not used
 * @MHP_BLOCK_PREPARED: its provider has made it accessible
 * @MHP_BLOCK_MEMMAP_READY: struct pages that it holds itself are initialised
 * @MHP_BLOCK_IN_ZONE: its zone spans it, all of its pages isolated
 * @MHP_BLOCK_ZONE_READY: its zone has per-CPU page lists
 * @MHP_BLOCK_ACCEPTED: the clients know it and can follow
 * @MHP_BLOCK_RELEASED: its pages belong to the allocator and are accounted
 * @MHP_BLOCK_OCCUPIED: its pages may hold data
 * @MHP_BLOCK_HELD: its provider may hold on to pages of it
 * @MHP_BLOCK_RELIED_ON: the clients rely on it
 * @MHP_BLOCK_ALLOCATABLE: its free pages can be allocated
 * @MHP_BLOCK_CACHED: its free pages may wait on per-CPU lists
 * @MHP_BLOCK_ONLINE: in use, and everybody has been told
 * @MHP_BLOCK_STATES: number of states
 */
enum mhp_block_state {
	MHP_BLOCK_OFFLINE,
	MHP_BLOCK_PREPARED,
	MHP_BLOCK_MEMMAP_READY,
	MHP_BLOCK_IN_ZONE,
	MHP_BLOCK_ZONE_READY,
	MHP_BLOCK_ACCEPTED,
	MHP_BLOCK_RELEASED,
	MHP_BLOCK_OCCUPIED,
	MHP_BLOCK_HELD,
	MHP_BLOCK_RELIED_ON,
	MHP_BLOCK_ALLOCATABLE,
	MHP_BLOCK_CACHED,
	MHP_BLOCK_ONLINE,
	MHP_BLOCK_STATES
};

/**
 * enum mhp_provider - who added memory
 * @MHP_PROVIDER_BOOT: the firmware's memory map, at boot
 * @MHP_PROVIDER_PROBE: somebody who wrote to the probe file
 * @MHP_PROVIDER_DRIVER: a driver or the firmware, at run time
 */
enum mhp_provider {
	MHP_PROVIDER_BOOT,
	MHP_PROVIDER_PROBE,
	MHP_PROVIDER_DRIVER,
};

#define MHP_OWNER_NAME_LEN	31

/**
 * struct mhp_owner - to whom a memory block belongs
 * @provider: how it came here, an enum mhp_provider
 * @name: who brought it: a driver's name, or the function that added it
 */
struct mhp_owner {
	u8 provider;
	char name[MHP_OWNER_NAME_LEN];
};

/**
 * struct memory_block_set - memory blocks that are created together
 * @start: first byte, aligned to the block size
 * @size: size in bytes, a multiple of the block size
 * @nid: node that the memory belongs to
 * @group: memory group that the blocks join, or NULL
 * @owner: who provides the memory
 * @ops: the provider's operations, or NULL
 * @data: what the provider gets back
 */
struct memory_block_set {
	u64 start;
	u64 size;
	int nid;
	struct memory_group *group;
	const struct mhp_owner *owner;
	const struct mem_section_ops *ops;
	void *data;
};

/**
 * struct mhp_position - where a block is in its table of states
 * @state: an enum mhp_block_state; written by the walk only
 * @for_driver: offline_and_remove_memory() takes it offline, or
 *		mem_sections_online() brings it online
 * @leaving: it is being removed
 * @fail: where its next walk shall fail, see mhp_fail_arm(); 0 for nowhere
 */
struct mhp_position {
	u8 state;
	bool for_driver;
	bool leaving;
#ifdef CONFIG_MEMORY_HOTPLUG_FAIL
	atomic_t fail;
#endif
};

#ifdef CONFIG_MEMORY_HOTPLUG
extern const struct mhp_table mhp_range_table;
extern const struct mhp_table mhp_block_table;

const char *mhp_state_name(const struct mhp_table *table, unsigned int state);
ssize_t mhp_states_show(char *buf);

int mhp_block_online(struct memory_block *mem, enum mmop online_type);
int mhp_block_offline(struct memory_block *mem);

int mhp_probe_range(u64 start, u64 size);
int mhp_remove_range(u64 start, u64 size);

struct vmem_altmap *mhp_altmap_of(u64 start);

void memory_refusal_uevent(const struct mhp_refusal *refusal,
			   struct memory_block *mem);
void memory_refusals_leave(struct memory_block *mem);
void memory_refusals_take(struct list_head *refusals);
void memory_refusals_send(struct list_head *refusals);

int memory_block_online(struct memory_block *mem, enum mmop online_type);
int memory_block_offline(struct memory_block *mem);
int create_memory_blocks(const struct memory_block_set *set);
void remove_memory_blocks(u64 start, u64 size);
unsigned long memory_block_nr_poison(const struct memory_block *mem);

#ifdef CONFIG_MEMORY_HOTREMOVE
extern unsigned int mhp_offline_timeout_ms;

ssize_t mhp_progress_show(struct memory_block *mem, char *buf);
ssize_t mhp_check_show(struct memory_block *mem, char *buf);
#endif

#ifdef CONFIG_MEMORY_HOTPLUG_FAIL
extern atomic_t mhp_range_fail;
int mhp_fail_arm(const struct mhp_table *table, atomic_t *fail,
		 const char *buf);
ssize_t mhp_fail_show(const struct mhp_table *table, atomic_t *fail, char *buf);
#endif
#else
static inline void memory_refusals_take(struct list_head *refusals)
{
}

static inline void memory_refusals_send(struct list_head *refusals)
{
}
#endif /* CONFIG_MEMORY_HOTPLUG */

#ifdef CONFIG_MEMORY_HOTREMOVE
void mhp_isolation_failed(unsigned long pfn, enum mhp_page_kind kind);
#else
static inline void mhp_isolation_failed(unsigned long pfn,
					enum mhp_page_kind kind)
{
}
#endif

#endif /* _LINUX_MEMORY_TRANSITION_H */

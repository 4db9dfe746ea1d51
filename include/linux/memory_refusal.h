/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_MEMORY_REFUSAL_H
#define _LINUX_MEMORY_REFUSAL_H

#include <linux/compiler_attributes.h>
#include <linux/types.h>

struct memory_block;
struct task_struct;

/**
 * enum mhp_refusal_kind - why a memory hotplug request was refused
 * @MHP_REFUSED_NOT: it was not refused
 * @MHP_REFUSED_INPUT: the request could not be read
 * @MHP_REFUSED_ALIGNMENT: the range is not made of whole memory blocks
 * @MHP_REFUSED_ADDRESS: the range cannot be addressed or mapped
 * @MHP_REFUSED_CONFLICT: something else already has the range
 * @MHP_REFUSED_ABSENT: there is no memory, or not everywhere in the range
 * @MHP_REFUSED_ONLINE: the memory is still online
 * @MHP_REFUSED_OWNED: the memory belongs to another provider
 * @MHP_REFUSED_LOCKDOWN: the kernel is locked down
 * @MHP_REFUSED_NODE: the NUMA node does not fit or cannot be set up
 * @MHP_REFUSED_NO_MEMORY: an allocation failed
 * @MHP_REFUSED_LEAF: a leaf of the kernel's page tables would have to be split
 * @MHP_REFUSED_ARCH: the architecture refused for another reason
 * @MHP_REFUSED_HOLES: the block has memory holes
 * @MHP_REFUSED_ZONES: the block spans several zones or nodes
 * @MHP_REFUSED_POISON: the block has hardware-poisoned pages
 * @MHP_REFUSED_CLIENT: a memory notifier refused
 * @MHP_REFUSED_ISOLATION: the pages could not be taken from the allocator
 * @MHP_REFUSED_UNMOVABLE: a page cannot be moved
 * @MHP_REFUSED_SIGNAL: a signal ended the request
 * @MHP_REFUSED_TIMEOUT: it took longer than hotplug/offline_timeout_ms allows
 * @MHP_REFUSED_STUCK: a kernel thread made no progress, and nobody could end it
 * @MHP_REFUSED_OFFLINE: the memory is offline already
 * @MHP_REFUSED_INJECTED: the failure was asked for by a test
 * @MHP_REFUSED_KINDS: number of kinds
 *
 * Each kind has a fixed name in sysfs, see mhp_refusal_kind_name().
 */
enum mhp_refusal_kind {
	MHP_REFUSED_NOT,
	MHP_REFUSED_INPUT,
	MHP_REFUSED_ALIGNMENT,
	MHP_REFUSED_ADDRESS,
	MHP_REFUSED_CONFLICT,
	MHP_REFUSED_ABSENT,
	MHP_REFUSED_ONLINE,
	MHP_REFUSED_OWNED,
	MHP_REFUSED_LOCKDOWN,
	MHP_REFUSED_NODE,
	MHP_REFUSED_NO_MEMORY,
	MHP_REFUSED_LEAF,
	MHP_REFUSED_ARCH,
	MHP_REFUSED_HOLES,
	MHP_REFUSED_ZONES,
	MHP_REFUSED_POISON,
	MHP_REFUSED_CLIENT,
	MHP_REFUSED_ISOLATION,
	MHP_REFUSED_UNMOVABLE,
	MHP_REFUSED_SIGNAL,
	MHP_REFUSED_TIMEOUT,
	MHP_REFUSED_STUCK,
	MHP_REFUSED_OFFLINE,
	MHP_REFUSED_INJECTED,
	MHP_REFUSED_KINDS
};

/**
 * enum mhp_page_kind - what kind of page keeps memory from going offline
 * @MHP_PAGE_NONE: it is not about a page
 * @MHP_PAGE_RESERVED: reserved since boot
 * @MHP_PAGE_CMA: in an area of the contiguous memory allocator
 * @MHP_PAGE_SLAB: of a slab cache
 * @MHP_PAGE_TABLE: a page table
 * @MHP_PAGE_HUGETLB: a huge page of hugetlbfs
 * @MHP_PAGE_OFFLINE: a driver keeps it, like a balloon does
 * @MHP_PAGE_POISON: it has a hardware error
 * @MHP_PAGE_DRIVER: a driver that can move it does not
 * @MHP_PAGE_PINNED: somebody holds a reference for longer
 * @MHP_PAGE_BUSY: it waits for its lock or for writeback, or is on no LRU list just now
 * @MHP_PAGE_FIXED: of a file that does not let its pages be moved
 * @MHP_PAGE_NO_TARGET: there is no memory to move it to
 * @MHP_PAGE_ISOLATED: somebody else isolates the page block
 * @MHP_PAGE_ZONE_BORDER: another zone begins inside the page block
 * @MHP_PAGE_STRADDLING: one large page reaches over the border of the block
 * @MHP_PAGE_FREE: it has been freed since
 * @MHP_PAGE_UNKNOWN: an allocation that nothing is known of
 * @MHP_PAGE_KINDS: number of kinds
 *
 * Each kind has a fixed name in sysfs, see mhp_page_kind_name().
 */
enum mhp_page_kind {
	MHP_PAGE_NONE,
	MHP_PAGE_RESERVED,
	MHP_PAGE_CMA,
	MHP_PAGE_SLAB,
	MHP_PAGE_TABLE,
	MHP_PAGE_HUGETLB,
	MHP_PAGE_OFFLINE,
	MHP_PAGE_POISON,
	MHP_PAGE_DRIVER,
	MHP_PAGE_PINNED,
	MHP_PAGE_BUSY,
	MHP_PAGE_FIXED,
	MHP_PAGE_NO_TARGET,
	MHP_PAGE_ISOLATED,
	MHP_PAGE_ZONE_BORDER,
	MHP_PAGE_STRADDLING,
	MHP_PAGE_FREE,
	MHP_PAGE_UNKNOWN,
	MHP_PAGE_KINDS
};

#define MHP_REFUSAL_BY_LEN	48
#define MHP_REFUSAL_WHY_LEN	240

/**
 * struct mhp_refusal - who refused what, where and why
 * @request: what was asked for: "add", "remove", "online" or "offline"
 * @error: what the requester gets, a negative errno; 0 while nothing refused
 * @kind: the reason, for programs
 * @start: where, physical address in bytes
 * @size: size of the place in bytes; 0 when there is no place to name
 * @page: what kind of page is there, if it is about a page
 * @by: who refused, one word
 * @why: the reason and, if there is one, the way out, for people
 *
 * A refusal lives in the context of one transition and is filled where the
 * cause is known, by mhp_refuse(). The first cause is kept: what fails later
 * fails because of it.
 */
struct mhp_refusal {
	const char *request;
	int error;
	enum mhp_refusal_kind kind;
	u64 start;
	u64 size;
	enum mhp_page_kind page;
	char by[MHP_REFUSAL_BY_LEN];
	char why[MHP_REFUSAL_WHY_LEN];
};

/**
 * struct mhp_refusal_log - what was refused to one task during a larger request
 * @task: whose
 * @first: the first refusal; its error is 0 if there was none
 * @others: how many other places were refused
 * @last: where the last refusal was
 */
struct mhp_refusal_log {
	struct task_struct *task;
	struct mhp_refusal first;
	unsigned int others;
	u64 last;
};

/* The last byte of the place, or its first if there is no place to name */
static inline u64 mhp_refusal_last(const struct mhp_refusal *refusal)
{
	return refusal->start + refusal->size - !!refusal->size;
}

#ifdef CONFIG_MEMORY_HOTPLUG
__printf(7, 8)
int mhp_refuse(struct mhp_refusal *refusal, enum mhp_refusal_kind kind,
	       int error, u64 start, u64 size, const char *by,
	       const char *why, ...);
void mhp_refusal_publish(const struct mhp_refusal *refusal,
			 struct memory_block *mem);
void mhp_refusal_forget(struct memory_block *mem);
void mhp_refusal_release(struct memory_block *mem);
ssize_t mhp_refusal_show(struct memory_block *mem, char *buf);
int mhp_refusal_print(const struct mhp_refusal *refusal, char *buf,
		      size_t size);
void mhp_refusal_log_start(struct mhp_refusal_log *log);
void mhp_refusal_log_stop(void);
const char *mhp_refusal_kind_name(enum mhp_refusal_kind kind);
const char *mhp_page_kind_name(enum mhp_page_kind kind);
#endif /* CONFIG_MEMORY_HOTPLUG */

#endif /* _LINUX_MEMORY_REFUSAL_H */

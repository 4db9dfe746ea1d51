/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_MEMORY_REFUSAL_H
#define _LINUX_MEMORY_REFUSAL_H

#include <linux/compiler_attributes.h>
#include <linux/types.h>

struct memory_block;

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
	MHP_REFUSED_INJECTED,
	MHP_REFUSED_KINDS
};

#define MHP_REFUSAL_BY_LEN	48
#define MHP_REFUSAL_WHY_LEN	176

/**
 * struct mhp_refusal - who refused what, where and why
 * @request: what was asked for: "add", "remove", "online" or "offline"
 * @error: what the requester gets, a negative errno; 0 while nothing refused
 * @kind: the reason, for programs
 * @start: where, physical address in bytes
 * @size: size of the place in bytes; 0 when there is no place to name
 * @by: who refused
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
	char by[MHP_REFUSAL_BY_LEN];
	char why[MHP_REFUSAL_WHY_LEN];
};

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
const char *mhp_refusal_kind_name(enum mhp_refusal_kind kind);
#endif /* CONFIG_MEMORY_HOTPLUG */

#endif /* _LINUX_MEMORY_REFUSAL_H */

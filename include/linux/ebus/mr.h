/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory regions: what an adapter on IBM's eBus may reach of the partition's RAM.
 *
 * The adapter has an MMU of its own. A memory region (MR) is a contiguous piece of
 * its address space, backed by a list of pages of 4 KiB; a descriptor names the
 * region by key. The firmware can make a region and free it, and nothing between.
 */
#ifndef _LINUX_EBUS_MR_H
#define _LINUX_EBUS_MR_H

#include <linux/bits.h>
#include <linux/types.h>

/* Pages of 4 KiB that one hypervisor call registers: a list fills one of them. */
#define EBUS_MR_PAGE_SHIFT	12
#define EBUS_MR_PAGE_SIZE	BIT(EBUS_MR_PAGE_SHIFT)
#define EBUS_MR_PAGES_PER_CALL	512

/**
 * struct ebus_mr_calls - the adapter's calls for memory regions
 * @alloc: opcode that makes one
 * @register_pages: opcode that gives it pages
 */
struct ebus_mr_calls {
	unsigned long alloc;
	unsigned long register_pages;
};

extern const struct ebus_mr_calls ebus_mr_calls_hea;

/**
 * struct ebus_mr_owner - on whose behalf regions are made
 * @calls: the adapter's calls
 * @adapter: its handle
 * @access: H_ALLOC_RESOURCE's access control, bits 0 to 31
 * @pd: protection domain
 */
struct ebus_mr_owner {
	const struct ebus_mr_calls *calls;
	u64 adapter;
	u32 access;
	u32 pd;
};

/**
 * struct ebus_mr - a memory region
 * @handle: the firmware's name for it; 0 if there is none
 * @io: first address in the adapter's address space
 * @length: in bytes
 * @lkey: key for descriptors
 */
struct ebus_mr {
	u64 handle;
	u64 io;
	u64 length;
	u32 lkey;
};

/**
 * struct ebus_extent - page frames, one after the other
 * @start_pfn: the first
 * @nr_pages: how many
 * @before: page frames of the extents before it, in a set
 */
struct ebus_extent {
	unsigned long start_pfn;
	unsigned long nr_pages;
	unsigned long before;
};

/**
 * struct ebus_extents - a set of page frames
 * @nr: extents
 * @extent: lowest first; they neither overlap nor touch
 *
 * A set never changes, a new one takes its place: readers need no lock. No set at
 * all (NULL) is the empty one.
 */
struct ebus_extents {
	unsigned int nr;
	struct ebus_extent extent[] __counted_by(nr);
};

struct ebus_extents *ebus_extents_add(const struct ebus_extents *old,
				      unsigned long start_pfn,
				      unsigned long nr_pages);
struct ebus_extents *ebus_extents_remove(const struct ebus_extents *old,
					 unsigned long start_pfn,
					 unsigned long nr_pages);
bool ebus_extents_overlap(const struct ebus_extents *set,
			  unsigned long start_pfn, unsigned long nr_pages);
bool ebus_extents_contain(const struct ebus_extents *set,
			  unsigned long start_pfn, unsigned long nr_pages);
const struct ebus_extent *
ebus_extents_find(const struct ebus_extents *set, unsigned long pfn);

int ebus_mr_register(struct ebus_mr *mr, const struct ebus_mr_owner *owner,
		     u64 io, const struct ebus_extent *extents,
		     unsigned int nr_extents);
int ebus_mr_free(struct ebus_mr *mr, const struct ebus_mr_owner *owner);
void ebus_mr_free_atomic(const struct ebus_mr *mr,
			 const struct ebus_mr_owner *owner);

#endif /* _LINUX_EBUS_MR_H */

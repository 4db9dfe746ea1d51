/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory regions: what an adapter on IBM's eBus may reach of the partition's RAM.
 *
 * The adapter has an MMU of its own. A memory region (MR) is a contiguous piece of
 * its address space, backed by a list of pages, of 4 KiB or larger; a descriptor
 * names the region by key. The firmware can make a region, make another that shares
 * its pages, and free them; there is nothing between.
 */
#ifndef _LINUX_EBUS_MR_H
#define _LINUX_EBUS_MR_H

#include <linux/bits.h>
#include <linux/types.h>

/* The smallest pages; as many as one call registers are listed in one of them. */
#define EBUS_MR_PAGE_SHIFT	12
#define EBUS_MR_PAGE_SIZE	BIT(EBUS_MR_PAGE_SHIFT)
#define EBUS_MR_PAGES_PER_CALL	512
/* The largest pages: 16 MiB */
#define EBUS_MR_PAGE_SHIFT_MAX	24

/**
 * struct ebus_mr_calls - the adapter's calls for memory regions
 * @alloc: opcode that makes one
 * @register_pages: opcode that gives it pages
 * @share: opcode that makes one with another's pages
 * @force: the firmware frees one by force, too
 */
struct ebus_mr_calls {
	unsigned long alloc;
	unsigned long register_pages;
	unsigned long share;
	bool force;
};

extern const struct ebus_mr_calls ebus_mr_calls_hea;
extern const struct ebus_mr_calls ebus_mr_calls_hca;

/* Of access control; eHCA's, of which eHEA uses the first */
#define EBUS_MR_LOCAL_WRITE	BIT(23)
#define EBUS_MR_REMOTE_WRITE	BIT(22)
#define EBUS_MR_REMOTE_READ	BIT(21)

/**
 * struct ebus_mr_owner - on whose behalf regions are made
 * @calls: the adapter's calls
 * @adapter: its handle
 * @access: access control, EBUS_MR_* or'ed
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
 * @page_shift: binary logarithm of the bytes in one of its pages
 * @lkey: key for descriptors
 * @rkey: key for the other side of a connection; only of eHCA
 */
struct ebus_mr {
	u64 handle;
	u64 io;
	u64 length;
	unsigned int page_shift;
	u32 lkey;
	u32 rkey;
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

/**
 * struct ebus_mr_shape - what a region is to consist of
 * @io: first address in the adapter's address space
 * @length: in bytes
 * @page_shift: binary logarithm of the bytes in a page, 12, 16, 20 or 24
 * @offset: of the first byte, in the memory
 * @extents: the memory, in this order; may be more than @length
 * @nr_extents: how many there are
 *
 * The first byte lies in a page as @io does in one of the adapter's address space;
 * and where one extent follows another, a page begins. See ebus_mr_page_shift().
 */
struct ebus_mr_shape {
	u64 io;
	u64 length;
	unsigned int page_shift;
	u64 offset;
	const struct ebus_extent *extents;
	unsigned int nr_extents;
};

unsigned int ebus_mr_page_shift(const struct ebus_mr_shape *shape,
				u64 page_sizes);
int ebus_mr_make(struct ebus_mr *mr, const struct ebus_mr_owner *owner,
		 const struct ebus_mr_shape *shape);
int ebus_mr_share(struct ebus_mr *mr, const struct ebus_mr_owner *owner,
		  const struct ebus_mr *origin);
int ebus_mr_register(struct ebus_mr *mr, const struct ebus_mr_owner *owner,
		     u64 io, const struct ebus_extent *extents,
		     unsigned int nr_extents);
int ebus_mr_free(struct ebus_mr *mr, const struct ebus_mr_owner *owner);
void ebus_mr_free_atomic(const struct ebus_mr *mr,
			 const struct ebus_mr_owner *owner);

#endif /* _LINUX_EBUS_MR_H */

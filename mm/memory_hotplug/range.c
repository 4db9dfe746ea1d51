// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ranges of physical addresses: which can be plugged, who has claimed them, and
 * how they are listed for kexec.
 */

#include <linux/firmware-map.h>
#include <linux/hmm_devmem.h>
#include <linux/ioport.h>
#include <linux/memblock.h>
#include <linux/pfn.h>
#include <linux/range.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "internal.h"

#define RAM_NAME	"System RAM"

/* Set by mem= on the kernel's command line, in bytes; binds during boot only */
u64 max_mem_size = U64_MAX;

/**
 * arch_get_mappable_range() - physical addresses the direct map can cover
 *
 * An architecture with a smaller direct map than MAX_PHYSMEM_BITS overrides
 * this.
 *
 * Return: the range, both ends included.
 */
struct range __weak arch_get_mappable_range(void)
{
	return (struct range) { .start = 0, .end = U64_MAX };
}

/**
 * arch_hot_pluggable_end() - where memory may still come to
 *
 * For firmware that does not list each range. An architecture whose firmware tells
 * otherwise overrides this.
 *
 * Return: the address behind it.
 */
u64 __weak arch_hot_pluggable_end(void)
{
	return PFN_PHYS(max_possible_pfn);
}

/**
 * arch_check_remove_memory() - ask whether a range can be taken out of the
 *				kernel's page tables
 * @start: first byte
 * @size: size in bytes
 * @whole: if not, set to the smallest range around it that could go, both ends
 *	   included
 *
 * An architecture that maps memory with leaves larger than a memory block
 * overrides this. It changes nothing.
 *
 * Context: device_hotplug_lock held, mem_hotplug_lock held for writing.
 * Return: 0, or -EBUSY if a leaf would have to be split.
 */
int __weak arch_check_remove_memory(u64 start, u64 size, struct range *whole)
{
	return 0;
}

/**
 * arch_keeps_boot_memory() - ask why memory from boot cannot be removed now
 *
 * Context: device_hotplug_lock held, mem_hotplug_lock held for writing.
 * Return: why, in words that say what to do about it; NULL if it can.
 */
const char * __weak arch_keeps_boot_memory(void)
{
	return NULL;
}

/**
 * mhp_get_pluggable_range() - physical addresses that memory can be added at
 * @need_mapping: the memory will be in the direct map
 *
 * Return: the range, both ends included.
 */
struct range mhp_get_pluggable_range(bool need_mapping)
{
	struct range range = { .start = 0, .end = PHYSMEM_END };

	if (need_mapping) {
		const struct range mappable = arch_get_mappable_range();

		if (mappable.start > range.end)
			return (struct range) { 0, 0 };
		range.start = mappable.start;
		range.end = min(range.end, mappable.end);
	}
	return range;
}
EXPORT_SYMBOL_GPL(mhp_get_pluggable_range);

/**
 * mhp_range_allowed() - can memory be added at these addresses?
 * @start: first byte
 * @size: size in bytes
 * @need_mapping: the memory will be in the direct map
 *
 * Return: true if so; else it is logged.
 */
bool mhp_range_allowed(u64 start, u64 size, bool need_mapping)
{
	const struct range allowed = mhp_get_pluggable_range(need_mapping);
	u64 last;

	if (size && !check_add_overflow(start, size - 1, &last) &&
	    start >= allowed.start && last <= allowed.end)
		return true;

	pr_warn("memory hotplug: %#llx bytes at %#llx are outside of [%#llx-%#llx]\n",
		size, start, allowed.start, allowed.end);
	return false;
}

/**
 * mhp_range_check() - is a range made of whole memory blocks?
 * @start: first byte
 * @size: size in bytes
 * @refusal: gets the reason if not
 *
 * Return: 0 or -EINVAL.
 */
int mhp_range_check(u64 start, u64 size, struct mhp_refusal *refusal)
{
	const unsigned long block = memory_block_size_bytes();
	u64 last;

	if (!size)
		return mhp_refuse(refusal, MHP_REFUSED_ALIGNMENT, -EINVAL,
				  start, 0, "core", "the range is empty");
	if (check_add_overflow(start, size - 1, &last))
		return mhp_refuse(refusal, MHP_REFUSED_ALIGNMENT, -EINVAL,
				  start, 0, "core",
				  "the range wraps around, its size is %#llx",
				  size);
	if (!IS_ALIGNED(start, block) || !IS_ALIGNED(size, block))
		return mhp_refuse(refusal, MHP_REFUSED_ALIGNMENT, -EINVAL,
				  start, size, "core",
				  "address and size must be multiples of the block size %#lx",
				  block);
	return 0;
}

/* Can the kernel map the addresses of a range that is to be added? */
int mhp_range_check_mappable(struct mhp_transition *t)
{
	if (mhp_range_allowed(t->start, t->size, true))
		return 0;
	return mhp_refuse_walk(t, MHP_REFUSED_ADDRESS, -E2BIG,
			       "the kernel cannot map these addresses");
}

static int check_addresses(struct mhp_range_op *op)
{
	const u64 start = op->t.start, size = op->t.size;
	int ret;

	ret = mhp_range_check_mappable(&op->t);
	if (ret)
		return ret;
	if (system_state < SYSTEM_RUNNING &&
	    (start > max_mem_size || size > max_mem_size - start))
		return mhp_refuse_walk(&op->t, MHP_REFUSED_ADDRESS, -E2BIG,
				       "mem= on the command line ends memory at %#llx while booting",
				       max_mem_size);
	return 0;
}

/* Once nothing else has the addresses: what of the request cannot be */
static int check_rest(struct mhp_range_op *op)
{
	int ret;

	ret = mhp_range_check(op->t.start, op->t.size, &op->t.refusal);
	if (!ret)
		ret = mhp_section_check_backer(op);
	if (!ret)
		ret = mhp_node_resolve(op);
	return ret;
}

static int refuse_taken(struct mhp_range_op *op, const char *by)
{
	return mhp_refuse_walk(&op->t, MHP_REFUSED_CONFLICT, -EEXIST,
			       "\"%s\" has some of these addresses, see /proc/iomem",
			       by);
}

/* For walk_iomem_res_desc(): what does not make room */
static int stays(struct resource *res, void *found)
{
	if (res->desc == IORES_DESC_DEVICE_PRIVATE_MEMORY ||
	    hmm_devmem_has(res->start))
		return 0;
	*(struct resource *)found = *res;
	return 1;
}

static int check_free(struct mhp_range_op *op)
{
	const u64 start = op->t.start, end = start + op->t.size - 1;
	struct resource found;
	char name[64];

	if (walk_iomem_res_desc(IORES_DESC_NONE, IORESOURCE_BUSY, start, end,
				&found, stays) == 1 &&
	    iomem_name_in_range(found.start, found.end, name, sizeof(name)))
		return refuse_taken(op, name);
	return 0;
}

/**
 * mhp_range_check_request() - can a range be added, if device memory makes room?
 * @op: the range
 *
 * All that mhp_range_claim() would refuse it for, but want of memory, in the same order.
 *
 * Context: device_hotplug_lock held.
 * Return: 0; -EEXIST, -E2BIG, -EINVAL or -EPERM, as mhp_range_claim().
 */
int mhp_range_check_request(struct mhp_range_op *op)
{
	int ret;

	ret = mhp_section_ops_check(op);
	if (!ret)
		ret = check_addresses(op);
	if (!ret)
		ret = check_free(op);
	if (!ret)
		ret = check_rest(op);
	return ret;
}

static int claim_resource(struct mhp_range_op *op)
{
	const u64 start = op->t.start, size = op->t.size;
	unsigned long flags = IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY;
	char name[64];
	int ret;

	if (strcmp(op->res_name, RAM_NAME))
		flags |= IORESOURCE_SYSRAM_DRIVER_MANAGED;
	ret = check_addresses(op);
	if (ret)
		return ret;
	op->res = __request_region(&iomem_resource, start, size, op->res_name,
				   flags);
	if (op->res)
		return 0;
	if (iomem_name_in_range(start, start + size - 1, name,
				sizeof(name)))
		return refuse_taken(op, name);
	return mhp_refuse_walk(&op->t, MHP_REFUSED_NO_MEMORY, -ENOMEM,
			       "no memory to claim the range");
}

/* The state's undo: what the caller has claimed stays with the caller */
static void unclaim_resource(struct mhp_range_op *op)
{
	if (!op->res_name)
		return;
	release_resource(op->res);
	kfree(op->res);
	op->res = NULL;
}

static int claim_memblock(struct mhp_range_op *op)
{
	enum memblock_flags flags = MEMBLOCK_NONE;
	int ret;

	if (!IS_ENABLED(CONFIG_ARCH_KEEP_MEMBLOCK))
		return 0;
	if (op->res->flags & IORESOURCE_SYSRAM_DRIVER_MANAGED)
		flags = MEMBLOCK_DRIVER_MANAGED;
	ret = memblock_add_node(op->t.start, op->t.size, op->nid, flags);
	if (ret)
		mhp_refuse_walk(&op->t, MHP_REFUSED_NO_MEMORY, ret,
				"no memory to list the range in memblock");
	return ret;
}

static void unclaim_memblock(struct mhp_range_op *op)
{
	if (IS_ENABLED(CONFIG_ARCH_KEEP_MEMBLOCK))
		memblock_remove(op->t.start, op->t.size);
}

/*
 * absent -> claimed. The addresses come first: providers take EEXIST for "the
 * kernel has this memory already", also where it does not come in whole blocks.
 */
int mhp_range_claim(struct mhp_transition *t)
{
	struct mhp_range_op *op = to_range_op(t);
	int ret;

	ret = mhp_section_ops_check(op);
	if (ret)
		return ret;
	if (op->res_name) {
		ret = claim_resource(op);
		if (ret)
			return ret;
	}
	ret = check_rest(op);
	if (!ret)
		ret = claim_memblock(op);
	if (ret)
		unclaim_resource(op);
	return ret;
}

void mhp_range_unclaim(struct mhp_transition *t)
{
	struct mhp_range_op *op = to_range_op(t);

	unclaim_memblock(op);
	unclaim_resource(op);
}

#ifdef CONFIG_MEMORY_HOTREMOVE
static int release_piece(struct resource *res, void *arg)
{
	release_mem_region_adjustable(res->start, resource_size(res));
	return 0;
}

/*
 * claimed -> absent. The range may have been claimed in several pieces, and a
 * piece may reach beyond it.
 */
void mhp_range_release(struct mhp_transition *t)
{
	struct mhp_range_op *op = to_range_op(t);

	unclaim_memblock(op);
	if (op->boot)
		iomem_forget_reserved(t->start, t->start + t->size - 1);
	walk_system_ram_res(t->start, t->start + t->size - 1, NULL,
			    release_piece);
}
#endif /* CONFIG_MEMORY_HOTREMOVE */

static int pass_ram(unsigned long pfn, unsigned long nr_pages, void *next_pfn)
{
	unsigned long *next = next_pfn;

	if (pfn != *next)
		return 1;
	*next += nr_pages;
	return 0;
}

/* Where a range has no System RAM first; its end if it has no hole */
u64 mhp_range_first_hole(u64 start, u64 size)
{
	unsigned long next = PHYS_PFN(start);

	walk_system_ram_range(next, PHYS_PFN(size), &next, pass_ram);
	return PFN_PHYS(next);
}

/* registered -> listed */
int mhp_range_list(struct mhp_transition *t)
{
	struct mhp_range_op *op = to_range_op(t);
	int ret;

	/* What a driver manages is found by the driver again, after kexec too */
	if (strcmp(op->res->name, RAM_NAME))
		return 0;
	ret = firmware_map_add_hotplug(t->start, t->start + t->size, RAM_NAME);
	if (!ret)
		return 0;
	/* Never EEXIST, which would tell a provider something else */
	return mhp_refuse_walk(t, MHP_REFUSED_NO_MEMORY, -ENOMEM,
			       "it could not be listed in /sys/firmware/memmap (%d)",
			       ret);
}

#ifdef CONFIG_MEMORY_HOTREMOVE
/*
 * listed -> registered. What was never listed is none to unlist. Splitting an
 * entry takes memory; a provider that removes what it added needs none.
 */
int mhp_range_unlist(struct mhp_transition *t)
{
	const struct mhp_range_op *op = to_range_op(t);
	const int ret = firmware_map_remove_range(t->start, t->start + t->size,
						  RAM_NAME, op->boot);

	if (!ret)
		return 0;
	if (op->cannot_stay) {
		pr_warn("memory hotplug: [mem %#010llx-%#010llx] is still listed in /sys/firmware/memmap (%d)\n",
			t->start, t->start + t->size - 1, ret);
		return 0;
	}
	return mhp_refuse_walk(t, MHP_REFUSED_NO_MEMORY, ret,
			       "no memory to take a part out of /sys/firmware/memmap");
}
#endif /* CONFIG_MEMORY_HOTREMOVE */

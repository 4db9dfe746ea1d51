// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory regions: making them, page by page, sharing them, and freeing them.
 *
 * The calls and their arguments are those of drivers/net/ethernet/ibm/ehea/
 * ehea_phyp.c and ehea_qmr.c in 6.12, and of drivers/staging/rdma/ehca/hcp_if.c and
 * ehca_mrmw.c in 4.4.
 */

#include <linux/cleanup.h>
#include <linux/ebus/hcall.h>
#include <linux/ebus/mr.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/sched.h>
#include <linux/slab.h>

#define RESOURCE_MR		5
/* Access control is in the upper word of its register, the page size in it */
#define ACCESS_SHIFT		32
#define ACCESS_PAGE_SHIFT	24
/* Where H_REGISTER_RPAGES has it */
#define REGISTER_PAGE_SHIFT	8
/* What the firmware answers to making one */
#define OUT_HANDLE		0
#define OUT_LKEY		2
#define OUT_RKEY		3

#define FREE_NORMAL		0
#define FREE_FORCE		1

const struct ebus_mr_calls ebus_mr_calls_hea = {
	.alloc = H_ALLOC_HEA_RESOURCE,
	.register_pages = H_REGISTER_HEA_RPAGES,
	.share = H_REGISTER_SMR,
	.force = true,
};
EXPORT_SYMBOL_GPL(ebus_mr_calls_hea);

const struct ebus_mr_calls ebus_mr_calls_hca = {
	.alloc = H_ALLOC_RESOURCE,
	.register_pages = H_REGISTER_RPAGES,
	.share = H_REGISTER_SMR,
};
EXPORT_SYMBOL_GPL(ebus_mr_calls_hca);

/* Pages on their way to the firmware */
struct page_list {
	const struct ebus_mr_owner *owner;
	const struct ebus_mr *mr;
	u64 left;		/* of the region, those in the list included */
	u64 *page;
	unsigned int nr;
};

/* The firmware's code: sizes go up by 16 (ehca_mrmw.c, ehca_encode_hwpage_size()) */
static u64 page_size_code(const struct ebus_mr *mr)
{
	return (mr->page_shift - EBUS_MR_PAGE_SHIFT) / 4;
}

static u64 bytes_of_page(const struct ebus_mr *mr)
{
	return BIT_ULL(mr->page_shift);
}

static u64 access_of(const struct ebus_mr *mr, const struct ebus_mr_owner *owner)
{
	const u64 access = owner->access |
			   page_size_code(mr) << ACCESS_PAGE_SHIFT;

	return access << ACCESS_SHIFT;
}

static int call_for_region(struct ebus_mr *mr, struct ebus_hcall *call)
{
	const long rc = ebus_hcall(call);

	if (rc)
		return ebus_errno(rc);
	mr->handle = call->out[OUT_HANDLE];
	mr->lkey = call->out[OUT_LKEY];
	mr->rkey = call->out[OUT_RKEY];
	return 0;
}

static int alloc_mr(struct ebus_mr *mr, const struct ebus_mr_owner *owner)
{
	struct ebus_hcall call = {
		.opcode = owner->calls->alloc,
		.arg = { owner->adapter, RESOURCE_MR, mr->io, mr->length,
			 access_of(mr, owner), owner->pd },
	};

	return call_for_region(mr, &call);
}

/* A single page is named itself, several by a page that lists them. */
static int register_list(struct page_list *list)
{
	struct ebus_hcall call = {
		.opcode = list->owner->calls->register_pages,
		.arg = { list->owner->adapter,
			 page_size_code(list->mr) << REGISTER_PAGE_SHIFT,
			 list->mr->handle,
			 list->nr == 1 ? list->page[0] :
					 virt_to_phys(list->page),
			 list->nr },
	};
	const bool last = list->left == list->nr;
	const long rc = ebus_hcall(&call);

	/* The firmware counts too, and answers the last page otherwise. */
	if (rc != (last ? H_SUCCESS : H_PAGE_REGISTERED))
		return ebus_errno(rc) ?: -EIO;
	list->left -= list->nr;
	list->nr = 0;
	/* A terabyte is many calls */
	cond_resched();
	return 0;
}

/* From @phys on as much as the region needs; it may begin or end inside a page */
static int register_run(struct page_list *list, u64 phys, u64 end)
{
	const u64 size = bytes_of_page(list->mr);
	int ret;

	for (phys = round_down(phys, size); phys < end; phys += size) {
		if (!list->left)
			return 0;
		list->page[list->nr++] = phys;
		if (list->nr < EBUS_MR_PAGES_PER_CALL && list->nr < list->left)
			continue;
		ret = register_list(list);
		if (ret)
			return ret;
	}
	return 0;
}

static u64 start_of(const struct ebus_mr_shape *shape, unsigned int i)
{
	return PFN_PHYS(shape->extents[i].start_pfn) + (i ? 0 : shape->offset);
}

static u64 end_of(const struct ebus_mr_shape *shape, unsigned int i)
{
	return PFN_PHYS(shape->extents[i].start_pfn) +
	       PFN_PHYS(shape->extents[i].nr_pages);
}

static int register_pages(struct ebus_mr *mr, const struct ebus_mr_owner *owner,
			  const struct ebus_mr_shape *shape)
{
	/* Aligned to its size, as the firmware wants it */
	u64 *page __free(kfree) = kmalloc(EBUS_MR_PAGE_SIZE, GFP_KERNEL);
	const u64 size = bytes_of_page(mr);
	struct page_list list = {
		.owner = owner,
		.mr = mr,
		.left = DIV64_U64_ROUND_UP((mr->io & (size - 1)) + mr->length,
					   size),
		.page = page,
	};
	unsigned int i;
	int ret;

	if (!page)
		return -ENOMEM;
	for (i = 0; i < shape->nr_extents; i++) {
		ret = register_run(&list, start_of(shape, i), end_of(shape, i));
		if (ret)
			return ret;
	}
	return 0;
}

/*
 * Whether the memory is enough for the region. @misaligned gets the bits that are set
 * where an address of the adapter's differs from that of the memory behind it, or
 * where one extent follows another: none of those within a page may be.
 */
static bool covers(const struct ebus_mr_shape *shape, u64 *misaligned)
{
	const u64 end = shape->io + shape->length;
	u64 io = shape->io;
	unsigned int i;

	*misaligned = 0;
	for (i = 0; i < shape->nr_extents && io != end; i++) {
		if (start_of(shape, i) >= end_of(shape, i))
			return false;
		*misaligned |= io ^ start_of(shape, i);
		if (i)
			*misaligned |= io;
		io += min(end_of(shape, i) - start_of(shape, i), end - io);
	}
	return shape->length && io == end;
}

/**
 * ebus_mr_page_shift() - the best page size for a region
 * @shape: the region, but for the page size
 * @page_sizes: what the adapter has, in bytes, or'ed
 *
 * The fewest pages; and of sizes that need as many, the smallest.
 *
 * Context: Any.
 * Return: binary logarithm of the page's bytes, or 0 if none of the sizes will do.
 */
unsigned int ebus_mr_page_shift(const struct ebus_mr_shape *shape,
				u64 page_sizes)
{
	const u64 last = shape->io + shape->length - 1;
	const unsigned int enough = fls64(shape->io ^ last);
	unsigned int shift, best = 0;
	u64 misaligned;

	if (!covers(shape, &misaligned))
		return 0;
	for (shift = EBUS_MR_PAGE_SHIFT; shift <= EBUS_MR_PAGE_SHIFT_MAX;
	     shift += 4) {
		if (!(page_sizes & BIT_ULL(shift)))
			continue;
		if (misaligned & (BIT_ULL(shift) - 1))
			break;
		best = shift;
		if (shift >= enough)
			break;
	}
	return best;
}
EXPORT_SYMBOL_GPL(ebus_mr_page_shift);

/**
 * ebus_mr_make() - make a memory region of any shape
 * @mr: is filled in
 * @owner: on whose behalf
 * @shape: what it consists of
 *
 * One call for each %EBUS_MR_PAGES_PER_CALL pages, and one for the region.
 *
 * Context: Process context, may sleep.
 * Return: 0; -EINVAL for a shape that pages of that size do not have; -ENOMEM; what
 * ebus_errno() makes of the firmware's refusal. After an error there is no region,
 * unless the firmware does not free it either: @mr has its handle then.
 */
int ebus_mr_make(struct ebus_mr *mr, const struct ebus_mr_owner *owner,
		 const struct ebus_mr_shape *shape)
{
	int ret;

	*mr = (struct ebus_mr) {
		.io = shape->io,
		.length = shape->length,
		.page_shift = shape->page_shift,
	};
	/* With a single size to choose from */
	if (!ebus_mr_page_shift(shape, BIT_ULL(shape->page_shift)))
		return -EINVAL;
	ret = alloc_mr(mr, owner);
	if (ret)
		return ret;
	ret = register_pages(mr, owner, shape);
	if (ret)
		ebus_mr_free(mr, owner);
	return ret;
}
EXPORT_SYMBOL_GPL(ebus_mr_make);

/**
 * ebus_mr_share() - make a region of the pages that another has
 * @mr: is filled in; has the same addresses
 * @owner: on whose behalf
 * @origin: the other, which cannot be freed before
 *
 * Context: Process context, may sleep.
 * Return: 0, or what ebus_errno() makes of the firmware's refusal.
 */
int ebus_mr_share(struct ebus_mr *mr, const struct ebus_mr_owner *owner,
		  const struct ebus_mr *origin)
{
	struct ebus_hcall call = {
		.opcode = owner->calls->share,
		.arg = { owner->adapter, origin->handle, origin->io,
			 access_of(origin, owner), owner->pd },
	};

	*mr = *origin;
	mr->handle = 0;
	return call_for_region(mr, &call);
}
EXPORT_SYMBOL_GPL(ebus_mr_share);

/**
 * ebus_mr_register() - make a memory region of whole page frames
 * @mr: is filled in
 * @owner: on whose behalf
 * @io: first address in the adapter's address space
 * @extents: the region's memory, in this order
 * @nr_extents: how many there are
 *
 * With pages of %EBUS_MR_PAGE_SIZE.
 *
 * Context: Process context, may sleep.
 * Return: as ebus_mr_make(); -EINVAL without memory.
 */
int ebus_mr_register(struct ebus_mr *mr, const struct ebus_mr_owner *owner,
		     u64 io, const struct ebus_extent *extents,
		     unsigned int nr_extents)
{
	struct ebus_mr_shape shape = {
		.io = io,
		.page_shift = EBUS_MR_PAGE_SHIFT,
		.extents = extents,
		.nr_extents = nr_extents,
	};
	unsigned int i;

	for (i = 0; i < nr_extents; i++)
		shape.length += PFN_PHYS(extents[i].nr_pages);
	return ebus_mr_make(mr, owner, &shape);
}
EXPORT_SYMBOL_GPL(ebus_mr_register);

static struct ebus_hcall free_call(const struct ebus_mr *mr,
				   const struct ebus_mr_owner *owner,
				   unsigned long how)
{
	return (struct ebus_hcall) {
		.opcode = H_FREE_RESOURCE,
		.arg = { owner->adapter, mr->handle, how },
	};
}

/**
 * ebus_mr_free() - free a memory region
 * @mr: the region, or none
 * @owner: as for ebus_mr_register()
 *
 * No descriptor may be in use that names it. If the firmware thinks otherwise it is
 * told to free it all the same, where it can be.
 *
 * Context: Process context, may sleep.
 * Return: 0; what ebus_errno() makes of the firmware's refusal: the region is
 * still there then.
 */
int ebus_mr_free(struct ebus_mr *mr, const struct ebus_mr_owner *owner)
{
	struct ebus_hcall call = free_call(mr, owner, FREE_NORMAL);
	long rc;

	if (!mr->handle)
		return 0;
	rc = ebus_hcall(&call);
	if (rc && owner->calls->force) {
		pr_warn_ratelimited("adapter %#llx: memory region %#llx is not freed (%ld), forcing it\n",
				    owner->adapter, mr->handle, rc);
		call = free_call(mr, owner, FREE_FORCE);
		rc = ebus_hcall(&call);
	}
	if (!rc)
		mr->handle = 0;
	return ebus_errno(rc);
}
EXPORT_SYMBOL_GPL(ebus_mr_free);

/**
 * ebus_mr_free_atomic() - free a memory region of a kernel that crashed
 * @mr: the region, or none
 * @owner: as for ebus_mr_register()
 *
 * Context: Any. For a kernel that does not go on.
 */
void ebus_mr_free_atomic(const struct ebus_mr *mr,
			 const struct ebus_mr_owner *owner)
{
	const bool force = owner->calls->force;
	struct ebus_hcall call = free_call(mr, owner,
					   force ? FREE_FORCE : FREE_NORMAL);

	if (mr->handle)
		ebus_hcall_dying(&call);
}
EXPORT_SYMBOL_GPL(ebus_mr_free_atomic);

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory regions: making them, page by page, and freeing them.
 *
 * The calls and their arguments are those of drivers/net/ethernet/ibm/ehea/
 * ehea_phyp.c and ehea_qmr.c in 6.12.
 */

#include <linux/cleanup.h>
#include <linux/ebus/hcall.h>
#include <linux/ebus/mr.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/slab.h>

#define RESOURCE_MR		5
/* Access control is in the upper word of its register */
#define ACCESS_SHIFT		32
/* What the firmware answers to making one */
#define OUT_HANDLE		0
#define OUT_LKEY		2

#define FREE_NORMAL		0
#define FREE_FORCE		1

const struct ebus_mr_calls ebus_mr_calls_hea = {
	.alloc = H_ALLOC_HEA_RESOURCE,
	.register_pages = H_REGISTER_HEA_RPAGES,
};
EXPORT_SYMBOL_GPL(ebus_mr_calls_hea);

/* Pages on their way to the firmware */
struct page_list {
	const struct ebus_mr_owner *owner;
	u64 handle;
	u64 left;		/* of the region, those in the list included */
	u64 *page;
	unsigned int nr;
};

static long alloc_mr(struct ebus_mr *mr, const struct ebus_mr_owner *owner)
{
	struct ebus_hcall call = {
		.opcode = owner->calls->alloc,
		.arg = { owner->adapter, RESOURCE_MR, mr->io, mr->length,
			 (u64)owner->access << ACCESS_SHIFT, owner->pd },
	};
	const long rc = ebus_hcall(&call);

	if (rc)
		return rc;
	mr->handle = call.out[OUT_HANDLE];
	mr->lkey = call.out[OUT_LKEY];
	return 0;
}

/* A single page is named itself, several by a page that lists them. */
static int register_list(struct page_list *list)
{
	struct ebus_hcall call = {
		.opcode = list->owner->calls->register_pages,
		.arg = { list->owner->adapter, 0, list->handle,
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
	return 0;
}

static int register_extent(struct page_list *list,
			   const struct ebus_extent *extent)
{
	u64 phys = PFN_PHYS(extent->start_pfn);
	const u64 end = phys + PFN_PHYS(extent->nr_pages);
	int ret;

	for (; phys < end; phys += EBUS_MR_PAGE_SIZE) {
		list->page[list->nr++] = phys;
		if (list->nr < EBUS_MR_PAGES_PER_CALL && list->nr < list->left)
			continue;
		ret = register_list(list);
		if (ret)
			return ret;
	}
	return 0;
}

static int register_pages(struct ebus_mr *mr, const struct ebus_mr_owner *owner,
			  const struct ebus_extent *extents,
			  unsigned int nr_extents)
{
	/* Aligned to its size, as the firmware wants it */
	u64 *page __free(kfree) = kmalloc(EBUS_MR_PAGE_SIZE, GFP_KERNEL);
	struct page_list list = {
		.owner = owner,
		.handle = mr->handle,
		.left = mr->length >> EBUS_MR_PAGE_SHIFT,
		.page = page,
	};
	unsigned int i;
	int ret;

	if (!page)
		return -ENOMEM;
	for (i = 0; i < nr_extents; i++) {
		ret = register_extent(&list, &extents[i]);
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * ebus_mr_register() - make a memory region
 * @mr: is filled in
 * @owner: on whose behalf
 * @io: first address in the adapter's address space
 * @extents: the region's memory, in this order
 * @nr_extents: how many there are
 *
 * One call for each %EBUS_MR_PAGES_PER_CALL pages of %EBUS_MR_PAGE_SIZE, and one
 * for the region.
 *
 * Context: Process context, may sleep.
 * Return: 0; -EINVAL without memory; -ENOMEM; what ebus_errno() makes of the
 * firmware's refusal. After an error there is no region, unless the firmware does
 * not free it either: @mr has its handle then.
 */
int ebus_mr_register(struct ebus_mr *mr, const struct ebus_mr_owner *owner,
		     u64 io, const struct ebus_extent *extents,
		     unsigned int nr_extents)
{
	unsigned int i;
	int ret;

	*mr = (struct ebus_mr) { .io = io };
	for (i = 0; i < nr_extents; i++)
		mr->length += PFN_PHYS(extents[i].nr_pages);
	if (!mr->length)
		return -EINVAL;
	ret = ebus_errno(alloc_mr(mr, owner));
	if (ret)
		return ret;
	ret = register_pages(mr, owner, extents, nr_extents);
	if (ret)
		ebus_mr_free(mr, owner);
	return ret;
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
 * told to free it all the same.
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
	if (rc) {
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
	struct ebus_hcall call = free_call(mr, owner, FREE_FORCE);

	if (mr->handle)
		ebus_hcall_dying(&call);
}
EXPORT_SYMBOL_GPL(ebus_mr_free_atomic);

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Defects of regions, of the keys and addresses that name them, and of the memory
 * that is behind them.
 */

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "defects.h"

/* Larger than what the page allocator keeps for each CPU */
#define FREED_ORDER	(PAGE_ALLOC_COSTLY_ORDER + 2)

static int nothing(struct rig *rig)
{
	int ret;

	ret = rig_exchange(rig, rig_frame(rig), rig_buffer(rig));
	if (!ret)
		ret = rig_wait_received(rig);
	return ret ?: rig_delivered(rig) ? 0 : -EIO;
}

static int send_behind_the_end(struct rig *rig)
{
	return rig_exchange_in_vain(rig,
				    rig_sge(&rig->region[0],
					    HEA_PAGE_SIZE - FRAME_LEN / 2,
					    FRAME_LEN),
				    rig_buffer(rig));
}

/* As 6.12's driver does with memory that it has not mapped: ehea.h, EHEA_INVAL_ADDR */
static int send_from_nowhere(struct rig *rig)
{
	return rig_exchange_in_vain(rig, rig_sge(&rig->region[0], ~0ULL - RIG_IO,
						 FRAME_LEN),
				    rig_buffer(rig));
}

static int receive_before_the_beginning(struct rig *rig)
{
	return rig_exchange_in_vain(rig, rig_frame(rig),
				    rig_sge(&rig->region[0], -HALF, HALF));
}

/* Another region of the same memory, that has been freed */
static int freed_region(struct rig *rig, struct rig_region *freed)
{
	struct rig_region *region;

	region = rig_region_of(rig, virt_to_phys(rig->data), MR_LOCAL_WRITE,
			       RIG_PD);
	if (IS_ERR(region))
		return PTR_ERR(region);
	*freed = *region;
	region->handle = 0;
	return ebus_errno(rig_region_free(rig, freed));
}

static int send_by_freed_key(struct rig *rig)
{
	struct rig_region freed;
	const int ret = freed_region(rig, &freed);

	return ret ?: rig_exchange_in_vain(rig, rig_sge(&freed, 0, FRAME_LEN),
					   rig_buffer(rig));
}

static int receive_by_freed_key(struct rig *rig)
{
	struct rig_region freed;
	const int ret = freed_region(rig, &freed);

	return ret ?: rig_exchange_in_vain(rig, rig_frame(rig),
					   rig_sge(&freed, HALF, HALF));
}

static int send_by_unknown_key(struct rig *rig)
{
	const struct rig_region none = { .key = ~rig->region[0].key };

	return rig_exchange_in_vain(rig, rig_sge(&none, 0, FRAME_LEN),
				    rig_buffer(rig));
}

static int receive_into_read_only(struct rig *rig)
{
	struct rig_region *region = rig_region_of(rig, virt_to_phys(rig->data), 0,
						  RIG_PD);

	if (IS_ERR(region))
		return PTR_ERR(region);
	return rig_exchange_in_vain(rig, rig_sge(region, 0, FRAME_LEN),
				    rig_sge(region, HALF, HALF));
}

static int send_of_another_domain(struct rig *rig)
{
	struct rig_region *region = rig_region_of(rig, virt_to_phys(rig->data),
						  MR_LOCAL_WRITE, RIG_PD + 1);

	if (IS_ERR(region))
		return PTR_ERR(region);
	return rig_exchange_in_vain(rig, rig_sge(region, 0, FRAME_LEN),
				    rig_buffer(rig));
}

/* Half of its pages are there, and so is the one that is named */
static int send_from_unfinished(struct rig *rig)
{
	struct rig_region *region = rig_region_alloc(rig, 2 * HEA_PAGE_SIZE,
						     MR_LOCAL_WRITE, RIG_PD);
	long rc;

	if (IS_ERR(region))
		return PTR_ERR(region);
	rc = rig_region_register(rig, region, virt_to_phys(rig->data));
	if (rc != H_PAGE_REGISTERED)
		return -EIO;
	return rig_exchange_in_vain(rig, rig_sge(region, 0, FRAME_LEN),
				    rig_buffer(rig));
}

/* The region that has the pages is freed by force, the one that shares them is used */
static int send_by_orphan(struct rig *rig)
{
	struct rig_region *origin, orphan;
	struct ebus_hcall call;
	int ret;

	origin = rig_region_of(rig, virt_to_phys(rig->data), MR_LOCAL_WRITE,
			       RIG_PD);
	if (IS_ERR(origin))
		return PTR_ERR(origin);
	call = rig_share_call(rig, origin);
	ret = ebus_errno(ebus_hcall(&call));
	if (ret)
		return ret;
	orphan.handle = call.out[0];
	orphan.key = call.out[2];
	ret = ebus_errno(rig_call(RIG_CALL(rig, H_FREE_RESOURCE, origin->handle,
					   1)));
	if (!ret)
		/* What is left to be freed */
		origin->handle = orphan.handle;
	return ret ?: rig_exchange_in_vain(rig, rig_sge(&orphan, 0, FRAME_LEN),
					   rig_buffer(rig));
}

static int send_from_address(struct rig *rig)
{
	struct rig_region *region = rig_region_of(rig, rig->address, 0, RIG_PD);

	if (IS_ERR(region))
		return PTR_ERR(region);
	return rig_exchange_in_vain(rig, rig_sge(region, 0, FRAME_LEN),
				    rig_buffer(rig));
}

static int receive_to_address(struct rig *rig)
{
	struct rig_region *region = rig_region_of(rig, rig->address,
						  MR_LOCAL_WRITE, RIG_PD);

	if (IS_ERR(region))
		return PTR_ERR(region);
	return rig_exchange_in_vain(rig, rig_frame(rig),
				    rig_sge(region, 0, HALF));
}

/* The last of many pages that were freed together: nobody will want it soon */
static int send_from_freed_page(struct rig *rig)
{
	struct page *pages = alloc_pages(GFP_KERNEL, FREED_ORDER), *last;
	struct rig_region *region;
	int ret;

	if (!pages)
		return -ENOMEM;
	last = pages + BIT(FREED_ORDER) - 1;
	region = rig_region_of(rig, page_to_phys(last), 0, RIG_PD);
	__free_pages(pages, FREED_ORDER);
	if (IS_ERR(region))
		return PTR_ERR(region);
	ret = rig_exchange_in_vain(rig, rig_sge(region, 0, FRAME_LEN),
				   rig_buffer(rig));
	return ret ?: page_count(last) ? -EAGAIN : 0;
}

/* Into the program of whoever asked for it */
static int receive_into_program(struct rig *rig)
{
	struct rig_region *region;
	struct page *page;
	int ret;

	if (get_user_pages_fast(current->mm->start_code & PAGE_MASK, 1, 0,
				&page) != 1)
		return -EFAULT;
	ret = -EAGAIN;
	if (!folio_test_lru(page_folio(page)))
		goto out;
	region = rig_region_of(rig, page_to_phys(page), MR_LOCAL_WRITE, RIG_PD);
	ret = PTR_ERR_OR_ZERO(region);
	if (!ret)
		ret = rig_exchange_in_vain(rig, rig_frame(rig),
					   rig_sge(region, 0, HALF));
out:
	put_page(page);
	return ret;
}

/* Whoever takes that memory offline has to find that out */
static int hold_address(struct rig *rig)
{
	return PTR_ERR_OR_ZERO(rig_region_of(rig, rig->address, MR_LOCAL_WRITE,
					     RIG_PD));
}

const struct defect memory_defects[] = {
	{ { "nothing" }, nothing },
	{ { "send_behind_the_end", "no_translation" }, send_behind_the_end },
	{ { "send_from_nowhere", "no_translation" }, send_from_nowhere },
	{ { "receive_before_the_beginning", "no_translation" },
	  receive_before_the_beginning },
	{ { "send_by_freed_key", "wrong_key" }, send_by_freed_key },
	{ { "receive_by_freed_key", "wrong_key" }, receive_by_freed_key },
	{ { "send_by_unknown_key", "wrong_key" }, send_by_unknown_key },
	{ { "receive_into_read_only", "wrong_access" }, receive_into_read_only },
	{ { "send_of_another_domain", "wrong_pd" }, send_of_another_domain },
	{ { "send_from_unfinished", "incomplete_mr" }, send_from_unfinished },
	{ { "send_by_orphan", "freed_object" }, send_by_orphan },
	{ { "send_from_offline", "offline_page" }, send_from_address },
	{ { "receive_to_offline", "offline_page" }, receive_to_address },
	{ { "send_from_freed_page", "free_page" }, send_from_freed_page },
	{ { "receive_into_program", "foreign_page" }, receive_into_program },
	{ { "hold_memory", "held_page", true }, hold_address },
	{}
};

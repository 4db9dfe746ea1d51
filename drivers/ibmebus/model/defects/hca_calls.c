// SPDX-License-Identifier: GPL-2.0-only
/*
 * eHCA: calls of the firmware with arguments that it refuses, or of what has been freed;
 * but for those of queue pairs.
 */

#include <linux/err.h>
#include <linux/mm.h>

#include "hca_defects.h"

/* Adapter and ports */

static struct ebus_hcall call_of_ehea(struct hca_rig *rig)
{
	return RIG_CALL(rig, H_QUERY_HEA, virt_to_phys(rig->block));
}

static struct ebus_hcall unknown_adapter(struct hca_rig *rig)
{
	return hca_with(RIG_CALL(rig, H_QUERY_HCA, virt_to_phys(rig->block)), 0,
			rig->adapter + 1);
}

static struct ebus_hcall block_misaligned(struct hca_rig *rig)
{
	return RIG_CALL(rig, H_QUERY_HCA, virt_to_phys(rig->block) + 8);
}

static struct ebus_hcall query_unknown_port(struct hca_rig *rig)
{
	return RIG_CALL(rig, H_QUERY_PORT, HCA_NO_PORT, virt_to_phys(rig->block));
}

static struct ebus_hcall modify_unknown_port(struct hca_rig *rig)
{
	return RIG_CALL(rig, H_MODIFY_PORT, HCA_NO_PORT, 0);
}

static struct ebus_hcall aqp1_of_unknown_port(struct hca_rig *rig)
{
	return RIG_CALL(rig, H_DEFINE_AQP1, rig->aqp1.handle, HCA_NO_PORT);
}

/* The other port has none yet */
static struct ebus_hcall aqp1_of_connection(struct hca_rig *rig)
{
	return RIG_CALL(rig, H_DEFINE_AQP1, rig->sender.handle, HCA_RIG_PORT + 1);
}

static struct ebus_hcall unknown_interrupt(struct hca_rig *rig)
{
	return RIG_CALL(rig, H_QUERY_INT_STATE, 1);
}

static struct ebus_hcall reset_events_of_eq(struct hca_rig *rig)
{
	return RIG_CALL(rig, H_RESET_EVENTS, rig->eq.handle, ~0UL);
}

/* Resources */

static struct ebus_hcall alloc_nothing(struct hca_rig *rig)
{
	return RIG_CALL(rig, H_ALLOC_RESOURCE, FIELD_PREP(ALLOC_TYPE, 4));
}

static struct ebus_hcall eq_without_interrupt(struct hca_rig *rig)
{
	return RIG_CALL(rig, H_ALLOC_RESOURCE, FIELD_PREP(ALLOC_TYPE, 3), 8);
}

static struct ebus_hcall cq_without_eq(struct hca_rig *rig)
{
	return hca_with(hca_rig_cq_call(rig), 2, rig->cq.handle);
}

static struct ebus_hcall free_unknown(struct hca_rig *rig)
{
	return RIG_CALL(rig, H_FREE_RESOURCE, 1, 0);
}

/* A region that there was, and is no more */
static struct hca_rig_region *freed(struct hca_rig *rig, u64 *handle)
{
	struct hca_rig_region *region = hca_rig_region_of(rig, virt_to_phys(rig->data),
							  MR_LOCAL_WRITE);

	if (IS_ERR(region))
		return NULL;
	*handle = region->handle;
	return hca_rig_region_free(rig, region) ? NULL : region;
}

static struct ebus_hcall free_twice(struct hca_rig *rig)
{
	u64 handle;

	return freed(rig, &handle) ? RIG_CALL(rig, H_FREE_RESOURCE, handle, 0) :
	       hca_none();
}

static struct ebus_hcall query_freed(struct hca_rig *rig)
{
	u64 handle;

	return freed(rig, &handle) ? RIG_CALL(rig, H_QUERY_MR, handle) : hca_none();
}

/* Regions */

static struct ebus_hcall region_of_nothing(struct hca_rig *rig)
{
	return hca_rig_region_call(rig, HCA_RIG_IO, 0, MR_LOCAL_WRITE);
}

static struct ebus_hcall region_too_long(struct hca_rig *rig)
{
	return hca_rig_region_call(rig, 0, BIT_ULL(62), MR_LOCAL_WRITE);
}

static struct ebus_hcall region_that_wraps(struct hca_rig *rig)
{
	return hca_rig_region_call(rig, -HEA_PAGE_SIZE, 2 * HEA_PAGE_SIZE,
				   MR_LOCAL_WRITE);
}

static struct ebus_hcall region_of_unknown_pages(struct hca_rig *rig)
{
	return hca_rig_region_call(rig, HCA_RIG_IO, SZ_1G,
				   FIELD_PREP(MR_PAGE_SIZE, 4));
}

/* @nr pages, of a list unless it is only one, for a region that has more room */
static struct ebus_hcall pages_call(struct hca_rig *rig, u64 where, unsigned long nr,
				    u32 code)
{
	struct hca_rig_region *region;
	__be64 *list = (__be64 *)rig->block;
	unsigned int i;

	/* SZ_32M is two of the largest pages, and enough of the smallest */
	region = hca_rig_region_alloc(rig,
				      hca_rig_region_call(rig, HCA_RIG_IO, SZ_32M,
							  FIELD_PREP(MR_PAGE_SIZE, code)));
	if (IS_ERR(region))
		return hca_none();
	for (i = 0; i < HEA_PAGES_PER_CALL; i++)
		list[i] = cpu_to_be64(virt_to_phys(rig->data));
	return RIG_CALL(rig, H_REGISTER_RPAGES, FIELD_PREP(PAGES_SIZE, code),
			region->handle, where, nr);
}

static struct ebus_hcall no_pages(struct hca_rig *rig)
{
	return pages_call(rig, virt_to_phys(rig->block), 0, 0);
}

static struct ebus_hcall too_many_pages(struct hca_rig *rig)
{
	return pages_call(rig, virt_to_phys(rig->block), HEA_PAGES_PER_CALL + 1, 0);
}

static struct ebus_hcall list_misaligned(struct hca_rig *rig)
{
	return pages_call(rig, virt_to_phys(rig->block) + sizeof(u64), 2, 0);
}

static struct ebus_hcall page_misaligned(struct hca_rig *rig)
{
	return pages_call(rig, virt_to_phys(rig->data) + HCA_RIG_HALF, 1, 0);
}

/* What the driver of Linux 4.4 did: a list of one page, ehca_reg_mr_section() */
static struct ebus_hcall list_of_one(struct hca_rig *rig)
{
	return pages_call(rig, virt_to_phys(rig->block) | SZ_4K, 1, 3);
}

static struct ebus_hcall page_size_of_another(struct hca_rig *rig)
{
	return hca_with(pages_call(rig, 0, 1, 3), 1, FIELD_PREP(PAGES_SIZE, 2));
}

static struct ebus_hcall more_pages_than_region(struct hca_rig *rig)
{
	return RIG_CALL(rig, H_REGISTER_RPAGES, 0, rig->region[0].handle,
			virt_to_phys(rig->data), 1);
}

/* Registers of the adapter's are at an address that no memory has */
static struct ebus_hcall region_of_registers(struct hca_rig *rig)
{
	return pages_call(rig, rig->registers, 1, 0);
}

static struct ebus_hcall pages_of_freed(struct hca_rig *rig)
{
	u64 handle;

	return freed(rig, &handle) ?
	       RIG_CALL(rig, H_REGISTER_RPAGES, 0, handle, virt_to_phys(rig->data), 1) :
	       hca_none();
}

/* Shared regions */

static struct ebus_hcall share_freed(struct hca_rig *rig)
{
	u64 handle;

	return freed(rig, &handle) ?
	       hca_with(hca_rig_share_call(rig, &rig->region[0], 0), 1, handle) :
	       hca_none();
}

static struct ebus_hcall share_unfinished(struct hca_rig *rig)
{
	struct hca_rig_region *region;

	region = hca_rig_region_alloc(rig, hca_rig_region_call(rig, HCA_RIG_IO,
							       HEA_PAGE_SIZE, 0));
	return IS_ERR(region) ? hca_none() : hca_rig_share_call(rig, region, 0);
}

/* A shared region of the data's, for what may not be done to it */
static struct hca_rig_region *shared(struct hca_rig *rig)
{
	return hca_rig_region_alloc(rig, hca_rig_share_call(rig, &rig->region[0],
							    MR_LOCAL_WRITE));
}

static struct ebus_hcall share_shared(struct hca_rig *rig)
{
	struct hca_rig_region *region = shared(rig);

	return IS_ERR(region) ? hca_none() : hca_rig_share_call(rig, region, 0);
}

static struct ebus_hcall pages_of_shared(struct hca_rig *rig)
{
	struct hca_rig_region *region = shared(rig);

	return IS_ERR(region) ? hca_none() :
	       RIG_CALL(rig, H_REGISTER_RPAGES, 0, region->handle,
			virt_to_phys(rig->data), 1);
}

static struct ebus_hcall share_other_pages(struct hca_rig *rig)
{
	return hca_rig_share_call(rig, &rig->region[0], FIELD_PREP(MR_PAGE_SIZE, 1));
}

static struct ebus_hcall share_misaligned(struct hca_rig *rig)
{
	return hca_with(hca_rig_share_call(rig, &rig->region[0], 0), 2, HCA_RIG_IO + 8);
}

/* Pages of queues */

static struct ebus_hcall queue_page_call(struct hca_rig *rig, u64 page)
{
	const struct rig_object *cq = hca_rig_fresh(rig, hca_rig_cq_call(rig));

	return cq ? RIG_CALL(rig, H_REGISTER_RPAGES, 0, cq->handle, page, 1) :
	       hca_none();
}

static struct ebus_hcall queue_page_misaligned(struct hca_rig *rig)
{
	return queue_page_call(rig, virt_to_phys(rig->data) + HCA_RIG_HALF);
}

static struct ebus_hcall queue_page_large(struct hca_rig *rig)
{
	return hca_with(queue_page_call(rig, virt_to_phys(rig->data)), 1,
			FIELD_PREP(PAGES_SIZE, 1));
}

static struct ebus_hcall queue_pages_together(struct hca_rig *rig)
{
	return hca_with(queue_page_call(rig, virt_to_phys(rig->block)), 4, 2);
}

static struct ebus_hcall page_of_no_queue(struct hca_rig *rig)
{
	return hca_with(queue_page_call(rig, virt_to_phys(rig->data)), 1,
			FIELD_PREP(PAGES_QUEUE, 1));
}

static struct ebus_hcall queue_of_registers(struct hca_rig *rig)
{
	return queue_page_call(rig, rig->registers);
}

static struct ebus_hcall more_pages_than_queue(struct hca_rig *rig)
{
	return RIG_CALL(rig, H_REGISTER_RPAGES, 0, rig->cq.handle,
			virt_to_phys(rig->data), 1);
}

#define REFUSED(_name, _oracle)						\
	{ .head = { #_name, _oracle }, .call = _name }

const struct hca_defect hca_call_defects[] = {
	REFUSED(call_of_ehea, "bad_argument"),
	REFUSED(unknown_adapter, "bad_argument"),
	REFUSED(block_misaligned, "bad_argument"),
	REFUSED(query_unknown_port, "bad_argument"),
	REFUSED(modify_unknown_port, "bad_argument"),
	REFUSED(aqp1_of_unknown_port, "bad_argument"),
	REFUSED(aqp1_of_connection, "bad_argument"),
	REFUSED(unknown_interrupt, "bad_argument"),
	REFUSED(reset_events_of_eq, "bad_argument"),
	REFUSED(alloc_nothing, "bad_argument"),
	REFUSED(eq_without_interrupt, "bad_argument"),
	REFUSED(cq_without_eq, "bad_argument"),
	REFUSED(free_unknown, "bad_argument"),
	REFUSED(free_twice, "freed_object"),
	REFUSED(query_freed, "freed_object"),
	REFUSED(region_of_nothing, "bad_argument"),
	REFUSED(region_too_long, "bad_argument"),
	REFUSED(region_that_wraps, "bad_argument"),
	REFUSED(region_of_unknown_pages, "bad_argument"),
	REFUSED(no_pages, "bad_argument"),
	REFUSED(too_many_pages, "bad_argument"),
	REFUSED(list_misaligned, "bad_argument"),
	REFUSED(page_misaligned, "bad_argument"),
	REFUSED(list_of_one, "bad_argument"),
	REFUSED(page_size_of_another, "bad_argument"),
	REFUSED(more_pages_than_region, "bad_argument"),
	REFUSED(region_of_registers, "not_ram"),
	REFUSED(pages_of_freed, "freed_object"),
	REFUSED(share_freed, "freed_object"),
	REFUSED(share_unfinished, "incomplete_mr"),
	REFUSED(share_shared, "bad_argument"),
	REFUSED(pages_of_shared, "bad_argument"),
	REFUSED(share_other_pages, "bad_argument"),
	REFUSED(share_misaligned, "bad_argument"),
	REFUSED(queue_page_misaligned, "bad_argument"),
	REFUSED(queue_page_large, "bad_argument"),
	REFUSED(queue_pages_together, "bad_argument"),
	REFUSED(page_of_no_queue, "bad_argument"),
	REFUSED(queue_of_registers, "not_ram"),
	REFUSED(more_pages_than_queue, "bad_argument"),
	{}
};

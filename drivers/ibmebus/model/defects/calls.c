// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls of the firmware with arguments that it refuses, or of what has been freed.
 */

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/mm.h>

#include "defects.h"

/* An argument of RIG_CALL(), as calls count them: the adapter's handle is 0 */
static struct ebus_hcall with(struct ebus_hcall call, unsigned int arg,
			      unsigned long value)
{
	call.arg[arg] = value;
	return call;
}

/* Where something goes wrong before: a call that the model refuses and does not note */
static struct ebus_hcall none(void)
{
	return (struct ebus_hcall) {};
}

/* Adapter */

static struct ebus_hcall unknown_adapter(struct rig *rig)
{
	return with(RIG_CALL(rig, H_QUERY_HEA, virt_to_phys(rig->block)), 0,
		    rig->adapter + 1);
}

static struct ebus_hcall block_misaligned(struct rig *rig)
{
	return RIG_CALL(rig, H_QUERY_HEA, virt_to_phys(rig->block) + 8);
}

/* Resources */

static struct ebus_hcall alloc_nothing(struct rig *rig)
{
	return RIG_CALL(rig, H_ALLOC_HEA_RESOURCE, FIELD_PREP(ALLOC_TYPE, 4));
}

static struct ebus_hcall free_unknown(struct rig *rig)
{
	return RIG_CALL(rig, H_FREE_RESOURCE, 1, 0);
}

static struct ebus_hcall free_twice(struct rig *rig)
{
	struct rig_region *region = rig_region_alloc(rig, HEA_PAGE_SIZE, 0, RIG_PD);
	u64 handle;

	if (IS_ERR(region) || rig_region_free(rig, region))
		return none();
	handle = region->handle;
	region->handle = 0;
	return RIG_CALL(rig, H_FREE_RESOURCE, handle, 0);
}

/* Regions */

static struct ebus_hcall region_call(struct rig *rig, u64 io, u64 length)
{
	return RIG_CALL(rig, H_ALLOC_HEA_RESOURCE, FIELD_PREP(ALLOC_TYPE, 5), io,
			length, (u64)MR_LOCAL_WRITE << 32, RIG_PD);
}

static struct ebus_hcall region_of_nothing(struct rig *rig)
{
	return region_call(rig, RIG_IO, 0);
}

static struct ebus_hcall region_too_long(struct rig *rig)
{
	return region_call(rig, 0, RIG_IO);
}

static struct ebus_hcall region_that_wraps(struct rig *rig)
{
	return region_call(rig, -HEA_PAGE_SIZE, 2 * HEA_PAGE_SIZE);
}

/* @nr pages, of a list unless it is only one, for a region that has more room */
static struct ebus_hcall pages_call(struct rig *rig, u64 where, unsigned long nr)
{
	struct rig_region *region;
	unsigned int i;

	region = rig_region_alloc(rig, 2 * HEA_PAGES_PER_CALL * HEA_PAGE_SIZE,
				  MR_LOCAL_WRITE, RIG_PD);
	if (IS_ERR(region))
		return none();
	for (i = 0; i < HEA_PAGES_PER_CALL; i++)
		rig->block[i] = cpu_to_be64(virt_to_phys(rig->data));
	return RIG_CALL(rig, H_REGISTER_HEA_RPAGES, 0, region->handle, where, nr);
}

static struct ebus_hcall no_pages(struct rig *rig)
{
	return pages_call(rig, virt_to_phys(rig->block), 0);
}

static struct ebus_hcall too_many_pages(struct rig *rig)
{
	return pages_call(rig, virt_to_phys(rig->block), HEA_PAGES_PER_CALL + 1);
}

static struct ebus_hcall list_misaligned(struct rig *rig)
{
	return pages_call(rig, virt_to_phys(rig->block) + sizeof(u64), 2);
}

static struct ebus_hcall page_misaligned(struct rig *rig)
{
	return pages_call(rig, virt_to_phys(rig->data) + HALF, 1);
}

static struct ebus_hcall listed_page_misaligned(struct rig *rig)
{
	struct ebus_hcall call = pages_call(rig, virt_to_phys(rig->block), 3);

	rig->block[2] = cpu_to_be64(virt_to_phys(rig->data) + HALF);
	return call;
}

static struct ebus_hcall page_size_of_another(struct rig *rig)
{
	return with(pages_call(rig, virt_to_phys(rig->data), 1), 1,
		    FIELD_PREP(PAGES_SIZE, 1));
}

static struct ebus_hcall queue_of_region(struct rig *rig)
{
	return with(pages_call(rig, virt_to_phys(rig->data), 1), 1,
		    FIELD_PREP(PAGES_QUEUE, RQ1));
}

static struct ebus_hcall more_pages_than_region(struct rig *rig)
{
	return RIG_CALL(rig, H_REGISTER_HEA_RPAGES, 0, rig->region[0].handle,
			virt_to_phys(rig->data), 1);
}

/* Registers of the adapter's are at an address that no memory has */
static struct ebus_hcall region_of_registers(struct rig *rig)
{
	return pages_call(rig, rig->registers, 1);
}

static struct ebus_hcall pages_of_freed(struct rig *rig)
{
	struct ebus_hcall call = pages_call(rig, virt_to_phys(rig->data), 1);
	struct rig_region *region = &rig->region[rig->nr_regions - 1];

	if (!call.opcode || rig_region_free(rig, region))
		return none();
	region->handle = 0;
	return call;
}

/* Shared regions */

static struct ebus_hcall share_freed(struct rig *rig)
{
	struct rig_region *region = rig_region_of(rig, virt_to_phys(rig->data), 0,
						  RIG_PD);
	struct ebus_hcall call;

	if (IS_ERR(region) || rig_region_free(rig, region))
		return none();
	call = rig_share_call(rig, region);
	region->handle = 0;
	return call;
}

static struct ebus_hcall share_unfinished(struct rig *rig)
{
	struct rig_region *region = rig_region_alloc(rig, HEA_PAGE_SIZE, 0, RIG_PD);

	return IS_ERR(region) ? none() : rig_share_call(rig, region);
}

/* A shared region of the data's, for what may not be done to it */
static struct rig_region *shared(struct rig *rig)
{
	struct rig_region *region = &rig->region[rig->nr_regions];
	struct ebus_hcall call = rig_share_call(rig, &rig->region[0]);

	if (ebus_hcall(&call))
		return NULL;
	region->handle = call.out[0];
	rig->nr_regions++;
	return region;
}

static struct ebus_hcall share_shared(struct rig *rig)
{
	struct rig_region *region = shared(rig);

	return region ? rig_share_call(rig, region) : none();
}

static struct ebus_hcall pages_of_shared(struct rig *rig)
{
	struct rig_region *region = shared(rig);

	return region ? RIG_CALL(rig, H_REGISTER_HEA_RPAGES, 0, region->handle,
				 virt_to_phys(rig->data), 1) : none();
}

/* Queues */

static struct ebus_hcall eq_call(struct rig *rig, u64 nr)
{
	return RIG_CALL(rig, H_ALLOC_HEA_RESOURCE, FIELD_PREP(ALLOC_TYPE, 3), nr);
}

static struct ebus_hcall eq_without_entries(struct rig *rig)
{
	return eq_call(rig, 0);
}

static struct ebus_hcall eq_too_long(struct rig *rig)
{
	return eq_call(rig, 1 << 20);
}

static struct ebus_hcall cq_without_entries(struct rig *rig)
{
	return with(rig_cq_call(rig), 4, 0);
}

static struct ebus_hcall cq_too_long(struct rig *rig)
{
	return with(rig_cq_call(rig), 4, 1 << 20);
}

static struct ebus_hcall cq_without_eq(struct rig *rig)
{
	return with(rig_cq_call(rig), 2, rig->cq.handle);
}

static struct ebus_hcall qp_without_send_cq(struct rig *rig)
{
	return with(rig_qp_call(rig, SEND_PORT), 2, rig->eq.handle);
}

static struct ebus_hcall qp_without_receive_cq(struct rig *rig)
{
	return with(rig_qp_call(rig, SEND_PORT), 3, rig->eq.handle);
}

static struct ebus_hcall qp_without_eq(struct rig *rig)
{
	return with(rig_qp_call(rig, SEND_PORT), 4, rig->cq.handle);
}

static struct ebus_hcall qp_without_port(struct rig *rig)
{
	return rig_qp_call(rig, NO_PORT);
}

static struct ebus_hcall qp_without_queues(struct rig *rig)
{
	struct ebus_hcall call = rig_qp_call(rig, SEND_PORT);

	return with(call, 1, call.arg[1] & ~ALLOC_QP_RECEIVE);
}

/* A page for a completion queue that has none yet */
static struct ebus_hcall queue_page_call(struct rig *rig, u64 page)
{
	const struct rig_object *cq = rig_fresh(rig, rig_cq_call(rig));

	return cq ? RIG_CALL(rig, H_REGISTER_HEA_RPAGES, 0, cq->handle, page, 1) :
	       none();
}

static struct ebus_hcall queue_page_misaligned(struct rig *rig)
{
	return queue_page_call(rig, virt_to_phys(rig->data) + HALF);
}

static struct ebus_hcall queue_pages_together(struct rig *rig)
{
	return with(queue_page_call(rig, virt_to_phys(rig->block)), 4, 2);
}

static struct ebus_hcall page_of_no_queue(struct rig *rig)
{
	return with(queue_page_call(rig, virt_to_phys(rig->data)), 1,
		    FIELD_PREP(PAGES_QUEUE, RQ1));
}

static struct ebus_hcall queue_of_registers(struct rig *rig)
{
	return queue_page_call(rig, rig->registers);
}

static struct ebus_hcall more_pages_than_queue(struct rig *rig)
{
	return RIG_CALL(rig, H_REGISTER_HEA_RPAGES, 0, rig->cq.handle,
			virt_to_phys(rig->data), 1);
}

static struct ebus_hcall reset_events_of_cq(struct rig *rig)
{
	return RIG_CALL(rig, H_RESET_EVENTS, rig->cq.handle, 0);
}

/* Queue pairs */

static struct ebus_hcall control_call(struct rig *rig, u64 qp, u64 control)
{
	rig->block[0] = cpu_to_be64(control);
	return RIG_CALL(rig, H_MODIFY_HEA_QP, 0, qp, IBM_BIT(0),
			virt_to_phys(rig->block));
}

static struct ebus_hcall enabled_without_pages(struct rig *rig)
{
	const struct rig_object *qp = rig_fresh(rig, rig_qp_call(rig, SEND_PORT));

	return qp ? control_call(rig, qp->handle, QP_ENABLED |
				 FIELD_PREP(QP_STATE, QP_INITIALIZED)) : none();
}

static struct ebus_hcall unknown_state(struct rig *rig)
{
	return control_call(rig, rig->sender.handle, FIELD_PREP(QP_STATE, 4));
}

static struct ebus_hcall modify_other_category(struct rig *rig)
{
	return with(control_call(rig, rig->sender.handle,
				 FIELD_PREP(QP_STATE, QP_INITIALIZED)), 1, 1);
}

static struct ebus_hcall modify_nothing(struct rig *rig)
{
	return with(control_call(rig, rig->sender.handle,
				 FIELD_PREP(QP_STATE, QP_INITIALIZED)), 3, 0);
}

static struct ebus_hcall query_call(struct rig *rig, u64 qp)
{
	return RIG_CALL(rig, H_QUERY_HEA_QP, 0, qp, IBM_MASK(0, 5),
			virt_to_phys(rig->block));
}

static struct ebus_hcall query_misaligned(struct rig *rig)
{
	return with(query_call(rig, rig->sender.handle), 4,
		    virt_to_phys(rig->block) + HALF);
}

static struct ebus_hcall query_other_category(struct rig *rig)
{
	return with(query_call(rig, rig->sender.handle), 1, 1);
}

static struct ebus_hcall disable_unknown_answer(struct rig *rig)
{
	return RIG_CALL(rig, H_DISABLE_AND_GET_HEA, 0, rig->sender.handle);
}

static struct ebus_hcall query_freed(struct rig *rig)
{
	struct rig_object *qp = rig_fresh(rig, rig_qp_call(rig, SEND_PORT));
	struct ebus_hcall call;

	if (!qp || rig_call(RIG_CALL(rig, H_FREE_RESOURCE, qp->handle, 0)))
		return none();
	call = query_call(rig, qp->handle);
	qp->handle = 0;
	return call;
}

static struct ebus_hcall error_data_misaligned(struct rig *rig)
{
	return RIG_CALL(rig, H_ERROR_DATA, rig->sender.handle,
			virt_to_phys(rig->block) + HALF);
}

/* Ports */

static struct ebus_hcall port_call(struct rig *rig, unsigned long opcode,
				   unsigned int port, unsigned int block)
{
	return RIG_CALL(rig, opcode,
			FIELD_PREP(PORT_BLOCK, (u64)block) |
			FIELD_PREP(PORT_NUMBER, (u64)port),
			IBM_BIT(0), 0, virt_to_phys(rig->block));
}

static struct ebus_hcall query_unknown_port(struct rig *rig)
{
	return port_call(rig, H_QUERY_HEA_PORT, NO_PORT, 0);
}

static struct ebus_hcall query_unknown_block(struct rig *rig)
{
	return port_call(rig, H_QUERY_HEA_PORT, SEND_PORT, 8);
}

static struct ebus_hcall query_nothing(struct rig *rig)
{
	return with(port_call(rig, H_QUERY_HEA_PORT, SEND_PORT, 0), 2, 0);
}

static struct ebus_hcall query_by_index(struct rig *rig)
{
	return with(port_call(rig, H_QUERY_HEA_PORT, SEND_PORT, 0), 3, 1);
}

static struct ebus_hcall query_port_misaligned(struct rig *rig)
{
	return with(port_call(rig, H_QUERY_HEA_PORT, SEND_PORT, 0), 4,
		    virt_to_phys(rig->block) + HALF);
}

/* The speed that the port has is not for the driver to say */
static struct ebus_hcall modify_read_only(struct rig *rig)
{
	return with(port_call(rig, H_MODIFY_HEA_PORT, SEND_PORT, 0), 2,
		    IBM_BIT(3));
}

static struct ebus_hcall modify_counters(struct rig *rig)
{
	return port_call(rig, H_MODIFY_HEA_PORT, SEND_PORT, 2);
}

/* Broadcast and multicast */

static struct ebus_hcall bcmc_call(struct rig *rig, unsigned long opcode,
				   unsigned int port)
{
	return RIG_CALL(rig, opcode, port, BCMC_MULTICAST | BCMC_UNTAGGED,
			0x010000000001);
}

static struct ebus_hcall bcmc_of_unknown_port(struct rig *rig)
{
	return bcmc_call(rig, H_REG_BCMC, NO_PORT);
}

static struct ebus_hcall bcmc_not_registered(struct rig *rig)
{
	return bcmc_call(rig, H_DEREG_BCMC, SEND_PORT);
}

static int bcmc_twice(struct rig *rig)
{
	long rc = rig_call(bcmc_call(rig, H_REG_BCMC, SEND_PORT)), again;

	if (rc)
		return ebus_errno(rc);
	again = rig_call(bcmc_call(rig, H_REG_BCMC, SEND_PORT));
	rc = rig_call(bcmc_call(rig, H_DEREG_BCMC, SEND_PORT));
	return ebus_errno(rc) ?: again ? 0 : -EPROTO;
}

#define REFUSED(_name, _oracle)						\
	{ .head = { #_name, _oracle }, .call = _name }
#define BAD_ARGUMENT(_name)	REFUSED(_name, "bad_argument")

const struct defect call_defects[] = {
	BAD_ARGUMENT(unknown_adapter),
	BAD_ARGUMENT(block_misaligned),
	BAD_ARGUMENT(alloc_nothing),
	BAD_ARGUMENT(free_unknown),
	REFUSED(free_twice, "freed_object"),
	BAD_ARGUMENT(region_of_nothing),
	BAD_ARGUMENT(region_too_long),
	BAD_ARGUMENT(region_that_wraps),
	BAD_ARGUMENT(no_pages),
	BAD_ARGUMENT(too_many_pages),
	BAD_ARGUMENT(list_misaligned),
	BAD_ARGUMENT(page_misaligned),
	BAD_ARGUMENT(listed_page_misaligned),
	BAD_ARGUMENT(page_size_of_another),
	BAD_ARGUMENT(queue_of_region),
	BAD_ARGUMENT(more_pages_than_region),
	REFUSED(region_of_registers, "not_ram"),
	REFUSED(pages_of_freed, "freed_object"),
	REFUSED(share_freed, "freed_object"),
	REFUSED(share_unfinished, "incomplete_mr"),
	BAD_ARGUMENT(share_shared),
	BAD_ARGUMENT(pages_of_shared),
	BAD_ARGUMENT(eq_without_entries),
	BAD_ARGUMENT(eq_too_long),
	BAD_ARGUMENT(cq_without_entries),
	BAD_ARGUMENT(cq_too_long),
	BAD_ARGUMENT(cq_without_eq),
	BAD_ARGUMENT(qp_without_send_cq),
	BAD_ARGUMENT(qp_without_receive_cq),
	BAD_ARGUMENT(qp_without_eq),
	BAD_ARGUMENT(qp_without_port),
	BAD_ARGUMENT(qp_without_queues),
	BAD_ARGUMENT(queue_page_misaligned),
	BAD_ARGUMENT(queue_pages_together),
	BAD_ARGUMENT(page_of_no_queue),
	REFUSED(queue_of_registers, "not_ram"),
	BAD_ARGUMENT(more_pages_than_queue),
	BAD_ARGUMENT(reset_events_of_cq),
	BAD_ARGUMENT(enabled_without_pages),
	BAD_ARGUMENT(unknown_state),
	BAD_ARGUMENT(modify_other_category),
	BAD_ARGUMENT(modify_nothing),
	BAD_ARGUMENT(query_misaligned),
	BAD_ARGUMENT(query_other_category),
	BAD_ARGUMENT(disable_unknown_answer),
	REFUSED(query_freed, "freed_object"),
	BAD_ARGUMENT(error_data_misaligned),
	BAD_ARGUMENT(query_unknown_port),
	BAD_ARGUMENT(query_unknown_block),
	BAD_ARGUMENT(query_nothing),
	BAD_ARGUMENT(query_by_index),
	BAD_ARGUMENT(query_port_misaligned),
	BAD_ARGUMENT(modify_read_only),
	BAD_ARGUMENT(modify_counters),
	BAD_ARGUMENT(bcmc_of_unknown_port),
	BAD_ARGUMENT(bcmc_not_registered),
	{ { "bcmc_twice", "bad_argument" }, bcmc_twice },
	{}
};

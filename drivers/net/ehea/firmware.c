// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hypervisor calls of eHEA, one function each. Opcodes are those of
 * asm/hvcall.h; arguments as 6.12's drivers/net/ethernet/ibm/ehea/ehea_phyp.c has
 * them.
 */

#include <linux/ebus/hcall.h>
#include <linux/errno.h>
#include <linux/log2.h>
#include <linux/mm.h>

#include "firmware.h"

/* What H_ALLOC_HEA_RESOURCE is to make */
#define ALLOC_TYPE		EHEA_BITS(56, 63)
#define ALLOC_QP		1
#define ALLOC_CQ		2
#define ALLOC_EQ		3

#define EQ_NOTIFICATION		EHEA_BIT(0)
#define EQ_INTERRUPTS		EHEA_BITS(6, 7)
#define EQ_NO_ENTRIES		EHEA_BIT(16)
#define EQ_IST			EHEA_BITS(40, 63)

#define QP_LOW_LATENCY		(FIELD_PREP(EHEA_BITS(9, 11), 1) | EHEA_BIT(17))
#define QP_THREE_RQS		FIELD_PREP(EHEA_BITS(13, 15), 6)
#define QP_SIGNAL_ON_DEMAND	FIELD_PREP(EHEA_BITS(22, 23), 1)
#define QP_TOKEN		EHEA_BITS(0, 31)
#define QP_PD			EHEA_BITS(32, 63)

#define QP_SQ_ORDER		EHEA_BITS(4, 7)
#define QP_RQ1_ORDER		EHEA_BITS(12, 15)
#define QP_RQ2_ORDER		EHEA_BITS(20, 23)
#define QP_RQ3_ORDER		EHEA_BITS(28, 31)

#define QP_SQ_SIZE		EHEA_BITS(37, 39)
#define QP_RQ1_SIZE		EHEA_BITS(45, 47)
#define QP_RQ2_SIZE		EHEA_BITS(53, 55)
#define QP_RQ3_SIZE		EHEA_BITS(61, 63)

/*
 * From which length on a frame goes to RQ2 and to RQ3. The unit of the second is
 * 512 bytes, it says there; frames that fit into RQ1's entries go there.
 */
#define QP_THRESHOLDS		(FIELD_PREP(EHEA_BITS(0, 15), 1) | \
				 FIELD_PREP(EHEA_BITS(16, 31), 4))

#define PORT_BLOCK		EHEA_BITS(40, 47)
#define PORT_NUMBER		EHEA_BITS(48, 63)

static u64 port_argument(u32 port, u8 nr)
{
	return FIELD_PREP(PORT_BLOCK, nr) | FIELD_PREP(PORT_NUMBER, port);
}

/**
 * ehea_fw_query_adapter() - what the adapter is
 * @adapter: handle
 * @block: where the answer goes
 *
 * Return: 0 or an errno.
 */
int ehea_fw_query_adapter(u64 adapter, struct ehea_cb_adapter *block)
{
	struct ebus_hcall call = {
		.opcode = H_QUERY_HEA,
		.arg = { adapter, virt_to_phys(block) },
	};

	return ebus_errno(ebus_hcall(&call));
}

static int port_call(unsigned long opcode, u64 adapter, u32 port, u8 nr,
		     u64 mask, void *block)
{
	struct ebus_hcall call = {
		.opcode = opcode,
		.arg = { adapter, port_argument(port, nr), mask, 0,
			 virt_to_phys(block) },
	};

	return ebus_errno(ebus_hcall(&call));
}

/**
 * ehea_fw_query_port() - a block about a port
 * @adapter: handle
 * @port: logical port
 * @nr: which block, EHEA_CB*
 * @mask: fields that are wanted
 * @block: where the answer goes
 *
 * Return: 0 or an errno.
 */
int ehea_fw_query_port(u64 adapter, u32 port, u8 nr, u64 mask, void *block)
{
	return port_call(H_QUERY_HEA_PORT, adapter, port, nr, mask, block);
}

/**
 * ehea_fw_modify_port() - change settings of a port
 * @adapter: handle
 * @port: logical port
 * @nr: which block, EHEA_CB*
 * @mask: fields that are to change
 * @block: what to
 *
 * Return: 0; -EPERM if another partition is in charge of it; or another errno.
 */
int ehea_fw_modify_port(u64 adapter, u32 port, u8 nr, u64 mask, void *block)
{
	return port_call(H_MODIFY_HEA_PORT, adapter, port, nr, mask, block);
}

/**
 * ehea_fw_alloc_eq() - allocate an event queue
 * @adapter: handle
 * @eq: what is wanted, and the answer
 *
 * Return: 0 or an errno.
 */
int ehea_fw_alloc_eq(u64 adapter, struct ehea_eq_alloc *eq)
{
	struct ebus_hcall call = {
		.opcode = H_ALLOC_HEA_RESOURCE,
		.arg = {
			adapter,
			FIELD_PREP(ALLOC_TYPE, ALLOC_EQ) |
			FIELD_PREP(EQ_NOTIFICATION, eq->notification) |
			FIELD_PREP(EQ_INTERRUPTS, 1) |
			FIELD_PREP(EQ_NO_ENTRIES, !eq->entries),
			eq->nr_entries,
		},
	};
	const long rc = ebus_hcall(&call);

	if (rc != H_SUCCESS)
		return ebus_errno(rc);
	eq->handle = call.out[0];
	eq->nr_pages = call.out[4];
	eq->ist = FIELD_GET(EQ_IST, call.out[5]);
	return 0;
}

/**
 * ehea_fw_alloc_cq() - allocate a completion queue
 * @adapter: handle
 * @cq: what is wanted, and the answer
 *
 * Return: 0 or an errno.
 */
int ehea_fw_alloc_cq(u64 adapter, struct ehea_cq_alloc *cq)
{
	struct ebus_hcall call = {
		.opcode = H_ALLOC_HEA_RESOURCE,
		.arg = { adapter, FIELD_PREP(ALLOC_TYPE, ALLOC_CQ), cq->eq,
			 cq->token, cq->nr_entries },
	};
	const long rc = ebus_hcall(&call);

	if (rc != H_SUCCESS)
		return ebus_errno(rc);
	cq->handle = call.out[0];
	cq->nr_pages = call.out[4];
	cq->galpa = call.out[5];
	return 0;
}

static u64 qp_sizes(const u16 *nr_entries)
{
	return FIELD_PREP(QP_SQ_ORDER, ilog2(nr_entries[EHEA_SQ])) |
	       FIELD_PREP(QP_RQ1_ORDER, ilog2(nr_entries[EHEA_RQ1])) |
	       FIELD_PREP(QP_RQ2_ORDER, ilog2(nr_entries[EHEA_RQ2])) |
	       FIELD_PREP(QP_RQ3_ORDER, ilog2(nr_entries[EHEA_RQ3])) |
	       FIELD_PREP(QP_SQ_SIZE, EHEA_SEND_SIZE_CODE) |
	       FIELD_PREP(QP_RQ1_SIZE, EHEA_RQ1_SIZE_CODE) |
	       FIELD_PREP(QP_RQ2_SIZE, EHEA_RQ23_SIZE_CODE) |
	       FIELD_PREP(QP_RQ3_SIZE, EHEA_RQ23_SIZE_CODE);
}

static void take_qp(struct ehea_qp_alloc *qp, const unsigned long *out)
{
	qp->handle = out[0];
	qp->number = out[1];
	qp->nr_entries[EHEA_SQ] = FIELD_GET(EHEA_BITS(0, 15), out[2]);
	qp->nr_entries[EHEA_RQ1] = FIELD_GET(EHEA_BITS(16, 31), out[2]);
	qp->nr_entries[EHEA_RQ2] = FIELD_GET(EHEA_BITS(32, 47), out[2]);
	qp->nr_entries[EHEA_RQ3] = FIELD_GET(EHEA_BITS(48, 63), out[2]);
	qp->nr_pages[EHEA_SQ] = upper_32_bits(out[4]);
	qp->nr_pages[EHEA_RQ1] = lower_32_bits(out[4]);
	qp->nr_pages[EHEA_RQ2] = upper_32_bits(out[5]);
	qp->nr_pages[EHEA_RQ3] = lower_32_bits(out[5]);
	qp->galpa = out[6];
}

/**
 * ehea_fw_alloc_qp() - allocate a queue pair
 * @adapter: handle
 * @qp: what is wanted, and the answer
 *
 * Return: 0 or an errno.
 */
int ehea_fw_alloc_qp(u64 adapter, struct ehea_qp_alloc *qp)
{
	struct ebus_hcall call = {
		.opcode = H_ALLOC_HEA_RESOURCE,
		.arg = {
			adapter,
			FIELD_PREP(ALLOC_TYPE, ALLOC_QP) | QP_LOW_LATENCY |
			QP_THREE_RQS | QP_SIGNAL_ON_DEMAND,
			qp->send_cq, qp->receive_cq, qp->error_eq,
			FIELD_PREP(QP_TOKEN, qp->token) |
			FIELD_PREP(QP_PD, qp->pd),
			qp_sizes(qp->nr_entries),
			qp->port,
			QP_THRESHOLDS,
		},
	};
	const long rc = ebus_hcall(&call);

	if (rc != H_SUCCESS)
		return ebus_errno(rc);
	take_qp(qp, call.out);
	return 0;
}

/**
 * ehea_fw_register_page() - give a queue one of its pages
 * @adapter: handle
 * @resource: handle of the event or completion queue, or queue pair
 * @ring: of a queue pair; otherwise 0
 * @page: 4 KiB, aligned
 * @more: set if the firmware expects another
 *
 * Return: 0 or an errno.
 */
int ehea_fw_register_page(u64 adapter, u64 resource, enum ehea_ring ring,
			  void *page, bool *more)
{
	struct ebus_hcall call = {
		.opcode = H_REGISTER_HEA_RPAGES,
		.arg = { adapter, ring, resource, virt_to_phys(page), 1 },
	};
	const long rc = ebus_hcall(&call);

	*more = rc == H_PAGE_REGISTERED;
	return *more ? 0 : ebus_errno(rc);
}

/**
 * ehea_fw_query_qp() - the state of a queue pair
 * @adapter: handle
 * @qp: handle
 * @block: where the answer goes
 *
 * Return: 0 or an errno.
 */
int ehea_fw_query_qp(u64 adapter, u64 qp, struct ehea_qp_cb0 *block)
{
	struct ebus_hcall call = {
		.opcode = H_QUERY_HEA_QP,
		.arg = { adapter, EHEA_QP_CB0, qp, EHEA_QP_CB0_ALL,
			 virt_to_phys(block) },
	};

	return ebus_errno(ebus_hcall(&call));
}

/**
 * ehea_fw_control_qp() - change the state of a queue pair
 * @adapter: handle
 * @qp: handle
 * @block: whose &ehea_qp_cb0.control it gets
 *
 * Return: 0 or an errno.
 */
int ehea_fw_control_qp(u64 adapter, u64 qp, struct ehea_qp_cb0 *block)
{
	struct ebus_hcall call = {
		.opcode = H_MODIFY_HEA_QP,
		.arg = { adapter, EHEA_QP_CB0, qp, EHEA_QP_CB0_CONTROL,
			 virt_to_phys(block) },
	};

	return ebus_errno(ebus_hcall(&call));
}

/**
 * ehea_fw_disable_qp() - stop a queue pair for good; it can only be freed then, or
 *			  by force
 * @adapter: handle
 * @qp: handle
 *
 * Return: 0 or an errno.
 */
int ehea_fw_disable_qp(u64 adapter, u64 qp)
{
	struct ebus_hcall call = {
		.opcode = H_DISABLE_AND_GET_HEA,
		.arg = { adapter, 1, qp },
	};

	return ebus_errno(ebus_hcall(&call));
}

/**
 * ehea_fw_free() - free a queue or a memory region
 * @adapter: handle
 * @resource: handle
 * @force: whatever state it is in
 *
 * Return: 0; -EBUSY if it has to be forced, or was busy for a minute; or another
 * errno.
 */
int ehea_fw_free(u64 adapter, u64 resource, bool force)
{
	struct ebus_hcall call = {
		.opcode = H_FREE_RESOURCE,
		.arg = { adapter, resource, force },
	};

	return ebus_errno(ebus_hcall(&call));
}

/**
 * ehea_fw_free_atomic() - free a queue or a memory region of a kernel that died
 * @adapter: handle
 * @resource: handle
 *
 * Context: Any. The next kernel finds what cannot be freed still in use.
 */
void ehea_fw_free_atomic(u64 adapter, u64 resource)
{
	struct ebus_hcall call = {
		.opcode = H_FREE_RESOURCE,
		.arg = { adapter, resource, true },
	};

	ebus_hcall_dying(&call);
}

static void bcmc_call(struct ebus_hcall *call, unsigned long opcode,
		      const struct ehea_bcmc *bcmc)
{
	*call = (struct ebus_hcall) {
		.opcode = opcode,
		.arg = { bcmc->adapter, bcmc->port, bcmc->type, bcmc->mac },
	};
}

/**
 * ehea_fw_register_bcmc() - let a port take broadcast or multicast frames
 * @bcmc: which
 *
 * Return: 0 or an errno.
 */
int ehea_fw_register_bcmc(const struct ehea_bcmc *bcmc)
{
	struct ebus_hcall call;

	bcmc_call(&call, H_REG_BCMC, bcmc);
	return ebus_errno(ebus_hcall(&call));
}

/**
 * ehea_fw_deregister_bcmc() - the undo of ehea_fw_register_bcmc()
 * @bcmc: which
 *
 * Return: 0 or an errno.
 */
int ehea_fw_deregister_bcmc(const struct ehea_bcmc *bcmc)
{
	struct ebus_hcall call;

	bcmc_call(&call, H_DEREG_BCMC, bcmc);
	return ebus_errno(ebus_hcall(&call));
}

/**
 * ehea_fw_deregister_bcmc_atomic() - the same of a kernel that died
 * @bcmc: which
 *
 * Context: Any.
 */
void ehea_fw_deregister_bcmc_atomic(const struct ehea_bcmc *bcmc)
{
	struct ebus_hcall call;

	bcmc_call(&call, H_DEREG_BCMC, bcmc);
	ebus_hcall_dying(&call);
}

/**
 * ehea_fw_reset_events() - let events come again
 * @adapter: handle
 * @neq: handle of the notification event queue
 * @events: EHEA_EVENT_*
 *
 * Return: 0 or an errno.
 */
int ehea_fw_reset_events(u64 adapter, u64 neq, u64 events)
{
	struct ebus_hcall call = {
		.opcode = H_RESET_EVENTS,
		.arg = { adapter, neq, events },
	};

	return ebus_errno(ebus_hcall(&call));
}

/**
 * ehea_fw_error_data() - what is wrong with a queue
 * @adapter: handle
 * @resource: handle
 * @block: EHEA_ERROR_WORDS doublewords
 *
 * Return: 0 or an errno; nothing may be known of it.
 */
int ehea_fw_error_data(u64 adapter, u64 resource, u64 *block)
{
	struct ebus_hcall call = {
		.opcode = H_ERROR_DATA,
		.arg = { adapter, resource, virt_to_phys(block) },
	};

	return ebus_errno(ebus_hcall(&call));
}

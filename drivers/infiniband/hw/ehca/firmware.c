// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hypervisor calls of eHCA, one function each. Opcodes are those of
 * asm/hvcall.h; arguments as 4.4's drivers/staging/rdma/ehca/hcp_if.c has them.
 */

#include <linux/errno.h>
#include <linux/mm.h>

#include "ehca.h"
#include "firmware.h"

/* What H_ALLOC_RESOURCE is to make */
#define ALLOC_TYPE		EHCA_BITS(56, 63)
#define ALLOC_QP		1
#define ALLOC_CQ		2
#define ALLOC_EQ		3

#define EQ_NOTIFICATION		EHCA_BIT(0)
#define EQ_INTERRUPT		EHCA_BIT(7)

#define QP_SERVICE		EHCA_BITS(13, 15)
#define QP_SIGNALING		EHCA_BITS(22, 23)
#define QP_SIGNAL_ON_DEMAND	1

#define QP_TOKEN		EHCA_BITS(0, 31)
#define QP_PD			EHCA_BITS(32, 63)

/* What is wanted, of both queues */
#define QP_SEND_WRS		EHCA_BITS(0, 15)
#define QP_RECEIVE_WRS		EHCA_BITS(16, 31)
#define QP_SEND_SGES		EHCA_BITS(32, 39)
#define QP_RECEIVE_SGES		EHCA_BITS(40, 47)
/* The firmware is asked for one more than can be outstanding */
#define QP_SPARE_WRS		1

/* What is answered, in three words */
#define QP_GOT_SEND_WRS		EHCA_BITS(16, 31)
#define QP_GOT_RECEIVE_WRS	EHCA_BITS(48, 63)
#define QP_GOT_SEND_SGES	EHCA_BITS(8, 15)
#define QP_GOT_RECEIVE_SGES	EHCA_BITS(24, 31)
#define QP_SEND_PAGES		EHCA_BITS(0, 31)
#define QP_RECEIVE_PAGES	EHCA_BITS(32, 63)

/**
 * ehca_fw_query_hca() - what the adapter is
 * @adapter: which
 * @block: where the answer goes
 *
 * Return: 0 or an errno.
 */
int ehca_fw_query_hca(struct ehca_adapter *adapter, struct ehca_cb_hca *block)
{
	struct ebus_hcall call = {
		.opcode = H_QUERY_HCA,
		.arg = { adapter->handle, virt_to_phys(block) },
	};

	return ebus_errno(ebus_hcall(&call));
}

/**
 * ehca_fw_query_port() - what a port is, and what state it is in
 * @adapter: whose
 * @port: from 1 on
 * @block: where the answer goes
 *
 * Return: 0 or an errno.
 */
int ehca_fw_query_port(struct ehca_adapter *adapter, u32 port,
		       struct ehca_cb_port *block)
{
	struct ebus_hcall call = {
		.opcode = H_QUERY_PORT,
		.arg = { adapter->handle, port, virt_to_phys(block) },
	};

	return ebus_errno(ebus_hcall(&call));
}

/**
 * ehca_fw_modify_port() - change a port
 * @adapter: whose
 * @port: from 1 on
 * @change: capabilities and EHCA_PORT_*
 *
 * Return: 0 or an errno.
 */
int ehca_fw_modify_port(struct ehca_adapter *adapter, u32 port, u64 change)
{
	struct ebus_hcall call = {
		.opcode = H_MODIFY_PORT,
		.arg = { adapter->handle, port, change },
	};

	return ebus_errno(ebus_hcall(&call));
}

/**
 * ehca_fw_alloc_eq() - allocate an event queue
 * @adapter: whose
 * @eq: what is wanted, and the answer
 *
 * Return: 0 or an errno.
 */
int ehca_fw_alloc_eq(struct ehca_adapter *adapter, struct ehca_eq_alloc *eq)
{
	struct ebus_hcall call = {
		.opcode = H_ALLOC_RESOURCE,
		.arg = {
			adapter->handle,
			FIELD_PREP(ALLOC_TYPE, ALLOC_EQ) |
			FIELD_PREP(EQ_NOTIFICATION, eq->notification) |
			FIELD_PREP(EQ_INTERRUPT, !eq->notification),
			eq->nr_entries,
		},
	};
	const long rc = ebus_hcall(&call);

	if (rc != H_SUCCESS)
		return ebus_errno(rc);
	eq->handle = call.out[0];
	eq->nr_entries = call.out[3];
	eq->nr_pages = call.out[4];
	eq->ist = call.out[5];
	return 0;
}

/**
 * ehca_fw_alloc_cq() - allocate a completion queue
 * @adapter: whose
 * @cq: what is wanted, and the answer
 *
 * Return: 0 or an errno.
 */
int ehca_fw_alloc_cq(struct ehca_adapter *adapter, struct ehca_cq_alloc *cq)
{
	struct ebus_hcall call = {
		.opcode = H_ALLOC_RESOURCE,
		.arg = {
			adapter->handle, FIELD_PREP(ALLOC_TYPE, ALLOC_CQ),
			cq->eq, cq->token, cq->nr_entries,
		},
	};
	const long rc = ebus_hcall(&call);

	if (rc != H_SUCCESS)
		return ebus_errno(rc);
	cq->handle = call.out[0];
	cq->nr_entries = call.out[3];
	cq->nr_pages = call.out[4];
	cq->galpa = call.out[5];
	return 0;
}

static u64 qp_sizes(const struct ehca_qp_ring *ring)
{
	return FIELD_PREP(QP_SEND_WRS, ring[EHCA_SQ].nr_wrs + QP_SPARE_WRS) |
	       FIELD_PREP(QP_RECEIVE_WRS, ring[EHCA_RQ].nr_wrs + QP_SPARE_WRS) |
	       FIELD_PREP(QP_SEND_SGES, ring[EHCA_SQ].nr_sges) |
	       FIELD_PREP(QP_RECEIVE_SGES, ring[EHCA_RQ].nr_sges);
}

static void take_qp(struct ehca_qp_alloc *qp, const unsigned long *out)
{
	qp->handle = out[0];
	qp->number = out[1];
	qp->ring[EHCA_SQ] = (struct ehca_qp_ring) {
		.nr_wrs = FIELD_GET(QP_GOT_SEND_WRS, out[2]),
		.nr_sges = FIELD_GET(QP_GOT_SEND_SGES, out[3]),
		.nr_pages = FIELD_GET(QP_SEND_PAGES, out[4]),
	};
	qp->ring[EHCA_RQ] = (struct ehca_qp_ring) {
		.nr_wrs = FIELD_GET(QP_GOT_RECEIVE_WRS, out[2]),
		.nr_sges = FIELD_GET(QP_GOT_RECEIVE_SGES, out[3]),
		.nr_pages = FIELD_GET(QP_RECEIVE_PAGES, out[4]),
	};
	qp->galpa = out[6];
}

/**
 * ehca_fw_alloc_qp() - allocate a queue pair
 * @adapter: whose
 * @qp: what is wanted, and the answer
 *
 * Whether a send makes an entry in the completion queue is up to each.
 *
 * Return: 0 or an errno.
 */
int ehca_fw_alloc_qp(struct ehca_adapter *adapter, struct ehca_qp_alloc *qp)
{
	struct ebus_hcall call = {
		.opcode = H_ALLOC_RESOURCE,
		.arg = {
			adapter->handle,
			FIELD_PREP(ALLOC_TYPE, ALLOC_QP) |
			FIELD_PREP(QP_SERVICE, qp->service) |
			FIELD_PREP(QP_SIGNALING, QP_SIGNAL_ON_DEMAND),
			qp->send_cq, qp->receive_cq, qp->eq,
			FIELD_PREP(QP_TOKEN, qp->token) |
			FIELD_PREP(QP_PD, qp->pd),
			qp_sizes(qp->ring),
		},
	};
	const long rc = ebus_hcall(&call);

	if (rc != H_SUCCESS)
		return ebus_errno(rc);
	take_qp(qp, call.out);
	return 0;
}

/**
 * ehca_fw_register_page() - give a queue one of its pages
 * @adapter: whose
 * @resource: handle of the event or completion queue, or queue pair
 * @ring: of a queue pair; otherwise EHCA_SQ
 * @page: 4 KiB, aligned
 * @more: set if the firmware expects another
 *
 * Return: 0 or an errno.
 */
int ehca_fw_register_page(struct ehca_adapter *adapter, u64 resource,
			  enum ehca_ring ring, void *page, bool *more)
{
	struct ebus_hcall call = {
		.opcode = H_REGISTER_RPAGES,
		.arg = {
			adapter->handle, ring, resource, virt_to_phys(page), 1,
		},
	};
	const long rc = ebus_hcall(&call);

	*more = rc == H_PAGE_REGISTERED;
	return *more ? 0 : ebus_errno(rc);
}

/**
 * ehca_fw_query_qp() - the state of a queue pair
 * @adapter: whose
 * @qp: handle
 * @block: where the answer goes
 *
 * Return: 0 or an errno.
 */
int ehca_fw_query_qp(struct ehca_adapter *adapter, u64 qp,
		     struct ehca_cb_qp *block)
{
	struct ebus_hcall call = {
		.opcode = H_QUERY_QP,
		.arg = { adapter->handle, qp, virt_to_phys(block) },
	};

	return ebus_errno(ebus_hcall(&call));
}

/**
 * ehca_fw_modify_qp() - change the state of a queue pair
 * @adapter: whose
 * @qp: handle
 * @mask: fields that are to change, EHCA_QP_*
 * @block: what to
 *
 * Return: 0 or an errno.
 */
int ehca_fw_modify_qp(struct ehca_adapter *adapter, u64 qp, u64 mask,
		      struct ehca_cb_qp *block)
{
	struct ebus_hcall call = {
		.opcode = H_MODIFY_QP,
		.arg = { adapter->handle, qp, mask, virt_to_phys(block) },
	};

	return ebus_errno(ebus_hcall(&call));
}

/**
 * ehca_fw_stop_qp() - stop a queue pair for good, or ask how far it has got
 * @adapter: whose
 * @qp: handle
 * @what: which of them
 * @next: answer, physical addresses of the entries that come next, with the highest
 *	bit perhaps set; NULL if nobody wants to know
 *
 * Return: 0 or an errno.
 */
int ehca_fw_stop_qp(struct ehca_adapter *adapter, u64 qp,
		    enum ehca_qp_stop what, u64 next[EHCA_NR_RINGS])
{
	struct ebus_hcall call = {
		.opcode = H_DISABLE_AND_GET,
		.arg = { adapter->handle, what, qp },
	};
	const long rc = ebus_hcall(&call);

	if (rc == H_SUCCESS && next) {
		next[EHCA_SQ] = call.out[0];
		next[EHCA_RQ] = call.out[1];
	}
	return ebus_errno(rc);
}

/**
 * ehca_fw_define_aqp1() - make a queue pair a port's AQP1
 * @adapter: whose
 * @qp: handle of the queue pair
 * @port: from 1 on
 *
 * The port becomes active then, if it has a link. Freeing the queue pair undoes it.
 *
 * Return: 0 or an errno.
 */
int ehca_fw_define_aqp1(struct ehca_adapter *adapter, u64 qp, u32 port)
{
	struct ebus_hcall call = {
		.opcode = H_DEFINE_AQP1,
		.arg = { adapter->handle, qp, port },
	};

	return ebus_errno(ebus_hcall(&call));
}

static long free_resource(struct ehca_adapter *adapter, u64 resource,
			  bool force)
{
	struct ebus_hcall call = {
		.opcode = H_FREE_RESOURCE,
		.arg = { adapter->handle, resource, force },
	};

	return ebus_hcall(&call);
}

/**
 * ehca_fw_free() - free a queue or queue pair, by force if it has to be
 * @adapter: whose
 * @resource: handle
 * @what: what it is called if it cannot be freed
 *
 * Return: 0 or an errno, which has been logged; the adapter may go on using it then.
 */
int ehca_fw_free(struct ehca_adapter *adapter, u64 resource, const char *what)
{
	long rc = free_resource(adapter, resource, false);

	/* It is in error, and may be so */
	if (rc == H_R_STATE)
		rc = free_resource(adapter, resource, true);
	if (rc != H_SUCCESS)
		dev_err(&adapter->pdev->dev, "cannot free %s %#llx: %ld\n",
			what, resource, rc);
	return ebus_errno(rc);
}

/**
 * ehca_fw_reset_events() - let events come again
 * @adapter: whose
 * @neq: handle of the notification event queue
 * @events: which, a bit for each
 *
 * Return: 0 or an errno.
 */
int ehca_fw_reset_events(struct ehca_adapter *adapter, u64 neq, u64 events)
{
	struct ebus_hcall call = {
		.opcode = H_RESET_EVENTS,
		.arg = { adapter->handle, neq, events },
	};

	return ebus_errno(ebus_hcall(&call));
}

/**
 * ehca_fw_interrupt_is_over() - whether what an interrupt tells of is in memory
 * @adapter: whose
 * @ist: the interrupt
 *
 * Context: Any.
 * Return: whether it is.
 */
bool ehca_fw_interrupt_is_over(struct ehca_adapter *adapter, u32 ist)
{
	struct ebus_hcall call = {
		.opcode = H_QUERY_INT_STATE,
		.arg = { adapter->handle, ist },
	};

	return ebus_hcall_atomic(&call) == H_SUCCESS;
}

/**
 * ehca_fw_error_data() - what is wrong with a queue or queue pair
 * @adapter: whose
 * @resource: handle
 * @block: EHCA_ERROR_WORDS doublewords
 *
 * Context: Any. The firmware is asked once.
 * Return: 0 or an errno; nothing may be known of it, or it may be busy.
 */
int ehca_fw_error_data(struct ehca_adapter *adapter, u64 resource, u64 *block)
{
	struct ebus_hcall call = {
		.opcode = H_ERROR_DATA,
		.arg = { adapter->handle, resource, virt_to_phys(block) },
	};

	return ebus_errno(ebus_hcall_atomic(&call));
}

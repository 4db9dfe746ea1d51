// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events: completions, errors of completion queues and queue pairs, and what happens
 * to ports. Facts from 4.4's drivers/staging/rdma/ehca/ehca_irq.c.
 */

#include "cq.h"
#include "ehca.h"
#include "qp.h"

/* Event of the event queue */
#define EQE_COMPLETION	EHCA_BIT(1)
#define EQE_CODE	EHCA_BITS(2, 7)
#define EQE_NUMBER	EHCA_BITS(8, 31)
#define EQE_TOKEN	EHCA_BITS(32, 63)

enum eqe_code {
	EQE_PATH_MIGRATED = 0x02,
	EQE_COMM_ESTABLISHED = 0x03,
	EQE_SQ_DRAINED = 0x04,
	EQE_QP_ERROR = 0x05,
	EQE_QP_ERROR_QUEUE = 0x06,
	EQE_CQ_ERROR = 0x07,
	EQE_CQ_ERROR_QUEUE = 0x08,
	EQE_MR_ERROR = 0x09,
	EQE_MR_ACCESS = 0x0b,
	EQE_EQ_ERROR = 0x0c,
	EQE_KEY_MISMATCH = 0x0d,
	EQE_UNAFFILIATED = 0x11,
};

/* Event of the notification event queue */
#define NEQE_CODE	EHCA_BITS(2, 7)
#define NEQE_PORT	EHCA_BITS(8, 15)
#define NEQE_PORT_UP	EHCA_BIT(16)
#define NEQE_DISRUPTIVE	EHCA_BIT(16)
#define NEQE_WHICH	EHCA_BITS(16, 23)
#define NEQE_REREGISTER	0x80

enum neqe_code {
	NEQE_PORT_STATE = 0x30,
	NEQE_PORT_CHANGE = 0x31,
	NEQE_MALFUNCTION = 0x32,
	NEQE_TRACE_STOPPED = 0x33,
	NEQE_OTHER = 0x34,
};

/**
 * ehca_event_is_completion() - whether an event can be dealt with at once
 * @event: of the event queue
 *
 * Return: whether it is for ehca_completion_event().
 */
bool ehca_event_is_completion(u64 event)
{
	return event & EQE_COMPLETION;
}

/**
 * ehca_completion_event() - an entry in a completion queue that was waited for
 * @adapter: whose
 * @event: of the event queue
 *
 * Context: Any.
 */
void ehca_completion_event(struct ehca_adapter *adapter, u64 event)
{
	struct ehca_named *named =
		ehca_names_get(&adapter->cqs, FIELD_GET(EQE_TOKEN, event));

	/* It may have been destroyed since */
	if (!named)
		return;
	ehca_cq_event(container_of(named, struct ehca_cq, named));
	ehca_named_put(named);
}

/*
 * What the firmware knows of an error goes to the log, if it knows any and tells at
 * once: there may be completions behind the event.
 */
static void log_error(struct ehca_adapter *adapter, u64 resource,
		      const char *what, u32 number)
{
	u64 *block = (u64 *)get_zeroed_page(GFP_NOWAIT | __GFP_NOWARN);
	int ret = -ENOMEM;

	if (block)
		ret = ehca_fw_error_data(adapter, resource, block);
	if (ret)
		ibdev_err_ratelimited(&adapter->ib,
				      "%s %u failed, cause unknown: %d\n",
				      what, number, ret);
	else
		ibdev_err_ratelimited(&adapter->ib,
				      "%s %u failed, type %llu, AER %#llx\n",
				      what, number,
				      FIELD_GET(EHCA_ERROR_TYPE_MASK,
						block[EHCA_ERROR_TYPE]),
				      block[EHCA_ERROR_AER]);
	ehca_block_free(block);
}

static void tell_qp(struct ehca_qp *qp, enum ib_event_type type)
{
	struct ib_event event = {
		.device = qp->ib.device,
		.event = type,
		.element.qp = &qp->ib,
	};

	if (qp->ib.event_handler)
		qp->ib.event_handler(&event, qp->ib.qp_context);
}

static void qp_error(struct ehca_adapter *adapter, struct ehca_qp *qp)
{
	ehca_qp_failed(qp);
	tell_qp(qp, IB_EVENT_QP_FATAL);
	log_error(adapter, qp->handle, "queue pair", qp->number);
}

static void qp_event(struct ehca_adapter *adapter, u64 event)
{
	struct ehca_named *named =
		ehca_names_get(&adapter->qps, FIELD_GET(EQE_TOKEN, event));
	struct ehca_qp *qp;

	if (!named) {
		ibdev_dbg(&adapter->ib, "event %#llx of no queue pair\n", event);
		return;
	}
	qp = container_of(named, struct ehca_qp, named);
	switch (FIELD_GET(EQE_CODE, event)) {
	case EQE_PATH_MIGRATED:
		/* Otherwise a false alarm: 4.4's ehca_irq.c, dispatch_qp_event() */
		if (READ_ONCE(qp->has_alternate))
			tell_qp(qp, IB_EVENT_PATH_MIG);
		break;
	case EQE_COMM_ESTABLISHED:
		tell_qp(qp, IB_EVENT_COMM_EST);
		break;
	case EQE_SQ_DRAINED:
		if (READ_ONCE(qp->tells_drained))
			tell_qp(qp, IB_EVENT_SQ_DRAINED);
		break;
	default:
		qp_error(adapter, qp);
	}
	ehca_named_put(named);
}

static void cq_event(struct ehca_adapter *adapter, u64 event)
{
	struct ehca_named *named =
		ehca_names_get(&adapter->cqs, FIELD_GET(EQE_TOKEN, event));
	struct ehca_cq *cq;

	if (!named) {
		ibdev_dbg(&adapter->ib, "event %#llx of no completion queue\n",
			  event);
		return;
	}
	cq = container_of(named, struct ehca_cq, named);
	ehca_cq_error(cq);
	log_error(adapter, cq->handle, "completion queue", named->token);
	ehca_named_put(named);
}

/**
 * ehca_eq_event() - deal with an event of any kind
 * @adapter: whose
 * @event: of the event queue
 *
 * Context: Process context, may sleep.
 */
void ehca_eq_event(struct ehca_adapter *adapter, u64 event)
{
	if (ehca_event_is_completion(event)) {
		ehca_completion_event(adapter, event);
		return;
	}
	switch (FIELD_GET(EQE_CODE, event)) {
	case EQE_PATH_MIGRATED:
	case EQE_COMM_ESTABLISHED:
	case EQE_SQ_DRAINED:
	case EQE_QP_ERROR:
	case EQE_QP_ERROR_QUEUE:
		qp_event(adapter, event);
		break;
	case EQE_CQ_ERROR:
	case EQE_CQ_ERROR_QUEUE:
		cq_event(adapter, event);
		break;
	case EQE_MR_ERROR:
	case EQE_MR_ACCESS:
		ibdev_err_ratelimited(&adapter->ib,
				      "error of a memory region: %#llx\n", event);
		break;
	case EQE_EQ_ERROR:
		ibdev_err(&adapter->ib, "error of the event queue: %#llx\n",
			  event);
		break;
	case EQE_KEY_MISMATCH:
	case EQE_UNAFFILIATED:
		ibdev_warn_ratelimited(&adapter->ib,
				       "packet with a wrong key: %#llx\n", event);
		break;
	default:
		ibdev_warn_ratelimited(&adapter->ib, "unknown event %#llx\n",
				       event);
	}
}

static void dispatch(struct ehca_adapter *adapter, u32 port,
		     enum ib_event_type type)
{
	struct ib_event event = {
		.device = &adapter->ib,
		.event = type,
		.element.port_num = port,
	};

	ib_dispatch_event(&event);
}

static void port_up(struct ehca_adapter *adapter, u32 port)
{
	int ret = ehca_aqp1_start(adapter->aqp1[port - 1]);

	/* Only what comes for the GSI, whom nobody here listens to, is lost */
	if (ret)
		ibdev_warn(&adapter->ib, "port %u: cannot start AQP1: %d\n",
			   port, ret);
	ibdev_info(&adapter->ib, "port %u is active\n", port);
	dispatch(adapter, port, IB_EVENT_PORT_ACTIVE);
}

static void port_down(struct ehca_adapter *adapter, u32 port)
{
	ibdev_info(&adapter->ib, "port %u is not active\n", port);
	dispatch(adapter, port, IB_EVENT_PORT_ERR);
}

/* A new LID and the like is as if the port had been down; anything else may be any */
static void port_change(struct ehca_adapter *adapter, u32 port, u64 event)
{
	if (event & NEQE_DISRUPTIVE) {
		port_down(adapter, port);
		port_up(adapter, port);
		return;
	}
	dispatch(adapter, port, IB_EVENT_LID_CHANGE);
	dispatch(adapter, port, IB_EVENT_PKEY_CHANGE);
	dispatch(adapter, port, IB_EVENT_GID_CHANGE);
	dispatch(adapter, port, IB_EVENT_SM_CHANGE);
}

/**
 * ehca_neq_event() - deal with a notification
 * @adapter: whose
 * @event: of the notification event queue
 *
 * Context: Process context, may sleep; the RDMA core knows the adapter.
 */
void ehca_neq_event(struct ehca_adapter *adapter, u64 event)
{
	const u32 port = FIELD_GET(NEQE_PORT, event);
	const u32 code = FIELD_GET(NEQE_CODE, event);

	if ((code == NEQE_PORT_STATE || code == NEQE_PORT_CHANGE ||
	     code == NEQE_OTHER) &&
	    (port < 1 || port > adapter->nr_ports)) {
		ibdev_warn(&adapter->ib, "notification %#llx of no port\n",
			   event);
		return;
	}
	switch (code) {
	case NEQE_PORT_STATE:
		if (event & NEQE_PORT_UP)
			port_up(adapter, port);
		else
			port_down(adapter, port);
		break;
	case NEQE_PORT_CHANGE:
		port_change(adapter, port, event);
		break;
	case NEQE_MALFUNCTION:
		ibdev_err(&adapter->ib, "adapter malfunction\n");
		dispatch(adapter, 0, IB_EVENT_DEVICE_FATAL);
		break;
	case NEQE_TRACE_STOPPED:
		break;
	case NEQE_OTHER:
		if (FIELD_GET(NEQE_WHICH, event) == NEQE_REREGISTER)
			dispatch(adapter, port, IB_EVENT_CLIENT_REREGISTER);
		break;
	default:
		ibdev_warn(&adapter->ib, "unknown notification %#llx\n", event);
	}
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Completions and events of eHCA.
 */

#include "hca.h"

/**
 * hca_notify_port() - something has happened to a port
 * @port: the port
 * @code: HCA_EVENT_*
 *
 * Context: hea_lock held.
 */
void hca_notify_port(const struct hca_port *port, unsigned int code)
{
	u64 entry = FIELD_PREP(EQE_CODE, (u64)code) |
		    FIELD_PREP(HCA_NEQE_PORT, (u64)port->number);
	struct hea_object *object;
	struct hea_eq *eq;

	if (port->active)
		entry |= NEQE_PORT_UP;
	list_for_each_entry(object, hea_list(HCA_EQ), list) {
		eq = container_of(object, struct hea_eq, object);
		if (eq->notify)
			hea_eq_post(eq, entry);
	}
}

static void post_event(u64 eq, unsigned int code, u64 number, u32 token)
{
	struct hea_object *object = hea_find(eq, HCA_EQ);

	if (object)
		hea_eq_post(container_of(object, struct hea_eq, object),
			    FIELD_PREP(EQE_CODE, (u64)code) |
			    FIELD_PREP(EQE_NUMBER, number) |
			    FIELD_PREP(EQE_TOKEN, (u64)token));
}

/* Something has happened to a queue pair, HCA_EVENT_*. Context: hea_lock held. */
void hca_qp_event(const struct hca_qp *qp, unsigned int code)
{
	post_event(qp->eq, code, hca_qp_number(qp), qp->token);
}

/**
 * hca_cq_break() - a completion queue gets an error
 * @cq: the queue; there is nothing more in it from now on
 *
 * Context: hea_lock held.
 */
void hca_cq_break(struct hea_cq *cq)
{
	if (cq->error)
		return;
	cq->error = true;
	post_event(cq->eq, HCA_EVENT_CQ_ERROR, hea_index(&cq->object), cq->token);
}

/**
 * hca_complete() - tell that something is done
 * @cq: handle of the completion queue
 * @cqe: what it is, without its valid bit
 *
 * A queue that overflows has an error: its user may have made it too small, so that
 * this is no oracle's business.
 *
 * Context: hea_lock held.
 * Return: false if it could not be told.
 */
bool hca_complete(u64 cq, struct hca_cqe *cqe)
{
	struct hea_object *object = hea_find(cq, HCA_CQ);
	struct hea_cq *queue;

	lockdep_assert_held(&hea_lock);
	queue = object ? container_of(object, struct hea_cq, object) : NULL;
	if (!queue || queue->error || !hea_ring_complete(&queue->ring))
		return false;
	if (queue->unconsumed >= queue->ring.nr_entries) {
		hca_cq_break(queue);
		return false;
	}
	cqe->valid = queue->ring.toggle ? CQE_VALID : 0;
	hea_entry_write(hea_ring_at_head(&queue->ring), cqe, sizeof(*cqe),
			HCA_CQE_VALID_AT);
	hea_ring_advance(&queue->ring);
	queue->unconsumed++;
	hea_cq_completed(queue, cqe->flags & CQE_SOLICITED || cqe->status);
	return true;
}

/*
 * H_QUERY_INT_STATE: hcp_if.c of Linux 4.4, hipz_h_query_int_state(). An interrupt is
 * over when it has been served: assumed.
 */
long hca_call_query_int_state(struct ebus_hcall *call)
{
	struct hea_object *object;

	lockdep_assert_held(&hea_lock);
	list_for_each_entry(object, hea_list(HCA_EQ), list) {
		if (container_of(object, struct hea_eq, object)->ist == call->arg[1])
			return H_SUCCESS;
	}
	hea_oracle(ORACLE_BAD_ARGUMENT, "H_QUERY_INT_STATE: no interrupt %lx",
		   call->arg[1]);
	return H_PARAMETER;
}

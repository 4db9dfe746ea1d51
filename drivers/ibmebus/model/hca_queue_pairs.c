// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queue pairs (QP) of eHCA: how they are made, and their doorbells.
 */

#include "hca.h"

static struct hca_qp *to_qp(struct hea_object *object)
{
	return container_of(object, struct hca_qp, object);
}

/* What names it on the network */
u32 hca_qp_number(const struct hca_qp *qp)
{
	return HCA_FIRST_QPN + hea_index(&qp->object);
}

/* The opposite; NULL if there is none. Context: hea_lock held. */
struct hca_qp *hca_qp_find(u32 number)
{
	struct hea_object *object = number > HCA_FIRST_QPN ?
		hea_find_index(number - HCA_FIRST_QPN) : NULL;

	return object && object->type == HCA_QP ? to_qp(object) : NULL;
}

/* The queue pair that a call names; that there is none is noted */
struct hca_qp *hca_qp_argument(const struct ebus_hcall *call, u64 handle)
{
	struct hea_object *object = hea_find(handle, HCA_QP);

	if (object)
		return to_qp(object);
	hea_oracle(ORACLE_FREED_OBJECT, "%s: no QP %llx",
		   hea_call_name(call->opcode), handle);
	return NULL;
}

/*
 * Descriptors that there is room for: the size of an entry is a power of two (ehca_qp.c
 * of Linux 4.4, ehca_determine_small_queue()).
 */
static unsigned int room_for(unsigned int nr_sges)
{
	unsigned int room = 4;

	while (room < nr_sges)
		room = 2 * room + 4;
	return room;
}

static unsigned int entry_size(unsigned int nr_sges)
{
	return WQE_HEADER + nr_sges * sizeof(struct hea_sge);
}

static bool wants_too_much(const struct hca_qp *qp, unsigned int nr_wrs,
			   unsigned int nr_sges)
{
	const unsigned int extra = qp->service == SERVICE_UD ? WQE_AV_SGES : 0;

	return !nr_wrs || nr_wrs > HCA_MAX_WQES + 1 ||
	       nr_sges > HCA_MAX_SGES + extra;
}

static long init_ring(struct hca_qp *qp, unsigned int ring, unsigned int nr_wrs,
		      unsigned int nr_sges)
{
	if (wants_too_much(qp, nr_wrs, nr_sges)) {
		hea_oracle(ORACLE_BAD_ARGUMENT, "QP of %u WQEs with %u descriptors",
			   nr_wrs, nr_sges);
		return H_PARAMETER;
	}
	qp->nr_sges[ring] = room_for(nr_sges);
	return hea_ring_init(&qp->ring[ring], entry_size(qp->nr_sges[ring]),
			     nr_wrs) ? H_NO_MEM : H_SUCCESS;
}

static long init_rings(struct hca_qp *qp, u64 sizes)
{
	const long rc = init_ring(qp, HCA_SEND, FIELD_GET(HCA_QP_SEND_WRS, sizes),
				  FIELD_GET(HCA_QP_SEND_SGES, sizes));

	if (rc != H_SUCCESS)
		return rc;
	return init_ring(qp, HCA_RECEIVE, FIELD_GET(HCA_QP_RECEIVE_WRS, sizes),
			 FIELD_GET(HCA_QP_RECEIVE_SGES, sizes));
}

static void take_arguments(struct hca_qp *qp, const struct ebus_hcall *call)
{
	qp->service = FIELD_GET(HCA_QP_SERVICE, call->arg[1]);
	qp->signal_all = FIELD_GET(HCA_QP_SIGNALLING, call->arg[1]) ==
			 HCA_SIGNAL_ALL;
	qp->send_cq = call->arg[2];
	qp->receive_cq = call->arg[3];
	qp->eq = call->arg[4];
	qp->token = FIELD_GET(ALLOC_QP_TOKEN, call->arg[5]);
	qp->pd = FIELD_GET(ALLOC_QP_PD, call->arg[5]);
	qp->state = STATE_RESET;
}

/* The model has neither shared receive queues, nor those of low latency, nor small ones */
static bool is_known(const struct hca_qp *qp, u64 controls)
{
	const u64 signalling = FIELD_GET(HCA_QP_SIGNALLING, controls);

	return !(controls & (HCA_QP_KIND | HCA_QP_SPECIAL)) &&
	       (signalling == HCA_SIGNAL_BY_WQE || signalling == HCA_SIGNAL_ALL) &&
	       (qp->service == SERVICE_RC || qp->service == SERVICE_UC ||
		qp->service == SERVICE_UD);
}

static void answer(const struct hca_qp *qp, struct ebus_hcall *call)
{
	const struct hea_ring *send = &qp->ring[HCA_SEND];
	const struct hea_ring *receive = &qp->ring[HCA_RECEIVE];

	call->out[0] = qp->object.handle;
	call->out[1] = hca_qp_number(qp);
	/* One entry is never used: ehca_qp.c asks for one more than it needs */
	call->out[2] = FIELD_PREP(HCA_QP_GOT_SEND_WRS, send->nr_entries - 1UL) |
		       FIELD_PREP(HCA_QP_GOT_RECEIVE_WRS, receive->nr_entries - 1UL);
	call->out[3] = FIELD_PREP(HCA_QP_GOT_SEND_SGES, (u64)qp->nr_sges[HCA_SEND]) |
		       FIELD_PREP(HCA_QP_GOT_RECEIVE_SGES,
				  (u64)qp->nr_sges[HCA_RECEIVE]);
	call->out[4] = FIELD_PREP(HCA_QP_SEND_PAGES, (u64)send->nr_pages) |
		       FIELD_PREP(HCA_QP_RECEIVE_PAGES, (u64)receive->nr_pages);
	call->out[6] = hea_galpa(&qp->object);
}

static long publish(struct hca_qp *qp, struct ebus_hcall *call)
{
	struct hea_object *send_cq, *receive_cq, *eq;

	lockdep_assert_held(&hea_lock);
	send_cq = hea_find(qp->send_cq, HCA_CQ);
	receive_cq = hea_find(qp->receive_cq, HCA_CQ);
	eq = hea_find(qp->eq, HCA_EQ);
	if (!send_cq || !receive_cq || !eq || !is_known(qp, call->arg[1])) {
		hea_oracle(ORACLE_BAD_ARGUMENT, "QP: %lx CQ %llx %llx EQ %llx",
			   call->arg[1], qp->send_cq, qp->receive_cq, qp->eq);
		return H_PARAMETER;
	}
	if (!hea_object_add(&qp->object))
		return H_NOT_ENOUGH_RESOURCES;
	send_cq->users++;
	receive_cq->users++;
	eq->users++;
	answer(qp, call);
	return H_SUCCESS;
}

/* H_ALLOC_RESOURCE of a queue pair: hcp_if.c of Linux 4.4, hipz_h_alloc_resource_qp() */
long hca_qp_alloc(struct ebus_hcall *call)
{
	struct hea_object *object;
	unsigned long flags;
	struct hca_qp *qp;
	long rc;

	object = hea_object_alloc(HCA_QP, sizeof(*qp));
	if (!object)
		return H_NO_MEM;
	qp = to_qp(object);
	take_arguments(qp, call);
	rc = init_rings(qp, call->arg[6]);
	if (rc == H_SUCCESS) {
		spin_lock_irqsave(&hea_lock, flags);
		rc = publish(qp, call);
		spin_unlock_irqrestore(&hea_lock, flags);
	}
	if (rc != H_SUCCESS)
		hea_discard(object);
	return rc;
}

/* Whether an error has stopped the queue */
static bool is_stopped(const struct hca_qp *qp, unsigned int ring)
{
	return qp->state == STATE_ERROR ||
	       (qp->state == STATE_SQE && ring == HCA_SEND);
}

/*
 * A doorbell: so many entries more. A queue that an error has stopped does not hear it:
 * what is posted is the driver's to complete (ehca_reqs.c of Linux 4.4,
 * generate_flush_cqes()), or to tell of when the queue goes on (ehca_qp.c,
 * internal_modify_qp()).
 */
static void post(struct hca_qp *qp, unsigned int ring, unsigned int nr)
{
	const unsigned int needs = ring == HCA_SEND ? STATE_RTS : STATE_INIT;

	if (is_stopped(qp, ring))
		return;
	if (qp->state < needs) {
		hea_oracle(ORACLE_BAD_ARGUMENT, "doorbell of QP %llx in state %u",
			   qp->object.handle, qp->state);
		return;
	}
	hea_ring_post(&qp->ring[ring], qp->object.handle, nr);
	hea_engine_wake();
}

/**
 * hca_qp_store() - write a register of a queue pair
 * @qp: the queue pair
 * @offset: which register
 * @value: what is written
 *
 * Context: hea_lock held.
 */
void hca_qp_store(struct hca_qp *qp, unsigned int offset, u64 value)
{
	const unsigned int nr = FIELD_GET(QP_ADDER, value);

	switch (offset) {
	case QP_SEND_ADDER:
		post(qp, HCA_SEND, nr);
		return;
	case QP_RECEIVE1_ADDER:
		post(qp, HCA_RECEIVE, nr);
		return;
	}
	hea_oracle(ORACLE_BAD_ARGUMENT, "register %x of a QP", offset);
}

/* It is about to be freed. Context: hea_lock held. */
void hca_qp_freed(struct hca_qp *qp)
{
	if (qp->aqp1)
		hca_port_aqp1_freed(hca_port_find(qp->aqp1));
}

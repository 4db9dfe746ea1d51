// SPDX-License-Identifier: GPL-2.0-only
/*
 * Event queues (EQ), completion queues (CQ) and queue pairs (QP): how they are made;
 * and their pages. eHCA has queue pairs of its own, see hca_queue_pairs.c.
 */

#include <linux/log2.h>
#include <linux/slab.h>

#include "hca.h"

/* Assumed; the driver asks for less */
#define MAX_EVENTS	4096
#define MAX_CQES	65536

static struct hea_eq *to_eq(struct hea_object *object)
{
	return container_of(object, struct hea_eq, object);
}

static struct hea_cq *to_cq(struct hea_object *object)
{
	return container_of(object, struct hea_cq, object);
}

static struct hea_qp *to_qp(struct hea_object *object)
{
	return container_of(object, struct hea_qp, object);
}

static long too_many(const char *what, u64 nr)
{
	hea_oracle(ORACLE_BAD_ARGUMENT, "%s with %llu entries", what, nr);
	return H_PARAMETER;
}

static long no_interrupt(u64 controls)
{
	hea_oracle(ORACLE_BAD_ARGUMENT, "EQ without interrupt, %llx", controls);
	return H_PARAMETER;
}

static long publish_eq(struct hea_eq *eq, struct ebus_hcall *call)
{
	int ist;

	lockdep_assert_held(&hea_lock);
	ist = hea_ist_alloc();
	if (ist < 0)
		return H_NOT_ENOUGH_RESOURCES;
	if (!hea_object_add(&eq->object)) {
		hea_ist_free(ist);
		return H_NOT_ENOUGH_RESOURCES;
	}
	eq->ist = ist;
	call->out[0] = eq->object.handle;
	call->out[3] = eq->ring.nr_entries;
	call->out[4] = eq->ring.nr_pages;
	call->out[5] = ist;
	return H_SUCCESS;
}

/*
 * H_ALLOC_HEA_RESOURCE of an EQ: ehea_phyp.c, ehea_h_alloc_resource_eq(). That none is
 * without entries is assumed, of this and of the other queues. eHCA: there is an
 * interrupt, or it is for notifications (hcp_if.c of Linux 4.4,
 * hipz_h_alloc_resource_eq()); that the limit is the same is assumed.
 */
long hea_eq_alloc(struct ebus_hcall *call)
{
	const enum hea_type type = hea_call_type(call, HEA_EQ);
	struct hea_object *object;
	unsigned long flags;
	struct hea_eq *eq;
	long rc = H_NO_MEM;

	if (!call->arg[2] || call->arg[2] > MAX_EVENTS)
		return too_many("EQ", call->arg[2]);
	if (type == HCA_EQ && !(call->arg[1] & (ALLOC_EQ_NOTIFY | ALLOC_EQ_ISN)))
		return no_interrupt(call->arg[1]);
	object = hea_object_alloc(type, sizeof(*eq));
	if (!object)
		return H_NO_MEM;
	eq = to_eq(object);
	eq->notify = call->arg[1] & ALLOC_EQ_NOTIFY;
	eq->no_entries = call->arg[1] & ALLOC_EQ_NO_ENTRIES;
	if (!hea_ring_init(&eq->ring, sizeof(u64), call->arg[2])) {
		if (eq->no_entries && hea_bare_eqs)
			eq->ring.nr_pages = 0;
		spin_lock_irqsave(&hea_lock, flags);
		rc = publish_eq(eq, call);
		spin_unlock_irqrestore(&hea_lock, flags);
	}
	if (rc != H_SUCCESS)
		hea_discard(object);
	return rc;
}

static long publish_cq(struct hea_cq *cq, struct ebus_hcall *call)
{
	struct hea_object *eq;

	lockdep_assert_held(&hea_lock);
	eq = hea_find(cq->eq, HEA_SIBLING(cq->object.type, HEA_EQ));
	if (!eq) {
		hea_oracle(ORACLE_BAD_ARGUMENT, "CQ with EQ %llx", cq->eq);
		return H_PARAMETER;
	}
	if (!hea_object_add(&cq->object))
		return H_NOT_ENOUGH_RESOURCES;
	eq->users++;
	call->out[0] = cq->object.handle;
	call->out[3] = cq->ring.nr_entries - 1;
	call->out[4] = cq->ring.nr_pages;
	call->out[5] = hea_galpa(&cq->object);
	call->out[6] = hea_galpa(&cq->object);
	return H_SUCCESS;
}

/*
 * H_ALLOC_HEA_RESOURCE of a CQ: ehea_phyp.c, ehea_h_alloc_resource_cq(); eHCA: hcp_if.c
 * of Linux 4.4, hipz_h_alloc_resource_cq()
 */
long hea_cq_alloc(struct ebus_hcall *call)
{
	struct hea_object *object;
	unsigned long flags;
	struct hea_cq *cq;
	long rc = H_NO_MEM;

	if (!call->arg[4] || call->arg[4] >= MAX_CQES)
		return too_many("CQ", call->arg[4]);
	object = hea_object_alloc(hea_call_type(call, HEA_CQ), sizeof(*cq));
	if (!object)
		return H_NO_MEM;
	cq = to_cq(object);
	cq->eq = call->arg[2];
	cq->token = call->arg[3];
	/* One entry more than can be used: assumed */
	if (!hea_ring_init(&cq->ring, sizeof(struct hea_cqe), call->arg[4] + 1)) {
		spin_lock_irqsave(&hea_lock, flags);
		rc = publish_cq(cq, call);
		spin_unlock_irqrestore(&hea_lock, flags);
	}
	if (rc != H_SUCCESS)
		hea_discard(object);
	return rc;
}

/*
 * The sizes of the four queues, in a byte each: 2^(n + 1) entries, of which one is
 * never used (ehea_phyp.c, get_order_of_qentries(); ehea_main.c, the size of the
 * arrays of buffers). In the other word the size of an entry, 128 << n.
 */
static int init_rings(struct hea_qp *qp, u64 sizes)
{
	unsigned int i, entries, entry_size;

	for (i = 0; i < NR_RINGS; i++) {
		entries = 2U << (sizes >> (56 - 8 * i) & 0xf);
		entry_size = 128U << (sizes >> (24 - 8 * i) & 0x7);
		if (entry_size > sizeof(struct hea_send_wqe) ||
		    hea_ring_init(&qp->ring[i], entry_size, entries))
			return -ENOMEM;
	}
	return 0;
}

/*
 * The shortest frame that goes into a receive queue: 1 stands for 256 bytes, 4 for
 * 2048 (ehea.h, EHEA_RQ2_THRESHOLD and EHEA_RQ3_THRESHOLD); the rest: assumed.
 */
static unsigned int threshold(u64 code)
{
	return code && code < 8 ? 128U << code : 0;
}

static void take_arguments(struct hea_qp *qp, const struct ebus_hcall *call)
{
	qp->signal_all = !FIELD_GET(ALLOC_QP_SIGNAL_ALL, call->arg[1]);
	qp->send_cq = call->arg[2];
	qp->receive_cq = call->arg[3];
	qp->eq = call->arg[4];
	qp->token = FIELD_GET(ALLOC_QP_TOKEN, call->arg[5]);
	qp->pd = FIELD_GET(ALLOC_QP_PD, call->arg[5]);
	qp->port = FIELD_GET(ALLOC_QP_PORT, call->arg[7]);
	qp->from[RING_RQ2] = threshold(FIELD_GET(ALLOC_QP_RQ2_FROM, call->arg[8]));
	qp->from[RING_RQ3] = threshold(FIELD_GET(ALLOC_QP_RQ3_FROM, call->arg[8]));
	qp->control = FIELD_PREP(QP_STATE, QP_RESET) |
		      FIELD_PREP(QP_STATE_NOW, QP_RESET);
}

/* ehea_qmr.h, struct ehea_qp_init_attr: an EQ, two CQs, a port */
static bool refers_to_nothing(const struct hea_qp *qp)
{
	return !hea_find(qp->send_cq, HEA_CQ) ||
	       !hea_find(qp->receive_cq, HEA_CQ) || !hea_find(qp->eq, HEA_EQ) ||
	       !hea_port_find(qp->port);
}

static void answer_qp(const struct hea_qp *qp, struct ebus_hcall *call)
{
	const struct hea_ring *ring = qp->ring;
	unsigned int i;

	call->out[0] = qp->object.handle;
	call->out[1] = hea_index(&qp->object);
	for (i = 0; i < NR_RINGS; i++)
		call->out[2] |= (u64)(ring[i].nr_entries - 1) << (48 - 16 * i);
	call->out[3] = call->arg[6];
	call->out[4] = (u64)ring[RING_SEND].nr_pages << 32 |
		       ring[RING_RQ1].nr_pages;
	call->out[5] = (u64)ring[RING_RQ2].nr_pages << 32 |
		       ring[RING_RQ3].nr_pages;
	call->out[6] = hea_galpa(&qp->object);
}

/* Drivers want three receive queues (ehea_phyp.c); the model has no other QPs */
static long publish_qp(struct hea_qp *qp, struct ebus_hcall *call)
{
	lockdep_assert_held(&hea_lock);
	if (refers_to_nothing(qp) ||
	    FIELD_GET(ALLOC_QP_RECEIVE, call->arg[1]) != ALLOC_QP_RECEIVE_3) {
		hea_oracle(ORACLE_BAD_ARGUMENT,
			   "QP: %lx CQ %llx %llx EQ %llx port %u", call->arg[1],
			   qp->send_cq, qp->receive_cq, qp->eq, qp->port);
		return H_PARAMETER;
	}
	if (!hea_object_add(&qp->object))
		return H_NOT_ENOUGH_RESOURCES;
	hea_find(qp->send_cq, HEA_CQ)->users++;
	hea_find(qp->receive_cq, HEA_CQ)->users++;
	hea_find(qp->eq, HEA_EQ)->users++;
	answer_qp(qp, call);
	return H_SUCCESS;
}

/* H_ALLOC_HEA_RESOURCE of a QP: ehea_phyp.c, ehea_h_alloc_resource_qp() */
long hea_qp_alloc(struct ebus_hcall *call)
{
	struct hea_object *object;
	unsigned long flags;
	struct hea_qp *qp;
	long rc = H_NO_MEM;

	object = hea_object_alloc(HEA_QP, sizeof(*qp));
	if (!object)
		return H_NO_MEM;
	qp = to_qp(object);
	take_arguments(qp, call);
	if (!init_rings(qp, call->arg[6])) {
		spin_lock_irqsave(&hea_lock, flags);
		rc = publish_qp(qp, call);
		spin_unlock_irqrestore(&hea_lock, flags);
	}
	if (rc != H_SUCCESS)
		hea_discard(object);
	return rc;
}

static unsigned int nr_rings(const struct hea_object *object)
{
	switch (object->type) {
	case HEA_QP:
		return NR_RINGS;
	case HCA_QP:
		return HCA_NR_RINGS;
	default:
		return 1;
	}
}

static struct hea_ring *rings_of(struct hea_object *object)
{
	switch (object->type) {
	case HEA_QP:
		return to_qp(object)->ring;
	case HCA_QP:
		return container_of(object, struct hca_qp, object)->ring;
	case HEA_CQ:
	case HCA_CQ:
		return &to_cq(object)->ring;
	default:
		return &to_eq(object)->ring;
	}
}

/**
 * hea_queue_complete() - whether a queue has all of its pages
 * @object: an event queue, completion queue or queue pair
 *
 * Context: hea_lock held.
 * Return: whether all have been registered, of all queues of a queue pair.
 */
bool hea_queue_complete(struct hea_object *object)
{
	unsigned int i;

	for (i = 0; i < nr_rings(object); i++) {
		if (!hea_ring_complete(&rings_of(object)[i]))
			return false;
	}
	return true;
}

/*
 * H_REGISTER_HEA_RPAGES for a queue: one page of 4 KiB. H_PAGE_REGISTERED until the
 * last page is there (ehea_qmr.c, ehea_create_cq()); of a QP, of the last of its queues
 * (eHCA's ehca_qp.c in Linux 4.4, init_qp_queue()). That there are no lists of pages of
 * queues is assumed: drivers register each by itself.
 */
long hea_queue_register(struct hea_object *object, struct ebus_hcall *call)
{
	const unsigned int queue = FIELD_GET(PAGES_QUEUE, call->arg[1]);
	long rc;

	if (queue >= nr_rings(object) || call->arg[4] != 1 ||
	    FIELD_GET(PAGES_SIZE, call->arg[1])) {
		hea_oracle(ORACLE_BAD_ARGUMENT, "%lu pages for queue %lx",
			   call->arg[4], call->arg[1]);
		return H_PARAMETER;
	}
	rc = hea_ring_register(&rings_of(object)[queue], call->arg[3]);
	if (rc != H_SUCCESS)
		return rc;
	return hea_queue_complete(object) ? H_SUCCESS : H_PAGE_REGISTERED;
}

/* It no longer refers to others */
void hea_queue_put_users(struct hea_object *object)
{
	struct hca_qp *hca_qp;

	switch (object->type) {
	case HEA_QP:
		hea_put_user(to_qp(object)->send_cq, HEA_CQ);
		hea_put_user(to_qp(object)->receive_cq, HEA_CQ);
		hea_put_user(to_qp(object)->eq, HEA_EQ);
		break;
	case HCA_QP:
		hca_qp = container_of(object, struct hca_qp, object);
		hea_put_user(hca_qp->send_cq, HCA_CQ);
		hea_put_user(hca_qp->receive_cq, HCA_CQ);
		hea_put_user(hca_qp->eq, HCA_EQ);
		break;
	case HEA_CQ:
	case HCA_CQ:
		hea_put_user(to_cq(object)->eq, HEA_SIBLING(object->type, HEA_EQ));
		break;
	default:
		hea_ist_free(to_eq(object)->ist);
	}
}

/* Only frees what it has */
void hea_queue_destroy(struct hea_object *object)
{
	unsigned int i;

	for (i = 0; i < nr_rings(object); i++)
		hea_ring_destroy(&rings_of(object)[i]);
}

/**
 * hea_qp_find() - a queue pair
 * @name: its handle, or its number
 *
 * Ports name their queue pairs by number, but the one for all unicast frames by
 * handle (ehea_main.c, ehea_configure_port() and ehea_promiscuous()).
 *
 * Return: NULL if there is none.
 */
struct hea_qp *hea_qp_find(u64 name)
{
	struct hea_object *object = hea_find(name, HEA_QP);

	if (!object && name < HEA_MAX_OBJECTS)
		object = hea_find_index(name);
	return object && object->type == HEA_QP ? to_qp(object) : NULL;
}

static bool is_ready(const struct hea_qp *qp, unsigned int state)
{
	const unsigned int now = FIELD_GET(QP_STATE_NOW, qp->control);

	return qp->control & QP_ENABLED && now >= state && now <= QP_SENDS;
}

bool hea_qp_sends(const struct hea_qp *qp)
{
	return is_ready(qp, QP_SENDS);
}

bool hea_qp_receives(const struct hea_qp *qp)
{
	return is_ready(qp, QP_RECEIVES);
}

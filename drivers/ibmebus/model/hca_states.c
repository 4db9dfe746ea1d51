// SPDX-License-Identifier: GPL-2.0-only
/*
 * States of queue pairs of eHCA, and their attributes.
 *
 * What follows which state, and what has to be set for it, is the InfiniBand
 * architecture's (volume 1, 10.3.1 and 11.2.5.2; the kernel has it in
 * drivers/infiniband/core/verbs.c, qp_state_table), and what ehca_qp.c of Linux 4.4,
 * internal_modify_qp() says that the firmware wants in addition.
 */

#include "hca.h"

/* Words that a bit selects, and how many; see HCA_SELECT_ALL */
static unsigned int first_word(unsigned int bit)
{
	if (bit <= 30)
		return bit;
	if (bit <= 42)
		return bit + 3;
	return bit == 44 ? QPW_ALT_DGID : QPW_ENABLE;
}

static unsigned int nr_words(unsigned int bit)
{
	return bit == 30 || bit == 44 ? 4 : 1;
}

/* All that has been posted, and all that has been set */
static void forget(struct hca_qp *qp)
{
	hca_qp_begin(qp);
	qp->enabled = false;
	qp->error = 0;
	qp->received = 0;
	qp->heard = false;
	qp->set = 0;
	memset(qp->block, 0, sizeof(qp->block));
	hea_ring_reset(&qp->ring[HCA_SEND]);
	hea_ring_reset(&qp->ring[HCA_RECEIVE]);
}

/**
 * hca_qp_set_state() - a queue pair changes its state
 * @qp: the queue pair
 * @state: STATE_*
 *
 * What it was doing is not finished now: the entries stay in their queues, but for a
 * queue pair that is reset.
 *
 * Context: hea_lock held.
 */
void hca_qp_set_state(struct hca_qp *qp, unsigned int state)
{
	lockdep_assert_held(&hea_lock);
	qp->state = state;
	qp->epoch++;
	if (state == STATE_RESET)
		forget(qp);
	hea_engine_wake();
}

/**
 * hca_qp_break() - a queue pair gets an error that no completion tells
 * @qp: the queue pair
 *
 * Context: hea_lock held.
 */
void hca_qp_break(struct hca_qp *qp)
{
	qp->error = IBM_BIT(0);		/* which bit: assumed */
	hca_qp_set_state(qp, STATE_ERROR);
	hca_qp_event(qp, HCA_EVENT_QP_ERROR);
}

static void update_block(struct hca_qp *qp)
{
	qp->block[QPW_STATE] = cpu_to_be32(qp->state);
	qp->block[QPW_ENABLE] = cpu_to_be32(qp->enabled);
	qp->block[QPW_NUMBER] = cpu_to_be32(hca_qp_number(qp));
	qp->block[QPW_SEND_WRS] = cpu_to_be32(qp->ring[HCA_SEND].nr_entries);
	qp->block[QPW_RECEIVE_WRS] = cpu_to_be32(qp->ring[HCA_RECEIVE].nr_entries);
	qp->block[QPW_SEND_SGES] = cpu_to_be32(qp->nr_sges[HCA_SEND]);
	qp->block[QPW_RECEIVE_SGES] = cpu_to_be32(qp->nr_sges[HCA_RECEIVE]);
}

/* H_QUERY_QP: hcp_if.c of Linux 4.4, hipz_h_query_qp() */
long hca_call_query_qp(struct ebus_hcall *call)
{
	struct hca_qp *qp;

	lockdep_assert_held(&hea_lock);
	qp = hca_qp_argument(call, call->arg[1]);
	if (!qp || !hea_block_ok(call->arg[2]))
		return H_PARAMETER;
	update_block(qp);
	return hea_dma_write(call->arg[2], qp->block, sizeof(qp->block)) ?
	       H_SUCCESS : H_PARAMETER;
}

static bool may_follow(unsigned int from, unsigned int to)
{
	switch (to) {
	case STATE_RESET:
	case STATE_ERROR:
		return true;
	case STATE_INIT:
		return from == STATE_RESET || from == STATE_INIT;
	case STATE_RTR:
		return from == STATE_INIT;
	case STATE_RTS:
		return from == STATE_RTR || from == STATE_RTS ||
		       from == STATE_SQD || from == STATE_SQE;
	case STATE_SQD:
		return from == STATE_RTS || from == STATE_SQD;
	default:
		return false;
	}
}

#define NEEDS_INIT_ALL		(HCA_SELECT(QPW_PORT) | HCA_SELECT(QPW_PKEY))
/* ACCESS: "pHyp requires it" */
#define NEEDS_INIT_CONNECTED	(NEEDS_INIT_ALL | HCA_SELECT(QPW_ACCESS))
#define NEEDS_INIT_UD		(NEEDS_INIT_ALL | HCA_SELECT(QPW_QKEY))
/* READS_IN: "pHyp requires" it of UC, too; GRH: "a clear yes or no" */
#define NEEDS_RTR_CONNECTED						\
	(NEEDS_INIT_CONNECTED | HCA_SELECT(QPW_MTU) | HCA_SELECT(QPW_DLID) |	\
	 HCA_SELECT(QPW_DEST_QP) | HCA_SELECT(QPW_RECEIVE_PSN) |		\
	 HCA_SELECT(QPW_READS_IN) | HCA_SELECT(QPW_GRH))
#define NEEDS_RTR_RC		(NEEDS_RTR_CONNECTED | HCA_SELECT(QPW_MIN_RNR))
#define NEEDS_RTS		HCA_SELECT(QPW_SEND_PSN)
#define NEEDS_RTS_RC							\
	(NEEDS_RTS | HCA_SELECT(QPW_TIMEOUT) | HCA_SELECT(QPW_RETRIES) |	\
	 HCA_SELECT(QPW_RNR_RETRIES) | HCA_SELECT(QPW_READS_OUT))

/* What has to be set at the latest when it gets into a state */
static u64 needs(const struct hca_qp *qp, unsigned int state)
{
	const bool is_rc = qp->service == SERVICE_RC;
	const bool is_ud = qp->service == SERVICE_UD;

	switch (state) {
	case STATE_INIT:
		return is_ud ? NEEDS_INIT_UD : NEEDS_INIT_CONNECTED;
	case STATE_RTR:
		return is_ud ? NEEDS_INIT_UD :
		       is_rc ? NEEDS_RTR_RC : NEEDS_RTR_CONNECTED;
	case STATE_RTS:
		return is_rc ? NEEDS_RTS_RC : NEEDS_RTS;
	default:
		return 0;
	}
}

/* What is asked for, the block's words that the mask selects over those there are */
struct change {
	__be32 block[HCA_QP_WORDS];
	u64 mask;
	unsigned int state;
	bool enable;
};

static u32 word(const struct change *change, enum hca_qp_word which)
{
	return be32_to_cpu(change->block[which]);
}

static bool read_change(const struct hca_qp *qp, const struct ebus_hcall *call,
			struct change *change)
{
	static __be32 asked[HCA_QP_WORDS];	/* protected by hea_lock */
	unsigned int bit;

	if (!hea_block_ok(call->arg[3]) ||
	    !hea_dma_read(asked, call->arg[3], sizeof(asked)))
		return false;
	change->mask = call->arg[2];
	memcpy(change->block, qp->block, sizeof(change->block));
	for (bit = 0; bit < 64; bit++) {
		if (change->mask & HCA_SELECT_ALL & IBM_BIT(bit))
			memcpy(&change->block[first_word(bit)],
			       &asked[first_word(bit)],
			       nr_words(bit) * sizeof(__be32));
	}
	change->state = change->mask & HCA_SELECT(QPW_STATE) ?
			word(change, QPW_STATE) : qp->state;
	change->enable = change->mask & HCA_SELECT_ENABLE ?
			 word(change, QPW_ENABLE) : qp->enabled;
	return true;
}

static bool values_ok(const struct change *change)
{
	const u64 mask = change->mask;

	if (mask & HCA_SELECT(QPW_PORT) && !hca_port_find(word(change, QPW_PORT)))
		return false;
	if (mask & HCA_SELECT(QPW_PKEY) && word(change, QPW_PKEY) >= HCA_NR_PKEYS)
		return false;
	if (mask & HCA_SELECT(QPW_MTU) &&
	    (!word(change, QPW_MTU) || word(change, QPW_MTU) > HCA_MTU))
		return false;
	if (mask & HCA_SELECT(QPW_SGID) && word(change, QPW_SGID) >= HCA_NR_GIDS)
		return false;
	return !(mask & HCA_SELECT(QPW_READS_IN) &&
		 word(change, QPW_READS_IN) > HCA_MAX_READS) &&
	       !(mask & HCA_SELECT(QPW_READS_OUT) &&
		 word(change, QPW_READS_OUT) > HCA_MAX_READS);
}

static bool is_sane(struct hca_qp *qp, const struct change *change)
{
	const u64 set = qp->set | change->mask;

	if (!change->mask || change->mask & ~HCA_SELECT_ALL || !values_ok(change))
		return false;
	if (change->mask & HCA_SELECT_ENABLE && change->enable &&
	    change->state == STATE_RESET)
		return false;
	return !(change->mask & HCA_SELECT(QPW_STATE)) ||
	       (may_follow(qp->state, change->state) &&
		!(needs(qp, change->state) & ~set) &&
		(change->state == STATE_RESET || hea_queue_complete(&qp->object)));
}

/* "Otherwise phyp will return H_ATTR_PARM" */
static bool routes_without_header(const struct change *change)
{
	const u64 route = HCA_SELECT(QPW_SGID) | HCA_SELECT_DGID |
			  HCA_SELECT(QPW_FLOW) | HCA_SELECT(QPW_HOPS) |
			  HCA_SELECT(QPW_CLASS);

	return change->mask & route && !word(change, QPW_GRH);
}

/*
 * "Firmware accepts modify_qp() only if respective port has become active", not even of
 * AQP1, by which it does (ehca_qp.c of Linux 4.4, ehca_modify_qp()). The code is assumed.
 */
static bool is_port_down(const struct change *change)
{
	const u64 uses_port = HCA_SELECT(QPW_PORT) | HCA_SELECT_ENABLE;
	const struct hca_port *port = hca_port_find(word(change, QPW_PORT));

	return change->mask & uses_port && port && !port->active &&
	       change->state != STATE_RESET && change->state != STATE_ERROR;
}

/* A state that the driver did not ask for may make what it wants impossible */
static bool has_failed(const struct hca_qp *qp)
{
	return qp->state == STATE_ERROR || qp->state == STATE_SQE;
}

static void apply(struct hca_qp *qp, const struct change *change)
{
	const unsigned int old = qp->state;

	memcpy(qp->block, change->block, sizeof(qp->block));
	qp->set |= change->mask;
	qp->enabled = change->enable;
	if (change->mask & HCA_SELECT(QPW_STATE) &&
	    (change->state != old || old == STATE_RESET))
		hca_qp_set_state(qp, change->state);
	if (old == STATE_RTS && qp->state == STATE_SQD)
		hca_qp_event(qp, HCA_EVENT_DRAINED);
	hea_engine_wake();
}

/* H_MODIFY_QP: hcp_if.c of Linux 4.4, hipz_h_modify_qp() */
long hca_call_modify_qp(struct ebus_hcall *call)
{
	static struct change change;	/* protected by hea_lock */
	struct hca_qp *qp;

	lockdep_assert_held(&hea_lock);
	qp = hca_qp_argument(call, call->arg[1]);
	if (!qp || !read_change(qp, call, &change))
		return H_PARAMETER;
	if (!is_sane(qp, &change)) {
		if (!has_failed(qp))
			hea_oracle(ORACLE_BAD_ARGUMENT,
				   "QP %lx in state %u to %u by mask %llx, set %llx",
				   call->arg[1], qp->state, change.state,
				   change.mask, qp->set);
		return H_PARAMETER;
	}
	if (routes_without_header(&change)) {
		hea_oracle(ORACLE_BAD_ARGUMENT, "QP %lx: mask %llx without GRH",
			   call->arg[1], change.mask);
		return H_ATTR_PARM;
	}
	if (is_port_down(&change))
		return H_R_STATE;
	apply(qp, &change);
	return H_SUCCESS;
}

/*
 * H_DISABLE_AND_GET: hcp_if.c of Linux 4.4, hipz_h_disable_and_get_wqe(); where the
 * queues are is answered as real addresses, which have a bit of their own (ehca_qp.c,
 * prepare_sqe_rts() and check_for_left_cqes()). That only one of the codes disables is
 * assumed.
 */
long hca_call_disable_and_get(struct ebus_hcall *call)
{
	struct hca_qp *qp;

	lockdep_assert_held(&hea_lock);
	qp = hca_qp_argument(call, call->arg[2]);
	if (!qp)
		return H_PARAMETER;
	if (call->arg[1] != HCA_DISABLE && call->arg[1] != HCA_GET_SEND &&
	    call->arg[1] != HCA_GET_BOTH) {
		hea_oracle(ORACLE_BAD_ARGUMENT, "H_DISABLE_AND_GET: code %lx",
			   call->arg[1]);
		return H_PARAMETER;
	}
	if (call->arg[1] == HCA_DISABLE) {
		qp->enabled = false;
		qp->epoch++;
		return H_SUCCESS;
	}
	if (!hea_queue_complete(&qp->object))
		return H_R_STATE;
	call->out[0] = hea_ring_at_head(&qp->ring[HCA_SEND]) | HCA_REAL_ADDRESS;
	if (call->arg[1] == HCA_GET_BOTH)
		call->out[1] = hea_ring_at_head(&qp->ring[HCA_RECEIVE]) |
			       HCA_REAL_ADDRESS;
	return H_SUCCESS;
}

/* What ehca_irq.c of Linux 4.4, print_error_data() looks at */
long hca_call_error_data(struct ebus_hcall *call)
{
	__be64 block[7] = {};
	struct hea_object *object;
	u64 error, type;

	lockdep_assert_held(&hea_lock);
	if (!hea_block_ok(call->arg[2]))
		return H_PARAMETER;
	object = hea_find(call->arg[1], HCA_QP);
	if (object) {
		type = HCA_ERROR_TYPE_QP;
		error = container_of(object, struct hca_qp, object)->error;
	} else {
		object = hea_find(call->arg[1], HCA_CQ);
		type = HCA_ERROR_TYPE_CQ;
		error = object && container_of(object, struct hea_cq, object)->error;
	}
	if (!error)
		return H_R_STATE;
	block[0] = cpu_to_be64(sizeof(block));
	block[1] = cpu_to_be64(call->arg[1]);
	block[2] = cpu_to_be64(FIELD_PREP(ERROR_TYPE, type));
	block[6] = cpu_to_be64(error);
	return hea_dma_write(call->arg[2], block, sizeof(block)) ?
	       H_SUCCESS : H_PARAMETER;
}

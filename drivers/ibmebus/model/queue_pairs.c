// SPDX-License-Identifier: GPL-2.0-only
/*
 * The states of queue pairs, and for how long they were stopped.
 *
 * A stop begins when a queue pair that sends and receives is disabled or freed, and
 * ends when one with the same token of the same port does so again.
 */

#include <linux/ktime.h>
#include <linux/seq_file.h>

#include "model.h"

/* A QP's control block 0: ehea_phyp.h, struct hcp_modify_qp_cb0 */
struct qp_block {
	__be64 control;
	__be32 max_send;
	__be32 max_receive;
	__be32 port;
	__be32 pad;
	__be64 error;
	__be64 tenure;
};

#define SELECT_CONTROL	IBM_BIT(0)

#define DISABLE_GET_LAST	3

/* Protected by hea_lock; 0: not stopped */
static ktime_t stopped_since[HEA_MAX_PORTS][HEA_MAX_QPS];
static u64 stopped_us[HEA_MAX_PORTS], nr_stops[HEA_MAX_PORTS];
static u64 longest_us[HEA_MAX_PORTS];

static ktime_t *since(const struct hea_qp *qp)
{
	return qp->token < HEA_MAX_QPS ?
	       &stopped_since[qp->port - 1][qp->token] : NULL;
}

static void stop_begins(const struct hea_qp *qp)
{
	ktime_t *start = since(qp);

	if (start && !*start)
		*start = ktime_get();
}

static void stop_ends(const struct hea_qp *qp)
{
	const unsigned int port = qp->port - 1;
	ktime_t *start = since(qp);
	u64 us;

	if (!start || !*start)
		return;
	us = ktime_us_delta(ktime_get(), *start);
	stopped_us[port] += us;
	longest_us[port] = max(longest_us[port], us);
	nr_stops[port]++;
	*start = 0;
}

static void set_control(struct hea_qp *qp, u64 control)
{
	const bool ran = hea_qp_sends(qp);
	const u64 state = FIELD_GET(QP_STATE, control);

	qp->control = (control & QP_ENABLED) | FIELD_PREP(QP_STATE, state) |
		      FIELD_PREP(QP_STATE_NOW, state & 0x7f);
	if (ran && !hea_qp_sends(qp)) {
		qp->stops++;
		stop_begins(qp);
	} else if (!ran && hea_qp_sends(qp)) {
		stop_ends(qp);
		hea_engine_wake();
	}
}

/**
 * hea_qp_freed() - a queue pair is about to be freed
 * @qp: the queue pair
 *
 * Context: hea_lock held.
 */
void hea_qp_freed(struct hea_qp *qp)
{
	set_control(qp, FIELD_PREP(QP_STATE, QP_RESET));
	hea_entries_freed(qp->ring[RING_SEND].posted);
}

static struct hea_qp *argument(const struct ebus_hcall *call)
{
	struct hea_object *object = hea_find(call->arg[2], HEA_QP);

	if (object)
		return container_of(object, struct hea_qp, object);
	hea_oracle(ORACLE_FREED_OBJECT, "%s: no QP %lx",
		   hea_call_name(call->opcode), call->arg[2]);
	return NULL;
}

static long refuse(const struct ebus_hcall *call)
{
	hea_oracle(ORACLE_BAD_ARGUMENT, "%s: %lx, select %lx",
		   hea_call_name(call->opcode), call->arg[1], call->arg[3]);
	return H_PARAMETER;
}

/* The only category that drivers use (ehea_main.c, ehea_activate_qp()) */
static bool category_ok(const struct ebus_hcall *call)
{
	return !call->arg[1];
}

/* H_QUERY_HEA_QP, category 0: ehea_phyp.c, ehea_h_query_ehea_qp() */
long hea_call_query_qp(struct ebus_hcall *call)
{
	struct qp_block block = {};
	struct hea_qp *qp;

	lockdep_assert_held(&hea_lock);
	qp = argument(call);
	if (!qp || !hea_block_ok(call->arg[4]))
		return H_PARAMETER;
	if (!category_ok(call))
		return refuse(call);
	block.control = cpu_to_be64(qp->control);
	block.max_send = cpu_to_be32(qp->ring[RING_SEND].nr_entries - 1);
	block.max_receive = cpu_to_be32(qp->ring[RING_RQ1].nr_entries - 1);
	block.port = cpu_to_be32(qp->port);
	block.error = cpu_to_be64(qp->error);
	return hea_dma_write(call->arg[4], &block, sizeof(block)) ?
	       H_SUCCESS : H_PARAMETER;
}

/* ehea_phyp.h, H_QP_CR_STATE_* */
static bool is_state(u64 state)
{
	return state == QP_RESET || state == QP_INITIALIZED ||
	       state == QP_RECEIVES || state == QP_SENDS || state == QP_ERROR;
}

/*
 * H_MODIFY_HEA_QP, category 0, the control register: ehea_phyp.c,
 * ehea_h_modify_ehea_qp(). That any state may follow any other, and that none is
 * enabled without pages, is assumed.
 */
long hea_call_modify_qp(struct ebus_hcall *call)
{
	struct qp_block block;
	struct hea_qp *qp;
	u64 control;

	lockdep_assert_held(&hea_lock);
	qp = argument(call);
	if (!qp || !hea_block_ok(call->arg[4]) ||
	    !hea_dma_read(&block, call->arg[4], sizeof(block)))
		return H_PARAMETER;
	if (!category_ok(call) || call->arg[3] != SELECT_CONTROL)
		return refuse(call);
	control = be64_to_cpu(block.control);
	if (!is_state(FIELD_GET(QP_STATE, control)) ||
	    (control & QP_ENABLED && !hea_queue_complete(&qp->object))) {
		hea_oracle(ORACLE_BAD_ARGUMENT, "QP %lx to control %llx",
			   call->arg[2], control);
		return H_PARAMETER;
	}
	set_control(qp, control);
	call->out[3] = qp->ring[RING_SEND].posted;
	call->out[4] = qp->ring[RING_RQ1].posted;
	call->out[5] = call->arg[3];
	return H_SUCCESS;
}

/*
 * H_DISABLE_AND_GET_HEA: ehea_phyp.c, ehea_h_disable_and_get_hea(); what it can get is
 * in ehea_phyp.h, H_DISABLE_GET_*. The model gives none of it: drivers do not look.
 */
long hea_call_disable_and_get(struct ebus_hcall *call)
{
	struct hea_qp *qp;

	lockdep_assert_held(&hea_lock);
	qp = argument(call);
	if (!qp)
		return H_PARAMETER;
	if (!call->arg[1] || call->arg[1] > DISABLE_GET_LAST)
		return refuse(call);
	set_control(qp, qp->control & ~QP_ENABLED);
	return H_SUCCESS;
}

/*
 * H_ERROR_DATA: the words that ehea_qmr.c, ehea_error_data() and print_error_data()
 * look at. H_R_STATE if there is nothing to tell: ehea_error_data() says so.
 */
long hea_call_error_data(struct ebus_hcall *call)
{
	__be64 block[23] = {};
	struct hea_object *object;
	struct hea_qp *qp;

	lockdep_assert_held(&hea_lock);
	if (!hea_block_ok(call->arg[2]))
		return H_PARAMETER;
	object = hea_find(call->arg[1], HEA_QP);
	qp = object ? container_of(object, struct hea_qp, object) : NULL;
	if (!qp || !qp->error)
		return H_R_STATE;
	block[0] = cpu_to_be64(sizeof(block));
	block[1] = cpu_to_be64(call->arg[1]);
	block[2] = cpu_to_be64(FIELD_PREP(ERROR_TYPE, (u64)ERROR_TYPE_QP));
	block[6] = cpu_to_be64(qp->error);
	block[22] = cpu_to_be64(qp->port);
	return hea_dma_write(call->arg[2], block, sizeof(block)) ?
	       H_SUCCESS : H_PARAMETER;
}

static unsigned int stopped_now(unsigned int port)
{
	unsigned int i, nr = 0;

	for (i = 0; i < HEA_MAX_QPS; i++)
		nr += stopped_since[port][i] != 0;
	return nr;
}

/* Stops of all queue pairs together, by port */
void hea_stops_show(struct seq_file *m)
{
	unsigned int port;

	lockdep_assert_held(&hea_lock);
	for (port = 0; port < hea_nr_ports; port++)
		seq_printf(m, "port %u stops %llu stopped_us %llu longest_us %llu stopped_now %u\n",
			   port + 1, nr_stops[port], stopped_us[port],
			   longest_us[port], stopped_now(port));
}

/* From 0 again, but for what is stopped now */
void hea_stops_reset(void)
{
	lockdep_assert_held(&hea_lock);
	memset(stopped_us, 0, sizeof(stopped_us));
	memset(nr_stops, 0, sizeof(nr_stops));
	memset(longest_us, 0, sizeof(longest_us));
}

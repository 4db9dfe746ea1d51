// SPDX-License-Identifier: GPL-2.0-only
/*
 * The states of queue pairs, and the ways between them. Facts from 4.4's
 * drivers/staging/rdma/ehca/ehca_qp.c, internal_modify_qp().
 */

#include <linux/errno.h>

#include "ehca.h"
#include "qp_change.h"

/* What the driver keeps of it */
static void note(const struct ehca_qp_change *change)
{
	const struct ib_qp_attr *attr = change->attr;
	struct ehca_qp *qp = change->qp;

	if (change->mask & IB_QP_QKEY)
		WRITE_ONCE(qp->qkey, attr->qkey);
	if (change->mask & IB_QP_ACCESS_FLAGS)
		qp->access = attr->qp_access_flags;
	if (change->mask & IB_QP_PORT)
		qp->pmtu = change->pmtu;
	if (change->mask & IB_QP_PATH_MTU)
		WRITE_ONCE(qp->path_mtu, attr->path_mtu);
	if (change->mask & IB_QP_AV)
		qp->static_rate = rdma_ah_get_static_rate(&attr->ah_attr);
	if (change->mask & IB_QP_ALT_PATH)
		qp->alt_static_rate =
			rdma_ah_get_static_rate(&attr->alt_ah_attr);
	WRITE_ONCE(qp->state, change->to);
}

/* Events of what is to be may come before the firmware has answered */
static void expect_events(const struct ehca_qp_change *change)
{
	const struct ib_qp_attr *attr = change->attr;
	struct ehca_qp *qp = change->qp;

	if (change->mask & IB_QP_PATH_MIG_STATE &&
	    attr->path_mig_state == IB_MIG_REARM)
		WRITE_ONCE(qp->has_alternate, true);
	if (change->to == IB_QPS_SQD && change->from != IB_QPS_SQD)
		WRITE_ONCE(qp->tells_drained,
			   change->mask & IB_QP_EN_SQD_ASYNC_NOTIFY &&
			   attr->en_sqd_async_notify);
}

static int apply(struct ehca_qp_change *change)
{
	struct ehca_qp *qp = change->qp;
	const bool had_alternate = qp->has_alternate;
	int ret;

	expect_events(change);
	ret = ehca_fw_modify_qp(to_ehca(qp->ib.device), qp->handle,
				change->changes, change->block);
	if (ret)
		WRITE_ONCE(qp->has_alternate, had_alternate);
	return ret;
}

/* A queue pair that has been initialised has to be told to work, too */
static int enable(struct ehca_qp_change *change)
{
	change->block->enable = 1;
	change->changes = EHCA_QP_ENABLE;
	return apply(change);
}

/* From an error of the send queue: the adapter starts with the request to blame */
static int resume(struct ehca_qp_change *change)
{
	u64 bad;
	int ret;

	ret = ehca_sq_stopped(change->qp, &bad);
	if (ret)
		return ret;
	ehca_sq_purge(change->qp, bad);
	ret = apply(change);
	if (ret)
		return ret;
	ehca_sq_resume(change->qp, bad);
	note(change);
	return 0;
}

static void wait_for_posting(struct ehca_work_queue *wq)
{
	unsigned long flags;

	spin_lock_irqsave(&wq->lock, flags);
	spin_unlock_irqrestore(&wq->lock, flags);
}

/* Nobody posts to a queue pair that the firmware is about to reset */
static int apply_reset(struct ehca_qp_change *change)
{
	struct ehca_qp *qp = change->qp;
	int ret;

	WRITE_ONCE(qp->state, IB_QPS_RESET);
	wait_for_posting(&qp->sq);
	wait_for_posting(&qp->rq);
	ret = apply(change);
	if (ret)
		WRITE_ONCE(qp->state, change->from);
	return ret;
}

static int walk(struct ehca_qp_change *change)
{
	struct ehca_qp *qp = change->qp;
	int ret;

	if (change->from == IB_QPS_SQE && change->to == IB_QPS_RTS)
		return resume(change);
	ret = change->to == IB_QPS_RESET ? apply_reset(change) : apply(change);
	if (!ret && change->to == IB_QPS_INIT)
		ret = enable(change);
	if (ret)
		return ret;
	note(change);
	if (change->to == IB_QPS_RESET) {
		WRITE_ONCE(qp->has_alternate, false);
		ehca_wq_reset(&qp->sq);
		ehca_wq_reset(&qp->rq);
	} else if (change->to == IB_QPS_ERR) {
		ehca_qp_stopped(qp);
	}
	return 0;
}

static int modify(struct ehca_qp_change *change)
{
	const struct ib_qp_attr *attr = change->attr;
	struct ehca_qp *qp = change->qp;
	int ret;

	/* The adapter may have changed the state by itself */
	ret = ehca_fw_query_qp(to_ehca(qp->ib.device), qp->handle,
			       change->block);
	if (ret)
		return ret;
	ret = ehca_qp_state_get(change->block->state, &change->from);
	if (ret)
		return ret;
	change->to = change->mask & IB_QP_STATE ? attr->qp_state : change->from;
	if (change->mask & IB_QP_CUR_STATE &&
	    attr->cur_qp_state != change->from)
		return -EINVAL;
	if (!ib_modify_qp_is_ok(change->from, change->to, qp->ib.qp_type,
				change->mask))
		return -EINVAL;
	ret = ehca_qp_attr_put(change);
	if (ret)
		return ret;
	return walk(change);
}

/**
 * ehca_modify_qp() - change a queue pair's state and attributes
 * @ib: the RDMA core's
 * @attr: what to
 * @mask: which of them, IB_QP_*
 * @udata: NULL
 *
 * A queue pair that is reset forgets what is outstanding, one in error has it
 * completed.
 *
 * Context: Process context, may sleep.
 * Return: 0, or an errno: -EINVAL if its state does not allow it.
 */
int ehca_modify_qp(struct ib_qp *ib, struct ib_qp_attr *attr, int mask,
		   struct ib_udata *udata)
{
	struct ehca_qp *qp = to_ehca_qp(ib);
	struct ehca_qp_change change = { .qp = qp, .attr = attr, .mask = mask };
	int ret;

	if (mask & ~IB_QP_ATTR_STANDARD_BITS)
		return -EOPNOTSUPP;
	change.block = ehca_block_alloc();
	if (!change.block)
		return -ENOMEM;
	mutex_lock(&qp->mutex);
	ret = modify(&change);
	mutex_unlock(&qp->mutex);
	ehca_block_free(change.block);
	return ret;
}

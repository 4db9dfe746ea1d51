// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queue pairs that come and go.
 */

#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/slab.h>

#include "ehca.h"
#include "qp.h"

static int to_service(enum ib_qp_type type, enum ehca_service *service)
{
	switch (type) {
	case IB_QPT_RC:
		*service = EHCA_RC;
		return 0;
	case IB_QPT_UC:
		*service = EHCA_UC;
		return 0;
	case IB_QPT_UD:
		*service = EHCA_UD;
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

static int check(const struct ehca_limits *limits,
		 const struct ib_qp_init_attr *attr)
{
	const u32 max_wrs = min(limits->max_wrs, EHCA_QP_ADD_MAX - 1);
	const u32 max_sges = min(limits->max_sges,
				 EHCA_SGES_MAX - EHCA_SGES_OF_AV);
	const struct ib_qp_cap *cap = &attr->cap;

	if (attr->srq || attr->create_flags || attr->rwq_ind_tbl)
		return -EOPNOTSUPP;
	if (!attr->send_cq || !attr->recv_cq || cap->max_inline_data ||
	    cap->max_send_wr > max_wrs || cap->max_recv_wr > max_wrs ||
	    cap->max_send_sge > max_sges || cap->max_recv_sge > max_sges)
		return -EINVAL;
	return 0;
}

static void init_queue(struct ehca_work_queue *wq, struct ehca_qp *qp,
		       struct ib_cq *cq, u32 add)
{
	wq->qp = qp;
	wq->cq = to_ehca_cq(cq);
	wq->add = add;
	spin_lock_init(&wq->lock);
	INIT_WORK(&wq->event, ehca_wq_event);
	INIT_LIST_HEAD(&wq->flush_link);
}

static void init(struct ehca_qp *qp, const struct ib_qp_init_attr *attr)
{
	init_queue(&qp->sq, qp, attr->send_cq, EHCA_QP_SQ_ADD);
	init_queue(&qp->rq, qp, attr->recv_cq, EHCA_QP_RQ_ADD);
	qp->signal_all = attr->sq_sig_type == IB_SIGNAL_ALL_WR;
	INIT_DELAYED_WORK(&qp->failed, ehca_qp_failed_work);
	mutex_init(&qp->mutex);
	qp->state = IB_QPS_RESET;
}

/* What an address vector takes of an entry, which are those of both queues */
static u32 hidden_sges(const struct ehca_qp *qp)
{
	return qp->ib.qp_type == IB_QPT_UD ? EHCA_SGES_OF_AV : 0;
}

/* What the driver posts itself, see send.c */
static u32 hidden_wrs(const struct ehca_qp *qp)
{
	return qp->ib.qp_type == IB_QPT_RC ? 1 : 0;
}

static int alloc(struct ehca_qp *qp, const struct ib_qp_init_attr *attr,
		 struct ehca_qp_alloc *alloc)
{
	struct ehca_adapter *adapter = to_ehca(qp->ib.device);
	const struct ib_qp_cap *cap = &attr->cap;
	int ret;

	*alloc = (struct ehca_qp_alloc) {
		.send_cq = qp->sq.cq->handle,
		.receive_cq = qp->rq.cq->handle,
		.eq = adapter->eq.handle,
		.token = qp->named.token,
		.pd = to_ehca_pd(qp->ib.pd)->number,
		.ring = {
			[EHCA_SQ] = {
				.nr_wrs = cap->max_send_wr + hidden_wrs(qp),
				.nr_sges = cap->max_send_sge + hidden_sges(qp),
			},
			[EHCA_RQ] = {
				.nr_wrs = cap->max_recv_wr,
				.nr_sges = cap->max_recv_sge + hidden_sges(qp),
			},
		},
	};
	ret = to_service(qp->ib.qp_type, &alloc->service);
	if (ret)
		return ret;
	ret = ehca_fw_alloc_qp(adapter, alloc);
	if (ret)
		return ret;
	qp->handle = alloc->handle;
	qp->number = alloc->number;
	return 0;
}

/*
 * How many entries may be in use. The firmware is asked for one more than that; whether
 * it answers with that one is not recorded. And one entry is never in use: a full queue
 * would look like an empty one.
 */
static int set_limits(const struct ehca_qp *qp, struct ehca_work_queue *wq,
		      const struct ehca_qp_ring *granted, u32 nr_wrs,
		      u32 nr_sges)
{
	wq->nr_slots = ebus_queue_slots(&wq->queue);
	wq->limit = min(max(granted->nr_wrs, nr_wrs + 1), wq->nr_slots) - 1;
	wq->max_sges = granted->nr_sges - hidden_sges(qp);
	if (granted->nr_wrs < nr_wrs || wq->limit < nr_wrs ||
	    wq->max_sges < nr_sges)
		return -ENOMEM;
	return 0;
}

static int create_queue(struct ehca_qp *qp, struct ehca_work_queue *wq,
			const struct ehca_qp_ring *granted, u32 nr_wrs,
			u32 nr_sges)
{
	int ret;

	if (granted->nr_sges < hidden_sges(qp))
		return -EIO;
	ret = ebus_queue_alloc(&wq->queue, granted->nr_pages,
			       ehca_wqe_size(granted->nr_sges));
	if (ret)
		return ret;
	ret = set_limits(qp, wq, granted, nr_wrs, nr_sges);
	if (ret)
		return ret;
	wq->wrs = kvcalloc(wq->nr_slots, sizeof(*wq->wrs), GFP_KERNEL);
	return wq->wrs ? 0 : -ENOMEM;
}

static int register_queues(const struct ehca_qp *qp)
{
	struct ehca_adapter *adapter = to_ehca(qp->ib.device);
	int ret;

	ret = ehca_queue_register(adapter, &qp->sq.queue, qp->handle, EHCA_SQ,
				  true);
	if (ret)
		return ret;
	return ehca_queue_register(adapter, &qp->rq.queue, qp->handle, EHCA_RQ,
				   false);
}

static int create_queues(struct ehca_qp *qp, const struct ehca_qp_alloc *alloc,
			 const struct ib_qp_cap *cap)
{
	int ret;

	ret = create_queue(qp, &qp->sq, &alloc->ring[EHCA_SQ],
			   cap->max_send_wr + hidden_wrs(qp),
			   cap->max_send_sge);
	if (ret)
		return ret;
	qp->sq.nr_hidden = hidden_wrs(qp);
	ret = create_queue(qp, &qp->rq, &alloc->ring[EHCA_RQ],
			   cap->max_recv_wr, cap->max_recv_sge);
	if (ret)
		return ret;
	ret = register_queues(qp);
	if (ret)
		return ret;
	qp->galpa = ebus_galpa_map(alloc->galpa);
	return qp->galpa ? 0 : -ENOMEM;
}

static void destroy_queue(struct ehca_work_queue *wq, bool in_use)
{
	if (in_use)
		ebus_queue_lose(&wq->queue);
	else
		ebus_queue_free(&wq->queue);
	kvfree(wq->wrs);
	wq->wrs = NULL;
}

/* Nothing of it is to be taken for another's that gets the same names */
static void forget(struct ehca_work_queue *wq)
{
	spin_lock_irq(&wq->cq->lock);
	ehca_cq_forget(wq->cq, wq->qp);
	spin_unlock_irq(&wq->cq->lock);
}

/* If the firmware does not let go of it, the adapter may go on using its queues */
static void free_qp(struct ehca_qp *qp)
{
	struct ehca_adapter *adapter = to_ehca(qp->ib.device);
	int ret;

	if (qp->galpa)
		ebus_galpa_unmap(qp->galpa);
	qp->galpa = NULL;
	ret = ehca_fw_stop_qp(adapter, qp->handle, EHCA_QP_DISABLE, NULL);
	if (ret)
		ibdev_warn(qp->ib.device, "cannot stop queue pair %u: %d\n",
			   qp->number, ret);
	forget(&qp->sq);
	forget(&qp->rq);
	ret = ehca_fw_free(adapter, qp->handle, "queue pair");
	if (ret)
		to_ehca_pd(qp->ib.pd)->is_kept = true;
	destroy_queue(&qp->sq, ret);
	destroy_queue(&qp->rq, ret);
}

/* Nobody polls it any more, once its completion queue was locked */
static void leave_cq(struct ehca_work_queue *wq)
{
	spin_lock_irq(&wq->cq->lock);
	list_del_init(&wq->flush_link);
	spin_unlock_irq(&wq->cq->lock);
}

/*
 * With its token gone, no event finds the queue pair; and no completion, once both
 * completion queues have been locked. So nothing is queued that was cancelled.
 */
static void unpublish(struct ehca_qp *qp)
{
	ehca_names_del(&to_ehca(qp->ib.device)->qps, &qp->named);
	leave_cq(&qp->sq);
	leave_cq(&qp->rq);
	cancel_delayed_work_sync(&qp->failed);
	/* That one may have put it there again */
	leave_cq(&qp->sq);
	leave_cq(&qp->rq);
	cancel_work_sync(&qp->sq.event);
	cancel_work_sync(&qp->rq.event);
}

/**
 * ehca_create_qp() - make a queue pair
 * @ib: the RDMA core's
 * @attr: what it is to be like; what was granted when it returns
 * @udata: not NULL if it is for user space, which is not supported
 *
 * Context: Process context, may sleep.
 * Return: 0 or an errno.
 */
int ehca_create_qp(struct ib_qp *ib, struct ib_qp_init_attr *attr,
		   struct ib_udata *udata)
{
	struct ehca_adapter *adapter = to_ehca(ib->device);
	struct ehca_qp *qp = to_ehca_qp(ib);
	struct ehca_qp_alloc granted;
	int ret;

	if (udata)
		return -EOPNOTSUPP;
	ret = check(&adapter->limits, attr);
	if (ret)
		return ret;
	init(qp, attr);
	ret = ehca_names_add(&adapter->qps, &qp->named);
	if (ret)
		return ret;
	ret = alloc(qp, attr, &granted);
	if (ret)
		goto err_del;
	ret = create_queues(qp, &granted, &attr->cap);
	if (ret)
		goto err_free;
	attr->cap = ehca_qp_cap(qp);
	ib->qp_num = qp->number;
	return 0;

err_free:
	unpublish(qp);
	free_qp(qp);
	return ret;
err_del:
	ehca_names_del(&adapter->qps, &qp->named);
	return ret;
}

/**
 * ehca_destroy_qp() - the undo of ehca_create_qp()
 * @ib: the RDMA core's
 * @udata: NULL
 *
 * What is outstanding is not completed. If the firmware does not let go of the queue
 * pair, the memory of its queues is lost.
 *
 * Context: Process context, may sleep.
 * Return: 0.
 */
int ehca_destroy_qp(struct ib_qp *ib, struct ib_udata *udata)
{
	struct ehca_qp *qp = to_ehca_qp(ib);

	unpublish(qp);
	free_qp(qp);
	mutex_destroy(&qp->mutex);
	return 0;
}

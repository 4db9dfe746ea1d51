// SPDX-License-Identifier: GPL-2.0-only
/*
 * Posting of receives.
 */

#include <linux/errno.h>
#include <linux/string.h>

#include "ehca.h"
#include "qp.h"

/* The lock of the receive queue is held */
static int post(struct ehca_qp *qp, const struct ib_recv_wr *wr)
{
	struct ehca_work_queue *rq = &qp->rq;
	struct ehca_wqe *wqe;

	if (wr->num_sge < 0 || wr->num_sge > rq->max_sges)
		return -EINVAL;
	if (ehca_wq_full(rq))
		return -ENOMEM;
	if (!ehca_wq_flushes(rq)) {
		wqe = ebus_queue_next(&rq->queue);
		memset(wqe, 0, EHCA_WQE_SGES);
		wqe->id = rq->posted;
		ehca_wqe_put_sges(wqe, EHCA_WQE_SGES, wr->sg_list, wr->num_sge);
	}
	ehca_wq_add(rq, &(struct ehca_wr) {
		.id = wr->wr_id,
		.opcode = IB_WC_RECV,
		.signalled = true,
	});
	return 0;
}

/**
 * ehca_post_recv() - post receives
 * @ib: the RDMA core's queue pair
 * @wr: list of them
 * @bad_wr: the first that was not posted, if there is one
 *
 * Context: Any.
 * Return: 0, or an errno: -EINVAL if the queue pair is in no state to receive or
 * there are too many descriptors, -ENOMEM if the queue is full.
 */
int ehca_post_recv(struct ib_qp *ib, const struct ib_recv_wr *wr,
		   const struct ib_recv_wr **bad_wr)
{
	struct ehca_qp *qp = to_ehca_qp(ib);
	struct ehca_work_queue *rq = &qp->rq;
	unsigned long flags;
	u32 nr = 0;
	int ret;

	spin_lock_irqsave(&rq->lock, flags);
	ret = READ_ONCE(qp->state) == IB_QPS_RESET ? -EINVAL : 0;
	while (wr && !ret) {
		ret = post(qp, wr);
		if (ret)
			break;
		wr = wr->next;
		nr++;
	}
	ehca_wq_ring(rq, nr);
	spin_unlock_irqrestore(&rq->lock, flags);
	if (ret)
		*bad_wr = wr;
	return ret;
}

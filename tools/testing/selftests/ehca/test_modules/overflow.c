// SPDX-License-Identifier: GPL-2.0-only
/*
 * More completions than their queue has room for: those that it had room for are told,
 * the others are flushed, and whoever uses the queue is told that it has failed.
 */

#include "traffic.h"

#define NR_WORK		200	/* in a queue that wants room for one */

/* Nobody receives them */
static int post_all(struct side *side, struct side *peer)
{
	struct ib_ud_wr wr = {
		.wr = {
			.opcode = IB_WR_SEND,
			.send_flags = IB_SEND_SIGNALED,
		},
		.ah = side->ah,
		.remote_qpn = peer->qp->qp_num,
		.remote_qkey = UD_QKEY,
	};
	int ret = 0;

	for (wr.wr.wr_id = 0; wr.wr.wr_id < NR_WORK && !ret; wr.wr.wr_id++)
		ret = ib_post_send(side->qp, &wr.wr, NULL);
	return ret;
}

/* What is flushed comes some time after the error */
static int poll_all(struct side *side)
{
	unsigned int nr_told = 0, nr_polled = 0;
	struct ib_wc wc;
	int ret;

	while (nr_polled < NR_WORK) {
		ret = ib_poll_cq(side->cq[0], 1, &wc);
		if (!ret) {
			ret = work_wait_for_more(side);
			if (ret)
				return ret;
			continue;
		}
		if (ret < 0)
			return ret;
		if (wc.wr_id != nr_polled)
			return complain("completion %u is of request %llu",
					nr_polled, wc.wr_id);
		if (wc.status == IB_WC_SUCCESS && nr_told == nr_polled)
			nr_told++;
		else if (wc.status != IB_WC_WR_FLUSH_ERR)
			return complain("%s after %u, request %u",
					ib_wc_status_msg(wc.status), nr_told,
					nr_polled);
		nr_polled++;
	}
	if (nr_told < side->cq[0]->cqe || nr_told == NR_WORK)
		return complain("%u of %u are good, and there are %d entries",
				nr_told, nr_polled, side->cq[0]->cqe);
	return 0;
}

static int overflow(struct side *side, struct side *peer)
{
	int ret;

	now("a completion queue that is too small");
	ret = post_all(side, peer) ?:
	      wait_for_news(&side->happened[IB_EVENT_CQ_ERR]) ?:
	      wait_for_news(&side->happened[IB_EVENT_QP_FATAL]);
	ret = ret ?: poll_all(side) ?: work_expect_none(side);
	ret = ret ?: side_expect_state(side, IB_QPS_ERR);
	/* What is posted from now on is flushed */
	return ret ?: work_end(side, work_receive(side, NULL, 0),
			       IB_WC_WR_FLUSH_ERR);
}

int run_overflow(struct ib_device *device)
{
	struct pair *pair;
	int ret;

	pair = pair_open_sized(device, IB_QPT_UD, 7, NR_WORK, 1);
	if (IS_ERR(pair))
		return PTR_ERR(pair);
	ret = overflow(&pair->side[0], &pair->side[1]);
	pair_close(pair);
	return ret;
}

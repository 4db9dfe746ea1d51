// SPDX-License-Identifier: GPL-2.0-only
/*
 * Completion queues that tell of solicited messages only; and that are too small: what
 * they have room for is told, the rest is flushed, and whoever uses them is told that
 * they have failed.
 */

#include "traffic.h"

#define NR_QUIET	32
#define NR_WORK		200	/* in a queue that wants room for one */

/* An empty message, to where a receive request for it is posted */
static int exchange(struct side *side, struct side *peer, int flags, int *received)
{
	struct ib_send_wr wr = {
		.opcode = IB_WR_SEND,
		.send_flags = IB_SEND_SIGNALED | flags,
	};

	*received = work_receive(peer, NULL, 0);
	return min(*received, 0) ?: work_end(side, work_send(side, &wr), IB_WC_SUCCESS);
}

/* Whoever polls finds the others, too */
static int only_solicited(struct side *side, struct side *peer)
{
	int i, received, ret;

	now("a completion queue that tells of solicited messages only");
	ret = ib_req_notify_cq(peer->cq[1], IB_CQ_SOLICITED);
	for (i = 0; i < NR_QUIET && !ret; i++)
		ret = exchange(side, peer, 0, &received) ?:
		      work_poll_until(peer, received) ?:
		      work_end(peer, received, IB_WC_SUCCESS);
	if (!ret && READ_ONCE(peer->news))
		ret = complain("told of one that is not");
	ret = ret ?: exchange(side, peer, IB_SEND_SOLICITED, &received);
	ret = ret ?: wait_for_news(&peer->news);
	return ret ?: work_end(peer, received, IB_WC_SUCCESS);
}

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

static const struct {
	int (*function)(struct side *side, struct side *peer);
	enum ib_qp_type type;
	u32 depth, nr_cqes;
} cases[] = {
	{ only_solicited, IB_QPT_RC, QUEUE_DEPTH, MAX_WORK },
	{ overflow, IB_QPT_UD, NR_WORK, 1 },
};

int run_completions(struct ib_device *device)
{
	struct pair *pair;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < ARRAY_SIZE(cases) && !ret; i++) {
		pair = pair_open_sized(device, cases[i].type, 7, cases[i].depth,
				       cases[i].nr_cqes);
		if (IS_ERR(pair))
			return PTR_ERR(pair);
		ret = cases[i].function(&pair->side[0], &pair->side[1]);
		pair_close(pair);
	}
	return ret;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A queue pair and what it needs; and two of them, connected by hand.
 */

#include <linux/random.h>
#include <linux/slab.h>

#include "traffic.h"

#define TIMEOUT		14	/* 4 us << 14, see ib_qp_attr.timeout */
#define RETRIES		7
#define MIN_RNR_TIMER	1	/* 10 us */
#define RD_ATOMIC	1

static void has_news(struct ib_cq *cq, void *context)
{
	struct side *side = context;

	WRITE_ONCE(side->news, true);
	wake_up_all_waiting();
}

static int make_queues(struct side *side)
{
	const struct ib_cq_init_attr cq_attr = { .cqe = MAX_WORK };
	struct ib_qp_init_attr attr = {
		.cap = {
			.max_send_wr = QUEUE_DEPTH,
			.max_recv_wr = QUEUE_DEPTH,
			.max_send_sge = MAX_SGES,
			.max_recv_sge = MAX_SGES,
		},
		.sq_sig_type = IB_SIGNAL_REQ_WR,
		.qp_type = side->type,
		.port_num = side->port,
	};

	side->cq = ib_create_cq(side->device, has_news, NULL, side, &cq_attr);
	if (IS_ERR(side->cq))
		return PTR_ERR(side->cq);
	attr.send_cq = side->cq;
	attr.recv_cq = side->cq;
	side->qp = ib_create_qp(side->pd, &attr);
	return PTR_ERR_OR_ZERO(side->qp);
}

static int open_side(struct side *side)
{
	struct ib_port_attr port;
	int ret;

	ret = ib_query_port(side->device, side->port, &port);
	if (ret)
		return ret;
	if (port.state != IB_PORT_ACTIVE)
		return complain("port %u is not active", side->port);
	side->lid = port.lid;
	side->mtu = port.active_mtu;
	side->psn = get_random_u32() & 0xffffff;
	side->pd = ib_alloc_pd(side->device, IB_PD_UNSAFE_GLOBAL_RKEY);
	if (IS_ERR(side->pd))
		return PTR_ERR(side->pd);
	ret = buffer_alloc(&side->buffer, side->device);
	return ret ?: make_queues(side);
}

/* Whatever open_side() has made of it */
static void close_side(struct side *side)
{
	if (!IS_ERR_OR_NULL(side->qp))
		ib_destroy_qp(side->qp);
	if (!IS_ERR_OR_NULL(side->cq))
		ib_destroy_cq(side->cq);
	buffer_free(&side->buffer);
	if (!IS_ERR_OR_NULL(side->pd))
		ib_dealloc_pd(side->pd);
}

static int to_init(struct side *side)
{
	struct ib_qp_attr attr = {
		.qp_state = IB_QPS_INIT,
		.port_num = side->port,
	};
	int mask = IB_QP_STATE | IB_QP_PKEY_INDEX | IB_QP_PORT;

	if (side->type == IB_QPT_UD) {
		attr.qkey = UD_QKEY;
		mask |= IB_QP_QKEY;
	} else {
		attr.qp_access_flags = IB_ACCESS_REMOTE_READ |
				       IB_ACCESS_REMOTE_WRITE;
		mask |= IB_QP_ACCESS_FLAGS;
	}
	return ib_modify_qp(side->qp, &attr, mask);
}

static int to_receive(struct side *side, const struct side *peer)
{
	struct ib_qp_attr attr = {
		.qp_state = IB_QPS_RTR,
		.path_mtu = min(side->mtu, peer->mtu),
		.dest_qp_num = peer->qp->qp_num,
		.rq_psn = peer->psn,
		.max_dest_rd_atomic = RD_ATOMIC,
		.min_rnr_timer = MIN_RNR_TIMER,
	};
	int mask = IB_QP_STATE;

	attr.ah_attr.type = rdma_ah_find_type(side->device, side->port);
	rdma_ah_set_dlid(&attr.ah_attr, peer->lid);
	rdma_ah_set_port_num(&attr.ah_attr, side->port);
	if (side->type != IB_QPT_UD)
		mask |= IB_QP_AV | IB_QP_PATH_MTU | IB_QP_DEST_QPN |
			IB_QP_RQ_PSN;
	if (side->type == IB_QPT_RC)
		mask |= IB_QP_MAX_DEST_RD_ATOMIC | IB_QP_MIN_RNR_TIMER;
	return ib_modify_qp(side->qp, &attr, mask);
}

static int to_send(struct side *side)
{
	struct ib_qp_attr attr = {
		.qp_state = IB_QPS_RTS,
		.sq_psn = side->psn,
		.timeout = TIMEOUT,
		.retry_cnt = RETRIES,
		.rnr_retry = side->rnr_retry,
		.max_rd_atomic = RD_ATOMIC,
	};
	int mask = IB_QP_STATE | IB_QP_SQ_PSN;

	if (side->type == IB_QPT_RC)
		mask |= IB_QP_TIMEOUT | IB_QP_RETRY_CNT | IB_QP_RNR_RETRY |
			IB_QP_MAX_QP_RD_ATOMIC;
	return ib_modify_qp(side->qp, &attr, mask);
}

static int connect(struct pair *pair)
{
	struct side *a = &pair->side[0], *b = &pair->side[1];
	int ret;

	ret = to_init(a) ?: to_init(b);
	/* Both have to receive before one of them sends */
	ret = ret ?: to_receive(a, b) ?: to_receive(b, a);
	return ret ?: to_send(a) ?: to_send(b);
}

/**
 * pair_open() - two queue pairs that send to each other
 * @device: of this adapter, of its ports 1 and 2
 * @type: IB_QPT_RC, _UC or _UD
 * @rnr_retry: how often a side sends again that had nobody to receive; 7: for ever
 *
 * Return: the pair, or an ERR_PTR().
 */
struct pair *pair_open(struct ib_device *device, enum ib_qp_type type,
		       u8 rnr_retry)
{
	struct pair *pair;
	unsigned int i;
	int ret = 0;

	pair = kzalloc(sizeof(*pair), GFP_KERNEL);
	if (!pair)
		return ERR_PTR(-ENOMEM);
	for (i = 0; i < 2 && !ret; i++) {
		pair->side[i].device = device;
		pair->side[i].port = i + 1;
		pair->side[i].type = type;
		pair->side[i].rnr_retry = rnr_retry;
		ret = open_side(&pair->side[i]);
	}
	ret = ret ?: connect(pair);
	if (!ret)
		return pair;
	pair_close(pair);
	return ERR_PTR(ret);
}

void pair_close(struct pair *pair)
{
	close_side(&pair->side[0]);
	close_side(&pair->side[1]);
	kfree(pair);
}

/**
 * side_state() - ask for the state of a side's queue pair
 * @side: the side
 * @state: the answer
 *
 * Return: 0 or an errno.
 */
int side_state(struct side *side, enum ib_qp_state *state)
{
	struct ib_qp_init_attr init;
	struct ib_qp_attr attr;
	int ret;

	ret = ib_query_qp(side->qp, &attr, IB_QP_STATE, &init);
	if (!ret)
		*state = attr.qp_state;
	return ret;
}

/* Have everything flushed that is still under way */
int side_break(struct side *side)
{
	struct ib_qp_attr attr = { .qp_state = IB_QPS_ERR };

	return ib_modify_qp(side->qp, &attr, IB_QP_STATE);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A queue pair and what it needs; and two of them, connected by hand.
 */

#include <linux/random.h>
#include <linux/slab.h>
#include <rdma/ib_cache.h>

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

static void has_happened(struct ib_event *event, void *context)
{
	struct side *side = context;

	event_note(event);
	if (event->event < ARRAY_SIZE(side->happened))
		WRITE_ONCE(side->happened[event->event], true);
	wake_up_all_waiting();
}

static int make_cqs(struct side *side)
{
	const struct ib_cq_init_attr attr = { .cqe = side->nr_cqes };
	const unsigned int nr = side->port == 1 ? 1 : 2;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		side->cq[i] = ib_create_cq(side->device, has_news,
					   has_happened, side, &attr);
		if (IS_ERR(side->cq[i]))
			return PTR_ERR(side->cq[i]);
	}
	return 0;
}

static int make_queues(struct side *side)
{
	struct ib_qp_init_attr attr = {
		.event_handler = has_happened,
		.qp_context = side,
		.cap = {
			.max_send_wr = side->depth,
			.max_recv_wr = side->depth,
			.max_send_sge = MAX_SGES,
			.max_recv_sge = MAX_SGES,
		},
		.sq_sig_type = IB_SIGNAL_REQ_WR,
		.qp_type = side->type,
		.port_num = side->port,
	};
	int ret;

	ret = make_cqs(side);
	if (ret)
		return ret;
	attr.send_cq = side->cq[0];
	attr.recv_cq = side->cq[1] ?: side->cq[0];
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
	unsigned int i;

	if (!IS_ERR_OR_NULL(side->ah))
		rdma_destroy_ah(side->ah, RDMA_DESTROY_AH_SLEEPABLE);
	if (!IS_ERR_OR_NULL(side->qp))
		ib_destroy_qp(side->qp);
	for (i = 0; i < ARRAY_SIZE(side->cq); i++) {
		if (!IS_ERR_OR_NULL(side->cq[i]))
			ib_destroy_cq(side->cq[i]);
	}
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

/**
 * side_begin_to_send() - let a queue pair send that only listens so far
 * @side: whose
 *
 * Return: 0 or an errno.
 */
int side_begin_to_send(struct side *side)
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

/**
 * pair_listen() - let two queue pairs listen to each other
 * @pair: of these; they are new, or reset
 *
 * Return: 0 or an errno.
 */
int pair_listen(struct pair *pair)
{
	struct side *a = &pair->side[0], *b = &pair->side[1];

	return to_init(a) ?: to_init(b) ?: to_receive(a, b) ?: to_receive(b, a);
}

/**
 * pair_connect() - let two queue pairs send to each other
 * @pair: of these; they are new, or reset
 *
 * Return: 0 or an errno.
 */
int pair_connect(struct pair *pair)
{
	return pair_listen(pair) ?: side_begin_to_send(&pair->side[0]) ?:
	       side_begin_to_send(&pair->side[1]);
}

/**
 * side_route() - the way that datagrams take
 * @side: from this side
 * @peer: to that one
 * @global: with a global route header
 *
 * Return: an address handle, or an ERR_PTR().
 */
struct ib_ah *side_route(struct side *side, const struct side *peer, bool global)
{
	struct rdma_ah_attr attr = {
		.type = rdma_ah_find_type(side->device, side->port),
	};
	union ib_gid gid;
	int ret;

	rdma_ah_set_dlid(&attr, peer->lid);
	rdma_ah_set_port_num(&attr, side->port);
	if (global) {
		ret = rdma_query_gid(peer->device, peer->port, 0, &gid);
		if (ret)
			return ERR_PTR(ret);
		rdma_ah_set_grh(&attr, &gid, 0, 0, 1, 0);
		rdma_ah_set_ah_flags(&attr, IB_AH_GRH);
	}
	return rdma_create_ah(side->pd, &attr, RDMA_CREATE_AH_SLEEPABLE);
}

static int make_route(struct side *side, const struct side *peer)
{
	if (side->type != IB_QPT_UD)
		return 0;
	side->ah = side_route(side, peer, false);
	return PTR_ERR_OR_ZERO(side->ah);
}

/**
 * pair_open_sized() - two queue pairs that send to each other, with sizes of queues
 * @device: of this adapter, of its ports 1 and 2
 * @type: IB_QPT_RC, _UC or _UD
 * @rnr_retry: how often a side sends again that had nobody to receive; 7: for ever
 * @depth: how many requests a queue of work has room for
 * @nr_cqes: the same of a completion queue
 *
 * Return: the pair, or an ERR_PTR().
 */
struct pair *pair_open_sized(struct ib_device *device, enum ib_qp_type type,
			     u8 rnr_retry, u32 depth, u32 nr_cqes)
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
		pair->side[i].depth = depth;
		pair->side[i].nr_cqes = nr_cqes;
		ret = open_side(&pair->side[i]);
	}
	ret = ret ?: make_route(&pair->side[0], &pair->side[1]) ?:
		     make_route(&pair->side[1], &pair->side[0]);
	ret = ret ?: pair_connect(pair);
	if (!ret)
		return pair;
	pair_close(pair);
	return ERR_PTR(ret);
}

/* For as much work as is under way at once */
struct pair *pair_open(struct ib_device *device, enum ib_qp_type type,
		       u8 rnr_retry)
{
	return pair_open_sized(device, type, rnr_retry, QUEUE_DEPTH, MAX_WORK);
}

void pair_close(struct pair *pair)
{
	close_side(&pair->side[0]);
	close_side(&pair->side[1]);
	kfree(pair);
}

/**
 * side_set_state() - change the state of a side's queue pair, and nothing else
 * @side: the side
 * @state: the state
 *
 * Return: 0 or an errno.
 */
int side_set_state(struct side *side, enum ib_qp_state state)
{
	struct ib_qp_attr attr = { .qp_state = state };

	return ib_modify_qp(side->qp, &attr, IB_QP_STATE);
}

/**
 * side_expect_state() - see in which state a side's queue pair is
 * @side: the side
 * @state: the one that it has to be in
 *
 * Return: 0, -EPROTO, or the errno of asking.
 */
int side_expect_state(struct side *side, enum ib_qp_state state)
{
	struct ib_qp_init_attr init;
	struct ib_qp_attr attr;
	int ret;

	ret = ib_query_qp(side->qp, &attr, IB_QP_STATE, &init);
	if (!ret && attr.qp_state != state)
		ret = complain("state %d of the queue pair instead of %d",
			       attr.qp_state, state);
	return ret;
}

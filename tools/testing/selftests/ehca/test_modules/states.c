// SPDX-License-Identifier: GPL-2.0-only
/*
 * States of queue pairs beside those in which they just work: reset and used again,
 * listening before they send, told to drain, and back from an error of the send queue.
 * And what they know of a second path.
 */

#include <linux/random.h>
#include <linux/string.h>

#include "traffic.h"

#define SIZE		1024
#define NR_BEHIND	3
#define NR_ROUNDS	(2 * QUEUE_DEPTH + 1)	/* around the queues */
#define ALT_TIMEOUT	12

/* A datagram, or a message of a connection */
static int post_send(struct side *side, struct side *peer, u32 lkey)
{
	struct ib_sge sge = side_sge(side, 0, SIZE);
	struct ib_ud_wr wr = {
		.wr = {
			.opcode = IB_WR_SEND,
			.send_flags = IB_SEND_SIGNALED,
			.sg_list = &sge,
			.num_sge = 1,
		},
		.ah = side->ah,
		.remote_qpn = peer->qp->qp_num,
		.remote_qkey = UD_QKEY,
	};

	sge.lkey = lkey;
	return work_send(side, &wr.wr);
}

static u32 right_key(const struct side *side)
{
	return side->pd->local_dma_lkey;
}

/* Where a message arrives; a datagram has room for a header in front of it */
static size_t room(const struct side *side)
{
	return side->type == IB_QPT_UD ? GRH_BYTES : 0;
}

static int post_receive(struct side *side)
{
	struct ib_sge sge = side_sge(side, 0, room(side) + SIZE);

	return work_receive(side, &sge, 1);
}

static int check_received(struct side *side, u64 seed)
{
	int ret;

	buffer_poison(&side->buffer, 0, room(side));
	ret = buffer_check(&side->buffer, room(side), SIZE, seed, 0);
	if (!ret)
		transfers_count(SIZE);
	return ret;
}

/* Under way: what is in it, and the requests that send and receive it */
struct message {
	u64 seed;
	int sent, received;
};

static int begin(struct side *side, struct side *peer, struct message *message)
{
	message->seed = get_random_u64();
	buffer_fill(&side->buffer, SIZE, message->seed);
	buffer_poison(&peer->buffer, 0, BUFFER_SIZE);
	message->received = post_receive(peer);
	if (message->received < 0)
		return message->received;
	message->sent = post_send(side, peer, right_key(side));
	return min(message->sent, 0);
}

/* It arrives as it was sent */
static int end(struct side *side, struct side *peer,
	       const struct message *message)
{
	return work_end(side, message->sent, IB_WC_SUCCESS) ?:
	       work_end(peer, message->received, IB_WC_SUCCESS) ?:
	       check_received(peer, message->seed);
}

static int exchange(struct side *side, struct side *peer)
{
	struct message message;

	return begin(side, peer, &message) ?: end(side, peer, &message) ?:
	       work_expect_none(side) ?: work_expect_none(peer);
}

static int exchange_often(struct side *side, struct side *peer)
{
	int i, ret = 0;

	for (i = 0; i < NR_ROUNDS && !ret; i++)
		ret = exchange(side, peer) ?: exchange(peer, side);
	return ret;
}

/*
 * Outstanding are then a receive request with a completion that nobody has polled,
 * others without, and a send that nobody receives.
 */
static int leave_work(struct side *side, struct side *peer)
{
	int i, ret = 0;

	for (i = 0; i < NR_BEHIND && ret >= 0; i++)
		ret = post_receive(side);
	if (ret < 0)
		return ret;
	ret = work_end(peer, post_send(peer, side, right_key(peer)), IB_WC_SUCCESS);
	return ret ?: min(post_send(side, peer, right_key(side)), 0);
}

static int reset(struct side *side)
{
	int ret;

	ret = side_set_state(side, IB_QPS_RESET) ?:
	      side_expect_state(side, IB_QPS_RESET);
	/* Nothing of it is heard of */
	work_forget(side);
	memset(side->happened, 0, sizeof(side->happened));
	return ret;
}

static int expect_refused(struct side *side, struct side *peer)
{
	const int received = post_receive(side);
	const int sent = post_send(side, peer, right_key(side));

	if (received == -EINVAL && sent == -EINVAL)
		return 0;
	return complain("posted to what is reset: %d, %d", received, sent);
}

static int use_again(struct pair *pair)
{
	struct side *side = &pair->side[0], *peer = &pair->side[1];
	int ret;

	now("a queue pair that is reset");
	ret = leave_work(side, peer);
	ret = ret ?: reset(side) ?: reset(peer);
	ret = ret ?: expect_refused(side, peer);
	ret = ret ?: pair_connect(pair);
	ret = ret ?: work_expect_none(side) ?: work_expect_none(peer);
	return ret ?: exchange_often(side, peer);
}

/* Whoever hears something before it sends is told that the connection is there */
static int hear_first(struct pair *pair)
{
	struct side *side = &pair->side[0], *peer = &pair->side[1];
	struct message message;
	int ret;

	now("a side that only listens");
	ret = reset(side) ?: reset(peer) ?: pair_listen(pair) ?:
	      side_begin_to_send(peer);
	ret = ret ?: begin(peer, side, &message);
	ret = ret ?: wait_for_news(&side->happened[IB_EVENT_COMM_EST]);
	ret = ret ?: end(peer, side, &message);
	ret = ret ?: side_expect_state(side, IB_QPS_RTR);
	return ret ?: side_begin_to_send(side) ?: exchange_often(side, peer);
}

static int expect_waiting(struct side *side, int index)
{
	return side->work[index].completed ?
	       complain("done by a queue that was told to drain") : 0;
}

/* Meanwhile requests wait, and the other direction works */
static int drain_sends(struct pair *pair)
{
	const int mask = IB_QP_STATE | IB_QP_EN_SQD_ASYNC_NOTIFY;
	struct ib_qp_attr drain = {
		.qp_state = IB_QPS_SQD,
		.en_sqd_async_notify = true,
	};
	struct side *side = &pair->side[0], *peer = &pair->side[1];
	struct message message;
	int ret;

	now("a send queue that is told to drain");
	ret = exchange(side, peer) ?: ib_modify_qp(side->qp, &drain, mask) ?:
	      wait_for_news(&side->happened[IB_EVENT_SQ_DRAINED]) ?:
	      side_expect_state(side, IB_QPS_SQD);
	ret = ret ?: begin(side, peer, &message);
	ret = ret ?: work_exchange_empty(peer, side, NR_ROUNDS);
	ret = ret ?: expect_waiting(side, message.sent) ?:
		     expect_waiting(peer, message.received);
	ret = ret ?: side_set_state(side, IB_QPS_RTS);
	ret = ret ?: end(side, peer, &message);
	return ret ?: exchange_often(side, peer);
}

/* Only sending stops, and what is behind the request to blame is flushed */
static int fail(struct side *side, struct side *peer)
{
	const int bad = post_send(side, peer, ~right_key(side));
	int i, ret = min(bad, 0);

	for (i = 0; i < NR_BEHIND && !ret; i++)
		ret = min(post_send(side, peer, right_key(side)), 0);
	ret = ret ?: work_end(side, bad, IB_WC_LOC_PROT_ERR);
	ret = ret ?: work_expect_flushed(side);
	return ret ?: side_expect_state(side, IB_QPS_SQE);
}

static int go_on(struct pair *pair)
{
	struct side *side = &pair->side[0], *peer = &pair->side[1];
	int i, ret = 0;

	now("an error of the send queue of a %s pair",
	    side->type == IB_QPT_UD ? "UD" : "UC");
	/* So often that the one to blame has been each entry of the queue */
	for (i = 0; i < NR_ROUNDS && !ret; i++)
		ret = fail(side, peer) ?: exchange(peer, side) ?:
		      side_set_state(side, IB_QPS_RTS) ?: exchange(side, peer);
	return ret ?: exchange_often(side, peer);
}

/* The adapter is told of another way, over the other ports, and knows it */
static int know_alternate_path(struct pair *pair)
{
	const int mask = IB_QP_ALT_PATH | IB_QP_PATH_MIG_STATE;
	struct side *side = &pair->side[0], *peer = &pair->side[1];
	struct ib_qp_attr attr = {
		.alt_port_num = peer->port,
		.alt_timeout = ALT_TIMEOUT,
		.path_mig_state = IB_MIG_REARM,
	}, answer;
	struct ib_qp_init_attr init;
	int ret;

	now("an alternate path");
	attr.alt_ah_attr.type = rdma_ah_find_type(side->device, peer->port);
	rdma_ah_set_dlid(&attr.alt_ah_attr, side->lid);
	rdma_ah_set_port_num(&attr.alt_ah_attr, peer->port);
	ret = ib_modify_qp(side->qp, &attr, mask) ?:
	      ib_query_qp(side->qp, &answer, mask, &init);
	if (ret)
		return ret;
	if (answer.alt_port_num != peer->port ||
	    answer.alt_timeout != ALT_TIMEOUT ||
	    answer.path_mig_state != IB_MIG_REARM ||
	    rdma_ah_get_dlid(&answer.alt_ah_attr) != side->lid)
		return complain("it is another one");
	return exchange_often(side, peer);
}

/* A state that does not follow is refused, and changes nothing */
static int go_nowhere(struct pair *pair)
{
	struct side *side = &pair->side[0];
	int ret;

	now("a state that does not follow");
	ret = side_set_state(side, IB_QPS_INIT);
	if (ret != -EINVAL)
		return complain("not refused: %d", ret);
	return side_expect_state(side, IB_QPS_RTS) ?:
	       exchange_often(side, &pair->side[1]);
}

static const struct {
	int (*function)(struct pair *pair);
	enum ib_qp_type type;
} cases[] = {
	{ use_again, IB_QPT_RC },
	{ hear_first, IB_QPT_RC },
	{ hear_first, IB_QPT_UC },
	{ drain_sends, IB_QPT_RC },
	{ go_on, IB_QPT_UC },
	{ go_on, IB_QPT_UD },
	{ know_alternate_path, IB_QPT_RC },
	{ go_nowhere, IB_QPT_RC },
};

int run_states(struct ib_device *device)
{
	struct pair *pair;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < ARRAY_SIZE(cases) && !ret; i++) {
		pair = pair_open(device, cases[i].type, 7);
		if (IS_ERR(pair))
			return PTR_ERR(pair);
		ret = cases[i].function(pair);
		pair_close(pair);
	}
	return ret;
}

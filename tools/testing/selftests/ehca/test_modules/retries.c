// SPDX-License-Identifier: GPL-2.0-only
/*
 * RC: who sends before anybody receives, and to somebody who never does.
 */

#include <linux/random.h>

#include "traffic.h"

#define SIZE		1024
#define NR_MEANWHILE	32

static int post_send(struct side *side, size_t size)
{
	struct ib_sge sge = side_sge(side, 0, size);
	struct ib_send_wr wr = {
		.opcode = IB_WR_SEND,
		.send_flags = IB_SEND_SIGNALED,
		.sg_list = &sge,
		.num_sge = !!size,
	};

	return work_send(side, &wr);
}

static int expect(struct side *side, int index, enum ib_wc_status status)
{
	return work_wait(side, index) ?: work_expect(side, index, status);
}

/* Messages the other way, so that the adapter has been at the waiting one, too */
static int meanwhile(struct side *side, struct side *peer)
{
	int i, received, ret = 0;

	for (i = 0; i < NR_MEANWHILE && !ret; i++) {
		received = work_receive(side, NULL, 0);
		if (received < 0)
			return received;
		ret = expect(peer, post_send(peer, 0), IB_WC_SUCCESS) ?:
		      expect(side, received, IB_WC_SUCCESS);
	}
	return ret;
}

static int receive_later(struct side *side, struct side *peer)
{
	const u64 seed = get_random_u64();
	struct ib_sge sge = side_sge(peer, 0, SIZE);
	int sent, ret;

	now("a receive request that comes late");
	buffer_fill(&side->buffer, SIZE, seed);
	buffer_poison(&peer->buffer, 0, BUFFER_SIZE);
	sent = post_send(side, SIZE);
	if (sent < 0)
		return sent;
	ret = meanwhile(side, peer);
	if (!ret && side->work[sent].completed)
		ret = complain("sent before anybody received");
	ret = ret ?: expect(peer, work_receive(peer, &sge, 1), IB_WC_SUCCESS);
	ret = ret ?: expect(side, sent, IB_WC_SUCCESS);
	return ret ?: buffer_check(&peer->buffer, 0, SIZE, seed, 0);
}

static int expect_flushed(struct side *side, int index)
{
	enum ib_qp_state state;
	int ret;

	ret = expect(side, index, IB_WC_WR_FLUSH_ERR) ?: side_state(side, &state);
	if (!ret && state != IB_QPS_ERR)
		ret = complain("state %d of the queue pair", state);
	return ret ?: work_expect_none(side);
}

static int receive_never(struct side *side, struct side *peer)
{
	const int received = work_receive(side, NULL, 0);
	int ret = min(received, 0);

	now("a receive request that never comes");
	ret = ret ?: expect(side, post_send(side, SIZE), IB_WC_RNR_RETRY_EXC_ERR);
	return ret ?: expect_flushed(side, received);
}

static int nobody_there(struct side *side, struct side *peer)
{
	const int received = work_receive(side, NULL, 0);
	int ret = min(received, 0);

	now("a queue pair that does not answer");
	ret = ret ?: side_break(peer);
	ret = ret ?: expect(side, post_send(side, SIZE), IB_WC_RETRY_EXC_ERR);
	return ret ?: expect_flushed(side, received);
}

static const struct {
	int (*function)(struct side *side, struct side *peer);
	u8 rnr_retry;
} cases[] = {
	{ receive_later, 7 },
	{ receive_never, 2 },
	{ nobody_there, 7 },
};

int run_retries(struct ib_device *device)
{
	struct pair *pair;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < ARRAY_SIZE(cases) && !ret; i++) {
		pair = pair_open(device, IB_QPT_RC, cases[i].rnr_retry);
		if (IS_ERR(pair))
			return PTR_ERR(pair);
		ret = cases[i].function(&pair->side[0], &pair->side[1]);
		pair_close(pair);
	}
	return ret;
}

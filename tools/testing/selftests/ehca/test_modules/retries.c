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
	ret = work_exchange_empty(peer, side, NR_MEANWHILE);
	if (!ret && side->work[sent].completed)
		ret = complain("sent before anybody received");
	ret = ret ?: work_end(peer, work_receive(peer, &sge, 1), IB_WC_SUCCESS);
	ret = ret ?: work_end(side, sent, IB_WC_SUCCESS);
	return ret ?: buffer_check(&peer->buffer, 0, SIZE, seed, 0);
}

static int expect_flushed(struct side *side, int index)
{
	return work_end(side, index, IB_WC_WR_FLUSH_ERR) ?:
	       side_expect_state(side, IB_QPS_ERR) ?: work_expect_none(side);
}

static int receive_never(struct side *side, struct side *peer)
{
	const int received = work_receive(side, NULL, 0);
	int ret = min(received, 0);

	now("a receive request that never comes");
	ret = ret ?: work_end(side, post_send(side, SIZE), IB_WC_RNR_RETRY_EXC_ERR);
	return ret ?: expect_flushed(side, received);
}

static int nobody_there(struct side *side, struct side *peer)
{
	const int received = work_receive(side, NULL, 0);
	int ret = min(received, 0);

	now("a queue pair that does not answer");
	ret = ret ?: side_set_state(peer, IB_QPS_ERR);
	ret = ret ?: work_end(side, post_send(side, SIZE), IB_WC_RETRY_EXC_ERR);
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

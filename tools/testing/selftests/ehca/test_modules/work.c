// SPDX-License-Identifier: GPL-2.0-only
/*
 * Work requests. Each has a name of 64 bits that nobody can guess, and gets exactly
 * one completion, which tells it.
 */

#include <linux/minmax.h>
#include <linux/random.h>
#include <linux/sched/signal.h>

#include "traffic.h"

static int unused_work(struct side *side)
{
	int i;

	for (i = 0; i < MAX_WORK; i++) {
		if (!side->work[i].posted)
			return i;
	}
	return complain("more than %u work requests at once", MAX_WORK);
}

static struct work *start(struct side *side, int index)
{
	struct work *work = &side->work[index];

	*work = (struct work) { .wr_id = get_random_u64(), .posted = true };
	return work;
}

/**
 * work_receive() - post a receive request
 * @side: of this side
 * @sge: where to
 * @nr: how many there are
 *
 * Return: its index, or a negative errno.
 */
int work_receive(struct side *side, struct ib_sge *sge, unsigned int nr)
{
	const int index = unused_work(side);
	struct ib_recv_wr wr = { .sg_list = sge, .num_sge = nr };
	int ret;

	if (index < 0)
		return index;
	wr.wr_id = start(side, index)->wr_id;
	ret = ib_post_recv(side->qp, &wr, NULL);
	if (ret)
		side->work[index].posted = false;
	return ret ?: index;
}

/**
 * work_send() - post a send request
 * @side: of this side
 * @wr: all of it but the name
 *
 * Return: its index, or a negative errno.
 */
int work_send(struct side *side, struct ib_send_wr *wr)
{
	const int index = unused_work(side);
	int ret;

	if (index < 0)
		return index;
	wr->wr_id = start(side, index)->wr_id;
	ret = ib_post_send(side->qp, wr, NULL);
	if (ret)
		side->work[index].posted = false;
	return ret ?: index;
}

static int book(struct side *side, const struct ib_wc *wc)
{
	struct work *work;

	for (work = side->work; work < side->work + MAX_WORK; work++) {
		if (!work->posted || work->wr_id != wc->wr_id)
			continue;
		if (work->completed)
			return complain("two completions of one request");
		if (wc->qp != side->qp)
			return complain("completion of another queue pair");
		work->completed = true;
		work->wc = *wc;
		return 0;
	}
	return complain("completion of no request: wr_id %#llx status %s",
			wc->wr_id, ib_wc_status_msg(wc->status));
}

static int poll_one(struct side *side, struct ib_cq *cq)
{
	struct ib_wc wc[4];
	int i, nr, ret, total = 0;

	do {
		nr = ib_poll_cq(cq, ARRAY_SIZE(wc), wc);
		if (nr < 0)
			return nr;
		for (i = 0; i < nr; i++) {
			ret = book(side, &wc[i]);
			if (ret)
				return ret;
		}
		total += nr;
	} while (nr);
	return total;
}

/* What there is; the number of completions, or a negative errno */
static int poll(struct side *side)
{
	int i, nr, total = 0;

	for (i = 0; i < ARRAY_SIZE(side->cq) && side->cq[i]; i++) {
		nr = poll_one(side, side->cq[i]);
		if (nr < 0)
			return nr;
		total += nr;
	}
	return total;
}

/* Whether there is something already, or a negative errno */
static int ask_for_news(struct side *side)
{
	int i, ret = 0;

	WRITE_ONCE(side->news, false);
	for (i = 0; i < ARRAY_SIZE(side->cq) && side->cq[i] && !ret; i++)
		ret = ib_req_notify_cq(side->cq[i],
				       IB_CQ_NEXT_COMP |
				       IB_CQ_REPORT_MISSED_EVENTS);
	return ret;
}

/**
 * work_wait_for_more() - wait for a completion that has not been polled
 * @side: of this side
 *
 * Return: 0, if there may be one now, or an errno.
 */
int work_wait_for_more(struct side *side)
{
	const int ret = ask_for_news(side);

	return ret ? min(ret, 0) : wait_for_news(&side->news);
}

/* As poll(), but wait for something */
static int poll_or_wait(struct side *side)
{
	const int ret = poll(side);

	return ret ? min(ret, 0) : work_wait_for_more(side);
}

/**
 * work_wait() - wait until a request is complete
 * @side: the side that has posted it
 * @index: which it is, or the errno of posting it
 *
 * Whatever else completes meanwhile is noted.
 *
 * Return: 0 or an errno.
 */
int work_wait(struct side *side, int index)
{
	int ret = min(index, 0);

	while (!ret && !side->work[index].completed)
		ret = poll_or_wait(side);
	return ret;
}

/**
 * work_poll_until() - look again and again until a request is complete
 * @side: the side that has posted it, whose queues are asked to tell of nothing
 * @index: which it is
 *
 * Return: 0 or an errno.
 */
int work_poll_until(struct side *side, int index)
{
	int ret = 0;

	while (ret >= 0 && !side->work[index].completed) {
		ret = poll(side);
		if (!ret && signal_pending(current))
			ret = -EINTR;
		else if (!ret && has_to_end())
			ret = -ESHUTDOWN;
		cond_resched();
	}
	return min(ret, 0);
}

/* Wait until all requests are complete */
int work_wait_all(struct side *side)
{
	int i, ret = 0;

	for (i = 0; i < MAX_WORK && !ret; i++) {
		if (side->work[i].posted)
			ret = work_wait(side, i);
	}
	return ret;
}

/**
 * work_expect() - see how a request ended, which is over with that
 * @side: the side that has posted it
 * @index: which it is
 * @status: how it has to have ended
 *
 * Return: 0 or -EPROTO.
 */
int work_expect(struct side *side, int index, enum ib_wc_status status)
{
	struct work *work = &side->work[index];

	work->posted = false;
	if (work->wc.status == status)
		return 0;
	return complain("%s instead of %s", ib_wc_status_msg(work->wc.status),
			ib_wc_status_msg(status));
}

/* Wait until a request is complete, and see how it ended */
int work_end(struct side *side, int index, enum ib_wc_status status)
{
	return work_wait(side, index) ?: work_expect(side, index, status);
}

/* Wait until all requests are complete, which have been flushed */
int work_expect_flushed(struct side *side)
{
	int i, ret;

	ret = work_wait_all(side);
	for (i = 0; i < MAX_WORK && !ret; i++) {
		if (side->work[i].posted)
			ret = work_expect(side, i, IB_WC_WR_FLUSH_ERR);
	}
	return ret ?: work_expect_none(side);
}

/**
 * work_forget() - requests that have no completion of their own are over
 * @side: whose
 */
void work_forget(struct side *side)
{
	int i;

	for (i = 0; i < MAX_WORK; i++)
		side->work[i].posted &= side->work[i].completed;
}

/* See that no completion comes that nobody waits for */
int work_expect_none(struct side *side)
{
	const int nr = poll(side);

	return nr > 0 ? complain("%d completions too many", nr) : nr;
}

/**
 * work_exchange_empty() - messages without data, after which the adapter has been at
 *	whatever waits at either side, too
 * @side: from this side
 * @peer: to that one, which has no receive request
 * @nr: so many
 *
 * Return: 0 or an errno.
 */
int work_exchange_empty(struct side *side, struct side *peer, unsigned int nr)
{
	int received, ret = 0;

	while (nr-- && !ret) {
		struct ib_send_wr wr = {
			.opcode = IB_WR_SEND,
			.send_flags = IB_SEND_SIGNALED,
		};

		received = work_receive(peer, NULL, 0);
		if (received < 0)
			return received;
		ret = work_end(side, work_send(side, &wr), IB_WC_SUCCESS) ?:
		      work_end(peer, received, IB_WC_SUCCESS);
	}
	return ret;
}

/* A piece of a side's buffer */
struct ib_sge side_sge(struct side *side, size_t offset, size_t size)
{
	return (struct ib_sge) {
		.addr = side->buffer.dma + offset,
		.length = size,
		.lkey = side->pd->local_dma_lkey,
	};
}

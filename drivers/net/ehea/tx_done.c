// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames that have been sent. The send queue is worked off in order (assumed; a
 * queue of the InfiniBand architecture is): a completion is one of small frames
 * before it, too. Those with descriptors have one each, which is waited for.
 */

#include <net/netdev_queues.h>

#include "ehea.h"

/* What a poll has found */
struct tx_done {
	u32 entries;
	u32 frames, bytes;
};

/* Up to a frame with descriptors that is still to be completed */
static void move_tail(struct ehea_tx *tx, struct tx_done *done)
{
	const struct ehea_tx_slot *slot = &tx->slots[tx->tail];

	while (tx->done + done->frames < tx->completed && !slot->skb) {
		done->frames++;
		done->bytes += slot->bytes;
		if (++tx->tail == tx->nr_slots)
			tx->tail = 0;
		slot = &tx->slots[tx->tail];
	}
}

/* Returns whether the slot is in use: then it is from the tail on, and posted */
static bool complete_slot(struct ehea_tx *tx, u64 slot, int budget,
			  struct tx_done *done)
{
	u64 entry = tx->done + done->frames;

	if (slot >= tx->nr_slots)
		return false;
	entry += slot >= tx->tail ? slot - tx->tail :
				    slot + tx->nr_slots - tx->tail;
	if (entry >= READ_ONCE(tx->posted))
		return false;
	napi_consume_skb(tx->slots[slot].skb, budget);
	tx->slots[slot].skb = NULL;
	tx->completed = max(tx->completed, entry + 1);
	move_tail(tx, done);
	return true;
}

static void check_status(struct ehea_qset *qset, const struct ehea_cqe *cqe)
{
	struct ehea_rx_stats *stats = &qset->rx_stats;

	if (likely(!(cqe->status & EHEA_CQE_ERROR)))
		return;
	u64_stats_update_begin(&stats->sync);
	u64_stats_inc(&stats->tx_errors);
	u64_stats_update_end(&stats->sync);
	if (net_ratelimit() && netif_msg_tx_err(qset->port))
		netdev_err(qset->port->netdev, "queue %u: send status %#x\n",
			   qset->index, cqe->status);
	if (cqe->status & EHEA_CQE_SEND_FATAL)
		ehea_port_reset(qset->port);
}

static void poll_cq(struct ehea_qset *qset, int budget, struct tx_done *done)
{
	struct ebus_queue *queue = &qset->send_cq.queue;
	const struct ehea_cqe *cqe;

	while ((cqe = ehea_cqe_next(queue))) {
		/* The rest of it was written before its valid bit */
		dma_rmb();
		check_status(qset, cqe);
		if (!complete_slot(&qset->tx, cqe->id, budget, done))
			ehea_port_reset(qset->port);
		ebus_queue_advance(queue);
		done->entries++;
	}
}

/**
 * ehea_tx_poll() - free what has been sent
 * @qset: where
 * @budget: of NAPI; 0 if it is not NAPI that polls
 *
 * Context: NAPI, or whoever stands in for it.
 */
void ehea_tx_poll(struct ehea_qset *qset, int budget)
{
	struct ehea_port *port = qset->port;
	struct ehea_tx *tx = &qset->tx;
	struct tx_done done = {};

	poll_cq(qset, budget, &done);
	if (!done.entries)
		return;
	ehea_cq_release(&qset->send_cq, done.entries);
	WRITE_ONCE(tx->done, tx->done + done.frames);
	if (wq_has_sleeper(&tx->progress))
		wake_up_all(&tx->progress);
	__netif_txq_completed_wake(netdev_get_tx_queue(port->netdev,
						       qset->index),
				   done.frames, done.bytes, ehea_tx_free(tx),
				   ehea_tx_wake_at(tx), !READ_ONCE(port->up));
}

/**
 * ehea_tx_mark() - say what ehea_tx_drain() is to wait for
 * @qset: a queue set that is up
 *
 * Context: &ehea_adapter.up_lock held until the end of ehea_tx_drain().
 */
void ehea_tx_mark(struct ehea_qset *qset)
{
	qset->tx.mark = READ_ONCE(qset->tx.posted_sges);
}

/**
 * ehea_tx_drain() - wait until all descriptors posted before ehea_tx_mark() are done
 * @qset: a queue set that is up
 * @until: in jiffies, when to give up
 *
 * Return: whether they are.
 */
bool ehea_tx_drain(struct ehea_qset *qset, unsigned long until)
{
	struct ehea_tx *tx = &qset->tx;
	const unsigned long now = jiffies;

	return wait_event_timeout(tx->progress,
				  READ_ONCE(tx->done) >= tx->mark,
				  time_before(now, until) ? until - now : 0);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues on which the adapter does not go on, for an error or because it was told so.
 * What it has not executed is left to the driver: poll.c completes it, when the
 * completion queue has nothing of the adapter's any more.
 *
 * Facts from 4.4's drivers/staging/rdma/ehca/ehca_qp.c, prepare_sqe_rts() and
 * check_for_left_cqes().
 */

#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/math.h>
#include <linux/minmax.h>

#include "ehca.h"
#include "qp.h"

/*
 * The firmware may be busy, or the state of the queue pair change later than the error
 * is told. It is asked for ten seconds, ever more seldom.
 */
#define LOOK_AGAIN	(HZ / 100)
#define MAX_LOOKS	10

/* The rest of what H_DISABLE_AND_GET answers is an address */
#define NEXT_FLAG	EHCA_BIT(0)

static bool find_slot(const struct ebus_queue *queue, phys_addr_t addr, u32 *slot)
{
	const u64 offset = addr % EBUS_QUEUE_PAGE;
	u32 i;

	for (i = 0; i < queue->nr_pages; i++) {
		if (virt_to_phys(queue->pages[i]) != addr - offset)
			continue;
		*slot = (i * EBUS_QUEUE_PAGE + offset) / queue->entry_size;
		return true;
	}
	return false;
}

/*
 * The number of the request that @addr is the entry of, @latest or an earlier one. A
 * queue has more entries than may be in use, so it is only one's. If it is none, that
 * is -EIO, and all that are outstanding are meant.
 */
static int find_number(const struct ehca_work_queue *wq, u64 addr, u64 latest,
		       u64 *number)
{
	u32 slot, back;

	*number = READ_ONCE(wq->completed);
	if (!find_slot(&wq->queue, addr & ~NEXT_FLAG, &slot))
		return -EIO;
	back = (ehca_wq_slot(wq, latest) + wq->nr_slots - slot) % wq->nr_slots;
	if (back > latest)
		return -EIO;
	*number = latest - back;
	return 0;
}

/*
 * What has not been executed since the last time is told as flushed all the same when
 * the numbers of that are forgotten
 */
static void tell_of_flushed(struct ehca_work_queue *wq)
{
	u64 number;

	for (number = max(wq->flush_from, wq->completed);
	     number < wq->flush_until; number++)
		ehca_wq_at(wq, number)->signalled = true;
}

/* From @from on, nothing is executed any more */
static void flush_begin(struct ehca_work_queue *wq, u64 from)
{
	struct ehca_cq *cq = wq->cq;
	unsigned long flags;

	spin_lock_irqsave(&cq->lock, flags);
	spin_lock(&wq->lock);
	if (!ehca_wq_flushes(wq)) {
		tell_of_flushed(wq);
		wq->flush_from = from;
		wq->flush_until = U64_MAX;
		if (list_empty(&wq->flush_link))
			list_add_tail(&wq->flush_link, &cq->flush);
	}
	spin_unlock(&wq->lock);
	spin_unlock_irqrestore(&cq->lock, flags);
	schedule_work(&wq->event);
}

/**
 * ehca_qp_stopped() - complete what is outstanding on a queue pair in error
 * @qp: its mutex is held
 *
 * If the firmware does not tell where it stopped, sends that nobody wanted to hear of
 * are taken for not executed.
 *
 * Context: Process context, may sleep.
 */
void ehca_qp_stopped(struct ehca_qp *qp)
{
	u64 next[EHCA_NR_RINGS] = {}, sq_from, rq_from;
	int ret, found;

	lockdep_assert_held(&qp->mutex);
	if (ehca_wq_flushes(&qp->sq) && ehca_wq_flushes(&qp->rq))
		return;
	ret = ehca_fw_stop_qp(to_ehca(qp->ib.device), qp->handle,
			      EHCA_QP_GET_BOTH, next);
	found = find_number(&qp->sq, next[EHCA_SQ], ehca_wq_posted(&qp->sq),
			    &sq_from);
	/* Each receive is heard of, so where they stopped matters less */
	find_number(&qp->rq, next[EHCA_RQ], ehca_wq_posted(&qp->rq), &rq_from);
	if (ret || found)
		ibdev_warn(qp->ib.device,
			   "queue pair %u does not tell where it stopped: %d\n",
			   qp->number, ret ?: found);
	flush_begin(&qp->sq, sq_from);
	flush_begin(&qp->rq, rq_from);
}

/**
 * ehca_sq_stopped() - complete what is outstanding on a send queue in error
 * @qp: its mutex is held
 * @bad: number of the request that is to blame, and may have been completed; or, if
 *	 many have been posted since, of a later one with the same entry
 *
 * Context: Process context, may sleep.
 * Return: 0, or an errno if it is not known which is to blame. The queue is flushed
 * either way.
 */
int ehca_sq_stopped(struct ehca_qp *qp, u64 *bad)
{
	u64 next[EHCA_NR_RINGS] = {};
	int ret, found;

	lockdep_assert_held(&qp->mutex);
	ret = ehca_fw_stop_qp(to_ehca(qp->ib.device), qp->handle,
			      EHCA_QP_GET_SEND, next);
	/* It has been posted, so it is an earlier one than the next */
	found = find_number(&qp->sq, next[EHCA_SQ],
			    max(ehca_wq_posted(&qp->sq), 1) - 1, bad);
	flush_begin(&qp->sq, *bad);
	return ret ?: found;
}

/**
 * ehca_sq_purge() - let a send queue in error not do again what is to blame
 * @qp: its mutex is held
 * @bad: number of that request
 *
 * When the queue goes on it starts with that one, whose entry nobody writes meanwhile.
 * Now the adapter is only to complete it, under a number that is nobody's.
 */
void ehca_sq_purge(struct ehca_qp *qp, u64 bad)
{
	struct ehca_wqe *wqe = ebus_queue_entry(&qp->sq.queue,
						ehca_wq_slot(&qp->sq, bad));

	wqe->id = EHCA_NO_NUMBER;
	wqe->opcode = EHCA_WQE_SEND;
	wqe->flags = EHCA_WQE_SIGNAL;
	wqe->nr_sges = 0;
	wqe->control = EHCA_WQE_PURGE;
	/* The adapter reads it when the firmware says so */
	wmb();
}

/**
 * ehca_sq_resume() - a send queue has gone on after an error
 * @qp: its mutex is held
 * @bad: number of the request that was to blame
 *
 * The adapter has that one to do again, and has forgotten those after it, which are
 * flushed. So the next one that is posted has the entry behind it.
 */
void ehca_sq_resume(struct ehca_qp *qp, u64 bad)
{
	struct ehca_work_queue *sq = &qp->sq;
	unsigned long flags;
	u32 slot;

	spin_lock_irqsave(&sq->cq->lock, flags);
	spin_lock(&sq->lock);
	slot = ehca_wq_slot(sq, bad + 1);
	sq->flush_until = sq->posted;
	sq->skew = (slot + sq->nr_slots - sq->posted % sq->nr_slots) %
		   sq->nr_slots;
	ebus_queue_seek(&sq->queue, slot);
	spin_unlock(&sq->lock);
	spin_unlock_irqrestore(&sq->cq->lock, flags);
}

/**
 * ehca_wq_reset() - forget what is outstanding
 * @wq: of a queue pair that has been reset
 *
 * None of it is completed, as InfiniBand has it, not even if the completion is in the
 * queue: its number is too low now.
 *
 * Context: Any.
 */
void ehca_wq_reset(struct ehca_work_queue *wq)
{
	unsigned long flags;

	spin_lock_irqsave(&wq->cq->lock, flags);
	spin_lock(&wq->lock);
	list_del_init(&wq->flush_link);
	wq->flush_from = 0;
	wq->flush_until = 0;
	/* The adapter starts with the first entry */
	wq->posted = roundup(wq->posted, wq->nr_slots);
	wq->skew = 0;
	wq->completed = wq->posted;
	ebus_queue_rewind(&wq->queue);
	wq->has_read = false;
	wq->packets = 0;
	spin_unlock(&wq->lock);
	spin_unlock_irqrestore(&wq->cq->lock, flags);
}

/* Deferred, for a user must not be called back by what it calls */
void ehca_wq_event(struct work_struct *work)
{
	struct ehca_work_queue *wq =
		container_of(work, struct ehca_work_queue, event);
	bool pending;

	spin_lock_irq(&wq->cq->lock);
	pending = ehca_cq_pending(wq->cq);
	spin_unlock_irq(&wq->cq->lock);
	/* An error is one of those that are always heard of */
	if (pending)
		ehca_cq_complete(wq->cq, true);
}

static int find_state(struct ehca_qp *qp, u32 *state)
{
	struct ehca_cb_qp *block = ehca_block_alloc();
	int ret;

	if (!block)
		return -ENOMEM;
	ret = ehca_fw_query_qp(to_ehca(qp->ib.device), qp->handle, block);
	*state = block->state;
	ehca_block_free(block);
	return ret;
}

/* Returns whether it is known by now what the error has done */
static bool look(struct ehca_qp *qp)
{
	u32 state;
	u64 bad;
	int ret;

	ret = find_state(qp, &state);
	if (ret) {
		ibdev_err_ratelimited(qp->ib.device,
				      "queue pair %u has failed, and its state is unknown: %d\n",
				      qp->number, ret);
		return false;
	}
	switch (state) {
	case EHCA_QP_ERR:
		WRITE_ONCE(qp->state, IB_QPS_ERR);
		ehca_qp_stopped(qp);
		return true;
	case EHCA_QP_SQE:
		WRITE_ONCE(qp->state, IB_QPS_SQE);
		if (!ehca_wq_flushes(&qp->sq))
			ehca_sq_stopped(qp, &bad);
		return true;
	case EHCA_QP_RESET:
	case EHCA_QP_INIT:
		/* It has begun anew since */
		return true;
	default:
		return false;
	}
}

void ehca_qp_failed_work(struct work_struct *work)
{
	struct ehca_qp *qp = container_of(to_delayed_work(work), struct ehca_qp,
					  failed);
	unsigned int looks;
	bool known;

	mutex_lock(&qp->mutex);
	known = look(qp);
	mutex_unlock(&qp->mutex);
	/* Otherwise nobody would ever complete what is outstanding */
	if (known)
		return;
	looks = READ_ONCE(qp->looks) + 1;
	WRITE_ONCE(qp->looks, looks);
	if (looks < MAX_LOOKS)
		schedule_delayed_work(&qp->failed, LOOK_AGAIN << looks);
}

/**
 * ehca_qp_failed() - a queue pair may be in error
 * @qp: which; its completion queue is locked, or it is otherwise kept
 *
 * If it is, what is outstanding will be completed.
 *
 * Context: Any.
 */
void ehca_qp_failed(struct ehca_qp *qp)
{
	WRITE_ONCE(qp->looks, 0);
	mod_delayed_work(system_wq, &qp->failed, 0);
}

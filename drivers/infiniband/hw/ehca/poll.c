// SPDX-License-Identifier: GPL-2.0-only
/*
 * Completions. The adapter completes work in the order in which it was posted, and
 * stops when there is an error: the rest of the queue is the driver's to complete
 * ("eHCA does not do this in hardware" says the change that added it to 2.6.32's
 * drivers/infiniband/hw/ehca/ehca_reqs.c).
 *
 * A work queue is a row of requests that are numbered from the first on. All before
 * @completed have been; a completion of any of them comes too late, and is not one.
 * The numbers go on when a queue pair is reset, so that those that are then still in
 * the completion queue are too late, too.
 */

#include <linux/bitfield.h>
#include <linux/string.h>

#include "cq.h"
#include "ehca.h"
#include "qp.h"

/* Names no queue pair */
#define EHCA_NO_TOKEN	0

static const enum ib_wc_status statuses[] = {
	[EHCA_CODE_LENGTH] = IB_WC_LOC_LEN_ERR,
	[EHCA_CODE_QP_OP] = IB_WC_LOC_QP_OP_ERR,
	[EHCA_CODE_EEC_OP] = IB_WC_LOC_EEC_OP_ERR,
	[EHCA_CODE_PROTECTION] = IB_WC_LOC_PROT_ERR,
	[EHCA_CODE_FLUSHED] = IB_WC_WR_FLUSH_ERR,
	[EHCA_CODE_BIND] = IB_WC_MW_BIND_ERR,
	[EHCA_CODE_RETRIES] = IB_WC_RETRY_EXC_ERR,
	[EHCA_CODE_RNR_RETRIES] = IB_WC_RNR_RETRY_EXC_ERR,
	[EHCA_CODE_ABORTED] = IB_WC_REM_ABORT_ERR,
	[EHCA_CODE_EEC_NUMBER] = IB_WC_INV_EECN_ERR,
	[EHCA_CODE_EEC_STATE] = IB_WC_INV_EEC_STATE_ERR,
	[EHCA_CODE_RESPONSE] = IB_WC_BAD_RESP_ERR,
	[EHCA_CODE_PURGED] = IB_WC_WR_FLUSH_ERR,
	[EHCA_CODE_RECV_LENGTH] = IB_WC_LOC_LEN_ERR,
	[EHCA_CODE_RECV_QP_OP] = IB_WC_LOC_QP_OP_ERR,
	[EHCA_CODE_RECV_EEC_OP] = IB_WC_LOC_EEC_OP_ERR,
	[EHCA_CODE_RECV_PROTECTION] = IB_WC_LOC_PROT_ERR,
	[EHCA_CODE_RECV_FLUSHED] = IB_WC_WR_FLUSH_ERR,
	[EHCA_CODE_RECV_ABORTED] = IB_WC_REM_ABORT_ERR,
	[EHCA_CODE_RECV_EEC_NUMBER] = IB_WC_INV_EECN_ERR,
	[EHCA_CODE_RECV_EEC_STATE] = IB_WC_INV_EEC_STATE_ERR,
};

/* What the other side refused; that packets are out of sequence has no status */
static const enum ib_wc_status remote_statuses[] = {
	[EHCA_REMOTE_SEQUENCE] = IB_WC_GENERAL_ERR,
	[EHCA_REMOTE_REQUEST] = IB_WC_REM_INV_REQ_ERR,
	[EHCA_REMOTE_ACCESS] = IB_WC_REM_ACCESS_ERR,
	[EHCA_REMOTE_OPERATION] = IB_WC_REM_OP_ERR,
	[EHCA_REMOTE_READ] = IB_WC_REM_INV_RD_REQ_ERR,
};

static enum ib_wc_status to_status(u32 status)
{
	const u32 remote = FIELD_GET(EHCA_CQE_REMOTE, status);
	const u32 code = FIELD_GET(EHCA_CQE_CODE, status);

	if (likely(!(status & EHCA_CQE_ERROR)))
		return IB_WC_SUCCESS;
	if (code == EHCA_CODE_REMOTE)
		return remote < ARRAY_SIZE(remote_statuses) ?
		       remote_statuses[remote] : IB_WC_GENERAL_ERR;
	if (code >= ARRAY_SIZE(statuses) || !statuses[code])
		return IB_WC_FATAL_ERR;
	return statuses[code];
}

/* Takes the oldest request off its queue */
static void skip(struct ehca_work_queue *wq)
{
	/* Whoever posts may use the entry when it sees this */
	smp_store_release(&wq->completed, wq->completed + 1);
}

/* The same, and tells what it was */
static void take(struct ehca_work_queue *wq, struct ib_wc *wc,
		 enum ib_wc_status status)
{
	const struct ehca_wr *wr = ehca_wq_at(wq, wq->completed);

	memset(wc, 0, sizeof(*wc));
	wc->wr_id = wr->id;
	wc->opcode = wr->opcode;
	wc->status = status;
	wc->qp = &wq->qp->ib;
	skip(wq);
}

/*
 * Requests before @until have been executed, or will never be. Returns whether one of
 * them has to be told: it is flushed then.
 */
static bool take_before(struct ehca_work_queue *wq, u64 until, struct ib_wc *wc)
{
	const struct ehca_wr *wr;

	for (; wq->completed < until; skip(wq)) {
		wr = ehca_wq_at(wq, wq->completed);
		if (!wr->hidden &&
		    (wr->signalled || ehca_wq_in_flush(wq, wq->completed))) {
			take(wq, wc, IB_WC_WR_FLUSH_ERR);
			return true;
		}
	}
	return false;
}

static u64 flush_end(const struct ehca_work_queue *wq)
{
	return min(wq->flush_until, ehca_wq_posted(wq));
}

/* When the completion queue is empty */
static bool flush(struct ehca_cq *cq, struct ib_wc *wc)
{
	struct ehca_work_queue *wq, *next;

	list_for_each_entry_safe(wq, next, &cq->flush, flush_link) {
		if (take_before(wq, flush_end(wq), wc))
			return true;
		if (!ehca_wq_flushes(wq))
			list_del_init(&wq->flush_link);
	}
	return false;
}

static void describe_received(struct ib_wc *wc, const struct ehca_cqe *cqe)
{
	if (cqe->opcode == EHCA_CQE_OP_RECV_WRITE)
		wc->opcode = IB_WC_RECV_RDMA_WITH_IMM;
	if (cqe->flags & EHCA_CQE_IMM) {
		wc->wc_flags |= IB_WC_WITH_IMM;
		wc->ex.imm_data = cpu_to_be32(cqe->imm);
	}
	if (cqe->flags & EHCA_CQE_GRH)
		wc->wc_flags |= IB_WC_GRH;
	wc->src_qp = cqe->src_qpn;
	wc->slid = cqe->slid;
	wc->dlid_path_bits = cqe->dlid;
	wc->pkey_index = cqe->pkey_index;
	wc->sl = cqe->sl;
}

static void describe(struct ehca_work_queue *wq, struct ib_wc *wc,
		     const struct ehca_cqe *cqe)
{
	if (unlikely(wc->status != IB_WC_SUCCESS)) {
		wc->vendor_err = cqe->status;
		if (wc->status != IB_WC_WR_FLUSH_ERR)
			ehca_qp_failed(wq->qp);
		return;
	}
	wc->byte_len = cqe->length;
	if (cqe->flags & EHCA_CQE_RECEIVED)
		describe_received(wc, cqe);
}

/* The entry that is next; NULL if the adapter has not written it */
static struct ehca_cqe *next_entry(const struct ebus_queue *queue)
{
	struct ehca_cqe *cqe = ebus_queue_next(queue);

	if (!!(READ_ONCE(cqe->valid) & EHCA_CQE_VALID) != queue->turn)
		return NULL;
	/* The rest of it was written before its valid bit */
	dma_rmb();
	return cqe;
}

/* NULL if there is no such queue pair any more */
static struct ehca_work_queue *find_queue(const struct ehca_cq *cq,
					  const struct ehca_cqe *cqe)
{
	struct ehca_adapter *adapter = to_ehca(cq->ib.device);
	struct ehca_work_queue *wq;
	struct ehca_named *named;
	struct ehca_qp *qp;

	/* Whoever destroys it locks the completion queue after taking its token */
	named = ehca_names_find(&adapter->qps, cqe->token);
	if (!named)
		return NULL;
	qp = container_of(named, struct ehca_qp, named);
	wq = cqe->flags & EHCA_CQE_RECEIVED ? &qp->rq : &qp->sq;
	return cqe->qpn == qp->number && wq->cq == cq ? wq : NULL;
}

static bool is_outstanding(const struct ehca_work_queue *wq, u64 number)
{
	return number >= wq->completed && number < ehca_wq_posted(wq);
}

/*
 * Returns whether there is something to tell; @done is whether that was all that the
 * entry has to say.
 */
static bool read_entry(struct ehca_cq *cq, const struct ehca_cqe *cqe,
		       struct ib_wc *wc, bool *done)
{
	struct ehca_work_queue *wq = find_queue(cq, cqe);

	*done = true;
	if (!wq)
		return false;
	if (!is_outstanding(wq, cqe->id)) {
		/* The queue has stopped without anybody's request to blame */
		if (to_status(cqe->status) != IB_WC_SUCCESS &&
		    to_status(cqe->status) != IB_WC_WR_FLUSH_ERR)
			ehca_qp_failed(wq->qp);
		return false;
	}
	if (take_before(wq, cqe->id, wc)) {
		*done = false;
		return true;
	}
	if (ehca_wq_at(wq, wq->completed)->hidden) {
		/* It is only told if it has failed, and so has the queue pair */
		skip(wq);
		ehca_qp_failed(wq->qp);
		return false;
	}
	take(wq, wc, to_status(cqe->status));
	describe(wq, wc, cqe);
	return true;
}

/* Returns whether there is a completion; @nr_read counts entries */
static bool poll(struct ehca_cq *cq, struct ib_wc *wc, u32 *nr_read)
{
	const struct ehca_cqe *cqe;
	bool found, done;

	while ((cqe = next_entry(&cq->queue))) {
		found = read_entry(cq, cqe, wc, &done);
		if (done) {
			ebus_queue_advance(&cq->queue);
			(*nr_read)++;
		}
		if (found)
			return true;
	}
	return flush(cq, wc);
}

/**
 * ehca_poll_cq() - take completions off a queue
 * @ib: the RDMA core's completion queue
 * @nr: of them, at most
 * @wc: where they go
 *
 * Context: Any.
 * Return: how many there are.
 */
int ehca_poll_cq(struct ib_cq *ib, int nr, struct ib_wc *wc)
{
	struct ehca_cq *cq = to_ehca_cq(ib);
	unsigned long flags;
	u32 nr_read = 0;
	int found = 0;

	spin_lock_irqsave(&cq->lock, flags);
	while (found < nr && poll(cq, &wc[found], &nr_read))
		found++;
	if (nr_read)
		ehca_cq_release(cq, nr_read);
	spin_unlock_irqrestore(&cq->lock, flags);
	return found;
}

/**
 * ehca_cq_pending() - whether there is something to poll
 * @cq: locked
 *
 * Context: Any.
 * Return: whether. It may turn out that there is nothing to tell.
 */
bool ehca_cq_pending(const struct ehca_cq *cq)
{
	const struct ehca_work_queue *wq;

	lockdep_assert_held(&cq->lock);
	if (next_entry(&cq->queue))
		return true;
	list_for_each_entry(wq, &cq->flush, flush_link)
		if (wq->completed < flush_end(wq))
			return true;
	return false;
}

/**
 * ehca_cq_forget() - make entries of a queue pair that is gone name none
 * @cq: locked
 * @qp: the adapter writes no more entries of it
 *
 * Context: Any.
 */
void ehca_cq_forget(struct ehca_cq *cq, const struct ehca_qp *qp)
{
	struct ebus_queue rest = cq->queue;
	struct ehca_cqe *cqe;

	lockdep_assert_held(&cq->lock);
	while ((cqe = next_entry(&rest))) {
		if (cqe->token == qp->named.token && cqe->qpn == qp->number)
			cqe->token = EHCA_NO_TOKEN;
		ebus_queue_advance(&rest);
	}
}

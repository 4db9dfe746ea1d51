// SPDX-License-Identifier: GPL-2.0-only
/*
 * Posting of sends, RDMA writes and RDMA reads.
 */

#include <linux/errno.h>
#include <linux/string.h>

#include "ehca.h"
#include "qp.h"

/*
 * After so many packets of a connection that has had an RDMA read, without another one,
 * there has to be one of nothing, lest the adapter at the other end gets out of step:
 * 4.4's ehca_reqs.c, ehca_post_send(), "unsolicited ack circumvention".
 */
#define PACKETS_WITHOUT_READ	2000000

/* A Q_Key that stands for the queue pair's own: InfiniBand architecture, C10-15 */
#define QKEY_OWN	BIT(31)

/* What the adapter can do; IB_WC_* is what it is called when it is done */
struct opcode {
	u8 wqe, flags;
	enum ib_wc_opcode wc;
	bool rdma;
};

static const struct opcode opcodes[] = {
	[IB_WR_RDMA_WRITE] = {
		.wqe = EHCA_WQE_WRITE,
		.wc = IB_WC_RDMA_WRITE,
		.rdma = true,
	},
	[IB_WR_RDMA_WRITE_WITH_IMM] = {
		.wqe = EHCA_WQE_WRITE,
		.flags = EHCA_WQE_IMM,
		.wc = IB_WC_RDMA_WRITE,
		.rdma = true,
	},
	[IB_WR_SEND] = {
		.wqe = EHCA_WQE_SEND,
		.wc = IB_WC_SEND,
	},
	[IB_WR_SEND_WITH_IMM] = {
		.wqe = EHCA_WQE_SEND,
		.flags = EHCA_WQE_IMM,
		.wc = IB_WC_SEND,
	},
	[IB_WR_RDMA_READ] = {
		.wqe = EHCA_WQE_READ,
		.wc = IB_WC_RDMA_READ,
		.rdma = true,
	},
};

static const struct opcode *find_opcode(const struct ib_send_wr *wr)
{
	if (wr->opcode >= ARRAY_SIZE(opcodes) || !opcodes[wr->opcode].wqe)
		return NULL;
	return &opcodes[wr->opcode];
}

/* Reads are of reliable connections alone, datagrams are sent and nothing else */
static bool is_possible(const struct ehca_qp *qp, const struct opcode *opcode)
{
	switch (qp->ib.qp_type) {
	case IB_QPT_RC:
		return true;
	case IB_QPT_UC:
		return opcode->wqe != EHCA_WQE_READ;
	default:
		return !opcode->rdma;
	}
}

static int put_datagram(const struct ehca_qp *qp, const struct ib_send_wr *wr,
			struct ehca_wqe *wqe)
{
	const struct ib_ud_wr *ud = ud_wr(wr);

	if (!ud->ah || !ud->remote_qpn)
		return -EINVAL;
	wqe->dest_qpn = ud->remote_qpn << EHCA_WQE_DEST_SHIFT;
	wqe->qkey = ud->remote_qkey & QKEY_OWN ? READ_ONCE(qp->qkey) :
						  ud->remote_qkey;
	wqe->av = to_ehca_ah(ud->ah)->av;
	wqe->av.pmtu = qp->pmtu;
	ehca_wqe_put_sges(wqe, EHCA_WQE_SGES_UD, wr->sg_list, wr->num_sge);
	return 0;
}

static void put_connected(const struct opcode *opcode,
			  const struct ib_send_wr *wr, struct ehca_wqe *wqe)
{
	int i;

	if (opcode->rdma) {
		wqe->remote = rdma_wr(wr)->remote_addr;
		wqe->rkey = rdma_wr(wr)->rkey;
	}
	for (i = 0; i < wr->num_sge; i++)
		wqe->length += wr->sg_list[i].length;
	ehca_wqe_put_sges(wqe, EHCA_WQE_SGES, wr->sg_list, wr->num_sge);
}

static u64 nr_packets(const struct ehca_qp *qp, u64 length)
{
	/* That is what the driver of 4.4 counts; IB_MTU_256 is 1 */
	return (length >> (READ_ONCE(qp->path_mtu) + 7)) + 1;
}

/* The request has been written, and is of a connection */
static void count(struct ehca_qp *qp, const struct ehca_wqe *wqe)
{
	struct ehca_work_queue *sq = &qp->sq;

	if (wqe->opcode == EHCA_WQE_READ) {
		sq->has_read = true;
		sq->packets = 0;
	} else {
		sq->packets += nr_packets(qp, wqe->length);
	}
}

/* Only one at a time has an entry in the queue that nobody else needs */
static bool needs_read(const struct ehca_work_queue *sq)
{
	return sq->has_read && sq->packets > PACKETS_WITHOUT_READ &&
	       READ_ONCE(sq->completed) >= sq->read_end &&
	       !ehca_wq_flushes(sq) && !ehca_wq_full(sq);
}

static void post_read_of_nothing(struct ehca_work_queue *sq)
{
	struct ehca_wqe *wqe = ebus_queue_next(&sq->queue);

	memset(wqe, 0, EHCA_WQE_SGES);
	wqe->id = sq->posted;
	wqe->opcode = EHCA_WQE_READ;
	ehca_wq_add(sq, &(struct ehca_wr) {
		.opcode = IB_WC_RDMA_READ,
		.hidden = true,
	});
	sq->packets = 0;
	sq->read_end = sq->posted;
}

static int put(struct ehca_qp *qp, const struct opcode *opcode,
	       const struct ib_send_wr *wr, bool signalled)
{
	struct ehca_wqe *wqe = ebus_queue_next(&qp->sq.queue);

	memset(wqe, 0, EHCA_WQE_SGES);
	wqe->id = qp->sq.posted;
	wqe->opcode = opcode->wqe;
	wqe->flags = opcode->flags;
	if (signalled)
		wqe->flags |= EHCA_WQE_SIGNAL;
	if (wr->send_flags & IB_SEND_FENCE)
		wqe->flags |= EHCA_WQE_FENCE;
	if (wr->send_flags & IB_SEND_SOLICITED)
		wqe->flags |= EHCA_WQE_SOLICITED;
	if (opcode->flags & EHCA_WQE_IMM)
		wqe->imm = be32_to_cpu(wr->ex.imm_data);
	if (qp->ib.qp_type == IB_QPT_UD)
		return put_datagram(qp, wr, wqe);
	put_connected(opcode, wr, wqe);
	count(qp, wqe);
	return 0;
}

/* The lock of the send queue is held */
static int post(struct ehca_qp *qp, const struct ib_send_wr *wr)
{
	const struct opcode *opcode = find_opcode(wr);
	const bool signalled = qp->signal_all ||
			       wr->send_flags & IB_SEND_SIGNALED;
	struct ehca_work_queue *sq = &qp->sq;
	int ret = 0;

	if (!opcode || wr->num_sge < 0 || wr->num_sge > sq->max_sges ||
	    wr->send_flags & (IB_SEND_INLINE | IB_SEND_IP_CSUM))
		return -EINVAL;
	if (ehca_wq_full(sq))
		return -ENOMEM;
	/*
	 * What is not executed need not be possible either: ib_drain_sq() posts
	 * an RDMA write to a queue pair of any type.
	 */
	if (!ehca_wq_flushes(sq))
		ret = is_possible(qp, opcode) ? put(qp, opcode, wr, signalled) :
						-EINVAL;
	if (ret)
		return ret;
	ehca_wq_add(sq, &(struct ehca_wr) {
		.id = wr->wr_id,
		.opcode = opcode->wc,
		.signalled = signalled,
	});
	return 0;
}

static bool can_send(const struct ehca_qp *qp)
{
	switch (READ_ONCE(qp->state)) {
	case IB_QPS_RTS:
	case IB_QPS_SQD:
	case IB_QPS_SQE:
	case IB_QPS_ERR:
		return true;
	default:
		return false;
	}
}

/**
 * ehca_post_send() - post sends
 * @ib: the RDMA core's queue pair
 * @wr: list of them
 * @bad_wr: the first that was not posted, if there is one
 *
 * Context: Any.
 * Return: 0, or an errno: -EINVAL if the queue pair is in no state to send or it
 * cannot do what is wanted, -ENOMEM if the queue is full.
 */
int ehca_post_send(struct ib_qp *ib, const struct ib_send_wr *wr,
		   const struct ib_send_wr **bad_wr)
{
	struct ehca_qp *qp = to_ehca_qp(ib);
	struct ehca_work_queue *sq = &qp->sq;
	unsigned long flags;
	u32 nr = 0;
	int ret;

	spin_lock_irqsave(&sq->lock, flags);
	ret = can_send(qp) ? 0 : -EINVAL;
	if (!ret && unlikely(needs_read(sq))) {
		post_read_of_nothing(sq);
		nr++;
	}
	while (wr && !ret) {
		ret = post(qp, wr);
		if (ret)
			break;
		wr = wr->next;
		nr++;
	}
	ehca_wq_ring(sq, nr);
	spin_unlock_irqrestore(&sq->lock, flags);
	if (ret)
		*bad_wr = wr;
	return ret;
}

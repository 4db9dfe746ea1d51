// SPDX-License-Identifier: GPL-2.0-only
/*
 * The side of a queue pair that receives and answers: entries of its receive queue, and
 * memory of its regions.
 *
 * What it does with an error is the InfiniBand architecture's (volume 1, 9.9.3): its own
 * are told by a completion, a violation of a region's protection by an event; in both
 * cases it stops if it is reliable. Datagrams and unreliable messages that cannot be
 * received are dropped.
 */

#include "hca.h"

/* The entry at the head of the receive queue that is looked at; protected by hea_lock */
static struct hca_wqe wqe;

static bool is_reliable(const struct hca_qp *qp)
{
	return qp->service == SERVICE_RC;
}

/* Returns whether there is one; an entry that makes no sense is noted */
static bool read_head(struct hca_qp *qp)
{
	const struct hea_ring *ring = &qp->ring[HCA_RECEIVE];

	if (!hea_dma_read(&wqe, hea_ring_at_head(ring), ring->entry_size))
		return false;
	if (wqe.nr_sges <= qp->nr_sges[HCA_RECEIVE])
		return true;
	hea_oracle(ORACLE_BAD_WQE, "receive with %u descriptors, QP %llx has %u",
		   wqe.nr_sges, qp->object.handle, qp->nr_sges[HCA_RECEIVE]);
	return false;
}

/* The entry is done with */
static bool conclude(struct hca_qp *qp, const struct hca_packet *packet, u32 len,
		     u32 status)
{
	struct hca_cqe cqe = {
		.wr_id = wqe.wr_id,
		.opcode = packet->opcode == WQE_WRITE ? CQE_RECEIVE_WRITE :
			  CQE_RECEIVE,
		.flags = CQE_OF_RECEIVE,
		.len = cpu_to_be32(len),
		.qp = cpu_to_be32(hca_qp_number(qp)),
		.sl = packet->sl,
		.token = cpu_to_be32(qp->token),
		.source_qp = cpu_to_be32(packet->source_qp),
		.dlid = cpu_to_be16(packet->path_bits),
		.slid = cpu_to_be16(packet->slid),
		.pkey_index = cpu_to_be16(hca_qp_word(qp, QPW_PKEY)),
	};

	if (status)
		cqe.status = cpu_to_be32(STATUS_ERROR | STATUS_OF_RECEIVE | status);
	if (packet->has_imm) {
		cqe.flags |= CQE_IMM;
		cqe.imm = packet->imm;
	}
	if (packet->grh)
		cqe.flags |= CQE_GRH;
	if (packet->solicited)
		cqe.flags |= CQE_SOLICITED;
	hea_ring_advance(&qp->ring[HCA_RECEIVE]);
	qp->ring[HCA_RECEIVE].posted--;
	qp->received = 0;
	return hca_complete(qp->receive_cq, &cqe);
}

/* An error of the entry's own */
static enum hca_reply fail(struct hca_qp *qp, const struct hca_packet *packet,
			   u32 status)
{
	if (conclude(qp, packet, 0, status))
		hca_qp_set_state(qp, STATE_ERROR);
	else
		hca_qp_break(qp);
	return status == STATUS_LENGTH ? REPLY_INVALID : REPLY_OPERATION;
}

static enum hca_reply succeed(struct hca_qp *qp, const struct hca_packet *packet,
			      u32 len)
{
	if (conclude(qp, packet, len, 0))
		return REPLY_ACK;
	hca_qp_break(qp);
	return REPLY_OPERATION;
}

/* Datagrams begin with room for a header, which is left alone if there is none */
static bool put_header(const struct hca_list *list, const struct hca_packet *packet)
{
	return !packet->grh || hca_scatter(list, 0, packet->grh, HCA_GRH_LEN);
}

static enum hca_reply receive(struct hca_qp *qp, const struct hca_packet *packet)
{
	const u32 header = qp->service == SERVICE_UD ? HCA_GRH_LEN : 0;
	const u32 end = header + packet->offset + packet->len;
	struct hca_list list = { .sge = wqe.receive.sge, .pd = qp->pd };

	if (packet->offset != qp->received)
		return REPLY_SEQUENCE;
	if (!qp->ring[HCA_RECEIVE].posted)
		return REPLY_NOT_READY;
	if (!read_head(qp))
		return fail(qp, packet, STATUS_OPERATION);
	list.nr = wqe.nr_sges;
	if (hca_list_len(&list) < end)
		return is_reliable(qp) ? fail(qp, packet, STATUS_LENGTH) :
		       REPLY_INVALID;
	if ((header && !put_header(&list, packet)) ||
	    !hca_scatter(&list, header + packet->offset, packet->data, packet->len))
		return fail(qp, packet, STATUS_PROTECTION);
	qp->received += packet->len;
	return packet->last ? succeed(qp, packet, end) : REPLY_ACK;
}

/* The region does not allow it: nobody but the adapter knows, so that it has to tell */
static enum hca_reply refuse(struct hca_qp *qp, enum hca_reply reply)
{
	if (is_reliable(qp))
		hca_qp_break(qp);
	return reply;
}

static bool allows(const struct hca_qp *qp)
{
	return hca_qp_word(qp, QPW_ACCESS);
}

static struct hca_access remote_access(const struct hca_qp *qp,
				       const struct hca_packet *packet)
{
	return (struct hca_access) {
		.key = packet->remote_key,
		.io = packet->remote_io + packet->offset,
		.len = packet->len,
		.pd = qp->pd,
		.right = packet->opcode == WQE_WRITE ? MR_REMOTE_WRITE :
			 MR_REMOTE_READ,
	};
}

/* With immediate data at the end it takes an entry of the receive queue */
static enum hca_reply write(struct hca_qp *qp, const struct hca_packet *packet)
{
	const struct hca_access access = remote_access(qp, packet);
	const bool receives = packet->last && packet->has_imm;

	if (receives && !qp->ring[HCA_RECEIVE].posted)
		return REPLY_NOT_READY;
	if (packet->len && (!allows(qp) || !hca_mr_write(&access, packet->data)))
		return refuse(qp, REPLY_ACCESS);
	if (!receives)
		return REPLY_ACK;
	if (!read_head(qp))
		return fail(qp, packet, STATUS_OPERATION);
	return succeed(qp, packet, packet->offset + packet->len);
}

static enum hca_reply read(struct hca_qp *qp, const struct hca_packet *packet)
{
	const struct hca_access access = remote_access(qp, packet);

	if (!hca_qp_word(qp, QPW_READS_IN))
		return refuse(qp, REPLY_INVALID);
	if (packet->len && (!allows(qp) || !hca_mr_read(&access, packet->data)))
		return refuse(qp, REPLY_ACCESS);
	return REPLY_ACK;
}

/* The first that it hears before it sends itself: ehca_irq.c, parse_identifier() */
static void note_connection(struct hca_qp *qp)
{
	if (qp->heard)
		return;
	qp->heard = true;
	if (qp->state == STATE_RTR && qp->service != SERVICE_UD)
		hca_qp_event(qp, HCA_EVENT_ESTABLISHED);
}

/**
 * hca_respond() - a part of a message has arrived
 * @qp: for this queue pair, which listens
 * @packet: the part; with READ it is what is wanted, and is filled in
 *
 * Context: hea_lock held.
 * Return: what to answer.
 */
enum hca_reply hca_respond(struct hca_qp *qp, const struct hca_packet *packet)
{
	lockdep_assert_held(&hea_lock);
	note_connection(qp);
	switch (packet->opcode) {
	case WQE_SEND:
		return receive(qp, packet);
	case WQE_WRITE:
		return write(qp, packet);
	default:
		return read(qp, packet);
	}
}

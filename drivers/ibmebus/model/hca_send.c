// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages of eHCA on their way, in pieces of at most HCA_CHUNK. Each piece of a reliable
 * connection is acknowledged at once; those that are not are tried again, as often as the
 * queue pair says. Of the others nobody is told.
 */

#include <linux/ktime.h>

#include "hca.h"

#define RETRY_FOREVER	7	/* InfiniBand, RNR retry count */

/* Tries again later */
static void wait_us(struct hca_qp *qp, u64 us)
{
	qp->not_before = ktime_add_us(ktime_get(), us);
}

/* InfiniBand: the timer counts in 4.096 us, 0 is for ever */
static void no_answer(struct hca_qp *qp)
{
	const u32 timeout = hca_qp_word(qp, QPW_TIMEOUT) & 0x1f;

	if (!timeout) {
		wait_us(qp, USEC_PER_SEC);
		return;
	}
	if (qp->retries >= hca_qp_word(qp, QPW_RETRIES)) {
		hca_job_fail(qp, STATUS_RETRIES);
		return;
	}
	qp->retries++;
	hca_message(FATE_RETRY);
	wait_us(qp, (4096ULL << timeout) / NSEC_PER_USEC);
}

/* InfiniBand, table "Encoding for RNR NAK Timer Field", in us */
static u64 rnr_us(u32 code)
{
	code &= 0x1f;
	if (!code)
		return 655360;
	if (code == 1)
		return 10;
	return 10ULL * (code & 1 ? 3 << (code - 3) / 2 : 1 << code / 2);
}

static void not_ready(struct hca_qp *qp, const struct hca_qp *receiver)
{
	const u32 max = hca_qp_word(qp, QPW_RNR_RETRIES);

	if (max != RETRY_FOREVER && qp->rnr >= max) {
		hca_job_fail(qp, STATUS_RNR_RETRIES);
		return;
	}
	qp->rnr++;
	hca_message(FATE_RNR);
	wait_us(qp, rnr_us(hca_qp_word(receiver, QPW_MIN_RNR)));
}

/* The next piece of a message */
static void describe(const struct hca_qp *qp, const struct hca_job *job,
		     struct hca_packet *packet, u32 total)
{
	packet->opcode = job->wqe.opcode;
	packet->data = job->data;
	packet->offset = qp->sent;
	packet->len = min_t(u32, total - qp->sent, HCA_CHUNK);
	packet->last = packet->offset + packet->len == total;
	packet->solicited = packet->last && job->wqe.flags & WQE_SOLICITED;
	packet->has_imm = packet->last && job->wqe.flags & WQE_IMM;
	packet->imm = job->wqe.imm;
	packet->source_qp = qp->aqp1 ? HCA_QPN_SPECIAL : hca_qp_number(qp);
	packet->slid = hca_port_of(qp) ? hca_port_of(qp)->lid : 0;
}

/* A piece has got across: whatever had to be tried again has succeeded */
static void advance(struct hca_qp *qp, u32 len)
{
	qp->sent += len;
	qp->rnr = 0;
	qp->retries = 0;
}

/* The status for a request that has been refused */
static u32 refusal(enum hca_reply reply, bool reads)
{
	u32 why = REMOTE_OPERATION;

	if (reply == REPLY_ACCESS)
		why = REMOTE_ACCESS;
	else if (reply == REPLY_INVALID)
		why = reads ? REMOTE_INVALID_READ : REMOTE_INVALID;
	return STATUS_REMOTE | FIELD_PREP(STATUS_REMOTE_WHY, why);
}

/* Of a connection */
static void deliver(struct hca_qp *qp, const struct hca_job *job,
		    struct hca_qp *receiver, const struct hca_packet *packet)
{
	const struct hca_list list = hca_job_list(job, qp);
	const bool reads = packet->opcode == WQE_READ;
	const enum hca_reply reply = hca_respond(receiver, packet);

	/* It may have been its own receiver, and have got an error as that */
	if (qp->epoch != job->epoch)
		return;
	switch (reply) {
	case REPLY_ACK:
		if (reads && !hca_scatter(&list, packet->offset, packet->data, packet->len))
			hca_job_fail(qp, STATUS_PROTECTION);
		else if (packet->last)
			hca_job_succeed(qp, packet->offset + packet->len);
		else
			advance(qp, packet->len);
		return;
	case REPLY_NOT_READY:
		not_ready(qp, receiver);
		return;
	case REPLY_SEQUENCE:
		qp->sent = 0;
		receiver->received = 0;
		no_answer(qp);
		return;
	default:
		hca_job_fail(qp, refusal(reply, reads));
	}
}

/* Of an unreliable connection: whatever the reply, nobody gets it */
static void deliver_unreliably(struct hca_qp *qp, const struct hca_job *job,
			       struct hca_qp *receiver,
			       const struct hca_packet *packet, u32 total)
{
	const enum hca_reply reply = hca_respond(receiver, packet);

	if (qp->epoch != job->epoch)
		return;
	if (reply == REPLY_ACK && !packet->last) {
		advance(qp, packet->len);
		return;
	}
	if (reply != REPLY_ACK) {
		/* The rest of it gets lost with it */
		receiver->received = 0;
		hca_message(reply == REPLY_NOT_READY ? DROP_HCA_NO_RECEIVE :
			    DROP_HCA_REFUSED);
	}
	hca_job_succeed(qp, total);
}

/**
 * hca_send_connected() - send a piece of a message to the other end of a connection
 * @qp: the queue pair
 * @job: the entry that has the message
 *
 * Context: hea_lock held, the engine's thread.
 */
void hca_send_connected(struct hca_qp *qp, const struct hca_job *job)
{
	const struct hca_list list = hca_job_list(job, qp);
	const u64 total = hca_list_len(&list);
	struct hca_packet packet = {
		.remote_io = be64_to_cpu(job->wqe.connected.remote_io),
		.remote_key = be32_to_cpu(job->wqe.connected.remote_key),
		.sl = hca_qp_word(qp, QPW_SL),
		.path_bits = 0,
	};
	struct hca_qp *receiver;
	enum hca_fate why;

	if (total > HCA_MAX_MESSAGE) {
		hca_job_fail(qp, STATUS_LENGTH);
		return;
	}
	describe(qp, job, &packet, total);
	if (packet.opcode == WQE_READ && !hca_qp_word(qp, QPW_READS_OUT)) {
		hca_job_fail(qp, STATUS_OPERATION);
		return;
	}
	if (packet.opcode != WQE_READ &&
	    !hca_gather(&list, packet.offset, job->data, packet.len)) {
		hca_job_fail(qp, STATUS_PROTECTION);
		return;
	}
	receiver = hca_route(qp, hca_qp_word(qp, QPW_DLID), hca_qp_word(qp, QPW_DEST_QP),
			     &why);
	if (receiver && qp->service == SERVICE_RC) {
		deliver(qp, job, receiver, &packet);
	} else if (receiver) {
		deliver_unreliably(qp, job, receiver, &packet, total);
	} else if (qp->service == SERVICE_RC) {
		no_answer(qp);
	} else {
		hca_message(why);
		hca_job_succeed(qp, total);
	}
}

/* Q_Keys: InfiniBand volume 1, 10.2.4 */
static bool qkeys_match(const struct hca_job *job, const struct hca_qp *receiver)
{
	if (be32_to_cpu(job->wqe.qkey) == hca_qp_word(receiver, QPW_QKEY))
		return true;
	hca_port_of(receiver)->bad_qkeys++;
	hca_message(DROP_HCA_QKEY);
	return false;
}

static void drop_or_receive(const struct hca_qp *qp, const struct hca_job *job,
			    const struct hca_packet *packet)
{
	struct hca_qp *receiver;
	enum hca_reply reply;
	enum hca_fate why;

	receiver = hca_route(qp, be16_to_cpu(job->wqe.datagram.av.dlid),
			     be32_to_cpu(job->wqe.dest_qp) >> 8, &why);
	if (!receiver) {
		hca_message(why);
		return;
	}
	if (!qkeys_match(job, receiver))
		return;
	reply = hca_respond(receiver, packet);
	if (reply != REPLY_ACK)
		hca_message(reply == REPLY_NOT_READY ? DROP_HCA_NO_RECEIVE :
			    DROP_HCA_REFUSED);
}

/**
 * hca_send_datagram() - send a datagram
 * @qp: the queue pair
 * @job: the entry that has it
 *
 * Context: hea_lock held, the engine's thread.
 */
void hca_send_datagram(struct hca_qp *qp, const struct hca_job *job)
{
	const struct hca_av *av = &job->wqe.datagram.av;
	const struct hca_list list = hca_job_list(job, qp);
	const u64 total = hca_list_len(&list);
	struct hca_packet packet = {
		.sl = av->sl,
		.grh = av->grh & 1 ? av->header : NULL,
	};

	/* enum ib_mtu */
	if (total > 128U << HCA_MTU) {
		hca_job_fail(qp, STATUS_LENGTH);
		return;
	}
	describe(qp, job, &packet, total);
	if (!hca_gather(&list, 0, job->data, total)) {
		hca_job_fail(qp, STATUS_PROTECTION);
		return;
	}
	drop_or_receive(qp, job, &packet);
	if (qp->epoch == job->epoch)
		hca_job_succeed(qp, total);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The side of a queue pair that sends: entries of its send queue, one after the other.
 *
 * An entry is fetched; a while later a piece of its message gets across. If the queue
 * pair has been stopped in between nothing happens. After an error there are no
 * completions any more: what is still in the queues is the driver's to complete, for
 * eHCA does not do that (ehca_reqs.c of Linux 4.4, generate_flush_cqes()).
 */

#include <linux/ktime.h>
#include <linux/vmalloc.h>

#include "hca.h"

/* What has been fetched; the engine's alone */
static struct hca_job job;

static bool is_due(const struct hca_qp *qp, ktime_t now)
{
	return hca_qp_sends(qp) && qp->ring[HCA_SEND].posted &&
	       ktime_compare(qp->not_before, now) <= 0;
}

/* The next queue pair that has something to send; it then is the last in the row */
static struct hca_qp *next_qp(void)
{
	const ktime_t now = ktime_get();
	struct hea_object *object;
	struct hca_qp *qp;

	list_for_each_entry(object, hea_list(HCA_QP), list) {
		qp = container_of(object, struct hca_qp, object);
		if (!is_due(qp, now))
			continue;
		list_move_tail(&object->list, hea_list(HCA_QP));
		return qp;
	}
	return NULL;
}

static bool fetch(void)
{
	struct hca_qp *qp = next_qp();

	if (!qp)
		return false;
	job.qp = qp->object.handle;
	job.epoch = qp->epoch;
	if (!hea_dma_read(&job.wqe, hea_ring_at_head(&qp->ring[HCA_SEND]),
			  qp->ring[HCA_SEND].entry_size)) {
		/* The queue's memory is gone: noted */
		hca_qp_break(qp);
		job.qp = 0;
	}
	return true;
}

/**
 * hca_requester_fetch() - fetch an entry
 *
 * Context: The engine's thread.
 * Return: false if there is nothing to do.
 */
bool hca_requester_fetch(void)
{
	unsigned long flags;
	bool ret;

	spin_lock_irqsave(&hea_lock, flags);
	hca_ports_update();
	ret = fetch();
	spin_unlock_irqrestore(&hea_lock, flags);
	return ret;
}

/**
 * hca_requester_due() - when there will be something to try again
 *
 * Context: The engine's thread.
 * Return: time from now, KTIME_MAX for never.
 */
ktime_t hca_requester_due(void)
{
	struct hea_object *object;
	const ktime_t now = ktime_get();
	ktime_t due = KTIME_MAX;
	unsigned long flags;
	struct hca_qp *qp;

	spin_lock_irqsave(&hea_lock, flags);
	list_for_each_entry(object, hea_list(HCA_QP), list) {
		qp = container_of(object, struct hca_qp, object);
		if (hca_qp_sends(qp) && qp->ring[HCA_SEND].posted)
			due = min(due, qp->not_before);
	}
	spin_unlock_irqrestore(&hea_lock, flags);
	if (due == KTIME_MAX)
		return due;
	return ktime_after(due, now) ? ktime_sub(due, now) : 0;
}

/* The message of an entry */
struct hca_list hca_job_list(const struct hca_job *what, const struct hca_qp *qp)
{
	return (struct hca_list) {
		.sge = qp->service == SERVICE_UD ? what->wqe.datagram.sge :
		       what->wqe.connected.sge,
		.nr = what->wqe.nr_sges,
		.pd = qp->pd,
	};
}

/* Tells what became of the entry at the head, if that is wanted; false: cannot be told */
static bool tell(struct hca_qp *qp, u32 len, u32 status)
{
	struct hca_cqe cqe = {
		.wr_id = job.wqe.wr_id,
		.opcode = job.wqe.opcode,
		.len = cpu_to_be32(len),
		.qp = cpu_to_be32(hca_qp_number(qp)),
		.token = cpu_to_be32(qp->token),
		.status = cpu_to_be32(status),
	};

	if (!status && !qp->signal_all && !(job.wqe.flags & WQE_SIGNALLED))
		return true;
	return hca_complete(qp->send_cq, &cqe);
}

/* The entry at the head is done with */
static void retire(struct hca_qp *qp)
{
	hea_ring_advance(&qp->ring[HCA_SEND]);
	qp->ring[HCA_SEND].posted--;
	hca_qp_begin(qp);
}

/**
 * hca_job_succeed() - the message of an entry has been sent
 * @qp: the queue pair, at the head of whose queue it is
 * @len: bytes
 *
 * Context: hea_lock held, the engine's thread.
 */
void hca_job_succeed(struct hca_qp *qp, u32 len)
{
	hca_message(FATE_SENT);
	retire(qp);
	if (!tell(qp, len, 0))
		hca_qp_break(qp);
}

/**
 * hca_job_fail() - the message of an entry cannot be sent
 * @qp: the queue pair, at the head of whose queue it is
 * @status: STATUS_*
 *
 * An error stops a queue pair; only the sending half of an unreliable one (InfiniBand
 * volume 1, 10.3.1). That half stays where it is: when it goes on it has the same entry
 * again, and has forgotten the others (ehca_qp.c of Linux 4.4, prepare_sqe_rts() and
 * internal_modify_qp()).
 *
 * Context: hea_lock held, the engine's thread.
 */
void hca_job_fail(struct hca_qp *qp, u32 status)
{
	hca_message(FATE_FAILED);
	if (!tell(qp, 0, STATUS_ERROR | status)) {
		hca_qp_break(qp);
	} else if (qp->service == SERVICE_RC) {
		retire(qp);
		hca_qp_set_state(qp, STATE_ERROR);
	} else {
		qp->ring[HCA_SEND].posted = 1;
		hca_qp_begin(qp);
		hca_qp_set_state(qp, STATE_SQE);
	}
}

/* ehca_qp.c, prepare_sqe_rts(): it is not to be executed, but completed */
static void purge(struct hca_qp *qp)
{
	hca_message(FATE_PURGED);
	retire(qp);
	if (!tell(qp, 0, STATUS_ERROR | STATUS_PURGED))
		hca_qp_break(qp);
}

static bool is_possible(const struct hca_qp *qp)
{
	const u8 opcode = job.wqe.opcode;

	switch (qp->service) {
	case SERVICE_RC:
		return opcode == WQE_SEND || opcode == WQE_WRITE ||
		       (opcode == WQE_READ && !(job.wqe.flags & WQE_IMM));
	case SERVICE_UC:
		return opcode == WQE_SEND || opcode == WQE_WRITE;
	default:
		return opcode == WQE_SEND && be32_to_cpu(job.wqe.dest_qp) >> 8;
	}
}

static bool is_sane(const struct hca_qp *qp)
{
	const bool is_ud = qp->service == SERVICE_UD;
	const unsigned int room = qp->nr_sges[HCA_SEND] - (is_ud ? WQE_AV_SGES : 0);
	const struct hca_list list = hca_job_list(&job, qp);

	/* The entry says how long the message is: ehca_reqs.c, ehca_write_swqe() */
	if (is_possible(qp) && job.wqe.nr_sges <= room &&
	    (is_ud ||
	     be64_to_cpu(job.wqe.connected.len) == hca_list_len(&list)))
		return true;
	hea_oracle(ORACLE_BAD_WQE, "opcode %x, flags %x, %u descriptors of %llu bytes, QP %llx",
		   job.wqe.opcode, job.wqe.flags, job.wqe.nr_sges,
		   hca_list_len(&list), qp->object.handle);
	return false;
}

static void execute(struct hca_qp *qp)
{
	if (job.wqe.control & WQE_PURGE)
		purge(qp);
	else if (!is_sane(qp))
		hca_job_fail(qp, STATUS_OPERATION);
	else if (qp->service == SERVICE_UD)
		hca_send_datagram(qp, &job);
	else
		hca_send_connected(qp, &job);
}

/**
 * hca_requester_send() - send what has been fetched, or a piece of it
 *
 * Context: The engine's thread.
 */
void hca_requester_send(void)
{
	struct hea_object *object;
	unsigned long flags;
	struct hca_qp *qp;

	spin_lock_irqsave(&hea_lock, flags);
	object = hea_find(job.qp, HCA_QP);
	qp = object ? container_of(object, struct hca_qp, object) : NULL;
	if (qp && qp->epoch == job.epoch && hca_qp_sends(qp))
		execute(qp);
	spin_unlock_irqrestore(&hea_lock, flags);
}

int hca_requester_init(void)
{
	job.data = vmalloc(HCA_CHUNK);
	return job.data ? 0 : -ENOMEM;
}

void hca_requester_exit(void)
{
	vfree(job.data);
}

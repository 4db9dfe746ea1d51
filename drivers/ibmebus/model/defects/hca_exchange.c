// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages from one queue pair of eHCA to the other, and what is told of them.
 */

#include <linux/string.h>

#include "hca_defects.h"

#define PATIENCE	(60 * HZ)

/* A piece of a region */
struct hea_sge hca_rig_sge(const struct hca_rig_region *region, u64 offset, u32 len)
{
	return (struct hea_sge) {
		.io = cpu_to_be64(HCA_RIG_IO + offset),
		.key = cpu_to_be32(region->lkey),
		.len = cpu_to_be32(len),
	};
}

struct hea_sge hca_rig_message(const struct hca_rig *rig)
{
	return hca_rig_sge(&rig->region[0], 0, HCA_RIG_LEN);
}

struct hea_sge hca_rig_buffer(const struct hca_rig *rig)
{
	return hca_rig_sge(&rig->region[0], HCA_RIG_HALF, HCA_RIG_HALF);
}

static struct hca_wqe *next_entry(struct rig_object *qp, unsigned int queue)
{
	const unsigned int nr = qp->posted[queue] % HCA_RIG_ENTRIES;
	struct hca_wqe *wqe = qp->page[queue] + nr * HCA_RIG_ENTRY_SIZE;

	memset(wqe, 0, HCA_RIG_ENTRY_SIZE);
	wqe->wr_id = cpu_to_be64(qp->posted[queue]++);
	wqe->nr_sges = 1;
	return wqe;
}

/* An entry of the receiver's queue, to be rung for */
struct hca_wqe *hca_rig_receive(struct hca_rig *rig, struct hea_sge sge)
{
	struct hca_wqe *wqe = next_entry(&rig->receiver, HCA_RQ);

	wqe->receive.sge[0] = sge;
	return wqe;
}

/* An entry of the sender's queue, to be rung for; what is remote is the buffer */
struct hca_wqe *hca_rig_request(struct hca_rig *rig, u8 opcode, struct hea_sge sge)
{
	struct hca_wqe *wqe = next_entry(&rig->sender, HCA_SQ);

	wqe->opcode = opcode;
	wqe->flags = WQE_SIGNALLED;
	wqe->connected.remote_io = cpu_to_be64(HCA_RIG_IO + HCA_RIG_HALF);
	wqe->connected.remote_key = cpu_to_be32(rig->region[0].rkey);
	wqe->connected.len = cpu_to_be64(be32_to_cpu(sge.len));
	wqe->connected.sge[0] = sge;
	return wqe;
}

/* One entry more, which the adapter has to see first */
void hca_rig_ring(struct hca_rig *rig, struct rig_object *qp, unsigned int queue)
{
	/* Pairs with the adapter's reading of it after the doorbell */
	wmb();
	ebus_galpa_store(qp->galpa + (queue == HCA_SQ ? QP_SEND_ADDER :
				      QP_RECEIVE1_ADDER), 1);
}

/* The completion of an entry that a queue pair has, of those that are told; or NULL */
static const struct hca_cqe *find(const struct hca_rig *rig, u32 token, unsigned int nr)
{
	const struct hca_cqe *cqe = rig->cq.page[0];
	unsigned int i;

	for (i = 0; i < HCA_RIG_CQES && READ_ONCE(cqe[i].valid) & CQE_VALID; i++) {
		/* Pairs with the adapter, which writes the valid bit last */
		rmb();
		if (be32_to_cpu(cqe[i].token) == token &&
		    be64_to_cpu(cqe[i].wr_id) == nr)
			return &cqe[i];
	}
	return NULL;
}

/**
 * hca_rig_wait() - wait for a completion
 * @rig: the rig
 * @token: of the queue pair
 * @nr: number of the entry
 * @status: where to put what it says
 *
 * Return: 0, or -ETIMEDOUT.
 */
int hca_rig_wait(struct hca_rig *rig, u32 token, unsigned int nr, u32 *status)
{
	if (!wait_event_timeout(rig->interrupt, find(rig, token, nr), PATIENCE))
		return -ETIMEDOUT;
	*status = be32_to_cpu(find(rig, token, nr)->status);
	return 0;
}

/**
 * hca_rig_exchange() - send a message
 * @rig: the rig, which has not yet sent any
 * @send: what
 * @receive: where to
 * @status: what has to become of it, STATUS_*; 0: nothing is wrong
 *
 * Return: 0, -EPROTO if something else became of it, -ETIMEDOUT.
 */
int hca_rig_exchange(struct hca_rig *rig, struct hea_sge send, struct hea_sge receive,
		     u32 status)
{
	u32 seen;
	int ret;

	hca_rig_receive(rig, receive);
	hca_rig_ring(rig, &rig->receiver, HCA_RQ);
	hca_rig_request(rig, WQE_SEND, send);
	hca_rig_ring(rig, &rig->sender, HCA_SQ);
	ret = hca_rig_wait(rig, HCA_SENDER, 0, &seen);
	return ret ?: seen == status ? 0 : -EPROTO;
}

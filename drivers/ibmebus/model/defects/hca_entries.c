// SPDX-License-Identifier: GPL-2.0-only
/*
 * eHCA: entries of queues that make no sense, and registers that are not to be written
 * to like that.
 */

#include <linux/errno.h>
#include <linux/irqflags.h>

#include "hca_defects.h"

#define REFUSED		(STATUS_ERROR | STATUS_OPERATION)

/* The sender's entry is refused, and told so */
static int refused(struct hca_rig *rig)
{
	u32 seen;
	int ret;

	hca_rig_ring(rig, &rig->sender, HCA_SQ);
	ret = hca_rig_wait(rig, HCA_SENDER, 0, &seen);
	return ret ?: seen == REFUSED ? 0 : -EPROTO;
}

static int unknown_opcode(struct hca_rig *rig)
{
	hca_rig_request(rig, 0x01, hca_rig_message(rig));
	return refused(rig);
}

static int read_with_immediate_data(struct hca_rig *rig)
{
	hca_rig_request(rig, WQE_READ, hca_rig_message(rig))->flags |= WQE_IMM;
	return refused(rig);
}

static int too_many_descriptors(struct hca_rig *rig)
{
	hca_rig_request(rig, WQE_SEND, hca_rig_message(rig))->nr_sges =
		HCA_RIG_SGES + 1;
	return refused(rig);
}

static int wrong_length(struct hca_rig *rig)
{
	hca_rig_request(rig, WQE_SEND, hca_rig_message(rig))->connected.len = 0;
	return refused(rig);
}

static int receive_too_many_descriptors(struct hca_rig *rig)
{
	u32 seen;
	int ret;

	hca_rig_receive(rig, hca_rig_buffer(rig))->nr_sges = HCA_RIG_SGES + 1;
	hca_rig_ring(rig, &rig->receiver, HCA_RQ);
	hca_rig_request(rig, WQE_SEND, hca_rig_message(rig));
	hca_rig_ring(rig, &rig->sender, HCA_SQ);
	ret = hca_rig_wait(rig, HCA_RECEIVER, 0, &seen);
	return ret ?: seen == (REFUSED | STATUS_OF_RECEIVE) ? 0 : -EPROTO;
}

static void ring(void __iomem *galpa, unsigned int reg, u64 value)
{
	ebus_galpa_store(galpa + reg, value);
}

static int receive_too_many(struct hca_rig *rig)
{
	ring(rig->receiver.galpa, QP_RECEIVE1_ADDER, HCA_RIG_ENTRIES + 1);
	return 0;
}

/* They are as zero as pages are at first: what is sent first makes no sense */
static int send_too_many(struct hca_rig *rig)
{
	struct ebus_hcall call = RIG_CALL(rig, H_DISABLE_AND_GET, HCA_DISABLE,
					  rig->sender.handle);

	if (ebus_hcall(&call))
		return -EIO;
	ring(rig->sender.galpa, QP_SEND_ADDER, HCA_RIG_ENTRIES + 1);
	return 0;
}

static int consume_too_many(struct hca_rig *rig)
{
	ring(rig->cq.galpa, CQ_CONSUMED_ADDER, 1);
	return 0;
}

static int unknown_register(struct hca_rig *rig)
{
	ring(rig->sender.galpa, QP_RECEIVE2_ADDER, 1);
	return 0;
}

static int unknown_register_of_cq(struct hca_rig *rig)
{
	ring(rig->cq.galpa, QP_RECEIVE2_ADDER, 1);
	return 0;
}

/* A queue pair that has not been started */
static int doorbell_too_early(struct hca_rig *rig)
{
	ring(rig->aqp1.galpa, QP_RECEIVE1_ADDER, 1);
	return 0;
}

static int doorbell_of_freed(struct hca_rig *rig)
{
	void __iomem *galpa = rig->sender.galpa;
	long rc;

	rc = rig_call(RIG_CALL(rig, H_DISABLE_AND_GET, HCA_DISABLE,
			       rig->sender.handle)) ?:
	     rig_call(RIG_CALL(rig, H_FREE_RESOURCE, rig->sender.handle, 0));
	if (rc)
		return -EIO;
	rig->sender.handle = 0;
	ring(galpa, QP_SEND_ADDER, 1);
	return 0;
}

static int registers_nowhere(struct hca_rig *rig)
{
	return ebus_galpa_map(0) ? -EPROTO : 0;
}

static int alloc_in_atomic_context(struct hca_rig *rig)
{
	struct ebus_hcall call = hca_rig_cq_call(rig);
	unsigned long flags;
	long rc;

	local_irq_save(flags);
	rc = ebus_hcall_atomic(&call);
	local_irq_restore(flags);
	return rc == H_SUCCESS ? -EPROTO : 0;
}

const struct hca_defect hca_entry_defects[] = {
	{ { "unknown_opcode", "bad_wqe" }, unknown_opcode },
	{ { "read_with_immediate_data", "bad_wqe" }, read_with_immediate_data },
	{ { "too_many_descriptors", "bad_wqe" }, too_many_descriptors },
	{ { "wrong_length", "bad_wqe" }, wrong_length },
	{ { "receive_too_many_descriptors", "bad_wqe" }, receive_too_many_descriptors },
	{ { "receive_too_many", "overrun" }, receive_too_many },
	{ { "send_too_many", "overrun" }, send_too_many },
	{ { "consume_too_many", "overrun" }, consume_too_many },
	{ { "unknown_register", "bad_argument" }, unknown_register },
	{ { "unknown_register_of_cq", "bad_argument" }, unknown_register_of_cq },
	{ { "doorbell_too_early", "bad_argument" }, doorbell_too_early },
	{ { "doorbell_of_freed", "freed_object" }, doorbell_of_freed },
	{ { "registers_nowhere", "bad_argument" }, registers_nowhere },
	{ { "alloc_in_atomic_context", "context" }, alloc_in_atomic_context },
	{}
};

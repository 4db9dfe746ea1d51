// SPDX-License-Identifier: GPL-2.0-only
/*
 * Defects of entries of work queues, of doorbells, and of other registers.
 */

#include <linux/errno.h>
#include <linux/etherdevice.h>
#include <linux/ip.h>
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/tcp.h>

#include "defects.h"

#define L3_AT		ETH_HLEN
#define L4_AT		(L3_AT + sizeof(struct iphdr))
#define L4_CHECKSUM_AT	(L4_AT + offsetof(struct tcphdr, check))

/* Of a galpa that drivers know nothing of */
#define NO_QP_REGISTER	0x08
#define NO_CQ_REGISTER	0x48

static void flag(struct hea_send_wqe *wqe, u16 what)
{
	wqe->control |= cpu_to_be16(what);
}

/* What one descriptor names is to be sent so many times */
static void name(struct hea_send_wqe *wqe, struct hea_sge sge, unsigned int nr)
{
	struct hea_sge *sges = (struct hea_sge *)wqe->body;
	unsigned int i;

	flag(wqe, SEND_SGES);
	wqe->nr_sges = nr;
	for (i = 0; i < nr && (u8 *)(sges + i + 1) <= (u8 *)(wqe + 1); i++)
		sges[i] = sge;
}

/* Sends what has been made of rig_send_entry(), which must be refused */
static int send_in_vain(struct rig *rig)
{
	int ret;

	rig_send(rig);
	ret = rig_flush(rig);
	return ret ?: rig_send_status(rig, 0) ? 0 : -EPROTO;
}

static int send_nothing(struct rig *rig)
{
	rig_send_entry(rig);
	return send_in_vain(rig);
}

static int too_many_descriptors(struct rig *rig)
{
	struct hea_send_wqe *wqe = rig_send_entry(rig);

	name(wqe, rig_frame(rig), sizeof(wqe->body) / sizeof(struct hea_sge) + 1);
	return send_in_vain(rig);
}

static int inline_too_long(struct rig *rig)
{
	struct hea_send_wqe *wqe = rig_send_entry(rig);

	flag(wqe, SEND_INLINE);
	wqe->inline_len = SEND_DATA_MAX + 1;
	return send_in_vain(rig);
}

/* An entry with both data and descriptors */
static int mixed(struct rig *rig, unsigned int len, unsigned int nr)
{
	struct hea_send_wqe *wqe = rig_send_entry(rig);

	name(wqe, rig_frame(rig), 1);
	flag(wqe, SEND_INLINE);
	wqe->inline_len = len;
	wqe->nr_sges = nr;
	return send_in_vain(rig);
}

static int mixed_data_too_long(struct rig *rig)
{
	return mixed(rig, SEND_MIXED_DATA_MAX + 1, 1);
}

static int mixed_too_many_descriptors(struct rig *rig)
{
	return mixed(rig, ETH_HLEN, 2 + (sizeof_field(struct hea_send_wqe, body) -
					 SEND_MIXED_SGES) / sizeof(struct hea_sge));
}

static int runt(struct rig *rig)
{
	struct hea_send_wqe *wqe = rig_send_entry(rig);

	flag(wqe, SEND_INLINE);
	wqe->inline_len = ETH_HLEN - 1;
	return send_in_vain(rig);
}

/* Longer than a jumbo frame, and not to be cut into segments */
static int giant(struct rig *rig)
{
	name(rig_send_entry(rig), rig_sge(&rig->region[0], 0, HEA_PAGE_SIZE), 3);
	return send_in_vain(rig);
}

static int descriptor_too_long(struct rig *rig)
{
	name(rig_send_entry(rig), rig_sge(&rig->region[0], 0, 0x20000), 1);
	return send_in_vain(rig);
}

static int no_crc(struct rig *rig)
{
	struct hea_send_wqe *wqe = rig_send_entry(rig);

	name(wqe, rig_frame(rig), 1);
	wqe->control ^= cpu_to_be16(SEND_APPEND_CRC);
	return send_in_vain(rig);
}

/* TCP over IPv4, of which checksums or segments are to be made */
static struct hea_send_wqe *offload(struct rig *rig, u16 what)
{
	struct iphdr *ip = (struct iphdr *)(rig->data + L3_AT);
	struct tcphdr *tcp = (struct tcphdr *)(rig->data + L4_AT);
	struct hea_send_wqe *wqe = rig_send_entry(rig);

	ip->version = 4;
	ip->ihl = sizeof(*ip) / 4;
	ip->protocol = IPPROTO_TCP;
	ip->tot_len = htons(FRAME_LEN - L3_AT);
	tcp->doff = sizeof(*tcp) / 4;
	name(wqe, rig_frame(rig), 1);
	flag(wqe, what);
	wqe->l3_first = L3_AT;
	wqe->l3_last = L4_AT - 1;
	wqe->l4_checksum = L4_CHECKSUM_AT;
	wqe->mss = cpu_to_be16(FRAME_LEN / 4);
	return wqe;
}

static int checksum_of_no_ip(struct rig *rig)
{
	offload(rig, SEND_L3_CHECKSUM);
	rig->data[L3_AT] = 0;
	return send_in_vain(rig);
}

static int checksum_into_header(struct rig *rig)
{
	offload(rig, SEND_L4_CHECKSUM)->l4_checksum = L3_AT;
	return send_in_vain(rig);
}

static int segments_of_nothing(struct rig *rig)
{
	offload(rig, SEND_TSO)->mss = 0;
	return send_in_vain(rig);
}

/* An entry of a receive queue has no room for so many */
static int too_many_buffers(struct rig *rig)
{
	const struct hea_sge buffer = rig_buffer(rig);
	int ret;

	rig_post_receive(rig, &buffer, RQ2_SGES + 1);
	ret = rig_send_frame(rig, rig_frame(rig)) ?: rig_flush(rig);
	return ret ?: rig_delivered(rig) ? -EPROTO : 0;
}

/* A queue full of entries that are not for sending claims to have one more */
static int send_overrun(struct rig *rig)
{
	unsigned int i;

	for (i = 0; i < SQ_ENTRIES; i++) {
		flag(rig_send_entry(rig), SEND_PURGE);
		rig->sent++;
	}
	/* The entries before the doorbell */
	wmb();
	ebus_galpa_store(rig->sender.galpa + QP_SEND_ADDER, SQ_ENTRIES + 1);
	return rig_wait_sent(rig);
}

static int receive_overrun(struct rig *rig)
{
	ebus_galpa_store(rig->receiver.galpa + QP_RECEIVE2_ADDER,
			 RQ2_ENTRIES + 1);
	return 0;
}

static int consume_overrun(struct rig *rig)
{
	ebus_galpa_store(rig->cq.galpa + CQ_CONSUMED_ADDER, 1);
	return 0;
}

/* As many completions as there is room for, none of them consumed, and one more */
static int completion_overrun(struct rig *rig)
{
	const struct hea_sge buffer = rig_buffer(rig);
	int ret = 0;

	while (rig->sent < CQ_ENTRIES && !ret)
		ret = rig_flush(rig);
	if (ret)
		return ret;
	/* That the frame has arrived is told in another queue, and later */
	rig_post_receive(rig, &buffer, 1);
	return rig_send_frame(rig, rig_frame(rig)) ?: rig_wait_received(rig);
}

static int unknown_qp_register(struct rig *rig)
{
	ebus_galpa_store(rig->sender.galpa + NO_QP_REGISTER, 1);
	return 0;
}

static int unknown_cq_register(struct rig *rig)
{
	ebus_galpa_store(rig->cq.galpa + NO_CQ_REGISTER, 1);
	return 0;
}

static int no_registers(struct rig *rig)
{
	return ebus_galpa_map(virt_to_phys(rig->data)) ? -EPROTO : 0;
}

/* A queue pair's doorbell is rung when it has been freed; its pages are still there */
static int doorbell_of_freed(struct rig *rig)
{
	int ret;

	ret = ebus_errno(rig_call(RIG_CALL(rig, H_FREE_RESOURCE,
					   rig->sender.handle, 1)));
	if (ret)
		return ret;
	rig->sender.handle = 0;
	ebus_galpa_store(rig->sender.galpa + QP_SEND_ADDER, 1);
	return 0;
}

/* A call that allocates, where nobody may sleep */
static int call_atomically(struct ebus_hcall call)
{
	unsigned long flags;
	long rc;

	local_irq_save(flags);
	rc = ebus_hcall_atomic(&call);
	local_irq_restore(flags);
	return rc ? 0 : -EPROTO;
}

static int alloc_atomically(struct rig *rig)
{
	return call_atomically(rig_cq_call(rig));
}

static int share_atomically(struct rig *rig)
{
	return call_atomically(rig_share_call(rig, &rig->region[0]));
}

const struct defect entry_defects[] = {
	{ { "send_nothing", "bad_wqe" }, send_nothing },
	{ { "too_many_descriptors", "bad_wqe" }, too_many_descriptors },
	{ { "inline_too_long", "bad_wqe" }, inline_too_long },
	{ { "mixed_data_too_long", "bad_wqe" }, mixed_data_too_long },
	{ { "mixed_too_many_descriptors", "bad_wqe" }, mixed_too_many_descriptors },
	{ { "runt", "bad_wqe" }, runt },
	{ { "giant", "bad_wqe" }, giant },
	{ { "descriptor_too_long", "bad_wqe" }, descriptor_too_long },
	{ { "no_crc", "bad_wqe" }, no_crc },
	{ { "checksum_of_no_ip", "bad_wqe" }, checksum_of_no_ip },
	{ { "checksum_into_header", "bad_wqe" }, checksum_into_header },
	{ { "segments_of_nothing", "bad_wqe" }, segments_of_nothing },
	{ { "too_many_buffers", "bad_wqe" }, too_many_buffers },
	{ { "send_overrun", "overrun" }, send_overrun },
	{ { "receive_overrun", "overrun" }, receive_overrun },
	{ { "consume_overrun", "overrun" }, consume_overrun },
	{ { "completion_overrun", "overrun" }, completion_overrun },
	{ { "unknown_qp_register", "bad_argument" }, unknown_qp_register },
	{ { "unknown_cq_register", "bad_argument" }, unknown_cq_register },
	{ { "no_registers", "bad_argument" }, no_registers },
	{ { "doorbell_of_freed", "freed_object" }, doorbell_of_freed },
	{ { "alloc_atomically", "context" }, alloc_atomically },
	{ { "share_atomically", "context" }, share_atomically },
	{}
};

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A frame that is sent from one port and received at the other.
 */

#include <linux/etherdevice.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "defects.h"

/* Doublewords of a port's block 0 that begin with its address */
#define PORT_BLOCK_0		0
#define SELECT_ALL		IBM_MASK(0, 7)

/* A piece of a region's, @offset bytes from its beginning */
struct hea_sge rig_sge(const struct rig_region *region, u64 offset, u32 len)
{
	return (struct hea_sge) {
		.io = cpu_to_be64(RIG_IO + offset),
		.key = cpu_to_be32(region->key),
		.len = cpu_to_be32(len),
	};
}

/* The frame that is to be sent */
struct hea_sge rig_frame(const struct rig *rig)
{
	return rig_sge(&rig->region[0], 0, FRAME_LEN);
}

/* Where it is to arrive */
struct hea_sge rig_buffer(const struct rig *rig)
{
	return rig_sge(&rig->region[0], HALF, HALF);
}

/**
 * rig_post_receive() - let the receiver have an entry of receive queue 2
 * @rig: the rig
 * @sge: its descriptor
 * @nr_sges: how many it claims to have
 *
 * The first of the queue, so once only.
 */
void rig_post_receive(struct rig *rig, const struct hea_sge *sge,
		      unsigned int nr_sges)
{
	struct hea_receive_wqe *wqe = rig->receiver.page[RQ2];

	wqe->nr_sges = nr_sges;
	wqe->sge[0] = *sge;
	/* The entry before the doorbell */
	wmb();
	ebus_galpa_store(rig->receiver.galpa + QP_RECEIVE2_ADDER, 1);
}

/* The next entry of the send queue, empty, which tells when it is done */
struct hea_send_wqe *rig_send_entry(struct rig *rig)
{
	struct hea_send_wqe *wqe = rig->sender.page[SQ] +
				   rig->sent % SQ_ENTRIES * SQ_ENTRY_SIZE;

	memset(wqe, 0, sizeof(*wqe));
	wqe->control = cpu_to_be16(SEND_APPEND_CRC | SEND_SIGNALLED);
	return wqe;
}

/* The adapter may have that entry */
void rig_send(struct rig *rig)
{
	rig->sent++;
	/* The entry before the doorbell */
	wmb();
	ebus_galpa_store(rig->sender.galpa + QP_SEND_ADDER, 1);
}

static const struct hea_cqe *cqe_of(const struct rig *rig, unsigned int nr)
{
	return rig->cq.page[0] + nr * sizeof(struct hea_cqe);
}

/* In the first turn of a queue valid entries have a 1 */
static bool is_valid(const struct hea_cqe *cqe)
{
	return READ_ONCE(cqe->valid) & CQE_VALID;
}

static int wait_valid(struct rig *rig, const struct hea_cqe *cqe)
{
	return wait_event_killable(rig->interrupt, is_valid(cqe));
}

/* Until the last entry has completed; returns 0 or -ERESTARTSYS */
int rig_wait_sent(struct rig *rig)
{
	return wait_valid(rig, cqe_of(rig, rig->sent - 1));
}

/**
 * rig_flush() - wait until everything that was sent is done with
 * @rig: the rig
 *
 * Frames have been received by then, too: the adapter does one after the other, and
 * so an entry that is not for sending is done when all before it are.
 *
 * Return: 0 or -ERESTARTSYS.
 */
int rig_flush(struct rig *rig)
{
	struct hea_send_wqe *wqe = rig_send_entry(rig);

	wqe->control |= cpu_to_be16(SEND_PURGE);
	rig_send(rig);
	return rig_wait_sent(rig);
}

/* What became of an entry that is done, 0 being the first */
u16 rig_send_status(const struct rig *rig, unsigned int nr)
{
	return be16_to_cpu(cqe_of(rig, nr)->status);
}

/* Until something has arrived, if only an error; returns 0 or -ERESTARTSYS */
int rig_wait_received(struct rig *rig)
{
	return wait_valid(rig, rig->receiver.page[RQ1]);
}

/* Whether the frame has arrived as it was sent */
bool rig_delivered(const struct rig *rig)
{
	const struct hea_cqe *cqe = rig->receiver.page[RQ1];

	return is_valid(cqe) && cqe->type == RQ2 << CQE_TYPE_RQ_SHIFT &&
	       !(be16_to_cpu(cqe->status) & CQE_ERROR) &&
	       be16_to_cpu(cqe->len) == FRAME_LEN + ETH_FCS_LEN &&
	       !memcmp(rig->data, rig->data + HALF, FRAME_LEN);
}

/* To the other port's address, which is the first doubleword of its block */
static int fill_frame(struct rig *rig)
{
	struct ethhdr *eth = (struct ethhdr *)rig->data;
	const u64 which = FIELD_PREP(PORT_BLOCK, PORT_BLOCK_0) |
			  FIELD_PREP(PORT_NUMBER, RECEIVE_PORT);
	unsigned int i;
	long rc;

	rc = rig_call(RIG_CALL(rig, H_QUERY_HEA_PORT, which, SELECT_ALL, 0,
			       virt_to_phys(rig->block)));
	if (rc)
		return ebus_errno(rc);
	for (i = ETH_HLEN; i < FRAME_LEN; i++)
		rig->data[i] = i;
	u64_to_ether_addr(be64_to_cpu(rig->block[0]), eth->h_dest);
	eth_random_addr(eth->h_source);
	eth->h_proto = htons(ETH_P_802_EX1);
	return 0;
}

/**
 * rig_send_frame() - send a frame to the receiver
 * @rig: the rig
 * @sge: what to send; rig_frame(), if all is to be right
 *
 * Return: 0, or a negative errno.
 */
int rig_send_frame(struct rig *rig, struct hea_sge sge)
{
	struct hea_send_wqe *wqe;
	int ret;

	ret = fill_frame(rig);
	if (ret)
		return ret;
	wqe = rig_send_entry(rig);
	wqe->control |= cpu_to_be16(SEND_SGES);
	wqe->nr_sges = 1;
	memcpy(wqe->body, &sge, sizeof(sge));
	rig_send(rig);
	return 0;
}

/**
 * rig_exchange() - send a frame, and let the receiver have room for it
 * @rig: the rig
 * @send: what to send
 * @receive: where it is to arrive
 *
 * Return: 0 when the adapter is done with it, whatever it has done; or a negative
 * errno.
 */
int rig_exchange(struct rig *rig, struct hea_sge send, struct hea_sge receive)
{
	rig_post_receive(rig, &receive, 1);
	return rig_send_frame(rig, send) ?: rig_flush(rig);
}

/**
 * rig_exchange_in_vain() - send a frame that must not arrive
 * @rig: the rig
 * @send: what to send
 * @receive: where it is to arrive
 *
 * Return: 0; -EPROTO if it did arrive; or another negative errno.
 */
int rig_exchange_in_vain(struct rig *rig, struct hea_sge send,
			 struct hea_sge receive)
{
	const int ret = rig_exchange(rig, send, receive);

	return ret ?: rig_delivered(rig) ? -EPROTO : 0;
}

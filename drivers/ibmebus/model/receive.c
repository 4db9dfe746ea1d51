// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receiving: which queue pair a frame goes to, which of its queues, and what is
 * written there. Everything that is received has an entry in receive queue 1, in
 * whose pages the adapter itself writes: it begins with the completion, and a short
 * frame follows at once (ehea_main.c, ehea_proc_rwqes()).
 */

#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/jhash.h>
#include <linux/unaligned.h>
#include <net/checksum.h>
#include <net/ip.h>

#include "model.h"

static bool is_tagged(const struct hea_frame *frame)
{
	return frame->len >= VLAN_ETH_HLEN &&
	       get_unaligned_be16(frame->data + 2 * ETH_ALEN) == ETH_P_8021Q;
}

static u16 tag_of(const struct hea_frame *frame)
{
	return get_unaligned_be16(frame->data + 2 * ETH_ALEN + 2);
}

static bool vlan_wanted(const struct hea_port *port, u16 vid)
{
	return FIELD_GET(PORT_VLAN_FILTER, port->control) != PORT_VLAN_FILTERED ||
	       port->vlan_filter[vid / 64] & IBM_BIT(vid % 64);
}

/* The IPv4 header, if it is all there */
static const struct iphdr *ip_of(const struct hea_frame *frame)
{
	const struct iphdr *ip = (const struct iphdr *)(frame->data + ETH_HLEN);

	if (frame->len < ETH_HLEN + sizeof(*ip) ||
	    get_unaligned_be16(frame->data + 2 * ETH_ALEN) != ETH_P_IP ||
	    ip->version != 4 || ip->ihl < 5 ||
	    ntohs(ip->tot_len) < ip->ihl * 4 ||
	    ntohs(ip->tot_len) > frame->len - ETH_HLEN)
		return NULL;
	return ip;
}

/* Frames of a connection go to the same queue pair; how it is chosen: assumed */
static u32 hash_of(const struct hea_frame *frame)
{
	const struct iphdr *ip = ip_of(frame);

	if (!ip)
		return 0;
	return jhash_3words((__force u32)ip->saddr, (__force u32)ip->daddr,
			    ip->protocol, 0);
}

/* Whose it is; NULL if nobody's, and why not */
static struct hea_qp *choose_qp(const struct hea_port *port,
				const struct hea_frame *frame, bool tagged,
				enum hea_drop *why)
{
	const u64 address = hea_mac_to_u64(frame->data);
	u64 name = port->qpn[hash_of(frame) % hea_nr_qps];
	struct hea_qp *qp;
	bool mine;

	if (is_multicast_ether_addr(frame->data))
		mine = hea_bcmc_wants(port, address, tagged);
	else
		mine = address == port->mac;
	if (!mine && !is_multicast_ether_addr(frame->data) && port->promiscuous_qp) {
		name = port->promiscuous_qp;
		mine = true;
	}
	qp = mine ? hea_qp_find(name) : NULL;
	if (!mine)
		*why = DROP_NOT_FOR_ME;
	else if (!qp || qp->port != port->number)
		*why = DROP_NO_QP;
	else if (!hea_qp_receives(qp))
		*why = DROP_QP_DISABLED;
	else
		return qp;
	return NULL;
}

/* Thresholds are of the length with CRC: assumed */
static unsigned int choose_ring(const struct hea_qp *qp, unsigned int len)
{
	const unsigned int room = qp->ring[RING_RQ1].entry_size -
				  sizeof(struct hea_cqe);

	len += HEA_CRC_LEN;
	if (qp->from[RING_RQ3] && len > qp->from[RING_RQ3])
		return RING_RQ3;
	if (len > room || len > qp->from[RING_RQ2])
		return RING_RQ2;
	return RING_RQ1;
}

/* Into the buffers that the next entry of the queue names */
static enum hea_drop scatter(struct hea_qp *qp, unsigned int ring_nr,
			     const struct hea_frame *frame, struct hea_cqe *cqe)
{
	struct hea_ring *ring = &qp->ring[ring_nr];
	struct hea_receive_wqe wqe;
	unsigned int i, done = 0, len;
	bool ok = true;

	if (!ring->posted)
		return DROP_NO_RECEIVE_DESCRIPTOR;
	if (!hea_dma_read(&wqe, hea_ring_at_head(ring), sizeof(wqe)))
		return DROP_RECEIVE_DMA;
	cqe->wr_id = wqe.wr_id;
	if (wqe.nr_sges > ARRAY_SIZE(wqe.sge)) {
		hea_oracle(ORACLE_BAD_WQE, "%u descriptors to receive into",
			   wqe.nr_sges);
		wqe.nr_sges = 0;
	}
	for (i = 0; ok && i < wqe.nr_sges && done < frame->len; i++) {
		len = min(be32_to_cpu(wqe.sge[i].len), frame->len - done);
		ok = hea_mr_write(&wqe.sge[i], qp->pd, frame->data + done, len);
		done += len;
	}
	hea_ring_advance(ring);
	ring->posted--;
	if (!ok)
		return DROP_RECEIVE_DMA;
	return done < frame->len ? DROP_TOO_LONG : DELIVERED;
}

static bool l4_is_bad(const struct iphdr *ip)
{
	const unsigned int len = ntohs(ip->tot_len) - ip->ihl * 4;
	const u8 *l4 = (const u8 *)ip + ip->ihl * 4;

	if (ip->protocol == IPPROTO_UDP && len >= 8 &&
	    !get_unaligned((const u16 *)(l4 + 6)))
		return false;
	return csum_tcpudp_magic(ip->saddr, ip->daddr, len, ip->protocol,
				 csum_partial(l4, len, 0));
}

/* For what is not checked, the sum of everything; that fragments are so: assumed */
static u16 check_sums(const struct hea_frame *frame, struct hea_cqe *cqe)
{
	const struct iphdr *ip = ip_of(frame);
	u16 status = 0;

	if (!ip || ip_is_fragment(ip) ||
	    (ip->protocol != IPPROTO_TCP && ip->protocol != IPPROTO_UDP)) {
		cqe->checksum = csum_fold(csum_partial(frame->data + ETH_HLEN,
						       frame->len - ETH_HLEN, 0));
		return CQE_NOT_IPV4;
	}
	cqe->header_len = ETH_HLEN + ip->ihl * 4;
	if (ip_fast_csum(ip, ip->ihl))
		status |= CQE_BAD_L3;
	if (l4_is_bad(ip))
		status |= CQE_BAD_L4;
	return status;
}

/* Data first, then the completion that makes it valid */
static bool write_entry(struct hea_qp *qp, const struct hea_frame *frame,
			struct hea_cqe *cqe)
{
	struct hea_ring *ring = &qp->ring[RING_RQ1];
	const u64 at = hea_ring_at_head(ring);

	if (frame && !hea_dma_write(at + sizeof(*cqe), frame->data, frame->len))
		return false;
	hea_cqe_write(at, cqe, ring->toggle);
	hea_ring_advance(ring);
	ring->posted--;
	return true;
}

static void count_received(struct hea_port *port, const struct hea_frame *frame)
{
	port->counter[RX_BYTES] += frame->len + HEA_CRC_LEN;
	if (is_broadcast_ether_addr(frame->data))
		port->counter[RX_BROADCAST]++;
	else if (is_multicast_ether_addr(frame->data))
		port->counter[RX_MULTICAST]++;
	else
		port->counter[RX_UNICAST]++;
}

static enum hea_drop deliver(struct hea_qp *qp, const struct hea_frame *frame,
			     struct hea_cqe *cqe, u16 status)
{
	const unsigned int ring_nr = choose_ring(qp, frame->len);
	struct hea_object *cq = hea_find(qp->receive_cq, HEA_CQ);
	enum hea_drop result = DELIVERED;

	if (!qp->ring[RING_RQ1].posted)
		return DROP_NO_RECEIVE_DESCRIPTOR;
	if (ring_nr != RING_RQ1)
		result = scatter(qp, ring_nr, frame, cqe);
	if (result == DROP_NO_RECEIVE_DESCRIPTOR)
		return result;
	/* A buffer that was taken is given back, with an error */
	cqe->status = cpu_to_be16(result == DELIVERED ? status : CQE_ERROR);
	cqe->type = ring_nr << CQE_TYPE_RQ_SHIFT;
	cqe->len = cpu_to_be16(frame->len + HEA_CRC_LEN);
	cqe->token = cpu_to_be32(qp->token);
	if (!write_entry(qp, ring_nr == RING_RQ1 ? frame : NULL, cqe))
		return DROP_RECEIVE_DMA;
	/* The completion queue has no entries for it, only the event */
	if (cq)
		hea_cq_completed(container_of(cq, struct hea_cq, object), false);
	return result;
}

/**
 * hea_receive() - a frame arrives
 * @port: at this port
 * @frame: without CRC; its beginning may be moved
 *
 * Context: hea_lock held.
 * Return: what became of it.
 */
enum hea_drop hea_receive(struct hea_port *port, const struct hea_frame *frame)
{
	struct hea_frame plain = *frame;
	const bool tagged = is_tagged(frame);
	enum hea_drop result;
	struct hea_cqe cqe = {};
	struct hea_qp *qp;
	u16 status = 0;

	lockdep_assert_held(&hea_lock);
	if (!(port->control & PORT_VALID))
		return DROP_PORT_DOWN;
	if (tagged && !vlan_wanted(port, tag_of(frame) & VLAN_VID_MASK))
		return DROP_VLAN_FILTER;
	if (tagged && port->control & PORT_EXTRACT_VLAN) {
		status |= CQE_VLAN;
		cqe.vlan = cpu_to_be16(tag_of(frame));
		plain.data += VLAN_HLEN;
		plain.len -= VLAN_HLEN;
		memmove(plain.data, frame->data, 2 * ETH_ALEN);
	}
	qp = choose_qp(port, &plain, tagged, &result);
	if (!qp)
		return result;
	status |= check_sums(&plain, &cqe);
	result = deliver(qp, &plain, &cqe, status);
	if (result == DELIVERED)
		count_received(port, &plain);
	return result;
}

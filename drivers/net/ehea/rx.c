// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receiving. A small frame is in RQ1 itself, a larger one in a buffer of RQ2 or RQ3;
 * the completions of all are in RQ1, in order. A frame is copied, and its buffer
 * goes back at once: refilling the queues needs no memory.
 */

#include <linux/if_vlan.h>

#include "ehea.h"

/* Put a buffer into its ring; the adapter has to be told */
static void put_buffer(struct ehea_qset *qset, enum ehea_ring ring, u32 index)
{
	struct ehea_rx_pool *pool = &qset->rx.pools[ring - EHEA_RQ2];
	struct ebus_queue *queue = &qset->qp.rings[ring];
	struct ehea_receive_wqe *wqe = ebus_queue_next(queue);

	wqe->id = index;
	wqe->nr_sges = 1;
	wqe->sges[0] = pool->buffers[index].sge;
	ebus_queue_advance(queue);
}

/**
 * ehea_rx_fill() - give the adapter all buffers
 * @qset: a queue set that has just been made
 */
void ehea_rx_fill(struct ehea_qset *qset)
{
	enum ehea_ring ring;
	u32 i, nr;

	for (ring = EHEA_RQ2; ring <= EHEA_RQ3; ring++) {
		nr = qset->rx.pools[ring - EHEA_RQ2].nr_buffers;
		for (i = 0; i < nr; i++)
			put_buffer(qset, ring, i);
		ehea_qp_ring(&qset->qp, ring, nr);
	}
	ehea_qp_ring(&qset->qp, EHEA_RQ1, qset->qp.nr_entries[EHEA_RQ1]);
}

/* Whether a frame is good; counts it if not */
static bool check_frame(struct ehea_qset *qset, const struct ehea_cqe *cqe,
			u32 room)
{
	if (cqe->status & EHEA_CQE_FATAL) {
		ehea_rx_count(qset, EHEA_RX_FATAL_ERRORS);
		ehea_port_reset(qset->port);
		return false;
	}
	if (cqe->status & EHEA_CQE_BAD_CRC) {
		ehea_rx_count(qset, EHEA_RX_CRC_ERRORS);
		return false;
	}
	/* Without a header that it knows, the adapter's word says nothing */
	if (cqe->status & EHEA_CQE_BAD_IP_CSUM ||
	    (cqe->status & EHEA_CQE_BAD_L4_CSUM && cqe->header_len)) {
		ehea_rx_count(qset, EHEA_RX_CSUM_ERRORS);
		return false;
	}
	if (cqe->len < ETH_HLEN + ETH_FCS_LEN || cqe->len - ETH_FCS_LEN > room) {
		ehea_rx_count(qset, EHEA_RX_LENGTH_ERRORS);
		return false;
	}
	return true;
}

static void set_csum(struct sk_buff *skb, const struct ehea_cqe *cqe)
{
	if (!(skb->dev->features & NETIF_F_RXCSUM))
		return;
	if (cqe->status & EHEA_CQE_RAW_CSUM) {
		skb->ip_summed = CHECKSUM_COMPLETE;
		skb->csum = csum_unfold((__force __sum16)~cqe->csum);
	} else if (!(cqe->status & EHEA_CQE_BAD_L4_CSUM)) {
		skb->ip_summed = CHECKSUM_UNNECESSARY;
	}
}

static void count_frame(struct ehea_qset *qset, const struct sk_buff *skb,
			u32 len)
{
	struct ehea_rx_stats *stats = &qset->rx_stats;

	u64_stats_update_begin(&stats->sync);
	u64_stats_inc(&stats->counter[EHEA_RX_PACKETS]);
	u64_stats_add(&stats->counter[EHEA_RX_BYTES], len);
	if (skb->pkt_type == PACKET_MULTICAST)
		u64_stats_inc(&stats->counter[EHEA_RX_MULTICAST]);
	u64_stats_update_end(&stats->sync);
}

static void receive(struct ehea_qset *qset, const struct ehea_cqe *cqe,
		    const void *data, u32 room)
{
	struct sk_buff *skb;
	u32 len;

	if (!check_frame(qset, cqe, room))
		return;
	len = cqe->len - ETH_FCS_LEN;
	skb = napi_alloc_skb(&qset->napi, len);
	if (!skb) {
		ehea_rx_count(qset, EHEA_RX_NO_MEMORY);
		return;
	}
	skb_put_data(skb, data, len);
	skb->protocol = eth_type_trans(skb, qset->port->netdev);
	set_csum(skb, cqe);
	if (cqe->status & EHEA_CQE_VLAN)
		__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q), cqe->vlan);
	skb_record_rx_queue(skb, qset->index);
	count_frame(qset, skb, len);
	napi_gro_receive(&qset->napi, skb);
}

/* Returns whether a buffer went back into the ring */
static bool receive_buffer(struct ehea_qset *qset, const struct ehea_cqe *cqe,
			   enum ehea_ring ring)
{
	const struct ehea_rx_pool *pool = &qset->rx.pools[ring - EHEA_RQ2];
	const struct ehea_rx_buffer *buffer;

	if (cqe->id >= pool->nr_buffers) {
		ehea_rx_count(qset, EHEA_RX_FATAL_ERRORS);
		ehea_port_reset(qset->port);
		return false;
	}
	buffer = &pool->buffers[cqe->id];
	receive(qset, cqe, buffer->data, buffer->sge.len);
	put_buffer(qset, ring, cqe->id);
	return true;
}

/**
 * ehea_rx_poll() - pass on what was received
 * @qset: where
 * @budget: how many frames at most
 *
 * Context: NAPI.
 * Return: how many there were.
 */
int ehea_rx_poll(struct ehea_qset *qset, int budget)
{
	struct ebus_queue *rq1 = &qset->qp.rings[EHEA_RQ1];
	u32 used[EHEA_NR_RINGS] = {};
	const struct ehea_cqe *cqe;
	enum ehea_ring ring;

	while (used[EHEA_RQ1] < budget && (cqe = ehea_cqe_next(rq1))) {
		/* The rest of it was written before its valid bit */
		dma_rmb();
		ring = FIELD_GET(EHEA_CQE_RQ, cqe->type);
		if (ring == EHEA_RQ2 || ring == EHEA_RQ3)
			used[ring] += receive_buffer(qset, cqe, ring);
		else
			receive(qset, cqe, (void *)cqe + EHEA_RQ1_DATA,
				EHEA_RQ1_MAX_FRAME);
		ebus_queue_advance(rq1);
		used[EHEA_RQ1]++;
	}
	for (ring = EHEA_RQ1; ring <= EHEA_RQ3; ring++) {
		if (used[ring])
			ehea_qp_ring(&qset->qp, ring, used[ring]);
	}
	return used[EHEA_RQ1];
}

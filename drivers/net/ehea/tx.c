// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending. A small frame is copied into the queue; of a larger one the beginning is,
 * and descriptors name the rest. They are made from the map of RAM, and posted, in
 * one go with bottom halves disabled: regions.h says why.
 */

#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <net/dst.h>
#include <net/ip.h>
#include <net/netdev_queues.h>

#include "ehea.h"

/**
 * ehea_tx_create() - make the sending side of a queue set
 * @qset: which; has its queue pair
 *
 * Return: 0 or an errno.
 */
int ehea_tx_create(struct ehea_qset *qset)
{
	struct ehea_tx *tx = &qset->tx;

	memset(tx, 0, sizeof(*tx));
	init_waitqueue_head(&tx->progress);
	tx->nr_slots = ebus_queue_slots(&qset->qp.rings[EHEA_SQ]);
	tx->slots = kvcalloc(tx->nr_slots, sizeof(*tx->slots), GFP_KERNEL);
	if (!tx->slots)
		return -ENOMEM;
	/* Last: only now is there room. A full ring would look empty */
	tx->limit = qset->qp.nr_entries[EHEA_SQ] - 1;
	tx->signal_interval = tx->limit / 10 + 1;
	return 0;
}

/* A frame that the adapter may go on sending: its memory is lost, and nothing else */
static void lose_frame(struct sk_buff *skb)
{
	skb_orphan(skb);
	skb_dst_drop(skb);
	nf_reset_ct(skb);
}

/**
 * ehea_tx_destroy() - the undo of ehea_tx_create()
 * @qset: which; nothing is sent
 * @in_use: the adapter may go on sending what is in the queue, so that is lost
 *
 * Frames that are still in the queue are dropped.
 */
void ehea_tx_destroy(struct ehea_qset *qset, bool in_use)
{
	struct ehea_tx *tx = &qset->tx;
	u32 i;

	if (!tx->slots)
		return;
	for (i = 0; i < tx->nr_slots; i++) {
		/* Of small frames nobody knows whether they have been sent */
		if (!tx->slots[i].skb)
			continue;
		ehea_tx_count(qset, EHEA_TX_DROPPED);
		if (in_use)
			lose_frame(tx->slots[i].skb);
		else
			dev_kfree_skb(tx->slots[i].skb);
	}
	kvfree(tx->slots);
	/* There is no room for any frame */
	memset(tx, 0, sizeof(*tx));
	netdev_tx_reset_queue(netdev_get_tx_queue(qset->port->netdev,
						  qset->index));
}

/* Offsets are from the beginning of the frame, the tag not counted */
static int set_csum(struct sk_buff *skb, struct ehea_send_wqe *wqe)
{
	if (skb->ip_summed != CHECKSUM_PARTIAL)
		return 0;
	if (vlan_get_protocol(skb) != htons(ETH_P_IP) ||
	    (ip_hdr(skb)->protocol != IPPROTO_TCP &&
	     ip_hdr(skb)->protocol != IPPROTO_UDP))
		return skb_checksum_help(skb);
	wqe->control |= EHEA_SEND_IP_CSUM | EHEA_SEND_L4_CSUM;
	wqe->ip_first = skb_network_offset(skb);
	wqe->ip_last = wqe->ip_first + ip_hdrlen(skb) - 1;
	wqe->csum_at = skb_checksum_start_offset(skb) + skb->csum_offset;
	return 0;
}

/* Descriptors for physically contiguous memory */
static int put_memory(const struct ehea_regions *regions,
		      struct ehea_send_wqe *wqe, phys_addr_t phys, u32 len)
{
	struct ehea_sge *sge;
	int ret;

	while (len) {
		if (wqe->nr_sges == EHEA_SEND_SGES)
			return -E2BIG;
		sge = wqe->nr_sges ? &wqe->sges[wqe->nr_sges - 1] :
				     &wqe->first_sge;
		ret = ehea_regions_map(regions, phys, len, sge);
		if (ret)
			return ret;
		wqe->nr_sges++;
		phys += sge->len;
		len -= sge->len;
	}
	return 0;
}

/* Descriptors for what does not go into the entry itself */
static int put_rest(const struct ehea_regions *regions,
		    struct ehea_send_wqe *wqe, const struct sk_buff *skb)
{
	const skb_frag_t *frag;
	unsigned int i;
	int ret;

	wqe->nr_sges = 0;
	ret = put_memory(regions, wqe,
			 virt_to_phys(skb->data + wqe->inline_len),
			 skb_headlen(skb) - wqe->inline_len);
	for (i = 0; i < skb_shinfo(skb)->nr_frags && !ret; i++) {
		frag = &skb_shinfo(skb)->frags[i];
		ret = put_memory(regions, wqe,
				 page_to_phys(skb_frag_page(frag)) +
				 skb_frag_off(frag), skb_frag_size(frag));
	}
	return ret;
}

/* How much of a large frame goes into the entry: of TSO, exactly the headers */
static int inline_len(struct sk_buff *skb)
{
	u32 len;

	if (!skb_is_gso(skb))
		return min(skb_headlen(skb), EHEA_SEND_INLINE_SGES);
	len = skb_tcp_all_headers(skb);
	if (len > EHEA_SEND_INLINE_SGES)
		return -EINVAL;
	return pskb_may_pull(skb, len) ? len : -ENOMEM;
}

static int put_large(struct ehea_qset *qset, struct sk_buff *skb,
		     struct ehea_send_wqe *wqe)
{
	const struct ehea_regions *regions = qset->port->adapter->regions;
	int ret = inline_len(skb);

	if (ret < 0)
		return ret;
	wqe->inline_len = ret;
	ret = put_rest(regions, wqe, skb);
	if (ret == -E2BIG || (ret == -EFAULT && skb_is_nonlinear(skb))) {
		/*
		 * In one piece, it crosses a window of the map once at most. And
		 * a copy may be in the map where the original is not.
		 */
		if (ret == -EFAULT)
			ehea_tx_count(qset, EHEA_TX_COPIED);
		if (skb_linearize(skb))
			return -ENOMEM;
		ret = put_rest(regions, wqe, skb);
	}
	if (ret)
		return ret;
	skb_copy_from_linear_data(skb, wqe->head, wqe->inline_len);
	wqe->control |= EHEA_SEND_HAS_SGES;
	if (skb_is_gso(skb)) {
		wqe->control |= EHEA_SEND_TSO;
		wqe->mss = skb_shinfo(skb)->gso_size;
	}
	return 0;
}

/* The entry is not the adapter's before the doorbell, so may be given up */
static int put_frame(struct ehea_qset *qset, struct sk_buff *skb,
		     struct ehea_send_wqe *wqe)
{
	int ret;

	memset(wqe, 0, EHEA_SEND_HEADER);
	wqe->control = EHEA_SEND_CRC | EHEA_SEND_HAS_INLINE;
	if (skb_vlan_tag_present(skb)) {
		wqe->control |= EHEA_SEND_VLAN;
		wqe->vlan = skb_vlan_tag_get(skb);
	}
	ret = set_csum(skb, wqe);
	if (ret)
		return ret;
	if (skb->len > EHEA_SEND_INLINE || skb_is_gso(skb))
		return put_large(qset, skb, wqe);
	wqe->inline_len = skb->len;
	return skb_copy_bits(skb, 0, wqe->inlined, skb->len);
}

/* As on the wire: the adapter pads short frames (assumed), segments have headers */
static void count_sent(struct ehea_qset *qset, const struct sk_buff *skb)
{
	const u32 frames = max_t(u32, skb_shinfo(skb)->gso_segs, 1);
	struct ehea_tx_stats *stats = &qset->tx_stats;
	u32 bytes = max_t(u32, skb->len, ETH_ZLEN);

	if (frames > 1)
		bytes += (frames - 1) * skb_tcp_all_headers(skb);
	u64_stats_update_begin(&stats->sync);
	u64_stats_add(&stats->counter[EHEA_TX_PACKETS], frames);
	u64_stats_add(&stats->counter[EHEA_TX_BYTES], bytes);
	u64_stats_update_end(&stats->sync);
}

/* Stops the queue if it has room for no other frame */
static void account(struct ehea_qset *qset, struct netdev_queue *txq, u32 bytes)
{
	struct ehea_tx *tx = &qset->tx;

	netdev_tx_sent_queue(txq, bytes);
	/* NAPI reads it to know how many are free */
	WRITE_ONCE(tx->posted, tx->posted + 1);
	if (!netif_txq_maybe_stop(txq, ehea_tx_free(tx), 1,
				  ehea_tx_wake_at(tx)))
		ehea_tx_count(qset, EHEA_TX_STOPPED);
}

/*
 * Whether the frame's completion is wanted. It is what wakes the queue, and what
 * frees the entries of small frames before it.
 */
static bool wants_completion(struct ehea_tx *tx, const struct netdev_queue *txq,
			     bool has_sges)
{
	if (!has_sges && !netif_xmit_stopped(txq) &&
	    ++tx->unsignalled < tx->signal_interval)
		return false;
	tx->unsignalled = 0;
	return true;
}

static void post(struct ehea_qset *qset, struct netdev_queue *txq,
		 struct sk_buff *skb, struct ehea_send_wqe *wqe)
{
	struct ebus_queue *queue = &qset->qp.rings[EHEA_SQ];
	const bool has_sges = wqe->control & EHEA_SEND_HAS_SGES;
	struct ehea_tx *tx = &qset->tx;
	const u32 slot = ebus_queue_slot(queue);

	tx->slots[slot].bytes = skb->len;
	tx->slots[slot].skb = has_sges ? skb : NULL;
	wqe->id = slot;
	count_sent(qset, skb);
	account(qset, txq, skb->len);
	if (has_sges)
		WRITE_ONCE(tx->posted_sges, tx->posted);
	if (wants_completion(tx, txq, has_sges))
		wqe->control |= EHEA_SEND_SIGNAL;
	ebus_queue_advance(queue);
	skb_tx_timestamp(skb);
	ehea_qp_ring(&qset->qp, EHEA_SQ, 1);
	if (!has_sges)
		dev_consume_skb_any(skb);
}

/**
 * ehea_xmit() - send a frame
 * @skb: the frame
 * @netdev: the port's network device
 *
 * Context: Bottom halves disabled, transmit lock held.
 * Return: %NETDEV_TX_OK, or %NETDEV_TX_BUSY if there is no room.
 */
netdev_tx_t ehea_xmit(struct sk_buff *skb, struct net_device *netdev)
{
	struct ehea_port *port = netdev_priv(netdev);
	struct ehea_qset *qset = &port->qsets[skb_get_queue_mapping(skb)];
	struct netdev_queue *txq = netdev_get_tx_queue(netdev, qset->index);
	struct ehea_tx *tx = &qset->tx;
	struct ehea_send_wqe *wqe;
	int ret;

	/* NAPI may have woken it just as it became full; and have seen all done by now */
	if (!ehea_tx_free(tx) &&
	    !netif_txq_try_stop(txq, ehea_tx_free(tx), ehea_tx_wake_at(tx)))
		return NETDEV_TX_BUSY;
	wqe = ebus_queue_next(&qset->qp.rings[EHEA_SQ]);
	ret = put_frame(qset, skb, wqe);
	if (ret) {
		ehea_tx_count(qset, ret == -EFAULT ? EHEA_TX_UNMAPPED :
						     EHEA_TX_DROPPED);
		dev_kfree_skb_any(skb);
		return NETDEV_TX_OK;
	}
	post(qset, txq, skb, wqe);
	return NETDEV_TX_OK;
}

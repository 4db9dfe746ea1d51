// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending: from a work queue entry to frames on the wire. The entry is fetched, with
 * its descriptors; a while later the data is; if the queue pair has been disabled in
 * between, the entry is fetched again once it is enabled.
 */

#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "model.h"

/* TSO: 64 KiB of IP, and what is before it */
#define MAX_ALL		(65536 + 256)
#define MAX_SEGMENT	16384

/* What has been fetched; the engine's alone */
static struct {
	struct hea_send_wqe wqe;
	u64 qp;
	unsigned int stops;
} job;
static u8 *all_data, *segment_data;

static const char * const drop_names[NR_DROPS] = {
	[DROP_NO_RECEIVE_DESCRIPTOR] = "no_receive_descriptor",
	[DROP_QP_DISABLED] = "qp_disabled",
	[DROP_NO_QP] = "no_qp",
	[DROP_PORT_DOWN] = "port_down",
	[DROP_LINK_DOWN] = "link_down",
	[DROP_NOT_FOR_ME] = "not_for_me",
	[DROP_VLAN_FILTER] = "vlan_filter",
	[DROP_TOO_LONG] = "too_long",
	[DROP_BAD_WQE] = "bad_wqe",
	[DROP_SEND_DMA] = "send_dma",
	[DROP_RECEIVE_DMA] = "receive_dma",
};

/* Protected by hea_lock */
static u64 results[NR_DROPS], nr_posted, nr_freed, nr_purged, nr_wqes, nr_tso;

/* &hea_qp.turn of who was the last; protected by hea_lock */
static u64 turn;

/* The fate of a frame: each has exactly one. Context: hea_lock held. */
void hea_frame_done(enum hea_drop result)
{
	lockdep_assert_held(&hea_lock);
	results[result]++;
}

/* A driver has rung the doorbell: counted apart from what becomes of the entries */
void hea_entries_posted(unsigned int nr)
{
	lockdep_assert_held(&hea_lock);
	nr_posted += nr;
}

/* A queue pair goes with entries that nothing has become of */
void hea_entries_freed(unsigned int nr)
{
	lockdep_assert_held(&hea_lock);
	nr_freed += nr;
}

static u64 nr_pending(void)
{
	struct hea_object *object;
	u64 nr = 0;

	list_for_each_entry(object, hea_list(HEA_QP), list)
		nr += container_of(object, struct hea_qp,
				   object)->ring[RING_SEND].posted;
	return nr;
}

/*
 * posted = wqes + freed + pending: so no entry is lost. sent = delivered + all that is
 * dropped; purged entries are not sent.
 */
void hea_frames_show(struct seq_file *m)
{
	u64 sent = 0;
	unsigned int i;

	lockdep_assert_held(&hea_lock);
	seq_printf(m, "posted %llu\nfreed %llu\npending %llu\n", nr_posted,
		   nr_freed, nr_pending());
	for (i = 0; i < NR_DROPS; i++)
		sent += results[i];
	seq_printf(m, "wqes %llu\ntso %llu\npurged %llu\n", nr_wqes, nr_tso,
		   nr_purged);
	seq_printf(m, "sent %llu\ndelivered %llu\n", sent, results[DELIVERED]);
	for (i = DELIVERED + 1; i < NR_DROPS; i++)
		seq_printf(m, "drop_%s %llu\n", drop_names[i], results[i]);
}

/* From 0 again */
void hea_frames_reset(void)
{
	lockdep_assert_held(&hea_lock);
	memset(results, 0, sizeof(results));
	nr_posted = nr_pending();
	nr_freed = 0;
	nr_wqes = 0;
	nr_tso = 0;
	nr_purged = 0;
}

static bool wants_to_send(const struct hea_qp *qp)
{
	return hea_qp_sends(qp) && qp->ring[RING_SEND].posted &&
	       !hea_port_find(qp->port)->stalled;
}

/* Who had nothing to send for a while gets no more for that */
static u64 turn_of(const struct hea_qp *qp)
{
	return max(qp->turn, turn);
}

/*
 * The next queue pair that has something to send: queue pairs have as many bytes each,
 * so that one's long entries do not keep back another. In a tie they alternate.
 */
static struct hea_qp *next_qp(void)
{
	struct hea_qp *qp, *next = NULL;
	struct hea_object *object;

	list_for_each_entry(object, hea_list(HEA_QP), list) {
		qp = container_of(object, struct hea_qp, object);
		if (wants_to_send(qp) && (!next || turn_of(qp) < turn_of(next)))
			next = qp;
	}
	if (!next)
		return NULL;
	turn = turn_of(next);
	next->turn = turn;
	list_move_tail(&next->object.list, hea_list(HEA_QP));
	return next;
}

static bool read_wqe(const struct hea_qp *qp)
{
	const struct hea_ring *ring = &qp->ring[RING_SEND];

	return hea_dma_read(&job.wqe, hea_ring_at_head(ring), ring->entry_size);
}

/* It is done with, whatever became of it */
static void retire(struct hea_qp *qp, u16 status)
{
	const u16 control = be16_to_cpu(job.wqe.control);

	hea_ring_advance(&qp->ring[RING_SEND]);
	qp->ring[RING_SEND].posted--;
	if (control & SEND_SIGNALLED || qp->signal_all)
		hea_send_complete(qp, job.wqe.wr_id, status);
}

static bool fetch(void)
{
	struct hea_qp *qp = next_qp();

	if (!qp)
		return false;
	job.qp = qp->object.handle;
	job.stops = qp->stops;
	if (!read_wqe(qp)) {
		/* The queue's memory is gone: noted; the adapter would stop here */
		memset(&job.wqe, 0, sizeof(job.wqe));
		nr_wqes++;
		hea_frame_done(DROP_SEND_DMA);
		retire(qp, CQE_ERROR);
		job.qp = 0;
	}
	return true;
}

/**
 * hea_transmit_fetch() - fetch a work queue entry
 *
 * Context: The engine's thread.
 * Return: false if there is nothing to do.
 */
bool hea_transmit_fetch(void)
{
	unsigned long flags;
	bool ret;

	spin_lock_irqsave(&hea_lock, flags);
	ret = fetch();
	spin_unlock_irqrestore(&hea_lock, flags);
	return ret;
}

/* The descriptors behind one another into the frame; the limit is the model's own */
static enum hea_drop read_sges(const struct hea_qp *qp, const struct hea_sge *sge,
			       unsigned int nr, struct hea_frame *all)
{
	unsigned int i, len;

	for (i = 0; i < nr; i++) {
		len = be32_to_cpu(sge[i].len);
		if (len > MAX_ALL - all->len) {
			hea_oracle(ORACLE_BAD_WQE, "descriptor of %u bytes", len);
			return DROP_BAD_WQE;
		}
		if (!hea_mr_read(&sge[i], qp->pd, all->data + all->len))
			return DROP_SEND_DMA;
		all->len += len;
	}
	return DELIVERED;
}

/* An entry is as long as the driver has said (ehea.h, EHEA_SG_SQ) */
static bool fits(const struct hea_qp *qp, unsigned int sges_at, unsigned int nr)
{
	return offsetof(struct hea_send_wqe, body) + sges_at +
	       nr * sizeof(struct hea_sge) <= qp->ring[RING_SEND].entry_size;
}

/* Data in the entry, then what one descriptor names, then what the others do */
static enum hea_drop read_mixed(const struct hea_qp *qp, struct hea_frame *all)
{
	const u8 *body = job.wqe.body;
	const unsigned int nr = job.wqe.nr_sges;
	enum hea_drop result;

	if (job.wqe.inline_len > SEND_MIXED_DATA_MAX ||
	    (nr > 1 && !fits(qp, SEND_MIXED_SGES, nr - 1))) {
		hea_oracle(ORACLE_BAD_WQE, "%u bytes and %u descriptors",
			   job.wqe.inline_len, nr);
		return DROP_BAD_WQE;
	}
	memcpy(all->data, body + SEND_MIXED_DATA, job.wqe.inline_len);
	all->len = job.wqe.inline_len;
	if (!nr)
		return DELIVERED;
	result = read_sges(qp, (const struct hea_sge *)body, 1, all);
	if (result != DELIVERED)
		return result;
	return read_sges(qp, (const struct hea_sge *)(body + SEND_MIXED_SGES),
			 nr - 1, all);
}

/* Collects what is to be sent; the three formats: ehea_qmr.h, struct ehea_swqe */
static enum hea_drop gather(const struct hea_qp *qp, struct hea_frame *all)
{
	const u16 control = be16_to_cpu(job.wqe.control);

	all->data = all_data;
	all->len = 0;
	if (control & SEND_INLINE && control & SEND_SGES)
		return read_mixed(qp, all);
	if (control & SEND_INLINE && job.wqe.inline_len <= SEND_DATA_MAX) {
		memcpy(all->data, job.wqe.body, job.wqe.inline_len);
		all->len = job.wqe.inline_len;
		return DELIVERED;
	}
	if (control & SEND_SGES && fits(qp, 0, job.wqe.nr_sges))
		return read_sges(qp, (const struct hea_sge *)job.wqe.body,
				 job.wqe.nr_sges, all);
	hea_oracle(ORACLE_BAD_WQE, "control %x, %u bytes, %u descriptors", control,
		   job.wqe.inline_len, job.wqe.nr_sges);
	return DROP_BAD_WQE;
}

/* That a frame without a whole Ethernet header is not sent: assumed */
static bool is_sane(const struct hea_frame *all)
{
	if (all->len >= ETH_HLEN && hea_offload_ok(&job.wqe, all))
		return true;
	hea_oracle(ORACLE_BAD_WQE, "control %x, %u bytes, IP %u to %u",
		   be16_to_cpu(job.wqe.control), all->len, job.wqe.l3_first,
		   job.wqe.l3_last);
	return false;
}

static void count_sent(struct hea_port *port, const struct hea_frame *frame)
{
	port->counter[TX_BYTES] += frame->len + HEA_CRC_LEN;
	if (is_broadcast_ether_addr(frame->data))
		port->counter[TX_BROADCAST]++;
	else if (is_multicast_ether_addr(frame->data))
		port->counter[TX_MULTICAST]++;
	else
		port->counter[TX_UNICAST]++;
}

/* Over the wire to the other port */
static enum hea_drop cross(struct hea_port *port, const struct hea_frame *frame)
{
	struct hea_port *peer = hea_port_peer(port);
	enum hea_drop result;

	if (!port->link || !peer->link)
		return DROP_LINK_DOWN;
	count_sent(port, frame);
	result = hea_receive(peer, frame);
	if (result != DELIVERED)
		peer->counter[RX_DROPPED]++;
	return result;
}

/* One frame, with all that is to be done to it */
static void emit(unsigned int port, struct hea_frame *frame)
{
	unsigned long flags;

	hea_offload_checksums(&job.wqe, frame);
	hea_offload_vlan(&job.wqe, frame);
	hea_offload_pad(frame);
	spin_lock_irqsave(&hea_lock, flags);
	hea_frame_done(cross(hea_port_find(port), frame));
	spin_unlock_irqrestore(&hea_lock, flags);
}

/* Reads all data and retires the entry; returns the port to send from, or 0 */
static unsigned int collect(struct hea_frame *all)
{
	struct hea_object *object = hea_find(job.qp, HEA_QP);
	const u16 control = be16_to_cpu(job.wqe.control);
	enum hea_drop result;
	struct hea_qp *qp;

	qp = object ? container_of(object, struct hea_qp, object) : NULL;
	if (!qp || qp->stops != job.stops || !hea_qp_sends(qp))
		return 0;
	nr_wqes++;
	if (control & SEND_PURGE) {
		nr_purged++;
		retire(qp, 0);
		return 0;
	}
	result = gather(qp, all);
	qp->turn += all->len;
	if (result == DELIVERED && !is_sane(all))
		result = DROP_BAD_WQE;
	retire(qp, result == DELIVERED ? 0 : CQE_ERROR);
	if (result != DELIVERED) {
		hea_frame_done(result);
		return 0;
	}
	nr_tso += !!(control & SEND_TSO);
	return qp->port;
}

/**
 * hea_transmit_send() - send what has been fetched
 *
 * Context: The engine's thread.
 */
void hea_transmit_send(void)
{
	struct hea_frame all, segment = { .data = segment_data };
	unsigned int done = 0, port;
	unsigned long flags;

	spin_lock_irqsave(&hea_lock, flags);
	port = collect(&all);
	spin_unlock_irqrestore(&hea_lock, flags);
	if (!port)
		return;
	if (!(be16_to_cpu(job.wqe.control) & SEND_TSO)) {
		emit(port, &all);
		return;
	}
	do {
		done = hea_offload_segment(&job.wqe, &all, done, &segment);
		emit(port, &segment);
	} while (done < all.len);
}

int hea_transmit_init(void)
{
	/* Room for a VLAN tag and for padding */
	all_data = vmalloc(MAX_ALL + ETH_ZLEN);
	segment_data = vmalloc(MAX_SEGMENT + ETH_ZLEN);
	if (all_data && segment_data)
		return 0;
	hea_transmit_exit();
	return -ENOMEM;
}

void hea_transmit_exit(void)
{
	vfree(segment_data);
	vfree(all_data);
}

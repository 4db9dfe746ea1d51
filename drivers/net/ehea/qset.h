/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Queue sets: a transmit queue and a receive queue of a port, with what they are made
 * of. In this order: the sending side, the receiving side, counters, all together.
 */
#ifndef _EHEA_QSET_H
#define _EHEA_QSET_H

#include <linux/if.h>
#include <linux/netdevice.h>
#include <linux/u64_stats_sync.h>
#include <linux/wait.h>

#include "queues.h"
#include "regions.h"

struct ehea_port;

/**
 * struct ehea_tx_slot - a frame in the send queue
 * @skb: what its descriptors name; NULL if it is in the queue itself
 * @bytes: its length
 */
struct ehea_tx_slot {
	struct sk_buff *skb;
	u32 bytes;
};

/**
 * struct ehea_tx - the sending side of a queue set
 * @slots: for each entry of the send queue
 * @nr_slots: number of @slots
 * @limit: entries that may be in use
 * @signal_interval: how many frames without descriptors share a completion
 * @unsignalled: frames since the last that asks for a completion
 * @tail: slot that is freed next, the entry @done
 * @posted: entries ever posted; written by who holds the transmit lock
 * @posted_sges: @posted after the latest entry with descriptors
 * @mark: @posted_sges when a change of the map began to wait
 * @completed: entries up to the latest that has completed; of NAPI
 * @done: entries ever freed, as they and all before have completed; written by NAPI
 * @progress: woken when @done changes
 */
struct ehea_tx {
	struct ehea_tx_slot *slots;
	u32 nr_slots, limit, signal_interval;
	u32 unsignalled;
	u32 tail;
	u64 posted, posted_sges, mark;
	u64 completed, done;
	wait_queue_head_t progress;
};

/**
 * struct ehea_rx_buffer - memory for a received frame
 * @data: its address
 * @sge: the same as the adapter has it
 */
struct ehea_rx_buffer {
	void *data;
	struct ehea_sge sge;
};

/**
 * struct ehea_rx_pool - the buffers of RQ2 or RQ3
 * @chunks: pages that they are in
 * @nr_chunks: number of @chunks
 * @buffers: the buffers; a frame's completion has the index
 * @nr_buffers: number of @buffers, all of which are in the ring
 */
struct ehea_rx_pool {
	void **chunks;
	u32 nr_chunks;
	struct ehea_rx_buffer *buffers;
	u32 nr_buffers;
};

/**
 * struct ehea_rx - the receiving side of a queue set
 * @pools: of RQ2 and RQ3
 * @mr: memory region of all buffers; none if they are in the region of RAM
 * @resource: the same for a kernel that dies
 */
struct ehea_rx {
	struct ehea_rx_pool pools[2];
	struct ebus_mr mr;
	struct ehea_resource resource;
};

/* Counters of a queue set, in the order of the names in stats.c */
enum ehea_rx_counter {
	EHEA_RX_PACKETS,
	EHEA_RX_BYTES,
	EHEA_RX_MULTICAST,
	EHEA_RX_NO_MEMORY,
	EHEA_RX_CSUM_ERRORS,
	EHEA_RX_CRC_ERRORS,
	EHEA_RX_LENGTH_ERRORS,
	EHEA_RX_FATAL_ERRORS,
	EHEA_NR_RX_COUNTERS
};

enum ehea_tx_counter {
	EHEA_TX_PACKETS,
	EHEA_TX_BYTES,
	EHEA_TX_STOPPED,
	EHEA_TX_COPIED,
	EHEA_TX_DROPPED,
	EHEA_TX_UNMAPPED,
	EHEA_NR_TX_COUNTERS
};

/* Counters of NAPI; the error of a send is seen there */
struct ehea_rx_stats {
	u64_stats_t counter[EHEA_NR_RX_COUNTERS];
	u64_stats_t tx_errors;
	struct u64_stats_sync sync;
};

/* Counters of who holds the transmit lock */
struct ehea_tx_stats {
	u64_stats_t counter[EHEA_NR_TX_COUNTERS];
	struct u64_stats_sync sync;
};

/**
 * struct ehea_qset - a transmit queue and a receive queue of a port
 * @port: whose
 * @index: which of the port's
 * @napi: sees to both sides
 * @eq: interrupts for both completion queues
 * @receive_cq: of the receiving side
 * @send_cq: of the sending side
 * @qp: the queues
 * @rx: the receiving side
 * @tx: the sending side
 * @rx_stats: counters that NAPI writes
 * @tx_stats: counters that the transmit lock protects
 * @irq_name: in /proc/interrupts
 */
struct ehea_qset {
	struct ehea_port *port;
	unsigned int index;
	struct napi_struct napi;
	struct ehea_eq eq;
	struct ehea_cq receive_cq, send_cq;
	struct ehea_qp qp;
	struct ehea_rx rx;
	struct ehea_tx tx;
	struct ehea_rx_stats rx_stats;
	struct ehea_tx_stats tx_stats;
	char irq_name[IFNAMSIZ + 16];
};

/* qset.c */
int ehea_qset_create(struct ehea_qset *qset);
int ehea_qset_destroy(struct ehea_qset *qset);

/* rx.c */
void ehea_rx_fill(struct ehea_qset *qset);
int ehea_rx_poll(struct ehea_qset *qset, int budget);

/* rx_buffers.c */
int ehea_rx_buffers_create(struct ehea_qset *qset);
void ehea_rx_buffers_destroy(struct ehea_qset *qset, bool in_use);

/* tx.c */
int ehea_tx_create(struct ehea_qset *qset);
void ehea_tx_destroy(struct ehea_qset *qset, bool in_use);
netdev_tx_t ehea_xmit(struct sk_buff *skb, struct net_device *netdev);

/* tx_done.c */
void ehea_tx_poll(struct ehea_qset *qset, int budget);
void ehea_tx_mark(struct ehea_qset *qset);
bool ehea_tx_drain(struct ehea_qset *qset, unsigned long until);

/* Entries of the send queue that are free */
static inline u32 ehea_tx_free(const struct ehea_tx *tx)
{
	return tx->limit - (READ_ONCE(tx->posted) - READ_ONCE(tx->done));
}

/* From how many free entries on a stopped queue goes on */
static inline u32 ehea_tx_wake_at(const struct ehea_tx *tx)
{
	return tx->limit / 10 + 2;
}

/* napi.c */
int ehea_poll(struct napi_struct *napi, int budget);
irqreturn_t ehea_qset_interrupt(int irq, void *data);

static inline void ehea_rx_count(struct ehea_qset *qset,
				 enum ehea_rx_counter counter)
{
	struct ehea_rx_stats *stats = &qset->rx_stats;

	u64_stats_update_begin(&stats->sync);
	u64_stats_inc(&stats->counter[counter]);
	u64_stats_update_end(&stats->sync);
}

static inline void ehea_tx_count(struct ehea_qset *qset,
				 enum ehea_tx_counter counter)
{
	struct ehea_tx_stats *stats = &qset->tx_stats;

	u64_stats_update_begin(&stats->sync);
	u64_stats_inc(&stats->counter[counter]);
	u64_stats_update_end(&stats->sync);
}

#endif /* _EHEA_QSET_H */

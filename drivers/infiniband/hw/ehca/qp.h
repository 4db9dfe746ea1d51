/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Queue pairs, their two work queues, and address handles.
 *
 * A work queue's requests are numbered in the order in which they are posted, for as
 * long as the queue pair lives. The number is what the adapter gets and gives back;
 * EHCA_NO_NUMBER is nobody's.
 *
 * Locks: &ehca_qp.mutex, &ehca_cq.lock, &ehca_work_queue.lock. Of a queue pair's two
 * completion queues only one is locked at a time, and so of its two work queues.
 */
#ifndef _EHCA_QP_H
#define _EHCA_QP_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <rdma/ib_verbs.h>

#include "cq.h"
#include "names.h"
#include "queue.h"
#include "wqe.h"

#define EHCA_NO_NUMBER	U64_MAX

/**
 * struct ehca_wr - a work request that was posted
 * @id: its user's name for it
 * @opcode: what it is called when it is done
 * @signalled: whether it is told that it is done, if it is without an error
 * @hidden: it is the driver's own, and nobody is told anything of it
 */
struct ehca_wr {
	u64 id;
	enum ib_wc_opcode opcode;
	bool signalled, hidden;
};

/**
 * struct ehca_work_queue - one side of a queue pair
 * @qp: whose
 * @cq: where its requests complete
 * @queue: its entries, struct ehca_wqe
 * @wrs: of each entry, what was posted
 * @nr_slots: entries
 * @limit: how many of them may be in use
 * @nr_hidden: and how many of those are for requests of the driver's own
 * @max_sges: descriptors that a request may have
 * @add: the register that is rung
 * @event: tells @cq's user of requests that the driver completes
 * @lock: posting
 * @skew: by how much an entry's place is ahead of its request's number
 * @posted: number of the next request; written with @lock held
 * @completed: number of the oldest that is outstanding; written with @cq locked
 * @flush_from: number of the first request that will never be executed
 * @flush_until: and of the first after those, U64_MAX as long as the adapter does not
 *	go on; both are written with @cq and @lock locked
 * @flush_link: in @cq's list, if there is something to flush
 * @has_read: of a send queue, whether there has been an RDMA read; with @lock held
 * @packets: so many have been sent since the last one, about; with @lock held
 * @read_end: number after the last one that was the driver's own; with @lock held
 */
struct ehca_work_queue {
	struct ehca_qp *qp;
	struct ehca_cq *cq;
	struct ebus_queue queue;
	struct ehca_wr *wrs;
	u32 nr_slots, limit, nr_hidden, max_sges, add;
	struct work_struct event;

	/* Posting; taken with interrupts off */
	spinlock_t lock;
	u32 skew;
	u64 posted;
	u64 completed;
	u64 flush_from, flush_until;
	struct list_head flush_link;
	bool has_read;
	u64 packets, read_end;
};

/**
 * struct ehca_qp - a queue pair
 * @ib: the RDMA core's
 * @named: token, for events and completions
 * @handle: the firmware's name for it
 * @number: its name on the network
 * @galpa: its registers
 * @sq: the send queue
 * @rq: the receive queue
 * @signal_all: whether each send is signalled
 * @failed: finds out what an error has done to it
 * @looks: how often @failed has found nothing
 * @mutex: changes of state
 * @state: as far as the driver knows; written with @mutex held
 * @has_alternate: the user has told it of an alternate path, and to use that
 * @tells_drained: the user wants to hear when the send queue has drained
 * @qkey: its own
 * @access: what peers may do, which the adapter checks by memory region alone
 * @static_rate: enum ib_rate of the path to the peer
 * @alt_static_rate: and of the alternate one
 * @pmtu: enum ib_mtu of its port, for datagrams
 * @path_mtu: enum ib_mtu of a connection
 */
struct ehca_qp {
	struct ib_qp ib;
	struct ehca_named named;
	u64 handle;
	u32 number;
	void __iomem *galpa;
	struct ehca_work_queue sq, rq;
	bool signal_all;
	struct delayed_work failed;
	unsigned int looks;

	/* Changes of state */
	struct mutex mutex;
	enum ib_qp_state state;
	bool has_alternate, tells_drained;
	u32 qkey;
	int access;
	u8 static_rate, alt_static_rate, pmtu, path_mtu;
};

/**
 * struct ehca_ah - an address handle
 * @ib: the RDMA core's
 * @av: what datagrams carry
 * @port: where they leave
 * @static_rate: enum ib_rate
 * @sgid_index: of the port's GID, if there is a route
 */
struct ehca_ah {
	struct ib_ah ib;
	struct ehca_av av;
	u32 port;
	u8 static_rate;
	u8 sgid_index;
};

static inline struct ehca_qp *to_ehca_qp(struct ib_qp *qp)
{
	return container_of(qp, struct ehca_qp, ib);
}

static inline struct ehca_ah *to_ehca_ah(struct ib_ah *ah)
{
	return container_of(ah, struct ehca_ah, ib);
}

/* qp.c */
int ehca_create_qp(struct ib_qp *qp, struct ib_qp_init_attr *attr,
		   struct ib_udata *udata);
int ehca_destroy_qp(struct ib_qp *qp, struct ib_udata *udata);

/* qp_modify.c */
int ehca_modify_qp(struct ib_qp *qp, struct ib_qp_attr *attr, int mask,
		   struct ib_udata *udata);

/* qp_query.c */
int ehca_query_qp(struct ib_qp *qp, struct ib_qp_attr *attr, int mask,
		  struct ib_qp_init_attr *init);

/* flush.c */
void ehca_qp_failed(struct ehca_qp *qp);
void ehca_qp_failed_work(struct work_struct *work);
void ehca_qp_stopped(struct ehca_qp *qp);
int ehca_sq_stopped(struct ehca_qp *qp, u64 *bad);
void ehca_sq_purge(struct ehca_qp *qp, u64 bad);
void ehca_sq_resume(struct ehca_qp *qp, u64 bad);
void ehca_wq_reset(struct ehca_work_queue *wq);
void ehca_wq_event(struct work_struct *work);

/* send.c, recv.c */
int ehca_post_send(struct ib_qp *qp, const struct ib_send_wr *wr,
		   const struct ib_send_wr **bad_wr);
int ehca_post_recv(struct ib_qp *qp, const struct ib_recv_wr *wr,
		   const struct ib_recv_wr **bad_wr);

/* poll.c */
int ehca_poll_cq(struct ib_cq *cq, int nr, struct ib_wc *wc);
void ehca_cq_forget(struct ehca_cq *cq, const struct ehca_qp *qp);

/* ah.c */
int ehca_create_ah(struct ib_ah *ah, struct rdma_ah_init_attr *init,
		   struct ib_udata *udata);
int ehca_query_ah(struct ib_ah *ah, struct rdma_ah_attr *attr);
int ehca_destroy_ah(struct ib_ah *ah, u32 flags);
int ehca_pauses(struct ib_device *ib, u32 port, u8 static_rate, bool may_sleep,
		u8 *pauses);

static inline struct ib_qp_cap ehca_qp_cap(const struct ehca_qp *qp)
{
	return (struct ib_qp_cap) {
		.max_send_wr = qp->sq.limit - qp->sq.nr_hidden,
		.max_recv_wr = qp->rq.limit,
		.max_send_sge = qp->sq.max_sges,
		.max_recv_sge = qp->rq.max_sges,
	};
}

static inline struct ehca_wr *ehca_wq_at(const struct ehca_work_queue *wq,
					 u64 number)
{
	return &wq->wrs[number % wq->nr_slots];
}

/* Which entry of the queue is that of a request */
static inline u32 ehca_wq_slot(const struct ehca_work_queue *wq, u64 number)
{
	return (number + wq->skew) % wq->nr_slots;
}

/* The lock is held, so nobody else makes it full */
static inline bool ehca_wq_full(const struct ehca_work_queue *wq)
{
	/* What completed the entry that is used next has been read before */
	return wq->posted - smp_load_acquire(&wq->completed) >= wq->limit;
}

/* Number of the request that will be posted next; all before it can be read */
static inline u64 ehca_wq_posted(const struct ehca_work_queue *wq)
{
	/* Pairs with ehca_wq_add() */
	return smp_load_acquire(&wq->posted);
}

/* Whether the adapter has stopped: what is posted will never be executed */
static inline bool ehca_wq_flushes(const struct ehca_work_queue *wq)
{
	return wq->flush_until == U64_MAX;
}

static inline bool ehca_wq_in_flush(const struct ehca_work_queue *wq, u64 number)
{
	return number >= wq->flush_from && number < wq->flush_until;
}

/* The entry that is next has been written; the lock is held */
static inline void ehca_wq_add(struct ehca_work_queue *wq,
			       const struct ehca_wr *wr)
{
	*ehca_wq_at(wq, wq->posted) = *wr;
	ebus_queue_advance(&wq->queue);
	/* Whoever polls finds the request when it sees this */
	smp_store_release(&wq->posted, wq->posted + 1);
}

/* Requests have been added; the lock is held */
static inline void ehca_wq_ring(struct ehca_work_queue *wq, u32 nr)
{
	if (!nr)
		return;
	if (ehca_wq_flushes(wq)) {
		schedule_work(&wq->event);
		return;
	}
	/* The adapter must see the entries when it sees the number */
	wmb();
	ebus_galpa_store(wq->qp->galpa + wq->add, nr);
}

static inline void ehca_wqe_put_sges(struct ehca_wqe *wqe, u32 offset,
				     const struct ib_sge *from, int nr)
{
	struct ehca_sge *to = (void *)wqe + offset;
	int i;

	wqe->nr_sges = nr;
	for (i = 0; i < nr; i++)
		to[i] = (struct ehca_sge) {
			.addr = from[i].addr,
			.lkey = from[i].lkey,
			.length = from[i].length,
		};
}

#endif /* _EHCA_QP_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/* Completion queues */
#ifndef _EHCA_CQ_H
#define _EHCA_CQ_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <rdma/ib_verbs.h>

#include "names.h"
#include "queue.h"

struct ehca_adapter;

/* Entries for errors, as many as 4.4's drivers/staging/rdma/ehca/ehca_cq.c keeps */
#define EHCA_CQ_SPARE	20

/**
 * struct ehca_cq - a completion queue
 * @ib: the RDMA core's; not of one that the driver has for itself
 * @named: token, for events
 * @handle: the firmware's name for it; 0 if there is none
 * @galpa: its registers
 * @lock: the following; taken with interrupts off
 * @queue: its entries, struct ehca_cqe
 * @flush: work queues whose requests are to be completed by the driver, as the
 *	adapter has stopped; by &ehca_work_queue.flush_link
 * @armed: what the user wants to hear of: 0, IB_CQ_SOLICITED or IB_CQ_NEXT_COMP; for
 *	entries that the driver makes up, as the adapter knows by itself for its own
 * @handler_lock: the user's handler, of which one may run at a time; taken with
 *	interrupts off, @lock is taken inside
 */
struct ehca_cq {
	struct ib_cq ib;
	struct ehca_named named;
	u64 handle;
	void __iomem *galpa;

	spinlock_t lock;	/* of the rest but the handler */
	struct ebus_queue queue;
	struct list_head flush;
	enum ib_cq_notify_flags armed;

	spinlock_t handler_lock;	/* of the handler */
};

static inline struct ehca_cq *to_ehca_cq(struct ib_cq *cq)
{
	return container_of(cq, struct ehca_cq, ib);
}

int ehca_create_cq(struct ib_cq *cq, const struct ib_cq_init_attr *attr,
		   struct uverbs_attr_bundle *attrs);
int ehca_destroy_cq(struct ib_cq *cq, struct ib_udata *udata);
int ehca_pre_destroy_cq(struct ib_cq *cq);
void ehca_post_destroy_cq(struct ib_cq *cq);
int ehca_req_notify_cq(struct ib_cq *cq, enum ib_cq_notify_flags flags);

/* Completion queues of the driver itself */
int ehca_cq_init(struct ehca_adapter *adapter, struct ehca_cq *cq,
		 u32 nr_entries);
void ehca_cq_exit(struct ehca_adapter *adapter, struct ehca_cq *cq);

void ehca_cq_complete(struct ehca_cq *cq, bool solicited);
void ehca_cq_event(struct ehca_cq *cq);
void ehca_cq_error(struct ehca_cq *cq);
void ehca_cq_release(struct ehca_cq *cq, u32 nr_entries);

/* poll.c: whether there is something to poll; the lock is held */
bool ehca_cq_pending(const struct ehca_cq *cq);

#endif /* _EHCA_CQ_H */

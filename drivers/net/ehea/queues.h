/* SPDX-License-Identifier: GPL-2.0-only */
/* Event queues, completion queues and queue pairs */
#ifndef _EHEA_QUEUES_H
#define _EHEA_QUEUES_H

#include <linux/ebus/queue.h>
#include <linux/interrupt.h>
#include <linux/types.h>

#include "firmware.h"
#include "hw.h"
#include "resource.h"

struct ehea_adapter;
struct ehea_port;

/**
 * struct ehea_eq - an event queue
 * @resource: of the firmware's
 * @queue: its entries
 * @ist: its interrupt
 */
struct ehea_eq {
	struct ehea_resource resource;
	struct ebus_queue queue;
	u32 ist;
};

/**
 * struct ehea_cq - a completion queue
 * @resource: of the firmware's
 * @queue: its entries
 * @galpa: its registers
 */
struct ehea_cq {
	struct ehea_resource resource;
	struct ebus_queue queue;
	void __iomem *galpa;
};

/**
 * struct ehea_qp - a queue pair
 * @resource: of the firmware's
 * @rings: its queues
 * @nr_entries: entries of each that may be in use
 * @number: by which a port names it
 * @galpa: its registers
 */
struct ehea_qp {
	struct ehea_resource resource;
	struct ebus_queue rings[EHEA_NR_RINGS];
	u16 nr_entries[EHEA_NR_RINGS];
	u32 number;
	void __iomem *galpa;
};

enum ehea_eq_kind {
	EHEA_EQ_NOTIFICATION,
	EHEA_EQ_ERRORS,
	EHEA_EQ_INTERRUPT,
};

/* queue.c */
int ehea_queue_create(struct ebus_queue *queue,
		      const struct ehea_resource *resource, u32 nr_pages,
		      u32 entry_size);
int ehea_queue_register(const struct ebus_queue *queue,
			const struct ehea_resource *resource,
			enum ehea_ring ring, bool *more);

/* eq.c */
int ehea_eq_create(struct ehea_eq *eq, const struct ehea_adapter *adapter,
		   enum ehea_eq_kind kind);
void ehea_eq_destroy(struct ehea_eq *eq);
void ehea_eq_lose(struct ehea_eq *eq);
bool ehea_eq_poll(struct ehea_eq *eq, u64 *event);
int ehea_eq_request_irq(const struct ehea_eq *eq, irq_handler_t handler,
			const char *name, void *data);
void ehea_eq_free_irq(const struct ehea_eq *eq, void *data);

/* cq.c */
int ehea_cq_create(struct ehea_cq *cq, const struct ehea_port *port,
		   const struct ehea_eq *eq, u32 nr_entries);
void ehea_cq_destroy(struct ehea_cq *cq);
void ehea_cq_lose(struct ehea_cq *cq);
void ehea_cq_clear(struct ehea_cq *cq);
void ehea_cq_arm(struct ehea_cq *cq);
void ehea_cq_release(struct ehea_cq *cq, u32 nr_entries);

/* Whether a completion is there, in a completion queue or in RQ1 */
static inline struct ehea_cqe *ehea_cqe_next(const struct ebus_queue *queue)
{
	struct ehea_cqe *cqe = ebus_queue_next(queue);

	return !!(READ_ONCE(cqe->valid) & EHEA_CQE_VALID) == queue->turn ?
	       cqe : NULL;
}

/* qp.c */
int ehea_qp_create(struct ehea_qp *qp, const struct ehea_adapter *adapter,
		   struct ehea_qp_alloc *alloc);
int ehea_qp_destroy(struct ehea_qp *qp);
int ehea_qp_start(struct ehea_qp *qp);
void ehea_qp_ring(struct ehea_qp *qp, enum ehea_ring ring, u32 nr_entries);

#endif /* _EHEA_QUEUES_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event queues: one of an adapter for its completion queues and queue pairs, one for
 * its ports.
 */
#ifndef _EHCA_EQ_H
#define _EHCA_EQ_H

#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "queue.h"

struct ehca_adapter;

/**
 * struct ehca_eq - an event queue
 * @adapter: whose
 * @handle: the firmware's name for it; 0 if there is none
 * @notification: whether it is about ports
 * @lock: @queue; taken with interrupts off
 * @queue: its entries
 * @ist: its interrupt
 * @work: deals with what an interrupt cannot
 * @is_open: whether the interrupt has been requested
 */
struct ehca_eq {
	struct ehca_adapter *adapter;
	u64 handle;
	bool notification;
	spinlock_t lock;	/* of the queue */
	struct ebus_queue queue;
	u32 ist;
	struct work_struct work;
	bool is_open;
};

int ehca_eq_create(struct ehca_adapter *adapter, struct ehca_eq *eq,
		   bool notification);
int ehca_eq_open(struct ehca_eq *eq);
void ehca_eq_close(struct ehca_eq *eq);
void ehca_eq_destroy(struct ehca_eq *eq);

#endif /* _EHCA_EQ_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Event queues. An interrupt deals with completions itself, and leaves everything
 * else to a work item, because it takes calls of the firmware that may sleep. The two
 * may run at the same time; each event is taken by one of them.
 */

#include <linux/errno.h>
#include <linux/interrupt.h>

#include <asm/ibmebus.h>

#include "ehca.h"

/* As many as 4.4's drivers/staging/rdma/ehca/ehca_main.c wants */
#define EQ_ENTRIES	2048
#define NEQ_ENTRIES	513

#define EQE_VALID	EHCA_BIT(0)

#define ALL_EVENTS	(~0ULL)

/* How often the firmware is asked whether an interrupt is over */
#define MAX_QUERIES	100

static bool peek(const struct ehca_eq *eq, u64 *event)
{
	*event = READ_ONCE(*(u64 *)ebus_queue_next(&eq->queue));
	return FIELD_GET(EQE_VALID, *event) == eq->queue.turn;
}

static bool is_pending(struct ehca_eq *eq)
{
	unsigned long flags;
	u64 event;
	bool found;

	spin_lock_irqsave(&eq->lock, flags);
	found = peek(eq, &event);
	spin_unlock_irqrestore(&eq->lock, flags);
	return found;
}

/* Returns whether there was one */
static bool take(struct ehca_eq *eq, u64 *event)
{
	unsigned long flags;
	bool found;

	spin_lock_irqsave(&eq->lock, flags);
	found = peek(eq, event);
	if (found)
		ebus_queue_advance(&eq->queue);
	spin_unlock_irqrestore(&eq->lock, flags);
	return found;
}

/* The same if it is a completion; otherwise @left is whether there is another event */
static bool take_completion(struct ehca_eq *eq, u64 *event, bool *left)
{
	unsigned long flags;
	bool found;

	spin_lock_irqsave(&eq->lock, flags);
	*left = peek(eq, event);
	found = *left && ehca_event_is_completion(*event);
	if (found)
		ebus_queue_advance(&eq->queue);
	spin_unlock_irqrestore(&eq->lock, flags);
	return found;
}

/*
 * The interrupt may come before the event has reached memory: 4.4's
 * drivers/staging/rdma/ehca/ehca_irq.c, ehca_process_eq().
 */
static void wait_for_event(const struct ehca_eq *eq)
{
	unsigned int i;

	for (i = 0; i < MAX_QUERIES; i++) {
		if (ehca_fw_interrupt_is_over(eq->adapter, eq->ist))
			break;
	}
	/* What is read now is read after the answer */
	mb();
}

static irqreturn_t event_interrupt(int irq, void *data)
{
	struct ehca_eq *eq = data;
	u32 budget = ebus_queue_slots(&eq->queue);
	bool left = true;
	u64 event;

	wait_for_event(eq);
	while (budget-- && take_completion(eq, &event, &left))
		ehca_completion_event(eq->adapter, event);
	if (left)
		queue_work(system_long_wq, &eq->work);
	return IRQ_HANDLED;
}

static irqreturn_t notification_interrupt(int irq, void *data)
{
	struct ehca_eq *eq = data;

	queue_work(system_long_wq, &eq->work);
	return IRQ_HANDLED;
}

static void event_work(struct work_struct *work)
{
	struct ehca_eq *eq = container_of(work, struct ehca_eq, work);
	u64 event;

	while (take(eq, &event)) {
		ehca_eq_event(eq->adapter, event);
		cond_resched();
	}
}

static void notification_work(struct work_struct *work)
{
	struct ehca_eq *eq = container_of(work, struct ehca_eq, work);
	u64 event;
	int ret;

	/* What comes before the reset may raise no interrupt of its own */
	do {
		while (take(eq, &event))
			ehca_neq_event(eq->adapter, event);
		ret = ehca_fw_reset_events(eq->adapter, eq->handle, ALL_EVENTS);
	} while (!ret && is_pending(eq));
	if (ret)
		ibdev_err(&eq->adapter->ib, "cannot reset notifications: %d\n",
			  ret);
}

static int create(struct ehca_eq *eq)
{
	struct ehca_eq_alloc alloc = {
		.notification = eq->notification,
		.nr_entries = eq->notification ? NEQ_ENTRIES : EQ_ENTRIES,
	};
	int ret;

	ret = ehca_fw_alloc_eq(eq->adapter, &alloc);
	if (ret)
		return ret;
	eq->handle = alloc.handle;
	eq->ist = alloc.ist;
	ret = ebus_queue_alloc(&eq->queue, alloc.nr_pages, sizeof(u64));
	if (ret)
		return ret;
	return ehca_queue_register(eq->adapter, &eq->queue, eq->handle, EHCA_SQ,
				   false);
}

/**
 * ehca_eq_create() - make an event queue, whose events nobody reads yet
 * @adapter: whose
 * @eq: where it goes
 * @notification: whether it is the one about ports
 *
 * Context: Process context, may sleep.
 * Return: 0 or an errno.
 */
int ehca_eq_create(struct ehca_adapter *adapter, struct ehca_eq *eq,
		   bool notification)
{
	int ret;

	eq->adapter = adapter;
	eq->notification = notification;
	spin_lock_init(&eq->lock);
	INIT_WORK(&eq->work, notification ? notification_work : event_work);
	ret = create(eq);
	if (ret)
		ehca_eq_destroy(eq);
	return ret;
}

/**
 * ehca_eq_open() - let an event queue interrupt
 * @eq: which
 *
 * What has come before is dealt with, too.
 *
 * Context: Process context, may sleep.
 * Return: 0 or an errno.
 */
int ehca_eq_open(struct ehca_eq *eq)
{
	int ret;

	if (eq->notification)
		ret = ibmebus_request_irq(eq->ist, notification_interrupt, 0,
					  "ehca_neq", eq);
	else
		ret = ibmebus_request_irq(eq->ist, event_interrupt, 0,
					  "ehca_eq", eq);
	if (ret)
		return ret;
	eq->is_open = true;
	queue_work(system_long_wq, &eq->work);
	return 0;
}

/**
 * ehca_eq_close() - the undo of ehca_eq_open()
 * @eq: may never have been opened
 *
 * Context: Process context, may sleep.
 */
void ehca_eq_close(struct ehca_eq *eq)
{
	if (!eq->is_open)
		return;
	eq->is_open = false;
	ibmebus_free_irq(eq->ist, eq);
	cancel_work_sync(&eq->work);
}

/**
 * ehca_eq_destroy() - the undo of ehca_eq_create()
 * @eq: closed; there may be none
 *
 * Context: Process context, may sleep.
 */
void ehca_eq_destroy(struct ehca_eq *eq)
{
	if (eq->handle && ehca_fw_free(eq->adapter, eq->handle, "event queue"))
		ebus_queue_lose(&eq->queue);
	eq->handle = 0;
	ebus_queue_free(&eq->queue);
}

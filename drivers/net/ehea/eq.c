// SPDX-License-Identifier: GPL-2.0-only
/*
 * Event queues. The adapter has one for notifications of its ports, a port one for
 * errors of its queues, and a queue pair one that only interrupts.
 */

#include <linux/errno.h>
#include <linux/irqdomain.h>

#include <asm/barrier.h>
#include <asm/ibmebus.h>

#include "ehea.h"

/* More are not kept at a time in 6.12's drivers/net/ethernet/ibm/ehea/ehea.h */
#define EQ_ENTRIES	20

/**
 * ehea_eq_create() - make an event queue
 * @eq: where it goes
 * @adapter: whose
 * @kind: what for
 *
 * Return: 0 or an errno.
 */
int ehea_eq_create(struct ehea_eq *eq, const struct ehea_adapter *adapter,
		   enum ehea_eq_kind kind)
{
	struct ehea_eq_alloc alloc = {
		.notification = kind == EHEA_EQ_NOTIFICATION,
		.entries = kind != EHEA_EQ_INTERRUPT,
		.nr_entries = EQ_ENTRIES,
	};
	int ret;

	ret = ehea_fw_alloc_eq(adapter->handle, &alloc);
	if (ret)
		return ret;
	eq->ist = alloc.ist;
	ehea_resource_add(&eq->resource, adapter->handle, alloc.handle);
	/* One that only interrupts may be without entries */
	ret = -EIO;
	if (alloc.entries && !alloc.nr_pages)
		goto err_destroy;
	ret = ehea_queue_create(&eq->queue, &eq->resource, alloc.nr_pages,
				sizeof(u64));
	if (ret)
		goto err_destroy;
	return 0;

err_destroy:
	ehea_eq_destroy(eq);
	return ret;
}

/**
 * ehea_eq_destroy() - the undo of ehea_eq_create()
 * @eq: which; there may be none
 */
void ehea_eq_destroy(struct ehea_eq *eq)
{
	if (ehea_resource_free(&eq->resource, "event queue"))
		ebus_queue_lose(&eq->queue);
	else
		ebus_queue_free(&eq->queue);
}

/**
 * ehea_eq_lose() - leave an event queue to the adapter, which goes on using it
 * @eq: which; there may be none
 */
void ehea_eq_lose(struct ehea_eq *eq)
{
	ehea_resource_lose(&eq->resource);
	ebus_queue_lose(&eq->queue);
}

/**
 * ehea_eq_poll() - take an event
 * @eq: whose
 * @event: where it goes
 *
 * Return: whether there was one.
 */
bool ehea_eq_poll(struct ehea_eq *eq, u64 *event)
{
	*event = READ_ONCE(*(u64 *)ebus_queue_next(&eq->queue));
	if (FIELD_GET(EHEA_EQE_VALID, *event) != eq->queue.turn)
		return false;
	ebus_queue_advance(&eq->queue);
	return true;
}

/**
 * ehea_eq_request_irq() - be interrupted when there is an event
 * @eq: event queue
 * @handler: what to call
 * @name: in /proc/interrupts
 * @data: for @handler
 *
 * Return: 0 or an errno.
 */
int ehea_eq_request_irq(const struct ehea_eq *eq, irq_handler_t handler,
			const char *name, void *data)
{
	const int ret = ibmebus_request_irq(eq->ist, handler, 0, name, data);

	/* It leaves the interrupt's number behind */
	if (ret)
		irq_dispose_mapping(irq_find_mapping(NULL, eq->ist));
	return ret;
}

/**
 * ehea_eq_free_irq() - the undo of ehea_eq_request_irq()
 * @eq: event queue
 * @data: as then
 */
void ehea_eq_free_irq(const struct ehea_eq *eq, void *data)
{
	ibmebus_free_irq(eq->ist, data);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Completion queues. That of the receiving side is only there to interrupt: its
 * entries are in RQ1.
 */

#include <linux/ebus/hcall.h>
#include <linux/errno.h>

#include "ehea.h"

/**
 * ehea_cq_create() - make a completion queue, that interrupts at the first entry
 * @cq: where it goes
 * @port: whose
 * @eq: event queue that it interrupts through
 * @nr_entries: wanted
 *
 * Return: 0 or an errno.
 */
int ehea_cq_create(struct ehea_cq *cq, const struct ehea_port *port,
		   const struct ehea_eq *eq, u32 nr_entries)
{
	struct ehea_cq_alloc alloc = {
		.eq = eq->resource.handle,
		.token = port->id,
		.nr_entries = nr_entries,
	};
	const u64 adapter = port->adapter->handle;
	int ret = ehea_fw_alloc_cq(adapter, &alloc);

	if (ret)
		return ret;
	ehea_resource_add(&cq->resource, adapter, alloc.handle);
	ret = ehea_queue_create(&cq->queue, &cq->resource, alloc.nr_pages,
				sizeof(struct ehea_cqe));
	if (ret)
		goto err_destroy;
	cq->galpa = ebus_galpa_map(alloc.galpa);
	if (!cq->galpa) {
		ret = -ENOMEM;
		goto err_destroy;
	}
	ehea_cq_clear(cq);
	ehea_cq_arm(cq);
	return 0;

err_destroy:
	ehea_cq_destroy(cq);
	return ret;
}

/**
 * ehea_cq_destroy() - the undo of ehea_cq_create()
 * @cq: which; there may be none
 */
void ehea_cq_destroy(struct ehea_cq *cq)
{
	if (cq->galpa)
		ebus_galpa_unmap(cq->galpa);
	cq->galpa = NULL;
	if (ehea_resource_free(&cq->resource, "completion queue"))
		ebus_queue_lose(&cq->queue);
	else
		ebus_queue_free(&cq->queue);
}

/**
 * ehea_cq_lose() - leave a completion queue to the adapter, which goes on using it
 * @cq: which; there may be none
 */
void ehea_cq_lose(struct ehea_cq *cq)
{
	if (cq->galpa)
		ebus_galpa_unmap(cq->galpa);
	cq->galpa = NULL;
	ehea_resource_lose(&cq->resource);
	ebus_queue_lose(&cq->queue);
}

/* An interrupt has been seen; the next needs ehea_cq_arm() */
void ehea_cq_clear(struct ehea_cq *cq)
{
	ebus_galpa_store(cq->galpa + EHEA_CQ_PENDING, 0);
}

/* Interrupt at the next entry; whoever calls it looks for entries after it */
void ehea_cq_arm(struct ehea_cq *cq)
{
	ebus_galpa_store(cq->galpa + EHEA_CQ_ARM, EHEA_CQ_ARM_NEXT);
	/* Until that has reached the adapter */
	ebus_galpa_load(cq->galpa + EHEA_CQ_ARM);
}

/* Entries have been read */
void ehea_cq_release(struct ehea_cq *cq, u32 nr_entries)
{
	ebus_galpa_store(cq->galpa + EHEA_CQ_FREE_ADD, nr_entries);
}

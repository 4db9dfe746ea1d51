// SPDX-License-Identifier: GPL-2.0-only
/* Making and destroying what a queue set consists of */

#include <linux/errno.h>

#include "ehea.h"

/* The caller undoes it, also if it fails */
static int create_cqs(struct ehea_qset *qset)
{
	const u32 nr_receive = ehea_entries[EHEA_RQ1] + ehea_entries[EHEA_RQ2] +
			       ehea_entries[EHEA_RQ3];
	int ret;

	ret = ehea_cq_create(&qset->receive_cq, qset->port, &qset->eq,
			     nr_receive);
	if (ret)
		return ret;
	ret = ehea_cq_create(&qset->send_cq, qset->port, &qset->eq,
			     2 * ehea_entries[EHEA_SQ]);
	if (ret)
		return ret;
	/* The other one may be without entries: they are in RQ1 */
	return qset->send_cq.queue.nr_pages ? 0 : -EIO;
}

static int create_qp(struct ehea_qset *qset)
{
	const struct ehea_port *port = qset->port;
	struct ehea_qp_alloc alloc = {
		.send_cq = qset->send_cq.resource.handle,
		.receive_cq = qset->receive_cq.resource.handle,
		.error_eq = port->error_eq.resource.handle,
		.token = qset->index,
		.pd = EHEA_PD,
		.port = port->id,
	};
	enum ehea_ring ring;

	for (ring = 0; ring < EHEA_NR_RINGS; ring++)
		alloc.nr_entries[ring] = ehea_entries[ring];
	return ehea_qp_create(&qset->qp, port->adapter, &alloc);
}

/**
 * ehea_qset_create() - make a queue set
 * @qset: which; its port has its event queue for errors
 *
 * Return: 0 or an errno.
 */
int ehea_qset_create(struct ehea_qset *qset)
{
	int ret;

	ret = ehea_eq_create(&qset->eq, qset->port->adapter, EHEA_EQ_INTERRUPT);
	if (ret)
		return ret;
	ret = create_cqs(qset);
	ret = ret ?: create_qp(qset);
	ret = ret ?: ehea_rx_buffers_create(qset);
	ret = ret ?: ehea_tx_create(qset);
	if (ret)
		/* Of a queue pair that was never started, nothing is used */
		ehea_qset_destroy(qset);
	return ret;
}

/* The adapter writes to them as long as there is the queue pair */
static void destroy_event_queues(struct ehea_qset *qset, bool in_use)
{
	if (in_use) {
		ehea_cq_lose(&qset->send_cq);
		ehea_cq_lose(&qset->receive_cq);
		ehea_eq_lose(&qset->eq);
		return;
	}
	ehea_cq_destroy(&qset->send_cq);
	ehea_cq_destroy(&qset->receive_cq);
	ehea_eq_destroy(&qset->eq);
}

/**
 * ehea_qset_destroy() - the undo of ehea_qset_create()
 * @qset: which; nothing is sent, and NAPI is disabled
 *
 * Return: 0, or an errno: then the adapter may go on using what is lost now, and
 * the event queue for errors.
 */
int ehea_qset_destroy(struct ehea_qset *qset)
{
	/* Buffers go last: the adapter uses them as long as there is a queue pair */
	const int ret = ehea_qp_destroy(&qset->qp);

	ehea_tx_destroy(qset, ret);
	ehea_rx_buffers_destroy(qset, ret);
	destroy_event_queues(qset, ret);
	return ret;
}

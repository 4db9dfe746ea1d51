// SPDX-License-Identifier: GPL-2.0-only
/*
 * Polling of a queue set. An interrupt comes once, and again when it has been armed:
 * that is done before the last look at the queues, so nothing is missed.
 */

#include "ehea.h"

/* A completion queue of each side has interrupted, or neither */
irqreturn_t ehea_qset_interrupt(int irq, void *data)
{
	struct ehea_qset *qset = data;

	napi_schedule(&qset->napi);
	return IRQ_HANDLED;
}

static void arm(struct ehea_qset *qset)
{
	ehea_cq_clear(&qset->receive_cq);
	ehea_cq_clear(&qset->send_cq);
	ehea_cq_arm(&qset->receive_cq);
	ehea_cq_arm(&qset->send_cq);
	/* What comes later than this interrupts, what came before is seen */
	mb();
}

static bool has_completions(const struct ehea_qset *qset)
{
	return ehea_cqe_next(&qset->qp.rings[EHEA_RQ1]) ||
	       ehea_cqe_next(&qset->send_cq.queue);
}

/* ->poll() of struct napi_struct */
int ehea_poll(struct napi_struct *napi, int budget)
{
	struct ehea_qset *qset = container_of(napi, struct ehea_qset, napi);
	int work;

	ehea_tx_poll(qset, budget);
	if (!budget)
		return 0;
	work = ehea_rx_poll(qset, budget);
	if (work == budget)
		return budget;
	arm(qset);
	if (has_completions(qset))
		return budget;
	/* If it has interrupted since, this schedules the next poll */
	napi_complete_done(napi, work);
	return work;
}

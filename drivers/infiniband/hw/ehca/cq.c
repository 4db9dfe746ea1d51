// SPDX-License-Identifier: GPL-2.0-only
/* Completion queues: making them, and telling their users of entries */

#include <linux/errno.h>
#include <linux/math.h>
#include <rdma/uverbs_ioctl.h>

#include "cq.h"
#include "ehca.h"
#include "wqe.h"

static int create(struct ehca_adapter *adapter, struct ehca_cq *cq,
		  u32 *nr_entries)
{
	struct ehca_cq_alloc alloc = {
		.eq = adapter->eq.handle,
		.token = cq->named.token,
		.nr_entries = *nr_entries + EHCA_CQ_SPARE,
	};
	int ret;

	ret = ehca_fw_alloc_cq(adapter, &alloc);
	if (ret)
		return ret;
	cq->handle = alloc.handle;
	if (alloc.nr_entries < *nr_entries + EHCA_CQ_SPARE)
		return -EIO;
	*nr_entries = alloc.nr_entries - EHCA_CQ_SPARE;
	ret = ebus_queue_alloc(&cq->queue, alloc.nr_pages,
			       sizeof(struct ehca_cqe));
	if (ret)
		return ret;
	ret = ehca_queue_register(adapter, &cq->queue, cq->handle, EHCA_SQ,
				  false);
	if (ret)
		return ret;
	cq->galpa = ebus_galpa_map(alloc.galpa);
	return cq->galpa ? 0 : -ENOMEM;
}

/* What there is of it */
static void destroy(struct ehca_adapter *adapter, struct ehca_cq *cq)
{
	if (cq->galpa)
		ebus_galpa_unmap(cq->galpa);
	cq->galpa = NULL;
	if (cq->handle && ehca_fw_free(adapter, cq->handle, "completion queue"))
		ebus_queue_lose(&cq->queue);
	cq->handle = 0;
	ebus_queue_free(&cq->queue);
}

/**
 * ehca_cq_init() - make a completion queue
 * @adapter: whose
 * @cq: where it goes, zeroed but for its &ehca_cq.ib
 * @nr_entries: wanted; how many there are is in &ib_cq.cqe then
 *
 * Context: Process context, may sleep.
 * Return: 0 or an errno.
 */
int ehca_cq_init(struct ehca_adapter *adapter, struct ehca_cq *cq,
		 u32 nr_entries)
{
	int ret;

	spin_lock_init(&cq->lock);
	spin_lock_init(&cq->handler_lock);
	INIT_LIST_HEAD(&cq->flush);
	/* Before there are events that name it */
	ret = ehca_names_add(&adapter->cqs, &cq->named);
	if (ret)
		return ret;
	ret = create(adapter, cq, &nr_entries);
	if (ret) {
		ehca_cq_exit(adapter, cq);
		return ret;
	}
	cq->ib.cqe = min_t(u32, nr_entries, INT_MAX);
	return 0;
}

/**
 * ehca_cq_exit() - the undo of ehca_cq_init()
 * @adapter: whose
 * @cq: which; no queue pair uses it
 *
 * Context: Process context, may sleep. No handler runs on return.
 */
void ehca_cq_exit(struct ehca_adapter *adapter, struct ehca_cq *cq)
{
	/* Whoever deals with an event of it uses its registers */
	ehca_names_del(&adapter->cqs, &cq->named);
	destroy(adapter, cq);
}

/**
 * ehca_pre_destroy_cq() - call no handler of a completion queue any more
 * @ib: the RDMA core's, which stops what the handler starts after that
 *
 * Context: Process context, may sleep. No handler runs on return.
 * Return: 0.
 */
int ehca_pre_destroy_cq(struct ib_cq *ib)
{
	ehca_names_del(&to_ehca(ib->device)->cqs, &to_ehca_cq(ib)->named);
	return 0;
}

/**
 * ehca_post_destroy_cq() - the rest of the undo of ehca_create_cq()
 * @ib: the RDMA core's, after ehca_pre_destroy_cq()
 *
 * What the firmware does not free is lost, and logged.
 *
 * Context: Process context, may sleep.
 */
void ehca_post_destroy_cq(struct ib_cq *ib)
{
	destroy(to_ehca(ib->device), to_ehca_cq(ib));
}

/**
 * ehca_create_cq() - make a completion queue for a user in the kernel
 * @ib: the RDMA core's
 * @attr: what it is to be like
 * @attrs: of a user in user space
 *
 * Context: Process context, may sleep.
 * Return: 0; -EOPNOTSUPP for user space; -EINVAL if there cannot be such a one; or
 * another errno.
 */
int ehca_create_cq(struct ib_cq *ib, const struct ib_cq_init_attr *attr,
		   struct uverbs_attr_bundle *attrs)
{
	struct ehca_adapter *adapter = to_ehca(ib->device);

	if (attrs || attr->flags)
		return -EOPNOTSUPP;
	if (!attr->cqe || attr->cqe > adapter->limits.max_cqes ||
	    attr->comp_vector >= ib->device->num_comp_vectors)
		return -EINVAL;
	return ehca_cq_init(adapter, to_ehca_cq(ib), attr->cqe);
}

/**
 * ehca_destroy_cq() - the undo of ehca_create_cq()
 * @ib: the RDMA core's
 * @udata: of a user in user space
 *
 * Context: Process context, may sleep.
 * Return: 0. What the firmware does not free is lost, and logged.
 */
int ehca_destroy_cq(struct ib_cq *ib, struct ib_udata *udata)
{
	ehca_cq_exit(to_ehca(ib->device), to_ehca_cq(ib));
	return 0;
}

/* The adapter reads no memory for it, so that no barrier has to come first */
static void arm(struct ehca_cq *cq, unsigned int offset)
{
	ebus_galpa_store(cq->galpa + offset, EHCA_CQ_ARM);
	/* Until that has reached the adapter */
	ebus_galpa_load(cq->galpa + offset);
	/* Whoever asked for it looks for entries after that, not before */
	mb();
}

/**
 * ehca_req_notify_cq() - tell the user of the next entry
 * @ib: the RDMA core's
 * @flags: IB_CQ_SOLICITED or IB_CQ_NEXT_COMP, and IB_CQ_REPORT_MISSED_EVENTS
 *
 * Context: Any.
 * Return: 1 if there may be entries that it comes too late for, and the user wants to
 * know that; otherwise 0.
 */
int ehca_req_notify_cq(struct ib_cq *ib, enum ib_cq_notify_flags flags)
{
	const enum ib_cq_notify_flags what = flags & IB_CQ_SOLICITED_MASK;
	struct ehca_cq *cq = to_ehca_cq(ib);
	unsigned long irq_flags;
	bool pending = false;

	spin_lock_irqsave(&cq->lock, irq_flags);
	/* Who waits for any entry goes on doing that */
	if (cq->armed != IB_CQ_NEXT_COMP)
		cq->armed = what;
	arm(cq, what == IB_CQ_SOLICITED ? EHCA_CQ_ARM_SOLICITED :
					  EHCA_CQ_ARM_NEXT);
	if (flags & IB_CQ_REPORT_MISSED_EVENTS)
		pending = ehca_cq_pending(cq);
	spin_unlock_irqrestore(&cq->lock, irq_flags);
	return pending;
}

static void call_handler(struct ehca_cq *cq)
{
	unsigned long flags;

	spin_lock_irqsave(&cq->handler_lock, flags);
	if (cq->ib.comp_handler)
		cq->ib.comp_handler(&cq->ib, cq->ib.cq_context);
	spin_unlock_irqrestore(&cq->handler_lock, flags);
}

/* Returns whether the user waits for such an entry */
static bool disarm(struct ehca_cq *cq, bool solicited)
{
	unsigned long flags;
	bool waits;

	spin_lock_irqsave(&cq->lock, flags);
	waits = cq->armed == IB_CQ_NEXT_COMP ||
		(cq->armed == IB_CQ_SOLICITED && solicited);
	if (waits)
		cq->armed = 0;
	spin_unlock_irqrestore(&cq->lock, flags);
	return waits;
}

/**
 * ehca_cq_complete() - there are entries that the driver has made up
 * @cq: which
 * @solicited: whether one of them is of the kind that IB_CQ_SOLICITED waits for
 *
 * Context: Any, but neither &ehca_cq.lock held nor called by the user's handler.
 */
void ehca_cq_complete(struct ehca_cq *cq, bool solicited)
{
	if (disarm(cq, solicited))
		call_handler(cq);
}

/**
 * ehca_cq_event() - the adapter says that there are entries
 * @cq: which
 *
 * Context: Any, but neither &ehca_cq.lock held nor called by the user's handler.
 */
void ehca_cq_event(struct ehca_cq *cq)
{
	unsigned long flags;

	spin_lock_irqsave(&cq->lock, flags);
	cq->armed = 0;
	/* It has been seen; there will be no other one before that */
	ebus_galpa_store(cq->galpa + EHCA_CQ_PENDING, 0);
	ebus_galpa_load(cq->galpa + EHCA_CQ_PENDING);
	spin_unlock_irqrestore(&cq->lock, flags);
	call_handler(cq);
}

/**
 * ehca_cq_error() - a completion queue does not work any more
 * @cq: which
 *
 * Context: Process context, may sleep.
 */
void ehca_cq_error(struct ehca_cq *cq)
{
	struct ib_event event = {
		.device = cq->ib.device,
		.event = IB_EVENT_CQ_ERR,
		.element.cq = &cq->ib,
	};

	if (cq->ib.event_handler)
		cq->ib.event_handler(&event, cq->ib.cq_context);
}

/**
 * ehca_cq_release() - let the adapter have entries that have been read
 * @cq: which
 * @nr_entries: how many
 *
 * Context: Any, &ehca_cq.lock held.
 */
void ehca_cq_release(struct ehca_cq *cq, u32 nr_entries)
{
	lockdep_assert_held(&cq->lock);
	/* They have been read before they are written again */
	mb();
	ebus_galpa_store(cq->galpa + EHCA_CQ_FREE_ADD, nr_entries);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * AQP1: the queue pair without which the firmware lets no port become active. It
 * stands for the port's GSI (InfiniBand's QP1), to whom management datagrams go. There
 * is none: what comes is received into a few buffers of its own, and dropped.
 *
 * It has a protection domain and a small memory region for itself, so that ports are
 * active without anybody using the region of all memory.
 *
 * The firmware does not let a queue pair use a port that is not active, AQP1 included
 * (4.4's ehca_qp.c (internal_modify_qp()), ehca_irq.c (replay_modify_qp())): it is
 * made first, and started when the port is active.
 */

#include <linux/errno.h>
#include <linux/slab.h>

#include "cq.h"
#include "ehca.h"
#include "wqe.h"

#define NR_BUFFERS	8
/* A global route header and a management datagram, rounded up */
#define BUFFER_SIZE	512
#define BUFFER_USED	(40 + 256)
/* Any address; that of the first buffer in the region */
#define BUFFERS_IO	SZ_1M

/* InfiniBand architecture, 10.2.4.2: the Q_Key of every GSI */
#define GSI_QKEY	0x80010000

static_assert(NR_BUFFERS * BUFFER_SIZE <= PAGE_SIZE);

/**
 * struct ehca_aqp1 - AQP1 of a port
 * @adapter: whose
 * @port: from 1 on
 * @buffers: a page, NR_BUFFERS of BUFFER_SIZE
 * @mr: the same as the adapter reaches it
 * @cq: where receives complete
 * @handle: the firmware's name for the queue pair; 0 if there is none
 * @galpa: its registers
 * @ring: its queues
 * @is_started: whether it receives
 * @work: drops what has been received
 */
struct ehca_aqp1 {
	struct ehca_adapter *adapter;
	u32 port;
	void *buffers;
	struct ebus_mr mr;
	struct ehca_cq cq;
	u64 handle;
	void __iomem *galpa;
	struct ebus_queue ring[EHCA_NR_RINGS];
	bool is_started;
	struct work_struct work;
};

static struct ebus_mr_owner owner(const struct ehca_aqp1 *aqp1)
{
	return (struct ebus_mr_owner) {
		.calls = &ebus_mr_calls_hca,
		.adapter = aqp1->adapter->handle,
		.access = EBUS_MR_LOCAL_WRITE,
		.pd = EHCA_PD_AQP1,
	};
}

static int create_buffers(struct ehca_aqp1 *aqp1)
{
	const struct ebus_mr_owner mr_owner = owner(aqp1);
	struct ebus_extent extent = { .nr_pages = 1 };

	aqp1->buffers = (void *)get_zeroed_page(GFP_KERNEL);
	if (!aqp1->buffers)
		return -ENOMEM;
	extent.start_pfn = PHYS_PFN(virt_to_phys(aqp1->buffers));
	return ebus_mr_register(&aqp1->mr, &mr_owner, BUFFERS_IO, &extent, 1);
}

static void destroy_buffers(struct ehca_aqp1 *aqp1)
{
	const struct ebus_mr_owner mr_owner = owner(aqp1);

	/* The adapter keeps what it does not give back */
	if (aqp1->mr.handle && ebus_mr_free(&aqp1->mr, &mr_owner)) {
		dev_err(&aqp1->adapter->pdev->dev,
			"cannot free the region of AQP1\n");
		return;
	}
	free_page((unsigned long)aqp1->buffers);
}

/* Room for the headers that the adapter counts, and as many in the other queue */
static struct ehca_qp_alloc wanted(const struct ehca_aqp1 *aqp1)
{
	return (struct ehca_qp_alloc) {
		.service = EHCA_UD,
		.send_cq = aqp1->cq.handle,
		.receive_cq = aqp1->cq.handle,
		.eq = aqp1->adapter->eq.handle,
		/* Of no queue pair that has a user */
		.token = 0,
		.pd = EHCA_PD_AQP1,
		.ring[EHCA_SQ] = {
			.nr_wrs = 1,
			.nr_sges = 1 + EHCA_SGES_OF_AV,
		},
		.ring[EHCA_RQ] = {
			.nr_wrs = NR_BUFFERS,
			.nr_sges = 1 + EHCA_SGES_OF_AV,
		},
	};
}

static int create_ring(struct ehca_aqp1 *aqp1, enum ehca_ring ring,
		       const struct ehca_qp_ring *got)
{
	struct ebus_queue *queue = &aqp1->ring[ring];
	int ret;

	ret = ebus_queue_alloc(queue, got->nr_pages,
			       ehca_wqe_size(got->nr_sges));
	if (ret)
		return ret;
	return ehca_queue_register(aqp1->adapter, queue, aqp1->handle, ring,
				   ring == EHCA_SQ);
}

static int create_qp(struct ehca_aqp1 *aqp1)
{
	struct ehca_qp_alloc alloc = wanted(aqp1);
	int ret;

	ret = ehca_fw_alloc_qp(aqp1->adapter, &alloc);
	if (ret)
		return ret;
	aqp1->handle = alloc.handle;
	ret = create_ring(aqp1, EHCA_SQ, &alloc.ring[EHCA_SQ]);
	if (!ret)
		ret = create_ring(aqp1, EHCA_RQ, &alloc.ring[EHCA_RQ]);
	if (ret)
		return ret;
	if (ebus_queue_slots(&aqp1->ring[EHCA_RQ]) <= NR_BUFFERS)
		return -EIO;
	aqp1->galpa = ebus_galpa_map(alloc.galpa);
	return aqp1->galpa ? 0 : -ENOMEM;
}

static void destroy_qp(struct ehca_aqp1 *aqp1)
{
	if (aqp1->galpa)
		ebus_galpa_unmap(aqp1->galpa);
	if (!aqp1->handle)
		return;
	/* If it does not stop, it is not freed either */
	ehca_fw_stop_qp(aqp1->adapter, aqp1->handle, EHCA_QP_DISABLE, NULL);
	if (ehca_fw_free(aqp1->adapter, aqp1->handle, "AQP1")) {
		ebus_queue_lose(&aqp1->ring[EHCA_SQ]);
		ebus_queue_lose(&aqp1->ring[EHCA_RQ]);
	}
	ebus_queue_free(&aqp1->ring[EHCA_SQ]);
	ebus_queue_free(&aqp1->ring[EHCA_RQ]);
}

/* The queue has room, as there are no more buffers than may be in it */
static void post(struct ehca_aqp1 *aqp1, u64 buffer)
{
	struct ebus_queue *queue = &aqp1->ring[EHCA_RQ];
	struct ehca_wqe *wqe = ebus_queue_next(queue);
	struct ehca_sge *sge = (void *)wqe + EHCA_WQE_SGES;

	memset(wqe, 0, EHCA_WQE_SGES);
	wqe->id = buffer;
	wqe->nr_sges = 1;
	*sge = (struct ehca_sge) {
		.addr = aqp1->mr.io + buffer * BUFFER_SIZE,
		.lkey = aqp1->mr.lkey,
		.length = BUFFER_USED,
	};
	ebus_queue_advance(queue);
	/* The adapter must see the entry when it sees that there is one */
	wmb();
	ebus_galpa_store(aqp1->galpa + EHCA_QP_RQ_ADD, 1);
}

/* Returns whether there was one */
static bool drop(struct ehca_aqp1 *aqp1)
{
	struct ehca_cq *cq = &aqp1->cq;
	const struct ehca_cqe *cqe;
	bool found;

	spin_lock_irq(&cq->lock);
	found = ehca_cq_pending(cq);
	if (found) {
		/* The rest of it was written before it became valid */
		dma_rmb();
		cqe = ebus_queue_next(&cq->queue);
		/* Once in error it is of no use, and its buffers come back */
		if (!cqe->status && cqe->id < NR_BUFFERS)
			post(aqp1, cqe->id);
		ebus_queue_advance(&cq->queue);
		ehca_cq_release(cq, 1);
	}
	spin_unlock_irq(&cq->lock);
	return found;
}

static void work(struct work_struct *work)
{
	struct ehca_aqp1 *aqp1 = container_of(work, struct ehca_aqp1, work);
	int missed;

	do {
		while (drop(aqp1))
			cond_resched();
		missed = ehca_req_notify_cq(&aqp1->cq.ib, IB_CQ_NEXT_COMP |
					    IB_CQ_REPORT_MISSED_EVENTS);
	} while (missed);
}

static void received(struct ib_cq *cq, void *context)
{
	struct ehca_aqp1 *aqp1 = context;

	queue_work(system_long_wq, &aqp1->work);
}

static int create_cq(struct ehca_aqp1 *aqp1)
{
	aqp1->cq.ib.device = &aqp1->adapter->ib;
	aqp1->cq.ib.comp_handler = received;
	aqp1->cq.ib.cq_context = aqp1;
	return ehca_cq_init(aqp1->adapter, &aqp1->cq, NR_BUFFERS);
}

static int create(struct ehca_aqp1 *aqp1)
{
	int ret;

	ret = create_buffers(aqp1);
	if (ret)
		goto err_buffers;
	ret = create_cq(aqp1);
	if (ret)
		goto err_buffers;
	ret = create_qp(aqp1);
	if (ret)
		goto err_qp;
	ret = ehca_fw_define_aqp1(aqp1->adapter, aqp1->handle, aqp1->port);
	if (ret)
		goto err_qp;
	return 0;

err_qp:
	destroy_qp(aqp1);
	ehca_cq_exit(aqp1->adapter, &aqp1->cq);
err_buffers:
	destroy_buffers(aqp1);
	return ret;
}

/**
 * ehca_aqp1_create() - let a port become active
 * @adapter: whose
 * @port: from 1 on
 *
 * Context: Process context, may sleep.
 * Return: what is to be kept for as long as the port is to be active, or an errno.
 */
struct ehca_aqp1 *ehca_aqp1_create(struct ehca_adapter *adapter, u32 port)
{
	struct ehca_aqp1 *aqp1 = kzalloc(sizeof(*aqp1), GFP_KERNEL);
	int ret;

	if (!aqp1)
		return ERR_PTR(-ENOMEM);
	aqp1->adapter = adapter;
	aqp1->port = port;
	INIT_WORK(&aqp1->work, work);
	ret = create(aqp1);
	if (ret) {
		kfree(aqp1);
		return ERR_PTR(ret);
	}
	return aqp1;
}

static int modify(struct ehca_aqp1 *aqp1, struct ehca_cb_qp *block, u64 mask)
{
	return ehca_fw_modify_qp(aqp1->adapter, aqp1->handle, mask, block);
}

static int make_ready(struct ehca_aqp1 *aqp1, struct ehca_cb_qp *block)
{
	int ret;

	block->port = aqp1->port;
	block->qkey = GSI_QKEY;
	block->state = EHCA_QP_INIT;
	ret = modify(aqp1, block, EHCA_QP_STATE | EHCA_QP_PORT | EHCA_QP_QKEY |
				  EHCA_QP_PKEY);
	if (ret)
		return ret;
	block->enable = 1;
	ret = modify(aqp1, block, EHCA_QP_ENABLE);
	if (ret)
		return ret;
	block->state = EHCA_QP_RTR;
	return modify(aqp1, block, EHCA_QP_STATE);
}

/**
 * ehca_aqp1_start() - receive what is for the GSI, and drop it
 * @aqp1: of a port that is active
 *
 * Does nothing if that has been done. Whether it can be done is of no importance to
 * the port.
 *
 * Context: Process context, may sleep; not at the same time for the same port.
 * Return: 0 or an errno.
 */
int ehca_aqp1_start(struct ehca_aqp1 *aqp1)
{
	struct ehca_cb_qp *block;
	u64 buffer;
	int ret;

	if (aqp1->is_started)
		return 0;
	block = ehca_block_alloc();
	if (!block)
		return -ENOMEM;
	ret = make_ready(aqp1, block);
	ehca_block_free(block);
	if (ret)
		return ret;
	aqp1->is_started = true;
	for (buffer = 0; buffer < NR_BUFFERS; buffer++)
		post(aqp1, buffer);
	/* Also arms the completion queue */
	queue_work(system_long_wq, &aqp1->work);
	return 0;
}

/**
 * ehca_aqp1_destroy() - the undo of ehca_aqp1_create()
 * @aqp1: what it returned; not being started
 *
 * Context: Process context, may sleep.
 */
void ehca_aqp1_destroy(struct ehca_aqp1 *aqp1)
{
	struct ehca_cq *cq = &aqp1->cq;

	spin_lock_irq(&cq->handler_lock);
	cq->ib.comp_handler = NULL;
	spin_unlock_irq(&cq->handler_lock);
	/* Nobody queues it any more */
	cancel_work_sync(&aqp1->work);
	destroy_qp(aqp1);
	ehca_cq_exit(aqp1->adapter, cq);
	destroy_buffers(aqp1);
	kfree(aqp1);
}

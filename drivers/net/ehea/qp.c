// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queue pairs: a send queue and three receive queues. The adapter uses them from
 * ehea_qp_start() to ehea_qp_destroy().
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ebus/hcall.h>
#include <linux/errno.h>
#include <linux/printk.h>

#include "ehea.h"

static const u32 entry_sizes[EHEA_NR_RINGS] = {
	[EHEA_SQ] = EHEA_SEND_SIZE,
	[EHEA_RQ1] = EHEA_WQE_SIZE(EHEA_RQ1_SIZE_CODE),
	[EHEA_RQ2] = EHEA_WQE_SIZE(EHEA_RQ23_SIZE_CODE),
	[EHEA_RQ3] = EHEA_WQE_SIZE(EHEA_RQ23_SIZE_CODE),
};

/*
 * One entry is never used, the driver would take a full ring for empty. Sending goes
 * on when two are free.
 */
static const u16 min_entries[EHEA_NR_RINGS] = {
	[EHEA_SQ] = 3,
	[EHEA_RQ1] = 2,
	[EHEA_RQ2] = 2,
	[EHEA_RQ3] = 2,
};

static const u32 add_registers[EHEA_NR_RINGS] = {
	[EHEA_SQ] = EHEA_QP_SQ_ADD,
	[EHEA_RQ1] = EHEA_QP_RQ1_ADD,
	[EHEA_RQ2] = EHEA_QP_RQ2_ADD,
	[EHEA_RQ3] = EHEA_QP_RQ3_ADD,
};

static int create_ring(struct ehea_qp *qp, enum ehea_ring ring, u32 nr_pages)
{
	struct ebus_queue *queue = &qp->rings[ring];
	/*
	 * Whether the firmware says that it expects no more after each ring, or
	 * after the last, is not recorded anywhere.
	 */
	bool more;
	int ret;

	ret = ebus_queue_alloc(queue, nr_pages, entry_sizes[ring]);
	if (ret)
		return ret;
	if (qp->nr_entries[ring] < min_entries[ring] ||
	    qp->nr_entries[ring] > ebus_queue_slots(queue))
		return -EIO;
	return ehea_queue_register(queue, &qp->resource, ring, &more);
}

/**
 * ehea_qp_create() - make a queue pair
 * @qp: where it goes
 * @adapter: whose
 * @alloc: what it is to be like
 *
 * Return: 0 or an errno.
 */
int ehea_qp_create(struct ehea_qp *qp, const struct ehea_adapter *adapter,
		   struct ehea_qp_alloc *alloc)
{
	enum ehea_ring ring;
	int ret;

	ret = ehea_fw_alloc_qp(adapter->handle, alloc);
	if (ret)
		return ret;
	ehea_resource_add(&qp->resource, adapter->handle, alloc->handle);
	qp->number = alloc->number;
	memcpy(qp->nr_entries, alloc->nr_entries, sizeof(qp->nr_entries));
	memset(qp->rings, 0, sizeof(qp->rings));
	for (ring = 0; ring < EHEA_NR_RINGS; ring++) {
		ret = create_ring(qp, ring, alloc->nr_pages[ring]);
		if (ret)
			goto err_destroy;
	}
	qp->galpa = ebus_galpa_map(alloc->galpa);
	if (!qp->galpa) {
		ret = -ENOMEM;
		goto err_destroy;
	}
	return 0;

err_destroy:
	ehea_qp_destroy(qp);
	return ret;
}

/* Returns 0 or an errno: then the adapter may go on using the queues */
static int free_qp(struct ehea_qp *qp)
{
	int ret;

	if (!qp->resource.handle)
		return 0;
	ret = ehea_fw_disable_qp(qp->resource.adapter, qp->resource.handle);
	if (ret)
		pr_err("cannot disable queue pair %u: %d\n", qp->number, ret);
	return ehea_resource_free(&qp->resource, "queue pair");
}

/**
 * ehea_qp_destroy() - the undo of ehea_qp_create()
 * @qp: which; there may be none
 *
 * Return: 0, or an errno: then the adapter may go on using its buffers, which must
 * not be freed.
 */
int ehea_qp_destroy(struct ehea_qp *qp)
{
	enum ehea_ring ring;
	int ret;

	if (qp->galpa)
		ebus_galpa_unmap(qp->galpa);
	qp->galpa = NULL;
	ret = free_qp(qp);
	for (ring = 0; ring < EHEA_NR_RINGS; ring++) {
		if (ret)
			ebus_queue_lose(&qp->rings[ring]);
		else
			ebus_queue_free(&qp->rings[ring]);
	}
	return ret;
}

static int control(struct ehea_qp *qp, struct ehea_qp_cb0 *block, u64 value)
{
	const u64 adapter = qp->resource.adapter, handle = qp->resource.handle;
	int ret = ehea_fw_query_qp(adapter, handle, block);

	if (ret)
		return ret;
	block->control = value;
	return ehea_fw_control_qp(adapter, handle, block);
}

/**
 * ehea_qp_start() - let the adapter use a queue pair
 * @qp: which
 *
 * The undo is ehea_qp_destroy().
 *
 * Return: 0 or an errno.
 */
int ehea_qp_start(struct ehea_qp *qp)
{
	const u64 steps[] = {
		FIELD_PREP(EHEA_QP_STATE, EHEA_QP_INITIALIZED),
		FIELD_PREP(EHEA_QP_STATE, EHEA_QP_INITIALIZED) | EHEA_QP_ENABLED,
		FIELD_PREP(EHEA_QP_STATE, EHEA_QP_READY) | EHEA_QP_ENABLED,
	};
	struct ehea_qp_cb0 *block = ehea_block_alloc();
	unsigned int i;
	int ret = 0;

	if (!block)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(steps) && !ret; i++)
		ret = control(qp, block, steps[i]);
	/* A query makes the last step take effect, as 6.12's driver has it */
	if (!ret)
		ret = ehea_fw_query_qp(qp->resource.adapter,
				       qp->resource.handle, block);
	ehea_block_free(block);
	return ret;
}

/**
 * ehea_qp_ring() - tell the adapter of new entries
 * @qp: which
 * @ring: of its rings
 * @nr_entries: how many, up to %EHEA_QP_ADD_MAX
 *
 * Context: Any.
 */
void ehea_qp_ring(struct ehea_qp *qp, enum ehea_ring ring, u32 nr_entries)
{
	/*
	 * The adapter must see the entries when it sees the number; and what was read
	 * from a buffer has been before the adapter writes to it again.
	 */
	mb();
	ebus_galpa_store(qp->galpa + add_registers[ring], nr_entries);
}

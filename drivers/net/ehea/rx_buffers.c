// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory for received frames: allocated when a port goes up, and kept until it goes
 * down. All buffers of a queue set are in a memory region of their own, which no
 * memory hotplug changes. Only if the firmware has not enough regions they are named
 * by that of RAM, and a change of it takes the port down.
 */

#include <linux/bottom_half.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/log2.h>
#include <linux/slab.h>

#include "ehea.h"

/* Pages are allocated in chunks: a buffer is in one of them */
#define CHUNK_ORDER	get_order(SZ_16K)
#define CHUNK_SIZE	(PAGE_SIZE << CHUNK_ORDER)

/* Each queue set of an adapter has 4 GiB of its address space, below RAM's */
#define RX_IO_BASE	BIT_ULL(62)
#define RX_IO_SHIFT	32

static const u32 buffer_sizes[] = {
	[EHEA_RQ2 - EHEA_RQ2] = SZ_2K,
	[EHEA_RQ3 - EHEA_RQ2] = SZ_1K * 9,
};

static_assert(SZ_1K * 9 >= EHEA_MAX_FRAME);

static void free_pool(struct ehea_rx_pool *pool)
{
	u32 i;

	for (i = 0; pool->chunks && i < pool->nr_chunks; i++)
		free_pages((unsigned long)pool->chunks[i], CHUNK_ORDER);
	kvfree(pool->chunks);
	kvfree(pool->buffers);
	*pool = (struct ehea_rx_pool) {};
}

static int alloc_chunks(struct ehea_rx_pool *pool)
{
	u32 i;

	for (i = 0; i < pool->nr_chunks; i++) {
		pool->chunks[i] = (void *)__get_free_pages(GFP_KERNEL,
							   CHUNK_ORDER);
		if (!pool->chunks[i])
			return -ENOMEM;
	}
	return 0;
}

static int alloc_pool(struct ehea_rx_pool *pool, u32 nr_buffers, u32 size)
{
	const u32 per_chunk = CHUNK_SIZE / size;
	u32 i;

	pool->nr_buffers = nr_buffers;
	pool->nr_chunks = DIV_ROUND_UP(nr_buffers, per_chunk);
	pool->buffers = kvcalloc(nr_buffers, sizeof(*pool->buffers),
				 GFP_KERNEL);
	pool->chunks = kvcalloc(pool->nr_chunks, sizeof(*pool->chunks),
				GFP_KERNEL);
	if (!pool->buffers || !pool->chunks || alloc_chunks(pool)) {
		free_pool(pool);
		return -ENOMEM;
	}
	for (i = 0; i < nr_buffers; i++) {
		pool->buffers[i].data = pool->chunks[i / per_chunk] +
					i % per_chunk * size;
		pool->buffers[i].sge.len = size;
	}
	return 0;
}

/* Buffers that the region of RAM names */
static int map_pool(struct ehea_rx_pool *pool,
		    const struct ehea_regions *regions)
{
	struct ehea_rx_buffer *buffer;
	u32 i, len;
	int ret;

	for (i = 0; i < pool->nr_buffers; i++) {
		buffer = &pool->buffers[i];
		len = buffer->sge.len;
		/* With a single region the map does not change as long as a port is up */
		local_bh_disable();
		ret = ehea_regions_map(regions, virt_to_phys(buffer->data), len,
				       &buffer->sge);
		local_bh_enable();
		if (ret)
			return ret;
		/* A region of RAM does not end within a page */
		if (buffer->sge.len != len)
			return -EFAULT;
	}
	return 0;
}

static int map_pools(struct ehea_qset *qset)
{
	const struct ehea_regions *regions = qset->port->adapter->regions;
	int ret;

	ret = map_pool(&qset->rx.pools[0], regions);
	return ret ?: map_pool(&qset->rx.pools[1], regions);
}

/* Buffers that their own region names, whose pages are those of @pool from @io on */
static void name_pool(struct ehea_rx_pool *pool, const struct ebus_mr *mr,
		      u64 io)
{
	struct ehea_rx_buffer *buffer;
	u32 i, per_chunk;

	per_chunk = CHUNK_SIZE / pool->buffers[0].sge.len;
	for (i = 0; i < pool->nr_buffers; i++) {
		buffer = &pool->buffers[i];
		buffer->sge.key = mr->lkey;
		buffer->sge.io = io + i / per_chunk * CHUNK_SIZE +
				 i % per_chunk * buffer->sge.len;
	}
}

static struct ebus_extent *list_extents(const struct ehea_rx *rx, u32 nr)
{
	struct ebus_extent *extents = kvmalloc_array(nr, sizeof(*extents),
						     GFP_KERNEL);
	const struct ehea_rx_pool *pool;
	u32 i, n = 0;

	if (!extents)
		return NULL;
	for (pool = rx->pools; pool < rx->pools + ARRAY_SIZE(rx->pools); pool++) {
		for (i = 0; i < pool->nr_chunks; i++)
			extents[n++] = (struct ebus_extent) {
				.start_pfn = PHYS_PFN(virt_to_phys(pool->chunks[i])),
				.nr_pages = 1UL << CHUNK_ORDER,
			};
	}
	return extents;
}

static int register_pools(struct ehea_qset *qset)
{
	const struct ehea_adapter *adapter = qset->port->adapter;
	const u64 place = qset->port->slot * EHEA_MAX_QPS + qset->index;
	const u64 io = RX_IO_BASE + (place << RX_IO_SHIFT);
	struct ehea_rx *rx = &qset->rx;
	const u32 nr = rx->pools[0].nr_chunks + rx->pools[1].nr_chunks;
	struct ebus_extent *extents = list_extents(rx, nr);
	int ret;

	if (!extents)
		return -ENOMEM;
	ret = ebus_mr_register(&rx->mr, &adapter->owner, io, extents, nr);
	kvfree(extents);
	/* The firmware may keep a region that is not complete */
	if (rx->mr.handle)
		ehea_resource_add_memory(&rx->resource, adapter->handle,
					 rx->mr.handle);
	if (ret)
		return ret;
	name_pool(&rx->pools[0], &rx->mr, io);
	name_pool(&rx->pools[1], &rx->mr,
		  io + rx->pools[0].nr_chunks * CHUNK_SIZE);
	return 0;
}

/**
 * ehea_rx_buffers_create() - allocate the buffers of a queue set
 * @qset: which; has its queue pair
 *
 * Return: 0 or an errno.
 */
int ehea_rx_buffers_create(struct ehea_qset *qset)
{
	struct ehea_rx *rx = &qset->rx;
	u32 i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(rx->pools); i++) {
		/* A ring is not filled: when it was, it would look empty */
		ret = alloc_pool(&rx->pools[i],
				 qset->qp.nr_entries[EHEA_RQ2 + i] - 1,
				 buffer_sizes[i]);
		if (ret)
			goto err_free;
	}
	if (qset->port->adapter->single_region)
		ret = map_pools(qset);
	else
		ret = register_pools(qset);
	if (ret)
		goto err_free;
	return 0;

err_free:
	ehea_rx_buffers_destroy(qset, false);
	return ret;
}

/**
 * ehea_rx_buffers_destroy() - the undo of ehea_rx_buffers_create()
 * @qset: which; may have none
 * @in_use: the adapter may go on using them, so they are lost
 */
void ehea_rx_buffers_destroy(struct ehea_qset *qset, bool in_use)
{
	struct ehea_rx *rx = &qset->rx;
	int ret = 0;

	if (rx->resource.handle) {
		ret = ebus_mr_free(&rx->mr, &qset->port->adapter->owner);
		if (ret)
			ehea_resource_lose(&rx->resource);
		else
			ehea_resource_del(&rx->resource);
	}
	if (ret || in_use) {
		netdev_err(qset->port->netdev,
			   "receive buffers of queue %u are lost: %d\n",
			   qset->index, ret);
		memset(rx, 0, sizeof(*rx));
		return;
	}
	free_pool(&rx->pools[0]);
	free_pool(&rx->pools[1]);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages of queues: carved from the kernel's pages, which may be larger, and given to
 * the firmware one by one.
 */

#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "queue.h"

#define QUEUE_PAGES_PER_PAGE	(PAGE_SIZE / EHEA_QUEUE_PAGE)

/**
 * ehea_queue_alloc() - allocate a queue, all zeroes
 * @queue: where it goes
 * @nr_pages: pages of 4 KiB; none is a queue without entries
 * @entry_size: bytes of an entry
 *
 * Return: 0 or an errno.
 */
int ehea_queue_alloc(struct ehea_queue *queue, u32 nr_pages, u32 entry_size)
{
	u32 i;

	*queue = (struct ehea_queue) {
		.nr_pages = nr_pages,
		.entry_size = entry_size,
		.length = nr_pages * EHEA_QUEUE_PAGE,
		.turn = true,
	};
	if (nr_pages > U32_MAX / EHEA_QUEUE_PAGE)
		return -EIO;
	if (!nr_pages)
		return 0;
	queue->pages = kvcalloc(nr_pages, sizeof(*queue->pages), GFP_KERNEL);
	if (!queue->pages)
		return -ENOMEM;
	for (i = 0; i < nr_pages; i++) {
		if (i % QUEUE_PAGES_PER_PAGE)
			queue->pages[i] = queue->pages[i - 1] + EHEA_QUEUE_PAGE;
		else
			queue->pages[i] = (void *)get_zeroed_page(GFP_KERNEL);
		if (!queue->pages[i])
			goto err_free;
	}
	return 0;

err_free:
	ehea_queue_free(queue);
	return -ENOMEM;
}

/**
 * ehea_queue_free() - the undo of ehea_queue_alloc()
 * @queue: may never have been allocated
 */
void ehea_queue_free(struct ehea_queue *queue)
{
	u32 i;

	if (!queue->pages)
		return;
	for (i = 0; i < queue->nr_pages; i += QUEUE_PAGES_PER_PAGE)
		free_page((unsigned long)queue->pages[i]);
	kvfree(queue->pages);
	queue->pages = NULL;
}

/**
 * ehea_queue_lose() - never free a queue, the adapter may go on using it
 * @queue: may never have been allocated
 */
void ehea_queue_lose(struct ehea_queue *queue)
{
	memset(queue, 0, sizeof(*queue));
}

/**
 * ehea_queue_register() - tell the firmware where a queue is
 * @queue: which
 * @resource: what it belongs to
 * @ring: which of a queue pair's it is; otherwise 0
 * @more: whether the firmware expects more pages
 *
 * Freeing @resource undoes it.
 *
 * Return: 0 or an errno.
 */
int ehea_queue_register(const struct ehea_queue *queue,
			const struct ehea_resource *resource,
			enum ehea_ring ring, bool *more)
{
	int ret = 0;
	u32 i;

	*more = false;
	for (i = 0; i < queue->nr_pages && !ret; i++)
		ret = ehea_fw_register_page(resource->adapter, resource->handle,
					    ring, queue->pages[i], more);
	return ret;
}

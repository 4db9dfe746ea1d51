// SPDX-License-Identifier: GPL-2.0-only
/* Pages of queues are given to the firmware one by one. */

#include <linux/errno.h>

#include "queues.h"

/**
 * ehea_queue_create() - make a queue that is the only one of what it belongs to
 * @queue: where it goes
 * @resource: what it belongs to
 * @nr_pages: as the firmware wants it; 0 for a queue without entries
 * @entry_size: bytes of an entry
 *
 * Return: 0; -EIO if the firmware wants a queue that cannot be; or another errno. The
 * caller frees @resource and @queue, also then.
 */
int ehea_queue_create(struct ebus_queue *queue,
		      const struct ehea_resource *resource, u32 nr_pages,
		      u32 entry_size)
{
	bool more;
	int ret;

	if (!nr_pages)
		return 0;
	ret = ebus_queue_alloc(queue, nr_pages, entry_size);
	ret = ret ?: ehea_queue_register(queue, resource, 0, &more);
	if (!ret && more)
		ret = -EIO;
	return ret;
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
int ehea_queue_register(const struct ebus_queue *queue,
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

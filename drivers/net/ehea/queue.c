// SPDX-License-Identifier: GPL-2.0-only
/* Pages of queues are given to the firmware one by one. */

#include "queues.h"

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

// SPDX-License-Identifier: GPL-2.0-only
/* Pages of queues are given to the firmware one by one. */

#include <linux/errno.h>

#include "queue.h"

/**
 * ehca_queue_register() - tell the firmware where a queue is
 * @adapter: whose
 * @queue: which
 * @resource: handle of what it belongs to
 * @ring: which of a queue pair's it is; otherwise EHCA_SQ
 * @more: whether the resource has another one, that comes next
 *
 * Freeing @resource undoes it.
 *
 * Context: Process context, may sleep.
 * Return: 0; -EIO if the firmware wants fewer or more pages; or another errno.
 */
int ehca_queue_register(struct ehca_adapter *adapter,
			const struct ebus_queue *queue, u64 resource,
			enum ehca_ring ring, bool more)
{
	bool wants_more = true;
	int ret;
	u32 i;

	for (i = 0; i < queue->nr_pages; i++) {
		if (!wants_more)
			return -EIO;
		ret = ehca_fw_register_page(adapter, resource, ring,
					    queue->pages[i], &wants_more);
		if (ret)
			return ret;
	}
	return wants_more == more ? 0 : -EIO;
}

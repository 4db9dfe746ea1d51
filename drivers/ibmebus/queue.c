// SPDX-License-Identifier: GPL-2.0-only
/* Pages of queues, carved from the kernel's pages, which may be larger */

#include <linux/ebus/queue.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#define QUEUE_PAGES_PER_PAGE	(PAGE_SIZE / EBUS_QUEUE_PAGE)

/**
 * ebus_queue_alloc() - allocate a queue, all zeroes
 * @queue: where it goes
 * @nr_pages: pages of 4 KiB, at least one
 * @entry_size: bytes of an entry, a power of two up to a page
 *
 * Context: Process context, may sleep.
 * Return: 0; -EIO if the firmware wants a queue that cannot be; or -ENOMEM.
 */
int ebus_queue_alloc(struct ebus_queue *queue, u32 nr_pages, u32 entry_size)
{
	u32 i;

	*queue = (struct ebus_queue) {
		.nr_pages = nr_pages,
		.entry_size = entry_size,
		.length = nr_pages * EBUS_QUEUE_PAGE,
		.turn = true,
	};
	if (!nr_pages || nr_pages > U32_MAX / EBUS_QUEUE_PAGE ||
	    !is_power_of_2(entry_size) || entry_size > EBUS_QUEUE_PAGE)
		return -EIO;
	queue->pages = kvcalloc(nr_pages, sizeof(*queue->pages), GFP_KERNEL);
	if (!queue->pages)
		return -ENOMEM;
	for (i = 0; i < nr_pages; i++) {
		if (i % QUEUE_PAGES_PER_PAGE)
			queue->pages[i] = queue->pages[i - 1] + EBUS_QUEUE_PAGE;
		else
			queue->pages[i] = (void *)get_zeroed_page(GFP_KERNEL);
		if (!queue->pages[i])
			goto err_free;
	}
	return 0;

err_free:
	ebus_queue_free(queue);
	return -ENOMEM;
}
EXPORT_SYMBOL_GPL(ebus_queue_alloc);

/**
 * ebus_queue_free() - the undo of ebus_queue_alloc()
 * @queue: may never have been allocated
 *
 * Context: Process context, may sleep.
 */
void ebus_queue_free(struct ebus_queue *queue)
{
	u32 i;

	if (!queue->pages)
		return;
	for (i = 0; i < queue->nr_pages; i += QUEUE_PAGES_PER_PAGE)
		free_page((unsigned long)queue->pages[i]);
	kvfree(queue->pages);
	memset(queue, 0, sizeof(*queue));
}
EXPORT_SYMBOL_GPL(ebus_queue_free);

/**
 * ebus_queue_lose() - never free a queue, the adapter may go on using it
 * @queue: may never have been allocated
 *
 * Context: Any.
 */
void ebus_queue_lose(struct ebus_queue *queue)
{
	memset(queue, 0, sizeof(*queue));
}
EXPORT_SYMBOL_GPL(ebus_queue_lose);

/**
 * ebus_queue_rewind() - start with the first entry again
 * @queue: which; empty
 *
 * Context: The caller keeps everybody else from it.
 */
void ebus_queue_rewind(struct ebus_queue *queue)
{
	queue->offset = 0;
	queue->turn = true;
}
EXPORT_SYMBOL_GPL(ebus_queue_rewind);

/**
 * ebus_queue_seek() - go on with another entry
 * @queue: which; the adapter marks none of its entries, so that turns do not matter
 * @slot: number of the entry
 *
 * Context: The caller keeps everybody else from it.
 */
void ebus_queue_seek(struct ebus_queue *queue, u32 slot)
{
	queue->offset = slot * queue->entry_size;
}
EXPORT_SYMBOL_GPL(ebus_queue_seek);

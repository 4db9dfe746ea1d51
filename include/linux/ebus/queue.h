/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Queues that a driver and an adapter on IBM's eBus have in memory: pages of 4 KiB
 * that form a ring of entries. Whoever writes an entry marks it with a bit that
 * changes with each turn of the ring.
 *
 * Facts from 4.4's drivers/staging/rdma/ehca/ipz_pt_fn.[ch].
 */
#ifndef _LINUX_EBUS_QUEUE_H
#define _LINUX_EBUS_QUEUE_H

#include <linux/sizes.h>
#include <linux/types.h>

#define EBUS_QUEUE_PAGE		SZ_4K

/**
 * struct ebus_queue - a ring of entries
 * @pages: of EBUS_QUEUE_PAGE bytes each
 * @nr_pages: number of @pages
 * @entry_size: bytes, a power of two
 * @length: bytes in all
 * @offset: of the entry that is next
 * @turn: value of the valid bit in this turn, the first being an odd one
 */
struct ebus_queue {
	void **pages;
	u32 nr_pages;
	u32 entry_size;
	u32 length;
	u32 offset;
	bool turn;
};

int ebus_queue_alloc(struct ebus_queue *queue, u32 nr_pages, u32 entry_size);
void ebus_queue_free(struct ebus_queue *queue);
void ebus_queue_lose(struct ebus_queue *queue);
void ebus_queue_rewind(struct ebus_queue *queue);
void ebus_queue_seek(struct ebus_queue *queue, u32 slot);

static inline void *ebus_queue_at(const struct ebus_queue *queue, u32 offset)
{
	return queue->pages[offset / EBUS_QUEUE_PAGE] + offset % EBUS_QUEUE_PAGE;
}

/* The entry that is next */
static inline void *ebus_queue_next(const struct ebus_queue *queue)
{
	return ebus_queue_at(queue, queue->offset);
}

static inline u32 ebus_queue_slot(const struct ebus_queue *queue)
{
	return queue->offset / queue->entry_size;
}

static inline u32 ebus_queue_slots(const struct ebus_queue *queue)
{
	return queue->length / queue->entry_size;
}

static inline void *ebus_queue_entry(const struct ebus_queue *queue, u32 slot)
{
	return ebus_queue_at(queue, slot * queue->entry_size);
}

static inline void ebus_queue_advance(struct ebus_queue *queue)
{
	queue->offset += queue->entry_size;
	if (queue->offset == queue->length) {
		queue->offset = 0;
		queue->turn = !queue->turn;
	}
}

#endif /* _LINUX_EBUS_QUEUE_H */

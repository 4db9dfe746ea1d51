/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Queues in memory: pages of 4 KiB that form a ring of entries. Whoever writes an
 * entry marks it with a bit that changes with each turn of the ring.
 */
#ifndef _EHEA_QUEUE_H
#define _EHEA_QUEUE_H

#include <linux/sizes.h>
#include <linux/types.h>

#include "firmware.h"
#include "resource.h"

#define EHEA_QUEUE_PAGE		SZ_4K

/**
 * struct ehea_queue - a ring of entries
 * @pages: of EHEA_QUEUE_PAGE bytes each
 * @nr_pages: number of @pages
 * @entry_size: bytes, a power of two
 * @length: bytes in all
 * @offset: of the entry that is next
 * @turn: value of the valid bit in this turn, the first being an odd one
 */
struct ehea_queue {
	void **pages;
	u32 nr_pages;
	u32 entry_size;
	u32 length;
	u32 offset;
	bool turn;
};

int ehea_queue_alloc(struct ehea_queue *queue, u32 nr_pages, u32 entry_size);
void ehea_queue_free(struct ehea_queue *queue);
void ehea_queue_lose(struct ehea_queue *queue);
int ehea_queue_register(const struct ehea_queue *queue,
			const struct ehea_resource *resource,
			enum ehea_ring ring, bool *more);

static inline void *ehea_queue_at(const struct ehea_queue *queue, u32 offset)
{
	return queue->pages[offset / EHEA_QUEUE_PAGE] + offset % EHEA_QUEUE_PAGE;
}

/* The entry that is next */
static inline void *ehea_queue_next(const struct ehea_queue *queue)
{
	return ehea_queue_at(queue, queue->offset);
}

static inline u32 ehea_queue_slot(const struct ehea_queue *queue)
{
	return queue->offset / queue->entry_size;
}

static inline u32 ehea_queue_slots(const struct ehea_queue *queue)
{
	return queue->length / queue->entry_size;
}

static inline void ehea_queue_advance(struct ehea_queue *queue)
{
	queue->offset += queue->entry_size;
	if (queue->offset == queue->length) {
		queue->offset = 0;
		queue->turn = !queue->turn;
	}
}

#endif /* _EHEA_QUEUE_H */

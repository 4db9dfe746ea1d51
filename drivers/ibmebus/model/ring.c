// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues in pages of the driver's, which registers them one by one.
 */

#include <linux/mm.h>
#include <linux/slab.h>

#include "model.h"

/**
 * hea_ring_init() - room for a queue's pages
 * @ring: the queue
 * @entry_size: bytes of an entry, divides a page
 * @nr_entries: how many the driver wants; it gets whole pages of them
 *
 * Return: 0 or -ENOMEM.
 */
int hea_ring_init(struct hea_ring *ring, unsigned int entry_size,
		  unsigned int nr_entries)
{
	ring->entry_size = entry_size;
	ring->nr_pages = DIV_ROUND_UP(nr_entries * entry_size, HEA_PAGE_SIZE);
	ring->nr_entries = ring->nr_pages * HEA_PAGE_SIZE / entry_size;
	/* ehea_qmr.c, hw_queue_ctor(): the first entries to be valid have a 1 */
	ring->toggle = true;
	ring->pages = kvcalloc(ring->nr_pages, sizeof(*ring->pages), GFP_KERNEL);
	return ring->pages ? 0 : -ENOMEM;
}

/* As it was before it was used */
void hea_ring_reset(struct hea_ring *ring)
{
	ring->head = 0;
	ring->toggle = true;
	ring->posted = 0;
}

void hea_ring_destroy(struct hea_ring *ring)
{
	kvfree(ring->pages);
}

bool hea_ring_complete(const struct hea_ring *ring)
{
	return ring->nr_registered == ring->nr_pages;
}

/*
 * Returns H_SUCCESS or what is wrong with the page: that it has to be one of the
 * adapter's (ehea_qmr.h, EHEA_PAGESIZE), of RAM, and not one too many, is assumed
 */
long hea_ring_register(struct hea_ring *ring, u64 page)
{
	if (page % HEA_PAGE_SIZE || hea_ring_complete(ring)) {
		hea_oracle(ORACLE_BAD_ARGUMENT,
			   "page %llx for a queue that has %u of %u", page,
			   ring->nr_registered, ring->nr_pages);
		return H_PARAMETER;
	}
	if (!hea_online_page(page)) {
		hea_oracle(ORACLE_NOT_RAM, "page %llx of a queue", page);
		return H_PARAMETER;
	}
	ring->pages[ring->nr_registered++] = page;
	return H_SUCCESS;
}

/* The address of the entry that the adapter uses next */
u64 hea_ring_at_head(const struct hea_ring *ring)
{
	const unsigned int offset = ring->head * ring->entry_size;

	return ring->pages[offset / HEA_PAGE_SIZE] + offset % HEA_PAGE_SIZE;
}

/* It has been used */
void hea_ring_advance(struct hea_ring *ring)
{
	if (++ring->head < ring->nr_entries)
		return;
	ring->head = 0;
	ring->toggle = !ring->toggle;
}

/* The adapter may use @nr more entries; that a queue cannot have too many: assumed */
void hea_ring_post(struct hea_ring *ring, u64 handle, unsigned int nr)
{
	ring->posted += nr;
	if (ring->posted <= ring->nr_entries)
		return;
	hea_oracle(ORACLE_OVERRUN, "%u entries of %u posted, QP %llx",
		   ring->posted, ring->nr_entries, handle);
	ring->posted = ring->nr_entries;
}

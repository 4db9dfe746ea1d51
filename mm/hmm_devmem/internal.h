/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the files of device memory. A file calls only what stands above it:
 *
 *	search, range
 *	pages
 *	migrate, evict
 *	yield
 */
#ifndef _MM_HMM_DEVMEM_INTERNAL_H
#define _MM_HMM_DEVMEM_INTERNAL_H

#include <linux/hmm_devmem.h>
#include <linux/memremap.h>
#include <linux/mutex.h>
#include <linux/range.h>

/* search.c */

/**
 * struct hmm_devmem_search - a search for free physical addresses
 * @within: where, both ends included
 * @size: how much
 * @align: of the first byte, a power of two
 * @bottom_up: the lowest that fit, not the highest
 * @not_here: never there
 * @use_last: there only if nothing else fits
 * @nr_use_last: number of these
 */
struct hmm_devmem_search {
	struct range within;
	u64 size;
	u64 align;
	bool bottom_up;
	struct range not_here;
	const struct range *use_last;
	unsigned int nr_use_last;
};

/* That of no address */
#define HMM_DEVMEM_NOWHERE	((struct range) { .start = 1, .end = 0 })

bool hmm_devmem_search(const struct resource *base, const void *search,
		       resource_size_t *start);

/* range.c */

/**
 * struct hmm_devmem_range - the physical addresses that device memory has
 * @pagemap: what ZONE_DEVICE knows of it
 * @devmem: whose
 * @res: claimed by us; %NULL if the driver has claimed the addresses
 */
struct hmm_devmem_range {
	struct dev_pagemap pagemap;
	struct hmm_devmem *devmem;
	struct resource *res;
};

/* Who adds, moves or removes a range; before mem_hotplug_lock */
extern struct mutex hmm_devmem_ranges_lock;

int hmm_devmem_check_constraints(const struct hmm_devmem_constraints *c);
struct hmm_devmem_range *
hmm_devmem_range_find(struct hmm_devmem *devmem, struct range not_here);
struct hmm_devmem_range *
hmm_devmem_range_given(struct hmm_devmem *devmem, const struct resource *res);
void hmm_devmem_range_use(struct hmm_devmem *devmem,
			  struct hmm_devmem_range *range);
void hmm_devmem_range_remove(struct hmm_devmem_range *range);
struct hmm_devmem *hmm_devmem_at(unsigned long pfn);

/* pages.c */
extern const struct dev_pagemap_ops hmm_devmem_pagemap_ops;

unsigned int hmm_devmem_take(struct hmm_devmem *devmem,
			     struct hmm_devmem_copy *pages, unsigned int nr);
bool hmm_devmem_close(struct hmm_devmem *devmem, bool only_unused);
void hmm_devmem_open(struct hmm_devmem *devmem);
void hmm_devmem_begin_evicting(struct hmm_devmem *devmem);
void hmm_devmem_end_evicting(struct hmm_devmem *devmem);
bool hmm_devmem_has_room(const struct hmm_devmem *devmem);
unsigned long hmm_devmem_next_used(struct hmm_devmem *devmem,
				   unsigned long index);

/* migrate.c */

/* Pages that go the same way at a time */
#define HMM_DEVMEM_BATCH	512

struct hmm_devmem_batch {
	unsigned long src[HMM_DEVMEM_BATCH];
	unsigned long dst[HMM_DEVMEM_BATCH];
	struct hmm_devmem_copy copies[HMM_DEVMEM_BATCH];
};

void hmm_devmem_copy_to_system(struct hmm_devmem *devmem,
			       struct hmm_devmem_batch *batch,
			       unsigned long nr);

/* evict.c */
void hmm_devmem_find_users(struct hmm_devmem *devmem,
			   struct hmm_devmem_users *users);
int hmm_devmem_evict_all(struct hmm_devmem *devmem, unsigned int timeout_ms,
			 bool killable);

#endif /* _MM_HMM_DEVMEM_INTERNAL_H */

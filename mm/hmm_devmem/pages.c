// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which pages of a device's memory are in use. A page is named by its index: its
 * page frame may change while it is free.
 */

#include <linux/bitmap.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/vmstat.h>

#include "internal.h"

static struct page *page_at(const struct hmm_devmem *devmem,
			    unsigned long index)
{
	return pfn_to_page(hmm_devmem_first_pfn(devmem) + index);
}

/**
 * hmm_devmem_of() - whose memory a page is
 * @page: a page of some device memory of this kind
 *
 * Return: the device memory.
 */
struct hmm_devmem *hmm_devmem_of(const struct page *page)
{
	return page->pgmap->owner;
}
EXPORT_SYMBOL_GPL(hmm_devmem_of);

/**
 * hmm_devmem_index() - which page of its device memory a page is
 * @page: a page of some device memory of this kind, in use or just being freed
 *
 * Return: 0 to nr_pages - 1; remains the same if the device memory moves to other
 * page frames.
 */
unsigned long hmm_devmem_index(const struct page *page)
{
	return page_to_pfn(page) - hmm_devmem_first_pfn(hmm_devmem_of(page));
}
EXPORT_SYMBOL_GPL(hmm_devmem_index);

/**
 * hmm_devmem_first_pfn() - the page frame of page 0
 * @devmem: device memory
 *
 * Context: Any. It may change as long as no page is in use; the operation @moved
 * tells.
 * Return: its number.
 */
unsigned long hmm_devmem_first_pfn(const struct hmm_devmem *devmem)
{
	return READ_ONCE(devmem->first_pfn);
}
EXPORT_SYMBOL_GPL(hmm_devmem_first_pfn);

static void set_used(struct hmm_devmem *devmem, unsigned long index,
		     unsigned long nr)
{
	lockdep_assert_held(&devmem->lock);
	bitmap_set(devmem->used, index, nr);
	devmem->nr_used += nr;
	if (index == devmem->lowest_free)
		devmem->lowest_free += nr;
}

/*
 * A page that is taken, as zone_device_page_init() would leave it. But who evicts
 * finds pages by their reference, and must find this one locked.
 */
static void init_page(struct page *page)
{
	WARN_ON_ONCE(!percpu_ref_tryget_live(&page->pgmap->ref));
	WARN_ON_ONCE(!trylock_page(page));
	page->zone_device_data = NULL;
	/* Pairs with the atomic operation of folio_try_get() */
	smp_wmb();
	set_page_count(page, 1);
}

/**
 * hmm_devmem_take() - allocate pages to copy to
 * @devmem: device memory
 * @pages: where to put them, each as the destination
 * @nr: number of pages wanted
 *
 * Context: Any.
 * Return: number of pages there were; each has one reference and is locked.
 */
unsigned int hmm_devmem_take(struct hmm_devmem *devmem,
			     struct hmm_devmem_copy *pages, unsigned int nr)
{
	unsigned long index, flags;
	unsigned int taken = 0, i;

	spin_lock_irqsave(&devmem->lock, flags);
	while (!devmem->closed && taken < nr &&
	       devmem->nr_used < devmem->nr_pages) {
		index = find_next_zero_bit(devmem->used, devmem->nr_pages,
					   devmem->lowest_free);
		devmem->lowest_free = index;
		set_used(devmem, index, 1);
		pages[taken++].dst = page_at(devmem, index);
	}
	spin_unlock_irqrestore(&devmem->lock, flags);
	for (i = 0; i < taken; i++)
		init_page(pages[i].dst);
	return taken;
}

/**
 * hmm_devmem_alloc_pages() - allocate pages with consecutive page frames
 * @devmem: device memory
 * @order: how many, as a power of two; the index of the first is a multiple of it
 *
 * They are not one folio, each is a page of its own.
 *
 * Context: Any.
 * Return: the first; each has one reference and is locked. %NULL if there are not so
 * many, or the memory is about to move or to be removed.
 */
struct page *hmm_devmem_alloc_pages(struct hmm_devmem *devmem,
				    unsigned int order)
{
	unsigned long index, flags, nr, i;
	struct page *page = NULL;

	if (order >= BITS_PER_LONG - 1 || 1UL << order > devmem->nr_pages)
		return NULL;
	nr = 1UL << order;
	spin_lock_irqsave(&devmem->lock, flags);
	index = bitmap_find_next_zero_area(devmem->used, devmem->nr_pages,
					   devmem->lowest_free, nr, nr - 1);
	if (!devmem->closed && index < devmem->nr_pages) {
		set_used(devmem, index, nr);
		page = page_at(devmem, index);
	}
	spin_unlock_irqrestore(&devmem->lock, flags);
	for (i = 0; page && i < nr; i++)
		init_page(page + i);
	return page;
}
EXPORT_SYMBOL_GPL(hmm_devmem_alloc_pages);

/**
 * hmm_devmem_free_pages() - give back pages of hmm_devmem_alloc_pages()
 * @page: the first
 * @order: as they were allocated
 *
 * For pages that are still locked and that nothing has been migrated to. Those of
 * others, who may still refer to them for a moment, become free later.
 *
 * Context: Any.
 */
void hmm_devmem_free_pages(struct page *page, unsigned int order)
{
	unsigned long i;

	for (i = 0; i < 1UL << order; i++) {
		unlock_page(page + i);
		put_page(page + i);
	}
}
EXPORT_SYMBOL_GPL(hmm_devmem_free_pages);

/*
 * What a page was to those who had it, it is not to who gets it next; but memory of
 * devices is reserved. If it was unlocked here, nobody has seen that it was locked.
 */
static void clear_flags(struct page *page)
{
	if (folio_test_clear_mlocked(page_folio(page))) {
		dec_zone_page_state(page, NR_MLOCK);
		count_vm_event(UNEVICTABLE_PGCLEARED);
	}
	page->flags &= ~PAGE_FLAGS_CHECK_AT_PREP | BIT(PG_reserved);
}

/* The last reference has gone */
static void page_free(struct page *page)
{
	struct hmm_devmem *devmem = hmm_devmem_of(page);
	const unsigned long index = hmm_devmem_index(page);
	unsigned long flags;

	clear_flags(page);
	if (devmem->ops->free)
		devmem->ops->free(devmem, page);
	spin_lock_irqsave(&devmem->lock, flags);
	__clear_bit(index, devmem->used);
	devmem->lowest_free = min(devmem->lowest_free, index);
	/* Under the lock: who waits may free the device memory after it */
	if (!--devmem->nr_used)
		wake_up_all(&devmem->all_free);
	spin_unlock_irqrestore(&devmem->lock, flags);
}

static vm_fault_t migrate_to_ram(struct vm_fault *vmf)
{
	struct hmm_devmem *devmem = hmm_devmem_of(vmf->page);

	if (devmem->ops->fault)
		return devmem->ops->fault(devmem, vmf);
	return hmm_devmem_fault(devmem, vmf);
}

const struct dev_pagemap_ops hmm_devmem_pagemap_ops = {
	.page_free = page_free,
	.migrate_to_ram = migrate_to_ram,
};

/**
 * hmm_devmem_close() - let no page be allocated from now on
 * @devmem: device memory
 * @only_unused: if a page is in use, do nothing
 *
 * Return: whether it was done; false also if somebody else has done it.
 */
bool hmm_devmem_close(struct hmm_devmem *devmem, bool only_unused)
{
	unsigned long flags;
	bool close;

	spin_lock_irqsave(&devmem->lock, flags);
	close = !devmem->closed &&
		!(only_unused && (devmem->nr_used || devmem->nr_evicting));
	if (close)
		devmem->closed = true;
	spin_unlock_irqrestore(&devmem->lock, flags);
	return close;
}

/* The undo of hmm_devmem_close() */
void hmm_devmem_open(struct hmm_devmem *devmem)
{
	unsigned long flags;

	spin_lock_irqsave(&devmem->lock, flags);
	devmem->closed = false;
	spin_unlock_irqrestore(&devmem->lock, flags);
}

/**
 * hmm_devmem_begin_evicting() - look at all pages, and do not let them move
 * @devmem: device memory
 */
void hmm_devmem_begin_evicting(struct hmm_devmem *devmem)
{
	unsigned long flags;

	spin_lock_irqsave(&devmem->lock, flags);
	devmem->nr_evicting++;
	spin_unlock_irqrestore(&devmem->lock, flags);
}

/* The undo of hmm_devmem_begin_evicting() */
void hmm_devmem_end_evicting(struct hmm_devmem *devmem)
{
	unsigned long flags;

	spin_lock_irqsave(&devmem->lock, flags);
	devmem->nr_evicting--;
	spin_unlock_irqrestore(&devmem->lock, flags);
}

/**
 * hmm_devmem_nr_used() - how many pages are in use
 * @devmem: device memory
 *
 * Context: Any.
 * Return: the number of pages.
 */
unsigned long hmm_devmem_nr_used(struct hmm_devmem *devmem)
{
	unsigned long flags, nr;

	/* Who sees 0 may free all: the one who freed the last page has let go then */
	spin_lock_irqsave(&devmem->lock, flags);
	nr = devmem->nr_used;
	spin_unlock_irqrestore(&devmem->lock, flags);
	return nr;
}
EXPORT_SYMBOL_GPL(hmm_devmem_nr_used);

/* Whether a page can be allocated just now */
bool hmm_devmem_has_room(const struct hmm_devmem *devmem)
{
	return !READ_ONCE(devmem->closed) &&
	       READ_ONCE(devmem->nr_used) < devmem->nr_pages;
}

/* From @index on; nr_pages if there is none */
unsigned long hmm_devmem_next_used(struct hmm_devmem *devmem,
				   unsigned long index)
{
	return find_next_bit(devmem->used, devmem->nr_pages, index);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The content of struct pages that come to belong to a zone. All of a section
 * differ in their own address alone, so that the first is made, and written to
 * each. This is most of what bringing memory online costs: it is done once, by as
 * many CPUs as may help.
 */

#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/memory_hotplug.h>
#include <linux/memremap.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/mutex.h>
#include <linux/page-isolation.h>
#include <linux/pageblock-flags.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/topology.h>
#include <linux/workqueue.h>

#include "../internal.h"
#include "internal.h"

/**
 * mhp_memmap_model() - what all struct pages of a section have in common
 * @zone: the zone that they are to belong to
 * @pfn: any page frame of the section
 * @free: as those of free pages; otherwise as PageOffline() with one reference
 *
 * Return: a struct page, all but what depends on its own address.
 */
struct page mhp_memmap_model(struct zone *zone, unsigned long pfn, bool free)
{
	struct page model;

	__init_single_page(&model, pfn, zone_idx(zone), zone_to_nid(zone));
	if (free)
		set_page_count(&model, 0);
	else
		__SetPageOffline(&model);
	return model;
}

/**
 * mhp_memmap_fill() - write struct pages after a model
 * @page: the first
 * @nr_pages: their number
 * @model: what mhp_memmap_model() gave for their section
 *
 * The compiler keeps the model in registers: there is one store for each word.
 */
void mhp_memmap_fill(struct page *page, unsigned long nr_pages,
		     const struct page *model)
{
	const struct page *end = page + nr_pages;
	const struct page content = *model;

	for (; page < end; page++) {
		*page = content;
		INIT_LIST_HEAD(&page->lru);
#ifdef WANT_PAGE_VIRTUAL
		set_page_address(page, __va(page_to_phys(page)));
#endif
	}
}

/*
 * What a CPU takes at a time, 512 KiB of struct pages: much more than it takes to
 * wake another, and many in a block.
 */
#define CHUNK_PAGES	(SZ_512K / sizeof(struct page))
/* Memory is not faster than that many */
#define MAX_HELPERS	15

/* What is being written: one range at a time */
static struct {
	struct mutex lock;		/* held by whoever has it written */
	struct zone *zone;
	unsigned long start_pfn;
	unsigned long end_pfn;
	int migratetype;
	bool free;
	struct dev_pagemap *pagemap;	/* of device memory */
	atomic_long_t nr_taken;
} job = {
	.lock = __MUTEX_INITIALIZER(job.lock),
};

static void write_chunk(unsigned long start_pfn, unsigned long end_pfn)
{
	unsigned long pfn, nr;
	struct page model;

	for (pfn = start_pfn; pfn < end_pfn; pfn += nr) {
		nr = min(pageblock_end_pfn(pfn), end_pfn) - pfn;
		if (pfn == start_pfn || IS_ALIGNED(pfn, PAGES_PER_SECTION))
			model = mhp_memmap_model(job.zone, pfn, job.free);
		mhp_memmap_fill(pfn_to_page(pfn), nr, &model);
		if (pageblock_aligned(pfn))
			set_pageblock_migratetype(pfn_to_page(pfn),
						  job.migratetype);
		cond_resched();
	}
}

/* Reserved, and in use unless the driver allocates each */
static struct page device_model(unsigned long pfn)
{
	struct page model;

	__init_single_page(&model, pfn, zone_idx(job.zone),
			   zone_to_nid(job.zone));
	__SetPageReserved(&model);
	model.pgmap = job.pagemap;
	model.zone_device_data = NULL;
	if (job.pagemap->type == MEMORY_DEVICE_PRIVATE ||
	    job.pagemap->type == MEMORY_DEVICE_COHERENT)
		set_page_count(&model, 0);
	return model;
}

static void write_device_chunk(unsigned long start_pfn, unsigned long end_pfn)
{
	struct page *page = pfn_to_page(start_pfn);
	unsigned long pfn;
	struct page model;

	for (pfn = start_pfn; pfn < end_pfn; pfn++, page++) {
		if (pfn == start_pfn || IS_ALIGNED(pfn, PAGES_PER_SECTION))
			model = device_model(pfn);
		*page = model;
#ifdef WANT_PAGE_VIRTUAL
		set_page_address(page, __va(page_to_phys(page)));
#endif
	}
	cond_resched();
}

static void write_chunks(struct work_struct *unused)
{
	unsigned long pfn;

	while (true) {
		pfn = job.start_pfn + CHUNK_PAGES *
		      (atomic_long_inc_return(&job.nr_taken) - 1);
		if (pfn >= job.end_pfn)
			break;
		if (job.pagemap)
			write_device_chunk(pfn, min(pfn + CHUNK_PAGES,
						    job.end_pfn));
		else
			write_chunk(pfn, min(pfn + CHUNK_PAGES, job.end_pfn));
	}
}

/* As many as the memory's node and the requester's cpuset have CPUs */
static unsigned int nr_helpers(void)
{
	const unsigned long nr_pages = job.end_pfn - job.start_pfn;
	const struct cpumask *near = cpumask_of_node(zone_to_nid(job.zone));
	unsigned int nr_cpus;

	/* A node may have memory alone */
	if (cpumask_empty(near))
		near = cpu_online_mask;
	nr_cpus = cpumask_weight_and(near, current->cpus_ptr);
	return min3(max(nr_cpus, 1U) - 1,
		    (unsigned int)((nr_pages - 1) / CHUNK_PAGES), MAX_HELPERS);
}

static void write_all(void)
{
	static struct work_struct helpers[MAX_HELPERS];
	unsigned int nr, i;

	lockdep_assert_held(&job.lock);
	atomic_long_set(&job.nr_taken, 0);
	nr = nr_helpers();
	for (i = 0; i < nr; i++) {
		INIT_WORK(&helpers[i], write_chunks);
		queue_work_node(zone_to_nid(job.zone), system_unbound_wq,
				&helpers[i]);
	}
	write_chunks(NULL);
	/* Who has not begun by now finds nothing left */
	for (i = 0; i < nr; i++)
		cancel_work_sync(&helpers[i]);
}

/**
 * mhp_memmap_write() - initialise the struct pages of memory that joins a zone
 * @zone: the zone, which spans them; not ZONE_DEVICE
 * @start_pfn: first page frame
 * @nr_pages: number of page frames
 * @migratetype: of their page blocks
 * @free: as pages that only wait to be put on a free list; otherwise as
 *	  PageOffline() with one reference
 */
void mhp_memmap_write(struct zone *zone, unsigned long start_pfn,
		      unsigned long nr_pages, int migratetype, bool free)
{
	mhp_assert_locked();
	highest_memmap_pfn = max(highest_memmap_pfn, start_pfn + nr_pages - 1);
	guard(mutex)(&job.lock);
	job.zone = zone;
	job.start_pfn = start_pfn;
	job.end_pfn = start_pfn + nr_pages;
	job.migratetype = migratetype;
	job.free = free;
	job.pagemap = NULL;
	write_all();
}

/**
 * mhp_memmap_write_device() - initialise the struct pages of device memory
 * @zone: its ZONE_DEVICE
 * @start_pfn: first page frame
 * @nr_pages: number of page frames
 * @pagemap: what the pages belong to; each is a folio of its own
 *
 * Context: Process context, mem_hotplug_lock not needed.
 */
void mhp_memmap_write_device(struct zone *zone, unsigned long start_pfn,
			     unsigned long nr_pages,
			     struct dev_pagemap *pagemap)
{
	guard(mutex)(&job.lock);
	job.zone = zone;
	job.start_pfn = start_pfn;
	job.end_pfn = start_pfn + nr_pages;
	job.pagemap = pagemap;
	write_all();
}

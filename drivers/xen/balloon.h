/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the balloon share. Words, and what they always mean here:
 *
 * in the balloon:	a page that the kernel has and Xen does not back
 * lent:		in the balloon once, now an address for somebody's foreign page
 * extent:		2^order pages, aligned to their number
 * hot:			memory that came through this driver, in memory blocks
 *
 * A file may call only those above it:
 *
 *	balloon_extents: what is asked of Xen
 *	balloon_map: which pages are in the balloon
 *	balloon_sections: hot memory
 *	balloon: the target, and who works towards it
 */
#ifndef _DRIVERS_XEN_BALLOON_H
#define _DRIVERS_XEN_BALLOON_H

#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sizes.h>
#include <xen/balloon.h>

/* Xen maps 2 MiB with one entry, in its own tables and in those of the hardware */
#define BALLOON_ORDER	min_t(unsigned int, ilog2(SZ_2M / PAGE_SIZE), \
			      MAX_PAGE_ORDER)
/* Pages that are dealt with at a time */
#define BALLOON_BATCH	(SZ_2M / PAGE_SIZE)

/* Protects the map, balloon_stats and the buffers for Xen */
extern struct mutex balloon_mutex;

/* balloon_extents.c */
unsigned int balloon_populate(const unsigned long *pfns, unsigned int nr,
			      unsigned int order);
unsigned int balloon_depopulate(const unsigned long *pfns, unsigned int nr,
				unsigned int order);

void balloon_scrub(unsigned long pfn, unsigned long nr);

/* balloon_map.c */
int balloon_map_prepare(unsigned long pfn, bool hot);
unsigned long balloon_map_chunk(unsigned long pfn, unsigned long end_pfn);
bool balloon_map_has_hot(void);
bool balloon_map_is_hot(unsigned long pfn);
bool balloon_map_is_closed(unsigned long pfn);
void balloon_map_add(unsigned long pfn, unsigned long nr);
bool balloon_map_take(unsigned int order, unsigned long *pfn);
void balloon_map_online(unsigned long pfn, unsigned long nr);
void balloon_map_offline(unsigned long start_pfn, unsigned long nr);
unsigned long balloon_map_count(unsigned long start_pfn, unsigned long nr);
unsigned long balloon_map_next(unsigned long pfn, unsigned long end_pfn,
			       bool in);
void balloon_map_close(unsigned long start_pfn, unsigned long nr, bool closed);
void balloon_map_drop(unsigned long start_pfn, unsigned long nr);
static inline unsigned long balloon_map_nr(void)
{
	return balloon_stats.balloon_low + balloon_stats.balloon_high;
}

/* balloon_sections.c */
#ifdef CONFIG_XEN_BALLOON_MEMORY_HOTPLUG
int balloon_sections_add(unsigned long nr_pages);
bool balloon_sections_shrink(unsigned long nr_pages, unsigned int request);
void balloon_sections_prune(unsigned int keep, unsigned int request);
#else
static inline int balloon_sections_add(unsigned long nr_pages)
{
	return -ENOSPC;
}

static inline bool balloon_sections_shrink(unsigned long nr_pages,
					   unsigned int request)
{
	return false;
}

static inline void balloon_sections_prune(unsigned int keep,
					  unsigned int request)
{
}
#endif

#endif /* _DRIVERS_XEN_BALLOON_H */

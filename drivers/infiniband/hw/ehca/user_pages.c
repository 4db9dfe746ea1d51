// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of a user's in user space, as memory regions name it. The DMA addresses in its
 * scatterlist are of no use for that: they are those of the max MR, where memory touches
 * that does not, and of which there may be none now.
 */

#include <linux/err.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "user_pages.h"

static unsigned long pages_of(const struct scatterlist *sg)
{
	return PFN_UP(sg->offset + sg->length);
}

/* Pieces are split at the largest segment, wherever that is */
static bool follows(struct scatterlist *sg, unsigned long end_pfn)
{
	return page_to_pfn(sg_page(sg)) == end_pfn;
}

static unsigned int count_extents(const struct sg_table *table)
{
	unsigned long end_pfn = 0;
	struct scatterlist *sg;
	unsigned int i, nr = 0;

	for_each_sgtable_sg(table, sg, i) {
		nr += !i || !follows(sg, end_pfn);
		end_pfn = page_to_pfn(sg_page(sg)) + pages_of(sg);
	}
	return nr;
}

/**
 * ehca_user_extents() - the page frames that a user has pinned
 * @table: whole pages, in the order of their addresses in user space
 * @nr: is set to the number of extents
 *
 * Context: Process context, may sleep.
 * Return: the extents in the same order, to be freed with kvfree(); or an ERR_PTR() of
 * -ENOMEM.
 */
struct ebus_extent *ehca_user_extents(const struct sg_table *table,
				      unsigned int *nr)
{
	struct ebus_extent *extents, *extent;
	unsigned long end_pfn = 0;
	struct scatterlist *sg;
	unsigned int i;

	*nr = count_extents(table);
	extents = kvcalloc(*nr, sizeof(*extents), GFP_KERNEL);
	if (!extents)
		return ERR_PTR(-ENOMEM);
	extent = extents;
	for_each_sgtable_sg(table, sg, i) {
		if (i && !follows(sg, end_pfn))
			extent++;
		if (!extent->nr_pages)
			extent->start_pfn = page_to_pfn(sg_page(sg));
		extent->nr_pages += pages_of(sg);
		end_pfn = extent->start_pfn + extent->nr_pages;
	}
	return extents;
}

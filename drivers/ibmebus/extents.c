// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets of page frames: the RAM that a memory region holds, or is to hold.
 */

#include <linux/ebus/mr.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/overflow.h>
#include <linux/slab.h>

static unsigned long end_of(const struct ebus_extent *extent)
{
	return extent->start_pfn + extent->nr_pages;
}

static struct ebus_extents *alloc_set(unsigned int most)
{
	struct ebus_extents *set = kzalloc(struct_size(set, extent, most),
					   GFP_KERNEL);

	if (!set)
		return ERR_PTR(-ENOMEM);
	set->nr = most;
	return set;
}

/* Behind all that is in the set */
static void append(struct ebus_extents *set, unsigned int *nr,
		   unsigned long start_pfn, unsigned long end_pfn)
{
	const struct ebus_extent *last = *nr ? &set->extent[*nr - 1] : NULL;

	if (start_pfn >= end_pfn)
		return;
	set->extent[(*nr)++] = (struct ebus_extent) {
		.start_pfn = start_pfn,
		.nr_pages = end_pfn - start_pfn,
		.before = last ? last->before + last->nr_pages : 0,
	};
}

static struct ebus_extents *finish(struct ebus_extents *set, unsigned int nr)
{
	set->nr = nr;
	if (nr)
		return set;
	kfree(set);
	return NULL;
}

/**
 * ebus_extents_add() - a set and page frames more
 * @old: the set; stays as it is
 * @start_pfn: first page frame; may be in the set already
 * @nr_pages: number of page frames
 *
 * Context: Process context, may sleep.
 * Return: a set to be freed with kfree(), NULL if it is empty; or an ERR_PTR() of
 * -ENOMEM.
 */
struct ebus_extents *ebus_extents_add(const struct ebus_extents *old,
				      unsigned long start_pfn,
				      unsigned long nr_pages)
{
	const unsigned int nr_old = old ? old->nr : 0;
	unsigned long end_pfn = start_pfn + nr_pages;
	struct ebus_extents *set = alloc_set(nr_old + 1);
	unsigned int i, nr = 0;

	if (IS_ERR(set))
		return set;
	for (i = 0; i < nr_old && end_of(&old->extent[i]) < start_pfn; i++)
		append(set, &nr, old->extent[i].start_pfn,
		       end_of(&old->extent[i]));
	for (; i < nr_old && old->extent[i].start_pfn <= end_pfn; i++) {
		start_pfn = min(start_pfn, old->extent[i].start_pfn);
		end_pfn = max(end_pfn, end_of(&old->extent[i]));
	}
	append(set, &nr, start_pfn, end_pfn);
	for (; i < nr_old; i++)
		append(set, &nr, old->extent[i].start_pfn,
		       end_of(&old->extent[i]));
	return finish(set, nr);
}
EXPORT_SYMBOL_GPL(ebus_extents_add);

/**
 * ebus_extents_remove() - a set without some page frames
 * @old: the set; stays as it is
 * @start_pfn: first page frame; need not be in the set
 * @nr_pages: number of page frames
 *
 * Context: Process context, may sleep.
 * Return: a set to be freed with kfree(), NULL if it is empty; or an ERR_PTR() of
 * -ENOMEM.
 */
struct ebus_extents *ebus_extents_remove(const struct ebus_extents *old,
					 unsigned long start_pfn,
					 unsigned long nr_pages)
{
	const unsigned int nr_old = old ? old->nr : 0;
	const unsigned long end_pfn = start_pfn + nr_pages;
	struct ebus_extents *set = alloc_set(nr_old + 1);
	unsigned int i, nr = 0;

	if (IS_ERR(set))
		return set;
	for (i = 0; i < nr_old; i++) {
		const struct ebus_extent *extent = &old->extent[i];

		append(set, &nr, extent->start_pfn,
		       min(end_of(extent), start_pfn));
		append(set, &nr, max(extent->start_pfn, end_pfn),
		       end_of(extent));
	}
	return finish(set, nr);
}
EXPORT_SYMBOL_GPL(ebus_extents_remove);

/* The first extent that ends behind @pfn */
static const struct ebus_extent *first_behind(const struct ebus_extents *set,
					      unsigned long pfn)
{
	unsigned int low = 0, high = set ? set->nr : 0;

	while (low < high) {
		const unsigned int middle = low + (high - low) / 2;

		if (end_of(&set->extent[middle]) <= pfn)
			low = middle + 1;
		else
			high = middle;
	}
	return set && low < set->nr ? &set->extent[low] : NULL;
}

/**
 * ebus_extents_find() - the extent that holds a page frame
 * @set: a set
 * @pfn: the page frame
 *
 * Context: Any.
 * Return: the extent, or NULL.
 */
const struct ebus_extent *
ebus_extents_find(const struct ebus_extents *set, unsigned long pfn)
{
	const struct ebus_extent *extent = first_behind(set, pfn);

	return extent && extent->start_pfn <= pfn ? extent : NULL;
}
EXPORT_SYMBOL_GPL(ebus_extents_find);

/**
 * ebus_extents_overlap() - is any of these page frames in the set?
 * @set: a set
 * @start_pfn: first page frame
 * @nr_pages: number of page frames
 *
 * Context: Any.
 * Return: whether one is.
 */
bool ebus_extents_overlap(const struct ebus_extents *set,
			  unsigned long start_pfn, unsigned long nr_pages)
{
	const struct ebus_extent *extent = first_behind(set, start_pfn);

	return extent && extent->start_pfn < start_pfn + nr_pages;
}
EXPORT_SYMBOL_GPL(ebus_extents_overlap);

/**
 * ebus_extents_contain() - are all of these page frames in the set?
 * @set: a set
 * @start_pfn: first page frame
 * @nr_pages: number of page frames
 *
 * Context: Any.
 * Return: whether they are.
 */
bool ebus_extents_contain(const struct ebus_extents *set,
			  unsigned long start_pfn, unsigned long nr_pages)
{
	const struct ebus_extent *extent = ebus_extents_find(set, start_pfn);

	return extent && end_of(extent) >= start_pfn + nr_pages;
}
EXPORT_SYMBOL_GPL(ebus_extents_contain);

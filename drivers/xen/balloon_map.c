// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which pages are in the balloon: a bit for each, by sections that have some. So an
 * extent is found at once, and what of a section is backed is known without its
 * struct pages.
 */

#include <linux/bitmap.h>
#include <linux/find.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "balloon.h"

#ifdef CONFIG_SPARSEMEM
#define GROUP_PAGES	PAGES_PER_SECTION
#else
#define GROUP_PAGES	(1UL << (27 - PAGE_SHIFT))
#endif

/**
 * struct balloon_group - pages of a section
 * @nr: how many are in the balloon
 * @nr_offline: how many are not online, so that nobody counts them; then none may leave
 *		the balloon
 * @closed: none may leave it now
 * @hot: the balloon has added the section
 * @in: a bit for each page that is in the balloon
 */
struct balloon_group {
	unsigned long nr;
	unsigned long nr_offline;
	bool closed;
	bool hot;
	DECLARE_BITMAP(in, GROUP_PAGES);
};

/* By the number of the section. Marked: has pages that may leave the balloon */
static DEFINE_XARRAY(groups);
#define HAS_SOME	XA_MARK_0

/* Nobody is to be killed for room in the map */
#define GFP_GROUP	(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN)

static struct balloon_group *group_of(unsigned long pfn)
{
	return xa_load(&groups, pfn / GROUP_PAGES);
}

/* To be called for whatever changes @nr, @nr_offline or @closed */
static void mark(unsigned long pfn, const struct balloon_group *group)
{
	if (group->nr && !group->nr_offline && !group->closed)
		xa_set_mark(&groups, pfn / GROUP_PAGES, HAS_SOME);
	else
		xa_clear_mark(&groups, pfn / GROUP_PAGES, HAS_SOME);
}

/* Sections that the balloon has added */
static unsigned int nr_hot;

/**
 * balloon_map_chunk() - pages of one section, to be dealt with together
 * @pfn: the first
 * @end_pfn: end of all pages
 *
 * Return: how many lie in the same section, and before the end.
 */
unsigned long balloon_map_chunk(unsigned long pfn, unsigned long end_pfn)
{
	return min(end_pfn, roundup(pfn + 1, GROUP_PAGES)) - pfn;
}

/* balloon_low and balloon_high, which sysfs shows */
static void count(unsigned long pfn, long nr)
{
	if (PageHighMem(pfn_to_page(pfn)))
		balloon_stats.balloon_high += nr;
	else
		balloon_stats.balloon_low += nr;
}

/**
 * balloon_map_prepare() - make room for the pages of a section
 * @pfn: any of its page frames
 * @hot: the balloon adds the section: all of its pages are in the balloon, and offline
 *
 * Context: Process context, balloon_mutex held; may sleep.
 * Return: 0 or -ENOMEM.
 */
int balloon_map_prepare(unsigned long pfn, bool hot)
{
	struct balloon_group *group;
	int ret;

	lockdep_assert_held(&balloon_mutex);
	group = group_of(pfn);
	if (!group) {
		group = kvzalloc(sizeof(*group), GFP_GROUP);
		if (!group)
			return -ENOMEM;
		ret = xa_err(xa_store(&groups, pfn / GROUP_PAGES, group,
				      GFP_GROUP));
		if (ret) {
			kvfree(group);
			return ret;
		}
	}
	/* Memory of somebody else's may have been there before */
	if (hot && !group->hot) {
		bitmap_fill(group->in, GROUP_PAGES);
		group->nr = GROUP_PAGES;
		group->nr_offline = GROUP_PAGES;
		group->hot = true;
		nr_hot++;
	}
	return 0;
}

/**
 * balloon_map_has_hot() - has the balloon added any section?
 *
 * Context: balloon_mutex held.
 * Return: whether it has.
 */
bool balloon_map_has_hot(void)
{
	return nr_hot;
}

/**
 * balloon_map_is_closed() - may pages of a section not leave the balloon?
 * @pfn: any of its page frames
 *
 * Context: balloon_mutex held.
 * Return: whether they may not.
 */
bool balloon_map_is_closed(unsigned long pfn)
{
	const struct balloon_group *group = group_of(pfn);

	return group && group->closed;
}

/**
 * balloon_map_is_hot() - is a page of a section that the balloon has added?
 * @pfn: its page frame
 *
 * Context: balloon_mutex held.
 * Return: whether it is.
 */
bool balloon_map_is_hot(unsigned long pfn)
{
	const struct balloon_group *group = group_of(pfn);

	return group && group->hot;
}

/**
 * balloon_map_add() - pages come into the balloon
 * @pfn: the first
 * @nr: their number; balloon_map_prepare() has been called for each section
 *
 * Context: balloon_mutex held.
 */
void balloon_map_add(unsigned long pfn, unsigned long nr)
{
	const unsigned long end_pfn = pfn + nr;
	struct balloon_group *group;

	lockdep_assert_held(&balloon_mutex);
	for (; pfn < end_pfn; pfn += nr) {
		nr = balloon_map_chunk(pfn, end_pfn);
		group = group_of(pfn);
		bitmap_set(group->in, pfn % GROUP_PAGES, nr);
		group->nr += nr;
		mark(pfn, group);
		if (!group->nr_offline)
			count(pfn, nr);
	}
}

static bool is_free_extent(const struct balloon_group *group,
			   unsigned long first, unsigned long nr)
{
	return find_next_zero_bit(group->in, first + nr, first) == first + nr;
}

/* Returns the first page of an extent that is in the balloon, or GROUP_PAGES */
static unsigned long find_extent(const struct balloon_group *group,
				 unsigned int order)
{
	const unsigned long nr = 1UL << order;
	unsigned long first = 0;

	while (first < GROUP_PAGES) {
		first = find_next_bit(group->in, GROUP_PAGES, first);
		first = round_up(first, nr);
		if (first < GROUP_PAGES && is_free_extent(group, first, nr))
			break;
		first += nr;
	}
	return min(first, GROUP_PAGES);
}

/**
 * balloon_map_take() - an extent leaves the balloon
 * @order: its order
 * @pfn: its first page frame
 *
 * The lowest there is: what is added last is used last, and empty first.
 *
 * Context: balloon_mutex held.
 * Return: false if there is none.
 */
bool balloon_map_take(unsigned int order, unsigned long *pfn)
{
	struct balloon_group *group;
	unsigned long index, first;

	lockdep_assert_held(&balloon_mutex);
	xa_for_each_marked(&groups, index, group, HAS_SOME) {
		if (group->nr < 1UL << order)
			continue;
		first = find_extent(group, order);
		if (first == GROUP_PAGES)
			continue;
		*pfn = index * GROUP_PAGES + first;
		bitmap_clear(group->in, first, 1UL << order);
		group->nr -= 1UL << order;
		mark(*pfn, group);
		count(*pfn, -(1L << order));
		return true;
	}
	return false;
}

static unsigned long find_bit_from(const struct balloon_group *group,
				   unsigned long first, unsigned long end,
				   bool in)
{
	if (!group)
		return in ? end : first;
	return in ? find_next_bit(group->in, end, first) :
		    find_next_zero_bit(group->in, end, first);
}

/**
 * balloon_map_next() - find a page that is, or is not, in the balloon
 * @pfn: where to begin
 * @end_pfn: where to end
 * @in: whether it shall be in the balloon
 *
 * Context: balloon_mutex held.
 * Return: the first from @pfn on, or @end_pfn.
 */
unsigned long balloon_map_next(unsigned long pfn, unsigned long end_pfn,
			       bool in)
{
	unsigned long first, nr, found;

	for (; pfn < end_pfn; pfn += nr) {
		nr = balloon_map_chunk(pfn, end_pfn);
		first = pfn % GROUP_PAGES;
		found = find_bit_from(group_of(pfn), first, first + nr, in);
		if (found < first + nr)
			return pfn + found - first;
	}
	return end_pfn;
}

static unsigned long count_bits(const struct balloon_group *group,
				unsigned long first, unsigned long nr)
{
	unsigned long i, in = 0;

	for (i = first; i < first + nr; i++)
		in += test_bit(i, group->in);
	return in;
}

/**
 * balloon_map_count() - how many of some pages are in the balloon
 * @start_pfn: the first
 * @nr: their number
 *
 * Context: balloon_mutex held.
 * Return: the number of those in the balloon.
 */
unsigned long balloon_map_count(unsigned long start_pfn, unsigned long nr)
{
	const unsigned long end_pfn = start_pfn + nr;
	const struct balloon_group *group;
	unsigned long pfn, in = 0;

	for (pfn = start_pfn; pfn < end_pfn; pfn += nr) {
		nr = balloon_map_chunk(pfn, end_pfn);
		group = group_of(pfn);
		if (group)
			in += nr == GROUP_PAGES ? group->nr :
			      count_bits(group, pfn % GROUP_PAGES, nr);
	}
	return in;
}

/**
 * balloon_map_close() - whether pages of sections may leave the balloon
 * @start_pfn: first page frame of the sections
 * @nr: number of their pages
 * @closed: none may
 *
 * Context: balloon_mutex held.
 */
void balloon_map_close(unsigned long start_pfn, unsigned long nr, bool closed)
{
	const unsigned long end_pfn = start_pfn + nr;
	struct balloon_group *group;
	unsigned long pfn;

	lockdep_assert_held(&balloon_mutex);
	for (pfn = start_pfn; pfn < end_pfn; pfn += GROUP_PAGES) {
		group = group_of(pfn);
		if (!group)
			continue;
		group->closed = closed;
		mark(pfn, group);
	}
}

/**
 * balloon_map_online() - pages of a section that the balloon has added come online
 * @pfn: the first
 * @nr: their number, within the section
 *
 * When all of the section's are, those in the balloon may leave it.
 *
 * Context: balloon_mutex held.
 */
void balloon_map_online(unsigned long pfn, unsigned long nr)
{
	struct balloon_group *group = group_of(pfn);

	lockdep_assert_held(&balloon_mutex);
	count(pfn, balloon_map_count(pfn, nr));
	group->nr_offline -= nr;
	mark(pfn, group);
}

/**
 * balloon_map_offline() - sections that the balloon has added go offline
 * @start_pfn: first page frame of the sections
 * @nr: number of their pages
 *
 * What is in the balloon stays there, and may not leave it until it is online again.
 *
 * Context: balloon_mutex held.
 */
void balloon_map_offline(unsigned long start_pfn, unsigned long nr)
{
	const unsigned long end_pfn = start_pfn + nr;
	struct balloon_group *group;
	unsigned long pfn;

	lockdep_assert_held(&balloon_mutex);
	for (pfn = start_pfn; pfn < end_pfn; pfn += GROUP_PAGES) {
		group = group_of(pfn);
		count(pfn, -(long)group->nr);
		group->nr_offline = GROUP_PAGES;
		group->closed = false;
		mark(pfn, group);
	}
}

/**
 * balloon_map_drop() - sections are gone
 * @start_pfn: first page frame of the sections
 * @nr: number of their pages, which are offline
 *
 * Context: balloon_mutex held.
 */
void balloon_map_drop(unsigned long start_pfn, unsigned long nr)
{
	struct balloon_group *group;
	unsigned long pfn;

	lockdep_assert_held(&balloon_mutex);
	for (pfn = start_pfn; pfn < start_pfn + nr; pfn += GROUP_PAGES) {
		group = xa_erase(&groups, pfn / GROUP_PAGES);
		if (group)
			nr_hot -= group->hot;
		kvfree(group);
	}
}

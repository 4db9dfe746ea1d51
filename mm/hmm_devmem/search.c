// SPDX-License-Identifier: GPL-2.0-only
/*
 * The search for physical addresses that nobody has, from one gap between resources
 * to the next: it takes as many steps as there are resources, however large the
 * address space is.
 */

#include <linux/align.h>
#include <linux/ioport.h>
#include <linux/minmax.h>
#include <linux/overflow.h>

#include "internal.h"

static bool overlap(const struct range *a, const struct range *b)
{
	return a->start <= b->end && b->start <= a->end && a->start <= a->end &&
	       b->start <= b->end;
}

/* What is better left alone of @want */
static bool is_unwanted(const struct hmm_devmem_search *search, bool spare,
			const struct range *want, struct range *by)
{
	unsigned int i;

	*by = search->not_here;
	if (overlap(by, want))
		return true;
	for (i = 0; spare && i < search->nr_use_last; i++) {
		*by = search->use_last[i];
		if (overlap(by, want))
			return true;
	}
	return false;
}

/* The first candidate that begins at @from or above */
static bool candidate_above(const struct hmm_devmem_search *search, u64 from,
			    const struct range *bounds, struct range *want)
{
	if (from > U64_MAX - (search->align - 1))
		return false;
	want->start = ALIGN(from, search->align);
	return !check_add_overflow(want->start, search->size - 1, &want->end) &&
	       want->end <= bounds->end;
}

/* The first candidate that ends at @to or below */
static bool candidate_below(const struct hmm_devmem_search *search, u64 to,
			    const struct range *bounds, struct range *want)
{
	if (to < search->size - 1)
		return false;
	want->start = ALIGN_DOWN(to - (search->size - 1), search->align);
	want->end = want->start + search->size - 1;
	return want->start >= bounds->start;
}

static bool fit_into_gap(const struct hmm_devmem_search *search, bool spare,
			 const struct range *gap, struct range *want)
{
	struct range by;
	bool fits;

	fits = search->bottom_up ?
	       candidate_above(search, gap->start, gap, want) :
	       candidate_below(search, gap->end, gap, want);
	while (fits && is_unwanted(search, spare, want, &by)) {
		if (search->bottom_up)
			fits = by.end < gap->end &&
			       candidate_above(search, by.end + 1, gap, want);
		else
			fits = by.start > gap->start &&
			       candidate_below(search, by.start - 1, gap, want);
	}
	return fits;
}

/* The children are in order, and do not overlap */
static bool search_once(const struct resource *base,
			const struct hmm_devmem_search *search, bool spare,
			u64 *start)
{
	const u64 end = min_t(u64, search->within.end, base->end);
	u64 next = max_t(u64, search->within.start, base->start);
	const struct resource *res = base->child;
	bool found = false;
	struct range want;

	while (true) {
		const struct range gap = {
			.start = next,
			.end = res && res->start <= end ? res->start - 1 : end,
		};

		/* Before a child at address 0 there is none */
		if ((!res || res->start) &&
		    fit_into_gap(search, spare, &gap, &want)) {
			*start = want.start;
			found = true;
			if (search->bottom_up)
				break;
		}
		if (!res || res->end >= end)
			break;
		next = max_t(u64, next, res->end + 1);
		res = res->sibling;
	}
	return found;
}

/**
 * hmm_devmem_search() - find physical addresses
 * @base: the resource whose children have the addresses that are not free
 * @search: a struct hmm_devmem_search
 * @start: gets the first address
 *
 * Context: Any; the children must not change meanwhile. For
 * claim_free_mem_region(), which holds the lock.
 * Return: whether there are any.
 */
bool hmm_devmem_search(const struct resource *base, const void *search,
		       resource_size_t *start)
{
	u64 found;

	if (!search_once(base, search, true, &found) &&
	    !search_once(base, search, false, &found))
		return false;
	*start = found;
	return true;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The search for physical addresses that nobody has. It looks at what is in the way
 * and goes on behind that, so that it takes as many steps as there are resources,
 * however large the address space is.
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

/* What has a part of @want */
static bool is_taken(const struct resource *base,
		     const struct hmm_devmem_search *search, bool spare,
		     const struct range *want, struct range *by)
{
	const struct resource *res;
	unsigned int i;

	for (res = base->child; res; res = res->sibling) {
		*by = (struct range) { .start = res->start, .end = res->end };
		if (overlap(by, want))
			return true;
	}
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

static bool search_once(const struct resource *base,
			const struct hmm_devmem_search *search, bool spare,
			struct range *want)
{
	const struct range bounds = {
		.start = max(search->within.start, (u64)base->start),
		.end = min(search->within.end, (u64)base->end),
	};
	struct range by;
	bool fits;

	fits = search->bottom_up ?
	       candidate_above(search, bounds.start, &bounds, want) :
	       candidate_below(search, bounds.end, &bounds, want);
	while (fits && is_taken(base, search, spare, want, &by)) {
		if (search->bottom_up)
			fits = by.end < bounds.end &&
			       candidate_above(search, by.end + 1, &bounds, want);
		else
			fits = by.start > bounds.start &&
			       candidate_below(search, by.start - 1, &bounds, want);
	}
	return fits;
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
	struct range want;

	if (!search_once(base, search, true, &want) &&
	    !search_once(base, search, false, &want))
		return false;
	*start = want.start;
	return true;
}

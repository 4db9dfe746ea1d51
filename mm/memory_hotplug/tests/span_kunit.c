// SPDX-License-Identifier: GPL-2.0-only
/*
 * Spans of zones and nodes, on zones that are lists of used page frames.
 */

#include <kunit/test.h>
#include <linux/bitops.h>
#include <linux/kernel.h>

#include "../internal.h"

struct grow_case {
	const char *name;
	struct mhp_span span;
	unsigned long start;
	unsigned long nr;
	struct mhp_span want;
};

static const struct grow_case grow_cases[] = {
	{ "empty", {}, 64, 16, { 64, 16 } },
	{ "empty at zero", {}, 0, 16, { 0, 16 } },
	{ "empty ignores start", { 8, 0 }, 64, 16, { 64, 16 } },
	{ "adjacent after", { 64, 16 }, 80, 16, { 64, 32 } },
	{ "adjacent before", { 64, 16 }, 48, 16, { 48, 32 } },
	{ "hole after", { 64, 16 }, 128, 16, { 64, 80 } },
	{ "hole before", { 64, 16 }, 0, 16, { 0, 80 } },
	{ "into a hole", { 0, 128 }, 32, 16, { 0, 128 } },
	{ "at the first", { 64, 64 }, 64, 16, { 64, 64 } },
	{ "at the last", { 64, 64 }, 112, 16, { 64, 64 } },
	{ "over both edges", { 64, 16 }, 32, 128, { 32, 128 } },
};

KUNIT_ARRAY_PARAM_DESC(grow, grow_cases, name);

static void expect_span(struct kunit *test, struct mhp_span got,
			struct mhp_span want)
{
	KUNIT_EXPECT_EQ(test, got.start, want.start);
	KUNIT_EXPECT_EQ(test, got.nr, want.nr);
}

static void grow_test(struct kunit *test)
{
	const struct grow_case *c = test->param_value;

	expect_span(test, mhp_span_grow(c->span, c->start, c->nr), c->want);
}

#define MAX_PIECES	3

/* What remains in a zone: pieces of page frames, seen with a coarse eye */
struct fake_zone {
	struct mhp_span pieces[MAX_PIECES];
	unsigned long granule;
};

struct query {
	const struct fake_zone *zone;
	unsigned int *nr_asked;
};

static bool used_by_fake_zone(unsigned long pfn, unsigned long *granule,
			      const void *arg)
{
	const struct query *query = arg;
	int i;

	*granule = query->zone->granule;
	(*query->nr_asked)++;
	for (i = 0; i < MAX_PIECES; i++) {
		const struct mhp_span piece = query->zone->pieces[i];

		if (pfn >= piece.start && pfn - piece.start < piece.nr)
			return true;
	}
	return false;
}

struct shrink_case {
	const char *name;
	struct mhp_span span;
	unsigned long start;
	unsigned long nr;
	struct fake_zone remains;
	struct mhp_span want;
	unsigned int max_asked;
};

static const struct shrink_case shrink_cases[] = {
	{ "all", { 64, 16 }, 64, 16, { .granule = 8 }, {}, 0 },
	{
		"first", { 64, 64 }, 64, 16,
		{ { { 80, 48 } }, 8 },
		{ 80, 48 }, 1,
	},
	{
		"last", { 64, 64 }, 112, 16,
		{ { { 64, 48 } }, 8 },
		{ 64, 48 }, 1,
	},
	{
		"from the middle", { 64, 64 }, 80, 16,
		{ { { 64, 16 }, { 96, 32 } }, 8 },
		{ 64, 64 }, 0,
	},
	{
		"first before a hole", { 64, 64 }, 64, 16,
		{ { { 112, 16 } }, 8 },
		{ 112, 16 }, 5,
	},
	{
		"last behind a hole", { 64, 64 }, 112, 16,
		{ { { 64, 16 } }, 8 },
		{ 64, 16 }, 5,
	},
	{
		"first, more holes behind", { 0, 128 }, 0, 16,
		{ { { 32, 16 }, { 96, 32 } }, 8 },
		{ 32, 96 }, 3,
	},
	{
		"last, more holes before", { 0, 128 }, 112, 16,
		{ { { 0, 16 }, { 64, 16 } }, 8 },
		{ 0, 80 }, 5,
	},
	{
		"first, only a hole remains", { 64, 64 }, 64, 16,
		{ .granule = 8 },
		{}, 6,
	},
	{
		"last, only a hole remains", { 64, 64 }, 112, 16,
		{ .granule = 8 },
		{}, 6,
	},
	{
		"first, a granule at a time", { 0, 256 }, 0, 8,
		{ { { 192, 64 } }, 64 },
		{ 192, 64 }, 4,
	},
	{
		"last, a granule at a time", { 0, 256 }, 248, 8,
		{ { { 0, 64 } }, 64 },
		{ 0, 64 }, 4,
	},
	{
		"first, page by page", { 0, 32 }, 0, 8,
		{ { { 11, 21 } }, 1 },
		{ 11, 21 }, 4,
	},
	{
		"last, page by page", { 0, 32 }, 24, 8,
		{ { { 0, 21 } }, 1 },
		{ 0, 21 }, 4,
	},
	{
		"first, granule beyond the span", { 0, 40 }, 0, 8,
		{ .granule = 64 },
		{}, 1,
	},
	{
		"last, granule beyond the span", { 72, 56 }, 120, 8,
		{ .granule = 64 },
		{}, 1,
	},
	{ "nothing was there", {}, 64, 16, { .granule = 8 }, {}, 0 },
	{ "nothing was there, at zero", {}, 0, 16, { .granule = 8 }, {}, 0 },
	{
		"outside", { 64, 16 }, 96, 16,
		{ { { 64, 16 } }, 8 },
		{ 64, 16 }, 0,
	},
};

KUNIT_ARRAY_PARAM_DESC(shrink, shrink_cases, name);

static void shrink_test(struct kunit *test)
{
	const struct shrink_case *c = test->param_value;
	unsigned int nr_asked = 0;
	const struct query query = {
		.zone = &c->remains,
		.nr_asked = &nr_asked,
	};

	expect_span(test, mhp_span_shrink(c->span, c->start, c->nr,
					  used_by_fake_zone, &query), c->want);
	KUNIT_EXPECT_LE(test, nr_asked, c->max_asked);
}

#define MASK_GRANULE	4UL
#define MASK_BITS	8

/* Each bit of the mask stands for a granule of the zone */
static bool used_by_mask(unsigned long pfn, unsigned long *granule,
			 const void *mask)
{
	*granule = MASK_GRANULE;
	return *(const unsigned long *)mask & BIT(pfn / MASK_GRANULE);
}

static struct mhp_span span_of_mask(unsigned long mask)
{
	if (!mask)
		return (struct mhp_span) {};
	return (struct mhp_span) {
		.start = __ffs(mask) * MASK_GRANULE,
		.nr = (__fls(mask) - __ffs(mask) + 1) * MASK_GRANULE,
	};
}

/* Whatever remains in between: taking an edge away leaves the span of the rest */
static void shrink_every_mask_test(struct kunit *test)
{
	const unsigned long full = MASK_BITS * MASK_GRANULE;
	const struct mhp_span span = { 0, full };
	unsigned long mask, low, high;
	unsigned int gone;

	for (mask = 0; mask < BIT(MASK_BITS); mask++) {
		for (gone = 1; gone <= MASK_BITS; gone++) {
			const unsigned long nr = gone * MASK_GRANULE;

			/* The other edge stays where it is, so it is used */
			high = (mask | BIT(MASK_BITS - 1)) &
			       ~GENMASK(gone - 1, 0);
			expect_span(test, mhp_span_shrink(span, 0, nr,
							  used_by_mask, &high),
				    span_of_mask(high));
			low = (mask | BIT(0)) &
			      GENMASK(MASK_BITS - 1, 0) >> gone;
			expect_span(test, mhp_span_shrink(span, full - nr, nr,
							  used_by_mask, &low),
				    span_of_mask(low));
		}
	}
}

static struct kunit_case mhp_span_cases[] = {
	KUNIT_CASE_PARAM(grow_test, grow_gen_params),
	KUNIT_CASE_PARAM(shrink_test, shrink_gen_params),
	KUNIT_CASE(shrink_every_mask_test),
	{}
};

static struct kunit_suite mhp_span_suite = {
	.name = "mhp_span",
	.test_cases = mhp_span_cases,
};

kunit_test_suite(mhp_span_suite);

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The chunks in which a block's pages are given to the page allocator.
 */

#include <kunit/test.h>
#include <linux/align.h>
#include <linux/kernel.h>
#include <linux/mmzone.h>

#include "../internal.h"

#define LARGEST		MAX_ORDER_NR_PAGES

struct order_case {
	const char *name;
	unsigned long pfn;
	unsigned long nr;
	unsigned int want;
};

static const struct order_case order_cases[] = {
	{ "page frame zero", 0, LARGEST * 4, MAX_PAGE_ORDER },
	{ "zero, one page", 0, 1, 0 },
	{ "zero, three pages", 0, 3, 1 },
	{ "aligned", LARGEST * 3, LARGEST, MAX_PAGE_ORDER },
	{ "aligned to more than the largest", LARGEST * 8, LARGEST * 8,
	  MAX_PAGE_ORDER },
	{ "odd", LARGEST + 1, LARGEST, 0 },
	{ "even", LARGEST + 2, LARGEST, 1 },
	{ "half way", LARGEST + LARGEST / 2, LARGEST, MAX_PAGE_ORDER - 1 },
	{ "end is near", LARGEST, LARGEST - 1, MAX_PAGE_ORDER - 1 },
	{ "end is nearer than alignment", LARGEST, 5, 2 },
	{ "alignment is less than the end", LARGEST + 4, 16, 2 },
	{ "last page", LARGEST * 2 - 1, 1, 0 },
	{ "last page, aligned", LARGEST, 1, 0 },
};

KUNIT_ARRAY_PARAM_DESC(order, order_cases, name);

static void chunk_order_test(struct kunit *test)
{
	const struct order_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, mhp_chunk_order(c->pfn, c->pfn + c->nr), c->want);
}

/* Chunk by chunk: each aligned to its size, none too large, all of the range */
static void chunks_cover_test(struct kunit *test)
{
	const unsigned long end = LARGEST * 5;
	unsigned long start, pfn;
	unsigned int order;

	for (start = 0; start < LARGEST; start += LARGEST / 64 - 1) {
		for (pfn = start; pfn < end; pfn += 1UL << order) {
			order = mhp_chunk_order(pfn, end);
			KUNIT_ASSERT_LE(test, order, MAX_PAGE_ORDER);
			KUNIT_ASSERT_TRUE(test, IS_ALIGNED(pfn, 1UL << order));
			/* One order more would be unaligned, too large or too long */
			KUNIT_ASSERT_TRUE(test, order == MAX_PAGE_ORDER ||
					  !IS_ALIGNED(pfn, 2UL << order) ||
					  pfn + (2UL << order) > end);
		}
		KUNIT_EXPECT_EQ(test, pfn, end);
	}
}

static struct kunit_case mhp_release_cases[] = {
	KUNIT_CASE_PARAM(chunk_order_test, order_gen_params),
	KUNIT_CASE(chunks_cover_test),
	{}
};

static struct kunit_suite mhp_release_suite = {
	.name = "mhp_release",
	.test_cases = mhp_release_cases,
};

kunit_test_suite(mhp_release_suite);

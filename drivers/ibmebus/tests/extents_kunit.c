// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets of page frames, beside a bitmap of the same.
 */

#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/ebus/mr.h>
#include <linux/err.h>
#include <linux/prandom.h>
#include <linux/slab.h>

#define PAGES	40
#define STEPS	3000

static void expect_same(struct kunit *test, const struct ebus_extents *set,
			const unsigned long *bits)
{
	const unsigned int nr = set ? set->nr : 0;
	unsigned int i, start, end;
	unsigned long before = 0, pfn;

	i = 0;
	for_each_set_bitrange(start, end, bits, PAGES) {
		KUNIT_ASSERT_LT(test, i, nr);
		KUNIT_EXPECT_EQ(test, start, set->extent[i].start_pfn);
		KUNIT_EXPECT_EQ(test, end - start, set->extent[i].nr_pages);
		KUNIT_EXPECT_EQ(test, before, set->extent[i].before);
		before += end - start;
		i++;
	}
	KUNIT_EXPECT_EQ(test, i, nr);
	for (pfn = 0; pfn < PAGES; pfn++)
		KUNIT_EXPECT_EQ(test, test_bit(pfn, bits),
				!!ebus_extents_find(set, pfn));
}

static void expect_answers(struct kunit *test, const struct ebus_extents *set,
			   const unsigned long *bits, unsigned int start,
			   unsigned int len)
{
	const unsigned int end = start + len;

	KUNIT_EXPECT_EQ(test, find_next_bit(bits, end, start) < end,
			ebus_extents_overlap(set, start, len));
	KUNIT_EXPECT_EQ(test, find_next_zero_bit(bits, end, start) >= end,
			ebus_extents_contain(set, start, len));
}

/* Whatever is added and removed, in whatever order */
static void extents_are_those_of_a_bitmap(struct kunit *test)
{
	DECLARE_BITMAP(bits, PAGES) = {};
	struct ebus_extents *set = NULL, *next;
	struct rnd_state random;
	unsigned int step;

	prandom_seed_state(&random, 9);
	for (step = 0; step < STEPS; step++) {
		const u32 dice = prandom_u32_state(&random);
		const unsigned int start = dice % (PAGES - 1);
		const unsigned int len = 1 + (dice >> 8) %
					 min(PAGES - start, 12u);

		expect_answers(test, set, bits, start, len);
		if (dice >> 31) {
			next = ebus_extents_add(set, start, len);
			bitmap_set(bits, start, len);
		} else {
			next = ebus_extents_remove(set, start, len);
			bitmap_clear(bits, start, len);
		}
		KUNIT_ASSERT_FALSE(test, IS_ERR(next));
		kfree(set);
		set = next;
		expect_same(test, set, bits);
	}
	kfree(set);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(extents_are_those_of_a_bitmap),
	{}
};

static struct kunit_suite suite = {
	.name = "ebus_extents",
	.test_cases = cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("KUnit tests of sets of page frames");
MODULE_LICENSE("GPL");

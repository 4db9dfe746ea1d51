// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which ranges are made of whole memory blocks, and which can be addressed.
 */

#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/memory.h>
#include <linux/range.h>

#include "../internal.h"

/* Counted in blocks, because their size is known at run time only */
struct check_case {
	const char *name;
	s64 start_blocks;
	s64 start_bytes;
	s64 size_blocks;
	s64 size_bytes;
	int want;
	const char *why;
};

static const struct check_case check_cases[] = {
	{ "one block", 4, 0, 1, 0, 0 },
	{ "several blocks", 3, 0, 5, 0, 0 },
	{ "the first block", 0, 0, 1, 0, 0 },
	{ "the last block", -1, 0, 1, 0, 0 },
	{ "empty", 4, 0, 0, 0, -EINVAL, "empty" },
	{ "empty at the end", -1, 0, 0, 0, -EINVAL, "empty" },
	{ "one byte", 4, 0, 0, 1, -EINVAL, "multiples" },
	{ "one byte short", 4, 0, 1, -1, -EINVAL, "multiples" },
	{ "one byte more", 4, 0, 1, 1, -EINVAL, "multiples" },
	{ "starts late", 4, 1, 1, 0, -EINVAL, "multiples" },
	{ "starts early", 4, -1, 1, 0, -EINVAL, "multiples" },
	{ "wraps by a block", -1, 0, 2, 0, -EINVAL, "wraps" },
	{ "wraps by far", 4, 0, -1, 0, -EINVAL, "wraps" },
	{ "wraps by a byte", -1, 0, 1, 1, -EINVAL, "wraps" },
};

KUNIT_ARRAY_PARAM_DESC(check, check_cases, name);

static void range_check_test(struct kunit *test)
{
	const struct check_case *c = test->param_value;
	const s64 block = memory_block_size_bytes();
	const u64 start = c->start_blocks * block + c->start_bytes;
	const u64 size = c->size_blocks * block + c->size_bytes;
	struct mhp_refusal refusal = { .request = "add" };

	KUNIT_EXPECT_EQ(test, mhp_range_check(start, size, &refusal), c->want);
	KUNIT_EXPECT_EQ(test, refusal.error, c->want);
	if (!c->want)
		return;
	KUNIT_EXPECT_EQ(test, refusal.kind, MHP_REFUSED_ALIGNMENT);
	KUNIT_EXPECT_EQ(test, refusal.start, start);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(refusal.why, c->why),
				  "\"%s\" does not say \"%s\"", refusal.why,
				  c->why);
}

/* Addresses in relation to the ends of what can be plugged */
enum anchor {
	ZERO,
	FIRST,
	LAST,
};

struct allowed_case {
	const char *name;
	enum anchor anchor;
	s64 offset;
	u64 size;
	bool want;
};

static const struct allowed_case allowed_cases[] = {
	{ "first byte", FIRST, 0, 1, true },
	{ "last byte", LAST, 0, 1, true },
	{ "behind the last byte", LAST, 1, 1, false },
	{ "over the last byte", LAST, 0, 2, false },
	{ "empty", FIRST, 0, 0, false },
	{ "empty behind the end", LAST, 1, 0, false },
	{ "largest size", FIRST, 0, U64_MAX, false },
	{ "wraps to zero", LAST, 0, -(u64)SZ_1G, false },
	{ "wraps into the range", ZERO, -1, 2, false },
	{ "last address of all", ZERO, -1, 1, false },
	{ "ends at the last address of all", ZERO, -SZ_1G, SZ_1G, false },
};

KUNIT_ARRAY_PARAM_DESC(allowed, allowed_cases, name);

static void range_allowed_test(struct kunit *test)
{
	const struct allowed_case *c = test->param_value;
	const struct range range = mhp_get_pluggable_range(true);
	const u64 anchors[] = {
		[ZERO] = 0,
		[FIRST] = range.start,
		[LAST] = range.end,
	};

	KUNIT_EXPECT_EQ(test,
			mhp_range_allowed(anchors[c->anchor] + c->offset,
					  c->size, true),
			c->want);
}

static void whole_range_allowed_test(struct kunit *test)
{
	static const bool need_mapping[] = { true, false };
	int i;

	for (i = 0; i < ARRAY_SIZE(need_mapping); i++) {
		const struct range range =
			mhp_get_pluggable_range(need_mapping[i]);

		KUNIT_EXPECT_TRUE(test, mhp_range_allowed(range.start,
							  range_len(&range),
							  need_mapping[i]));
		KUNIT_EXPECT_FALSE(test, mhp_range_allowed(range.start,
							   range_len(&range) + 1,
							   need_mapping[i]));
	}
}

/* What is mapped can be addressed */
static void mappable_within_addressable_test(struct kunit *test)
{
	const struct range mapped = mhp_get_pluggable_range(true);
	const struct range all = mhp_get_pluggable_range(false);

	KUNIT_EXPECT_LT(test, mapped.start, mapped.end);
	KUNIT_EXPECT_GE(test, mapped.start, all.start);
	KUNIT_EXPECT_LE(test, mapped.end, all.end);
}

static struct kunit_case mhp_range_cases[] = {
	KUNIT_CASE_PARAM(range_check_test, check_gen_params),
	KUNIT_CASE_PARAM(range_allowed_test, allowed_gen_params),
	KUNIT_CASE(whole_range_allowed_test),
	KUNIT_CASE(mappable_within_addressable_test),
	{}
};

static struct kunit_suite mhp_range_suite = {
	.name = "mhp_range",
	.test_cases = mhp_range_cases,
};

kunit_test_suite(mhp_range_suite);

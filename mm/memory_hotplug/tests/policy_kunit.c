// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ratios of the auto-movable online policy.
 */

#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/sizes.h>

#include "../internal.h"

struct fits_case {
	const char *name;
	unsigned long kernel;
	unsigned long movable;
	unsigned int ratio;
	bool want;
};

static const struct fits_case fits_cases[] = {
	{ "nothing at all", 0, 0, 301, true },
	{ "movable without kernel", 0, 1, 301, false },
	{ "no movable", 1000, 0, 301, true },
	{ "exactly the ratio", 1000, 3010, 301, true },
	{ "one page too many", 1000, 3011, 301, false },
	{ "rounded down", 1, 3, 301, true },
	{ "never rounded up", 1, 4, 399, false },
	{ "as much as kernel", 1000, 1000, 100, true },
	{ "more than kernel", 1000, 1001, 100, false },
	{ "less than a percent", 99, 1, 1, false },
	{ "one percent", 100, 1, 1, true },
	{ "ratio 0 allows none", 1000, 1, 0, false },
	{ "ratio 0, none wanted", 1000, 0, 0, true },
	{ "product beyond 32 bits", SZ_1G / 4, SZ_1G / 4 * 3UL, 301, true },
	{ "product beyond 32 bits, too many", SZ_1G / 4, SZ_1G, 301, false },
	{ "largest ratio", 100, UINT_MAX, UINT_MAX, true },
};

KUNIT_ARRAY_PARAM_DESC(fits, fits_cases, name);

static void movable_fits_test(struct kunit *test)
{
	const struct fits_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, mhp_movable_fits(c->kernel, c->movable, c->ratio),
			c->want);
}

struct needed_case {
	const char *name;
	unsigned long movable;
	unsigned long kernel;
	unsigned int ratio;
	unsigned long want;
};

static const struct needed_case needed_cases[] = {
	{ "empty group", 0, 0, 301, 0 },
	{ "movable only", 3010, 0, 301, 1000 },
	{ "part is its own", 3010, 400, 301, 600 },
	{ "all is its own", 3010, 1000, 301, 0 },
	{ "more than all is its own", 3010, 2000, 301, 0 },
	{ "kernel only", 0, 1000, 301, 0 },
	{ "one to one", 1000, 0, 100, 1000 },
	{ "rounded down", 2, 0, 301, 0 },
	{ "ratio 0 asks for nothing", 3010, 0, 0, 0 },
};

KUNIT_ARRAY_PARAM_DESC(needed, needed_cases, name);

static void kernel_pages_needed_test(struct kunit *test)
{
	const struct needed_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test,
			mhp_kernel_pages_needed(c->movable, c->kernel,
						c->ratio),
			c->want);
}

/* A group that takes what it needs leaves no more MOVABLE than fits */
static void needed_is_what_fits_test(struct kunit *test)
{
	static const unsigned int ratios[] = { 1, 50, 100, 301, 1000 };
	unsigned long movable, needed;
	int i;

	for (i = 0; i < ARRAY_SIZE(ratios); i++) {
		for (movable = 0; movable < 5000; movable += 7) {
			needed = mhp_kernel_pages_needed(movable, 0, ratios[i]);
			KUNIT_EXPECT_TRUE(test,
					  mhp_movable_fits(needed + 1, movable,
							   ratios[i]));
			if (needed)
				KUNIT_EXPECT_FALSE(test,
						   mhp_movable_fits(needed - 1,
								    movable,
								    ratios[i]));
		}
	}
}

static struct kunit_case mhp_policy_cases[] = {
	KUNIT_CASE_PARAM(movable_fits_test, fits_gen_params),
	KUNIT_CASE_PARAM(kernel_pages_needed_test, needed_gen_params),
	KUNIT_CASE(needed_is_what_fits_test),
	{}
};

static struct kunit_suite mhp_policy_suite = {
	.name = "mhp_policy",
	.test_cases = mhp_policy_cases,
};

kunit_test_suite(mhp_policy_suite);

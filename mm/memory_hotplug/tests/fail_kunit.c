// SPDX-License-Identifier: GPL-2.0-only
/*
 * Failures asked for by a test: what can be asked for, and that it happens once.
 */

#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/mm.h>

#include "../internal.h"

static int succeed(struct mhp_transition *t)
{
	return 0;
}

static void do_nothing(struct mhp_transition *t)
{
}

static const struct mhp_step steps[] = {
	{ .name = "bottom" },
	{ .name = "low", .try_up = succeed, .down = do_nothing },
	{ .name = "middle", .up = do_nothing, .try_down = succeed },
	{ .name = "high", .try_up = succeed, .try_down = succeed },
};

static const struct mhp_table table = {
	.name = "fake",
	.nr_states = ARRAY_SIZE(steps),
	.steps = steps,
};

struct arm_case {
	const char *name;
	const char *request;
	int want;
	const char *shown;
};

static const struct arm_case arm_cases[] = {
	{ "up", "low up", 0, "low up -5 armed\n" },
	{ "down", "middle down", 0, "middle down -5 armed\n" },
	{ "newline", "high up\n", 0, "high up -5 armed\n" },
	{ "negative errno", "high down -12", 0, "high down -12 armed\n" },
	{ "positive errno", "high down 16\n", 0, "high down -16 armed\n" },
	{ "largest errno", "low up 4095", 0, "low up -4095 armed\n" },
	{ "none", "none", 0, "none\n" },
	{ "none with newline", "none\n", 0, "none\n" },
	{ "errno 0", "low up 0", -EINVAL, "none\n" },
	{ "errno too large", "low up 4096", -EINVAL, "none\n" },
	{ "errno too small", "low up -4096", -EINVAL, "none\n" },
	{ "smallest number", "low up -2147483648", -EINVAL, "none\n" },
	{ "cannot fail up", "middle up", -EINVAL, "none\n" },
	{ "cannot fail down", "low down", -EINVAL, "none\n" },
	{ "first state", "bottom up", -EINVAL, "none\n" },
	{ "no such state", "lowest up", -EINVAL, "none\n" },
	{ "beginning of a state", "lo up", -EINVAL, "none\n" },
	{ "no direction", "low", -EINVAL, "none\n" },
	{ "no such direction", "low sideways", -EINVAL, "none\n" },
	{ "long direction", "low upupupupup", -EINVAL, "none\n" },
	{ "long state", "lowlowlowlowlowlowlowlowlowlowlowlow up", -EINVAL,
	  "none\n" },
	{ "empty", "", -EINVAL, "none\n" },
	{ "white space", " \t", -EINVAL, "none\n" },
};

KUNIT_ARRAY_PARAM_DESC(arm, arm_cases, name);

static void expect_shown(struct kunit *test, atomic_t *fail, const char *want)
{
	char *buf = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	KUNIT_EXPECT_EQ(test, mhp_fail_show(&table, fail, buf), strlen(want));
	KUNIT_EXPECT_STREQ(test, buf, want);
}

static void arm_test(struct kunit *test)
{
	const struct arm_case *c = test->param_value;
	atomic_t fail = ATOMIC_INIT(0);

	KUNIT_EXPECT_EQ(test, mhp_fail_arm(&table, &fail, c->request), c->want);
	expect_shown(test, &fail, c->shown);
}

static void bad_request_changes_nothing_test(struct kunit *test)
{
	atomic_t fail = ATOMIC_INIT(0);

	KUNIT_EXPECT_EQ(test, mhp_fail_arm(&table, &fail, "high up -12"), 0);
	KUNIT_EXPECT_EQ(test, mhp_fail_arm(&table, &fail, "middle up"),
			-EINVAL);
	expect_shown(test, &fail, "high up -12 armed\n");
	KUNIT_EXPECT_EQ(test, mhp_fail_arm(&table, &fail, "none"), 0);
	expect_shown(test, &fail, "none\n");
}

static int walk(atomic_t *fail, unsigned int from, unsigned int to,
		enum mhp_refusal_kind *kind)
{
	struct mhp_transition t = {
		.table = &table,
		.state = from,
		.fail = fail,
	};
	const int ret = mhp_walk(&t, to);

	*kind = t.refusal.kind;
	return ret;
}

static void fires_once_test(struct kunit *test)
{
	atomic_t fail = ATOMIC_INIT(0);
	enum mhp_refusal_kind kind;

	KUNIT_ASSERT_EQ(test, mhp_fail_arm(&table, &fail, "high up -28"), 0);
	KUNIT_EXPECT_EQ(test, walk(&fail, 0, 3, &kind), -ENOSPC);
	KUNIT_EXPECT_EQ(test, kind, MHP_REFUSED_INJECTED);
	expect_shown(test, &fail, "high up -28 fired\n");

	KUNIT_EXPECT_EQ(test, walk(&fail, 0, 3, &kind), 0);
	KUNIT_EXPECT_EQ(test, kind, MHP_REFUSED_NOT);
	expect_shown(test, &fail, "high up -28 fired\n");
}

static void waits_for_its_step_test(struct kunit *test)
{
	atomic_t fail = ATOMIC_INIT(0);
	enum mhp_refusal_kind kind;

	KUNIT_ASSERT_EQ(test, mhp_fail_arm(&table, &fail, "high down"), 0);
	/* The other direction, and a walk that does not come that far */
	KUNIT_EXPECT_EQ(test, walk(&fail, 0, 3, &kind), 0);
	KUNIT_EXPECT_EQ(test, walk(&fail, 2, 0, &kind), 0);
	expect_shown(test, &fail, "high down -5 armed\n");

	KUNIT_EXPECT_EQ(test, walk(&fail, 3, 0, &kind), -EIO);
	expect_shown(test, &fail, "high down -5 fired\n");
}

static void nowhere_to_fail_test(struct kunit *test)
{
	enum mhp_refusal_kind kind;

	KUNIT_EXPECT_EQ(test, walk(NULL, 0, 3, &kind), 0);
	KUNIT_EXPECT_EQ(test, walk(NULL, 3, 0, &kind), 0);
}

/* Everything that the tables say may fail can be asked for, and nothing else */
static void arm_every_step_test(struct kunit *test)
{
	static const struct mhp_table * const tables[] = {
		&mhp_range_table, &mhp_block_table
	};
	unsigned int i, state, up;
	char request[48];

	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		for (state = 0; state < tables[i]->nr_states; state++) {
			const struct mhp_step *step = &tables[i]->steps[state];

			for (up = 0; up < 2; up++) {
				atomic_t fail = ATOMIC_INIT(0);

				scnprintf(request, sizeof(request), "%s %s\n",
					  step->name, up ? "up" : "down");
				KUNIT_EXPECT_EQ_MSG(test,
						    mhp_fail_arm(tables[i],
								 &fail,
								 request),
						    mhp_step_may_fail(step, up) ?
						    0 : -EINVAL,
						    "%s", request);
			}
		}
	}
}

static struct kunit_case mhp_fail_cases[] = {
	KUNIT_CASE_PARAM(arm_test, arm_gen_params),
	KUNIT_CASE(bad_request_changes_nothing_test),
	KUNIT_CASE(fires_once_test),
	KUNIT_CASE(waits_for_its_step_test),
	KUNIT_CASE(nowhere_to_fail_test),
	KUNIT_CASE(arm_every_step_test),
	{}
};

static struct kunit_suite mhp_fail_suite = {
	.name = "mhp_fail",
	.test_cases = mhp_fail_cases,
};

kunit_test_suite(mhp_fail_suite);

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is collected of a larger request: the first refusal, and the number of others.
 */

#include <kunit/test.h>
#include <linux/device.h>

#include "../internal.h"

static void note(u64 start, int error)
{
	const struct mhp_refusal refusal = {
		.request = "offline", .error = error, .start = start,
	};

	mhp_refusal_log_note(&refusal);
}

struct log_case {
	const char *name;
	u64 places[4];		/* in the order in which they refuse; 0: the end */
	unsigned int others;
};

static const struct log_case log_cases[] = {
	{ "nobody refuses" },
	{ "one", { 1 }, 0 },
	{ "three", { 1, 2, 3 }, 2 },
	{ "one that is asked twice", { 1, 1 }, 0 },
	{ "two that are asked twice", { 1, 1, 2, 2 }, 1 },
};

KUNIT_ARRAY_PARAM_DESC(log, log_cases, name);

static void log_test(struct kunit *test)
{
	const struct log_case *c = test->param_value;
	struct mhp_refusal_log log;
	const u64 *place;

	lock_device_hotplug();
	mhp_refusal_log_start(&log);
	for (place = c->places; place < c->places + 4 && *place; place++)
		note(*place, -(int)*place);
	mhp_refusal_log_stop();
	/* What comes later, as when the request is taken back */
	note(9, -EIO);
	unlock_device_hotplug();

	KUNIT_EXPECT_EQ(test, log.first.start, c->places[0]);
	KUNIT_EXPECT_EQ(test, log.first.error, -(int)c->places[0]);
	KUNIT_EXPECT_EQ(test, log.others, c->others);
}

/* What others are refused meanwhile is theirs */
static void log_task_test(struct kunit *test)
{
	struct mhp_refusal_log log;

	lock_device_hotplug();
	mhp_refusal_log_start(&log);
	log.task = NULL;
	note(1, -EIO);
	mhp_refusal_log_stop();
	unlock_device_hotplug();
	KUNIT_EXPECT_EQ(test, log.first.error, 0);
}

static struct kunit_case mhp_refusal_log_cases[] = {
	KUNIT_CASE_PARAM(log_test, log_gen_params),
	KUNIT_CASE(log_task_test),
	{}
};

static struct kunit_suite mhp_refusal_log_suite = {
	.name = "mhp_refusal_log",
	.test_cases = mhp_refusal_log_cases,
};

kunit_test_suite(mhp_refusal_log_suite);

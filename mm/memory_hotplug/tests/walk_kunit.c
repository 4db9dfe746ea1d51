// SPDX-License-Identifier: GPL-2.0-only
/*
 * The walk of a table of states, on a table made here whose steps only record
 * that they were called. Every step that may fail is made to fail.
 */

#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "../internal.h"

/**
 * struct fake_walk - a transition whose steps write down that they ran
 * @t: the transition
 * @test: the test
 * @shown: what others see of its state
 * @fails: the step that fails, as it is written down; NULL for none
 * @error: the errno it fails with
 * @says_why: it says why
 * @log: what ran, in order, each followed by a space
 */
struct fake_walk {
	struct mhp_transition t;
	struct kunit *test;
	u8 shown;
	const char *fails;
	int error;
	bool says_why;
	char log[256];
};

static int ran(struct mhp_transition *t, const char *what)
{
	struct fake_walk *walk = container_of(t, struct fake_walk, t);

	if (t->shown)
		KUNIT_EXPECT_EQ(walk->test, walk->shown, t->state);
	strlcat(walk->log, what, sizeof(walk->log));
	strlcat(walk->log, " ", sizeof(walk->log));
	if (!walk->fails || strcmp(walk->fails, what))
		return 0;
	if (walk->says_why)
		mhp_refuse(&t->refusal, MHP_REFUSED_CLIENT, walk->error, 1, 2,
			   "fake", "the fake does not want to");
	return walk->error;
}

#define RECORDING_STEP(nr)						\
static int try_up_##nr(struct mhp_transition *t)			\
{									\
	return ran(t, "try_up_" #nr);					\
}									\
									\
static int try_down_##nr(struct mhp_transition *t)			\
{									\
	return ran(t, "try_down_" #nr);					\
}									\
									\
static void __maybe_unused up_##nr(struct mhp_transition *t)		\
{									\
	ran(t, "up_" #nr);						\
}									\
									\
static void __maybe_unused down_##nr(struct mhp_transition *t)		\
{									\
	ran(t, "down_" #nr);						\
}									\
									\
static void __maybe_unused undo_up_##nr(struct mhp_transition *t)	\
{									\
	ran(t, "undo_up_" #nr);						\
}									\
									\
static void __maybe_unused undo_down_##nr(struct mhp_transition *t)	\
{									\
	ran(t, "undo_down_" #nr);					\
}

RECORDING_STEP(1)
RECORDING_STEP(2)
RECORDING_STEP(3)
RECORDING_STEP(4)

/* May fail at every step in both directions; undone by the way back */
static const struct mhp_step plain_steps[] = {
	{ .name = "zero" },
	{ .name = "one", .try_up = try_up_1, .down = down_1 },
	{ .name = "two", .up = up_2, .try_down = try_down_2 },
	{ .name = "three", .try_up = try_up_3, .down = down_3 },
	{ .name = "four", .up = up_4, .try_down = try_down_4 },
};

static const struct mhp_table plain_table = {
	.name = "plain",
	.nr_states = ARRAY_SIZE(plain_steps),
	.steps = plain_steps,
};

/* May fail at every step in both directions; each has its own way to undo */
static const struct mhp_step undo_steps[] = {
	{ .name = "zero" },
	{
		.name = "one",
		.try_up = try_up_1,
		.try_down = try_down_1,
		.undo_up = undo_up_1,
		.undo_down = undo_down_1,
	},
	{
		.name = "two",
		.try_up = try_up_2,
		.down = down_2,
		.undo_up = undo_up_2,
		.undo_down = undo_down_2,
	},
	/* Nothing to do on the way up, nothing to undo on the way down */
	{ .name = "three", .try_down = try_down_3 },
	{
		.name = "four",
		.try_up = try_up_4,
		.try_down = try_down_4,
		.undo_up = undo_up_4,
		.undo_down = undo_down_4,
	},
};

static const struct mhp_table undo_table = {
	.name = "undo",
	.nr_states = ARRAY_SIZE(undo_steps),
	.steps = undo_steps,
};

struct walk_case {
	const char *name;
	const struct mhp_table *table;
	unsigned int from;
	unsigned int to;
	const char *fails;
	const char *log;
};

static const struct walk_case walk_cases[] = {
	{ "stay", &plain_table, 2, 2, NULL, "" },
	{ "stay at the bottom", &plain_table, 0, 0, NULL, "" },
	{ "all the way up", &plain_table, 0, 4, NULL,
	  "try_up_1 up_2 try_up_3 up_4 " },
	{ "all the way down", &plain_table, 4, 0, NULL,
	  "try_down_4 down_3 try_down_2 down_1 " },
	{ "one up", &plain_table, 1, 2, NULL, "up_2 " },
	{ "one down", &plain_table, 3, 2, NULL, "down_3 " },
	{ "part of the way up", &plain_table, 1, 3, NULL, "up_2 try_up_3 " },
	{ "part of the way down", &plain_table, 3, 1, NULL,
	  "down_3 try_down_2 " },

	{ "fails at the first up", &plain_table, 0, 4, "try_up_1",
	  "try_up_1 " },
	{ "fails at the third up", &plain_table, 0, 4, "try_up_3",
	  "try_up_1 up_2 try_up_3 down_1 " },
	{ "fails at the first down", &plain_table, 4, 0, "try_down_4",
	  "try_down_4 " },
	{ "fails at the third down", &plain_table, 4, 0, "try_down_2",
	  "try_down_4 down_3 try_down_2 up_4 " },
	{ "fails on the last step up", &plain_table, 1, 3, "try_up_3",
	  "up_2 try_up_3 " },
	{ "fails beyond the target", &plain_table, 0, 2, "try_up_3",
	  "try_up_1 up_2 " },

	{ "own undo, all the way up", &undo_table, 0, 4, NULL,
	  "try_up_1 try_up_2 try_up_4 " },
	{ "own undo, all the way down", &undo_table, 4, 0, NULL,
	  "try_down_4 try_down_3 down_2 try_down_1 " },
	{ "own undo, fails at the first up", &undo_table, 0, 4, "try_up_1",
	  "try_up_1 " },
	{ "own undo, fails at the second up", &undo_table, 0, 4, "try_up_2",
	  "try_up_1 try_up_2 undo_up_1 " },
	{ "own undo, fails at the fourth up", &undo_table, 0, 4, "try_up_4",
	  "try_up_1 try_up_2 try_up_4 undo_up_2 undo_up_1 " },
	{ "own undo, fails at the fourth up, from half way", &undo_table, 2, 4,
	  "try_up_4", "try_up_4 " },
	{ "own undo, fails at the first down", &undo_table, 4, 0, "try_down_4",
	  "try_down_4 " },
	{ "own undo, fails at the second down", &undo_table, 4, 0,
	  "try_down_3", "try_down_4 try_down_3 undo_down_4 " },
	{ "own undo, fails at the last down", &undo_table, 4, 0, "try_down_1",
	  "try_down_4 try_down_3 down_2 try_down_1 undo_down_2 undo_down_4 " },
	{ "own undo, fails at the last down, from half way", &undo_table, 2, 0,
	  "try_down_1", "down_2 try_down_1 undo_down_2 " },
};

KUNIT_ARRAY_PARAM_DESC(walk, walk_cases, name);

static struct fake_walk *new_walk(struct kunit *test,
				  const struct mhp_table *table,
				  unsigned int from)
{
	struct fake_walk *walk = kunit_kzalloc(test, sizeof(*walk), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, walk);
	walk->t.table = table;
	walk->t.state = from;
	walk->t.start = 0x100000000;
	walk->t.size = 0x8000000;
	walk->t.shown = &walk->shown;
	walk->t.refusal.request = "walk";
	walk->shown = from;
	walk->test = test;
	walk->error = -EBUSY;
	return walk;
}

static void walk_test(struct kunit *test)
{
	const struct walk_case *c = test->param_value;
	struct fake_walk *walk = new_walk(test, c->table, c->from);
	int ret;

	walk->fails = c->fails;
	ret = mhp_walk(&walk->t, c->to);

	KUNIT_EXPECT_STREQ(test, walk->log, c->log);
	KUNIT_EXPECT_EQ(test, walk->shown, walk->t.state);
	KUNIT_EXPECT_EQ(test, walk->t.refusal.error, ret);
	/* The step that fails may lie beyond the target */
	if (c->fails && strstr(c->log, c->fails)) {
		KUNIT_EXPECT_EQ(test, ret, -EBUSY);
		KUNIT_EXPECT_EQ(test, walk->t.state, c->from);
	} else {
		KUNIT_EXPECT_EQ(test, ret, 0);
		KUNIT_EXPECT_EQ(test, walk->t.state, c->to);
	}
}

/* Nobody has to watch */
static void walk_unseen_test(struct kunit *test)
{
	struct fake_walk *walk = new_walk(test, &plain_table, 0);

	walk->t.shown = NULL;
	KUNIT_EXPECT_EQ(test, mhp_walk(&walk->t, 4), 0);
	KUNIT_EXPECT_EQ(test, walk->t.state, 4);
	KUNIT_EXPECT_EQ(test, walk->shown, 0);
}

struct reason_case {
	const char *name;
	unsigned int from;
	unsigned int to;
	const char *fails;
	int error;
	bool says_why;
	enum mhp_refusal_kind kind;
	const char *why;
};

static const struct reason_case reason_cases[] = {
	{ "a step that says why", 0, 4, "try_up_3", -EBUSY, true,
	  MHP_REFUSED_CLIENT, "the fake does not want to" },
	{ "no reason on the way up", 0, 4, "try_up_3", -EIO, false,
	  MHP_REFUSED_ARCH, "three could not be reached" },
	{ "no reason on the way down", 4, 0, "try_down_2", -EIO, false,
	  MHP_REFUSED_ARCH, "two could not be left" },
	{ "no memory", 0, 4, "try_up_1", -ENOMEM, false,
	  MHP_REFUSED_NO_MEMORY, "one could not be reached" },
	{ "no memory, and says why", 0, 4, "try_up_1", -ENOMEM, true,
	  MHP_REFUSED_CLIENT, "the fake does not want to" },
};

KUNIT_ARRAY_PARAM_DESC(reason, reason_cases, name);

static void reason_test(struct kunit *test)
{
	const struct reason_case *c = test->param_value;
	struct fake_walk *walk = new_walk(test, &plain_table, c->from);
	const struct mhp_refusal *refusal = &walk->t.refusal;

	walk->fails = c->fails;
	walk->error = c->error;
	walk->says_why = c->says_why;

	KUNIT_EXPECT_EQ(test, mhp_walk(&walk->t, c->to), c->error);
	KUNIT_EXPECT_EQ(test, refusal->error, c->error);
	KUNIT_EXPECT_EQ(test, refusal->kind, c->kind);
	KUNIT_EXPECT_STREQ(test, refusal->why, c->why);
	KUNIT_EXPECT_STREQ(test, refusal->request, "walk");
	KUNIT_EXPECT_EQ(test, refusal->start,
			c->says_why ? 1 : walk->t.start);
	KUNIT_EXPECT_EQ(test, refusal->size, c->says_why ? 2 : walk->t.size);
}

static void no_refusal_without_failure_test(struct kunit *test)
{
	struct fake_walk *walk = new_walk(test, &plain_table, 0);

	KUNIT_EXPECT_EQ(test, mhp_walk(&walk->t, 4), 0);
	KUNIT_EXPECT_EQ(test, mhp_walk(&walk->t, 0), 0);
	KUNIT_EXPECT_EQ(test, walk->t.refusal.error, 0);
	KUNIT_EXPECT_EQ(test, walk->t.refusal.kind, MHP_REFUSED_NOT);
	KUNIT_EXPECT_EQ(test, walk->t.refusal.why[0], '\0');
}

static void state_name_test(struct kunit *test)
{
	KUNIT_EXPECT_STREQ(test, mhp_state_name(&plain_table, 0), "zero");
	KUNIT_EXPECT_STREQ(test, mhp_state_name(&plain_table, 4), "four");
	KUNIT_EXPECT_STREQ(test, mhp_state_name(&plain_table, 5), "unknown");
	KUNIT_EXPECT_STREQ(test, mhp_state_name(&plain_table, UINT_MAX),
			   "unknown");
}

static struct kunit_case mhp_walk_cases[] = {
	KUNIT_CASE_PARAM(walk_test, walk_gen_params),
	KUNIT_CASE(walk_unseen_test),
	KUNIT_CASE_PARAM(reason_test, reason_gen_params),
	KUNIT_CASE(no_refusal_without_failure_test),
	KUNIT_CASE(state_name_test),
	{}
};

static struct kunit_suite mhp_walk_suite = {
	.name = "mhp_walk",
	.test_cases = mhp_walk_cases,
};

kunit_test_suite(mhp_walk_suite);

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What has to be true of the two tables of states, whatever their states are:
 * then the walk can always turn round.
 */

#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "../internal.h"

/* Where each table is past the point of no return, see the documentation */
struct table_case {
	const char *name;
	const struct mhp_table *table;
	unsigned int nr_states;
	unsigned int last_fail_up;
	unsigned int last_fail_down;
};

static const struct table_case table_cases[] = {
	{ "range", &mhp_range_table, MHP_RANGE_STATES, MHP_RANGE_LISTED,
	  MHP_RANGE_LISTED },
	{ "block", &mhp_block_table, MHP_BLOCK_STATES, MHP_BLOCK_ACCEPTED,
	  MHP_BLOCK_OCCUPIED },
};

KUNIT_ARRAY_PARAM_DESC(table, table_cases, name);

static void names_test(struct kunit *test)
{
	const struct table_case *c = test->param_value;
	const struct mhp_step *steps = c->table->steps;
	unsigned int i, j;

	KUNIT_EXPECT_STREQ(test, c->table->name, c->name);
	KUNIT_ASSERT_EQ(test, c->table->nr_states, c->nr_states);
	for (i = 0; i < c->nr_states; i++) {
		KUNIT_ASSERT_NOT_NULL_MSG(test, steps[i].name, "state %u", i);
		KUNIT_EXPECT_NE(test, steps[i].name[0], '\0');
		/* They are fields of a line, and 31 bytes fit into "fail" */
		KUNIT_EXPECT_NULL(test, strpbrk(steps[i].name, " \t\n"));
		KUNIT_EXPECT_LE(test, strlen(steps[i].name), 31);
		for (j = 0; j < i; j++)
			KUNIT_EXPECT_STRNEQ(test, steps[i].name, steps[j].name);
	}
}

/* The walk keeps the number of a state in a byte */
static void states_fit_test(struct kunit *test)
{
	const struct table_case *c = test->param_value;

	KUNIT_EXPECT_GE(test, c->table->nr_states, 2);
	KUNIT_EXPECT_LE(test, c->table->nr_states, U8_MAX);
}

/* Nobody walks to the first state from below, or leaves it downwards */
static void first_state_has_no_step_test(struct kunit *test)
{
	const struct table_case *c = test->param_value;
	const struct mhp_step *first = &c->table->steps[0];

	KUNIT_EXPECT_TRUE(test, !first->up && !first->try_up && !first->down &&
			  !first->try_down && !first->undo_up &&
			  !first->undo_down);
}

static void one_function_each_way_test(struct kunit *test)
{
	const struct table_case *c = test->param_value;
	const struct mhp_step *step;
	unsigned int i;

	for (i = 1; i < c->table->nr_states; i++) {
		step = &c->table->steps[i];
		KUNIT_EXPECT_FALSE_MSG(test, step->up && step->try_up,
				       "%s has two ways up", step->name);
		KUNIT_EXPECT_FALSE_MSG(test, step->down && step->try_down,
				       "%s has two ways down", step->name);
		/* What does nothing needs no undo of its own */
		KUNIT_EXPECT_FALSE_MSG(test, step->undo_up && !step->up &&
				       !step->try_up,
				       "%s undoes nothing up", step->name);
		KUNIT_EXPECT_FALSE_MSG(test, step->undo_down && !step->down &&
				       !step->try_down,
				       "%s undoes nothing down", step->name);
	}
}

static unsigned int last_fail(const struct mhp_table *table, bool up)
{
	unsigned int i, found = 0;

	for (i = 1; i < table->nr_states; i++) {
		if (!mhp_step_may_fail(&table->steps[i], up))
			continue;
		if (up || !found)
			found = i;
	}
	return found;
}

/*
 * The way up is what happens to memory that comes online. Memory that was asked
 * to go and stays does not come online: a step that asks needs its own undo.
 */
static void asking_has_its_own_undo_test(struct kunit *test)
{
	const struct table_case *c = test->param_value;
	const struct mhp_step *step;
	unsigned int i;

	for (i = last_fail(c->table, false) + 1; i < c->table->nr_states;
	     i++) {
		step = &c->table->steps[i];
		if (step->try_down && (step->up || step->try_up))
			KUNIT_EXPECT_TRUE_MSG(test, step->undo_down,
					      "%s is undone by coming up",
					      step->name);
	}
}

/* Behind it nothing can fail; the documentation says where it is */
static void point_of_no_return_test(struct kunit *test)
{
	const struct table_case *c = test->param_value;

	KUNIT_EXPECT_STREQ(test,
			   mhp_state_name(c->table, last_fail(c->table, true)),
			   mhp_state_name(c->table, c->last_fail_up));
	KUNIT_EXPECT_STREQ(test,
			   mhp_state_name(c->table, last_fail(c->table, false)),
			   mhp_state_name(c->table, c->last_fail_down));
}

/* What a later failure makes the walk undo can be undone, by what cannot fail */
static void undone_before_no_return_test(struct kunit *test)
{
	const struct table_case *c = test->param_value;
	const unsigned int last_up = last_fail(c->table, true);
	const unsigned int last_down = last_fail(c->table, false);
	const struct mhp_step *step;
	unsigned int i;

	for (i = 1; i < last_up; i++) {
		step = &c->table->steps[i];
		if (step->up || step->try_up)
			KUNIT_EXPECT_TRUE_MSG(test,
					      step->undo_up || step->down,
					      "%s cannot be undone upwards",
					      step->name);
	}
	for (i = last_down + 1; i < c->table->nr_states; i++) {
		step = &c->table->steps[i];
		if (step->down)
			KUNIT_EXPECT_TRUE_MSG(test,
					      step->undo_down || step->up,
					      "%s cannot be undone downwards",
					      step->name);
	}
}

/* Finds the line of @state; false if it is not there or has another form */
static bool listed(const char *list, const char *table, unsigned int state,
		   const struct mhp_step *step)
{
	const char *up = step->try_up ? "may-fail" : "cannot-fail";
	const char *down = step->try_down ? "may-fail" : "cannot-fail";
	char line[96];

	scnprintf(line, sizeof(line), "%s %u %s up %s down %s\n", table, state,
		  step->name, up, down);
	return strstr(list, line);
}

static void list_test(struct kunit *test)
{
	const struct table_case *c = test->param_value;
	char *list = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	unsigned int i, lines = 0;
	const char *end;

	KUNIT_ASSERT_NOT_NULL(test, list);
	KUNIT_EXPECT_EQ(test, mhp_states_show(list), strlen(list));
	for (i = 0; i < c->table->nr_states; i++)
		KUNIT_EXPECT_TRUE_MSG(test, listed(list, c->name, i,
						   &c->table->steps[i]),
				      "%s is not listed as it is",
				      c->table->steps[i].name);

	for (end = strchr(list, '\n'); end; end = strchr(end + 1, '\n'))
		lines++;
	KUNIT_EXPECT_EQ(test, lines, MHP_RANGE_STATES + MHP_BLOCK_STATES);
}

static struct kunit_case mhp_tables_cases[] = {
	KUNIT_CASE_PARAM(names_test, table_gen_params),
	KUNIT_CASE_PARAM(states_fit_test, table_gen_params),
	KUNIT_CASE_PARAM(first_state_has_no_step_test, table_gen_params),
	KUNIT_CASE_PARAM(one_function_each_way_test, table_gen_params),
	KUNIT_CASE_PARAM(asking_has_its_own_undo_test, table_gen_params),
	KUNIT_CASE_PARAM(point_of_no_return_test, table_gen_params),
	KUNIT_CASE_PARAM(undone_before_no_return_test, table_gen_params),
	KUNIT_CASE_PARAM(list_test, table_gen_params),
	{}
};

static struct kunit_suite mhp_tables_suite = {
	.name = "mhp_tables",
	.test_cases = mhp_tables_cases,
};

kunit_test_suite(mhp_tables_suite);

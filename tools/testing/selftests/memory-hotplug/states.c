// SPDX-License-Identifier: GPL-2.0
/*
 * The undo of every step: each state that hotplug/states says may fail is made
 * to fail, in both directions, and afterwards everything is as it was before.
 *
 *   states [-r rounds] [-b block] [-q]
 *
 * Memory that the kernel does not use is added, brought online, taken offline
 * and removed, in several ways: see targets.c. If mhp_client of test_modules is
 * loaded, what clients are told is compared as well.
 *
 * With -b, an offline block that is there already is brought online and taken
 * offline instead; only the table of blocks is then walked.
 *
 * Afterwards the whole is repeated, without looking at each step, and after each
 * round what cannot be compared exactly is measured: free pages, slab objects
 * and objects of the per-CPU allocator. What RCU or a CPU still holds back comes
 * and goes, so the least that was in use is compared: in the first half of the
 * rounds, and in the last. The last half may have NOISE_PAGES and NOISE_OBJECTS
 * more, so that 200 rounds find a step that leaves one object behind. With -q
 * there are only these rounds.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest.h"
#include "hotplug.h"

#define INJECTED	ENOLINK		/* nothing in a transition returns it */
#define MAX_STATES	64
#define MAX_ROUNDS	1000

#define ATTEMPTS	3
#define NOISE_PAGES	64
#define NOISE_OBJECTS	40

static struct state states[MAX_STATES];
static size_t nr_states;

static bool quick;

/* A walk through a table: what makes it go and what brings it back */
struct walk {
	const char *table;
	bool up;
	const char *request;
	int (*go)(const struct target *target);
	int (*back)(const struct target *target);
};

static const struct walk walks[] = {
	{ "range", true,  "add",     target_add,	 target_remove },
	{ "block", true,  "online",  target_online,	 target_offline },
	{ "block", false, "offline", target_offline, target_online },
	{ "range", false, "remove",  target_remove,	 target_add },
};

static bool walks_range(const struct walk *walk)
{
	return !strcmp(walk->table, "range");
}

static bool may_fail(const struct walk *walk, const struct state *state)
{
	return !strcmp(walk->table, state->table) &&
	       (walk->up ? state->up_may_fail : state->down_may_fail);
}

/* A range's files are in the root, a block's with the block */
static void hotplug_path(char *path, const struct walk *walk, const struct target *target,
			 const char *file)
{
	if (walks_range(walk))
		snprintf(path, LINE, MEMORY "hotplug/%s", file);
	else
		snprintf(path, LINE, MEMORY "memory%llu/hotplug/%s", target->number, file);
}

static int arm(const struct walk *walk, const struct target *target, const struct state *state)
{
	char path[LINE], text[LINE];

	hotplug_path(path, walk, target, "fail");
	snprintf(text, sizeof(text), "%s %s %d", state->name, walk->up ? "up" : "down", INJECTED);
	return put(path, text);
}

static bool reads(const char *path, const char *wanted, bool whole)
{
	char text[LINE];
	int error = get(path, text, sizeof(text));

	if (error) {
		ksft_print_msg("%s: %s\n", path, strerror(error));
		return false;
	}
	if (whole ? !strcmp(text, wanted) : !strncmp(text, wanted, strlen(wanted)))
		return true;
	ksft_print_msg("%s: \"%s\" instead of \"%s\"\n", path, text, wanted);
	return false;
}

static bool told(const struct walk *walk, const struct target *target, const struct state *state)
{
	char path[LINE], text[LINE];
	bool good;

	hotplug_path(path, walk, target, "fail");
	snprintf(text, sizeof(text), "%s %s -%d fired", state->name, walk->up ? "up" : "down",
		 INJECTED);
	good = reads(path, text, true);

	hotplug_path(path, walk, target, "refusal");
	snprintf(text, sizeof(text), "error=-%d request=%s reason=injected ", INJECTED,
		 walk->request);
	good &= reads(path, text, false);
	return good & reads(MEMORY "hotplug/refusal", text, false);
}

static bool fails_and_undoes(const struct walk *walk, const struct target *target,
			     const struct state *state)
{
	static struct snapshot before, after;
	char path[LINE];
	bool good;
	int error;

	snapshot_take(&before);
	error = arm(walk, target, state);
	if (error) {
		ksft_print_msg("could not be armed: %s\n", strerror(error));
		return false;
	}
	error = walk->go(target);
	good = error == INJECTED;
	if (!good)
		ksft_print_msg("%s: %s instead of %s\n", walk->request, strerror(error),
			       strerror(INJECTED));
	good &= told(walk, target, state);
	if (!error)
		must(walk->back(target), "taking back what should have failed", target);
	snapshot_take(&after);
	good &= !snapshot_compare(&before, &after);

	hotplug_path(path, walk, target, "fail");
	must(put(path, "none"), "disarming", target);
	return good;
}

static void describe(char *name, const struct walk *walk, const struct target *target,
		     const struct state *state)
{
	snprintf(name, LINE, "%s node %d %s: %s fails at %s", target->as, target->node,
		 target->online, walk->request, state->name);
}

/* Each state of a walk in turn, then the walk itself */
static void test_walk(const struct walk *walk, const struct target *target)
{
	char name[LINE];
	size_t i;

	for (i = 0; i < nr_states; i++) {
		if (!may_fail(walk, &states[i]))
			continue;
		describe(name, walk, target, &states[i]);
		ksft_test_result(fails_and_undoes(walk, target, &states[i]), "%s\n", name);
	}
	must(walk->go(target), walk->request, target);
}

static bool takes(const struct walk *walk, const struct target *target)
{
	return target->provider != ALREADY_THERE || !walks_range(walk);
}

static void test_target(const struct target *target)
{
	struct snapshot before = {}, after = {};
	size_t i;

	ksft_test_result(!target->left_behind, "%s node %d %s: nothing left the first time\n",
			 target->as, target->node, target->online);
	target_prepare(target);
	snapshot_take(&before);
	for (i = 0; i < ARRAY_SIZE(walks); i++) {
		if (takes(&walks[i], target))
			test_walk(&walks[i], target);
	}
	snapshot_take(&after);
	target_finish(target);
	ksft_test_result(!snapshot_compare(&before, &after),
			 "%s node %d %s: everything as before\n", target->as, target->node,
			 target->online);
}

/* All failures and then the walk, unwatched but for their errno */
static void run_walk(const struct walk *walk, const struct target *target)
{
	size_t i;
	int error;

	for (i = 0; i < nr_states; i++) {
		if (!may_fail(walk, &states[i]))
			continue;
		must(arm(walk, target, &states[i]), "arming", target);
		error = walk->go(target);
		if (error != INJECTED)
			ksft_exit_fail_msg("memory%llu: %s at %s: %s\n", target->number,
					   walk->request, states[i].name, strerror(error));
	}
	must(walk->go(target), walk->request, target);
}

static void run_round(void)
{
	size_t i, j;

	for (i = 0; i < nr_targets; i++) {
		target_prepare(&targets[i]);
		for (j = 0; j < ARRAY_SIZE(walks); j++) {
			if (takes(&walks[j], &targets[i]))
				run_walk(&walks[j], &targets[i]);
		}
		target_finish(&targets[i]);
	}
}

static long at(const struct usage *usage, size_t offset)
{
	return *(const long *)((const char *)usage + offset);
}

/* Free pages are what is not in use, so there more is less: @sign is -1 */
static long least(const struct usage *usage, size_t count, size_t offset, int sign)
{
	long found = sign * at(usage, offset);
	size_t i;

	for (i = 1; i < count; i++) {
		const long here = sign * at(usage + i, offset);

		if (here < found)
			found = here;
	}
	return found;
}

static bool no_slope(const struct usage *usage, size_t rounds, const char *what, size_t offset,
		     long noise, int sign)
{
	const size_t half = rounds / 2;
	const long first = least(usage, half, offset, sign);
	const long last = least(usage + half, half, offset, sign);

	ksft_print_msg("%s: %ld in the first half of %zu rounds, %ld in the last\n", what,
		       sign * first, rounds, sign * last);
	return last - first <= noise;
}

static bool rounds_leave_nothing(size_t rounds)
{
	static struct usage usage[MAX_ROUNDS];
	size_t i;

	for (i = 0; i < rounds; i++) {
		run_round();
		usage_settle();
		usage_take(&usage[i]);
	}
	return no_slope(usage, rounds, "free pages",
			offsetof(struct usage, free_pages), NOISE_PAGES, -1) &
	       no_slope(usage, rounds, "slab objects",
			offsetof(struct usage, slab_objects), NOISE_OBJECTS, 1) &
	       no_slope(usage, rounds, "per-CPU objects",
			offsetof(struct usage, percpu_objects), NOISE_OBJECTS, 1);
}

/* A leak rises every time; what the rest of the system allocates does not */
static void test_rounds(size_t rounds)
{
	bool flat = false;
	int attempt;

	if (rounds < 2) {
		ksft_test_result_skip("no slope: -r says fewer than 2 rounds\n");
		return;
	}
	/* The first round may fill caches that none of the steps before used */
	run_round();
	usage_settle();
	for (attempt = 0; attempt < ATTEMPTS && !flat; attempt++)
		flat = rounds_leave_nothing(rounds);
	ksft_test_result(flat, "no slope over %zu rounds\n", rounds);
}

static unsigned int count_tests(void)
{
	unsigned int tests = 1;
	size_t i, j, k;

	if (quick)
		return tests;
	for (i = 0; i < nr_targets; i++) {
		tests += 2;
		for (j = 0; j < ARRAY_SIZE(walks); j++) {
			for (k = 0; takes(&walks[j], &targets[i]) && k < nr_states; k++)
				tests += may_fail(&walks[j], &states[k]);
		}
	}
	return tests;
}

int main(int argc, char **argv)
{
	size_t rounds = 40, i;
	long block = -1;
	int option, error;

	ksft_print_header();
	while ((option = getopt(argc, argv, "r:b:q")) != -1) {
		if (option == 'r')
			rounds = strtoul(optarg, NULL, 0);
		else if (option == 'b')
			block = strtol(optarg, NULL, 0);
		else if (option == 'q')
			quick = true;
		else
			ksft_exit_fail_msg("usage: states [-r rounds] [-b block] [-q]\n");
	}
	if (rounds > MAX_ROUNDS)
		ksft_exit_fail_msg("at most %d rounds\n", MAX_ROUNDS);
	if (access(MEMORY "hotplug/states", R_OK))
		ksft_exit_skip("no " MEMORY "hotplug/states\n");
	if (access(MEMORY "hotplug/fail", W_OK))
		ksft_exit_skip("needs root and CONFIG_MEMORY_HOTPLUG_FAIL\n");
	error = read_states(states, ARRAY_SIZE(states), &nr_states);
	if (error)
		ksft_exit_fail_msg("hotplug/states: %s\n", strerror(error));

	targets_begin();
	if (block >= 0)
		targets_use_block(block);
	else
		targets_find();
	if (!nr_targets)
		ksft_exit_skip("no memory to probe: boot with mem= so that some is left\n");

	ksft_set_plan(count_tests());
	for (i = 0; i < nr_targets && !quick; i++)
		test_target(&targets[i]);
	test_rounds(rounds);
	ksft_finished();
}

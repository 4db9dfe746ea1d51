// SPDX-License-Identifier: GPL-2.0
/*
 * Every allocation on the way fails once: the first of one transition, the
 * second of the next, and so on until a transition has no more. Each of them
 * ends in success, or in an error with everything as before.
 *
 * The n-th allocation of a system call fails by /proc/self/fail-nth, so the
 * kernel needs failslab and fail_page_alloc. Allocations that may wait fail
 * too; those that must not fail do not.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest.h"
#include "hotplug.h"

#define FAIL_NTH	"/proc/thread-self/fail-nth"
#define FAILSLAB	"/sys/kernel/debug/failslab/"
#define FAIL_PAGES	"/sys/kernel/debug/fail_page_alloc/"
#define MAX_RANGES	64
#define MAX_SITES	5000
#define LEFT_OBJECTS	512

static struct range block;
static char saved_policy[LINE];
static const char *online_type;

static int by_hand(const char *path)
{
	char text[LINE];

	snprintf(text, sizeof(text), "%#llx", (unsigned long long)block.start);
	return put(path, text);
}

static int set_state(const char *state)
{
	char path[LINE];

	snprintf(path, sizeof(path), MEMORY "memory%llu/state",
		 (unsigned long long)(block.start / block.size));
	return put(path, state);
}

static int add(void)
{
	return by_hand(MEMORY "probe");
}

static int remove_block(void)
{
	return by_hand(MEMORY "remove");
}

static int online(void)
{
	return set_state(online_type);
}

static int offline(void)
{
	return set_state("offline");
}

static void restore(void)
{
	put(FAIL_NTH, "0");
	offline();
	remove_block();
	put(MEMORY "auto_online_blocks", saved_policy);
}

static void must(int error, const char *what)
{
	char text[LINE] = "";

	if (!error)
		return;
	get(MEMORY "hotplug/refusal", text, sizeof(text));
	ksft_exit_fail_msg("%s: %s; %s\n", what, strerror(error), text);
}

struct transition {
	const char *what;
	int (*go)(void);
	int (*back)(void);
};

/* Makes one allocation fail; returns whether there was such a one */
static bool go_without(const struct transition *transition, unsigned int nth, int *error)
{
	char text[LINE];

	snprintf(text, sizeof(text), "%u", nth);
	must(put(FAIL_NTH, text), FAIL_NTH);
	*error = transition->go();
	must(get(FAIL_NTH, text, sizeof(text)), FAIL_NTH);
	must(put(FAIL_NTH, "0"), FAIL_NTH);
	return !strcmp(text, "0");
}

static bool is_expected(int error)
{
	/* A node that could not be set up, or sysfs files, may say so in their own way */
	return error == 0 || error == ENOMEM;
}

static void test_transition(const struct transition *transition)
{
	static struct snapshot before, after;
	unsigned int nth, errors = 0, bad = 0;
	struct usage first, last;
	bool fired = true;
	int error;

	snapshot_take(&before);
	usage_settle();
	usage_take(&first);
	for (nth = 1; fired && nth < MAX_SITES; nth++) {
		size_t differences;

		fired = go_without(transition, nth, &error);
		if (!is_expected(error)) {
			ksft_print_msg("%s without allocation %u: %s\n", transition->what, nth,
				       strerror(error));
			bad++;
		}
		if (!error)
			must(transition->back(), "taking back a success");
		else
			errors++;
		snapshot_take(&after);
		differences = snapshot_compare(&before, &after);
		if (differences) {
			ksft_print_msg("%s without allocation %u (%s) left something behind\n",
				       transition->what, nth, strerror(error));
			bad++;
		}
	}
	usage_settle();
	usage_take(&last);
	ksft_print_msg("%s: %u allocations, %u of them indispensable; slab objects %ld, then %ld\n",
		       transition->what, nth - 2, errors, first.slab_objects, last.slab_objects);
	ksft_test_result(!fired && errors && !bad &&
			 last.slab_objects - first.slab_objects <= LEFT_OBJECTS,
			 "%s survives the failure of each of its allocations\n", transition->what);
	if (!fired)
		must(transition->go(), transition->what);
}

static bool prepare_injection(void)
{
	return !put(FAILSLAB "ignore-gfp-wait", "N") && !put(FAILSLAB "verbose", "0") &&
	       !put(FAIL_PAGES "ignore-gfp-wait", "N") && !put(FAIL_PAGES "ignore-gfp-highmem", "N") &&
	       !put(FAIL_PAGES "min-order", "0") && !put(FAIL_PAGES "verbose", "0") &&
	       !access(FAIL_NTH, W_OK);
}

static void test_block(uint64_t start, const char *type)
{
	const struct transition adding = { "add", add, remove_block };
	const struct transition going_online = { "online", online, offline };

	block.start = start;
	online_type = type;
	must(add(), "the first probe");
	must(online(), "the first online");
	must(offline(), "the first offline");
	must(remove_block(), "the first remove");

	test_transition(&adding);
	test_transition(&going_online);
	must(offline(), "offline");
	must(remove_block(), "remove");
}

int main(void)
{
	struct range spare[MAX_RANGES];
	const size_t count = spare_memory(spare, MAX_RANGES);

	ksft_print_header();
	block.size = block_size();
	if (!prepare_injection())
		ksft_exit_skip("no failslab or fail_page_alloc, or debugfs is not mounted\n");
	if (!count)
		ksft_exit_skip("no memory to probe: boot with mem= so that some is left\n");

	must(get(MEMORY "auto_online_blocks", saved_policy, sizeof(saved_policy)),
	     "auto_online_blocks");
	must(put(MEMORY "auto_online_blocks", "offline"), "auto_online_blocks");
	atexit(restore);

	/* The first is likely to join a node in use, the last a node without memory */
	ksft_set_plan(4);
	test_block(spare[0].start, "online_movable");
	test_block(spare[count - 1].start + spare[count - 1].size - block.size, "online_kernel");
	ksft_finished();
}

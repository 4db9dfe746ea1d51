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
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest.h"
#include "hotplug.h"

#define FAIL_NTH	"/proc/thread-self/fail-nth"
#define FAILSLAB	"/sys/kernel/debug/failslab/"
#define FAIL_PAGES	"/sys/kernel/debug/fail_page_alloc/"
#define MAX_SITES	5000
#define LEFT_OBJECTS	512

struct transition {
	const char *what;
	void (*request)(const struct target *target, char *path, char *text);
	int (*go)(const struct target *target);
	int (*back)(const struct target *target);
};

static const struct transition transitions[] = {
	{ "add", target_add_request, target_add, target_remove },
	{ "online", target_online_request, target_online, target_offline },
};

/*
 * Makes one allocation fail; returns whether there was such a one. Opening a
 * file allocates too, so nothing but the write happens while it is armed.
 */
static bool go_without(const struct transition *transition, const struct target *target,
		       unsigned int nth, int *error)
{
	char number[16], left[16] = "", path[LINE], text[LINE];
	int fd, control = open(FAIL_NTH, O_RDWR);
	ssize_t written;

	transition->request(target, path, text);
	fd = open(path, O_WRONLY);
	if (control < 0 || fd < 0)
		must(errno, path, target);
	snprintf(number, sizeof(number), "%u", nth);

	if (pwrite(control, number, strlen(number), 0) < 0)
		must(errno, FAIL_NTH, target);
	written = write(fd, text, strlen(text));
	*error = written < 0 ? errno : 0;
	if (pread(control, left, sizeof(left) - 1, 0) < 0 || pwrite(control, "0", 1, 0) < 0)
		must(errno, FAIL_NTH, target);
	close(fd);
	close(control);
	return atoi(left) == 0;
}

/* KASAN refuses for want of a shadow without an errno, and keeps freed objects for long */
static bool with_kasan;

static bool find_kasan(void)
{
	FILE *file = fopen("/proc/kallsyms", "r");
	char line[LINE];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file))
		found = strstr(line, " kasan_mem_notifier\n");
	if (file)
		fclose(file);
	return found;
}

static bool is_expected(int error)
{
	return error == 0 || error == ENOMEM || (error == EPERM && with_kasan);
}

/* The least of a few looks: what RCU or a CPU still holds back comes and goes */
static long slab_objects(void)
{
	struct usage usage;
	long least = LONG_MAX;
	int i;

	for (i = 0; i < 4; i++) {
		usage_settle();
		usage_take(&usage);
		if (usage.slab_objects < least)
			least = usage.slab_objects;
	}
	return least;
}

static void test_transition(const struct transition *transition, const struct target *target)
{
	static struct snapshot before, after;
	unsigned int nth, errors = 0, bad = 0;
	long first, last;
	bool fired = true;
	int error;

	snapshot_take(&before);
	first = slab_objects();
	for (nth = 1; fired && nth < MAX_SITES; nth++) {
		size_t differences;

		fired = go_without(transition, target, nth, &error);
		if (!is_expected(error)) {
			ksft_print_msg("%s without allocation %u: %s\n", transition->what, nth,
				       strerror(error));
			bad++;
		}
		if (!error)
			must(transition->back(target), "taking back a success", target);
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
	last = slab_objects();
	ksft_print_msg("%s: %u allocations, %u of them indispensable; slab objects %ld, then %ld\n",
		       transition->what, nth - 2, errors, first, last);
	ksft_test_result(!fired && errors && !bad &&
			 (last - first <= LEFT_OBJECTS || with_kasan),
			 "%s node %d %s: %s survives the failure of each of its allocations\n",
			 target->as, target->node, target->online, transition->what);
	if (!fired)
		must(transition->go(target), transition->what, target);
}

static bool prepare_injection(void)
{
	return !put(FAILSLAB "ignore-gfp-wait", "N") &&
	       !put(FAILSLAB "verbose", "0") &&
	       !put(FAIL_PAGES "ignore-gfp-wait", "N") &&
	       !put(FAIL_PAGES "ignore-gfp-highmem", "N") &&
	       !put(FAIL_PAGES "min-order", "0") &&
	       !put(FAIL_PAGES "verbose", "0") &&
	       !access(FAIL_NTH, W_OK);
}

int main(void)
{
	size_t i, j;

	ksft_print_header();
	if (!prepare_injection())
		ksft_exit_skip("no failslab or fail_page_alloc, or debugfs is not mounted\n");
	with_kasan = find_kasan();
	targets_begin();
	targets_find();
	if (!nr_targets)
		ksft_exit_skip("no memory to probe: boot with mem= so that some is left\n");

	ksft_set_plan(nr_targets * ARRAY_SIZE(transitions));
	for (i = 0; i < nr_targets; i++) {
		target_prepare(&targets[i]);
		for (j = 0; j < ARRAY_SIZE(transitions); j++)
			test_transition(&transitions[j], &targets[i]);
		must(target_offline(&targets[i]), "offline", &targets[i]);
		must(target_remove(&targets[i]), "remove", &targets[i]);
		target_finish(&targets[i]);
	}
	ksft_finished();
}

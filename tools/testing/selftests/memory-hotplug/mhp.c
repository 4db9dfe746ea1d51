// SPDX-License-Identifier: GPL-2.0
/*
 * What the shell cannot do exactly.
 *
 *   mhp put <file> <text>	write the text once; print "ok" or the errno's name
 *   mhp get <file>		print the first line, or the errno's name
 *   mhp spare			print "<address> <size>" of memory that can be probed
 *   mhp snapshot		print everything that a transition may change
 *   mhp settle			give back what is only cached
 *   mhp usage			print free pages, slab objects, per-CPU objects
 *
 * SIGINT and SIGUSR1 interrupt a put, and it prints EINTR.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "hotplug.h"

static void interrupted(int number)
{
	(void)number;
}

static void let_signals_interrupt(void)
{
	struct sigaction action = { .sa_handler = interrupted };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGUSR1, &action, NULL);
}

static int print_result(int error, const char *good)
{
	puts(error ? strerrorname_np(error) : good);
	return error ? 1 : 0;
}

static int do_get(const char *path)
{
	char text[4096];
	int error = get(path, text, sizeof(text));

	return print_result(error, text);
}

static int print_spare(void)
{
	struct range ranges[MAX_RANGES];
	const size_t count = spare_memory(ranges, MAX_RANGES);
	size_t i;

	for (i = 0; i < count; i++)
		printf("%#llx %#llx\n", (unsigned long long)ranges[i].start,
		       (unsigned long long)ranges[i].size);
	return 0;
}

static int print_snapshot(void)
{
	struct snapshot snapshot = {};

	snapshot_take(&snapshot);
	snapshot_print(&snapshot);
	return 0;
}

static int print_usage(void)
{
	struct usage usage;

	usage_take(&usage);
	printf("%ld %ld %ld\n", usage.free_pages, usage.slab_objects, usage.percpu_objects);
	return 0;
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";

	if (!strcmp(command, "put") && argc == 4) {
		let_signals_interrupt();
		return print_result(put(argv[2], argv[3]), "ok");
	}
	if (!strcmp(command, "get") && argc == 3)
		return do_get(argv[2]);
	if (!strcmp(command, "spare") && argc == 2)
		return print_spare();
	if (!strcmp(command, "snapshot") && argc == 2)
		return print_snapshot();
	if (!strcmp(command, "settle") && argc == 2) {
		usage_settle();
		return 0;
	}
	if (!strcmp(command, "usage") && argc == 2)
		return print_usage();
	fprintf(stderr, "usage: mhp put <file> <text> | get <file>\n"
			"       mhp spare | snapshot | settle | usage\n");
	return 2;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * A movable page that cannot be moved as long as somebody holds on to it.
 *
 *   pin <start> <end> [loosely|dma]
 *
 * finds a page of its own in the physical range [start, end), puts it into a
 * pipe without copying it, says where it is, and lets it go at the end of its
 * input. Loosely is without the pipe: the page is used and may be moved. With
 * dma it asks the module mhp_obstacle to pin it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "pagemap.h"

#define PUT		"/sys/module/mhp_obstacle/parameters/put"

static void fail(const char *what)
{
	fprintf(stderr, "pin: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void let_module_pin(const char *page)
{
	FILE *file = fopen(PUT, "w");

	if (!file || fprintf(file, "dma %p 4096", (void *)page) < 0 || fclose(file))
		fail(PUT);
}

int main(int argc, char **argv)
{
	const char *how = argc > 3 ? argv[3] : "";
	struct iovec page = { .iov_len = 4096 };
	uint64_t address;
	int ends[2];
	char input;

	if (argc < 3 || argc > 4) {
		fprintf(stderr, "usage: pin <start> <end> [loosely|dma]\n");
		return 2;
	}
	page.iov_base = page_between(strtoull(argv[1], NULL, 0), strtoull(argv[2], NULL, 0), &address);
	if (pipe(ends))
		fail("pipe");
	if (!strcmp(how, "dma"))
		let_module_pin(page.iov_base);
	else if (strcmp(how, "loosely") && vmsplice(ends[1], &page, 1, 0) != (ssize_t)page.iov_len)
		fail("vmsplice");
	printf("%s %#llx\n", strcmp(how, "loosely") ? "pinned" : "used",
	       (unsigned long long)address);
	fflush(stdout);
	while (read(STDIN_FILENO, &input, 1) > 0)
		;
	return 0;
}

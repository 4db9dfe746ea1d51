// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel pages of a node that nothing can move: what has been written to a pipe.
 *
 *   unmovable <node> <KiB>
 *
 * binds its allocations to the node, fills pipes, says how much it holds, and
 * gives it back at the end of its input.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MPOL_BIND	2
#define MPOL_DEFAULT	0
#define PIPE_KIB	64
#define MAX_PIPES	256

static void fail(const char *what)
{
	fprintf(stderr, "unmovable: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void bind_to(int node)
{
	unsigned long mask = 1UL << node;

	if (syscall(SYS_set_mempolicy, MPOL_BIND, &mask, sizeof(mask) * 8))
		fail("set_mempolicy");
}

/* The pipe's own structures come from slabs that others use too: not bound */
static int make_pipe(void)
{
	int ends[2];

	if (pipe2(ends, O_NONBLOCK))
		fail("pipe");
	return ends[1];
}

static void fill_pipe(int end)
{
	static char page[4096];
	int i;

	for (i = 0; i < PIPE_KIB / 4; i++) {
		if (write(end, page, sizeof(page)) != sizeof(page))
			fail("write");
	}
}

int main(int argc, char **argv)
{
	int ends[MAX_PIPES], pipes, i;
	char input;

	if (argc != 3) {
		fprintf(stderr, "usage: unmovable <node> <KiB>\n");
		return 2;
	}
	pipes = atoi(argv[2]) / PIPE_KIB;
	if (pipes < 1 || pipes > MAX_PIPES) {
		fprintf(stderr, "unmovable: from %d to %d KiB\n", PIPE_KIB, PIPE_KIB * MAX_PIPES);
		return 2;
	}
	for (i = 0; i < pipes; i++)
		ends[i] = make_pipe();
	bind_to(atoi(argv[1]));
	for (i = 0; i < pipes; i++)
		fill_pipe(ends[i]);
	if (syscall(SYS_set_mempolicy, MPOL_DEFAULT, NULL, 0))
		fail("set_mempolicy");
	printf("holding %d KiB\n", pipes * PIPE_KIB);
	fflush(stdout);
	while (read(STDIN_FILENO, &input, 1) > 0)
		;
	return 0;
}

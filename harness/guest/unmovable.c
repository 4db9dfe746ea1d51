// SPDX-License-Identifier: GPL-2.0
/*
 * Pages of a node that nothing can move: what has been written to a pipe, page
 * tables, or secret memory.
 *
 *   unmovable <node> <KiB> [pipes|tables|secret]
 *
 * binds its allocations to the node, fills pipes, touches memory far apart or that
 * of memfd_secret(), less than 2 MiB of it, says how much it holds, and gives it back
 * at the end of its input.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* POWER has none: it fails there */
#ifndef SYS_memfd_secret
#define SYS_memfd_secret	447
#endif

#define MPOL_BIND	2
#define MPOL_DEFAULT	0
#define PIPE_KIB	64
#define MAX_PIPES	256
#define TABLE_SPAN	(2UL << 20)	/* what one page table maps */

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

static void hold_pipes(int node, int kib)
{
	const int pipes = kib / PIPE_KIB;
	int ends[MAX_PIPES], i;

	for (i = 0; i < pipes; i++)
		ends[i] = make_pipe();
	bind_to(node);
	for (i = 0; i < pipes; i++)
		fill_pipe(ends[i]);
}

/* Reading maps the one page of zeroes, so that nothing but tables is allocated */
static void hold_tables(int node, int kib)
{
	const size_t size = kib / 4 * TABLE_SPAN;
	volatile char *memory;
	size_t at;

	memory = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		fail("mmap");
	bind_to(node);
	for (at = 0; at < size; at += TABLE_SPAN)
		(void)memory[at];
}

/*
 * Single pages, which need no node in the page cache's tree, beside one that has
 * brought the page table: nothing else comes from the node.
 */
static void hold_secret(int node, int kib)
{
	const size_t page = sysconf(_SC_PAGESIZE), size = kib * 1024UL;
	struct rlimit all = { size, size };
	char *memory;
	size_t at;
	int fd;

	memory = mmap(NULL, 2 * TABLE_SPAN, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED || setrlimit(RLIMIT_MEMLOCK, &all))
		fail("mmap");
	memory += -(uintptr_t)memory % TABLE_SPAN;
	*memory = 1;
	memory += page;
	for (at = 0; at < size; at += page) {
		fd = syscall(SYS_memfd_secret, 0);
		if (fd < 0 || ftruncate(fd, page))
			fail("memfd_secret");
		if (mmap(memory + at, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
			 0) == MAP_FAILED)
			fail("mmap");
	}
	bind_to(node);
	for (at = 0; at < size; at += page)
		memory[at] = 1;
}

int main(int argc, char **argv)
{
	const int kib = argc > 2 ? atoi(argv[2]) : 0;
	char input;

	if (argc < 3 || argc > 4) {
		fprintf(stderr, "usage: unmovable <node> <KiB> [pipes|tables|secret]\n");
		return 2;
	}
	if (kib < PIPE_KIB || kib > PIPE_KIB * MAX_PIPES) {
		fprintf(stderr, "unmovable: from %d to %d KiB\n", PIPE_KIB, PIPE_KIB * MAX_PIPES);
		return 2;
	}
	if (argc > 3 && !strcmp(argv[3], "tables"))
		hold_tables(atoi(argv[1]), kib);
	else if (argc > 3 && !strcmp(argv[3], "secret"))
		hold_secret(atoi(argv[1]), kib);
	else
		hold_pipes(atoi(argv[1]), kib);
	if (syscall(SYS_set_mempolicy, MPOL_DEFAULT, NULL, 0))
		fail("set_mempolicy");
	printf("holding %d KiB\n", kib / PIPE_KIB * PIPE_KIB);
	fflush(stdout);
	while (read(STDIN_FILENO, &input, 1) > 0)
		;
	return 0;
}

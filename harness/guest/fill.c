// SPDX-License-Identifier: GPL-2.0
/*
 * A process that uses memory and notices when it changes.
 *
 *   fill <MiB> <start> <end> [node]
 *
 * maps anonymous memory (on the node, if one is given), writes a pattern that
 * differs in every word, and says how many of its pages lie in the physical
 * range [start, end). For each line on standard input it compares every word
 * with the pattern and says again where the pages are; at the end of input it
 * leaves. Exit status 1: a word changed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pagemap.h"

#define MPOL_BIND	2

static uint64_t *memory;
static size_t bytes;
static unsigned long page_size;
static uint64_t start, end;

static void fail(const char *what)
{
	fprintf(stderr, "fill: %s: %s\n", what, strerror(errno));
	exit(2);
}

static uint64_t word(size_t index)
{
	return (index + 1) * 0x9e3779b97f4a7c15ULL;
}

static void locate(const char *verdict)
{
	size_t pages = bytes / page_size, inside = 0, present = 0;
	uint64_t entries[512];

	for (size_t page = 0; page < pages;) {
		size_t count = pages - page < 512 ? pages - page : 512;

		read_pagemap((char *)memory + page * page_size, entries, count);
		for (size_t i = 0; i < count; i++) {
			uint64_t address = entry_address(entries[i]);

			if (!address)
				continue;
			present++;
			inside += address >= start && address < end;
		}
		page += count;
	}
	printf("%s: %zu pages, %zu present, %zu in the range\n", verdict, pages, present, inside);
	fflush(stdout);
}

static size_t differences(void)
{
	size_t bad = 0;

	for (size_t i = 0; i < bytes / sizeof(*memory); i++)
		bad += memory[i] != word(i);
	return bad;
}

int main(int argc, char **argv)
{
	char line[64];

	if (argc < 4) {
		fprintf(stderr, "usage: fill <MiB> <start> <end> [node]\n");
		return 2;
	}
	page_size = sysconf(_SC_PAGESIZE);
	bytes = strtoull(argv[1], NULL, 0) << 20;
	start = strtoull(argv[2], NULL, 0);
	end = strtoull(argv[3], NULL, 0);

	memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		fail("mmap");
	if (argc > 4) {
		unsigned long nodes[16] = { 0 };
		unsigned long node = strtoul(argv[4], NULL, 0);

		if (node >= 8 * sizeof(nodes)) {
			errno = EINVAL;
			fail("node");
		}
		nodes[node / (8 * sizeof(nodes[0]))] = 1UL << node % (8 * sizeof(nodes[0]));
		if (syscall(SYS_mbind, memory, bytes, MPOL_BIND, nodes, 8 * sizeof(nodes), 0))
			fail("mbind");
	}
	for (size_t i = 0; i < bytes / sizeof(*memory); i++)
		memory[i] = word(i);
	locate("filled");

	while (fgets(line, sizeof(line), stdin)) {
		size_t bad = differences();

		if (bad) {
			printf("%zu of %zu words changed\n", bad, bytes / sizeof(*memory));
			return 1;
		}
		locate("intact");
	}
	return 0;
}

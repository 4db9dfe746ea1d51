// SPDX-License-Identifier: GPL-2.0
/*
 * Huge pages of hugetlbfs, of the default size.
 *
 *   huge <pages> used|reserved
 *
 * maps so many, touches them or only has them reserved, says so, and gives them
 * back at the end of its input.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t huge_page_size(void)
{
	FILE *file = fopen("/proc/meminfo", "r");
	char line[128];
	size_t kib = 0;

	while (file && !kib && fgets(line, sizeof(line), file))
		sscanf(line, "Hugepagesize: %zu", &kib);
	return kib << 10;
}

int main(int argc, char **argv)
{
	const size_t page_size = huge_page_size();
	size_t pages, page;
	char *memory, input;

	if (argc != 3 || !page_size) {
		fprintf(stderr, "usage: huge <pages> used|reserved\n");
		return 2;
	}
	pages = strtoul(argv[1], NULL, 0);
	memory = mmap(NULL, pages * page_size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	if (memory == MAP_FAILED) {
		fprintf(stderr, "huge: mmap: %s\n", strerror(errno));
		return 2;
	}
	for (page = 0; page < pages && !strcmp(argv[2], "used"); page++)
		memory[page * page_size] = 1;
	printf("%zu pages %s\n", pages, argv[2]);
	fflush(stdout);
	while (read(STDIN_FILENO, &input, 1) > 0)
		;
	return 0;
}

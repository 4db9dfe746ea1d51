/* SPDX-License-Identifier: GPL-2.0 */
/* Where a process's pages lie, and one that lies where it is wanted; see Documentation/admin-guide/mm/pagemap.rst. */
#ifndef GUEST_PAGEMAP_H
#define GUEST_PAGEMAP_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define PM_PFN_MASK	((1ULL << 55) - 1)
#define PM_PRESENT	(1ULL << 63)

/* Reads the entries of so many pages from @page on; ends the program if it can't */
static inline void read_pagemap(const void *page, uint64_t *entries, size_t count)
{
	static int pagemap = -1;
	const off_t where = (uintptr_t)page / sysconf(_SC_PAGESIZE) * sizeof(*entries);
	const ssize_t size = count * sizeof(*entries);

	if (pagemap < 0)
		pagemap = open("/proc/self/pagemap", O_RDONLY);
	if (pread(pagemap, entries, size, where) != size) {
		perror("/proc/self/pagemap");
		exit(2);
	}
}

/* The physical address that an entry tells; 0 if there is no page */
static inline uint64_t entry_address(uint64_t entry)
{
	return entry & PM_PRESENT ? (entry & PM_PFN_MASK) * sysconf(_SC_PAGESIZE) : 0;
}

static inline uint64_t address_of(const void *page)
{
	uint64_t entry;

	read_pagemap(page, &entry, 1);
	return entry_address(entry);
}

/* A small page of our own in the physical range [@start, @end); ends the program if none comes there */
static inline char *page_between(uint64_t start, uint64_t end, uint64_t *address)
{
	const size_t span = 1UL << 30;
	const long page_size = sysconf(_SC_PAGESIZE);
	char *memory;
	size_t at;

	memory = mmap(NULL, span, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED) {
		perror("mmap");
		exit(2);
	}
	madvise(memory, span, MADV_NOHUGEPAGE);
	for (at = 0; at < span; at += page_size) {
		char *page = memory + at;

		*page = 1;
		*address = address_of(page);
		if (*address >= start && *address < end) {
			if (at)
				munmap(memory, at);
			return page;
		}
	}
	fprintf(stderr, "no page of %zu MiB is in the range\n", span >> 20);
	exit(1);
}

#endif /* GUEST_PAGEMAP_H */

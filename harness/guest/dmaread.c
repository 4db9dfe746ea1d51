// SPDX-License-Identifier: GPL-2.0
/*
 * Has a device write into a page that lies where it is wanted.
 *
 *   dmaread <start> <end> <block device>
 *
 * reads the device's first page past the page cache into a page of its own in the
 * physical range [start, end), and prints what has come.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "pagemap.h"

int main(int argc, char **argv)
{
	const long page_size = sysconf(_SC_PAGESIZE);
	uint64_t address;
	char *page;
	int device;

	if (argc != 4) {
		fprintf(stderr, "usage: dmaread <start> <end> <block device>\n");
		return 2;
	}
	device = open(argv[3], O_RDONLY | O_DIRECT);
	if (device < 0) {
		perror(argv[3]);
		return 1;
	}
	page = page_between(strtoull(argv[1], NULL, 0), strtoull(argv[2], NULL, 0), &address);
	if (read(device, page, page_size) != page_size) {
		perror("read");
		return 1;
	}
	return fwrite(page, 1, page_size, stdout) != (size_t)page_size;
}

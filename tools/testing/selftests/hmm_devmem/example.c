// SPDX-License-Identifier: GPL-2.0-only
/* What a process does with the driver that the documentation shows. */

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest.h"

#define PAGES	1000

/* Pages that are not present and not none: the device has them, or swap */
static unsigned int pages_elsewhere(void *addr, size_t page_size)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	unsigned int i, nr = 0;
	uint64_t entry;

	for (i = 0; i < PAGES; i++) {
		if (pread(fd, &entry, sizeof(entry),
			  ((uintptr_t)addr / page_size + i) * sizeof(entry)) !=
		    sizeof(entry))
			ksft_exit_fail_msg("no /proc/self/pagemap\n");
		nr += entry >> 62 & 1;
	}
	close(fd);
	return nr;
}

int main(void)
{
	const size_t page_size = sysconf(_SC_PAGESIZE);
	int fd = open("/dev/hmm_devmem_example", O_WRONLY);
	unsigned int i, wrong = 0;
	uint64_t *addr;

	ksft_print_header();
	ksft_set_plan(3);
	addr = mmap(NULL, PAGES * page_size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (addr == MAP_FAILED)
		ksft_exit_fail_msg("no memory\n");
	for (i = 0; i < PAGES; i++)
		addr[i * page_size / sizeof(*addr)] = i;

	ksft_test_result(dprintf(fd, "%#lx %#lx", (unsigned long)addr,
				 (unsigned long)(PAGES * page_size)) > 0,
			 "memory can go to the device\n");
	ksft_test_result(pages_elsewhere(addr, page_size) == PAGES,
			 "it is there\n");
	for (i = 0; i < PAGES; i++)
		wrong += addr[i * page_size / sizeof(*addr)] != i;
	ksft_test_result(!wrong && !pages_elsewhere(addr, page_size),
			 "it comes back\n");
	ksft_finished();
}

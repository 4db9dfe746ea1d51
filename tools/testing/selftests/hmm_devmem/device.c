// SPDX-License-Identifier: GPL-2.0-only
/* The test device, and memory with a pattern. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "device.h"

size_t page_size;

int device_open(void)
{
	page_size = sysconf(_SC_PAGESIZE);
	return open(DEVICE, O_RDWR | O_CLOEXEC);
}

static int command(int fd, unsigned long number, void *arg)
{
	return ioctl(fd, number, arg) < 0 ? -errno : 0;
}

static long move(int fd, unsigned long number, void *addr, size_t pages)
{
	struct hmm_devmem_test_memory memory = {
		.addr = (uintptr_t)addr,
		.size = pages * page_size,
	};
	const int ret = command(fd, number, &memory);

	return ret ? ret : (long)memory.done;
}

long to_device(int fd, void *addr, size_t pages)
{
	return move(fd, HMM_DEVMEM_TEST_TO_DEVICE, addr, pages);
}

long to_system(int fd, void *addr, size_t pages)
{
	return move(fd, HMM_DEVMEM_TEST_TO_SYSTEM, addr, pages);
}

int device_read(int fd, const void *addr, void *buffer, size_t size)
{
	struct hmm_devmem_test_memory memory = {
		.addr = (uintptr_t)addr,
		.size = size,
		.buffer = (uintptr_t)buffer,
	};

	return command(fd, HMM_DEVMEM_TEST_READ, &memory);
}

int device_write(int fd, void *addr, const void *buffer, size_t size)
{
	struct hmm_devmem_test_memory memory = {
		.addr = (uintptr_t)addr,
		.size = size,
		.buffer = (uintptr_t)buffer,
	};

	return command(fd, HMM_DEVMEM_TEST_WRITE, &memory);
}

int device_add(int fd, uint64_t size)
{
	struct hmm_devmem_test_add add = { .size = size };

	return command(fd, HMM_DEVMEM_TEST_ADD, &add);
}

int device_remove(int fd, unsigned int timeout_ms,
		  struct hmm_devmem_test_remove *users)
{
	struct hmm_devmem_test_remove own;

	if (!users)
		users = &own;
	users->timeout_ms = timeout_ms;
	return command(fd, HMM_DEVMEM_TEST_REMOVE, users);
}

struct hmm_devmem_test_state device_state(int fd)
{
	struct hmm_devmem_test_state state = {};

	if (command(fd, HMM_DEVMEM_TEST_STATE, &state))
		abort();
	return state;
}

static void set_parameter(const char *path, unsigned int value)
{
	FILE *file = fopen(path, "w");

	if (!file || fprintf(file, "%u", value) < 0 || fclose(file))
		abort();
}

void let_copies_fail(unsigned int nr)
{
	set_parameter(PARAMETERS "/fail_copies", nr);
}

void let_faults_wait(bool wait)
{
	set_parameter(PARAMETERS "/hold_faults", wait);
}

long read_memory(int pid, const void *addr, void *buffer, size_t size)
{
	char path[32];
	ssize_t done;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDONLY);
	done = fd < 0 ? -1 : pread(fd, buffer, size, (uintptr_t)addr);
	close(fd);
	return done;
}

void *map_pages(size_t pages)
{
	void *addr = mmap(NULL, pages * page_size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (addr == MAP_FAILED)
		abort();
	return addr;
}

static uint64_t word(uint64_t seed, size_t page, size_t offset)
{
	return (seed << 48) ^ (page << 16) ^ offset;
}

void fill(void *addr, size_t pages, uint64_t seed)
{
	size_t page, offset;

	for (page = 0; page < pages; page++)
		for (offset = 0; offset < page_size; offset += 512)
			*(uint64_t *)(addr + page * page_size + offset) =
				word(seed, page, offset);
}

long wrong_page(const void *addr, size_t pages, uint64_t seed)
{
	size_t page, offset;

	for (page = 0; page < pages; page++)
		for (offset = 0; offset < page_size; offset += 512)
			if (*(uint64_t *)(addr + page * page_size +
						   offset) !=
			    word(seed, page, offset))
				return page;
	return -1;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The test device by hand:
 *
 *	devmem state
 *	devmem add SIZE [MIN [MAX [ALIGN [bottom-up]]]]
 *	devmem remove [MILLISECONDS]
 *	devmem hold PAGES	keeps so many on the device until its input ends, with the
 *				file closed
 *	devmem use PAGES	has them there and looks at them, again and again until its
 *				input ends; how many went there
 *	devmem bench PAGES	moves them to the device and back, in ns for all
 *	devmem dmirror PAGES	the same by lib/test_hmm, less what it reads back
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "../../../../lib/test_hmm_uapi.h"
#include "device.h"

static int fd;

static int said(int error)
{
	if (error)
		printf("%s\n", strerrorname_np(-error));
	return !!error;
}

static int show_state(void)
{
	struct hmm_devmem_test_state state = device_state(fd);

	printf("pages %llu used %llu start %#llx moves %llu\n",
	       (unsigned long long)state.nr_pages,
	       (unsigned long long)state.nr_used,
	       (unsigned long long)state.first_pfn * page_size,
	       (unsigned long long)state.moves);
	return 0;
}

static uint64_t number(char **args, int index)
{
	int i;

	for (i = 0; i <= index; i++)
		if (!args[i])
			return 0;
	return strtoull(args[index], NULL, 0);
}

static int add(char **args)
{
	struct hmm_devmem_test_add add = {
		.size = number(args, 0),
		.min = number(args, 1),
		.max = number(args, 2),
		.align = number(args, 3),
	};

	add.bottom_up = args[0] && args[1] && args[2] && args[3] && args[4];
	return said(ioctl(fd, HMM_DEVMEM_TEST_ADD, &add) ? -errno : 0);
}

static int remove_for(unsigned int timeout_ms)
{
	struct hmm_devmem_test_remove users;
	const int error = device_remove(fd, timeout_ms, &users);

	if (error == -EBUSY)
		printf("%llu pages in use, pid %u comm %s\n",
		       (unsigned long long)users.nr_pages, users.pid, users.comm);
	return said(error);
}

static int hold(size_t pages)
{
	void *addr = map_pages(pages);
	char byte;
	long ret;

	fill(addr, pages, 1);
	ret = to_device(fd, addr, pages);
	if (ret != (long)pages)
		return said(ret < 0 ? ret : -ENOSPC);
	close(fd);
	printf("held\n");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		continue;
	return said(wrong_page(addr, pages, 1) < 0 ? 0 : -EIO);
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ull + time.tv_nsec;
}

/* With pauses in which nothing is on the device, as long as the machine is slow */
static int use(size_t pages)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	void *addr = map_pages(pages);
	unsigned int random = pages;
	unsigned long went = 0;
	unsigned int ms;
	uint64_t begin;
	long ret;

	fill(addr, pages, 1);
	do {
		begin = now();
		ret = to_device(fd, addr, pages);
		if (ret < 0)
			return said(ret);
		went += ret;
		if (wrong_page(addr, pages, 1) >= 0)
			return said(-EIO);
		ms = (now() - begin) / 1000000 + 1;
	} while (!poll(&input, 1, rand_r(&random) % (2 * ms)));
	printf("%lu\n", went);
	return 0;
}

static int bench(size_t pages)
{
	void *addr = map_pages(pages);
	uint64_t begin, there, back;

	fill(addr, pages, 1);
	begin = now();
	if (to_device(fd, addr, pages) != (long)pages)
		return said(-ENOSPC);
	there = now();
	if (to_system(fd, addr, pages) != (long)pages)
		return said(-EIO);
	back = now();
	printf("%llu %llu\n", (unsigned long long)(there - begin),
	       (unsigned long long)(back - there));
	return said(wrong_page(addr, pages, 1) < 0 ? 0 : -EIO);
}

/* Time of one request to lib/test_hmm */
static uint64_t dmirror(int dev, unsigned long request, void *addr,
			size_t pages, void *buffer)
{
	struct hmm_dmirror_cmd cmd = {
		.addr = (uintptr_t)addr,
		.ptr = (uintptr_t)buffer,
		.npages = pages,
	};
	const uint64_t begin = now();

	if (ioctl(dev, request, &cmd))
		abort();
	return now() - begin;
}

static int bench_dmirror(size_t pages)
{
	void *addr = map_pages(pages), *buffer = map_pages(pages);
	int dev = open("/dev/hmm_dmirror0", O_RDWR);
	uint64_t there, back;

	if (dev < 0)
		return said(-errno);
	fill(buffer, pages, 2);
	fill(addr, pages, 1);
	/* It adds its memory when it needs some */
	dmirror(dev, HMM_DMIRROR_MIGRATE_TO_DEV, addr, 1, buffer);
	dmirror(dev, HMM_DMIRROR_MIGRATE_TO_SYS, addr, 1, buffer);
	there = dmirror(dev, HMM_DMIRROR_MIGRATE_TO_DEV, addr, pages, buffer);
	there -= dmirror(dev, HMM_DMIRROR_READ, addr, pages, buffer);
	back = dmirror(dev, HMM_DMIRROR_MIGRATE_TO_SYS, addr, pages, buffer);
	printf("%llu %llu\n", (unsigned long long)there,
	       (unsigned long long)back);
	return said(wrong_page(addr, pages, 1) < 0 ? 0 : -EIO);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	fd = device_open();
	if (fd < 0)
		return said(-errno);
	if (!strcmp(what, "dmirror") && argc > 2)
		return bench_dmirror(atol(argv[2]));
	if (!strcmp(what, "state"))
		return show_state();
	if (!strcmp(what, "add"))
		return add(argv + 2);
	if (!strcmp(what, "remove"))
		return remove_for(argc > 2 ? atoi(argv[2]) : 1000);
	if (!strcmp(what, "hold") && argc > 2)
		return hold(atol(argv[2]));
	if (!strcmp(what, "use") && argc > 2)
		return use(atol(argv[2]));
	if (!strcmp(what, "bench") && argc > 2)
		return bench(atol(argv[2]));
	fprintf(stderr, "see the head of devmem.c\n");
	return 2;
}

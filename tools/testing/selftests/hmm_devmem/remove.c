// SPDX-License-Identifier: GPL-2.0-only
/* Device memory that is emptied, removed and added again. */

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fixture.h"

TEST_F(device, evict)
{
	void *addr = on_device(self->fd, PAGES, 18);

	ASSERT_NE(addr, NULL);
	EXPECT_EQ(ioctl(self->fd, HMM_DEVMEM_TEST_EVICT), 0);
	EXPECT_EQ(used(), 0);
	EXPECT_EQ(device_state(self->fd).faults, self->before.faults);
	EXPECT_EQ(wrong_page(addr, PAGES, 18), -1);
	munmap(addr, PAGES * page_size);
}

static void run_on(int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		abort();
}

/* Nobody has them any more, but the CPU only looks at them together with others */
static bool unmap_locked_on(int cpu, int fd)
{
	void *addr = map_pages(4);

	fill(addr, 4, 29);
	if (mlock(addr, 4 * page_size) || to_device(fd, addr, 4) != 4)
		return false;
	run_on(cpu);
	munmap(addr, 4 * page_size);
	run_on(!cpu);
	return true;
}

TEST_F(device, unlocked_by_another_CPU)
{
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "there is no other CPU");
	ASSERT_TRUE(unmap_locked_on(1, self->fd));
	EXPECT_EQ(ioctl(self->fd, HMM_DEVMEM_TEST_EVICT), 0);
	ASSERT_TRUE(unmap_locked_on(1, self->fd));
	EXPECT_EQ(device_remove(self->fd, 2000, NULL), 0);
}

TEST_F(device, pages_of_its_own)
{
	struct hmm_devmem_test_pages many = { .order = 5 }, one = {};
	struct hmm_devmem_test_pages huge = { .order = 63 };
	struct hmm_devmem_test_remove users;
	void *addr;

	ASSERT_EQ(ioctl(self->fd, HMM_DEVMEM_TEST_ALLOC, &one), 0);
	ASSERT_EQ(ioctl(self->fd, HMM_DEVMEM_TEST_ALLOC, &many), 0);
	EXPECT_EQ(many.index % 32, 0);
	EXPECT_TRUE(one.index < many.index || one.index >= many.index + 32);
	EXPECT_EQ(ioctl(self->fd, HMM_DEVMEM_TEST_ALLOC, &huge), -1);
	EXPECT_EQ(errno, ENOSPC);

	/* They do not go away by themselves, others do */
	addr = on_device(self->fd, 4, 19);
	ASSERT_NE(addr, NULL);
	EXPECT_EQ(ioctl(self->fd, HMM_DEVMEM_TEST_EVICT), -1);
	EXPECT_EQ(errno, EBUSY);
	EXPECT_EQ(used(), 33);
	EXPECT_EQ(wrong_page(addr, 4, 19), -1);

	EXPECT_EQ(device_remove(self->fd, 10, &users), -EBUSY);
	EXPECT_EQ(users.nr_pages, 33);
	EXPECT_EQ(users.first_pfn, self->before.first_pfn +
		  (one.index < many.index ? one.index : many.index));
	EXPECT_EQ(users.pid, 0);

	EXPECT_EQ(ioctl(self->fd, HMM_DEVMEM_TEST_FREE, &many), 0);
	EXPECT_EQ(ioctl(self->fd, HMM_DEVMEM_TEST_FREE, &one), 0);
	EXPECT_EQ(ioctl(self->fd, HMM_DEVMEM_TEST_FREE, &one), -1);
	EXPECT_EQ(ioctl(self->fd, HMM_DEVMEM_TEST_EVICT), 0);
	munmap(addr, 4 * page_size);
}

TEST_F(device, removed_under_use)
{
	void *addr = on_device(self->fd, PAGES, 20);

	ASSERT_NE(addr, NULL);
	ASSERT_EQ(device_remove(self->fd, 10000, NULL), 0);
	EXPECT_EQ(used(), 0);
	EXPECT_EQ(wrong_page(addr, PAGES, 20), -1);
	EXPECT_EQ(to_device(self->fd, addr, PAGES), -ENODEV);
	ASSERT_EQ(device_add(self->fd, self->before.nr_pages * page_size), 0);
	EXPECT_EQ(to_device(self->fd, addr, PAGES), PAGES);
	EXPECT_EQ(wrong_page(addr, PAGES, 20), -1);
	munmap(addr, PAGES * page_size);
}

TEST_F(device, removal_refused)
{
	struct hmm_devmem_test_remove users;
	void *addr = on_device(self->fd, PAGES, 21);

	ASSERT_NE(addr, NULL);
	let_copies_fail(1000000);
	EXPECT_EQ(device_remove(self->fd, 50, &users), -EBUSY);
	let_copies_fail(0);
	EXPECT_EQ(users.nr_pages, PAGES);
	EXPECT_EQ(users.pid, getpid());
	EXPECT_STREQ(users.comm, "remove");
	EXPECT_GE(users.first_pfn, self->before.first_pfn);
	EXPECT_LT(users.first_pfn, self->before.first_pfn + self->before.nr_pages);

	/* And all is as before */
	EXPECT_EQ(used(), PAGES);
	EXPECT_EQ(wrong_page(addr, PAGES, 21), -1);
	EXPECT_EQ(to_device(self->fd, addr, PAGES), PAGES);
	EXPECT_EQ(wrong_page(addr, PAGES, 21), -1);
	munmap(addr, PAGES * page_size);
}

/* A process is named also if the first page is the device's own */
TEST_F(device, removal_refused_with_pages_of_its_own)
{
	struct hmm_devmem_test_pages own = { .order = 5 };
	struct hmm_devmem_test_remove users;
	void *addr;

	ASSERT_EQ(ioctl(self->fd, HMM_DEVMEM_TEST_ALLOC, &own), 0);
	EXPECT_EQ(own.index, 0);
	addr = on_device(self->fd, 4, 30);
	ASSERT_NE(addr, NULL);
	let_copies_fail(1000000);
	EXPECT_EQ(device_remove(self->fd, 50, &users), -EBUSY);
	let_copies_fail(0);
	EXPECT_EQ(users.nr_pages, 36);
	EXPECT_EQ(users.first_pfn, self->before.first_pfn);
	EXPECT_EQ(users.pid, getpid());
	EXPECT_STREQ(users.comm, "remove");

	EXPECT_EQ(ioctl(self->fd, HMM_DEVMEM_TEST_FREE, &own), 0);
	EXPECT_EQ(wrong_page(addr, 4, 30), -1);
	munmap(addr, 4 * page_size);
}

static int add_with(int fd, uint64_t size, uint64_t min, uint64_t max,
		    uint64_t align, bool bottom_up)
{
	struct hmm_devmem_test_add add = {
		.size = size, .min = min, .max = max, .align = align,
		.bottom_up = bottom_up,
	};

	return ioctl(fd, HMM_DEVMEM_TEST_ADD, &add) < 0 ? -errno : 0;
}

#define first_address()	(device_state(self->fd).first_pfn * page_size)

TEST_F(device, constraints)
{
	const uint64_t size = self->before.nr_pages * page_size;
	const uint64_t high = 3ull << 36;
	uint64_t start;

	ASSERT_EQ(device_remove(self->fd, 1000, NULL), 0);
	EXPECT_EQ(add_with(self->fd, size, 1, 0, 3 << 20, false), -EINVAL);
	EXPECT_EQ(add_with(self->fd, size, 2, 1, 0, false), -EINVAL);
	EXPECT_EQ(add_with(self->fd, 0, 0, 0, 0, false), -EINVAL);
	EXPECT_EQ(add_with(self->fd, size, 0, size - 2, 0, false), -ERANGE);
	EXPECT_EQ(add_with(self->fd, UINT64_MAX, 0, 0, 0, false), -EINVAL);
	EXPECT_EQ(add_with(self->fd, 1ull << 62, 0, 0, 0, false), -EINVAL);

	ASSERT_EQ(add_with(self->fd, size, high, high + 4 * size, 0, true), 0);
	EXPECT_EQ(first_address(), high);
	ASSERT_EQ(device_remove(self->fd, 1000, NULL), 0);

	ASSERT_EQ(add_with(self->fd, size, high, high + 4 * size - 1, 0, false), 0);
	EXPECT_EQ(first_address(), high + 3 * size);
	ASSERT_EQ(device_remove(self->fd, 1000, NULL), 0);

	ASSERT_EQ(add_with(self->fd, 1, high + 1, 0, 16 * size, true), 0);
	start = first_address();
	EXPECT_EQ(start, high + 16 * size - high % (16 * size));
	ASSERT_EQ(device_remove(self->fd, 1000, NULL), 0);

	/* As it was */
	ASSERT_EQ(device_add(self->fd, size), 0);
	EXPECT_EQ(device_state(self->fd).first_pfn, self->before.first_pfn);
	EXPECT_EQ(device_add(self->fd, size), -EEXIST);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that goes to a device whose memory the CPU can address: touching it brings
 * nothing back. For test_hmm_devmem with its parameter coherent.
 */

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device.h"
#include "harness.h"

#define PAGES	600

FIXTURE(device)
{
	int fd;
	void *addr;
};

FIXTURE_SETUP(device)
{
	self->fd = device_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_EQ(device_state(self->fd).nr_used, 0);
	self->addr = map_pages(PAGES);
	fill(self->addr, PAGES, 1);
	ASSERT_EQ(to_device(self->fd, self->addr, PAGES), PAGES);
}

FIXTURE_TEARDOWN(device)
{
	EXPECT_EQ(device_state(self->fd).faults, 0);
	munmap(self->addr, PAGES * page_size);
	EXPECT_EQ(device_state(self->fd).nr_used, 0);
	close(self->fd);
}

#define used()		device_state(self->fd).nr_used

TEST_F(device, touched_there)
{
	EXPECT_EQ(used(), PAGES);
	EXPECT_EQ(wrong_page(self->addr, PAGES, 1), -1);
	fill(self->addr, PAGES, 2);
	EXPECT_EQ(wrong_page(self->addr, PAGES, 2), -1);
	EXPECT_EQ(used(), PAGES);
}

TEST_F(device, back)
{
	EXPECT_EQ(to_device(self->fd, self->addr, PAGES), 0);
	EXPECT_EQ(to_system(self->fd, self->addr, PAGES), PAGES);
	EXPECT_EQ(used(), 0);
	EXPECT_EQ(wrong_page(self->addr, PAGES, 1), -1);
}

TEST_F(device, evicted)
{
	EXPECT_EQ(ioctl(self->fd, HMM_DEVMEM_TEST_EVICT), 0);
	EXPECT_EQ(used(), 0);
	EXPECT_EQ(wrong_page(self->addr, PAGES, 1), -1);
}

TEST_F(device, never_touched)
{
	unsigned char *addr = map_pages(8);
	size_t i;

	/* Somebody had these pages before */
	fill(addr, 8, 5);
	ASSERT_EQ(to_device(self->fd, addr, 8), 8);
	munmap(addr, 8 * page_size);
	addr = map_pages(8);
	EXPECT_EQ(to_device(self->fd, addr, 8), 8);
	for (i = 0; i < 8 * page_size; i++)
		ASSERT_EQ(addr[i], 0);
	munmap(addr, 8 * page_size);
	EXPECT_EQ(used(), PAGES);
}

TEST_F(device, device_reads_and_writes)
{
	char buffer[4 * page_size];

	ASSERT_EQ(device_read(self->fd, self->addr, buffer, sizeof(buffer)), 0);
	EXPECT_EQ(wrong_page(buffer, 4, 1), -1);
	fill(buffer, 4, 3);
	ASSERT_EQ(device_write(self->fd, self->addr, buffer, sizeof(buffer)), 0);
	EXPECT_EQ(wrong_page(self->addr, 4, 3), -1);
	EXPECT_EQ(used(), PAGES);
}

TEST_F(device, fork)
{
	int status;
	pid_t pid = fork();

	ASSERT_GE(pid, 0);
	if (!pid) {
		fill(self->addr, PAGES, 4);
		_exit(wrong_page(self->addr, PAGES, 4) != -1);
	}
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	EXPECT_EQ(wrong_page(self->addr, PAGES, 1), -1);
}

TEST_F(device, removed_under_use)
{
	const uint64_t size = device_state(self->fd).nr_pages * page_size;

	ASSERT_EQ(device_remove(self->fd, 10000, NULL), 0);
	EXPECT_EQ(wrong_page(self->addr, PAGES, 1), -1);
	EXPECT_EQ(to_device(self->fd, self->addr, PAGES), -ENODEV);
	ASSERT_EQ(device_add(self->fd, size), 0);
	EXPECT_EQ(to_device(self->fd, self->addr, PAGES), PAGES);
	EXPECT_EQ(wrong_page(self->addr, PAGES, 1), -1);
}

TEST_HARNESS_MAIN

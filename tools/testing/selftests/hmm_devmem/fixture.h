/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests that find the device's memory unused and leave it so, as large as it was. */
#ifndef SELFTESTS_HMM_DEVMEM_FIXTURE_H
#define SELFTESTS_HMM_DEVMEM_FIXTURE_H

#include <sys/mman.h>
#include <unistd.h>

#include "device.h"
#include "harness.h"

#define PAGES	600		/* more than go at a time */

FIXTURE(device)
{
	int fd;
	struct hmm_devmem_test_state before;
};

FIXTURE_SETUP(device)
{
	self->fd = device_open();
	ASSERT_GE(self->fd, 0);
	self->before = device_state(self->fd);
	ASSERT_EQ(self->before.nr_used, 0);
	ASSERT_GE(self->before.nr_pages, 1024);
}

FIXTURE_TEARDOWN(device)
{
	let_copies_fail(0);
	let_faults_wait(false);
	if (!device_state(self->fd).nr_pages)
		EXPECT_EQ(device_add(self->fd,
				     self->before.nr_pages * page_size), 0);
	close(self->fd);
}

#define used()		device_state(self->fd).nr_used

/* It ends on the device unless it is touched before */
static inline void *on_device(int fd, size_t pages, uint64_t seed)
{
	void *addr = map_pages(pages);

	fill(addr, pages, seed);
	return to_device(fd, addr, pages) == (long)pages ? addr : NULL;
}

#endif

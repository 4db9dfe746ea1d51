// SPDX-License-Identifier: GPL-2.0-only
/* See the header */

#include <kunit/device.h>
#include <linux/err.h>
#include <linux/ioport.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/memremap.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pfn.h>
#include <linux/sched.h>
#include <linux/sched/task.h>

#include "device_kunit.h"

/* No process has memory there */
static int no_copy(struct hmm_devmem *devmem,
		   const struct hmm_devmem_copy *pages, unsigned int nr,
		   enum hmm_devmem_direction to)
{
	return -EIO;
}

const struct hmm_devmem_ops device_kunit_ops = { .copy = no_copy };

int device_kunit_init(struct kunit *test)
{
	test->priv = kunit_device_register(test, "device");
	return PTR_ERR_OR_ZERO(test->priv);
}

/* Before it is removed */
struct range device_kunit_place(const struct hmm_devmem *devmem)
{
	const u64 start = PFN_PHYS(hmm_devmem_first_pfn(devmem));

	return (struct range) {
		.start = start,
		.end = start + PFN_PHYS(devmem->nr_pages) - 1,
	};
}

bool device_kunit_has_pages(const struct range *place)
{
	struct dev_pagemap *pagemap;

	pagemap = get_dev_pagemap(PHYS_PFN(place->start), NULL);
	put_dev_pagemap(pagemap);
	return pagemap;
}

/* All of it, and nothing else */
void device_kunit_expect_there(struct kunit *test, const struct range *place)
{
	KUNIT_EXPECT_EQ(test, REGION_INTERSECTS,
			region_intersects(place->start, range_len(place), 0,
					  IORES_DESC_DEVICE_PRIVATE_MEMORY));
	KUNIT_EXPECT_TRUE(test, device_kunit_has_pages(place));
}

/* The addresses are as free as they were */
void device_kunit_expect_gone(struct kunit *test, const struct range *place)
{
	KUNIT_EXPECT_EQ(test, REGION_DISJOINT,
			region_intersects(place->start, range_len(place), 0,
					  IORES_DESC_NONE));
	KUNIT_EXPECT_FALSE(test, device_kunit_has_pages(place));
}

struct task_struct *device_kunit_start(struct kunit *test,
				       int (*function)(void *), void *arg)
{
	struct task_struct *task;

	task = kthread_create(function, arg, "devmem_kunit");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	/* It may end before it is stopped */
	get_task_struct(task);
	wake_up_process(task);
	return task;
}

/* Until somebody is removing it, of which nobody is told */
void device_kunit_await_closed(struct kunit *test, struct hmm_devmem *devmem)
{
	const unsigned long end = jiffies + msecs_to_jiffies(LONG_MS);
	struct page *page;

	while ((page = hmm_devmem_alloc_pages(devmem, 0))) {
		hmm_devmem_free_pages(page, 0);
		if (time_after(jiffies, end)) {
			KUNIT_FAIL(test, "nobody removes it");
			return;
		}
		schedule_timeout_uninterruptible(1);
	}
}

MODULE_DESCRIPTION("Tests of device memory of a device with nothing else");
MODULE_LICENSE("GPL");

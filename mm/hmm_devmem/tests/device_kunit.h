/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For tests of device memory that belongs to a device with nothing else: what the
 * rest of the kernel sees of it, and somebody to remove it while the test looks on.
 */
#ifndef _MM_HMM_DEVMEM_TESTS_DEVICE_KUNIT_H
#define _MM_HMM_DEVMEM_TESTS_DEVICE_KUNIT_H

#include <kunit/test.h>
#include <linux/hmm_devmem.h>
#include <linux/range.h>

struct device;
struct task_struct;

#define SECTION_BYTES	((u64)PAGES_PER_SECTION << PAGE_SHIFT)

/* Long enough, in milliseconds, for what is to end before */
#define LONG_MS		60000

extern const struct hmm_devmem_ops device_kunit_ops;

/* For the suites: the device is in priv */
int device_kunit_init(struct kunit *test);

struct range device_kunit_place(const struct hmm_devmem *devmem);
bool device_kunit_has_pages(const struct range *place);
void device_kunit_expect_there(struct kunit *test, const struct range *place);
void device_kunit_expect_gone(struct kunit *test, const struct range *place);

/* kthread_stop_put() waits for its end, and returns what the function has returned */
struct task_struct *device_kunit_start(struct kunit *test,
				       int (*function)(void *), void *arg);
void device_kunit_await_closed(struct kunit *test, struct hmm_devmem *devmem);

#endif /* _MM_HMM_DEVMEM_TESTS_DEVICE_KUNIT_H */

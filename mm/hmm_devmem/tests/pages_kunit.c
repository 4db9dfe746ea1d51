// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages that a driver takes for its device: they are in use until they are given
 * back, and so long the memory is not removed, whoever asks for it and how.
 */

#include <kunit/test.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/mmap_lock.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>

#include "device_kunit.h"

/* Pages that have become free: how many, and the data of the last */
static unsigned long nr_freed;
static void *freed_data;

static int copy_nothing(struct hmm_devmem *devmem,
			const struct hmm_devmem_copy *pages, unsigned int nr,
			enum hmm_devmem_direction to)
{
	return -EIO;
}

static void freed(struct hmm_devmem *devmem, struct page *page)
{
	nr_freed++;
	freed_data = hmm_devmem_page_data(page);
}

static const struct hmm_devmem_ops counting_ops = {
	.copy = copy_nothing,
	.free = freed,
};

/* Goes with the device */
static struct hmm_devmem *add(struct kunit *test)
{
	struct hmm_devmem *devmem;

	devmem = devm_hmm_devmem_add(&counting_ops, test->priv, 1, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, devmem);
	nr_freed = 0;
	return devmem;
}

static struct page *take_page(struct kunit *test, struct hmm_devmem *devmem)
{
	struct page *page = hmm_devmem_alloc_pages(devmem, 0);

	KUNIT_ASSERT_NOT_NULL(test, page);
	return page;
}

/* Nobody can have a page; gives it back if it is there */
static void expect_closed(struct kunit *test, struct hmm_devmem *devmem)
{
	struct page *page = hmm_devmem_alloc_pages(devmem, 0);

	KUNIT_EXPECT_NULL(test, page);
	if (page)
		hmm_devmem_free_pages(page, 0);
}

static void expect_open(struct kunit *test, struct hmm_devmem *devmem)
{
	struct page *page = hmm_devmem_alloc_pages(devmem, 0);

	KUNIT_EXPECT_NOT_NULL(test, page);
	if (page)
		hmm_devmem_free_pages(page, 0);
}

static void one_page_test(struct kunit *test)
{
	struct hmm_devmem *devmem = add(test);
	struct page *page = take_page(test, devmem), *again;
	int data;

	KUNIT_EXPECT_PTR_EQ(test, hmm_devmem_of(page), devmem);
	KUNIT_EXPECT_EQ(test, hmm_devmem_index(page),
			page_to_pfn(page) - hmm_devmem_first_pfn(devmem));
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	KUNIT_EXPECT_TRUE(test, PageLocked(page));
	KUNIT_EXPECT_EQ(test, hmm_devmem_nr_used(devmem), 1);
	KUNIT_EXPECT_NULL(test, hmm_devmem_page_data(page));

	hmm_devmem_set_page_data(page, &data);
	folio_set_active(page_folio(page));
	SetPageDirty(page);
	hmm_devmem_free_pages(page, 0);
	KUNIT_EXPECT_EQ(test, nr_freed, 1);
	KUNIT_EXPECT_PTR_EQ(test, freed_data, (void *)&data);
	KUNIT_EXPECT_EQ(test, hmm_devmem_nr_used(devmem), 0);

	/* The same one again, and it knows nothing of that */
	again = take_page(test, devmem);
	KUNIT_EXPECT_PTR_EQ(test, again, page);
	KUNIT_EXPECT_NULL(test, hmm_devmem_page_data(again));
	KUNIT_EXPECT_EQ(test, again->flags & PAGE_FLAGS_CHECK_AT_PREP,
			BIT(PG_locked) | BIT(PG_reserved));
	hmm_devmem_free_pages(again, 0);
}

static void orders_test(struct kunit *test)
{
	struct hmm_devmem *devmem = add(test);
	const unsigned int all = ilog2(devmem->nr_pages);
	struct page *one = take_page(test, devmem), *half, *page;

	KUNIT_EXPECT_NULL(test, hmm_devmem_alloc_pages(devmem, all));
	half = hmm_devmem_alloc_pages(devmem, all - 1);
	KUNIT_EXPECT_NOT_NULL(test, half);
	if (half) {
		KUNIT_EXPECT_EQ(test, hmm_devmem_index(half),
				devmem->nr_pages / 2);
		KUNIT_EXPECT_EQ(test, hmm_devmem_nr_used(devmem),
				devmem->nr_pages / 2 + 1);
		KUNIT_EXPECT_NULL(test, hmm_devmem_alloc_pages(devmem, all - 1));
		hmm_devmem_free_pages(half, all - 1);
	}
	hmm_devmem_free_pages(one, 0);
	KUNIT_EXPECT_EQ(test, hmm_devmem_nr_used(devmem), 0);
	KUNIT_EXPECT_EQ(test, nr_freed, devmem->nr_pages / 2 + 1);

	page = hmm_devmem_alloc_pages(devmem, all);
	KUNIT_EXPECT_NOT_NULL(test, page);
	if (page) {
		KUNIT_EXPECT_EQ(test, hmm_devmem_index(page), 0);
		KUNIT_EXPECT_NULL(test, hmm_devmem_alloc_pages(devmem, 0));
		hmm_devmem_free_pages(page, all);
	}
	KUNIT_EXPECT_NULL(test, hmm_devmem_alloc_pages(devmem, all + 1));
	KUNIT_EXPECT_NULL(test, hmm_devmem_alloc_pages(devmem, BITS_PER_LONG - 1));
	KUNIT_EXPECT_NULL(test, hmm_devmem_alloc_pages(devmem, BITS_PER_LONG));
	KUNIT_EXPECT_EQ(test, hmm_devmem_nr_used(devmem), 0);
}

static void not_evicted_test(struct kunit *test)
{
	struct hmm_devmem *devmem = add(test);
	struct page *page = take_page(test, devmem);

	KUNIT_EXPECT_EQ(test, hmm_devmem_evict(devmem), 1);
	hmm_devmem_free_pages(page, 0);
	KUNIT_EXPECT_EQ(test, hmm_devmem_evict(devmem), 0);
}

/* Also when it is refused, all is as before */
static void not_removed_test(struct kunit *test)
{
	struct hmm_devmem *devmem = add(test);
	struct page *first = take_page(test, devmem);
	struct page *second = take_page(test, devmem);
	struct hmm_devmem_users users = { .pid = 1, .comm = "nobody" };

	hmm_devmem_free_pages(first, 0);
	KUNIT_EXPECT_EQ(test, hmm_devmem_remove(devmem, 0, NULL), -EBUSY);
	KUNIT_EXPECT_EQ(test, hmm_devmem_remove(devmem, 10, &users), -EBUSY);
	KUNIT_EXPECT_EQ(test, users.nr_pages, 1);
	KUNIT_EXPECT_EQ(test, users.first_pfn, page_to_pfn(second));
	KUNIT_EXPECT_EQ(test, users.pid, 0);
	KUNIT_EXPECT_STREQ(test, users.comm, "");
	expect_open(test, devmem);
	hmm_devmem_free_pages(second, 0);
}

/* Somebody who removes it, and can be killed */
struct removal {
	struct hmm_devmem *devmem;
	unsigned int timeout_ms;
	struct hmm_devmem_users users;
};

static int remove_it(void *arg)
{
	struct removal *removal = arg;

	allow_signal(SIGKILL);
	return devm_hmm_devmem_remove(removal->devmem, removal->timeout_ms,
				      &removal->users);
}

static void one_remover_test(struct kunit *test)
{
	struct removal removal = { .devmem = add(test), .timeout_ms = LONG_MS };
	const struct range place = device_kunit_place(removal.devmem);
	struct page *page = take_page(test, removal.devmem);
	struct hmm_devmem_users users = { .nr_pages = 7 };
	struct task_struct *task;

	task = device_kunit_start(test, remove_it, &removal);
	device_kunit_await_closed(test, removal.devmem);
	KUNIT_EXPECT_EQ(test, hmm_devmem_remove(removal.devmem, 0, &users),
			-EBUSY);
	KUNIT_EXPECT_EQ(test, users.nr_pages, 0);
	/* The other one goes on */
	expect_closed(test, removal.devmem);
	hmm_devmem_free_pages(page, 0);
	KUNIT_EXPECT_EQ(test, kthread_stop_put(task), 0);
	device_kunit_expect_gone(test, &place);
}

static void killed_remover_test(struct kunit *test)
{
	struct removal removal = { .devmem = add(test), .timeout_ms = LONG_MS };
	struct page *page = take_page(test, removal.devmem);
	struct task_struct *task;

	task = device_kunit_start(test, remove_it, &removal);
	device_kunit_await_closed(test, removal.devmem);
	send_sig(SIGKILL, task, 1);
	KUNIT_EXPECT_EQ(test, kthread_stop_put(task), -EINTR);
	KUNIT_EXPECT_EQ(test, removal.users.nr_pages, 1);
	expect_open(test, removal.devmem);
	hmm_devmem_free_pages(page, 0);
}

/* Until it waits once more, or has ended */
static void await_another_round(struct kunit *test,
				const struct task_struct *task)
{
	const unsigned long end = jiffies + msecs_to_jiffies(LONG_MS);
	const unsigned long before = READ_ONCE(task->nvcsw);

	while (READ_ONCE(task->nvcsw) == before && time_before(jiffies, end))
		schedule_timeout_uninterruptible(1);
	KUNIT_EXPECT_NE(test, READ_ONCE(task->nvcsw), before);
}

/* Who has to wait is not refused by a signal either */
static void waiting_remover_test(struct kunit *test)
{
	struct removal removal = {
		.devmem = add(test),
		.timeout_ms = HMM_DEVMEM_WAIT,
	};
	const struct range place = device_kunit_place(removal.devmem);
	struct page *page = take_page(test, removal.devmem);
	struct task_struct *task;

	task = device_kunit_start(test, remove_it, &removal);
	device_kunit_await_closed(test, removal.devmem);
	send_sig(SIGKILL, task, 1);
	await_another_round(test, task);
	expect_closed(test, removal.devmem);
	hmm_devmem_free_pages(page, 0);
	KUNIT_EXPECT_EQ(test, kthread_stop_put(task), 0);
	device_kunit_expect_gone(test, &place);
}

/* Anonymous memory of so many pages */
static struct vm_area_struct *map_area(struct kunit *test, unsigned long pages)
{
	const unsigned long addr = kunit_vm_mmap(test, NULL, 0, pages * PAGE_SIZE,
						 PROT_READ | PROT_WRITE,
						 MAP_ANONYMOUS | MAP_PRIVATE, 0);
	struct vm_area_struct *vma;

	KUNIT_ASSERT_NE(test, addr, 0);
	KUNIT_ASSERT_LT(test, addr, TASK_SIZE);
	mmap_read_lock(current->mm);
	vma = vma_lookup(current->mm, addr);
	mmap_read_unlock(current->mm);
	KUNIT_ASSERT_NOT_NULL(test, vma);
	KUNIT_ASSERT_EQ(test, vma->vm_start, addr);
	KUNIT_ASSERT_EQ(test, vma->vm_end, addr + pages * PAGE_SIZE);
	return vma;
}

/* Nobody but the test changes the areas */
static long to_device(struct hmm_devmem *devmem, struct vm_area_struct *vma,
		      long start, long end)
{
	long ret;

	mmap_read_lock(current->mm);
	ret = hmm_devmem_migrate_to_device(devmem, vma, vma->vm_start + start,
					   vma->vm_start + end);
	mmap_read_unlock(current->mm);
	return ret;
}

static long to_system(struct hmm_devmem *devmem, struct vm_area_struct *vma,
		      long start, long end)
{
	long ret;

	mmap_read_lock(current->mm);
	ret = hmm_devmem_migrate_to_system(devmem, vma, vma->vm_start + start,
					   vma->vm_start + end);
	mmap_read_unlock(current->mm);
	return ret;
}

/* More than go at a time */
#define AREA	600L

/* What is not of one area, or not in whole pages; from its first address on, in bytes */
static void addresses_test(struct kunit *test)
{
	static const struct { long start, end; } wrong[] = {
		{ 0, 0 },
		{ PAGE_SIZE, 0 },
		{ 1, PAGE_SIZE },
		{ 0, PAGE_SIZE + 1 },
		{ -PAGE_SIZE, PAGE_SIZE },
		{ 0, (AREA + 1) * PAGE_SIZE },
		{ AREA * PAGE_SIZE, (AREA + 1) * PAGE_SIZE },
	};
	struct hmm_devmem *devmem = add(test);
	struct vm_area_struct *vma = map_area(test, AREA);
	int i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		KUNIT_EXPECT_EQ(test, to_device(devmem, vma, wrong[i].start,
						wrong[i].end), -EINVAL);
		KUNIT_EXPECT_EQ(test, to_system(devmem, vma, wrong[i].start,
						wrong[i].end), -EINVAL);
	}
	/* It was not even tried */
	KUNIT_EXPECT_EQ(test, nr_freed, 0);
	/* And of what is right nothing moves: it cannot be copied */
	KUNIT_EXPECT_EQ(test, to_device(devmem, vma, 0, 4 * PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, nr_freed, 4);
	KUNIT_EXPECT_EQ(test, to_system(devmem, vma, 0, 4 * PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, hmm_devmem_nr_used(devmem), 0);
}

/* Nor does anything move to memory that is being removed */
static void closed_test(struct kunit *test)
{
	struct removal removal = { .devmem = add(test), .timeout_ms = LONG_MS };
	struct vm_area_struct *vma = map_area(test, 1);
	struct page *page = take_page(test, removal.devmem);
	struct task_struct *task;
	unsigned long before;

	task = device_kunit_start(test, remove_it, &removal);
	device_kunit_await_closed(test, removal.devmem);
	before = nr_freed;
	KUNIT_EXPECT_EQ(test, to_device(removal.devmem, vma, 0, PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, nr_freed, before);
	hmm_devmem_free_pages(page, 0);
	KUNIT_EXPECT_EQ(test, kthread_stop_put(task), 0);
}

static struct kunit_case hmm_devmem_pages_cases[] = {
	KUNIT_CASE(one_page_test),
	KUNIT_CASE(orders_test),
	KUNIT_CASE(not_evicted_test),
	KUNIT_CASE(not_removed_test),
	KUNIT_CASE(one_remover_test),
	KUNIT_CASE(killed_remover_test),
	KUNIT_CASE(waiting_remover_test),
	KUNIT_CASE(addresses_test),
	KUNIT_CASE(closed_test),
	{}
};

static struct kunit_suite hmm_devmem_pages_suite = {
	.name = "hmm_devmem_pages",
	.init = device_kunit_init,
	.test_cases = hmm_devmem_pages_cases,
};

kunit_test_suite(hmm_devmem_pages_suite);

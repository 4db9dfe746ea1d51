// SPDX-License-Identifier: GPL-2.0-only
/*
 * Device memory that is added, what is there then, and that nothing of it stays; what
 * cannot be added, and why; and what goes by itself with a device or its driver.
 *
 * Memory that the CPU can address has to be somewhere: coherent=<address> is that of
 * a section of RAM which the kernel does not use because of mem=.
 */

#include <kunit/device.h>
#include <kunit/test.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/kref.h>
#include <linux/kthread.h>
#include <linux/memory_hotplug.h>
#include <linux/memremap.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/pfn.h>
#include <linux/string.h>

#include "device_kunit.h"

static unsigned long coherent;
module_param(coherent, ulong, 0400);
MODULE_PARM_DESC(coherent, "Where a section of RAM is that the kernel does not use");

static const struct hmm_devmem_ops cpu_copies;

static unsigned int nr_refs(const struct device *dev)
{
	return kref_read(&dev->kobj.kref);
}

static void added_and_removed_test(struct kunit *test)
{
	struct device *dev = test->priv;
	const unsigned int refs = nr_refs(dev);
	struct hmm_devmem *devmem;
	struct range place;

	devmem = hmm_devmem_add(&device_kunit_ops, dev, SECTION_BYTES + 1, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, devmem);
	KUNIT_EXPECT_PTR_EQ(test, devmem->dev, dev);
	KUNIT_EXPECT_PTR_EQ(test, devmem->ops, &device_kunit_ops);
	KUNIT_EXPECT_EQ(test, devmem->nr_pages, 2 * PAGES_PER_SECTION);
	KUNIT_EXPECT_EQ(test, nr_refs(dev), refs + 1);
	place = device_kunit_place(devmem);
	KUNIT_EXPECT_EQ(test, place.start % SECTION_BYTES, 0);
	device_kunit_expect_there(test, &place);

	KUNIT_EXPECT_EQ(test, hmm_devmem_remove(devmem, 0, NULL), 0);
	device_kunit_expect_gone(test, &place);
	KUNIT_EXPECT_EQ(test, nr_refs(dev), refs);
}

struct add_case {
	const char *name;
	u64 size;
	struct hmm_devmem_constraints constraints;
	const struct hmm_devmem_ops *ops;	/* device_kunit_ops if NULL */
	int want;
};

static const struct add_case add_cases[] = {
	{ "nobody to copy", .size = 1, .ops = &cpu_copies, .want = -EINVAL },
	{ "nothing", .size = 0, .want = -EINVAL },
	{ "a size that cannot be rounded up", .size = U64_MAX, .want = -EINVAL },
	{ "more pages than a bitmap has", .size = PFN_PHYS(1ULL + INT_MAX),
	  .want = -EINVAL },
	{ "bounds the wrong way round", .size = 1,
	  .constraints = { .min = 2, .max = 1 }, .want = -EINVAL },
	{ "an odd alignment", .size = 1, .constraints = { .align = SZ_1G + 1 },
	  .want = -EINVAL },
	{ "bounds too narrow", .size = 1,
	  .constraints = { .max = (1ULL << SECTION_SIZE_BITS) - 2 },
	  .want = -ERANGE },
	{ "bounds behind all addresses", .size = 1,
	  .constraints = { .min = 1ULL << 60 }, .want = -ERANGE },
};

KUNIT_ARRAY_PARAM_DESC(add, add_cases, name);

static void not_added_test(struct kunit *test)
{
	const struct add_case *c = test->param_value;
	const struct hmm_devmem_ops *ops = c->ops ?: &device_kunit_ops;
	struct device *dev = test->priv;
	const unsigned int refs = nr_refs(dev);
	struct hmm_devmem *devmem;

	devmem = hmm_devmem_add(ops, dev, c->size, &c->constraints);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(devmem), c->want);
	devmem = devm_hmm_devmem_add(ops, dev, c->size, &c->constraints);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(devmem), c->want);
	KUNIT_EXPECT_EQ(test, nr_refs(dev), refs);
}

/* What adding memory that the CPU can address says, both ways */
static int error_at(struct kunit *test, u64 start, u64 size)
{
	const struct resource res = DEFINE_RES_MEM(start, size);
	struct hmm_devmem *devmem;
	int error;

	devmem = hmm_devmem_add_resource(&cpu_copies, test->priv, &res);
	error = PTR_ERR_OR_ZERO(devmem);
	devmem = devm_hmm_devmem_add_resource(&cpu_copies, test->priv, &res);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(devmem), error);
	return error;
}

static void resource_not_added_test(struct kunit *test)
{
	const u64 align = memremap_compat_align();
	const u64 ram = ALIGN_DOWN(virt_to_phys(test->priv), align);
	const u64 end = ALIGN(mhp_get_pluggable_range(true).end, align);
	struct device *dev = test->priv;
	const unsigned int refs = nr_refs(dev);
	struct hmm_devmem *other;
	struct range place;

	other = devm_hmm_devmem_add(&device_kunit_ops, dev, 1, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, other);
	place = device_kunit_place(other);

	KUNIT_EXPECT_EQ(test, error_at(test, place.start, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, error_at(test, place.start + PAGE_SIZE, align),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, error_at(test, place.start, align + PAGE_SIZE),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, error_at(test, 0, PFN_PHYS(1ULL + INT_MAX)),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, error_at(test, end, align), -EINVAL);
	KUNIT_EXPECT_EQ(test, error_at(test, ram, align), -ENXIO);
	KUNIT_EXPECT_EQ(test, error_at(test, place.start, align), -EBUSY);
	KUNIT_EXPECT_EQ(test, error_at(test, place.start - align, 2 * align),
			-EBUSY);

	/* And none of these has touched it */
	device_kunit_expect_there(test, &place);
	KUNIT_EXPECT_EQ(test, nr_refs(dev), refs + 1);
}

static void coherent_test(struct kunit *test)
{
	const struct range place = {
		.start = coherent,
		.end = coherent + SECTION_BYTES - 1,
	};
	struct hmm_devmem *devmem;
	struct resource *res;
	struct page *page;

	if (!coherent)
		kunit_skip(test, "there is no parameter coherent");
	res = request_mem_region(place.start, SECTION_BYTES, "devmem_kunit");
	KUNIT_ASSERT_NOT_NULL(test, res);
	devmem = devm_hmm_devmem_add_resource(&cpu_copies, test->priv, res);
	KUNIT_EXPECT_NOT_ERR_OR_NULL(test, devmem);
	if (IS_ERR_OR_NULL(devmem))
		goto release;
	KUNIT_EXPECT_EQ(test, hmm_devmem_first_pfn(devmem), PHYS_PFN(coherent));
	KUNIT_EXPECT_EQ(test, devmem->nr_pages, PAGES_PER_SECTION);
	KUNIT_EXPECT_EQ(test, error_at(test, coherent, SECTION_BYTES), -EBUSY);
	page = hmm_devmem_alloc_pages(devmem, 0);
	KUNIT_EXPECT_NOT_NULL(test, page);
	if (page) {
		memset(page_address(page), 0x5a, PAGE_SIZE);
		KUNIT_EXPECT_NULL(test, memchr_inv(page_address(page), 0x5a,
						   PAGE_SIZE));
		hmm_devmem_free_pages(page, 0);
	}

	kunit_device_unregister(test, test->priv);
	KUNIT_EXPECT_FALSE(test, device_kunit_has_pages(&place));
	/* The addresses are the driver's still */
	KUNIT_EXPECT_EQ(test, REGION_INTERSECTS,
			region_intersects(place.start, SECTION_BYTES,
					  IORESOURCE_MEM, IORES_DESC_NONE));
release:
	release_mem_region(place.start, SECTION_BYTES);
}

static struct hmm_devmem *add_managed(struct kunit *test, struct range *place)
{
	struct hmm_devmem *devmem;

	devmem = devm_hmm_devmem_add(&device_kunit_ops, test->priv, 1, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, devmem);
	*place = device_kunit_place(devmem);
	device_kunit_expect_there(test, place);
	return devmem;
}

static void goes_with_device_test(struct kunit *test)
{
	struct range first, second;

	add_managed(test, &first);
	add_managed(test, &second);
	KUNIT_EXPECT_NE(test, first.start, second.start);
	kunit_device_unregister(test, test->priv);
	device_kunit_expect_gone(test, &first);
	device_kunit_expect_gone(test, &second);
}

static int unbind(void *dev)
{
	device_release_driver(dev);
	return 0;
}

/* However long somebody has a page */
static void goes_with_driver_test(struct kunit *test)
{
	struct range place;
	struct hmm_devmem *devmem = add_managed(test, &place);
	struct page *page = hmm_devmem_alloc_pages(devmem, 0);
	struct task_struct *task;

	KUNIT_ASSERT_NOT_NULL(test, page);
	task = device_kunit_start(test, unbind, test->priv);
	device_kunit_await_closed(test, devmem);
	device_kunit_expect_there(test, &place);
	hmm_devmem_free_pages(page, 0);
	KUNIT_EXPECT_EQ(test, kthread_stop_put(task), 0);
	device_kunit_expect_gone(test, &place);
}

static void removed_before_device_test(struct kunit *test)
{
	struct range place, again;
	struct hmm_devmem *devmem = add_managed(test, &place);

	KUNIT_EXPECT_EQ(test, devm_hmm_devmem_remove(devmem, 0, NULL), 0);
	device_kunit_expect_gone(test, &place);
	add_managed(test, &again);
	kunit_device_unregister(test, test->priv);
	device_kunit_expect_gone(test, &again);
}

/* It still is the device's, and goes with it */
static void not_removed_before_device_test(struct kunit *test)
{
	struct range place;
	struct hmm_devmem *devmem = add_managed(test, &place);
	struct page *page = hmm_devmem_alloc_pages(devmem, 0);
	struct hmm_devmem_users users = {};

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, devm_hmm_devmem_remove(devmem, 0, &users), -EBUSY);
	KUNIT_EXPECT_EQ(test, users.nr_pages, 1);
	device_kunit_expect_there(test, &place);
	hmm_devmem_free_pages(page, 0);
	kunit_device_unregister(test, test->priv);
	device_kunit_expect_gone(test, &place);
}

static struct kunit_case hmm_devmem_add_cases[] = {
	KUNIT_CASE(added_and_removed_test),
	KUNIT_CASE_PARAM(not_added_test, add_gen_params),
	KUNIT_CASE(resource_not_added_test),
	KUNIT_CASE(coherent_test),
	KUNIT_CASE(goes_with_device_test),
	KUNIT_CASE(goes_with_driver_test),
	KUNIT_CASE(removed_before_device_test),
	KUNIT_CASE(not_removed_before_device_test),
	{}
};

static struct kunit_suite hmm_devmem_add_suite = {
	.name = "hmm_devmem_add",
	.init = device_kunit_init,
	.test_cases = hmm_devmem_add_cases,
};

kunit_test_suite(hmm_devmem_add_suite);

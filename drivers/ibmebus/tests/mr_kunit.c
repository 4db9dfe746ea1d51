// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory regions: the calls that make them and free them, and calls that fail.
 */

#include <kunit/test.h>
#include <linux/ebus/mr.h>
#include <linux/pfn.h>

#include "fake_firmware.h"

/* Of the firmware's pages; a page of the kernel's may be several */
#define PER_PAGE	(PAGE_SIZE / EBUS_MR_PAGE_SIZE)
#define IO		0x8000000000000000ULL

static const struct ebus_mr_owner owner = {
	.calls = &ebus_mr_calls_hea,
	.adapter = FAKE_ADAPTER,
	.access = 0x00800000,
	.pd = 7,
};

static const struct ebus_extent two[] = {
	{ .start_pfn = 0x100, .nr_pages = 700 },
	{ .start_pfn = 0x4000, .nr_pages = 333 },
};

static unsigned int calls_for(unsigned long nr_pages)
{
	return 1 + DIV_ROUND_UP(nr_pages * PER_PAGE, EBUS_MR_PAGES_PER_CALL);
}

static int init(struct kunit *test)
{
	test->priv = fake_firmware_init(test);
	return 0;
}

/* The list is filled across the end of an extent, and sent only when full. */
static void region_of_two_extents(struct kunit *test)
{
	struct fake_firmware *fake = test->priv;
	struct ebus_mr mr;
	u64 i, phys;

	KUNIT_ASSERT_EQ(test, 0, ebus_mr_register(&mr, &owner, IO, two, 2));
	KUNIT_EXPECT_EQ(test, calls_for(1033), fake->calls);
	KUNIT_EXPECT_EQ(test, PFN_PHYS(1033), mr.length);
	for (i = 0; i < mr.length; i += EBUS_MR_PAGE_SIZE) {
		phys = i < PFN_PHYS(700) ? PFN_PHYS(0x100) + i :
					   PFN_PHYS(0x4000 - 700) + i;
		KUNIT_EXPECT_EQ(test, phys,
				fake_firmware_translate(fake, mr.lkey, IO + i));
	}
	KUNIT_EXPECT_EQ(test, 0, ebus_mr_free(&mr, &owner));
	KUNIT_EXPECT_EQ(test, 0, ebus_mr_free(&mr, &owner));
	KUNIT_EXPECT_EQ(test, 1, fake->frees);
}

/* If a page is one of the firmware's the 513th goes alone, and is named itself. */
static void last_page_goes_alone(struct kunit *test)
{
	struct fake_firmware *fake = test->priv;
	const struct ebus_extent extent = {
		.start_pfn = 0x100, .nr_pages = EBUS_MR_PAGES_PER_CALL + 1,
	};
	struct ebus_mr mr;

	KUNIT_ASSERT_EQ(test, 0, ebus_mr_register(&mr, &owner, IO, &extent, 1));
	KUNIT_EXPECT_EQ(test, PFN_PHYS(0x100 + EBUS_MR_PAGES_PER_CALL),
			fake_firmware_translate(fake, mr.lkey,
						IO + mr.length - PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, 0, ebus_mr_free(&mr, &owner));
}

static void region_of_nothing(struct kunit *test)
{
	struct ebus_mr mr;

	KUNIT_EXPECT_EQ(test, -EINVAL,
			ebus_mr_register(&mr, &owner, IO, NULL, 0));
	KUNIT_EXPECT_EQ(test, 0, mr.handle);
}

/* Each call in turn: there is an error, and no region. */
static void every_call_fails_once(struct kunit *test)
{
	struct fake_firmware *fake = test->priv;
	const unsigned int calls = calls_for(1033);
	struct ebus_mr mr;
	unsigned int nth;

	for (nth = 1; nth <= calls; nth++) {
		fake_firmware_fail(fake, nth, 1, H_HARDWARE);
		KUNIT_EXPECT_EQ(test, -EIO,
				ebus_mr_register(&mr, &owner, IO, two, 2));
		KUNIT_EXPECT_EQ(test, 0, mr.handle);
		KUNIT_EXPECT_EQ(test, 0, fake_firmware_regions(fake));
	}
}

/* A firmware that has counted other pages than we have */
static void firmware_counts_otherwise(struct kunit *test)
{
	struct fake_firmware *fake = test->priv;
	struct ebus_mr mr;

	fake_firmware_fail(fake, 2, 1, H_SUCCESS);
	KUNIT_EXPECT_EQ(test, -EIO, ebus_mr_register(&mr, &owner, IO, two, 2));
	fake_firmware_fail(fake, calls_for(1033), 1, H_PAGE_REGISTERED);
	KUNIT_EXPECT_EQ(test, -EIO, ebus_mr_register(&mr, &owner, IO, two, 2));
	KUNIT_EXPECT_EQ(test, 0, fake_firmware_regions(fake));
}

static void busy_firmware_is_asked_again(struct kunit *test)
{
	struct fake_firmware *fake = test->priv;
	struct ebus_mr mr;

	fake_firmware_fail(fake, 1, 3, H_LONG_BUSY_START_RANGE);
	KUNIT_ASSERT_EQ(test, 0, ebus_mr_register(&mr, &owner, IO, two, 2));
	fake_firmware_fail(fake, 1, 2, H_BUSY);
	KUNIT_EXPECT_EQ(test, 0, ebus_mr_free(&mr, &owner));
}

/* What the firmware does not let go of is freed by force, and known if it stays. */
static void region_is_not_freed(struct kunit *test)
{
	struct fake_firmware *fake = test->priv;
	struct ebus_mr mr;

	KUNIT_ASSERT_EQ(test, 0, ebus_mr_register(&mr, &owner, IO, two, 2));
	fake_firmware_fail(fake, 1, 2, H_R_STATE);
	KUNIT_EXPECT_EQ(test, -EBUSY, ebus_mr_free(&mr, &owner));
	KUNIT_EXPECT_NE(test, 0, mr.handle);
	fake_firmware_fail(fake, 1, 1, H_R_STATE);
	KUNIT_EXPECT_EQ(test, 0, ebus_mr_free(&mr, &owner));
	KUNIT_EXPECT_EQ(test, 0, mr.handle);
}

static void errnos(struct kunit *test)
{
	static const struct {
		long rc;
		int error;
	} answers[] = {
		{ H_SUCCESS, 0 },
		{ H_NOT_ENOUGH_RESOURCES, -ENOSPC },
		{ H_NO_MEM, -ENOSPC },
		{ H_RESOURCE, -EBUSY },
		{ H_R_STATE, -EBUSY },
		{ H_BUSY, -EBUSY },
		{ H_LONG_BUSY_END_RANGE, -EBUSY },
		{ H_AUTHORITY, -EPERM },
		{ H_FUNCTION, -ENODEV },
		{ H_PARAMETER, -EINVAL },
		{ H_HARDWARE, -EIO },
		{ H_PAGE_REGISTERED, -EIO },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(answers); i++)
		KUNIT_EXPECT_EQ(test, answers[i].error,
				ebus_errno(answers[i].rc));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(region_of_two_extents),
	KUNIT_CASE(last_page_goes_alone),
	KUNIT_CASE(region_of_nothing),
	KUNIT_CASE(every_call_fails_once),
	KUNIT_CASE(firmware_counts_otherwise),
	KUNIT_CASE(busy_firmware_is_asked_again),
	KUNIT_CASE(region_is_not_freed),
	KUNIT_CASE(errnos),
	{}
};

static struct kunit_suite suite = {
	.name = "ebus_mr",
	.init = init,
	.exit = fake_firmware_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("KUnit tests of memory regions");
MODULE_LICENSE("GPL");

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory regions: the calls that make them and free them, and calls that fail.
 */

#include <kunit/test.h>
#include <linux/ebus/mr.h>
#include <linux/pfn.h>
#include <linux/sizes.h>

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

static const struct ebus_mr_owner hca = {
	.calls = &ebus_mr_calls_hca,
	.adapter = FAKE_ADAPTER,
	.access = EBUS_MR_LOCAL_WRITE | EBUS_MR_REMOTE_READ,
	.pd = 9,
};

#define ALL_SIZES	(SZ_4K | SZ_64K | SZ_1M | SZ_16M)
#define PFN(bytes)	((bytes) >> PAGE_SHIFT)

/* Each case is a shape, and the page size that fits it best; 0 for none */
static void page_sizes(struct kunit *test)
{
	static const struct {
		u64 io, length, offset, sizes;
		struct ebus_extent extent[2];
		u64 best;
	} cases[] = {
		/* As large as addresses and memory are aligned */
		{ IO, SZ_32M, 0, ALL_SIZES,
		  { { PFN(SZ_16M), PFN(SZ_32M) } }, SZ_16M },
		{ IO, SZ_32M, 0, ALL_SIZES,
		  { { PFN(SZ_1M), PFN(SZ_32M) } }, SZ_1M },
		{ IO + SZ_64K, SZ_32M, 0, ALL_SIZES,
		  { { PFN(SZ_16M), PFN(SZ_32M) } }, SZ_64K },
		/* Both begin in the middle of a page */
		{ IO + SZ_1M, SZ_32M, 0, ALL_SIZES,
		  { { PFN(SZ_16M + SZ_1M), PFN(SZ_32M) } }, SZ_16M },
		/* One extent after the other */
		{ IO, SZ_32M, 0, ALL_SIZES,
		  { { PFN(SZ_64M), PFN(SZ_16M) }, { PFN(SZ_16M), PFN(SZ_16M) } },
		  SZ_16M },
		{ IO, SZ_32M, 0, ALL_SIZES,
		  { { PFN(SZ_64M), PFN(SZ_16M) },
		    { PFN(SZ_16M + SZ_64K), PFN(SZ_16M) } }, SZ_64K },
		{ IO, SZ_2M + SZ_64K, 0, ALL_SIZES,
		  { { PFN(SZ_64M), PFN(SZ_64K) }, { PFN(SZ_16M), PFN(SZ_2M) } },
		  SZ_64K },
		/* In the middle of a page, though both are where they should be */
		{ IO, SZ_2M, 0, ALL_SIZES,
		  { { PFN(SZ_16M), PFN(SZ_64K) },
		    { PFN(SZ_64M + SZ_64K), PFN(SZ_2M) } }, SZ_64K },
		/* No larger than one that holds all of it */
		{ IO, SZ_64K, 0, ALL_SIZES,
		  { { PFN(SZ_16M), PFN(SZ_64K) } }, SZ_64K },
		{ IO, SZ_128K, 0, ALL_SIZES,
		  { { PFN(SZ_16M), PFN(SZ_128K) } }, SZ_1M },
		{ IO, 1, 0, ALL_SIZES, { { PFN(SZ_16M), 1 } }, SZ_4K },
		/* What the adapter has */
		{ IO, SZ_32M, 0, SZ_4K | SZ_1M,
		  { { PFN(SZ_16M), PFN(SZ_32M) } }, SZ_1M },
		{ IO, SZ_64K, 0, SZ_1M | SZ_16M,
		  { { PFN(SZ_16M), PFN(SZ_64K) } }, SZ_1M },
		{ IO, SZ_64K, 0, SZ_2M, { { PFN(SZ_16M), PFN(SZ_64K) } }, 0 },
		{ IO + SZ_64K, SZ_64K, 0, SZ_1M | SZ_16M,
		  { { PFN(SZ_16M), PFN(SZ_64K) } }, 0 },
		/* Bytes of a page */
		{ IO + 0x123, 0x100, 0x123, ALL_SIZES,
		  { { PFN(SZ_16M), 1 } }, SZ_4K },
		{ IO + 0x124, 0x100, 0x123, ALL_SIZES,
		  { { PFN(SZ_16M), 1 } }, 0 },
		/* Less memory than the region has */
		{ IO, SZ_2M, 0, ALL_SIZES, { { PFN(SZ_16M), PFN(SZ_1M) } }, 0 },
		{ IO, 0, 0, ALL_SIZES, { { PFN(SZ_16M), PFN(SZ_1M) } }, 0 },
		{ IO, 1, PAGE_SIZE, ALL_SIZES, { { PFN(SZ_16M), 1 } }, 0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct ebus_mr_shape shape = {
			.io = cases[i].io,
			.length = cases[i].length,
			.offset = cases[i].offset,
			.extents = cases[i].extent,
			.nr_extents = 1 + !!cases[i].extent[1].nr_pages,
		};
		const unsigned int shift =
			ebus_mr_page_shift(&shape, cases[i].sizes);
		const u64 bytes = shift ? BIT_ULL(shift) : 0;

		KUNIT_EXPECT_EQ_MSG(test, cases[i].best, bytes, "case %u", i);
	}
}

static const struct ebus_extent apart[] = {
	{ .start_pfn = PFN(SZ_64M + SZ_1M), .nr_pages = PFN(SZ_32M - SZ_1M) },
	{ .start_pfn = PFN(SZ_16M), .nr_pages = PFN(SZ_16M) },
};

static void expect_reached(struct kunit *test, const struct ebus_mr *mr, u64 phys,
			   u64 offset)
{
	struct fake_firmware *fake = test->priv;

	KUNIT_EXPECT_EQ(test, phys,
			fake_firmware_translate(fake, mr->lkey, mr->io + offset));
	KUNIT_EXPECT_EQ(test, phys,
			fake_firmware_translate(fake, mr->rkey, mr->io + offset));
}

/* To the byte: what the pages have more of belongs to others. */
static void region_of_any_shape(struct kunit *test)
{
	struct fake_firmware *fake = test->priv;
	const u64 in_first = SZ_32M - SZ_1M - 0x123;
	struct ebus_mr_shape shape = {
		.io = IO + SZ_1M + 0x123,
		.length = in_first + SZ_64K + 1,
		.offset = 0x123,
		.extents = apart,
		.nr_extents = ARRAY_SIZE(apart),
	};
	unsigned int shift;
	struct ebus_mr mr;

	for (shift = 12; shift <= 24; shift += 4) {
		shape.page_shift = shift;
		KUNIT_ASSERT_EQ(test, 0, ebus_mr_make(&mr, &hca, &shape));
		KUNIT_EXPECT_NE(test, mr.lkey, mr.rkey);
		expect_reached(test, &mr, SZ_64M + SZ_1M + 0x123, 0);
		expect_reached(test, &mr, SZ_64M + SZ_32M - 1, in_first - 1);
		expect_reached(test, &mr, SZ_16M, in_first);
		expect_reached(test, &mr, SZ_16M + SZ_64K, in_first + SZ_64K);
		expect_reached(test, &mr, U64_MAX, in_first + SZ_64K + 1);
		expect_reached(test, &mr, U64_MAX, -1);
		KUNIT_EXPECT_EQ(test, 0, ebus_mr_free(&mr, &hca));
	}
	shape.page_shift = 13;
	KUNIT_EXPECT_EQ(test, -EINVAL, ebus_mr_make(&mr, &hca, &shape));
	shape.page_shift = 24;
	shape.io += SZ_1M;
	KUNIT_EXPECT_EQ(test, -EINVAL, ebus_mr_make(&mr, &hca, &shape));
	KUNIT_EXPECT_EQ(test, 0, mr.handle);
	KUNIT_EXPECT_EQ(test, 4, fake->allocs);
}

/* What belongs to a large page costs one entry of a list, and a list one call. */
static void large_pages_cost_less(struct kunit *test)
{
	struct fake_firmware *fake = test->priv;
	const struct ebus_extent extent = {
		.start_pfn = PFN(SZ_16M), .nr_pages = PFN(SZ_128M),
	};
	struct ebus_mr_shape shape = {
		.io = IO,
		.length = SZ_128M,
		.extents = &extent,
		.nr_extents = 1,
	};
	static const unsigned int calls[] = { 64, 4, 1, 1 };
	unsigned int i, before;
	struct ebus_mr mr;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		shape.page_shift = 12 + 4 * i;
		before = fake->calls;
		KUNIT_ASSERT_EQ(test, 0, ebus_mr_make(&mr, &hca, &shape));
		KUNIT_EXPECT_EQ(test, 1 + calls[i], fake->calls - before);
		KUNIT_EXPECT_EQ(test, 0, ebus_mr_free(&mr, &hca));
	}
}

static void make_apart(struct kunit *test, struct ebus_mr *mr)
{
	const struct ebus_mr_shape shape = {
		.io = IO + SZ_1M,
		.length = SZ_32M - SZ_1M + SZ_16M,
		.page_shift = 20,
		.extents = apart,
		.nr_extents = ARRAY_SIZE(apart),
	};

	KUNIT_ASSERT_EQ(test, 0, ebus_mr_make(mr, &hca, &shape));
}

/* Other rights and another domain, the same pages; the origin stays so long. */
static void shared_region(struct kunit *test)
{
	const struct ebus_mr_owner other = {
		.calls = &ebus_mr_calls_hca,
		.adapter = FAKE_ADAPTER,
		.access = EBUS_MR_REMOTE_WRITE,
		.pd = 10,
	};
	struct fake_firmware *fake = test->priv;
	const struct fake_mr *seen;
	struct ebus_mr mr, shared;

	make_apart(test, &mr);
	seen = fake_firmware_mr(fake, mr.lkey);
	KUNIT_EXPECT_EQ(test, hca.access, seen->access);
	KUNIT_EXPECT_EQ(test, hca.pd, seen->pd);
	KUNIT_ASSERT_EQ(test, 0, ebus_mr_share(&shared, &other, &mr));
	seen = fake_firmware_mr(fake, shared.lkey);
	KUNIT_EXPECT_EQ(test, other.access, seen->access);
	KUNIT_EXPECT_EQ(test, other.pd, seen->pd);
	KUNIT_EXPECT_NE(test, mr.lkey, shared.lkey);
	expect_reached(test, &shared, SZ_16M, SZ_32M - SZ_1M);
	/* There is no force that eHCA's firmware would know */
	KUNIT_EXPECT_EQ(test, -EBUSY, ebus_mr_free(&mr, &hca));
	KUNIT_EXPECT_EQ(test, 2, fake_firmware_regions(fake));
	KUNIT_EXPECT_EQ(test, 0, ebus_mr_free(&shared, &other));
	KUNIT_EXPECT_EQ(test, 0, ebus_mr_free(&mr, &hca));
}

static void sharing_fails(struct kunit *test)
{
	struct fake_firmware *fake = test->priv;
	struct ebus_mr mr, shared;

	make_apart(test, &mr);
	fake_firmware_fail(fake, 1, 1, H_NOT_ENOUGH_RESOURCES);
	KUNIT_EXPECT_EQ(test, -ENOSPC, ebus_mr_share(&shared, &hca, &mr));
	KUNIT_EXPECT_EQ(test, 0, shared.handle);
	KUNIT_EXPECT_EQ(test, 0, ebus_mr_free(&shared, &hca));
	KUNIT_EXPECT_EQ(test, 0, ebus_mr_free(&mr, &hca));
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
	KUNIT_CASE(page_sizes),
	KUNIT_CASE(region_of_any_shape),
	KUNIT_CASE(large_pages_cost_less),
	KUNIT_CASE(shared_region),
	KUNIT_CASE(sharing_fails),
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

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The region of all RAM, and others: whatever the firmware refuses or keeps, users reach
 * what is theirs, and nothing is lost.
 */

#include <linux/delay.h>

#include "harness.h"

#define ADAPTER "adapter ehca7 at U78A0.001.DNWHZWR-P1-C6 (DRC HCA 1)"
#define NOT_FREED " still holds memory of former users. Repeat; or remove the adapter from the partition at the HMC, then repeat"

unsigned long ehca_test_unpinned;

/* Rights and domain are the user's own; the one of all RAM gives none */
static void users_share(struct kunit *test)
{
	struct harness *h = test->priv;
	const struct fake_mr *mr;

	KUNIT_ASSERT_EQ(test, 0, come(h, 0));
	KUNIT_ASSERT_EQ(test, 0, come(h, 1));
	expect_all_is_well(test);
	KUNIT_EXPECT_EQ(test, 3, h->fake->allocs);
	mr = fake_firmware_mr(h->fake, h->users[1]->mr.lkey);
	KUNIT_EXPECT_EQ(test, ACCESS, mr->access);
	KUNIT_EXPECT_EQ(test, 11, mr->pd);
	KUNIT_ASSERT_NOT_NULL(test, mr->origin);
	KUNIT_EXPECT_EQ(test, 0, mr->origin->access);
	KUNIT_EXPECT_EQ(test, 1, mr->origin->pd);
	KUNIT_EXPECT_EQ(test, EHCA_RAM_START, mr->io);
	KUNIT_EXPECT_EQ(test, 24, mr->page_shift);
	leave(h, 0);
	expect_all_is_well(test);
	leave(h, 1);
	expect_all_is_well(test);
}

static void largest_page_that_fits(struct kunit *test)
{
	static const struct {
		u64 sizes;
		unsigned long odd_pages;
		unsigned int shift;
	} cases[] = {
		{ ALL_SIZES, 0, 24 },
		{ SZ_4K | SZ_1M, 0, 20 },
		{ SZ_4K, 0, 12 },
		{ ALL_SIZES, PHYS_PFN(SZ_1M), 20 },
		{ ALL_SIZES, PHYS_PFN(SZ_64K), 16 },
		{ SZ_4K | SZ_16M, PHYS_PFN(SZ_1M), 12 },
	};
	struct harness *h = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		h->memory.page_sizes = cases[i].sizes;
		KUNIT_ASSERT_EQ(test, 0, add_ram(h, 4 * BLOCK_PAGES,
						 cases[i].odd_pages));
		KUNIT_ASSERT_EQ(test, 0, come(h, 0));
		KUNIT_EXPECT_EQ(test, cases[i].shift,
				h->users[0]->mr.page_shift);
		leave(h, 0);
		/* In full, and away */
		KUNIT_ASSERT_EQ(test, 0, go(h, 4, true));
		KUNIT_ASSERT_EQ(test, 0, go(h, 4, true));
	}
	h->memory.page_sizes = SZ_2M;
	KUNIT_EXPECT_EQ(test, -EINVAL, come(h, 0));
	expect_all_is_well(test);
}

/* A block that has its own memmap is registered with it: no smaller pages for that */
static void memmap_on_memory(struct kunit *test)
{
	struct harness *h = test->priv;
	struct memory_client *client = &h->memory.client;
	struct mhp_refusal refusal;
	struct memory_event event = event_of(h, 4, &refusal);

	event.nr_memmap_pages = 1;
	event.start_pfn++;
	event.nr_pages--;
	KUNIT_ASSERT_EQ(test, 0, client->going_online(client, &event));
	client->online(client, &event);
	__set_bit(4, h->online);
	KUNIT_ASSERT_EQ(test, 0, come(h, 0));
	KUNIT_EXPECT_EQ(test, 24, h->users[0]->mr.page_shift);
	expect_all_is_well(test);
	leave(h, 0);
	KUNIT_ASSERT_EQ(test, 0, client->going_offline(client, &event));
	client->offline(client, &event);
	__clear_bit(4, h->online);
	expect_all_is_well(test);
}

/* What the firmware has no room for, though it said so */
static void the_firmware_takes_less(struct kunit *test)
{
	struct harness *h = test->priv;

	h->fake->max_length = BLOCK;
	KUNIT_EXPECT_EQ(test, -EINVAL, come(h, 0));
	expect_all_is_well(test);
	h->fake->max_length = 0;
	h->fake->most = 0;
	KUNIT_EXPECT_EQ(test, -ENOSPC, come(h, 0));
	h->fake->most = 1;
	KUNIT_EXPECT_EQ(test, -ENOSPC, come(h, 0));
	expect_all_is_well(test);
	h->fake->most = 2;
	KUNIT_EXPECT_EQ(test, 0, come(h, 0));
	KUNIT_EXPECT_EQ(test, -ENOSPC, come(h, 1));
	expect_all_is_well(test);
	leave(h, 0);
}

static void without_ram(struct kunit *test)
{
	struct harness *h = test->priv;

	KUNIT_EXPECT_EQ(test, 0, go(h, 0, true));
	KUNIT_EXPECT_EQ(test, 0, go(h, 2, true));
	KUNIT_EXPECT_EQ(test, -EINVAL, come(h, 0));
	expect_all_is_well(test);
}

/* Each call in turn, with pages so small that there are several: nothing is left. */
static void every_call_fails_once(struct kunit *test)
{
	struct harness *h = test->priv;
	unsigned int nth;
	bool fired = true;
	int ret;

	h->memory.page_sizes = SZ_4K;
	for (nth = 1; fired; nth++) {
		fake_firmware_fail(h->fake, nth, 1, H_HARDWARE);
		ret = come(h, 0);
		fired = h->fake->calls >= h->fake->fail_from;
		h->fake->fail_nr = 0;
		KUNIT_EXPECT_EQ(test, fired ? -EIO : 0, ret);
		expect_all_is_well(test);
	}
	/* One for the region, one for each 512 pages, one for the user */
	KUNIT_EXPECT_EQ(test, 1 + 2 * SZ_16M / SZ_4K / 512 + 1 + 2, nth);
	leave(h, 0);
}

/* What is not freed when the last user goes: refused, asked for again, and then free. */
static void firmware_keeps_the_max_mr(struct kunit *test)
{
	struct harness *h = test->priv;

	KUNIT_ASSERT_EQ(test, 0, come(h, 0));
	h->fake->fail_opcode = H_FREE_RESOURCE;
	/* After that of the user */
	fake_firmware_fail(h->fake, 2, 3, H_RESOURCE);
	leave(h, 0);
	KUNIT_EXPECT_EQ(test, 1, fake_firmware_regions(h->fake));
	KUNIT_EXPECT_EQ(test, -EBUSY, query(h, 0));
	KUNIT_EXPECT_STREQ(test, ADAPTER NOT_FREED, h->why);
	KUNIT_EXPECT_EQ(test, -EBUSY, go(h, 1, true));
	KUNIT_EXPECT_EQ(test, -EBUSY, go(h, 0, true));
	/* It is as good as ever for the next user */
	KUNIT_ASSERT_EQ(test, 0, come(h, 1));
	expect_all_is_well(test);
	KUNIT_EXPECT_EQ(test, 3, h->fake->allocs);
	fake_firmware_fail(h->fake, 2, 1, H_RESOURCE);
	leave(h, 1);
	KUNIT_EXPECT_EQ(test, 0, go(h, 1, true));
	expect_all_is_well(test);
}

/* A user's own that stays keeps all RAM with it; a part of one that was not made, too. */
static void firmware_keeps_other_regions(struct kunit *test)
{
	struct harness *h = test->priv;

	KUNIT_ASSERT_EQ(test, 0, come(h, 0));
	h->fake->fail_opcode = H_FREE_RESOURCE;
	fake_firmware_fail(h->fake, 1, 2, H_RESOURCE);
	leave(h, 0);
	KUNIT_EXPECT_EQ(test, 2, fake_firmware_regions(h->fake));
	KUNIT_EXPECT_TRUE(test, is_left_of_pd(h, 10));
	KUNIT_EXPECT_FALSE(test, is_left_of_pd(h, 11));
	KUNIT_EXPECT_EQ(test, -EBUSY, query(h, 0));
	h->fake->fail_nr = 0;
	KUNIT_EXPECT_EQ(test, 0, go(h, 0, false));
	KUNIT_EXPECT_NULL(test, xa_load(&h->memory.pds, 10));
	expect_all_is_well(test);

	h->fake->fail_opcode = 0;
	/* Its pages; then it is not freed, three times */
	fake_firmware_fail(h->fake, 2, 4, H_RESOURCE);
	KUNIT_EXPECT_EQ(test, -EBUSY, come(h, 0));
	KUNIT_EXPECT_EQ(test, 1, fake_firmware_regions(h->fake));
	KUNIT_EXPECT_EQ(test, -EBUSY, query(h, 0));
	h->fake->fail_nr = 0;
	KUNIT_EXPECT_EQ(test, 0, come(h, 0));
	expect_all_is_well(test);
	leave(h, 0);
}

static const struct ebus_extent far_pages = {
	.start_pfn = PHYS_PFN(SZ_1G), .nr_pages = PHYS_PFN(SZ_64K),
};

/* Neither those of users in the kernel nor of the driver's own */
#define USER_ACCESS	EBUS_MR_REMOTE_READ
#define USER_PD		20

static struct ehca_region *make_of_user(struct harness *h, void *pins)
{
	const struct ebus_mr_shape shape = {
		.io = 0x7f0000000123,
		.length = SZ_64K - 0x200,
		.offset = 0x123,
		.extents = &far_pages,
		.nr_extents = 1,
	};

	return ehca_region_make(&h->memory, USER_ACCESS, USER_PD, &shape, pins);
}

static void make_of_users(struct kunit *test, struct ehca_region **region,
			  unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		region[i] = make_of_user(test->priv, (void *)1);
		KUNIT_ASSERT_FALSE(test, IS_ERR(region[i]));
	}
}

/*
 * Memory of users in user space is pinned, and that is all that keeps it. The region is
 * in the user's domain with the user's rights.
 */
static void user_space_vetoes_nothing(struct kunit *test)
{
	struct harness *h = test->priv;
	struct ehca_region *region = make_of_user(h, (void *)1);
	const struct fake_mr *mr;

	KUNIT_ASSERT_FALSE(test, IS_ERR(region));
	mr = fake_firmware_mr(h->fake, region->mr.rkey);
	KUNIT_ASSERT_NOT_NULL(test, mr);
	KUNIT_EXPECT_EQ(test, USER_ACCESS, mr->access);
	KUNIT_EXPECT_EQ(test, USER_PD, mr->pd);
	KUNIT_EXPECT_EQ(test, 16, region->mr.page_shift);
	KUNIT_EXPECT_EQ(test, SZ_1G + 0x123,
			fake_firmware_translate(h->fake, region->mr.rkey,
						0x7f0000000123));
	KUNIT_EXPECT_EQ(test, 0, query(h, 0));
	KUNIT_EXPECT_EQ(test, 0, go(h, 1, true));
	KUNIT_EXPECT_EQ(test, 0, go(h, 0, true));
	KUNIT_EXPECT_EQ(test, 0, ehca_test_unpinned);
	ehca_region_end(&h->memory, region);
	KUNIT_EXPECT_EQ(test, 1, ehca_test_unpinned);
	expect_all_is_well(test);
}

/* Memory that the adapter may still write to is not let go of. */
static void user_space_is_kept(struct kunit *test)
{
	struct harness *h = test->priv;
	struct ehca_region *region = make_of_user(h, (void *)1);

	KUNIT_ASSERT_FALSE(test, IS_ERR(region));
	h->fake->fail_opcode = H_FREE_RESOURCE;
	fake_firmware_fail(h->fake, 1, 2, H_RESOURCE);
	ehca_region_end(&h->memory, region);
	KUNIT_EXPECT_EQ(test, 0, ehca_test_unpinned);
	KUNIT_EXPECT_TRUE(test, is_left_of_pd(h, USER_PD));
	/* Asked once more, in vain, and then with success, by whoever comes and goes */
	KUNIT_EXPECT_EQ(test, 0, query(h, 0));
	KUNIT_ASSERT_EQ(test, 0, come(h, 0));
	KUNIT_EXPECT_EQ(test, 0, ehca_test_unpinned);
	leave(h, 0);
	KUNIT_EXPECT_EQ(test, 1, ehca_test_unpinned);
	KUNIT_EXPECT_NULL(test, xa_load(&h->memory.pds, USER_PD));
	expect_all_is_well(test);
}

/* Without anybody in the kernel, until other users come or go; so is the number */
static void user_space_is_kept_from_others(struct kunit *test)
{
	struct harness *h = test->priv;
	struct ehca_region *region[3];

	make_of_users(test, region, ARRAY_SIZE(region));
	h->fake->fail_opcode = H_FREE_RESOURCE;
	/* The first two, and the first of them when it is tried again */
	fake_firmware_fail(h->fake, 1, 3, H_RESOURCE);
	ehca_region_end(&h->memory, region[0]);
	ehca_region_end(&h->memory, region[1]);
	KUNIT_EXPECT_EQ(test, 3, fake_firmware_regions(h->fake));
	KUNIT_EXPECT_TRUE(test, is_left_of_pd(h, USER_PD));
	region[0] = make_of_user(h, (void *)1);
	KUNIT_ASSERT_FALSE(test, IS_ERR(region[0]));
	KUNIT_EXPECT_EQ(test, 1, ehca_test_unpinned);
	KUNIT_EXPECT_NOT_NULL(test, xa_load(&h->memory.pds, USER_PD));
	ehca_region_end(&h->memory, region[2]);
	KUNIT_EXPECT_EQ(test, 3, ehca_test_unpinned);
	KUNIT_EXPECT_NULL(test, xa_load(&h->memory.pds, USER_PD));
	ehca_region_end(&h->memory, region[0]);
	expect_all_is_well(test);
}

/* Nobody in the kernel comes or goes: a block that wants to go has it freed */
static void user_space_is_kept_from_a_block(struct kunit *test)
{
	struct harness *h = test->priv;
	struct ehca_region *region = make_of_user(h, (void *)1);

	KUNIT_ASSERT_FALSE(test, IS_ERR(region));
	h->fake->fail_opcode = H_FREE_RESOURCE;
	fake_firmware_fail(h->fake, 1, 1, H_RESOURCE);
	ehca_region_end(&h->memory, region);
	KUNIT_EXPECT_EQ(test, 0, ehca_test_unpinned);
	KUNIT_EXPECT_EQ(test, 0, go(h, 1, true));
	KUNIT_EXPECT_EQ(test, 1, ehca_test_unpinned);
	expect_all_is_well(test);
}

static unsigned int nr_slow;
static u64 slow[3];

/* Longer than a block waits for a call and goes on with the next */
static void be_slow(const struct ebus_hcall *call)
{
	if (nr_slow < ARRAY_SIZE(slow))
		slow[nr_slow] = call->arg[1];
	nr_slow++;
	msleep(1200);
}

/*
 * All memory hotplug waits: for one of them, whatever becomes of it; not at once again,
 * and not always for the same
 */
static void a_block_waits_for_one_slow_call(struct kunit *test)
{
	struct harness *h = test->priv;
	struct ehca_region *region[3];
	unsigned int i;

	make_of_users(test, region, ARRAY_SIZE(region));
	KUNIT_ASSERT_EQ(test, 0, come(h, 0));
	fake_firmware_fail(h->fake, 1, 1000, H_RESOURCE);
	for (i = 0; i < ARRAY_SIZE(region); i++)
		ehca_region_end(&h->memory, region[i]);
	leave(h, 0);
	nr_slow = 0;
	h->fake->before = be_slow;
	KUNIT_EXPECT_EQ(test, -EBUSY, go(h, 1, true));
	KUNIT_EXPECT_EQ(test, 1, nr_slow);
	h->memory.reclaim_after = jiffies;
	h->fake->fail_nr = 0;
	KUNIT_EXPECT_EQ(test, -EBUSY, go(h, 1, true));
	KUNIT_EXPECT_EQ(test, 2, nr_slow);
	KUNIT_EXPECT_NE(test, slow[0], slow[1]);
	KUNIT_EXPECT_EQ(test, -EBUSY, go(h, 1, true));
	KUNIT_EXPECT_EQ(test, 2, nr_slow);
	h->fake->before = NULL;
	h->memory.reclaim_after = jiffies;
	KUNIT_EXPECT_EQ(test, 0, go(h, 1, true));
	KUNIT_EXPECT_EQ(test, 3, ehca_test_unpinned);
	expect_all_is_well(test);
}

static void user_space_is_refused(struct kunit *test)
{
	struct harness *h = test->priv;

	fake_firmware_fail(h->fake, 1, 1, H_NO_MEM);
	KUNIT_EXPECT_EQ(test, -ENOSPC,
			PTR_ERR_OR_ZERO(make_of_user(h, (void *)1)));
	KUNIT_EXPECT_EQ(test, 1, ehca_test_unpinned);
	fake_firmware_fail(h->fake, 2, 1, H_HARDWARE);
	KUNIT_EXPECT_EQ(test, -EIO,
			PTR_ERR_OR_ZERO(make_of_user(h, (void *)2)));
	KUNIT_EXPECT_EQ(test, 3, ehca_test_unpinned);
	h->fake->fail_nr = 0;
	h->memory.page_sizes = SZ_2M;
	KUNIT_EXPECT_EQ(test, -EINVAL,
			PTR_ERR_OR_ZERO(make_of_user(h, (void *)4)));
	h->memory.page_sizes = ALL_SIZES;
	h->memory.max_mr_size = SZ_64K - 0x201;
	KUNIT_EXPECT_EQ(test, -EINVAL,
			PTR_ERR_OR_ZERO(make_of_user(h, (void *)8)));
	KUNIT_EXPECT_EQ(test, 15, ehca_test_unpinned);
	KUNIT_EXPECT_EQ(test, 0, fake_firmware_regions(h->fake));
}

/* Whoever goes last leaves nothing that needs him. */
static void the_end_with_regions_left(struct kunit *test)
{
	struct harness *h = test->priv;
	struct ehca_region *region = make_of_user(h, (void *)1);
	unsigned int i;

	KUNIT_ASSERT_FALSE(test, IS_ERR(region));
	KUNIT_ASSERT_EQ(test, 0, come(h, 0));
	h->fake->fail_opcode = H_FREE_RESOURCE;
	fake_firmware_fail(h->fake, 1, 1000, H_RESOURCE);
	ehca_region_end(&h->memory, region);
	leave(h, 0);
	ehca_max_mr_dismantle(&h->memory);
	KUNIT_EXPECT_EQ(test, 1, ehca_test_unpinned);
	KUNIT_EXPECT_EQ(test, 3, fake_firmware_regions(h->fake));
	/* For the checks at the end: the partition has ended */
	for (i = 0; i < FAKE_MRS; i++) {
		kvfree(h->fake->mr[i].page);
		h->fake->mr[i] = (struct fake_mr) {};
	}
	KUNIT_ASSERT_EQ(test, 0, set_up(h));
}

/* In the middle of what will never end */
static void the_end_while_a_block_changes(struct kunit *test)
{
	struct harness *h = test->priv;

	KUNIT_EXPECT_EQ(test, 0, ask(h, 1));
	ehca_max_mr_dismantle(&h->memory);
	KUNIT_ASSERT_EQ(test, 0, set_up(h));
	KUNIT_ASSERT_EQ(test, 0, add_ram(h, 0, BLOCK_PAGES));
	KUNIT_EXPECT_EQ(test, 0, ask(h, 0));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(users_share),
	KUNIT_CASE(largest_page_that_fits),
	KUNIT_CASE(memmap_on_memory),
	KUNIT_CASE(the_firmware_takes_less),
	KUNIT_CASE(without_ram),
	KUNIT_CASE(every_call_fails_once),
	KUNIT_CASE(firmware_keeps_the_max_mr),
	KUNIT_CASE(firmware_keeps_other_regions),
	KUNIT_CASE(user_space_vetoes_nothing),
	KUNIT_CASE(user_space_is_kept),
	KUNIT_CASE(user_space_is_kept_from_others),
	KUNIT_CASE(user_space_is_kept_from_a_block),
	KUNIT_CASE(a_block_waits_for_one_slow_call),
	KUNIT_CASE(user_space_is_refused),
	KUNIT_CASE(the_end_with_regions_left),
	KUNIT_CASE(the_end_while_a_block_changes),
	{}
};

static struct kunit_suite suite = {
	.name = "ehca_max_mr",
	.init = init,
	.exit = exit_test,
	.test_cases = cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("KUnit tests of an eHCA adapter's memory regions");
MODULE_LICENSE("GPL");

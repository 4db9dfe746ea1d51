/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An adapter's memory on a fake firmware, memory blocks that come and go, and users:
 * for tests of max_mr.h.
 */
#ifndef _EHCA_TEST_HARNESS_H
#define _EHCA_TEST_HARNESS_H

#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/err.h>
#include <linux/memory_refusal.h>
#include <linux/pfn.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "../../../../ibmebus/tests/fake_firmware.h"
#include "../max_mr.h"

#define BLOCKS		6
#define BLOCK		((u64)SZ_16M)
#define BLOCK_PAGES	PHYS_PFN(BLOCK)
#define USERS		4
#define ALL_SIZES	(SZ_4K | SZ_64K | SZ_1M | SZ_16M)
#define ACCESS		EBUS_MR_LOCAL_WRITE

/**
 * struct harness - an adapter's memory, and what it should be
 * @memory: the memory
 * @fake: the firmware
 * @online: blocks that are
 * @users: regions of users in the kernel
 * @why: the last refusal's
 * @by: whose it was
 */
struct harness {
	struct ehca_memory memory;
	struct fake_firmware *fake;
	DECLARE_BITMAP(online, BLOCKS);
	struct ehca_region *users[USERS];
	char why[MHP_REFUSAL_WHY_LEN];
	char by[MHP_REFUSAL_BY_LEN];
};

extern unsigned long ehca_test_unpinned;

static inline void count_unpinned(void *pins)
{
	ehca_test_unpinned += (unsigned long)pins;
}

/* RAM that is there from the beginning */
static inline int add_ram(struct harness *h, unsigned long start_pfn,
			  unsigned long nr_pages)
{
	struct memory_client *client = &h->memory.client;

	return client->replay(client, start_pfn, nr_pages);
}

static inline int set_up(struct harness *h)
{
	h->memory = (struct ehca_memory) {
		.owner = {
			.calls = &ebus_mr_calls_hca,
			.adapter = FAKE_ADAPTER,
			.pd = 1,
		},
		.max_mr_size = BLOCKS * BLOCK,
		.page_sizes = ALL_SIZES,
		.unpin = count_unpinned,
		.place = {
			.name = "ehca7",
			.location = "U78A0.001.DNWHZWR-P1-C6",
			.drc = "HCA 1",
			.nr_ports = 2,
		},
		.client = { .name = "ehca:test" },
	};
	xa_init_flags(&h->memory.pds, XA_FLAGS_ALLOC);
	return ehca_max_mr_prepare(&h->memory);
}

/* Somebody has had a protection domain, and it is gone; is its number still taken? */
static inline bool is_left_of_pd(struct harness *h, u32 pd)
{
	xa_store(&h->memory.pds, pd, xa_mk_value(0), GFP_KERNEL);
	ehca_region_end_pd(&h->memory, pd);
	return xa_load(&h->memory.pds, pd);
}

static inline int init(struct kunit *test)
{
	struct harness *h = kunit_kzalloc(test, sizeof(*h), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, h);
	test->priv = h;
	ehca_test_unpinned = 0;
	h->fake = fake_firmware_init(test);
	KUNIT_ASSERT_EQ(test, 0, set_up(h));
	/* A hole, so that addresses are not those of memory */
	KUNIT_ASSERT_EQ(test, 0, add_ram(h, 0, BLOCK_PAGES));
	KUNIT_ASSERT_EQ(test, 0, add_ram(h, 2 * BLOCK_PAGES, BLOCK_PAGES));
	__set_bit(0, h->online);
	__set_bit(2, h->online);
	return 0;
}

static inline void exit_test(struct kunit *test)
{
	struct harness *h = test->priv;

	h->fake->fail_nr = 0;
	ehca_max_mr_dismantle(&h->memory);
	xa_destroy(&h->memory.pds);
	fake_firmware_exit(test);
}

static inline struct memory_event event_of(struct harness *h,
					   unsigned int block,
					   struct mhp_refusal *refusal)
{
	*refusal = (struct mhp_refusal) {};
	return (struct memory_event) {
		.start_pfn = block * BLOCK_PAGES,
		.nr_pages = BLOCK_PAGES,
		.memmap_start_pfn = block * BLOCK_PAGES,
		.refusal = refusal,
		.client = &h->memory.client,
	};
}

static inline int refused(struct harness *h, const struct mhp_refusal *refusal, int ret)
{
	strscpy(h->why, refusal->why);
	strscpy(h->by, refusal->by);
	return ret && !refusal->error ? -EPROTO : ret;
}

/* A block is asked whether it may go; then goes, or stays after all. */
static inline int ask(struct harness *h, unsigned int block)
{
	struct memory_client *client = &h->memory.client;
	struct mhp_refusal refusal;
	struct memory_event event = event_of(h, block, &refusal);
	int ret = test_bit(block, h->online) ?
			  client->going_offline(client, &event) :
			  client->going_online(client, &event);

	return refused(h, &refusal, ret);
}

static inline void finish_block(struct harness *h, unsigned int block, bool goes)
{
	struct memory_client *client = &h->memory.client;
	const bool is = test_bit(block, h->online);
	struct mhp_refusal refusal;
	struct memory_event event = event_of(h, block, &refusal);

	if (goes)
		__change_bit(block, h->online);
	if (is && goes)
		client->offline(client, &event);
	else if (is)
		client->cancel_offline(client, &event);
	else if (goes)
		client->online(client, &event);
	else
		client->cancel_online(client, &event);
}

static inline int go(struct harness *h, unsigned int block, bool goes)
{
	const int ret = ask(h, block);

	if (!ret)
		finish_block(h, block, goes);
	return ret;
}

static inline int query(struct harness *h, unsigned int block)
{
	struct memory_client *client = &h->memory.client;
	struct mhp_refusal refusal;
	struct memory_event event = event_of(h, block, &refusal);

	return refused(h, &refusal, client->query_offline(client, &event));
}

static inline int come(struct harness *h, unsigned int nr)
{
	static const char *const names[USERS] = {
		"ib_ipoib", "ib_srp", "ib_ipoib", "a"
	};
	struct ehca_region *region = ehca_max_mr_get(&h->memory, names[nr],
						     ACCESS, 10 + nr);

	if (IS_ERR(region))
		return PTR_ERR(region);
	h->users[nr] = region;
	return 0;
}

static inline void leave(struct harness *h, unsigned int nr)
{
	ehca_max_mr_put(&h->memory, h->users[nr]);
	h->users[nr] = NULL;
}

static inline unsigned int nr_users(const struct harness *h)
{
	unsigned int i, nr = 0;

	for (i = 0; i < USERS; i++)
		nr += !!h->users[i];
	return nr;
}

/* What the adapter would write to for this user, by the address that DMA has */
static inline void expect_reached(struct kunit *test,
				  const struct ehca_region *region, u64 phys,
				  bool is)
{
	struct harness *h = test->priv;
	const u64 io = ehca_memory_io(&h->memory, phys, 1);

	if (!is) {
		KUNIT_EXPECT_EQ(test, EHCA_NO_IO, io);
		return;
	}
	KUNIT_EXPECT_NE(test, EHCA_NO_IO, io);
	if (region)
		KUNIT_EXPECT_EQ(test, phys,
				fake_firmware_translate(h->fake, region->mr.lkey,
							io));
}

static inline void expect_user_reaches_ram(struct kunit *test,
					   const struct ehca_region *region)
{
	struct harness *h = test->priv;
	unsigned int block;

	for (block = 0; block < BLOCKS; block++) {
		const bool is = test_bit(block, h->online);

		expect_reached(test, region, block * BLOCK, is);
		expect_reached(test, region, (block + 1) * BLOCK - 1, is);
	}
	if (region)
		KUNIT_EXPECT_EQ(test, bitmap_weight(h->online, BLOCKS) * BLOCK,
				fake_firmware_mr(h->fake, region->mr.lkey)->length);
}

/* Unless the firmware keeps something */
static inline void expect_all_is_well(struct kunit *test)
{
	struct harness *h = test->priv;
	const unsigned int nr = nr_users(h);
	unsigned int i;

	expect_user_reaches_ram(test, NULL);
	for (i = 0; i < USERS; i++) {
		if (h->users[i])
			expect_user_reaches_ram(test, h->users[i]);
	}
	KUNIT_EXPECT_EQ(test, nr ? nr + 1 : 0, fake_firmware_regions(h->fake));
	KUNIT_EXPECT_EQ(test, nr ? -EBUSY : 0, query(h, 0));
	KUNIT_EXPECT_FALSE(test, h->memory.changing);
	KUNIT_EXPECT_NULL(test, h->memory.other);
}

#endif /* _EHCA_TEST_HARNESS_H */

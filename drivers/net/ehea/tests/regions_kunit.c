// SPDX-License-Identifier: GPL-2.0-only
/*
 * The map of RAM: whatever goes online and offline, is refused or does not go after
 * all, and whatever the firmware refuses, the map holds what is online and the
 * firmware has nothing else.
 */

#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/memory_refusal.h>
#include <linux/prandom.h>
#include <linux/sizes.h>

#include "../../../ibmebus/tests/fake_firmware.h"

/* With what is private to the map */
#include "../exchange.c"
#include "../windows.c"
#include "../regions.c"

#define BLOCK_PAGES	8
#define BLOCKS		8
#define PAGES		(BLOCKS * BLOCK_PAGES)
#define BLOCK		PFN_PHYS(BLOCK_PAGES)

/**
 * struct harness - a map, and what it should hold
 * @user: the driver
 * @regions: the map
 * @fake: the firmware
 * @online: page frames that are, by number
 * @stops: times that queues were stopped
 * @starts: times that they were started again
 * @drains: times that descriptors were waited for
 * @regions_at_drain: the firmware's when they were
 * @unreached: pages that were in use and not reached while a block was on its way
 * @nr_memmap: pages at the start of each block that are its memmap
 * @running: queues run
 */
struct harness {
	struct ehea_regions_user user;
	struct ehea_regions *regions;
	struct fake_firmware *fake;
	DECLARE_BITMAP(online, PAGES);
	unsigned int stops;
	unsigned int starts;
	unsigned int drains;
	unsigned int regions_at_drain;
	unsigned int unreached;
	unsigned int nr_memmap;
	bool running;
};

static struct harness *to_harness(struct ehea_regions_user *user)
{
	return container_of(user, struct harness, user);
}

static void drain(struct ehea_regions_user *user)
{
	struct harness *h = to_harness(user);

	h->drains++;
	h->regions_at_drain = fake_firmware_regions(h->fake);
}

static void stop_queues(struct ehea_regions_user *user)
{
	struct harness *h = to_harness(user);

	h->stops++;
	h->running = false;
}

static void start_queues(struct ehea_regions_user *user)
{
	struct harness *h = to_harness(user);

	h->starts++;
	h->running = true;
}

static const struct ebus_mr_owner owner = {
	.calls = &ebus_mr_calls_hea,
	.adapter = FAKE_ADAPTER,
	.access = 0x00800000,
	.pd = 7,
};

static struct ehea_regions_limits one_each(void)
{
	return (struct ehea_regions_limits) {
		.max_mrs = FAKE_MRS,
		.max_mr_size = SZ_1G,
		.ram_end = BLOCKS * BLOCK,
	};
}

/* Two windows of four blocks, and a region to spare */
static struct ehea_regions_limits in_groups(void)
{
	struct ehea_regions_limits limits = one_each();

	limits.max_mrs = 3;
	return limits;
}

static struct ehea_regions_limits single(void)
{
	struct ehea_regions_limits limits = one_each();

	limits.max_mrs = 1;
	return limits;
}

struct layout {
	const char *name;
	struct ehea_regions_limits (*limits)(void);
};

static const struct layout layouts[] = {
	{ "a region for each block", one_each },
	{ "in groups", in_groups },
	{ "a single region", single },
};

static void to_description(const struct layout *layout, char *desc)
{
	strscpy(desc, layout->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(layout, layouts, to_description);

static struct ehea_regions *new_map(struct harness *h,
				    const struct ehea_regions_limits *limits)
{
	h->fake->most = limits->max_mrs;
	h->running = true;
	h->regions = alloc_regions("test", &owner, limits, &h->user, BLOCK);
	return h->regions;
}

/* As ehea_regions_create() does, with RAM of the test's */
static int with_ram(struct harness *h, unsigned long start_pfn,
		    unsigned long nr_pages)
{
	const int ret = replay(&h->regions->client, start_pfn, nr_pages) ?:
			register_all(h->regions);

	complete_all(&h->regions->live);
	if (!ret)
		bitmap_set(h->online, start_pfn, nr_pages);
	return ret;
}

static void free_map(struct kunit *test)
{
	struct harness *h = test->priv;

	if (h->regions)
		free_regions(h->regions);
	h->regions = NULL;
}

static struct harness *harness_with(struct kunit *test,
				    struct ehea_regions_limits limits)
{
	struct harness *h = test->priv;

	free_map(test);
	bitmap_zero(h->online, PAGES);
	h->fake->fail_nr = 0;
	h->fake->fail_opcode = 0;
	h->unreached = 0;
	KUNIT_ASSERT_NOT_NULL(test, new_map(h, &limits));
	KUNIT_ASSERT_EQ(test, 0, with_ram(h, 0, 2 * BLOCK_PAGES));
	return h;
}

static int init(struct kunit *test)
{
	struct harness *h = kunit_kzalloc(test, sizeof(*h), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, h);
	h->user = (struct ehea_regions_user) {
		.drain = drain,
		.stop = stop_queues,
		.start = start_queues,
	};
	h->fake = fake_firmware_init(test);
	test->priv = h;
	return 0;
}

static void exit_test(struct kunit *test)
{
	free_map(test);
	fake_firmware_exit(test);
}

/* What a descriptor for this page would make the adapter write to */
static u64 reached(const struct harness *h, unsigned long pfn)
{
	struct ehea_sge sge;

	if (ehea_regions_map(h->regions, PFN_PHYS(pfn) + 8, 1, &sge))
		return U64_MAX;
	return fake_firmware_translate(h->fake, sge.key, sge.io);
}

static unsigned long registered_pages(const struct fake_firmware *fake)
{
	unsigned long nr = 0;
	unsigned int i;

	for (i = 0; i < FAKE_MRS; i++)
		nr += fake->mr[i].nr_pages;
	return nr >> (PAGE_SHIFT - EBUS_MR_PAGE_SHIFT);
}

static void expect_online_is_mapped(struct kunit *test)
{
	const struct harness *h = test->priv;
	unsigned long pfn;

	KUNIT_EXPECT_EQ(test, h->running, !h->regions->stopped);
	for (pfn = 0; pfn < PAGES; pfn++) {
		const bool is = h->running && test_bit(pfn, h->online);

		KUNIT_EXPECT_EQ(test, is ? PFN_PHYS(pfn) + 8 : U64_MAX,
				reached(h, pfn));
	}
	KUNIT_EXPECT_EQ(test, 0, h->unreached);
	KUNIT_EXPECT_TRUE(test, list_empty(&h->regions->changes));
	KUNIT_EXPECT_EQ(test, h->running ? bitmap_weight(h->online, PAGES) : 0,
			registered_pages(h->fake));
	KUNIT_EXPECT_EQ(test, h->regions->nr_mrs,
			fake_firmware_regions(h->fake));
}

/**
 * enum end - how it ends for a block that is about to go
 * @GOES: it goes
 * @STAYS: it stays after all, because somebody else refuses
 * @FAILS: a call of the firmware fails
 * @ENDS: how many there are
 */
enum end { GOES, STAYS, FAILS, ENDS };

static struct memory_event event_of(struct harness *h, unsigned int block,
				    struct mhp_refusal *refusal)
{
	*refusal = (struct mhp_refusal) {};
	return (struct memory_event) {
		.start_pfn = block * BLOCK_PAGES + h->nr_memmap,
		.nr_pages = BLOCK_PAGES - h->nr_memmap,
		.memmap_start_pfn = block * BLOCK_PAGES,
		.nr_memmap_pages = h->nr_memmap,
		.refusal = refusal,
		.client = &h->regions->client,
	};
}

/* A block's pages are in use once all have agreed, and until it is gone */
static void count_unreached(struct harness *h)
{
	unsigned long pfn;

	for_each_set_bit(pfn, h->online, PAGES)
		h->unreached += h->running && reached(h, pfn) == U64_MAX;
}

static void set_online(struct harness *h, const struct memory_event *event,
		       bool online)
{
	const unsigned int nr = event->nr_memmap_pages + event->nr_pages;

	if (online)
		bitmap_set(h->online, event->memmap_start_pfn, nr);
	else
		bitmap_clear(h->online, event->memmap_start_pfn, nr);
}

static int go_online(struct harness *h, unsigned int block, enum end end)
{
	struct memory_client *client = &h->regions->client;
	struct mhp_refusal refusal;
	struct memory_event event = event_of(h, block, &refusal);
	const bool was = test_bit(event.start_pfn, h->online);
	const int ret = client->going_online(client, &event);

	if (ret)
		return refusal.error ? ret : -EPROTO;
	set_online(h, &event, true);
	count_unreached(h);
	if (end == STAYS) {
		set_online(h, &event, was);
		client->cancel_online(client, &event);
		return 0;
	}
	client->online(client, &event);
	return 0;
}

static int go_offline(struct harness *h, unsigned int block, enum end end)
{
	struct memory_client *client = &h->regions->client;
	struct mhp_refusal refusal;
	struct memory_event event = event_of(h, block, &refusal);
	const int ret = client->going_offline(client, &event);

	if (ret)
		return refusal.error ? ret : -EPROTO;
	count_unreached(h);
	if (end == STAYS) {
		client->cancel_offline(client, &event);
		return 0;
	}
	set_online(h, &event, false);
	client->offline(client, &event);
	return 0;
}

static int go(struct harness *h, unsigned int block, enum end end)
{
	const bool is = test_bit(block * BLOCK_PAGES, h->online);
	int ret;

	fake_firmware_fail(h->fake, 1, end == FAILS, H_HARDWARE);
	ret = is ? go_offline(h, block, end) : go_online(h, block, end);
	h->fake->fail_nr = 0;
	return ret;
}

/* Three times one of two blocks of a group, which goes, does not go, or is refused */
static void every_order(struct kunit *test)
{
	const struct layout *layout = test->param_value;
	const unsigned int choices = 2 * ENDS;
	unsigned int order, step, dice;
	struct harness *h;

	for (order = 0; order < choices * choices * choices; order++) {
		h = harness_with(test, layout->limits());
		dice = order;
		for (step = 0; step < 3; step++, dice /= choices) {
			go(h, 1 + dice % choices / ENDS, dice % ENDS);
			expect_online_is_mapped(test);
		}
	}
}

/* Blocks that have their own memmap go with it */
static void own_memmap(struct kunit *test)
{
	const struct layout *layout = test->param_value;
	struct harness *h = harness_with(test, layout->limits());
	unsigned int block;

	h->nr_memmap = 2;
	for (block = 0; block < 4; block++) {
		KUNIT_EXPECT_EQ(test, 0, go(h, block, GOES));
		expect_online_is_mapped(test);
		KUNIT_EXPECT_EQ(test, 0, go(h, block, STAYS));
		expect_online_is_mapped(test);
		KUNIT_EXPECT_EQ(test, 0, go(h, block, GOES));
		expect_online_is_mapped(test);
	}
}

/* A long life, with a firmware that refuses whatever it is asked now and then */
static void long_life(struct kunit *test)
{
	const struct layout *layout = test->param_value;
	struct harness *h = harness_with(test, layout->limits());
	struct rnd_state random;
	unsigned int step;

	prandom_seed_state(&random, 90);
	for (step = 0; step < 500; step++) {
		const u32 dice = prandom_u32_state(&random);
		const unsigned int block = dice % BLOCKS;
		const enum end end = (dice >> 8) % 4 ? GOES : STAYS;
		const bool is = test_bit(block * BLOCK_PAGES, h->online);

		/* Never two in a row: a region is freed by force then. */
		fake_firmware_fail(h->fake, 1 + (dice >> 16) % 8, 1,
				   H_HARDWARE);
		if (is)
			go_offline(h, block, end);
		else
			go_online(h, block, end);
		h->fake->fail_nr = 0;
		expect_online_is_mapped(test);
	}
}

/* Every call in turn, until none fails: what was refused has changed nothing. */
static void every_call_fails_once(struct kunit *test)
{
	const struct layout *layout = test->param_value;
	struct harness *h = harness_with(test, layout->limits());
	unsigned int nth, before;
	bool fired;
	int ret;

	for (nth = 1, fired = true; fired; nth++) {
		before = bitmap_weight(h->online, PAGES);
		fake_firmware_fail(h->fake, nth, 1, H_HARDWARE);
		ret = go_online(h, 2, GOES);
		fired = h->fake->calls >= h->fake->fail_from;
		h->fake->fail_nr = 0;
		expect_online_is_mapped(test);
		if (ret) {
			KUNIT_EXPECT_EQ(test, -EIO, ret);
			KUNIT_EXPECT_EQ(test, before,
					bitmap_weight(h->online, PAGES));
		} else {
			KUNIT_EXPECT_EQ(test, 0, go_offline(h, 2, GOES));
		}
	}
	KUNIT_EXPECT_GT(test, nth, 2);
}

/* Nobody asks twice, nor about what it was not told of; if so nothing happens. */
static void twice_is_once(struct kunit *test)
{
	const struct layout *layout = test->param_value;
	struct harness *h = harness_with(test, layout->limits());
	unsigned int calls, drains;

	KUNIT_EXPECT_EQ(test, 0, go_online(h, 3, GOES));
	calls = h->fake->calls;
	drains = h->drains;
	KUNIT_EXPECT_EQ(test, 0, go_online(h, 3, GOES));
	KUNIT_EXPECT_EQ(test, 0, go_online(h, 3, STAYS));
	KUNIT_EXPECT_EQ(test, 0, go_offline(h, 5, GOES));
	KUNIT_EXPECT_EQ(test, 0, go_offline(h, 5, STAYS));
	KUNIT_EXPECT_EQ(test, calls, h->fake->calls);
	KUNIT_EXPECT_EQ(test, drains, h->drains);
	expect_online_is_mapped(test);
}

/* A cancel without anything before it is what confused the driver of 6.12. */
static void cancel_without_going(struct kunit *test)
{
	const struct layout *layout = test->param_value;
	struct harness *h = harness_with(test, layout->limits());
	struct memory_client *client = &h->regions->client;
	struct mhp_refusal refusal;
	struct memory_event event = event_of(h, 1, &refusal);
	const unsigned int calls = h->fake->calls;

	client->cancel_offline(client, &event);
	client->cancel_online(client, &event);
	KUNIT_EXPECT_EQ(test, calls, h->fake->calls);
	expect_online_is_mapped(test);
}

/* What the cost of a block is, wherever and beside whatever else */
static void a_block_costs_its_own_pages(struct kunit *test)
{
	struct harness *h = harness_with(test, one_each());
	const unsigned int cost =
		1 + DIV_ROUND_UP(BLOCK / EBUS_MR_PAGE_SIZE,
				 EBUS_MR_PAGES_PER_CALL);
	unsigned int block, calls;
	struct ehea_sge before, after;

	KUNIT_ASSERT_EQ(test, 0, ehea_regions_map(h->regions, 0, 1, &before));
	for (block = 2; block < BLOCKS; block++) {
		calls = h->fake->calls;
		KUNIT_EXPECT_EQ(test, 0, go_online(h, block, GOES));
		KUNIT_EXPECT_EQ(test, cost, h->fake->calls - calls);
	}
	for (block = 2; block < BLOCKS; block++) {
		calls = h->fake->calls;
		KUNIT_EXPECT_EQ(test, 0, go_offline(h, block, GOES));
		KUNIT_EXPECT_EQ(test, 1, h->fake->calls - calls);
	}
	KUNIT_EXPECT_EQ(test, 0, h->stops);
	KUNIT_ASSERT_EQ(test, 0, ehea_regions_map(h->regions, 0, 1, &after));
	KUNIT_EXPECT_EQ(test, before.key, after.key);
	KUNIT_EXPECT_EQ(test, before.io, after.io);
}

/* The new region is there before descriptors of the old one are waited for. */
static void a_group_changes_while_queues_run(struct kunit *test)
{
	struct harness *h = harness_with(test, in_groups());

	KUNIT_EXPECT_EQ(test, 1, fake_firmware_regions(h->fake));
	KUNIT_EXPECT_EQ(test, 0, go_online(h, 2, GOES));
	KUNIT_EXPECT_EQ(test, 1, h->drains);
	KUNIT_EXPECT_EQ(test, 2, h->regions_at_drain);
	KUNIT_EXPECT_EQ(test, 1, fake_firmware_regions(h->fake));
	KUNIT_EXPECT_EQ(test, 0, go_online(h, 4, GOES));
	KUNIT_EXPECT_EQ(test, 2, fake_firmware_regions(h->fake));
	KUNIT_EXPECT_EQ(test, 0, go_offline(h, 0, GOES));
	KUNIT_EXPECT_EQ(test, 3, h->regions_at_drain);
	KUNIT_EXPECT_EQ(test, 0, h->stops);
	expect_online_is_mapped(test);
}

static void queues_stop_for_a_single_region(struct kunit *test)
{
	struct harness *h = harness_with(test, single());

	KUNIT_EXPECT_EQ(test, 0, h->stops);
	KUNIT_EXPECT_EQ(test, 0, go_online(h, 2, GOES));
	KUNIT_EXPECT_EQ(test, 1, h->stops);
	KUNIT_EXPECT_EQ(test, 0, go_offline(h, 2, STAYS));
	KUNIT_EXPECT_EQ(test, 1, h->stops);
	KUNIT_EXPECT_EQ(test, 0, go_offline(h, 2, GOES));
	KUNIT_EXPECT_EQ(test, 2, h->stops);
	KUNIT_EXPECT_EQ(test, 2, h->starts);
}

/* Neither the new region nor the old one again: queues wait for the next change. */
static void single_region_is_lost_and_made_again(struct kunit *test)
{
	struct harness *h = harness_with(test, single());

	h->fake->fail_opcode = H_ALLOC_HEA_RESOURCE;
	fake_firmware_fail(h->fake, 1, 2, H_NO_MEM);
	KUNIT_EXPECT_EQ(test, -ENOSPC, go_online(h, 2, GOES));
	KUNIT_EXPECT_FALSE(test, h->running);
	expect_online_is_mapped(test);
	h->fake->fail_nr = 0;
	KUNIT_EXPECT_EQ(test, 0, go_online(h, 2, GOES));
	KUNIT_EXPECT_TRUE(test, h->running);
	KUNIT_EXPECT_EQ(test, 1, h->stops);
	expect_online_is_mapped(test);
}

/* A region that stays, because it is not freed, is freed before the next is made. */
static void single_region_is_not_freed(struct kunit *test)
{
	struct harness *h = harness_with(test, single());

	/* Twice: normally, and by force */
	h->fake->fail_opcode = H_FREE_RESOURCE;
	fake_firmware_fail(h->fake, 1, 2, H_R_STATE);
	KUNIT_EXPECT_EQ(test, -EBUSY, go_online(h, 2, GOES));
	KUNIT_EXPECT_TRUE(test, h->running);
	expect_online_is_mapped(test);
	/* It is freed when the new one is to be made */
	fake_firmware_fail(h->fake, 1, 2, H_R_STATE);
	KUNIT_EXPECT_EQ(test, 0, go_offline(h, 1, GOES));
	KUNIT_EXPECT_TRUE(test, h->running);
	KUNIT_EXPECT_EQ(test, 0, go_online(h, 1, GOES));
	/* Not even then */
	fake_firmware_fail(h->fake, 1, 4, H_R_STATE);
	KUNIT_EXPECT_EQ(test, 0, go_offline(h, 1, GOES));
	KUNIT_EXPECT_FALSE(test, h->running);
	KUNIT_EXPECT_FALSE(test, list_empty(&h->regions->stuck));
	h->fake->fail_nr = 0;
	KUNIT_EXPECT_EQ(test, 0, go_online(h, 1, GOES));
	KUNIT_EXPECT_TRUE(test, h->running);
	expect_online_is_mapped(test);
}

static void a_region_is_not_freed(struct kunit *test)
{
	struct harness *h = harness_with(test, one_each());

	h->fake->fail_opcode = H_FREE_RESOURCE;
	fake_firmware_fail(h->fake, 1, 2, H_R_STATE);
	KUNIT_EXPECT_EQ(test, 0, go_offline(h, 1, GOES));
	KUNIT_EXPECT_EQ(test, 2, fake_firmware_regions(h->fake));
	h->fake->fail_nr = 0;
	KUNIT_EXPECT_EQ(test, 0, go_online(h, 2, GOES));
	expect_online_is_mapped(test);
}

/* The map ends while a block is on its way: nothing stays with the firmware. */
static void the_map_ends_in_between(struct kunit *test)
{
	const struct layout *layout = test->param_value;
	struct harness *h = harness_with(test, layout->limits());
	struct memory_client *client = &h->regions->client;
	struct mhp_refusal refusal;
	struct memory_event event = event_of(h, 2, &refusal);

	KUNIT_EXPECT_EQ(test, 0, client->going_online(client, &event));
	free_map(test);
	KUNIT_EXPECT_EQ(test, 0, fake_firmware_regions(h->fake));
	h = harness_with(test, layout->limits());
	client = &h->regions->client;
	event = event_of(h, 1, &refusal);
	KUNIT_EXPECT_EQ(test, 0, client->going_offline(client, &event));
	free_map(test);
	KUNIT_EXPECT_EQ(test, 0, fake_firmware_regions(h->fake));
}

static void crash(struct kunit *test)
{
	struct harness *h = test->priv;

	ehea_regions_crash();
	KUNIT_EXPECT_EQ(test, 0, fake_firmware_regions(h->fake));
	free_map(test);
	/* A kernel that crashes does not know what is free already, nor does it go on */
	h->fake->wrong = 0;
}

/* The kernel crashes, whatever is on its way: nothing stays with the firmware. */
static void the_kernel_crashes(struct kunit *test)
{
	const struct layout *layout = test->param_value;
	struct harness *h = harness_with(test, layout->limits());
	struct memory_client *client;
	struct mhp_refusal refusal;
	struct memory_event event;

	crash(test);
	h = harness_with(test, layout->limits());
	client = &h->regions->client;
	event = event_of(h, 2, &refusal);
	KUNIT_EXPECT_EQ(test, 0, client->going_online(client, &event));
	crash(test);
	h = harness_with(test, layout->limits());
	client = &h->regions->client;
	event = event_of(h, 1, &refusal);
	KUNIT_EXPECT_EQ(test, 0, client->going_offline(client, &event));
	crash(test);
	/* One that the firmware has not freed */
	h = harness_with(test, layout->limits());
	h->fake->fail_opcode = H_FREE_RESOURCE;
	fake_firmware_fail(h->fake, 1, 2, H_R_STATE);
	go_offline(h, 1, GOES);
	h->fake->fail_nr = 0;
	crash(test);
}

/* A kernel that crashes at a call of the firmware; KUnit runs one test after the other */
static struct {
	const struct fake_firmware *fake;
	unsigned int calls_before;
	unsigned int regions_left;
	bool crashed;
} crash_at;

static void crash_at_call(const struct ebus_hcall *call)
{
	if (crash_at.crashed || crash_at.calls_before--)
		return;
	crash_at.crashed = true;
	ehea_regions_crash();
	crash_at.regions_left = fake_firmware_regions(crash_at.fake);
}

/* Whatever was just being made, waited for or freed: nothing stays. */
static void the_kernel_crashes_at_a_call(struct kunit *test)
{
	const struct layout *layout = test->param_value;
	struct harness *h;
	unsigned int i = 0;

	do {
		h = harness_with(test, layout->limits());
		crash_at.fake = h->fake;
		crash_at.calls_before = i++;
		crash_at.crashed = false;
		h->fake->before = crash_at_call;
		go_online(h, 2, GOES);
		go_offline(h, 1, GOES);
		go_online(h, 3, STAYS);
		h->fake->before = NULL;
		KUNIT_EXPECT_EQ_MSG(test, 0, crash_at.regions_left, "call %u", i);
		free_map(test);
		/* It would not have gone on */
		h->fake->wrong = 0;
	} while (crash_at.crashed);
	KUNIT_EXPECT_GT(test, i, 6);
}

/* The last region is for windows that change; a block that needs it is refused. */
static void no_region_is_left(struct kunit *test)
{
	struct ehea_regions_limits limits = one_each();
	struct harness *h;
	struct mhp_refusal refusal;
	struct memory_event event;

	limits.max_mrs = 3;
	limits.max_mr_size = BLOCK;
	h = harness_with(test, limits);
	event = event_of(h, 2, &refusal);
	KUNIT_EXPECT_EQ(test, -ENOSPC,
			h->regions->client.going_online(&h->regions->client,
							&event));
	KUNIT_EXPECT_STREQ(test, "test", refusal.by);
	KUNIT_EXPECT_NOT_NULL(test, strstr(refusal.why, "no region left"));
	expect_online_is_mapped(test);
	KUNIT_EXPECT_EQ(test, 0, go_offline(h, 1, GOES));
	KUNIT_EXPECT_EQ(test, 0, go_online(h, 2, GOES));
	expect_online_is_mapped(test);
}

/* A region smaller than a block: the block has several, or none at all. */
static void a_block_of_several_regions(struct kunit *test)
{
	struct ehea_regions_limits limits = one_each();
	struct harness *h;
	unsigned int nth;

	limits.max_mr_size = BLOCK / 4 + 1;
	h = harness_with(test, limits);
	KUNIT_EXPECT_EQ(test, 8, fake_firmware_regions(h->fake));
	for (nth = 1; nth <= 8; nth++) {
		fake_firmware_fail(h->fake, nth, 1, H_HARDWARE);
		KUNIT_EXPECT_EQ(test, -EIO, go_online(h, 2, GOES));
		expect_online_is_mapped(test);
	}
	h->fake->fail_nr = 0;
	KUNIT_EXPECT_EQ(test, 0, go_online(h, 2, GOES));
	KUNIT_EXPECT_EQ(test, 12, fake_firmware_regions(h->fake));
	expect_online_is_mapped(test);
	KUNIT_EXPECT_EQ(test, 0, go_offline(h, 2, GOES));
	expect_online_is_mapped(test);
}

/* RAM with holes: addresses close up, and a piece ends where its extent ends. */
static void holes(struct kunit *test)
{
	struct harness *h = test->priv;
	const struct ehea_regions_limits limits = in_groups();
	struct ehea_sge sge;

	KUNIT_ASSERT_NOT_NULL(test, new_map(h, &limits));
	KUNIT_ASSERT_EQ(test, 0, replay(&h->regions->client, 0, 3));
	KUNIT_ASSERT_EQ(test, 0, replay(&h->regions->client, 5, 2));
	bitmap_set(h->online, 0, 3);
	bitmap_set(h->online, 5, 2);
	KUNIT_ASSERT_EQ(test, 0, with_ram(h, 9, 40));
	expect_online_is_mapped(test);
	KUNIT_ASSERT_EQ(test, 0, ehea_regions_map(h->regions,
						  PFN_PHYS(3) - 100, 200, &sge));
	KUNIT_EXPECT_EQ(test, 100, sge.len);
	KUNIT_ASSERT_EQ(test, 0, ehea_regions_map(h->regions, PFN_PHYS(5), 200,
						  &sge));
	KUNIT_EXPECT_EQ(test, 200, sge.len);
	KUNIT_EXPECT_EQ(test, RAM_START + PFN_PHYS(3), sge.io);
	/* From one window into the next */
	KUNIT_ASSERT_EQ(test, 0, ehea_regions_map(h->regions,
						  PFN_PHYS(32) - 100, 300, &sge));
	KUNIT_EXPECT_EQ(test, 100, sge.len);
	/* A block with holes goes offline whole, and comes back so. */
	KUNIT_EXPECT_EQ(test, 0, go_offline(h, 0, GOES));
	expect_online_is_mapped(test);
	KUNIT_EXPECT_EQ(test, 0, go_online(h, 0, GOES));
	expect_online_is_mapped(test);
}

static void window_sizes(struct kunit *test)
{
	static const struct {
		unsigned long max_mrs;
		u64 max_mr_size;
		u64 ram_end;
		u64 window;
	} sizes[] = {
		{ 1000, SZ_16G, SZ_64G, SZ_256M },
		{ 257, SZ_16G, SZ_64G, SZ_256M },
		{ 256, SZ_16G, SZ_64G, SZ_512M },
		{ 5, SZ_16G, SZ_64G, SZ_16G },
		{ 4, SZ_16G, SZ_64G, SZ_16G },
		{ 2, SZ_128G, SZ_64G + 1, SZ_128G },
		{ 1, SZ_16G, SZ_64G, SZ_64G },
		{ 1, SZ_16G, SZ_64G + 1, SZ_128G },
		{ 1000, SZ_64M, SZ_64G, SZ_64M },
		{ 1000, SZ_64M - 1, SZ_64G, SZ_32M },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		const struct ehea_regions_limits limits = {
			.max_mrs = sizes[i].max_mrs,
			.max_mr_size = sizes[i].max_mr_size,
			.ram_end = sizes[i].ram_end,
		};

		KUNIT_EXPECT_EQ(test, sizes[i].window,
				window_bytes(&limits, SZ_256M));
	}
}

static void the_firmware_refuses_ram(struct kunit *test)
{
	struct harness *h = test->priv;
	const struct ehea_regions_limits limits = one_each();

	KUNIT_ASSERT_NOT_NULL(test, new_map(h, &limits));
	fake_firmware_fail(h->fake, 3, 1, H_HARDWARE);
	KUNIT_EXPECT_EQ(test, -EIO, with_ram(h, 0, 4 * BLOCK_PAGES));
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(every_order, layout_gen_params),
	KUNIT_CASE_PARAM(own_memmap, layout_gen_params),
	KUNIT_CASE_PARAM(long_life, layout_gen_params),
	KUNIT_CASE_PARAM(every_call_fails_once, layout_gen_params),
	KUNIT_CASE_PARAM(twice_is_once, layout_gen_params),
	KUNIT_CASE_PARAM(cancel_without_going, layout_gen_params),
	KUNIT_CASE(a_block_costs_its_own_pages),
	KUNIT_CASE(a_group_changes_while_queues_run),
	KUNIT_CASE(queues_stop_for_a_single_region),
	KUNIT_CASE(single_region_is_lost_and_made_again),
	KUNIT_CASE(single_region_is_not_freed),
	KUNIT_CASE(a_region_is_not_freed),
	KUNIT_CASE_PARAM(the_map_ends_in_between, layout_gen_params),
	KUNIT_CASE_PARAM(the_kernel_crashes, layout_gen_params),
	KUNIT_CASE_PARAM(the_kernel_crashes_at_a_call, layout_gen_params),
	KUNIT_CASE(no_region_is_left),
	KUNIT_CASE(a_block_of_several_regions),
	KUNIT_CASE(holes),
	KUNIT_CASE(window_sizes),
	KUNIT_CASE(the_firmware_refuses_ram),
	{}
};

static struct kunit_suite suite = {
	.name = "ehea_regions",
	.init = init,
	.exit = exit_test,
	.test_cases = cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("KUnit tests of an eHEA adapter's map of RAM");
MODULE_LICENSE("GPL");

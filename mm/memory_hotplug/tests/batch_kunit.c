// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a batch leaves behind: nothing.
 */

#include <kunit/test.h>
#include <linux/device.h>
#include <linux/memory.h>
#include <linux/memory_client.h>
#include <linux/memory_hotplug.h>
#include <linux/range.h>
#include <linux/swap.h>

#include "../internal.h"

struct batch_case {
	const char *name;
	unsigned int nr_blocks;
	bool online;
	bool disabled;
};

static const struct batch_case batch_cases[] = {
	{ "one block offline", 1, false, false },
	{ "two blocks offline", 2, false, true },
	{ "eight blocks offline", 8, false, true },
	{ "eight blocks online", 8, true, false },
};

KUNIT_ARRAY_PARAM_DESC(batch, batch_cases, name);

/* Blocks that do not exist, where no address can be */
static u64 batch_start(void)
{
	return mhp_get_pluggable_range(false).end + 1;
}

/* LRU caches are disabled from the first block that asks until the end */
static void batch_lru_cache_test(struct kunit *test)
{
	const struct batch_case *c = test->param_value;
	struct memory_batch batch, part;
	bool begun;

	lock_device_hotplug();
	begun = memory_batch_begin(&batch, batch_start(),
				   c->nr_blocks * memory_block_size_bytes(),
				   c->online);
	KUNIT_EXPECT_TRUE(test, begun);
	KUNIT_EXPECT_FALSE(test, lru_cache_disabled());

	KUNIT_EXPECT_EQ(test, mhp_batch_disable_lru_cache(), c->disabled);
	KUNIT_EXPECT_EQ(test, lru_cache_disabled(), c->disabled);

	/* A block of it is none, and ends nothing */
	KUNIT_EXPECT_FALSE(test, memory_batch_begin(&part, batch_start(),
						    memory_block_size_bytes(),
						    c->online));
	KUNIT_EXPECT_EQ(test, mhp_batch_disable_lru_cache(), c->disabled);
	KUNIT_EXPECT_PTR_EQ(test, mhp_batch_current(), &batch);

	memory_batch_end();
	KUNIT_EXPECT_FALSE(test, lru_cache_disabled());
	KUNIT_EXPECT_NULL(test, mhp_batch_current());
	unlock_device_hotplug();
}

static struct kunit_case mhp_batch_cases[] = {
	KUNIT_CASE_PARAM(batch_lru_cache_test, batch_gen_params),
	{}
};

static struct kunit_suite mhp_batch_suite = {
	.name = "mhp_batch",
	.test_cases = mhp_batch_cases,
};

kunit_test_suite(mhp_batch_suite);

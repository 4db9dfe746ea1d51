// SPDX-License-Identifier: GPL-2.0-only
/*
 * What struct pages are written, and the geometry of a memmap in its own block.
 */

#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "../../internal.h"
#include "../internal.h"

struct memmap_case {
	const char *name;
	unsigned long page_size;
	unsigned long block_size;
	unsigned int page_struct;
	unsigned long pageblock_size;
	bool force;
	unsigned long want;
};

static const struct memmap_case memmap_cases[] = {
	{ "4K: 128M block", SZ_4K, SZ_128M, 64, SZ_2M, false, 512 },
	{ "4K: 128M block, forced", SZ_4K, SZ_128M, 64, SZ_2M, true, 512 },
	{ "4K: 2G block", SZ_4K, SZ_2G, 64, SZ_2M, false, 8192 },
	{ "4K: 16M block", SZ_4K, SZ_16M, 64, SZ_2M, false, 64 },
	{ "4K: 16M block, forced", SZ_4K, SZ_16M, 64, SZ_2M, true, 512 },
	{ "4K: struct of 56 bytes", SZ_4K, SZ_128M, 56, SZ_2M, false, 448 },
	{ "4K: 56 bytes, forced", SZ_4K, SZ_128M, 56, SZ_2M, true, 512 },
	{ "4K: struct of 80 bytes", SZ_4K, SZ_128M, 80, SZ_2M, true, 1024 },
	{ "4K: part of a page", SZ_4K, SZ_64K, 65, SZ_64K, false, 1 },
	{ "4K: page blocks of 4M", SZ_4K, SZ_128M, 64, SZ_4M, true, 1024 },
	{ "16K: 128M block", SZ_16K, SZ_128M, 64, SZ_32M, false, 32 },
	{ "16K: 128M block, forced", SZ_16K, SZ_128M, 64, SZ_32M, true, 2048 },
	{ "16K: 1G block", SZ_16K, SZ_1G, 64, SZ_32M, false, 256 },
	{ "64K: 512M block", SZ_64K, SZ_512M, 64, SZ_512M, false, 8 },
	{ "64K: 512M block, forced", SZ_64K, SZ_512M, 64, SZ_512M, true, 8192 },
	{ "64K: 256M block of POWER", SZ_64K, SZ_256M, 64, SZ_16M, false, 4 },
	{ "64K: POWER, forced", SZ_64K, SZ_256M, 64, SZ_16M, true, 256 },
	{ "64K: part of a page", SZ_64K, SZ_64M, 63, SZ_16M, false, 1 },
};

/* Only the rows of this kernel's page size can be asked for */
static const void *memmap_gen_params(const void *prev, char *desc)
{
	const struct memmap_case *c = prev;

	for (c = c ? c + 1 : memmap_cases;
	     c < memmap_cases + ARRAY_SIZE(memmap_cases); c++) {
		if (c->page_size != PAGE_SIZE)
			continue;
		strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
		return c;
	}
	return NULL;
}

static void memmap_pages_test(struct kunit *test)
{
	const struct memmap_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test,
			mhp_memmap_pages(c->block_size / PAGE_SIZE,
					 c->page_struct,
					 c->pageblock_size / PAGE_SIZE,
					 c->force),
			c->want);
}

/* Whatever the sizes: there is room for every struct page, and forced rounds */
static void memmap_has_room_test(struct kunit *test)
{
	const unsigned long block_pages = PHYS_PFN(memory_block_size_bytes());
	unsigned long exact, forced;
	size_t size;

	for (size = 48; size <= 96; size += 8) {
		exact = mhp_memmap_pages(block_pages, size, pageblock_nr_pages,
					 false);
		forced = mhp_memmap_pages(block_pages, size, pageblock_nr_pages,
					  true);
		KUNIT_EXPECT_GE(test, exact * PAGE_SIZE, block_pages * size);
		KUNIT_EXPECT_LT(test, (exact - 1) * PAGE_SIZE,
				block_pages * size);
		KUNIT_EXPECT_EQ(test, forced % pageblock_nr_pages, 0);
		KUNIT_EXPECT_GE(test, forced, exact);
		KUNIT_EXPECT_LT(test, forced - exact, pageblock_nr_pages);
	}
}

#define NR_FILLED	33

static bool all_poison(const struct page *page)
{
	return !memchr_inv(page, 0xa5, sizeof(*page));
}

/* The same bits as if each had been initialised by itself, and none beyond */
static void check_filled(struct kunit *test, unsigned long pfn, bool free)
{
	const size_t size = (NR_FILLED + 2) * sizeof(struct page);
	struct page *filled = kunit_kmalloc(test, size, GFP_KERNEL);
	struct zone *zone = NODE_DATA(first_online_node)->node_zones;
	struct page wanted, model;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, filled);
	memset(filled, 0xa5, size);
	zone += MAX_NR_ZONES - 1;
	model = mhp_memmap_model(zone, pfn, free);
	mhp_memmap_fill(filled + 1, NR_FILLED, &model);

	KUNIT_EXPECT_TRUE(test, all_poison(&filled[0]));
	KUNIT_EXPECT_TRUE(test, all_poison(&filled[NR_FILLED + 1]));
	for (i = 1; i <= NR_FILLED; i++) {
		__init_single_page(&wanted, pfn, zone_idx(zone),
				   zone_to_nid(zone));
		if (free)
			set_page_count(&wanted, 0);
		else
			__SetPageOffline(&wanted);
		KUNIT_EXPECT_TRUE(test, list_empty(&filled[i].lru));
		wanted.lru = filled[i].lru;
		KUNIT_EXPECT_MEMEQ(test, &filled[i], &wanted, sizeof(wanted));
	}
}

static void memmap_fill_test(struct kunit *test)
{
	const unsigned long pfn = 3 * PAGES_PER_SECTION;

	check_filled(test, pfn, true);
	check_filled(test, pfn, false);
	check_filled(test, pfn + PAGES_PER_SECTION - NR_FILLED, true);
}

static struct kunit_case mhp_memmap_cases[] = {
	KUNIT_CASE(memmap_fill_test),
	KUNIT_CASE_PARAM(memmap_pages_test, memmap_gen_params),
	KUNIT_CASE(memmap_has_room_test),
	{}
};

static struct kunit_suite mhp_memmap_suite = {
	.name = "mhp_memmap",
	.test_cases = mhp_memmap_cases,
};

kunit_test_suite(mhp_memmap_suite);

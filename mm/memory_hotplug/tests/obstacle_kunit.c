// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages that tell by themselves what they are, and nobody else knows of.
 */

#include <kunit/test.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/pagemap.h>

#include "../internal.h"

struct page_case {
	const char *name;
	unsigned long mapping;
	enum mhp_page_kind want;
	const char *what;
};

/* Nobody follows these pointers as long as the page is on no LRU list */
static const struct page_case page_cases[] = {
	{ "nobody's", 0, MHP_PAGE_UNKNOWN, "unknown allocation, references 1" },
	{ "process", 0x1000 | PAGE_MAPPING_ANON, MHP_PAGE_BUSY,
	  "page of a process on its way" },
	{ "merged", 0x1000 | PAGE_MAPPING_KSM, MHP_PAGE_BUSY,
	  "page of a process on its way" },
	{ "file", 0x1000, MHP_PAGE_BUSY, "page of a file on its way" },
	{ "driver", 0x1000 | PAGE_MAPPING_MOVABLE, MHP_PAGE_DRIVER,
	  "page of the driver behind" },
};

KUNIT_ARRAY_PARAM_DESC(page, page_cases, name);

static void free_locked(void *arg)
{
	struct page *page = arg;

	page->mapping = NULL;
	unlock_page(page);
	__free_page(page);
}

static void unlisted_page_test(struct kunit *test)
{
	const struct page_case *c = test->param_value;
	struct page *page = alloc_page(GFP_KERNEL);
	struct mhp_obstacle obstacle = {};

	KUNIT_ASSERT_NOT_NULL(test, page);
	/* Compaction passes by a page that is locked */
	lock_page(page);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, free_locked, page));
	page->mapping = (struct address_space *)c->mapping;
	mhp_obstacle_describe(&obstacle, page_to_pfn(page));

	KUNIT_EXPECT_EQ(test, obstacle.kind, c->want);
	KUNIT_EXPECT_EQ(test, obstacle.pfn, page_to_pfn(page));
	KUNIT_EXPECT_EQ(test, obstacle.nr_pages, 1);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(obstacle.what, c->what),
				  "\"%s\" does not say \"%s\"", obstacle.what,
				  c->what);
}

static struct kunit_case mhp_obstacle_cases[] = {
	KUNIT_CASE_PARAM(unlisted_page_test, page_gen_params),
	{}
};

static struct kunit_suite mhp_obstacle_suite = {
	.name = "mhp_obstacle",
	.test_cases = mhp_obstacle_cases,
};

kunit_test_suite(mhp_obstacle_suite);

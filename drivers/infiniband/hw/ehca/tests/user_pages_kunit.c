// SPDX-License-Identifier: GPL-2.0-only
/* Memory of users in user space, from its scatterlist to a region */

#include <kunit/test.h>
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/scatterlist.h>

#include "../user_pages.h"

#define PIECES	4

/* Pages of a scatterlist, of which none is looked at */
struct pieces {
	unsigned int nr;
	struct ebus_extent piece[PIECES];
};

static void fill(struct sg_table *table, struct scatterlist *sgl,
		 const struct pieces *pieces)
{
	struct scatterlist *sg;
	unsigned int i;

	sg_init_table(sgl, pieces->nr);
	*table = (struct sg_table) {
		.sgl = sgl,
		.nents = pieces->nr,
		.orig_nents = pieces->nr,
	};
	for_each_sgtable_sg(table, sg, i) {
		const struct ebus_extent *piece = &pieces->piece[i];

		sg_set_page(sg, pfn_to_page(piece->start_pfn),
			    PFN_PHYS(piece->nr_pages), 0);
		/* Of no use: as if all of it touched */
		sg_dma_address(sg) = 0x1000;
		sg_dma_len(sg) = sg->length;
	}
}

static void expect_extents(struct kunit *test, const struct pieces *from,
			   const struct pieces *to)
{
	struct scatterlist sgl[PIECES];
	struct ebus_extent *extents;
	struct sg_table table;
	unsigned int i, nr;

	fill(&table, sgl, from);
	extents = ehca_user_extents(&table, &nr);
	KUNIT_ASSERT_FALSE(test, IS_ERR(extents));
	KUNIT_EXPECT_EQ(test, to->nr, nr);
	for (i = 0; i < min(nr, to->nr); i++) {
		KUNIT_EXPECT_EQ(test, to->piece[i].start_pfn,
				extents[i].start_pfn);
		KUNIT_EXPECT_EQ(test, to->piece[i].nr_pages,
				extents[i].nr_pages);
	}
	kvfree(extents);
}

static void what_touches_is_one(struct kunit *test)
{
	static const struct {
		struct pieces from, to;
	} cases[] = {
		{ { 1, { { 16, 1 } } }, { 1, { { 16, 1 } } } },
		{ { 2, { { 16, 4 }, { 20, 8 } } }, { 1, { { 16, 12 } } } },
		{ { 2, { { 16, 4 }, { 21, 8 } } },
		  { 2, { { 16, 4 }, { 21, 8 } } } },
		/* Backwards, and the same page twice */
		{ { 2, { { 20, 4 }, { 16, 4 } } },
		  { 2, { { 20, 4 }, { 16, 4 } } } },
		{ { 2, { { 16, 1 }, { 16, 1 } } },
		  { 2, { { 16, 1 }, { 16, 1 } } } },
		{ { 4, { { 32, 2 }, { 34, 2 }, { 16, 8 }, { 24, 8 } } },
		  { 2, { { 32, 4 }, { 16, 16 } } } },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		expect_extents(test, &cases[i].from, &cases[i].to);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(what_touches_is_one),
	{}
};

static struct kunit_suite suite = {
	.name = "ehca_user_pages",
	.test_cases = cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("KUnit tests of memory of users in user space");
MODULE_LICENSE("GPL");

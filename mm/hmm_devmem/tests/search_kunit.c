// SPDX-License-Identifier: GPL-2.0-only
/*
 * The search for physical addresses: trees of resources, each with what is to be
 * found in it, or that nothing is.
 */

#include <kunit/test.h>
#include <linux/ioport.h>
#include <linux/sizes.h>

#include "../internal.h"

#define S		SZ_128M		/* as large as a section is */
#define ANYWHERE	{ .start = 0, .end = U64_MAX }
#define NONE		U64_MAX

struct search_case {
	const char *name;
	struct range base;
	struct range children[5];	/* up to the first that ends at 0 */
	struct range within;
	u64 size;
	u64 align;			/* S if 0 */
	struct range not_here;		/* none if it ends at 0 */
	struct range use_last[3];	/* up to the first that ends at 0 */
	u64 highest;			/* expected from the top, or NONE */
	u64 lowest;			/* and from the bottom */
};

static const struct search_case cases[] = {
	{
		.name = "an empty tree",
		.base = { 0, 16ULL * S - 1 }, .within = ANYWHERE, .size = S,
		.highest = 15ULL * S, .lowest = 0,
	}, {
		.name = "a tree of just the size",
		.base = { 0, S - 1 }, .within = ANYWHERE, .size = S,
		.highest = 0, .lowest = 0,
	}, {
		.name = "a tree that is a byte too small",
		.base = { 0, S - 2 }, .within = ANYWHERE, .size = S,
		.highest = NONE, .lowest = NONE,
	}, {
		.name = "a full tree",
		.base = { 0, 4ULL * S - 1 },
		.children = { { 0, 4ULL * S - 1 } },
		.within = ANYWHERE, .size = S,
		.highest = NONE, .lowest = NONE,
	}, {
		.name = "a tree that is full but for less than the size",
		.base = { 0, 4ULL * S - 1 },
		.children = { { 0, 2ULL * S }, { 3ULL * S, 4ULL * S - 1 } },
		.within = ANYWHERE, .size = S,
		.highest = NONE, .lowest = NONE,
	}, {
		.name = "a hole at each edge and one between",
		.base = { 0, 8ULL * S - 1 },
		.children = { { S, 3ULL * S - 1 }, { 4ULL * S, 7ULL * S - 1 } },
		.within = ANYWHERE, .size = S,
		.highest = 7ULL * S, .lowest = 0,
	}, {
		.name = "only the hole at the lower edge",
		.base = { 0, 8ULL * S - 1 },
		.children = { { S, 3ULL * S - 1 }, { 3ULL * S, 8ULL * S - 1 } },
		.within = ANYWHERE, .size = S,
		.highest = 0, .lowest = 0,
	}, {
		.name = "only the hole at the upper edge",
		.base = { 0, 8ULL * S - 1 },
		.children = { { 0, 3ULL * S - 1 }, { 3ULL * S, 7ULL * S - 1 } },
		.within = ANYWHERE, .size = S,
		.highest = 7ULL * S, .lowest = 7ULL * S,
	}, {
		.name = "holes too small, one that fits exactly",
		.base = { 0, 16ULL * S - 1 },
		.children = { { S, 2ULL * S - 1 }, { 4ULL * S, 5ULL * S - 1 },
			      { 6ULL * S, 15ULL * S - 1 } },
		.within = ANYWHERE, .size = 2ULL * S,
		.highest = 2ULL * S, .lowest = 2ULL * S,
	}, {
		.name = "children that are not aligned",
		.base = { 0, 8ULL * S - 1 },
		.children = { { 1, 1 }, { 6ULL * S + 1, 6ULL * S + 2 } },
		.within = ANYWHERE, .size = S,
		.highest = 7ULL * S, .lowest = S,
	}, {
		.name = "an end that is not aligned",
		.base = { 4096, 8ULL * S + 4095 }, .within = ANYWHERE, .size = S,
		.highest = 7ULL * S, .lowest = S,
	}, {
		.name = "an alignment above the size",
		.base = { 0, 8ULL * S - 1 },
		.children = { { 4ULL * S, 4ULL * S } },
		.within = ANYWHERE, .size = S, .align = 4ULL * S,
		.highest = 0, .lowest = 0,
	}, {
		.name = "an alignment that nothing meets",
		.base = { S, 8ULL * S - 1 },
		.within = ANYWHERE, .size = S, .align = 8ULL * S,
		.highest = NONE, .lowest = NONE,
	}, {
		.name = "below 4 GiB",
		.base = { 0, U64_MAX >> 12 },
		.children = { { 0, SZ_2G - 1 }, { 0xfec00000, 0xffffffff } },
		.within = { 0, U32_MAX }, .size = S,
		.highest = 0xf0000000, .lowest = SZ_2G,
	}, {
		.name = "below 4 GiB, where all is taken",
		.base = { 0, U64_MAX >> 12 },
		.children = { { 0, 0xf4000000 }, { 0xfec00000, 0xffffffff } },
		.within = { 0, U32_MAX }, .size = S,
		.highest = NONE, .lowest = NONE,
	}, {
		.name = "from 4 GiB on",
		.base = { 0, SZ_8G - 1 },
		.within = { SZ_4G, U64_MAX }, .size = S,
		.highest = SZ_8G - S, .lowest = SZ_4G,
	}, {
		.name = "bounds that are not aligned",
		.base = { 0, SZ_8G - 1 },
		.within = { S + 1, 4ULL * S - 2 }, .size = S,
		.highest = 2ULL * S, .lowest = 2ULL * S,
	}, {
		.name = "bounds that hold nothing",
		.base = { 0, SZ_8G - 1 },
		.within = { 2ULL * S, S }, .size = S,
		.highest = NONE, .lowest = NONE,
	}, {
		.name = "bounds below a child",
		.base = { 0, 16ULL * S - 1 },
		.children = { { 8ULL * S, 9ULL * S - 1 } },
		.within = { 0, 4ULL * S - 1 }, .size = S,
		.highest = 3ULL * S, .lowest = 0,
	}, {
		.name = "bounds above a child",
		.base = { 0, 8ULL * S - 1 },
		.children = { { 0, S - 1 } },
		.within = { 4ULL * S, 8ULL * S - 1 }, .size = S,
		.highest = 7ULL * S, .lowest = 4ULL * S,
	}, {
		.name = "bounds outside of the tree",
		.base = { 0, SZ_8G - 1 },
		.within = { SZ_8G, U64_MAX }, .size = S,
		.highest = NONE, .lowest = NONE,
	}, {
		.name = "up to the last address there is",
		.base = ANYWHERE, .within = ANYWHERE, .size = S,
		.highest = U64_MAX - S + 1, .lowest = 0,
	}, {
		.name = "the last address taken",
		.base = ANYWHERE,
		.children = { { U64_MAX, U64_MAX } },
		.within = ANYWHERE, .size = S,
		.highest = U64_MAX - 2ULL * S + 1, .lowest = 0,
	}, {
		.name = "all but the last address taken",
		.base = ANYWHERE,
		.children = { { 0, U64_MAX - 1 } },
		.within = ANYWHERE, .size = S,
		.highest = NONE, .lowest = NONE,
	}, {
		.name = "from near the last address on",
		.base = ANYWHERE, .within = { U64_MAX - S + 2, U64_MAX },
		.size = S,
		.highest = NONE, .lowest = NONE,
	}, {
		.name = "from near the last address on, and larger",
		.base = ANYWHERE, .within = { U64_MAX - 2ULL * S + 1, U64_MAX },
		.size = 4ULL * S,
		.highest = NONE, .lowest = NONE,
	}, {
		.name = "a size that is nearly all",
		.base = { 0, U64_MAX - S }, .within = ANYWHERE,
		.size = U64_MAX - S + 1,
		.highest = 0, .lowest = 0,
	}, {
		.name = "a size above the address space's",
		.base = { 0, SZ_8G - 1 }, .within = ANYWHERE,
		.size = U64_MAX - S + 1,
		.highest = NONE, .lowest = NONE,
	}, {
		.name = "a child at address 0",
		.base = { 0, 2ULL * S - 1 },
		.children = { { 0, 1 } },
		.within = ANYWHERE, .size = S,
		.highest = S, .lowest = S,
	}, {
		.name = "beside what others want",
		.base = { 0, 8ULL * S - 1 },
		.within = ANYWHERE, .size = S,
		.not_here = { 6ULL * S, 8ULL * S - 1 },
		.highest = 5ULL * S, .lowest = 0,
	}, {
		.name = "only where others want it",
		.base = { 0, 8ULL * S - 1 },
		.children = { { 0, 6ULL * S - 1 } },
		.within = ANYWHERE, .size = S,
		.not_here = { 6ULL * S, 8ULL * S - 1 },
		.highest = NONE, .lowest = NONE,
	}, {
		.name = "where others want the first byte",
		.base = { 0, 8ULL * S - 1 },
		.children = { { 5ULL * S, 8ULL * S - 1 } },
		.within = ANYWHERE, .size = S,
		.not_here = { 0, 4ULL * S },
		.highest = NONE, .lowest = NONE,
	}, {
		.name = "where others want the last byte",
		.base = { 0, 8ULL * S - 1 },
		.children = { { 0, 3ULL * S - 1 } },
		.within = ANYWHERE, .size = S,
		.not_here = { 4ULL * S - 1, 8ULL * S - 1 },
		.highest = NONE, .lowest = NONE,
	}, {
		.name = "others want all up to the last address",
		.base = ANYWHERE,
		.children = { { 0, S - 1 } },
		.within = ANYWHERE, .size = S,
		.not_here = { S, U64_MAX },
		.highest = NONE, .lowest = NONE,
	}, {
		.name = "beside what memory may come to",
		.base = { 0, 8ULL * S - 1 },
		.children = { { 0, S - 1 } },
		.within = ANYWHERE, .size = S,
		.use_last = { { 7ULL * S, 8ULL * S - 1 },
			      { S, 3ULL * S - 1 } },
		.highest = 6ULL * S, .lowest = 3ULL * S,
	}, {
		.name = "nothing else than what memory may come to",
		.base = { 0, 8ULL * S - 1 },
		.children = { { 2ULL * S, 6ULL * S - 1 } },
		.within = ANYWHERE, .size = S,
		.use_last = { { 0, 4ULL * S }, { 6ULL * S, 8ULL * S - 1 } },
		.highest = 7ULL * S, .lowest = 0,
	}, {
		.name = "a size that fits only with what memory may come to",
		.base = { 0, 8ULL * S - 1 },
		.within = ANYWHERE, .size = 5ULL * S,
		.use_last = { { 4ULL * S, 5ULL * S - 1 } },
		.highest = 3ULL * S, .lowest = 0,
	}, {
		.name = "what memory may come to, but others want",
		.base = { 0, 4ULL * S - 1 },
		.children = { { 0, S - 1 } },
		.within = ANYWHERE, .size = S,
		.not_here = { 2ULL * S, 3ULL * S - 1 },
		.use_last = { { 0, 4ULL * S - 1 } },
		.highest = 3ULL * S, .lowest = S,
	},
};

KUNIT_ARRAY_PARAM_DESC(search, cases, name);

/* As the resource tree has them: in order, and not more than one */
static void make_tree(const struct search_case *c, struct resource *base,
		      struct resource *children)
{
	struct resource **link = &base->child;
	int i;

	*base = (struct resource) { .start = c->base.start, .end = c->base.end };
	for (i = 0; i < ARRAY_SIZE(c->children) && c->children[i].end; i++) {
		children[i] = (struct resource) {
			.start = c->children[i].start,
			.end = c->children[i].end,
			.parent = base,
		};
		*link = &children[i];
		link = &children[i].sibling;
	}
}

static u64 found(const struct resource *base, struct hmm_devmem_search *search,
		 bool bottom_up)
{
	resource_size_t start;

	search->bottom_up = bottom_up;
	return hmm_devmem_search(base, search, &start) ? start : NONE;
}

static void search_test(struct kunit *test)
{
	const struct search_case *c = test->param_value;
	struct hmm_devmem_search search = {
		.within = c->within,
		.size = c->size,
		.align = c->align ?: S,
		.not_here = c->not_here.end ? c->not_here : HMM_DEVMEM_NOWHERE,
		.use_last = c->use_last,
	};
	struct resource base, children[ARRAY_SIZE(c->children)];

	make_tree(c, &base, children);
	while (search.nr_use_last < ARRAY_SIZE(c->use_last) &&
	       c->use_last[search.nr_use_last].end)
		search.nr_use_last++;

	KUNIT_EXPECT_EQ(test, found(&base, &search, false), c->highest);
	KUNIT_EXPECT_EQ(test, found(&base, &search, true), c->lowest);
}

/* What a search by steps of the alignment would need the lock for seconds for */
static void few_steps_test(struct kunit *test)
{
	struct hmm_devmem_search search = {
		.within = ANYWHERE,
		.size = S,
		.align = PAGE_SIZE,
		.not_here = HMM_DEVMEM_NOWHERE,
	};
	struct resource taken = { .start = S, .end = U64_MAX };
	struct resource base = { .end = U64_MAX, .child = &taken };

	KUNIT_EXPECT_EQ(test, found(&base, &search, false), 0);
	taken.start = 0;
	KUNIT_EXPECT_EQ(test, found(&base, &search, false), NONE);
}

static void constraints_test(struct kunit *test)
{
	struct hmm_devmem_constraints c = {};

	KUNIT_EXPECT_EQ(test, hmm_devmem_check_constraints(&c), 0);
	c.min = SZ_4G;
	KUNIT_EXPECT_EQ(test, hmm_devmem_check_constraints(&c), 0);
	c.max = SZ_4G;
	KUNIT_EXPECT_EQ(test, hmm_devmem_check_constraints(&c), 0);
	c.max = SZ_4G - 1;
	KUNIT_EXPECT_EQ(test, hmm_devmem_check_constraints(&c), -EINVAL);
	c.max = 0;
	c.align = SZ_1G;
	KUNIT_EXPECT_EQ(test, hmm_devmem_check_constraints(&c), 0);
	c.align = SZ_1G + SZ_4K;
	KUNIT_EXPECT_EQ(test, hmm_devmem_check_constraints(&c), -EINVAL);
}

static struct kunit_case hmm_devmem_search_cases[] = {
	KUNIT_CASE_PARAM(search_test, search_gen_params),
	KUNIT_CASE(few_steps_test),
	KUNIT_CASE(constraints_test),
	{}
};

static struct kunit_suite hmm_devmem_search_suite = {
	.name = "hmm_devmem_search",
	.test_cases = hmm_devmem_search_cases,
};

kunit_test_suite(hmm_devmem_search_suite);

MODULE_DESCRIPTION("Tests of the search for device memory's addresses");
MODULE_LICENSE("GPL");

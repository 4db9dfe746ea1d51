// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page tables of hot memory, on tables that no CPU walks: what is mapped where,
 * with which leaves, how many tables that takes, and that a failure and a look
 * leave everything as it was.
 */

#include <kunit/test.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "../hot_tables.h"

/* As many levels as the kernel's own have; a level below 0 would only be one more */
#define ROOT_LEVEL	max(0, 4 - CONFIG_PGTABLE_LEVELS)
#define BASE		(3UL << ARM64_HW_PGTABLE_LEVEL_SHIFT(ROOT_LEVEL))

static long nr_tables;
/* Fails when it gets to 0 */
static long countdown;

static pteval_t *test_alloc(void)
{
	pteval_t *table;

	if (!--countdown)
		return NULL;
	table = (pteval_t *)get_zeroed_page(GFP_KERNEL);
	nr_tables += !!table;
	return table;
}

static unsigned long entries_of(int level)
{
	return 1UL << min(VA_BITS - ARM64_HW_PGTABLE_LEVEL_SHIFT(level),
			  PAGE_SHIFT - 3);
}

static bool leads_on(pteval_t entry, int level)
{
	return level < 3 && (entry & PMD_TYPE_MASK) == PMD_TYPE_TABLE;
}

static pteval_t *next_table(pteval_t entry)
{
	return __va(__pte_to_phys(__pte(entry)));
}

/* All entries of all tables, in one number; and how many tables there are */
static u64 digest(const pteval_t *table, int level, long *count)
{
	u64 sum = 0;
	unsigned long i;

	++*count;
	for (i = 0; i < entries_of(level); i++) {
		sum = sum * 0x100000001b3ULL + table[i];
		if (leads_on(table[i], level))
			sum += digest(next_table(table[i]), level + 1, count);
	}
	return sum;
}

/* The leaf of an address, its level and where in it the address lies */
static pteval_t leaf_of(const struct hot_tables *tables, unsigned long addr,
			int *level, u64 *offset)
{
	pteval_t *table = tables->root, entry;

	for (*level = tables->root_level;; ++*level) {
		const int shift = ARM64_HW_PGTABLE_LEVEL_SHIFT(*level);

		entry = table[(addr >> shift) % entries_of(*level)];
		*offset = addr & ((1UL << shift) - 1);
		if (!leads_on(entry, *level))
			return entry;
		table = next_table(entry);
	}
}

static struct hot_tables make_tables(struct kunit *test, bool blocks,
				     bool contiguous)
{
	struct hot_tables tables = {
		.root = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL),
		.root_level = ROOT_LEVEL,
		.last = ULONG_MAX,
		.blocks = blocks,
		.contiguous = contiguous,
		.alloc = test_alloc,
	};

	KUNIT_ASSERT_NOT_NULL(test, tables.root);
	nr_tables = 0;
	countdown = 0;
	return tables;
}

struct layout {
	const char *name;
	u64 virt;		/* from BASE */
	u64 phys;
	u64 size;
	bool blocks;
	bool contiguous;
	int level;		/* of the leaf in the middle */
	bool is_contiguous;
};

#define LEVEL1		BIT(ARM64_HW_PGTABLE_LEVEL_SHIFT(1))

static const struct layout layouts[] = {
	{ "one page", 0, 0, PAGE_SIZE, true, true, 3, false },
	{ "pages up to a block", PAGE_SIZE, PAGE_SIZE, PMD_SIZE - PAGE_SIZE,
	  true, false, 3, false },
	{ "a block", PMD_SIZE, 5 * PMD_SIZE, PMD_SIZE, true, true, 2, false },
	{ "a block as pages", PMD_SIZE, 5 * PMD_SIZE, PMD_SIZE, false, false, 3,
	  false },
	{ "a block as contiguous pages", PMD_SIZE, 5 * PMD_SIZE, PMD_SIZE, false,
	  true, 3, true },
	{ "contiguous blocks", CONT_PMD_SIZE, 0, CONT_PMD_SIZE, true, true, 2,
	  true },
	{ "blocks that could be contiguous", CONT_PMD_SIZE, 0, CONT_PMD_SIZE, true,
	  false, 2, false },
	{ "blocks not aligned alike", CONT_PMD_SIZE, PMD_SIZE, CONT_PMD_SIZE, true,
	  true, 2, false },
	{ "pages not aligned alike", PMD_SIZE, PAGE_SIZE, PMD_SIZE, true, true, 3,
	  false },
	{ "over the end of a table", PMD_SIZE / 2, PMD_SIZE / 2, 2 * PMD_SIZE,
	  true, false, 2, false },
	{ "a block of level 1, if there are such", LEVEL1, 2 * LEVEL1, LEVEL1,
	  true, false, IS_ENABLED(CONFIG_ARM64_4K_PAGES) ? 1 : 2, false },
};

static void layout_name(const struct layout *layout, char *desc)
{
	strscpy(desc, layout->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(layout, layouts, layout_name);

/* How few tables can hold a range whose leaves are of a level and larger */
static long tables_needed(const struct hot_tables *tables, u64 addr, u64 size)
{
	const u64 last = addr + size - 1;
	long sum = 0;
	int level, found;
	u64 offset;

	for (level = ROOT_LEVEL; level < 3; level++) {
		const int shift = ARM64_HW_PGTABLE_LEVEL_SHIFT(level);
		u64 i;

		for (i = addr >> shift; i <= last >> shift; i++) {
			leaf_of(tables, max(addr, i << shift), &found, &offset);
			sum += found > level;
		}
	}
	return sum;
}

/* More than there are pages in the small layouts */
#define SAMPLES		SZ_16K

static void layout_test(struct kunit *test)
{
	const struct layout *c = test->param_value;
	struct hot_tables tables = make_tables(test, c->blocks, c->contiguous);
	const unsigned long addr = BASE + c->virt;
	const u64 phys = max(SZ_4G, CONT_PMD_SIZE) + c->phys;
	u64 at, offset;
	pteval_t leaf;
	int level;

	KUNIT_ASSERT_EQ(test, hot_tables_map(&tables, addr, phys, c->size,
					     PAGE_KERNEL), 0);
	for (at = 0; at < c->size; at += max(PAGE_SIZE, c->size / SAMPLES)) {
		leaf = leaf_of(&tables, addr + at, &level, &offset);
		if ((leaf & PTE_VALID) &&
		    __pte_to_phys(__pte(leaf)) + offset == phys + at)
			continue;
		KUNIT_FAIL(test, "%#llx: leaf %#llx", at, leaf);
		break;
	}
	/* Neither before nor behind */
	KUNIT_EXPECT_EQ(test, leaf_of(&tables, addr - 1, &level, &offset), 0);
	KUNIT_EXPECT_EQ(test, leaf_of(&tables, addr + c->size, &level, &offset), 0);

	leaf = leaf_of(&tables, addr + c->size / 2, &level, &offset);
	KUNIT_EXPECT_EQ(test, level, c->level);
	KUNIT_EXPECT_EQ(test, !!(leaf & PTE_CONT), c->is_contiguous);
	KUNIT_EXPECT_EQ(test, nr_tables, tables_needed(&tables, addr, c->size));

	hot_tables_unmap(&tables, addr, c->size, NULL);
	KUNIT_EXPECT_NULL(test, memchr_inv(tables.root, 0, PAGE_SIZE));
}

/* Neighbours in every table on the way, so that none is empty to begin with */
static void map_neighbours(struct kunit *test, const struct hot_tables *tables)
{
	static const u64 places[] = { 0, LEVEL1 - 8 * PMD_SIZE, 3 * LEVEL1 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(places); i++)
		KUNIT_ASSERT_EQ(test, hot_tables_map(tables, BASE + places[i],
						     SZ_1G + places[i],
						     PAGE_SIZE, PAGE_KERNEL), 0);
}

/* From the middle of a table into another, by pages, so that many are needed */
#define FAIL_START	(LEVEL1 - 3 * PMD_SIZE)
#define FAIL_SIZE	(4 * PMD_SIZE + PAGE_SIZE)

static void out_of_memory_test(struct kunit *test)
{
	struct hot_tables tables = make_tables(test, false, false);
	const unsigned long addr = BASE + FAIL_START;
	long nr_before = 0, nr_after, nth;
	u64 before;
	int ret;

	map_neighbours(test, &tables);
	before = digest(tables.root, ROOT_LEVEL, &nr_before);
	for (nth = 1;; nth++) {
		countdown = nth;
		ret = hot_tables_map(&tables, addr, SZ_4G, FAIL_SIZE,
				     PAGE_KERNEL);
		countdown = 0;
		if (!ret)
			break;
		KUNIT_ASSERT_EQ(test, ret, -ENOMEM);
		nr_after = 0;
		KUNIT_EXPECT_EQ(test, digest(tables.root, ROOT_LEVEL, &nr_after),
				before);
		KUNIT_EXPECT_EQ(test, nr_after, nr_before);
	}
	KUNIT_EXPECT_GT(test, nth, 4);

	hot_tables_unmap(&tables, addr, FAIL_SIZE, NULL);
	nr_after = 0;
	KUNIT_EXPECT_EQ(test, digest(tables.root, ROOT_LEVEL, &nr_after), before);
	KUNIT_EXPECT_EQ(test, nr_after, nr_before);
	hot_tables_unmap(&tables, BASE, 4 * LEVEL1, NULL);
	KUNIT_EXPECT_NULL(test, memchr_inv(tables.root, 0, PAGE_SIZE));
}

/* What is there already stays as it is, and so does what is around it */
static void occupied_test(struct kunit *test)
{
	struct hot_tables tables = make_tables(test, true, false);
	long nr_before = 0, nr_after = 0;
	u64 before;

	map_neighbours(test, &tables);
	before = digest(tables.root, ROOT_LEVEL, &nr_before);
	KUNIT_EXPECT_EQ(test, hot_tables_map(&tables, BASE + PMD_SIZE, SZ_4G,
					     LEVEL1, PAGE_KERNEL), -EEXIST);
	KUNIT_EXPECT_EQ(test, digest(tables.root, ROOT_LEVEL, &nr_after), before);
	KUNIT_EXPECT_EQ(test, nr_after, nr_before);
	hot_tables_unmap(&tables, BASE, 4 * LEVEL1, NULL);
}

static void cut_test(struct kunit *test)
{
	struct hot_tables tables = make_tables(test, true, true);
	long count = 0;
	struct range whole;
	u64 before;

	KUNIT_ASSERT_EQ(test, hot_tables_map(&tables, BASE, 0, 2 * CONT_PMD_SIZE,
					     PAGE_KERNEL), 0);
	before = digest(tables.root, ROOT_LEVEL, &count);

	KUNIT_EXPECT_FALSE(test, hot_tables_cut(&tables, BASE, CONT_PMD_SIZE,
						&whole));
	KUNIT_EXPECT_FALSE(test, hot_tables_cut(&tables, BASE, 2 * CONT_PMD_SIZE,
						&whole));
	/* Where nothing is mapped nothing is cut */
	KUNIT_EXPECT_FALSE(test, hot_tables_cut(&tables, BASE + 3 * CONT_PMD_SIZE,
						PAGE_SIZE, &whole));
	/* A block of those that are contiguous, at both ends */
	KUNIT_EXPECT_TRUE(test, hot_tables_cut(&tables, BASE + PMD_SIZE,
					       CONT_PMD_SIZE, &whole));
	KUNIT_EXPECT_EQ(test, whole.start, BASE);
	KUNIT_EXPECT_EQ(test, whole.end, BASE + 2 * CONT_PMD_SIZE - 1);
	KUNIT_EXPECT_TRUE(test, hot_tables_cut(&tables, BASE, PAGE_SIZE, &whole));
	KUNIT_EXPECT_EQ(test, whole.start, BASE);
	KUNIT_EXPECT_EQ(test, whole.end, BASE + CONT_PMD_SIZE - 1);

	count = 0;
	KUNIT_EXPECT_EQ(test, digest(tables.root, ROOT_LEVEL, &count), before);
	hot_tables_unmap(&tables, BASE, 2 * CONT_PMD_SIZE, NULL);
	KUNIT_EXPECT_NULL(test, memchr_inv(tables.root, 0, PAGE_SIZE));
}

/* A table that others may write into stays, though it is empty */
static void shared_table_test(struct kunit *test)
{
	struct hot_tables tables = make_tables(test, false, false);
	long count = 0;

	tables.floor = BASE + PMD_SIZE;
	KUNIT_ASSERT_EQ(test, hot_tables_map(&tables, BASE + PMD_SIZE, 0,
					     PMD_SIZE, PAGE_KERNEL), 0);
	hot_tables_unmap(&tables, BASE + PMD_SIZE, PMD_SIZE, NULL);
	digest(tables.root, ROOT_LEVEL, &count);
	/* Down to the one above that which held the pages */
	KUNIT_EXPECT_EQ(test, count, 3 - ROOT_LEVEL);

	tables.floor = 0;
	hot_tables_unmap(&tables, BASE + PMD_SIZE, PMD_SIZE, NULL);
	KUNIT_EXPECT_NULL(test, memchr_inv(tables.root, 0, PAGE_SIZE));
}

static struct kunit_case hot_tables_cases[] = {
	KUNIT_CASE_PARAM(layout_test, layout_gen_params),
	KUNIT_CASE(out_of_memory_test),
	KUNIT_CASE(occupied_test),
	KUNIT_CASE(cut_test),
	KUNIT_CASE(shared_table_test),
	{}
};

static struct kunit_suite hot_tables_suite = {
	.name = "arm64_hot_tables",
	.test_cases = hot_tables_cases,
};

kunit_test_suite(hot_tables_suite);

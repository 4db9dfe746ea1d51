// SPDX-License-Identifier: GPL-2.0-only
/* Maps of RAM: addresses without holes, and what is too much */

#include <kunit/test.h>
#include <linux/err.h>
#include <linux/pfn.h>
#include <linux/sizes.h>

#include "../ram.h"

#define BLOCK_PAGES	8
#define BLOCK		PFN_PHYS(BLOCK_PAGES)
#define NO_LIMIT	SZ_1G

struct piece {
	unsigned int block, blocks;
};

/* The map after one change; the one before is gone */
static struct ehca_ram *change(struct kunit *test, struct ehca_ram *ram, bool add,
			       struct piece piece, u64 limit)
{
	const unsigned long start_pfn = piece.block * BLOCK_PAGES;
	const unsigned long nr_pages = piece.blocks * BLOCK_PAGES;
	struct ehca_ram *next;

	next = add ? ehca_ram_add(ram, start_pfn, nr_pages, limit) :
		     ehca_ram_remove(ram, start_pfn, nr_pages, limit);
	KUNIT_ASSERT_FALSE(test, IS_ERR(next));
	ehca_ram_free(ram);
	return next;
}

static struct ehca_ram *map_of(struct kunit *test, const struct piece *pieces,
			       unsigned int nr, u64 limit)
{
	struct ehca_ram *ram = NULL;
	unsigned int i;

	for (i = 0; i < nr; i++)
		ram = change(test, ram, true, pieces[i], limit);
	return ram;
}

/* In which order it came makes no difference to where it is. */
static void holes_are_left_out(struct kunit *test)
{
	static const struct piece orders[][3] = {
		{ { 0, 2 }, { 4, 1 }, { 9, 3 } },
		{ { 9, 3 }, { 4, 1 }, { 0, 2 } },
		{ { 4, 1 }, { 9, 3 }, { 0, 2 } },
	};
	struct ehca_ram *ram;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		ram = map_of(test, orders[i], 3, NO_LIMIT);
		KUNIT_EXPECT_EQ(test, 6 * BLOCK, ehca_ram_bytes(ram));
		KUNIT_EXPECT_EQ(test, EHCA_RAM_START, ehca_ram_io(ram, 0, 1));
		KUNIT_EXPECT_EQ(test, EHCA_RAM_START + 2 * BLOCK + 5,
				ehca_ram_io(ram, 4 * BLOCK + 5, 1));
		KUNIT_EXPECT_EQ(test, EHCA_RAM_START + 3 * BLOCK,
				ehca_ram_io(ram, 9 * BLOCK, 3 * BLOCK));
		KUNIT_EXPECT_EQ(test, EHCA_RAM_START + 6 * BLOCK - 1,
				ehca_ram_io(ram, 12 * BLOCK - 1, 1));
		ehca_ram_free(ram);
	}
}

/* Never a byte of what comes next in the adapter's address space, which is elsewhere */
static void what_is_not_there_has_no_address(struct kunit *test)
{
	static const struct piece pieces[] = { { 1, 2 }, { 4, 1 } };
	struct ehca_ram *ram = map_of(test, pieces, 2, NO_LIMIT);

	KUNIT_EXPECT_EQ(test, EHCA_NO_IO, ehca_ram_io(ram, 0, 1));
	KUNIT_EXPECT_EQ(test, EHCA_NO_IO, ehca_ram_io(ram, BLOCK - 1, 2));
	KUNIT_EXPECT_EQ(test, EHCA_NO_IO, ehca_ram_io(ram, 3 * BLOCK, 1));
	KUNIT_EXPECT_EQ(test, EHCA_NO_IO, ehca_ram_io(ram, 3 * BLOCK - 1, 2));
	KUNIT_EXPECT_EQ(test, EHCA_NO_IO, ehca_ram_io(ram, 5 * BLOCK, 1));
	KUNIT_EXPECT_EQ(test, EHCA_NO_IO, ehca_ram_io(ram, BLOCK, U64_MAX));
	KUNIT_EXPECT_NE(test, EHCA_NO_IO, ehca_ram_io(ram, BLOCK, 2 * BLOCK));
	ehca_ram_free(ram);
}

static void an_empty_map(struct kunit *test)
{
	static const struct piece piece = { 3, 2 };
	struct ehca_ram *ram = map_of(test, &piece, 1, NO_LIMIT);
	char names[64];

	ram = change(test, ram, false, piece, NO_LIMIT);
	KUNIT_EXPECT_EQ(test, 0, ehca_ram_bytes(ram));
	KUNIT_EXPECT_EQ(test, EHCA_NO_IO, ehca_ram_io(ram, 3 * BLOCK, 1));
	ehca_ram_surplus(ram, BLOCK, BLOCK, names, sizeof(names));
	KUNIT_EXPECT_STREQ(test, "", names);
	ehca_ram_free(ram);
}

static void expect_surplus(struct kunit *test, const struct ehca_ram *ram,
			   u64 limit, const char *expected)
{
	char names[64];

	ehca_ram_surplus(ram, limit, BLOCK, names, sizeof(names));
	KUNIT_EXPECT_STREQ(test, expected, names);
}

/* What came last has to go, wherever it is; and no more than that. */
static void surplus_is_what_came_last(struct kunit *test)
{
	static const struct piece pieces[] = { { 0, 2 }, { 7, 1 } };
	const u64 limit = 3 * BLOCK;
	struct ehca_ram *ram = map_of(test, pieces, 2, limit);

	expect_surplus(test, ram, limit, "");
	ram = change(test, ram, true, (struct piece) { 4, 1 }, limit);
	expect_surplus(test, ram, limit, "memory4");
	ram = change(test, ram, true, (struct piece) { 9, 1 }, limit);
	expect_surplus(test, ram, limit, "memory9, memory4");
	ram = change(test, ram, false, (struct piece) { 9, 1 }, limit);
	expect_surplus(test, ram, limit, "memory4");
	ram = change(test, ram, true, (struct piece) { 9, 1 }, limit);
	expect_surplus(test, ram, limit, "memory9, memory4");
	/* Something else has gone in its place */
	ram = change(test, ram, false, (struct piece) { 7, 1 }, limit);
	expect_surplus(test, ram, limit, "memory9");
	ram = change(test, ram, false, (struct piece) { 9, 1 }, limit);
	expect_surplus(test, ram, limit, "");
	KUNIT_EXPECT_NULL(test, ram->surplus);
	ram = change(test, ram, true, (struct piece) { 5, 1 }, limit);
	expect_surplus(test, ram, limit, "memory5");
	ehca_ram_free(ram);
}

/* A limit in the middle of what there is from the beginning, or of a block */
static void surplus_of_a_range(struct kunit *test)
{
	static const struct piece piece = { 0, 5 };
	struct ehca_ram *ram = map_of(test, &piece, 1, 3 * BLOCK);

	expect_surplus(test, ram, 3 * BLOCK, "memory4, memory3");
	ehca_ram_free(ram);
	ram = map_of(test, &piece, 1, 4 * BLOCK - PAGE_SIZE);
	expect_surplus(test, ram, 4 * BLOCK - PAGE_SIZE, "memory4, memory3");
	ehca_ram_free(ram);
	ram = map_of(test, &piece, 1, 5 * BLOCK - 1);
	expect_surplus(test, ram, 5 * BLOCK - 1, "memory4");
	ehca_ram_free(ram);
}

static void surplus_without_room(struct kunit *test)
{
	static const struct piece piece = { 0, 100 };
	struct ehca_ram *ram = map_of(test, &piece, 1, BLOCK);
	char names[64];

	ehca_ram_surplus(ram, BLOCK, BLOCK, names, sizeof(names));
	KUNIT_EXPECT_EQ(test, sizeof(names) - 1, strlen(names));
	KUNIT_EXPECT_STREQ(test, "...", names + sizeof(names) - 4);
	ehca_ram_free(ram);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(holes_are_left_out),
	KUNIT_CASE(what_is_not_there_has_no_address),
	KUNIT_CASE(an_empty_map),
	KUNIT_CASE(surplus_is_what_came_last),
	KUNIT_CASE(surplus_of_a_range),
	KUNIT_CASE(surplus_without_room),
	{}
};

static struct kunit_suite suite = {
	.name = "ehca_ram",
	.test_cases = cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("KUnit tests of maps of RAM");
MODULE_LICENSE("GPL");

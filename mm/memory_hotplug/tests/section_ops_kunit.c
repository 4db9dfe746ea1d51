// SPDX-License-Identifier: GPL-2.0-only
/*
 * What providers may ask for, who may bring which sections online or take them
 * offline, and to whom pages go: for providers of every kind, side by side.
 */

#include <kunit/test.h>
#include <linux/memory.h>
#include <linux/memory_section_ops.h>
#include <linux/string.h>

#include "../internal.h"

static void keep(struct page *page, unsigned int order, void *data)
{
}

static int let_go(unsigned long start_pfn, unsigned long nr_pages, void *data)
{
	return 0;
}

static void hold_again(unsigned long start_pfn, unsigned long nr_pages,
		       void *data)
{
}

struct ops_case {
	const char *name;
	struct mem_section_ops ops;
	int want;
};

static const struct ops_case ops_cases[] = {
	{ "nothing", { .name = "p" }, 0 },
	{ "hidden, provider", { .name = "p", .hidden = true,
	  .online_by = MEM_SECTION_BY_PROVIDER,
	  .offline_by = MEM_SECTION_BY_PROVIDER }, 0 },
	{ "hidden, nobody", { .name = "p", .hidden = true,
	  .online_by = MEM_SECTION_BY_PROVIDER,
	  .offline_by = MEM_SECTION_BY_NOBODY }, 0 },
	{ "hidden, online by the user", { .name = "p", .hidden = true,
	  .online_by = MEM_SECTION_BY_USER,
	  .offline_by = MEM_SECTION_BY_PROVIDER }, -EINVAL },
	{ "hidden, offline by anybody", { .name = "p", .hidden = true,
	  .online_by = MEM_SECTION_BY_PROVIDER }, -EINVAL },
	{ "lets go", { .name = "p", .let_go = let_go, .hold_again = hold_again },
	  0 },
	{ "lets go for ever", { .name = "p", .let_go = let_go }, -EINVAL },
	{ "holds what it never let go", { .name = "p", .hold_again = hold_again },
	  -EINVAL },
};

KUNIT_ARRAY_PARAM_DESC(ops, ops_cases, name);

static void check_ops_test(struct kunit *test)
{
	const struct ops_case *c = test->param_value;
	struct mhp_range_op op = mhp_range_op("add", 0, 0, MHP_RANGE_ABSENT);

	op.ops = &c->ops;
	KUNIT_EXPECT_EQ(test, mhp_section_ops_check(&op), c->want);
	KUNIT_EXPECT_EQ(test, op.t.refusal.error, c->want);
}

static void no_ops_test(struct kunit *test)
{
	struct mhp_range_op op = mhp_range_op("add", 0, 0, MHP_RANGE_ABSENT);

	KUNIT_EXPECT_EQ(test, mhp_section_ops_check(&op), 0);
}

/* A block that nobody else knows */
struct fixture {
	struct memory_block mem;
	struct mem_section_ops ops;
	struct mhp_block_op op;
};

static int make_fixture(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	if (!f)
		return -ENOMEM;
	f->ops.name = "provider";
	f->mem.section_ops = &f->ops;
	f->mem.dev.init_name = "memory7";
	mhp_block_op_init(&f->op, "online", &f->mem, NULL, MHP_BLOCK_OFFLINE);
	test->priv = f;
	return 0;
}

struct by_case {
	enum mem_section_by by;
	bool for_driver;
	int online;
	int offline;
};

static const struct by_case by_cases[] = {
	{ MEM_SECTION_BY_ANYBODY, false, 0, 0 },
	{ MEM_SECTION_BY_ANYBODY, true, 0, 0 },
	{ MEM_SECTION_BY_USER, false, 0, 0 },
	{ MEM_SECTION_BY_USER, true, 0, 0 },
	{ MEM_SECTION_BY_PROVIDER, false, -EPERM, -EPERM },
	{ MEM_SECTION_BY_PROVIDER, true, 0, 0 },
	{ MEM_SECTION_BY_NOBODY, false, -EPERM, -EPERM },
	{ MEM_SECTION_BY_NOBODY, true, 0, -EPERM },
};

static void describe_by(const struct by_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%d %s", c->by,
		 c->for_driver ? "for the driver" : "for a user");
}

KUNIT_ARRAY_PARAM(by, by_cases, describe_by);

static void who_may_test(struct kunit *test)
{
	const struct by_case *c = test->param_value;
	struct fixture *f = test->priv;

	f->mem.hotplug.for_driver = c->for_driver;
	f->ops.online_by = c->by;
	KUNIT_EXPECT_EQ(test, mhp_section_check_online(&f->op), c->online);
	KUNIT_EXPECT_EQ(test, f->op.t.refusal.error, c->online);
	f->op.t.refusal.error = 0;
	f->ops.offline_by = c->by;
	KUNIT_EXPECT_EQ(test, mhp_section_check_offline(&f->op), c->offline);
	KUNIT_EXPECT_EQ(test, f->op.t.refusal.error, c->offline);
}

static void refusal_names_provider_test(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->ops.online_by = MEM_SECTION_BY_PROVIDER;
	f->ops.advice = "ask nicely";
	mhp_section_check_online(&f->op);
	KUNIT_EXPECT_STREQ(test, f->op.t.refusal.by, "provider");
	KUNIT_EXPECT_EQ(test, f->op.t.refusal.kind, MHP_REFUSED_OWNED);
	KUNIT_EXPECT_STREQ(test, f->op.t.refusal.why,
			   "memory7 is brought online by its provider alone; ask nicely");
}

static void boot_memory_is_anybodys_test(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->mem.section_ops = NULL;
	KUNIT_EXPECT_EQ(test, mhp_section_check_online(&f->op), 0);
	KUNIT_EXPECT_EQ(test, mhp_section_check_offline(&f->op), 0);
	KUNIT_EXPECT_FALSE(test, mhp_section_decides(&f->mem));
	KUNIT_EXPECT_FALSE(test, mhp_section_lets_go(&f->mem));
	mhp_section_offlined(&f->op);
	KUNIT_EXPECT_EQ(test, mhp_section_let_go(&f->op.t), 0);
	mhp_section_hold_again(&f->op.t);
}

static void drop(struct page *page, unsigned int order)
{
}

/* A callback has a say in the pages of those who have none themselves */
static void whose_pages_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct memory_block *mem = &f->mem;
	bool set;

	for (set = false; ; set = true) {
		mem->section_ops = NULL;
		KUNIT_EXPECT_EQ(test, mhp_pages_come_free(mem), !set);
		mem->section_ops = &mem_section_generic_ops;
		KUNIT_EXPECT_TRUE(test, mhp_pages_come_free(mem));
		mem->section_ops = &f->ops;
		f->ops.online = NULL;
		KUNIT_EXPECT_TRUE(test, mhp_pages_come_free(mem));
		f->ops.online = keep;
		KUNIT_EXPECT_FALSE(test, mhp_pages_come_free(mem));
		if (set)
			break;
		KUNIT_ASSERT_EQ(test, set_online_page_callback(drop), 0);
	}
	KUNIT_EXPECT_EQ(test, restore_online_page_callback(drop), 0);
}

static struct kunit_case mhp_section_ops_cases[] = {
	KUNIT_CASE_PARAM(check_ops_test, ops_gen_params),
	KUNIT_CASE(no_ops_test),
	KUNIT_CASE_PARAM(who_may_test, by_gen_params),
	KUNIT_CASE(refusal_names_provider_test),
	KUNIT_CASE(boot_memory_is_anybodys_test),
	KUNIT_CASE(whose_pages_test),
	{}
};

static struct kunit_suite mhp_section_ops_suite = {
	.name = "mhp_section_ops",
	.init = make_fixture,
	.test_cases = mhp_section_ops_cases,
};

kunit_test_suite(mhp_section_ops_suite);

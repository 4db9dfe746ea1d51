// SPDX-License-Identifier: GPL-2.0-only
/*
 * Refusals: which cause is kept, how much of it, and how it reads in sysfs.
 */

#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/memory.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "../internal.h"

static void first_cause_is_kept_test(struct kunit *test)
{
	struct mhp_refusal refusal = { .request = "offline" };

	KUNIT_EXPECT_EQ(test, mhp_refuse(&refusal, MHP_REFUSED_CLIENT, -EBUSY,
					 0x1000, 0x2000, "somebody",
					 "because of %d", 42), -EBUSY);
	/* The later error is returned all the same: it is what the step got */
	KUNIT_EXPECT_EQ(test, mhp_refuse(&refusal, MHP_REFUSED_ARCH, -EIO,
					 0x3000, 0x4000, "somebody else",
					 "because of that"), -EIO);

	KUNIT_EXPECT_STREQ(test, refusal.request, "offline");
	KUNIT_EXPECT_EQ(test, refusal.error, -EBUSY);
	KUNIT_EXPECT_EQ(test, refusal.kind, MHP_REFUSED_CLIENT);
	KUNIT_EXPECT_EQ(test, refusal.start, 0x1000);
	KUNIT_EXPECT_EQ(test, refusal.size, 0x2000);
	KUNIT_EXPECT_STREQ(test, refusal.by, "somebody");
	KUNIT_EXPECT_STREQ(test, refusal.why, "because of 42");
}

struct cut_case {
	const char *name;
	size_t by_len;
	size_t why_len;
	size_t by_kept;
	size_t why_kept;
};

static const struct cut_case cut_cases[] = {
	{ "nothing said", 0, 0, 0, 0 },
	{ "both fit", MHP_REFUSAL_BY_LEN - 1, MHP_REFUSAL_WHY_LEN - 1,
	  MHP_REFUSAL_BY_LEN - 1, MHP_REFUSAL_WHY_LEN - 1 },
	{ "by is cut", MHP_REFUSAL_BY_LEN, 1, MHP_REFUSAL_BY_LEN - 1, 1 },
	{ "why is cut", 1, MHP_REFUSAL_WHY_LEN, 1, MHP_REFUSAL_WHY_LEN - 1 },
	{ "both are cut", 400, 400, MHP_REFUSAL_BY_LEN - 1,
	  MHP_REFUSAL_WHY_LEN - 1 },
};

KUNIT_ARRAY_PARAM_DESC(cut, cut_cases, name);

static char *text_of(struct kunit *test, size_t len, char letter)
{
	char *text = kunit_kzalloc(test, len + 1, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, text);
	memset(text, letter, len);
	return text;
}

static void long_text_is_cut_test(struct kunit *test)
{
	const struct cut_case *c = test->param_value;
	const char *by = text_of(test, c->by_len, 'b');
	const char *why = text_of(test, c->why_len, 'w');
	struct mhp_refusal refusal = {};

	mhp_refuse(&refusal, MHP_REFUSED_ARCH, -EIO, 0, 0, by, "%s", why);
	KUNIT_EXPECT_EQ(test, strnlen(refusal.by, sizeof(refusal.by)),
			c->by_kept);
	KUNIT_EXPECT_EQ(test, strnlen(refusal.why, sizeof(refusal.why)),
			c->why_kept);
	KUNIT_EXPECT_EQ(test, strncmp(refusal.by, by, c->by_kept), 0);
	KUNIT_EXPECT_EQ(test, strncmp(refusal.why, why, c->why_kept), 0);
}

static void kind_names_test(struct kunit *test)
{
	enum mhp_refusal_kind kind, other;

	for (kind = 0; kind < MHP_REFUSED_KINDS; kind++) {
		const char *name = mhp_refusal_kind_name(kind);

		KUNIT_ASSERT_NOT_NULL(test, name);
		KUNIT_EXPECT_NE(test, name[0], '\0');
		/* They are fields of a line */
		KUNIT_EXPECT_NULL_MSG(test, strpbrk(name, " =\n"), "\"%s\"",
				      name);
		for (other = 0; other < kind; other++)
			KUNIT_EXPECT_STRNEQ(test, name,
					    mhp_refusal_kind_name(other));
	}
	KUNIT_EXPECT_STREQ(test, mhp_refusal_kind_name(MHP_REFUSED_NOT),
			   "none");
	KUNIT_EXPECT_STREQ(test, mhp_refusal_kind_name(MHP_REFUSED_KINDS),
			   "unknown");
}

static void page_names_test(struct kunit *test)
{
	enum mhp_page_kind kind, other;

	for (kind = 0; kind < MHP_PAGE_KINDS; kind++) {
		const char *name = mhp_page_kind_name(kind);

		KUNIT_ASSERT_NOT_NULL(test, name);
		KUNIT_EXPECT_NE(test, name[0], '\0');
		KUNIT_EXPECT_NULL_MSG(test, strpbrk(name, " =\n"), "\"%s\"",
				      name);
		for (other = 0; other < kind; other++)
			KUNIT_EXPECT_STRNEQ(test, name,
					    mhp_page_kind_name(other));
	}
	KUNIT_EXPECT_STREQ(test, mhp_page_kind_name(MHP_PAGE_KINDS), "unknown");
}

struct show_case {
	const char *name;
	struct mhp_refusal refusal;
	const char *want;
};

static const struct show_case show_cases[] = {
	{
		"of a range",
		{ "offline", -EBUSY, MHP_REFUSED_UNMOVABLE, 0x108000000,
		  0x8000000, MHP_PAGE_SLAB, "core", "a page stays" },
		"error=-16 request=offline reason=unmovable range=0x108000000-0x10fffffff by=core page=slab why=a page stays\n",
	},
	{
		"without a place",
		{ "add", -EINVAL, MHP_REFUSED_INPUT, 0, 0, MHP_PAGE_NONE,
		  "core", "no number" },
		"error=-22 request=add reason=input range=0x0-0x0 by=core page=none why=no number\n",
	},
	{
		"of one page",
		{ "offline", -EBUSY, MHP_REFUSED_UNMOVABLE, 0x1000, 0x1000,
		  MHP_PAGE_PINNED, "core", "why=again, by=you" },
		"error=-16 request=offline reason=unmovable range=0x1000-0x1fff by=core page=pinned why=why=again, by=you\n",
	},
	{
		"an address without a size",
		{ "add", -EINVAL, MHP_REFUSED_ALIGNMENT, 0x8000000, 0,
		  MHP_PAGE_NONE, "core", "the range is empty" },
		"error=-22 request=add reason=alignment range=0x8000000-0x8000000 by=core page=none why=the range is empty\n",
	},
	{
		"none",
		{ "online", 0, MHP_REFUSED_NOT },
		"none\n",
	},
};

KUNIT_ARRAY_PARAM_DESC(show, show_cases, name);

static void show_test(struct kunit *test)
{
	const struct show_case *c = test->param_value;
	struct mhp_refusal refusal = c->refusal;
	struct memory_block *mem = kunit_kzalloc(test, sizeof(*mem), GFP_KERNEL);
	char *buf = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, mem);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	mem->refusal = &refusal;
	KUNIT_EXPECT_EQ(test, mhp_refusal_show(mem, buf), strlen(c->want));
	KUNIT_EXPECT_STREQ(test, buf, c->want);
}

/* A line of a file, and a uevent, stay one line whatever somebody says */
static void one_line_test(struct kunit *test)
{
	struct mhp_refusal refusal = {};

	mhp_refuse(&refusal, MHP_REFUSED_CLIENT, -EBUSY, 0, 0, "some body\n",
		   "a\nb\tc\x7f");
	KUNIT_EXPECT_STREQ(test, refusal.by, "some_body_");
	KUNIT_EXPECT_STREQ(test, refusal.why, "a b c ");
}

static void forget_test(struct kunit *test)
{
	struct memory_block *mem = kunit_kzalloc(test, sizeof(*mem), GFP_KERNEL);
	char *buf = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, mem);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	mem->refusal = kzalloc(sizeof(*mem->refusal), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, mem->refusal);
	mhp_refuse(mem->refusal, MHP_REFUSED_ARCH, -EIO, 0, 0, "core", "so");

	mhp_refusal_forget(mem);
	KUNIT_EXPECT_NULL(test, mem->refusal);
	KUNIT_EXPECT_GT(test, mhp_refusal_show(mem, buf), 0);
	KUNIT_EXPECT_STREQ(test, buf, "none\n");
	/* Twice is as good as once */
	mhp_refusal_forget(mem);
	KUNIT_EXPECT_NULL(test, mem->refusal);
}

static struct kunit_case mhp_refusal_cases[] = {
	KUNIT_CASE(first_cause_is_kept_test),
	KUNIT_CASE_PARAM(long_text_is_cut_test, cut_gen_params),
	KUNIT_CASE(kind_names_test),
	KUNIT_CASE(page_names_test),
	KUNIT_CASE_PARAM(show_test, show_gen_params),
	KUNIT_CASE(one_line_test),
	KUNIT_CASE(forget_test),
	{}
};

static struct kunit_suite mhp_refusal_suite = {
	.name = "mhp_refusal",
	.test_cases = mhp_refusal_cases,
};

kunit_test_suite(mhp_refusal_suite);

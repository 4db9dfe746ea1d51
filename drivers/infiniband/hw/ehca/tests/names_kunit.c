// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tokens, which outlive what they name in events that are on their way; and pages of
 * queues, of which the firmware wants neither more nor fewer than there are.
 */

#include <kunit/test.h>
#include <linux/workqueue.h>

/* The firmware's part is played here */
#define ehca_fw_register_page	names_test_register_page
#define ehca_queue_register	names_test_register
#include "../names.c"
#include "../queue.c"

/* How long something that must not happen is waited for, in jiffies */
#define SOON		2

#define ENTRY_SIZE	512
#define RESOURCE	0x123

/*
 * The firmware's side of a queue
 * @nr_pages: it wants
 * @more: it wants those of another queue after them
 * @fails_at: page whose call fails
 * @pages: that it got
 */
static struct {
	u32 nr_pages;
	bool more;
	u32 fails_at;
	u32 pages;
	u64 resource;
	enum ehca_ring ring;
} fake;

int ehca_fw_register_page(struct ehca_adapter *adapter, u64 resource,
			  enum ehca_ring ring, void *page, bool *more)
{
	if (fake.pages == fake.fails_at)
		return -EBUSY;
	if (!IS_ALIGNED((unsigned long)page, EBUS_QUEUE_PAGE))
		return -EINVAL;
	fake.pages++;
	fake.resource = resource;
	fake.ring = ring;
	*more = fake.pages < fake.nr_pages || fake.more;
	return 0;
}

static void names_are_found(struct kunit *test)
{
	struct ehca_named first, second;
	struct ehca_names names;

	ehca_names_init(&names);
	KUNIT_ASSERT_EQ(test, ehca_names_add(&names, &first), 0);
	KUNIT_ASSERT_EQ(test, ehca_names_add(&names, &second), 0);
	KUNIT_EXPECT_GE(test, first.token, 1u);
	KUNIT_EXPECT_NE(test, first.token, second.token);
	KUNIT_EXPECT_PTR_EQ(test, ehca_names_find(&names, first.token), &first);
	KUNIT_EXPECT_PTR_EQ(test, ehca_names_get(&names, second.token),
			    &second);
	ehca_named_put(&second);
	KUNIT_EXPECT_NULL(test, ehca_names_find(&names, 0));
	KUNIT_EXPECT_NULL(test, ehca_names_get(&names, second.token + 1));
	ehca_names_del(&names, &first);
	KUNIT_EXPECT_NULL(test, ehca_names_get(&names, first.token));
	ehca_names_del(&names, &second);
	KUNIT_EXPECT_TRUE(test, xa_empty(&names.xa));
}

/* An event of what is gone does not find what came after it */
static void a_token_is_not_given_again_soon(struct kunit *test)
{
	struct ehca_named named;
	struct ehca_names names;
	u32 last = 0;
	int i;

	ehca_names_init(&names);
	for (i = 0; i < 100; i++) {
		KUNIT_ASSERT_EQ(test, ehca_names_add(&names, &named), 0);
		KUNIT_EXPECT_GT(test, named.token, last);
		last = named.token;
		ehca_names_del(&names, &named);
	}
}

static void tokens_start_again(struct kunit *test)
{
	struct ehca_named kept, last, next;
	struct ehca_names names;

	ehca_names_init(&names);
	KUNIT_ASSERT_EQ(test, ehca_names_add(&names, &kept), 0);
	names.next = LAST_TOKEN;
	KUNIT_ASSERT_EQ(test, ehca_names_add(&names, &last), 0);
	KUNIT_EXPECT_EQ(test, last.token, LAST_TOKEN);
	KUNIT_ASSERT_EQ(test, ehca_names_add(&names, &next), 0);
	KUNIT_EXPECT_NE(test, next.token, kept.token);
	KUNIT_EXPECT_LE(test, next.token, LAST_TOKEN);
	ehca_names_del(&names, &next);
	ehca_names_del(&names, &last);
	ehca_names_del(&names, &kept);
}

struct deletion {
	struct work_struct work;
	struct ehca_names names;
	struct ehca_named named;
	struct completion over;
};

static void delete(struct work_struct *work)
{
	struct deletion *deletion = container_of(work, struct deletion, work);

	ehca_names_del(&deletion->names, &deletion->named);
	complete(&deletion->over);
}

/* Whoever has found it can go on using it; nobody else finds it */
static void deletion_waits_for_users(struct kunit *test)
{
	struct deletion deletion;
	u32 token;

	ehca_names_init(&deletion.names);
	init_completion(&deletion.over);
	INIT_WORK_ONSTACK(&deletion.work, delete);
	KUNIT_ASSERT_EQ(test, ehca_names_add(&deletion.names, &deletion.named),
			0);
	token = deletion.named.token;
	KUNIT_ASSERT_PTR_EQ(test, ehca_names_get(&deletion.names, token),
			    &deletion.named);
	schedule_work(&deletion.work);
	while (ehca_names_find(&deletion.names, token))
		cond_resched();
	KUNIT_EXPECT_EQ(test, wait_for_completion_timeout(&deletion.over, SOON),
			0ul);
	KUNIT_EXPECT_NULL(test, ehca_names_get(&deletion.names, token));
	ehca_named_put(&deletion.named);
	flush_work(&deletion.work);
	KUNIT_EXPECT_TRUE(test, completion_done(&deletion.over));
	destroy_work_on_stack(&deletion.work);
}

static void the_ring_turns(struct kunit *test)
{
	struct ebus_queue queue;
	u32 i, slots;

	KUNIT_ASSERT_EQ(test, ebus_queue_alloc(&queue, 3, ENTRY_SIZE), 0);
	slots = ebus_queue_slots(&queue);
	KUNIT_EXPECT_EQ(test, slots, 3 * EBUS_QUEUE_PAGE / ENTRY_SIZE);
	for (i = 0; i < 2 * slots; i++) {
		KUNIT_EXPECT_EQ(test, queue.turn, i < slots);
		KUNIT_EXPECT_EQ(test, ebus_queue_slot(&queue), i % slots);
		KUNIT_EXPECT_PTR_EQ(test, ebus_queue_next(&queue),
				    ebus_queue_entry(&queue, i % slots));
		KUNIT_EXPECT_EQ(test, *(u64 *)ebus_queue_next(&queue),
				i < slots ? 0ull : i % slots + 1);
		*(u64 *)ebus_queue_next(&queue) = i % slots + 1;
		ebus_queue_advance(&queue);
	}
	/* In the turn whose bit is the other one */
	for (i = 0; i <= slots; i++)
		ebus_queue_advance(&queue);
	KUNIT_EXPECT_FALSE(test, queue.turn);
	ebus_queue_rewind(&queue);
	KUNIT_EXPECT_EQ(test, ebus_queue_slot(&queue), 0u);
	KUNIT_EXPECT_TRUE(test, queue.turn);
	ebus_queue_free(&queue);
	ebus_queue_free(&queue);
}

static void a_queue_that_cannot_be(struct kunit *test)
{
	static const struct {
		u32 nr_pages, entry_size;
	} cases[] = {
		{ 0, ENTRY_SIZE },
		{ U32_MAX / EBUS_QUEUE_PAGE + 1, ENTRY_SIZE },
		{ 1, ENTRY_SIZE + 16 },
		{ 1, 2 * EBUS_QUEUE_PAGE },
		{ 1, 0 },
	};
	struct ebus_queue queue;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		KUNIT_EXPECT_EQ(test, ebus_queue_alloc(&queue, cases[i].nr_pages,
						       cases[i].entry_size),
				-EIO);
		ebus_queue_free(&queue);
	}
}

/*
 * @wanted: pages that the firmware wants of a queue of three
 * @more: whether it wants another queue after it
 * @asked_more: whether there is one
 * @fails_at: as in fake
 */
static void the_firmware_counts_pages(struct kunit *test)
{
	static const struct {
		u32 wanted;
		bool more, asked_more;
		u32 fails_at;
		int ret;
		u32 pages;
	} cases[] = {
		{ 3, false, false, U32_MAX, 0, 3 },
		{ 3, true, true, U32_MAX, 0, 3 },
		{ 2, false, false, U32_MAX, -EIO, 2 },
		{ 4, false, false, U32_MAX, -EIO, 3 },
		{ 3, false, true, U32_MAX, -EIO, 3 },
		{ 3, true, false, U32_MAX, -EIO, 3 },
		{ 3, false, false, 0, -EBUSY, 0 },
		{ 3, false, false, 2, -EBUSY, 2 },
	};
	struct ebus_queue queue;
	unsigned int i;
	int ret;

	KUNIT_ASSERT_EQ(test, ebus_queue_alloc(&queue, 3, ENTRY_SIZE), 0);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		memset(&fake, 0, sizeof(fake));
		fake.nr_pages = cases[i].wanted;
		fake.more = cases[i].more;
		fake.fails_at = cases[i].fails_at;
		ret = ehca_queue_register(NULL, &queue, RESOURCE, EHCA_RQ,
					  cases[i].asked_more);
		KUNIT_EXPECT_EQ_MSG(test, ret, cases[i].ret, "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, fake.pages, cases[i].pages,
				    "case %u", i);
		if (fake.pages) {
			KUNIT_EXPECT_EQ(test, fake.resource, RESOURCE);
			KUNIT_EXPECT_EQ(test, fake.ring, EHCA_RQ);
		}
	}
	ebus_queue_free(&queue);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(names_are_found),
	KUNIT_CASE(a_token_is_not_given_again_soon),
	KUNIT_CASE(tokens_start_again),
	KUNIT_CASE(deletion_waits_for_users),
	KUNIT_CASE(the_ring_turns),
	KUNIT_CASE(a_queue_that_cannot_be),
	KUNIT_CASE(the_firmware_counts_pages),
	{}
};

static struct kunit_suite suite = {
	.name = "ehca_names",
	.test_cases = cases,
};

kunit_test_suite(suite);

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory blocks and users that come and go in any order: nothing changes under a user,
 * without users everything goes freely, and whoever is refused reads why.
 */

#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/prandom.h>

#include "harness.h"

#define ADAPTER "adapter ehca7 at U78A0.001.DNWHZWR-P1-C6 (DRC HCA 1), ports 1 and 2"
#define STOP_USERS ". Stop these users, or remove the adapter from the partition at the HMC, then repeat"

static void vetoed_while_there_are_users(struct kunit *test)
{
	struct harness *h = test->priv;

	KUNIT_ASSERT_EQ(test, 0, come(h, 1));
	KUNIT_EXPECT_EQ(test, -EBUSY, go(h, 1, true));
	KUNIT_EXPECT_STREQ(test, "ehca:test", h->by);
	KUNIT_EXPECT_STREQ(test, ADAPTER ": used by ib_srp" STOP_USERS, h->why);
	KUNIT_ASSERT_EQ(test, 0, come(h, 0));
	KUNIT_ASSERT_EQ(test, 0, come(h, 2));
	KUNIT_EXPECT_EQ(test, -EBUSY, go(h, 0, true));
	KUNIT_EXPECT_NOT_NULL(test, strstr(h->why, "used by ib_srp, ib_ipoib (2). Stop"));
	leave(h, 1);
	leave(h, 0);
	KUNIT_EXPECT_EQ(test, -EBUSY, query(h, 0));
	KUNIT_EXPECT_NOT_NULL(test, strstr(h->why, "used by ib_ipoib. Stop"));
	leave(h, 2);
	KUNIT_EXPECT_EQ(test, 0, query(h, 0));
	KUNIT_EXPECT_EQ(test, 0, go(h, 1, true));
	KUNIT_EXPECT_EQ(test, 0, go(h, 0, true));
	expect_all_is_well(test);
}

static void expect_end(struct kunit *test, const char *end)
{
	const struct harness *h = test->priv;
	const size_t len = strlen(h->why), tail = strlen(end);

	KUNIT_EXPECT_LT(test, len, sizeof(h->why));
	KUNIT_ASSERT_GE(test, len, tail);
	KUNIT_EXPECT_STREQ(test, end, h->why + len - tail);
}

/* Whatever has to be left out, the way out is not. */
static void the_way_out_has_room(struct kunit *test)
{
	static const char long_name[] = "a_module_with_a_name_of_fifty_five_characters_all_told";
	struct harness *h = test->priv;
	struct ehca_region *regions[20];
	char name[20][16];
	unsigned int i;

	h->memory.place.location =
		"U9117.MMA.1234567-V1-C22-L333-U44444-P1-C6-T1-L5-X6-Y7-and-more";
	h->memory.place.drc = "a connector that has an uncommonly long name";
	h->memory.place.name =
		"an_adapter_that_somebody_has_given_a_name_of_sixty_three_chars_";
	for (i = 0; i < ARRAY_SIZE(regions); i++) {
		snprintf(name[i], sizeof(name[i]), "user_%u", i);
		regions[i] = ehca_max_mr_get(&h->memory, name[i], ACCESS, 30 + i);
		KUNIT_ASSERT_FALSE(test, IS_ERR(regions[i]));
	}
	KUNIT_EXPECT_EQ(test, -EBUSY, query(h, 0));
	expect_end(test, " more" STOP_USERS);
	KUNIT_EXPECT_NOT_NULL(test, strstr(h->why, "used by user_0"));
	for (i = 0; i < ARRAY_SIZE(regions); i++)
		ehca_max_mr_put(&h->memory, regions[i]);
	regions[0] = ehca_max_mr_get(&h->memory, long_name, ACCESS, 30);
	KUNIT_ASSERT_FALSE(test, IS_ERR(regions[0]));
	KUNIT_EXPECT_EQ(test, -EBUSY, query(h, 0));
	expect_end(test, STOP_USERS);
	KUNIT_EXPECT_NOT_NULL(test, strstr(h->why, ": used by a_module_with"));
	ehca_max_mr_put(&h->memory, regions[0]);
}

static void expect_place(struct kunit *test, struct ehca_place place,
			 const char *start)
{
	struct harness *h = test->priv;

	h->memory.place = place;
	KUNIT_EXPECT_EQ(test, -EBUSY, query(h, 0));
	KUNIT_EXPECT_TRUE_MSG(test, str_has_prefix(h->why, start), "%s", h->why);
}

/* Firmware that does not say where an adapter is */
static void places(struct kunit *test)
{
	static const struct ehca_place same = {
		.name = "x", .location = "U1", .drc = "U1", .nr_ports = 3,
	};
	struct harness *h = test->priv;

	KUNIT_ASSERT_EQ(test, 0, come(h, 0));
	expect_place(test, (struct ehca_place) { .name = "x", .nr_ports = 1 },
		     "adapter x, port 1: used");
	expect_place(test, (struct ehca_place) { .name = "", .drc = "D" },
		     "adapter ehca (DRC D): used");
	expect_place(test, same, "adapter x at U1, ports 1, 2 and 3: used");
	leave(h, 0);
}

/* More than fits is no reason to refuse it; but users are refused until it has gone. */
static void more_than_fits(struct kunit *test)
{
	struct harness *h = test->priv;

	h->memory.max_mr_size = 3 * BLOCK;
	KUNIT_EXPECT_EQ(test, 0, go(h, 4, true));
	KUNIT_EXPECT_EQ(test, 0, come(h, 0));
	leave(h, 0);
	KUNIT_EXPECT_EQ(test, 0, go(h, 1, true));
	KUNIT_EXPECT_EQ(test, -ENOSPC, come(h, 0));
	expect_all_is_well(test);
	KUNIT_EXPECT_EQ(test, 0, go(h, 1, true));
	KUNIT_EXPECT_EQ(test, 0, come(h, 0));
	expect_all_is_well(test);
	leave(h, 0);
}

/**
 * enum step - what may happen next
 * @BLOCK_GOES: a memory block goes where it is not
 * @BLOCK_STAYS: it is about to, but somebody else refuses
 * @USER_CHANGES: a user comes, or goes
 * @OTHER_CHANGES: another one does
 * @FIRMWARE_REFUSES: a user comes, or goes, and a call fails
 * @STEPS: how many there are
 */
enum step {
	BLOCK_GOES, BLOCK_STAYS, USER_CHANGES, OTHER_CHANGES, FIRMWARE_REFUSES,
	STEPS
};

static void change_user(struct harness *h, unsigned int nr)
{
	if (h->users[nr])
		leave(h, nr);
	else
		come(h, nr);
}

static void take_step(struct kunit *test, enum step step, unsigned int block,
		      unsigned int nth)
{
	struct harness *h = test->priv;
	const bool used = nr_users(h);

	switch (step) {
	case BLOCK_GOES:
	case BLOCK_STAYS:
		KUNIT_EXPECT_EQ(test, used ? -EBUSY : 0,
				go(h, block, step == BLOCK_GOES));
		break;
	case USER_CHANGES:
		change_user(h, 0);
		break;
	case OTHER_CHANGES:
		change_user(h, 1);
		break;
	default:
		h->fake->fail_opcode = 0;
		fake_firmware_fail(h->fake, nth, 1, H_RESOURCE);
		change_user(h, 2);
		h->fake->fail_nr = 0;
		/* Asks for what may be left */
		go(h, 5, false);
		break;
	}
}

static void start_again(struct kunit *test)
{
	struct harness *h = test->priv;
	unsigned int i;

	for (i = 0; i < USERS; i++) {
		if (h->users[i])
			leave(h, i);
	}
	KUNIT_EXPECT_EQ(test, 0, go(h, 5, false));
	for (i = 0; i < BLOCKS; i++) {
		if (test_bit(i, h->online) != !(i % 2 || i > 2))
			KUNIT_EXPECT_EQ(test, 0, go(h, i, true));
	}
	expect_all_is_well(test);
}

/*
 * Blocks do not go while the firmware keeps something, either; by the time that everybody has
 * gone and a block asks, nothing of it is left.
 */
static void expect_nobody_is_deceived(struct kunit *test)
{
	struct harness *h = test->priv;
	unsigned int i;

	expect_user_reaches_ram(test, NULL);
	for (i = 0; i < USERS; i++) {
		if (h->users[i])
			expect_user_reaches_ram(test, h->users[i]);
	}
	if (nr_users(h) || h->memory.held)
		KUNIT_EXPECT_EQ(test, -EBUSY, query(h, 0));
	else
		KUNIT_EXPECT_EQ(test, 0, fake_firmware_regions(h->fake));
}

static void every_order(struct kunit *test)
{
	const unsigned int orders = STEPS * STEPS * STEPS * STEPS;
	unsigned int order, i, dice;

	for (order = 0; order < orders; order++) {
		dice = order;
		for (i = 0; i < 4; i++, dice /= STEPS) {
			take_step(test, dice % STEPS, 1 + i % 2, 1 + order % 3);
			expect_nobody_is_deceived(test);
		}
		start_again(test);
	}
}

/* A long life, of more blocks and users, and calls that fail anywhere */
static void long_life(struct kunit *test)
{
	struct harness *h = test->priv;
	struct rnd_state random;
	unsigned int step;

	prandom_seed_state(&random, 10);
	for (step = 0; step < 1000; step++) {
		const u32 dice = prandom_u32_state(&random);

		h->fake->fail_opcode = 0;
		fake_firmware_fail(h->fake, 1 + (dice >> 8) % 6,
				   (dice >> 12) % 4, H_RESOURCE);
		if (dice % 2)
			change_user(h, (dice >> 16) % USERS);
		else
			go(h, (dice >> 16) % BLOCKS, (dice >> 20) % 4);
		h->fake->fail_nr = 0;
		expect_nobody_is_deceived(test);
	}
	start_again(test);
}

/* Memory can be mapped from the moment when it may be used until it no longer is. */
static void mapped_as_long_as_in_use(struct kunit *test)
{
	struct harness *h = test->priv;

	KUNIT_EXPECT_EQ(test, 0, ask(h, 1));
	expect_reached(test, NULL, BLOCK, true);
	finish_block(h, 1, false);
	expect_reached(test, NULL, BLOCK, false);
	KUNIT_EXPECT_EQ(test, 0, ask(h, 0));
	expect_reached(test, NULL, 0, true);
	finish_block(h, 0, false);
	expect_reached(test, NULL, 0, true);
	expect_all_is_well(test);
}

/* The end of what never began */
static void cancel_without_going(struct kunit *test)
{
	struct harness *h = test->priv;
	unsigned int block;

	for (block = 0; block < 3; block++)
		finish_block(h, block, false);
	expect_all_is_well(test);
	KUNIT_ASSERT_EQ(test, 0, come(h, 0));
	for (block = 0; block < 3; block++)
		finish_block(h, block, false);
	expect_all_is_well(test);
	leave(h, 0);
}

/**
 * struct comer - a user that comes on a task of its own
 * @h: where to
 * @started: it is about to
 * @done: it has, or was refused
 * @ret: what came of it
 */
struct comer {
	struct harness *h;
	struct completion started, done;
	int ret;
};

static int comer_fn(void *data)
{
	struct comer *comer = data;

	complete(&comer->started);
	comer->ret = come(comer->h, 0);
	complete(&comer->done);
	return 0;
}

static void start_comer(struct kunit *test, struct comer *comer)
{
	comer->h = test->priv;
	comer->ret = -EPROTO;
	init_completion(&comer->started);
	init_completion(&comer->done);
	KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(comer_fn, comer, "comer")));
	wait_for_completion(&comer->started);
}

/* There is no event for that: it is the last that the user does. */
static void wait_until_it_waits(struct comer *comer)
{
	/* Orders nothing; what follows does not depend on it */
	while (!waitqueue_active(&comer->h->memory.changed) &&
	       !completion_done(&comer->done))
		cond_resched();
}

/* One that comes while a block changes waits, and then has what there is. */
static void a_user_waits_for_a_block(struct kunit *test)
{
	static const struct {
		unsigned int block;
		bool goes;
	} cases[] = { { 1, true }, { 1, false }, { 1, true }, { 0, false },
		      { 0, true } };
	struct harness *h = test->priv;
	struct comer comer;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		KUNIT_ASSERT_EQ(test, 0, ask(h, cases[i].block));
		start_comer(test, &comer);
		wait_until_it_waits(&comer);
		KUNIT_EXPECT_FALSE(test, completion_done(&comer.done));
		KUNIT_EXPECT_EQ(test, 0, fake_firmware_regions(h->fake));
		finish_block(h, cases[i].block, cases[i].goes);
		wait_for_completion(&comer.done);
		KUNIT_ASSERT_EQ(test, 0, comer.ret);
		expect_all_is_well(test);
		leave(h, 0);
	}
}

/* Not for ever: the block may wait for just this user. */
static void a_user_loses_patience(struct kunit *test)
{
	struct harness *h = test->priv;

	h->memory.patience = 1;
	KUNIT_ASSERT_EQ(test, 0, ask(h, 1));
	KUNIT_EXPECT_EQ(test, -EBUSY, come(h, 0));
	finish_block(h, 1, true);
	KUNIT_EXPECT_EQ(test, 0, come(h, 0));
	expect_all_is_well(test);
	leave(h, 0);
}

/* In the middle of a request no block need be changing; its undo must not be refused */
static void a_user_waits_for_a_request(struct kunit *test)
{
	struct harness *h = test->priv;

	h->memory.patience = 1;
	while (!memory_requests_try_hold())
		cond_resched();
	KUNIT_EXPECT_EQ(test, 0, go(h, 1, true));
	KUNIT_EXPECT_EQ(test, -EBUSY, come(h, 0));
	KUNIT_EXPECT_EQ(test, 0, go(h, 1, true));
	memory_requests_release();
	KUNIT_EXPECT_EQ(test, 0, come(h, 0));
	expect_all_is_well(test);
	leave(h, 0);
}

static struct harness *asked;
static int answer;

static void ask_meanwhile(const struct ebus_hcall *call)
{
	if (call->opcode == H_FREE_RESOURCE && list_empty(&asked->memory.users))
		answer = query(asked, 0);
}

/* A part of a region of all RAM is all that there is, and its user has gone */
static void vetoed_while_a_part_is_freed(struct kunit *test)
{
	struct harness *h = test->priv;

	asked = h;
	answer = 0;
	h->fake->before = ask_meanwhile;
	/* All but the first call, which allocates it */
	fake_firmware_fail(h->fake, 2, 100, H_HARDWARE);
	KUNIT_EXPECT_EQ(test, -EIO, come(h, 0));
	KUNIT_EXPECT_EQ(test, -EBUSY, answer);
	KUNIT_EXPECT_EQ(test, -EBUSY, query(h, 0));
	h->fake->before = NULL;
	h->fake->fail_nr = 0;
	KUNIT_EXPECT_EQ(test, 0, go(h, 1, true));
	expect_all_is_well(test);
}

static struct completion in_call, go_on;

/* The firmware takes its time over the first page */
static void take_time(const struct ebus_hcall *call)
{
	if (call->opcode != H_REGISTER_RPAGES)
		return;
	complete(&in_call);
	wait_for_completion(&go_on);
}

/*
 * The window that the old driver had: a region of all RAM is on its way, and nobody is
 * told yet who it is for. Blocks are refused at once, and wait for nothing.
 */
static void vetoed_while_the_region_is_made(struct kunit *test)
{
	struct harness *h = test->priv;
	struct comer comer;

	init_completion(&in_call);
	init_completion(&go_on);
	h->fake->before = take_time;
	start_comer(test, &comer);
	wait_for_completion(&in_call);
	KUNIT_EXPECT_EQ(test, -EBUSY, go(h, 1, true));
	KUNIT_EXPECT_NOT_NULL(test, strstr(h->why, "used by ib_ipoib. Stop"));
	KUNIT_EXPECT_EQ(test, -EBUSY, go(h, 0, true));
	KUNIT_EXPECT_EQ(test, -EBUSY, query(h, 0));
	KUNIT_EXPECT_FALSE(test, completion_done(&comer.done));
	complete_all(&go_on);
	wait_for_completion(&comer.done);
	h->fake->before = NULL;
	KUNIT_ASSERT_EQ(test, 0, comer.ret);
	expect_all_is_well(test);
	leave(h, 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(vetoed_while_there_are_users),
	KUNIT_CASE(the_way_out_has_room),
	KUNIT_CASE(places),
	KUNIT_CASE(more_than_fits),
	KUNIT_CASE(every_order),
	KUNIT_CASE(long_life),
	KUNIT_CASE(mapped_as_long_as_in_use),
	KUNIT_CASE(cancel_without_going),
	KUNIT_CASE(a_user_waits_for_a_block),
	KUNIT_CASE(a_user_loses_patience),
	KUNIT_CASE(a_user_waits_for_a_request),
	KUNIT_CASE(vetoed_while_a_part_is_freed),
	KUNIT_CASE(vetoed_while_the_region_is_made),
	{}
};

static struct kunit_suite suite = {
	.name = "ehca_veto",
	.init = init,
	.exit = exit_test,
	.test_cases = cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("KUnit tests of an eHCA adapter and memory hotplug");
MODULE_LICENSE("GPL");

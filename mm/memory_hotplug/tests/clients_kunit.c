// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who is told of what, and in which order, on a list of seven: old notifiers and
 * named clients by turns. Whoever is asked may refuse, register or leave.
 */

#include <kunit/test-bug.h>
#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/memory.h>
#include <linux/memory_client.h>
#include <linux/string.h>

#include "../internal.h"

#define MEMBERS		7
#define NOBODY		MEMBERS

/**
 * struct member - somebody on the list
 * @client: for those with a name
 * @follower: for those who follow
 * @plain: for the others
 * @nb: what is on the list
 * @nr: its number; the list is in this order
 * @fixture: the test's data
 */
struct member {
	struct memory_client client;
	struct memory_follower follower;
	struct notifier_block plain;
	struct notifier_block *nb;
	int nr;
	struct fixture *fixture;
};

/**
 * struct fixture - a list of clients that write down what they are told
 * @list: the list
 * @members: who may be on it
 * @about: what they are told
 * @refusal: what they say
 * @refuser: who refuses, or NOBODY
 * @refused: the event that is refused
 * @says_why: a named client gives a reason
 * @log: number of a member and event for each call, e.g. "0+4 "
 */
struct fixture {
	struct mhp_client_list list;
	struct member members[MEMBERS];
	struct mhp_announcement about;
	struct mhp_refusal refusal;
	int refuser;
	enum memory_block_state refused;
	bool says_why;
	char log[512];
};

static int heard(struct member *member, enum memory_block_state what)
{
	struct fixture *f = member->fixture;
	char text[16];

	snprintf(text, sizeof(text), "%d+%d ", member->nr, what);
	strlcat(f->log, text, sizeof(f->log));
	if (member->nr == f->refuser && what == f->refused)
		return -EXDEV;
	return 0;
}

static int plain_call(struct notifier_block *nb, unsigned long what, void *data)
{
	struct member *member = container_of(nb, struct member, plain);

	return notifier_from_errno(heard(member, what));
}

static int follower_call(struct notifier_block *nb, unsigned long what,
			 void *data)
{
	struct member *member = container_of(nb, struct member, follower.nb);

	/* To stop the chain hides nothing from the others */
	return notifier_from_errno(heard(member, what)) | NOTIFY_STOP_MASK;
}

static int client_asked(struct memory_client *client, struct memory_event *event,
			enum memory_block_state what)
{
	struct member *member = container_of(client, struct member, client);
	const int ret = heard(member, what);

	if (ret && member->fixture->says_why)
		memory_refuse(event, "number %d does not want to", member->nr);
	return ret;
}

static int prepare_online(struct memory_client *client,
			  struct memory_event *event)
{
	return client_asked(client, event, MEM_PREPARE_ONLINE);
}

static int going_online(struct memory_client *client,
			struct memory_event *event)
{
	return client_asked(client, event, MEM_GOING_ONLINE);
}

static int going_offline(struct memory_client *client,
			 struct memory_event *event)
{
	return client_asked(client, event, MEM_GOING_OFFLINE);
}

static void finish_offline(struct memory_client *client,
			   struct memory_event *event)
{
	client_asked(client, event, MEM_FINISH_OFFLINE);
}

static void cancel_online(struct memory_client *client,
			  struct memory_event *event)
{
	client_asked(client, event, MEM_CANCEL_ONLINE);
}

static void online(struct memory_client *client,
		   struct memory_event *event)
{
	client_asked(client, event, MEM_ONLINE);
}

static void cancel_offline(struct memory_client *client,
			   struct memory_event *event)
{
	client_asked(client, event, MEM_CANCEL_OFFLINE);
}

static void offline(struct memory_client *client,
		    struct memory_event *event)
{
	client_asked(client, event, MEM_OFFLINE);
}

static void make_member(struct fixture *f, int nr)
{
	struct member *member = &f->members[nr];

	member->nr = nr;
	member->fixture = f;
	switch (nr % 3) {
	case 0:
		member->client = (struct memory_client) {
			.name = "member",
			.prepare_online = prepare_online,
			.finish_offline = finish_offline,
			.going_online = going_online,
			.cancel_online = cancel_online,
			.online = online,
			.going_offline = going_offline,
			.cancel_offline = cancel_offline,
			.offline = offline,
		};
		member->nb = &member->client.nb;
		member->nb->notifier_call = mhp_call_named;
		break;
	case 1:
		member->nb = &member->plain;
		member->nb->notifier_call = plain_call;
		break;
	case 2:
		member->follower.call = follower_call;
		member->nb = &member->follower.nb;
		member->nb->notifier_call = mhp_call_follower;
		break;
	}
	/* Pairs with the same priority, which go in the order they came */
	member->nb->priority = 10 - nr / 2;
}

static int clients_init(struct kunit *test)
{
	static const int order[MEMBERS] = { 2, 6, 0, 3, 4, 1, 5 };
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, f);
	init_rwsem(&f->list.lock);
	f->refuser = NOBODY;
	f->about.event.refusal = &f->refusal;
	f->about.event.start_pfn = 0x8000;
	f->about.event.nr_pages = 0x8000;
	f->about.event.memmap_start_pfn = 0x8000;
	for (i = 0; i < MEMBERS; i++)
		make_member(f, i);
	for (i = 0; i < MEMBERS; i++)
		KUNIT_ASSERT_EQ(test, 0,
				mhp_clients_add(&f->list,
						f->members[order[i]].nb));
	test->priv = f;
	return 0;
}

/* What is to be heard: members from @first to @last, upwards or downwards */
static void expect(struct kunit *test, const char *part, int first, int last,
		   enum memory_block_state what)
{
	struct fixture *f = test->priv;
	const int step = first <= last ? 1 : -1;
	char want[256] = "", text[16];
	int i;

	for (i = first; i != last + step; i += step) {
		snprintf(text, sizeof(text), "%d+%d ", i, what);
		strlcat(want, text, sizeof(want));
	}
	KUNIT_EXPECT_TRUE_MSG(test, str_has_prefix(f->log, want),
			      "%s: wanted \"%s\", heard \"%s\"", part, want,
			      f->log);
	memmove(f->log, f->log + min(strlen(want), strlen(f->log)),
		strlen(f->log + min(strlen(want), strlen(f->log))) + 1);
}

static void expect_no_more(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_STREQ(test, f->log, "");
}

static const struct {
	enum memory_block_state what;
	enum memory_block_state undo;
} pairs[] = {
	{ MEM_PREPARE_ONLINE, MEM_FINISH_OFFLINE },
	{ MEM_GOING_ONLINE, MEM_CANCEL_ONLINE },
	{ MEM_GOING_OFFLINE, MEM_CANCEL_OFFLINE },
};

/* Whoever refuses what: those before him are cancelled, in reverse, nobody else */
static void refuser_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	int i;

	for (i = 0; i < ARRAY_SIZE(pairs); i++) {
		f->refused = pairs[i].what;
		for (f->refuser = 0; f->refuser < MEMBERS; f->refuser++) {
			f->refusal.error = 0;
			KUNIT_EXPECT_EQ(test, -EXDEV,
					mhp_clients_ask(&f->list, pairs[i].what,
							pairs[i].undo,
							&f->about));
			expect(test, "asked", 0, f->refuser, pairs[i].what);
			if (f->refuser > 0)
				expect(test, "undone", f->refuser - 1, 0,
				       pairs[i].undo);
			expect_no_more(test);
			KUNIT_EXPECT_EQ(test, f->refusal.error, -EXDEV);
			KUNIT_EXPECT_EQ(test, f->refusal.kind,
					MHP_REFUSED_CLIENT);
		}
	}
}

/* All agree, and then something else fails */
static void fails_later_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	int i;

	for (i = 0; i < ARRAY_SIZE(pairs); i++) {
		KUNIT_EXPECT_EQ(test, 0,
				mhp_clients_ask(&f->list, pairs[i].what,
						pairs[i].undo, &f->about));
		expect(test, "asked", 0, MEMBERS - 1, pairs[i].what);
		mhp_clients_undo(&f->list, pairs[i].undo, &f->about);
		expect(test, "undone", MEMBERS - 1, 0, pairs[i].undo);
		expect_no_more(test);
	}
}

static void success_is_told_to_all_test(struct kunit *test)
{
	static const enum memory_block_state events[] = {
		MEM_ONLINE, MEM_OFFLINE, MEM_FINISH_OFFLINE,
	};
	struct fixture *f = test->priv;
	int i;

	for (i = 0; i < ARRAY_SIZE(events); i++) {
		mhp_clients_tell(&f->list, events[i], &f->about);
		expect(test, "told", 0, MEMBERS - 1, events[i]);
		expect_no_more(test);
	}
}

/* Everyone in turn leaves after he has agreed, and is not cancelled */
static void leaver_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	int leaver;

	for (leaver = 0; leaver < MEMBERS; leaver++) {
		struct notifier_block *nb = f->members[leaver].nb;

		mhp_clients_enter(&f->list);
		KUNIT_EXPECT_EQ(test, 0,
				mhp_clients_ask(&f->list, MEM_GOING_OFFLINE,
						MEM_CANCEL_OFFLINE, &f->about));
		expect(test, "asked", 0, MEMBERS - 1, MEM_GOING_OFFLINE);
		mhp_clients_del(&f->list, nb);
		mhp_clients_undo(&f->list, MEM_CANCEL_OFFLINE, &f->about);
		if (leaver < MEMBERS - 1)
			expect(test, "undone above", MEMBERS - 1, leaver + 1,
			       MEM_CANCEL_OFFLINE);
		if (leaver > 0)
			expect(test, "undone below", leaver - 1, 0,
			       MEM_CANCEL_OFFLINE);
		expect_no_more(test);
		mhp_clients_leave(&f->list);

		/* Back where he was, also among those with his priority */
		nb->priority = 10 - leaver / 2 + (leaver % 2 ? 0 : 1);
		KUNIT_EXPECT_EQ(test, 0, mhp_clients_add(&f->list, nb));
		nb->priority = 10 - leaver / 2;
	}
}

/* Who comes between the question and its end has not agreed to anything */
static void newcomer_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct notifier_block *nb = f->members[0].nb;

	mhp_clients_del(&f->list, nb);
	/* Before the other of its priority, although it comes after him */
	nb->priority++;
	mhp_clients_enter(&f->list);
	KUNIT_EXPECT_EQ(test, 0,
			mhp_clients_ask(&f->list, MEM_GOING_OFFLINE,
					MEM_CANCEL_OFFLINE, &f->about));
	expect(test, "asked", 1, MEMBERS - 1, MEM_GOING_OFFLINE);
	KUNIT_EXPECT_EQ(test, 0, mhp_clients_add(&f->list, nb));
	KUNIT_EXPECT_EQ(test, -EEXIST, mhp_clients_add(&f->list, nb));
	mhp_clients_undo(&f->list, MEM_CANCEL_OFFLINE, &f->about);
	expect(test, "undone", MEMBERS - 1, 1, MEM_CANCEL_OFFLINE);
	expect_no_more(test);
	mhp_clients_leave(&f->list);

	/* From the next transition on he is one of them */
	KUNIT_EXPECT_EQ(test, 0,
			mhp_clients_ask(&f->list, MEM_GOING_OFFLINE,
					MEM_CANCEL_OFFLINE, &f->about));
	expect(test, "asked", 0, MEMBERS - 1, MEM_GOING_OFFLINE);
	expect_no_more(test);
}

/* He is told how it ends if it ends well: the memory is there */
static void newcomer_is_told_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct notifier_block *nb = f->members[0].nb;

	mhp_clients_del(&f->list, nb);
	/* Before the other of its priority, although it comes after him */
	nb->priority++;
	mhp_clients_enter(&f->list);
	KUNIT_EXPECT_EQ(test, 0,
			mhp_clients_ask(&f->list, MEM_GOING_ONLINE,
					MEM_CANCEL_ONLINE, &f->about));
	expect(test, "asked", 1, MEMBERS - 1, MEM_GOING_ONLINE);
	KUNIT_EXPECT_EQ(test, 0, mhp_clients_add(&f->list, nb));
	mhp_clients_tell(&f->list, MEM_ONLINE, &f->about);
	expect(test, "told", 0, MEMBERS - 1, MEM_ONLINE);
	expect_no_more(test);
	mhp_clients_leave(&f->list);
}

static void newcomer_may_leave_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct notifier_block *nb = f->members[0].nb;

	mhp_clients_del(&f->list, nb);
	/* Before the other of its priority, although it comes after him */
	nb->priority++;
	mhp_clients_enter(&f->list);
	KUNIT_EXPECT_EQ(test, 0, mhp_clients_add(&f->list, nb));
	mhp_clients_del(&f->list, nb);
	mhp_clients_tell(&f->list, MEM_ONLINE, &f->about);
	expect(test, "told", 1, MEMBERS - 1, MEM_ONLINE);
	mhp_clients_leave(&f->list);
	expect_no_more(test);
	/* Nobody minds who was not there */
	mhp_clients_del(&f->list, nb);
}

static void reasons_test(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->refused = MEM_GOING_OFFLINE;
	f->says_why = true;
	f->refuser = 3;
	mhp_clients_ask(&f->list, MEM_GOING_OFFLINE, MEM_CANCEL_OFFLINE,
			&f->about);
	KUNIT_EXPECT_STREQ(test, f->refusal.by, "member");
	KUNIT_EXPECT_STREQ(test, f->refusal.why, "number 3 does not want to");
	/* The errno is the callback's, whatever memory_refuse() suggested */
	KUNIT_EXPECT_EQ(test, f->refusal.error, -EXDEV);
	KUNIT_EXPECT_EQ(test, f->refusal.start, PFN_PHYS(0x8000));
	KUNIT_EXPECT_EQ(test, f->refusal.size, PFN_PHYS(0x8000));

	f->refusal.error = 0;
	f->refuser = 4;
	mhp_clients_ask(&f->list, MEM_GOING_OFFLINE, MEM_CANCEL_OFFLINE,
			&f->about);
	KUNIT_EXPECT_STREQ(test, f->refusal.by, "plain_call");

	f->refusal.error = 0;
	f->refuser = 5;
	mhp_clients_ask(&f->list, MEM_GOING_OFFLINE, MEM_CANCEL_OFFLINE,
			&f->about);
	KUNIT_EXPECT_STREQ(test, f->refusal.by, "follower_call");
}

static void note_name(const char *name, void *arg)
{
	strlcat(arg, name, 128);
	strlcat(arg, " ", 128);
}

/* Whom a dry run has to ask, and whom it cannot */
static void query_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	char unknown[128] = "";

	mhp_clients_unknown(&f->list, note_name, unknown);
	KUNIT_EXPECT_STREQ(test, unknown,
			   "member plain_call member plain_call member ");

	unknown[0] = 0;
	f->members[0].client.query_offline = going_offline;
	f->members[3].client.going_offline = NULL;
	f->members[6].client.query_offline = going_offline;
	mhp_clients_unknown(&f->list, note_name, unknown);
	KUNIT_EXPECT_STREQ(test, unknown, "plain_call plain_call ");

	KUNIT_EXPECT_EQ(test, 0, mhp_clients_query(&f->list, &f->about));
	KUNIT_EXPECT_STREQ(test, f->log, "0+1 6+1 ");
	f->log[0] = 0;
	f->refused = MEM_GOING_OFFLINE;
	f->refuser = 0;
	KUNIT_EXPECT_EQ(test, -EXDEV, mhp_clients_query(&f->list, &f->about));
	KUNIT_EXPECT_STREQ(test, f->log, "0+1 ");
	KUNIT_EXPECT_STREQ(test, f->refusal.by, "member");
}

static char batches[64];

static void batch_begin(struct memory_client *client,
			const struct memory_batch *batch)
{
	const struct member *member = container_of(client, struct member,
						   client);

	KUNIT_EXPECT_EQ(kunit_get_current_test(), batch->nr_pages, 0x10000);
	batches[strlen(batches)] = '0' + member->nr;
}

static void batch_end(struct memory_client *client,
		      const struct memory_batch *batch)
{
	batches[strlen(batches)] = '-';
	batch_begin(client, batch);
}

/* A batch ends for those for whom it has begun */
static void batch_test(struct kunit *test)
{
	const struct memory_batch batch = { .nr_pages = 0x10000 };
	struct fixture *f = test->priv;
	int nr;

	memset(batches, 0, sizeof(batches));
	for (nr = 0; nr < MEMBERS; nr += 3) {
		f->members[nr].client.batch_begin = batch_begin;
		f->members[nr].client.batch_end = batch_end;
	}
	mhp_clients_del(&f->list, f->members[3].nb);
	mhp_clients_begin_batch(&f->list, &batch);
	mhp_clients_add(&f->list, f->members[3].nb);
	mhp_clients_del(&f->list, f->members[0].nb);
	mhp_clients_end_batch(&f->list, &batch);
	KUNIT_EXPECT_STREQ(test, batches, "06-6");
}

static void bad_names_test(struct kunit *test)
{
	static const char * const names[] = {
		NULL, "", "two words", "line\n", "tab\t",
	};
	struct memory_client client = {};
	int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		client.name = names[i];
		KUNIT_EXPECT_EQ(test, -EINVAL, memory_client_register(&client));
	}
}

static struct kunit_case mhp_clients_cases[] = {
	KUNIT_CASE(refuser_test),
	KUNIT_CASE(fails_later_test),
	KUNIT_CASE(success_is_told_to_all_test),
	KUNIT_CASE(leaver_test),
	KUNIT_CASE(newcomer_test),
	KUNIT_CASE(newcomer_is_told_test),
	KUNIT_CASE(newcomer_may_leave_test),
	KUNIT_CASE(reasons_test),
	KUNIT_CASE(query_test),
	KUNIT_CASE(batch_test),
	KUNIT_CASE(bad_names_test),
	{}
};

static struct kunit_suite mhp_clients_suite = {
	.name = "mhp_clients",
	.init = clients_init,
	.test_cases = mhp_clients_cases,
};

kunit_test_suite(mhp_clients_suite);

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Telling the clients when a memory block goes online or offline, whether they
 * are named or notifiers of the older kind. Every event is sent from here. Events,
 * and how they are taken back:
 *
 *	PREPARE_ONLINE	asks	undone by FINISH_OFFLINE
 *	GOING_ONLINE	asks	undone by CANCEL_ONLINE
 *	ONLINE		tells
 *	GOING_OFFLINE	asks	undone by CANCEL_OFFLINE
 *	OFFLINE		tells
 *	FINISH_OFFLINE	tells
 *
 * What is undone goes in reverse order to those who agreed: if one refuses, to
 * those before him; if something else fails later, to everybody on the list.
 */

#include <linux/cleanup.h>
#include <linux/errno.h>
#include <linux/memory.h>
#include <linux/memory_client.h>
#include <linux/notifier.h>
#include <linux/rwsem.h>
#include <linux/string.h>

#include "internal.h"

static const char * const event_names[] = {
	[MEM_PREPARE_ONLINE]	= "PREPARE_ONLINE",
	[MEM_GOING_ONLINE]	= "GOING_ONLINE",
	[MEM_GOING_OFFLINE]	= "GOING_OFFLINE",
};

/*
 * These two tell what an entry of the list is. A named client's is not called.
 */
int mhp_call_named(struct notifier_block *nb, unsigned long event, void *data)
{
	return NOTIFY_DONE;
}

int mhp_call_follower(struct notifier_block *nb, unsigned long event,
		      void *data)
{
	return container_of(nb, struct memory_follower, nb)->call(nb, event,
								  data);
}

static struct memory_client *to_named(struct notifier_block *nb)
{
	if (nb->notifier_call != mhp_call_named)
		return NULL;
	return container_of(nb, struct memory_client, nb);
}

static bool is_follower(const struct notifier_block *nb)
{
	return nb->notifier_call == mhp_call_follower;
}

/* One word: a module's name stands in brackets behind its function */
static void client_name(struct notifier_block *nb,
			char name[MHP_REFUSAL_BY_LEN])
{
	const struct memory_client *client = to_named(nb);
	notifier_fn_t call = nb->notifier_call;
	char *space;

	if (client) {
		strscpy(name, client->name, MHP_REFUSAL_BY_LEN);
		return;
	}
	if (is_follower(nb))
		call = container_of(nb, struct memory_follower, nb)->call;
	snprintf(name, MHP_REFUSAL_BY_LEN, "%ps", call);
	space = strchr(name, ' ');
	if (space)
		memmove(space, space + 1, strlen(space));
}

static int ask_client(int (*callback)(struct memory_client *client,
				      struct memory_event *event),
		      struct memory_client *client, struct memory_event *event)
{
	return callback ? callback(client, event) : 0;
}

static int tell_client(void (*callback)(struct memory_client *client,
					struct memory_event *event),
		       struct memory_client *client, struct memory_event *event)
{
	if (callback)
		callback(client, event);
	return 0;
}

static int call_client(struct memory_client *client, enum memory_block_state what,
		       struct memory_event *event)
{
	event->client = client;
	switch (what) {
	case MEM_PREPARE_ONLINE:
		return ask_client(client->prepare_online, client, event);
	case MEM_GOING_ONLINE:
		return ask_client(client->going_online, client, event);
	case MEM_GOING_OFFLINE:
		return ask_client(client->going_offline, client, event);
	case MEM_FINISH_OFFLINE:
		return tell_client(client->finish_offline, client, event);
	case MEM_CANCEL_ONLINE:
		return tell_client(client->cancel_online, client, event);
	case MEM_ONLINE:
		return tell_client(client->online, client, event);
	case MEM_CANCEL_OFFLINE:
		return tell_client(client->cancel_offline, client, event);
	case MEM_OFFLINE:
		return tell_client(client->offline, client, event);
	}
	return 0;
}

/*
 * Returns the errno of a refusal. That a notifier asks to stop the chain, which
 * hides nothing from the others, means nothing more.
 */
static int call_one(struct notifier_block *nb, enum memory_block_state what,
		    struct mhp_announcement *about)
{
	struct memory_client *client = to_named(nb);

	if (client)
		return call_client(client, what, &about->event);
	return notifier_to_errno(nb->notifier_call(nb, what, &about->notify));
}

/* Reverse order on a list that knows its successors only: it is short */
static void undo_before(struct mhp_client_list *list,
			const struct notifier_block *end,
			enum memory_block_state undo,
			struct mhp_announcement *about)
{
	struct notifier_block *nb;

	while (mhp_clients_first(list) != end) {
		nb = mhp_clients_first(list);
		while (mhp_clients_next(nb) != end)
			nb = mhp_clients_next(nb);
		call_one(nb, undo, about);
		end = nb;
	}
}

static void note_refusal(struct notifier_block *nb, enum memory_block_state what,
			 struct mhp_announcement *about, int error)
{
	char name[MHP_REFUSAL_BY_LEN];

	client_name(nb, name);
	mhp_refuse(about->event.refusal, MHP_REFUSED_CLIENT, error,
		   PFN_PHYS(about->event.memmap_start_pfn),
		   PFN_PHYS(about->event.nr_memmap_pages +
			    about->event.nr_pages),
		   name, "it refused at %s and gave no reason",
		   event_names[what]);
	/* Which a client may have chosen after it gave its reason */
	about->event.refusal->error = error;
}

/**
 * mhp_clients_ask() - ask everybody whether he agrees
 * @list: the list
 * @what: what is about to happen
 * @undo: what takes it back from those who agreed before one refused
 * @about: the block
 *
 * Return: 0, or the errno of him who refused, which stands in the refusal.
 */
int mhp_clients_ask(struct mhp_client_list *list, enum memory_block_state what,
		    enum memory_block_state undo, struct mhp_announcement *about)
{
	struct notifier_block *nb;
	int ret;

	guard(rwsem_read)(&list->lock);
	for (nb = mhp_clients_first(list); nb; nb = mhp_clients_next(nb)) {
		ret = call_one(nb, what, about);
		if (ret) {
			note_refusal(nb, what, about, ret);
			undo_before(list, nb, undo, about);
			return ret;
		}
		/* Who gave a reason to refuse and then agreed has agreed */
		about->event.refusal->error = 0;
	}
	return 0;
}

/**
 * mhp_clients_undo() - take back what everybody has agreed to
 * @list: the list
 * @undo: what takes it back
 * @about: the block
 */
void mhp_clients_undo(struct mhp_client_list *list, enum memory_block_state undo,
		      struct mhp_announcement *about)
{
	guard(rwsem_read)(&list->lock);
	undo_before(list, NULL, undo, about);
}

/**
 * mhp_clients_tell() - tell everybody what has happened, newcomers, too
 * @list: the list
 * @what: what has happened, for good
 * @about: the block
 */
void mhp_clients_tell(struct mhp_client_list *list, enum memory_block_state what,
		      struct mhp_announcement *about)
{
	struct notifier_block *nb;

	down_write(&list->lock);
	mhp_clients_admit(list);
	downgrade_write(&list->lock);
	for (nb = mhp_clients_first(list); nb; nb = mhp_clients_next(nb))
		call_one(nb, what, about);
	up_read(&list->lock);
}

/* May he refuse that a block goes offline? */
static bool may_refuse(struct notifier_block *nb)
{
	const struct memory_client *client = to_named(nb);

	return client ? !!client->going_offline : !is_follower(nb);
}

/**
 * mhp_clients_query() - ask who would refuse that a block goes offline
 * @list: the list
 * @about: the block
 *
 * Changes nothing. Named clients are asked until one says that he would refuse.
 *
 * Return: 0, or the errno of him who would, which stands in the refusal.
 */
int mhp_clients_query(struct mhp_client_list *list,
		      struct mhp_announcement *about)
{
	struct memory_client *client;
	struct notifier_block *nb;
	int ret;

	guard(rwsem_read)(&list->lock);
	for (nb = mhp_clients_first(list); nb; nb = mhp_clients_next(nb)) {
		client = to_named(nb);
		if (!client || !may_refuse(nb) || !client->query_offline)
			continue;
		about->event.client = client;
		ret = client->query_offline(client, &about->event);
		if (ret) {
			note_refusal(nb, MEM_GOING_OFFLINE, about, ret);
			return ret;
		}
		about->event.refusal->error = 0;
	}
	return 0;
}

/**
 * mhp_clients_unknown() - who may refuse and does not say so beforehand
 * @list: the list
 * @func: called with the name of each
 * @arg: passed to @func
 */
void mhp_clients_unknown(struct mhp_client_list *list,
			 void (*func)(const char *name, void *arg), void *arg)
{
	char name[MHP_REFUSAL_BY_LEN];
	struct memory_client *client;
	struct notifier_block *nb;

	guard(rwsem_read)(&list->lock);
	for (nb = mhp_clients_first(list); nb; nb = mhp_clients_next(nb)) {
		client = to_named(nb);
		if (!may_refuse(nb) || (client && client->query_offline))
			continue;
		client_name(nb, name);
		func(name, arg);
	}
}

/**
 * mhp_clients_begin_batch() - announce blocks that go together
 * @list: the list
 * @batch: the blocks
 */
void mhp_clients_begin_batch(struct mhp_client_list *list,
			     const struct memory_batch *batch)
{
	struct memory_client *client;
	struct notifier_block *nb;

	guard(rwsem_read)(&list->lock);
	for (nb = mhp_clients_first(list); nb; nb = mhp_clients_next(nb)) {
		client = to_named(nb);
		if (!client)
			continue;
		client->in_batch = true;
		if (client->batch_begin)
			client->batch_begin(client, batch);
	}
}

/**
 * mhp_clients_end_batch() - no more blocks of a batch will go
 * @list: the list
 * @batch: the blocks; those to whom they were announced are told
 */
void mhp_clients_end_batch(struct mhp_client_list *list,
			   const struct memory_batch *batch)
{
	struct memory_client *client;
	struct notifier_block *nb;

	guard(rwsem_read)(&list->lock);
	for (nb = mhp_clients_first(list); nb; nb = mhp_clients_next(nb)) {
		client = to_named(nb);
		if (!client || !client->in_batch)
			continue;
		client->in_batch = false;
		if (client->batch_end)
			client->batch_end(client, batch);
	}
}

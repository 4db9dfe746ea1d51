// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of those who are told when a memory block goes online or offline, by
 * priority, whether they are named clients or notifiers of the older kind. Every
 * event is sent from here. Events, and how they are taken back:
 *
 *	PREPARE_ONLINE	asks	undone by FINISH_OFFLINE
 *	GOING_ONLINE	asks	undone by CANCEL_ONLINE
 *	ONLINE		tells
 *	GOING_OFFLINE	asks	undone by CANCEL_OFFLINE
 *	OFFLINE		tells
 *	FINISH_OFFLINE	tells
 *
 * What is undone goes in reverse order to those who agreed. To know them without
 * keeping a record for each, the list stands still during a transition: who
 * registers meanwhile waits on a list of newcomers until the transition has
 * succeeded or is over, so that everybody on the list was asked. Who refuses
 * ends the asking, and everybody before him has agreed. Leaving is possible at
 * any time between two events.
 */

#include <linux/cleanup.h>
#include <linux/errno.h>
#include <linux/memory.h>
#include <linux/memory_client.h>
#include <linux/notifier.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>
#include <linux/string.h>

#include "internal.h"

struct mhp_client_list mhp_clients = MHP_CLIENT_LIST(mhp_clients);

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

static int ask(int (*callback)(struct memory_client *, struct memory_event *),
	       struct memory_client *client, struct memory_event *event)
{
	return callback ? callback(client, event) : 0;
}

static int tell(void (*callback)(struct memory_client *, struct memory_event *),
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
		return ask(client->prepare_online, client, event);
	case MEM_GOING_ONLINE:
		return ask(client->going_online, client, event);
	case MEM_GOING_OFFLINE:
		return ask(client->going_offline, client, event);
	case MEM_FINISH_OFFLINE:
		return tell(client->finish_offline, client, event);
	case MEM_CANCEL_ONLINE:
		return tell(client->cancel_online, client, event);
	case MEM_ONLINE:
		return tell(client->online, client, event);
	case MEM_CANCEL_OFFLINE:
		return tell(client->cancel_offline, client, event);
	case MEM_OFFLINE:
		return tell(client->offline, client, event);
	}
	return 0;
}

/*
 * Returns the errno of a refusal. That a notifier asks to stop the chain, which
 * hides nothing from the others, means nothing more.
 */
static int call(struct notifier_block *nb, enum memory_block_state what,
		struct mhp_announcement *about)
{
	struct memory_client *client = to_named(nb);

	if (client)
		return call_client(client, what, &about->event);
	return notifier_to_errno(nb->notifier_call(nb, what, &about->notify));
}

/* notifier.h marks its links for RCU; the list's lock protects them here */
static struct notifier_block *at(struct notifier_block __rcu *const *link)
{
	return rcu_dereference_protected(*link, true);
}

static struct notifier_block *first(const struct mhp_client_list *list)
{
	return at(&list->first);
}

static struct notifier_block *next(const struct notifier_block *nb)
{
	return at(&nb->next);
}

static struct notifier_block __rcu **
find_link(struct notifier_block __rcu **link, const struct notifier_block *nb)
{
	while (at(link) && at(link) != nb)
		link = &at(link)->next;
	return link;
}

static void insert(struct notifier_block __rcu **link,
		   struct notifier_block *nb)
{
	while (at(link) && at(link)->priority >= nb->priority)
		link = &at(link)->next;
	RCU_INIT_POINTER(nb->next, at(link));
	RCU_INIT_POINTER(*link, nb);
}

/* The list's lock is held for writing */
static void admit_newcomers(struct mhp_client_list *list)
{
	struct notifier_block *nb;

	while ((nb = at(&list->newcomers))) {
		RCU_INIT_POINTER(list->newcomers, next(nb));
		insert(&list->first, nb);
	}
}

/**
 * mhp_clients_add() - put somebody on a list
 * @list: the list
 * @nb: who; a named client's or follower's member
 *
 * Return: 0, or -EEXIST if @nb is there already.
 */
int mhp_clients_add(struct mhp_client_list *list, struct notifier_block *nb)
{
	guard(rwsem_write)(&list->lock);
	if (at(find_link(&list->first, nb)) ||
	    at(find_link(&list->newcomers, nb)))
		return -EEXIST;
	insert(list->in_transition ? &list->newcomers : &list->first, nb);
	return 0;
}

/**
 * mhp_clients_del() - take somebody off a list
 * @list: the list
 * @nb: who; nothing happens if he is not there
 *
 * Waits for the event that is being sent. Afterwards no callback runs.
 */
void mhp_clients_del(struct mhp_client_list *list, struct notifier_block *nb)
{
	struct notifier_block __rcu **link;

	guard(rwsem_write)(&list->lock);
	link = find_link(&list->first, nb);
	if (!at(link))
		link = find_link(&list->newcomers, nb);
	if (at(link))
		RCU_INIT_POINTER(*link, next(nb));
}

/**
 * mhp_clients_enter() - a transition begins
 * @list: the list, which stands still from now on
 */
void mhp_clients_enter(struct mhp_client_list *list)
{
	guard(rwsem_write)(&list->lock);
	list->in_transition = true;
}

/**
 * mhp_clients_leave() - a transition is over
 * @list: the list
 */
void mhp_clients_leave(struct mhp_client_list *list)
{
	guard(rwsem_write)(&list->lock);
	list->in_transition = false;
	admit_newcomers(list);
}

/* Reverse order on a list that knows its successors only: it is short */
static void undo_before(struct mhp_client_list *list,
			const struct notifier_block *end,
			enum memory_block_state undo,
			struct mhp_announcement *about)
{
	struct notifier_block *nb;

	while (first(list) != end) {
		for (nb = first(list); next(nb) != end; nb = next(nb))
			;
		call(nb, undo, about);
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
	for (nb = first(list); nb; nb = next(nb)) {
		ret = call(nb, what, about);
		if (ret) {
			note_refusal(nb, what, about, ret);
			undo_before(list, nb, undo, about);
			return ret;
		}
	}
	/* Whoever gave a reason to refuse and then agreed has agreed */
	about->event.refusal->error = 0;
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
	admit_newcomers(list);
	downgrade_write(&list->lock);
	for (nb = first(list); nb; nb = next(nb))
		call(nb, what, about);
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
	for (nb = first(list); nb; nb = next(nb)) {
		client = to_named(nb);
		if (!client || !may_refuse(nb) || !client->query_offline)
			continue;
		about->event.client = client;
		ret = client->query_offline(client, &about->event);
		if (ret) {
			note_refusal(nb, MEM_GOING_OFFLINE, about, ret);
			return ret;
		}
	}
	about->event.refusal->error = 0;
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
	for (nb = first(list); nb; nb = next(nb)) {
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
	for (nb = first(list); nb; nb = next(nb)) {
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
	for (nb = first(list); nb; nb = next(nb)) {
		client = to_named(nb);
		if (!client || !client->in_batch)
			continue;
		client->in_batch = false;
		if (client->batch_end)
			client->batch_end(client, batch);
	}
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of those who are told of memory that comes and goes, by priority.
 *
 * What is undone goes to those who agreed. To know them without keeping a record
 * for each, the list stands still during a transition: who registers meanwhile
 * waits on a list of newcomers until the transition has succeeded or is over, so
 * that everybody on the list was asked. Leaving is possible at any time between
 * two events.
 */

#include <linux/cleanup.h>
#include <linux/errno.h>
#include <linux/notifier.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>

#include "internal.h"

struct mhp_client_list mhp_clients = MHP_CLIENT_LIST(mhp_clients);

/* notifier.h marks its links for RCU; the list's lock protects them here */
static struct notifier_block *
link_target(struct notifier_block __rcu *const *link)
{
	return rcu_dereference_protected(*link, true);
}

/* Who is called first; the list's lock is held, also for the next */
struct notifier_block *mhp_clients_first(const struct mhp_client_list *list)
{
	return link_target(&list->first);
}

struct notifier_block *mhp_clients_next(const struct notifier_block *nb)
{
	return link_target(&nb->next);
}

static struct notifier_block __rcu **
find_link(struct notifier_block __rcu **link, const struct notifier_block *nb)
{
	while (link_target(link) && link_target(link) != nb)
		link = &link_target(link)->next;
	return link;
}

static void insert(struct notifier_block __rcu **link,
		   struct notifier_block *nb)
{
	while (link_target(link) && link_target(link)->priority >= nb->priority)
		link = &link_target(link)->next;
	RCU_INIT_POINTER(nb->next, link_target(link));
	RCU_INIT_POINTER(*link, nb);
}

/* The transition has succeeded, or is over; the lock is held for writing */
void mhp_clients_admit(struct mhp_client_list *list)
{
	struct notifier_block *nb;

	while ((nb = link_target(&list->newcomers))) {
		RCU_INIT_POINTER(list->newcomers, mhp_clients_next(nb));
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
	if (link_target(find_link(&list->first, nb)) ||
	    link_target(find_link(&list->newcomers, nb)))
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
	if (!link_target(link))
		link = find_link(&list->newcomers, nb);
	if (link_target(link))
		RCU_INIT_POINTER(*link, mhp_clients_next(nb));
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
	mhp_clients_admit(list);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clients: those who registered a memory notifier. Every event is sent from
 * here. Events and what each client may do:
 *
 *	PREPARE_ONLINE	may refuse	undone by FINISH_OFFLINE
 *	GOING_ONLINE	may refuse	undone by CANCEL_ONLINE
 *	ONLINE		is told
 *	GOING_OFFLINE	may refuse	undone by CANCEL_OFFLINE
 *	OFFLINE		is told
 *	FINISH_OFFLINE	is told
 */

#include <linux/errno.h>
#include <linux/memory.h>
#include <linux/notifier.h>

#include "internal.h"

static BLOCKING_NOTIFIER_HEAD(memory_chain);

static const char * const event_names[] = {
	[MEM_PREPARE_ONLINE]	= "PREPARE_ONLINE",
	[MEM_GOING_ONLINE]	= "GOING_ONLINE",
	[MEM_GOING_OFFLINE]	= "GOING_OFFLINE",
};

/**
 * register_memory_notifier() - be told when memory goes online or offline
 * @nb: the notifier; called in the order of its priority, highest first
 *
 * Context: Process context, may sleep; also before slab is up.
 * Return: 0, or -EEXIST if @nb is registered already.
 */
int register_memory_notifier(struct notifier_block *nb)
{
	return blocking_notifier_chain_register(&memory_chain, nb);
}
EXPORT_SYMBOL(register_memory_notifier);

/**
 * memory_notify() - send an event to all memory notifiers
 * @event: an enum memory_block_state
 * @arg: a struct memory_notify
 *
 * Context: Process context, may sleep.
 * Return: what the last notifier returned, for notifier_to_errno().
 */
int memory_notify(unsigned long event, void *arg)
{
	return blocking_notifier_call_chain(&memory_chain, event, arg);
}

/**
 * unregister_memory_notifier() - the end of register_memory_notifier()
 * @nb: the notifier
 *
 * Context: Process context, may sleep.
 */
void unregister_memory_notifier(struct notifier_block *nb)
{
	blocking_notifier_chain_unregister(&memory_chain, nb);
}
EXPORT_SYMBOL(unregister_memory_notifier);

/**
 * mhp_notify_try() - ask the clients whether they agree
 * @op: the block
 * @event: what is about to happen
 * @cancel: the event that takes it back, sent to all if one refuses;
 *	    @event itself if there is none
 *
 * Return: 0, or the errno of the client that refused.
 */
int mhp_notify_try(struct mhp_block_op *op, enum memory_block_state event,
		   enum memory_block_state cancel)
{
	int ret;

	mhp_assert_locked();
	ret = notifier_to_errno(memory_notify(event, &op->notify));
	if (!ret)
		return 0;
	mhp_refuse(&op->t.refusal, MHP_REFUSED_CLIENT, ret, op->t.start,
		   op->t.size, "client", "a memory notifier refused at %s",
		   event_names[event]);
	if (cancel != event)
		memory_notify(cancel, &op->notify);
	return ret;
}

/**
 * mhp_notify() - tell the clients what has happened
 * @op: the block
 * @event: what has happened
 *
 * Nobody can refuse any more; what they return means nothing.
 */
void mhp_notify(struct mhp_block_op *op, enum memory_block_state event)
{
	mhp_assert_locked();
	memory_notify(event, &op->notify);
}

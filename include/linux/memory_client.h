/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Being told when memory goes online and offline, and having a say in it.
 *
 * A memory client has a name, under which it appears in refusals, and one
 * callback for each event that it cares about. register_memory_notifier() in
 * memory.h is the older way; both are called from one list, by priority.
 */
#ifndef _LINUX_MEMORY_CLIENT_H
#define _LINUX_MEMORY_CLIENT_H

#include <linux/compiler_attributes.h>
#include <linux/errno.h>
#include <linux/notifier.h>
#include <linux/types.h>

struct memory_client;
struct mhp_refusal;

/**
 * struct memory_batch - memory blocks that go online or offline together
 * @start_pfn: first page frame of them all
 * @nr_pages: number of page frames
 * @online: they go online; otherwise offline
 *
 * A batch is what was added in one request, a DIMM for example, and goes online by
 * the policy for it; a range that offline_and_remove_memory() takes; a DIMM that
 * firmware ejects; or a single block. Its blocks go one after the other, each with
 * events of its own, lowest address first; some may turn out to be where they
 * should be already, and when one is refused the rest may never come, or come in
 * another batch.
 */
struct memory_batch {
	unsigned long start_pfn;
	unsigned long nr_pages;
	bool online;
};

/**
 * struct memory_event - what happens to a memory block
 * @start_pfn: first page frame that the page allocator gets or gives back
 * @nr_pages: number of these page frames
 * @memmap_start_pfn: first page frame of the block that holds its own memmap
 * @nr_memmap_pages: number of these page frames, which end at @start_pfn; 0
 *		     if the memmap lies elsewhere
 * @nid: the block's node
 * @batch: the blocks that it goes with
 * @releases_offline: set by a client in its query_offline: it gives up the
 *		      block's PageOffline() pages when it is asked in earnest
 * @refusal: private, for memory_refuse()
 * @client: private, for memory_refuse()
 */
struct memory_event {
	unsigned long start_pfn;
	unsigned long nr_pages;
	unsigned long memmap_start_pfn;
	unsigned long nr_memmap_pages;
	int nid;
	const struct memory_batch *batch;
	bool releases_offline;
	struct mhp_refusal *refusal;
	const struct memory_client *client;
};

/**
 * struct memory_client - somebody who is told when memory comes and goes
 * @name: its name, a word without white space
 * @priority: clients with a higher one are called first, see memory.h
 * @prepare_online: the memory is about to be made accessible
 * @finish_offline: it is no longer used by anybody, or the client agreed to
 *		    @prepare_online and the block then failed to go online
 * @going_online: the block is about to go online; everything to be allocated for
 *		  it is allocated here
 * @cancel_online: it does not, after all
 * @online: it is online
 * @going_offline: the block is about to go offline; its pages are still in use
 * @cancel_offline: it does not, after all
 * @offline: it is offline
 * @query_offline: would @going_offline agree? Changes nothing
 * @batch_begin: the blocks of a batch are about to go
 * @batch_end: no more of them will
 * @replay: RAM that was online when the client registered; see
 *	    memory_client_register()
 *
 * All callbacks may be NULL, run in process context and may sleep. Those that
 * return int agree with 0. To refuse they return a negative errno, best together
 * with memory_refuse(), and have then changed nothing: a client is cancelled only
 * if it had agreed.
 *
 * Those who agreed are cancelled in reverse order, so that a client can rely on
 * what those before it have done. A client that registers during a transition is
 * not asked about it, and is told if it succeeds.
 *
 * Context: mem_hotplug_lock is held for writing in all events of a block and for
 * reading in @query_offline and @replay. Locks that a client takes here are
 * inside of it: it must not hold them when it adds, removes, onlines or offlines
 * memory, nor while it registers a client with @replay. @query_offline is called
 * by a reader of the block's files, for whom the removal of the block waits: a
 * lock that is held across a removal can only be tried there. Batch callbacks run
 * under device_hotplug_lock, without mem_hotplug_lock. No callback registers or
 * unregisters a client.
 */
struct memory_client {
	const char *name;
	int priority;
	int (*prepare_online)(struct memory_client *client,
			      struct memory_event *event);
	void (*finish_offline)(struct memory_client *client,
			       struct memory_event *event);
	int (*going_online)(struct memory_client *client,
			    struct memory_event *event);
	void (*cancel_online)(struct memory_client *client,
			      struct memory_event *event);
	void (*online)(struct memory_client *client,
		       struct memory_event *event);
	int (*going_offline)(struct memory_client *client,
			     struct memory_event *event);
	void (*cancel_offline)(struct memory_client *client,
			       struct memory_event *event);
	void (*offline)(struct memory_client *client,
			struct memory_event *event);
	int (*query_offline)(struct memory_client *client,
			     struct memory_event *event);
	void (*batch_begin)(struct memory_client *client,
			    const struct memory_batch *batch);
	void (*batch_end)(struct memory_client *client,
			  const struct memory_batch *batch);
	int (*replay)(struct memory_client *client, unsigned long start_pfn,
		      unsigned long nr_pages);
	/* private: */
	struct notifier_block nb;
	bool in_batch;
};

/**
 * struct memory_follower - a memory notifier that lets every block go offline
 * @nb: private, but for the priority
 * @call: the notifier; refuses no block that goes offline, unless a named client
 *	  that was asked before it would refuse the same
 *
 * For the many parts of the kernel that keep something per block or node and
 * follow whatever happens. A dry run need not ask them.
 */
struct memory_follower {
	struct notifier_block nb;
	notifier_fn_t call;
};

#ifdef CONFIG_MEMORY_HOTPLUG
int memory_client_register(struct memory_client *client);
void memory_client_unregister(struct memory_client *client);
int memory_follower_register(struct memory_follower *follower);
void memory_follower_unregister(struct memory_follower *follower);
__printf(2, 3)
int memory_refuse(struct memory_event *event, const char *why, ...);
bool memory_batch_begin(struct memory_batch *batch, u64 start, u64 size,
			bool online);
void memory_batch_end(void);
void memory_undo_begin(void);
void memory_undo_end(void);
bool memory_requests_try_hold(void);
void memory_requests_release(void);
#else
static inline int memory_client_register(struct memory_client *client)
{
	return 0;
}

static inline void memory_client_unregister(struct memory_client *client)
{
}

static inline int memory_follower_register(struct memory_follower *follower)
{
	return 0;
}

static inline void memory_follower_unregister(struct memory_follower *follower)
{
}

static inline __printf(2, 3)
int memory_refuse(struct memory_event *event, const char *why, ...)
{
	return -EBUSY;
}

static inline bool memory_batch_begin(struct memory_batch *batch, u64 start,
				      u64 size, bool online)
{
	return false;
}

static inline void memory_batch_end(void)
{
}

static inline void memory_undo_begin(void)
{
}

static inline void memory_undo_end(void)
{
}

static inline bool memory_requests_try_hold(void)
{
	return true;
}

static inline void memory_requests_release(void)
{
}
#endif /* CONFIG_MEMORY_HOTPLUG */

#endif /* _LINUX_MEMORY_CLIENT_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Batches: blocks that go together are announced to the named clients, so that
 * one with a slow firmware behind it can act once for all of them. What each of
 * them would need is done once.
 *
 * device_hotplug_lock protects this.
 */

#include <linux/memory.h>
#include <linux/memory_client.h>
#include <linux/pfn.h>
#include <linux/swap.h>

#include "internal.h"

static const struct memory_batch *current_batch;

/* A block alone sees to it when its turn comes */
static bool several_go_offline(const struct memory_batch *batch)
{
	return !batch->online &&
	       PFN_PHYS(batch->nr_pages) > memory_block_size_bytes();
}

/*
 * Pages must not wait on CPUs for the LRU list: nobody could migrate them. To
 * send them there takes work on every CPU.
 */
static void prepare_offline(const struct memory_batch *batch)
{
	mhp_use_last(batch->start_pfn, batch->nr_pages);
	lru_cache_disable();
}

/**
 * mhp_batch_disables_lru_cache() - has the batch disabled the LRU caches?
 *
 * Context: device_hotplug_lock held.
 * Return: true if so, and then they stay disabled until its end.
 */
bool mhp_batch_disables_lru_cache(void)
{
	return current_batch && several_go_offline(current_batch);
}

/**
 * memory_batch_begin() - announce blocks that go together
 * @batch: filled; stays until memory_batch_end()
 * @start: first byte of all of them
 * @size: size in bytes
 * @online: they go online; otherwise offline
 *
 * For providers that take blocks on- or offline one by one.
 *
 * Context: Process context, device_hotplug_lock held.
 * Return: whether this is a batch to be ended; false if it is part of one that
 * was announced before.
 */
bool memory_batch_begin(struct memory_batch *batch, u64 start, u64 size,
			bool online)
{
	mhp_assert_requested();
	if (current_batch)
		return false;
	*batch = (struct memory_batch) {
		.start_pfn = PHYS_PFN(start),
		.nr_pages = PHYS_PFN(size),
		.online = online,
	};
	current_batch = batch;
	if (several_go_offline(batch))
		prepare_offline(batch);
	mhp_clients_begin_batch(&mhp_clients, batch);
	return true;
}

/**
 * memory_batch_end() - no more blocks of the batch will go
 *
 * Context: As memory_batch_begin(), if that returned true.
 */
void memory_batch_end(void)
{
	mhp_clients_end_batch(&mhp_clients, current_batch);
	if (several_go_offline(current_batch))
		lru_cache_enable();
	current_batch = NULL;
}

/* The batch to which the block belongs that goes now */
const struct memory_batch *mhp_batch_current(void)
{
	return current_batch;
}

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

static bool lru_cache_is_disabled;

static bool several_go_offline(const struct memory_batch *batch)
{
	return !batch->online &&
	       PFN_PHYS(batch->nr_pages) > memory_block_size_bytes();
}

/**
 * mhp_batch_disable_lru_cache() - let no page wait on a CPU for its LRU list
 *
 * Nobody could migrate it. To send such pages there takes work on every CPU, so
 * that blocks that go together let it be done once, for the first of them.
 *
 * Context: Process context, device_hotplug_lock held.
 * Return: true if the caches are disabled until the end of the batch; false for
 * a block alone, which does so by itself.
 */
bool mhp_batch_disable_lru_cache(void)
{
	if (!several_go_offline(current_batch))
		return false;
	if (!lru_cache_is_disabled)
		lru_cache_disable();
	lru_cache_is_disabled = true;
	return true;
}

static void enable_lru_cache(void)
{
	if (lru_cache_is_disabled)
		lru_cache_enable();
	lru_cache_is_disabled = false;
}

/**
 * memory_batch_begin() - announce blocks that go together
 * @batch: filled; stays until memory_batch_end()
 * @start: first byte of all of them
 * @size: size in bytes
 * @online: they go online; otherwise offline
 *
 * For providers that take blocks on- or offline one by one. What goes offline has
 * nothing between it that stays. Until the end of such a batch, pages go to their
 * LRU lists one by one on all CPUs.
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
		mhp_use_last(batch->start_pfn, batch->nr_pages);
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
	enable_lru_cache();
	current_batch = NULL;
}

/* The batch to which the block belongs that goes now */
const struct memory_batch *mhp_batch_current(void)
{
	return current_batch;
}

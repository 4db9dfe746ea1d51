// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kernel that dies leaves the adapter to the next one with everything freed: what
 * the adapter still wrote to would be that kernel's memory.
 */

#include <linux/errno.h>
#include <linux/kexec.h>
#include <linux/rculist.h>
#include <linux/spinlock.h>

#include "ehea.h"

/* Read by who takes no lock, when no other CPU runs any more */
static LIST_HEAD(adapters);
static DEFINE_SPINLOCK(adapters_lock);

/* Queues go before the memory that they use */
static void crash_shutdown(void)
{
	struct ehea_adapter *adapter;

	ehea_resources_crash();
	list_for_each_entry_lockless(adapter, &adapters, list)
		ehea_regions_force_free(adapter->regions);
	ehea_addresses_crash();
}

/**
 * ehea_crash_add() - there is an adapter now, with its regions
 * @adapter: which
 */
void ehea_crash_add(struct ehea_adapter *adapter)
{
	spin_lock(&adapters_lock);
	list_add_rcu(&adapter->list, &adapters);
	spin_unlock(&adapters_lock);
}

/**
 * ehea_crash_del() - the undo of ehea_crash_add()
 * @adapter: which
 */
void ehea_crash_del(struct ehea_adapter *adapter)
{
	spin_lock(&adapters_lock);
	list_del_rcu(&adapter->list);
	spin_unlock(&adapters_lock);
}

/**
 * ehea_crash_init() - be called when the kernel dies
 *
 * Return: 0 or an errno.
 */
int ehea_crash_init(void)
{
	/* It answers 1 when it has no room */
	return crash_shutdown_register(crash_shutdown) ? -ENOSPC : 0;
}

/* The undo of ehea_crash_init() */
void ehea_crash_exit(void)
{
	WARN_ON_ONCE(crash_shutdown_unregister(crash_shutdown));
	ehea_resources_forget();
}

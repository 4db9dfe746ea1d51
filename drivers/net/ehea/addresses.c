// SPDX-License-Identifier: GPL-2.0-only
/*
 * The addresses whose frames a port takes: broadcast, and multicast groups. Unicast
 * frames need no registration.
 */

#include <linux/errno.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "ehea.h"

/*
 * What is registered for all ports, for a kernel that dies. The lock is for writers:
 * the one reader runs when no other CPU does any more.
 */
static LIST_HEAD(all_entries);
static DEFINE_SPINLOCK(all_entries_lock);

/* Each address is registered with both: frames without a tag, and with any */
static const u8 tag_types[] = { EHEA_BCMC_UNTAGGED, EHEA_BCMC_ALL_VLANS };

/* The address that stands for every multicast address */
#define ALL_MULTICAST	0

static struct ehea_filter_entry *find_entry(const struct ehea_filter *filter,
					    u8 type, u64 mac)
{
	struct ehea_filter_entry *entry;

	list_for_each_entry(entry, &filter->entries, in_port) {
		if (entry->bcmc.type == type && entry->bcmc.mac == mac)
			return entry;
	}
	return NULL;
}

static int add_entry(struct ehea_filter *filter, u8 type, u64 mac)
{
	const struct ehea_port *port = ehea_filter_port(filter);
	struct ehea_filter_entry *entry;
	int ret;

	entry = kzalloc(sizeof(*entry), GFP_KERNEL);
	if (!entry)
		return -ENOMEM;
	entry->wanted = true;
	entry->bcmc = (struct ehea_bcmc) {
		.adapter = port->adapter->handle,
		.port = port->id,
		.type = type,
		.mac = mac,
	};
	ret = ehea_fw_register_bcmc(&entry->bcmc);
	if (ret) {
		kfree(entry);
		return ret;
	}
	list_add(&entry->in_port, &filter->entries);
	spin_lock(&all_entries_lock);
	list_add_rcu(&entry->list, &all_entries);
	spin_unlock(&all_entries_lock);
	return 0;
}

static void forget_entry(struct ehea_filter_entry *entry)
{
	spin_lock(&all_entries_lock);
	list_del_rcu(&entry->list);
	spin_unlock(&all_entries_lock);
	list_del(&entry->in_port);
	kfree(entry);
}

/* It stays if the firmware does not let go of it: it cannot be registered twice */
static void remove_entry(struct ehea_filter *filter,
			 struct ehea_filter_entry *entry)
{
	const int ret = ehea_fw_deregister_bcmc(&entry->bcmc);

	if (!ret)
		forget_entry(entry);
	else
		netdev_warn(ehea_filter_port(filter)->netdev,
			    "cannot deregister address %012llx: %d\n",
			    entry->bcmc.mac, ret);
}

/* Registers an address with both types, unless it is */
static int want(struct ehea_filter *filter, u8 type, u64 mac)
{
	struct ehea_filter_entry *entry;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < ARRAY_SIZE(tag_types) && !ret; i++) {
		entry = find_entry(filter, type | tag_types[i], mac);
		if (entry)
			entry->wanted = true;
		else
			ret = add_entry(filter, type | tag_types[i], mac);
	}
	return ret;
}

static int want_all_multicast(struct ehea_filter *filter)
{
	return want(filter, EHEA_BCMC_MULTICAST | EHEA_BCMC_ALL_ADDRESSES,
		    ALL_MULTICAST);
}

/* -ENOSPC if there are more addresses than the firmware takes */
static int copy_addresses(struct net_device *netdev, u64 *macs, u32 max, u32 *nr)
{
	struct netdev_hw_addr *ha;
	int ret = 0;

	*nr = 0;
	netif_addr_lock_bh(netdev);
	if (netdev_mc_count(netdev) > max)
		ret = -ENOSPC;
	else
		netdev_for_each_mc_addr(ha, netdev)
			macs[(*nr)++] = ether_addr_to_u64(ha->addr);
	netif_addr_unlock_bh(netdev);
	return ret;
}

static int want_list(struct ehea_filter *filter)
{
	const struct ehea_port *port = ehea_filter_port(filter);
	const u32 max = port->adapter->max_multicast;
	u64 *macs = kvcalloc(max + 1, sizeof(*macs), GFP_KERNEL);
	u32 i, nr;
	int ret;

	if (!macs)
		return -ENOMEM;
	ret = copy_addresses(port->netdev, macs, max, &nr);
	for (i = 0; i < nr && !ret; i++)
		ret = want(filter, EHEA_BCMC_MULTICAST, macs[i]);
	kvfree(macs);
	return ret;
}

static bool is_multicast(const struct ehea_filter_entry *entry)
{
	return entry->bcmc.type & EHEA_BCMC_MULTICAST;
}

static void remove_multicast(struct ehea_filter *filter)
{
	struct ehea_filter_entry *entry, *next;

	list_for_each_entry_safe(entry, next, &filter->entries, in_port) {
		if (is_multicast(entry))
			remove_entry(filter, entry);
	}
}

/* If they cannot all be registered, take too many frames, not too few */
static int want_multicast(struct ehea_filter *filter, bool all)
{
	int ret = all ? -ENOSPC : want_list(filter);

	if (ret)
		ret = want_all_multicast(filter);
	if (!ret)
		return 0;
	/* There may have been no room beside what is registered */
	remove_multicast(filter);
	return want_all_multicast(filter);
}

/**
 * ehea_multicast_sync() - take the groups that the network device has joined
 * @filter: of which port
 * @all: take all there are
 *
 * Context: &ehea_filter.lock held.
 */
void ehea_multicast_sync(struct ehea_filter *filter, bool all)
{
	struct ehea_filter_entry *entry, *next;
	int ret;

	list_for_each_entry(entry, &filter->entries, in_port)
		entry->wanted = !is_multicast(entry);
	ret = want_multicast(filter, all);
	if (ret)
		netdev_err(ehea_filter_port(filter)->netdev,
			   "cannot register multicast addresses: %d\n", ret);
	list_for_each_entry_safe(entry, next, &filter->entries, in_port) {
		if (!entry->wanted)
			remove_entry(filter, entry);
	}
}

/**
 * ehea_broadcast_remove() - the undo of ehea_broadcast_register()
 * @filter: of which port
 * @mac: as then
 *
 * Context: &ehea_filter.lock held.
 */
void ehea_broadcast_remove(struct ehea_filter *filter, u64 mac)
{
	struct ehea_filter_entry *entry;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(tag_types); i++) {
		entry = find_entry(filter, tag_types[i], mac);
		if (entry)
			remove_entry(filter, entry);
	}
}

/**
 * ehea_broadcast_register() - take broadcast frames
 * @filter: of which port
 * @mac: the port's own address, with which they are registered
 *
 * Context: &ehea_filter.lock held.
 * Return: 0; or an errno, then it takes none.
 */
int ehea_broadcast_register(struct ehea_filter *filter, u64 mac)
{
	const int ret = want(filter, 0, mac);

	if (ret)
		ehea_broadcast_remove(filter, mac);
	return ret;
}

/**
 * ehea_addresses_remove() - take no frames for registered addresses any more
 * @filter: of which port
 *
 * Context: &ehea_filter.lock held, or the port is not yet, or no longer, in use.
 */
void ehea_addresses_remove(struct ehea_filter *filter)
{
	struct ehea_filter_entry *entry, *next;

	list_for_each_entry_safe(entry, next, &filter->entries, in_port)
		remove_entry(filter, entry);
}

/**
 * ehea_addresses_forget() - the end of what the firmware did not let go of
 * @filter: of which port; ehea_addresses_remove() has done what it could
 */
void ehea_addresses_forget(struct ehea_filter *filter)
{
	struct ehea_filter_entry *entry, *next;

	list_for_each_entry_safe(entry, next, &filter->entries, in_port)
		forget_entry(entry);
}

/**
 * ehea_addresses_crash() - let no port take frames, the kernel has died
 *
 * Context: The last CPU. Takes no locks: their holders do not run any more.
 */
void ehea_addresses_crash(void)
{
	struct ehea_filter_entry *entry;

	list_for_each_entry_lockless(entry, &all_entries, list)
		ehea_fw_deregister_bcmc_atomic(&entry->bcmc);
}

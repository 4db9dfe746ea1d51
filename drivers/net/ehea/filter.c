// SPDX-License-Identifier: GPL-2.0-only
/*
 * What frames a port takes: VLANs, broadcast, multicast, promiscuous mode. The
 * firmware's calls may sleep, so ndo_set_rx_mode() only has it done later.
 */

#include <linux/errno.h>
#include <linux/if_vlan.h>
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

static struct ehea_port *to_port(struct ehea_filter *filter)
{
	return container_of(filter, struct ehea_port, filter);
}

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
	const struct ehea_port *port = to_port(filter);
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

static void remove_entry(struct ehea_filter *filter,
			 struct ehea_filter_entry *entry)
{
	const int ret = ehea_fw_deregister_bcmc(&entry->bcmc);

	if (ret)
		netdev_warn(to_port(filter)->netdev,
			    "cannot deregister address %012llx: %d\n",
			    entry->bcmc.mac, ret);
	spin_lock(&all_entries_lock);
	list_del_rcu(&entry->list);
	spin_unlock(&all_entries_lock);
	list_del(&entry->in_port);
	kfree(entry);
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
	const struct ehea_port *port = to_port(filter);
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

static void sync_multicast(struct ehea_filter *filter, bool all)
{
	struct ehea_filter_entry *entry, *next;
	int ret;

	list_for_each_entry(entry, &filter->entries, in_port)
		entry->wanted = !(entry->bcmc.type & EHEA_BCMC_MULTICAST);
	/* If they cannot all be registered, take too many frames, not too few */
	ret = all ? -ENOSPC : want_list(filter);
	if (ret)
		ret = want_all_multicast(filter);
	if (ret)
		netdev_err(to_port(filter)->netdev,
			   "cannot register multicast addresses: %d\n", ret);
	list_for_each_entry_safe(entry, next, &filter->entries, in_port) {
		if (!entry->wanted)
			remove_entry(filter, entry);
	}
}

static void set_promiscuous(struct ehea_filter *filter, bool on)
{
	const struct ehea_port *port = to_port(filter);
	struct ehea_cb7 *block;
	int ret = -ENOMEM;

	if (filter->promiscuous == on)
		return;
	block = ehea_block_alloc();
	if (block) {
		if (on)
			block->default_qp = port->qsets[0].qp.resource.handle;
		ret = ehea_fw_modify_port(port->adapter->handle, port->id,
					  EHEA_CB7, EHEA_CB7_DEFAULT_QP, block);
		ehea_block_free(block);
	}
	if (!ret)
		filter->promiscuous = on;
	else if (ret == -EPERM)
		netdev_info(port->netdev,
			    "the firmware does not allow promiscuous mode\n");
	else
		netdev_err(port->netdev, "cannot set promiscuous mode: %d\n",
			   ret);
}

static void sync_mode(struct ehea_filter *filter)
{
	const unsigned int flags = READ_ONCE(to_port(filter)->netdev->flags);

	set_promiscuous(filter, flags & IFF_PROMISC);
	sync_multicast(filter, flags & (IFF_PROMISC | IFF_ALLMULTI));
}

static void sync_work(struct work_struct *work)
{
	struct ehea_filter *filter = container_of(work, struct ehea_filter,
						  work);

	mutex_lock(&filter->lock);
	if (filter->active)
		sync_mode(filter);
	mutex_unlock(&filter->lock);
}

/* ndo_set_rx_mode() */
void ehea_set_rx_mode(struct net_device *netdev)
{
	struct ehea_port *port = netdev_priv(netdev);

	schedule_work(&port->filter.work);
}

static void remove_entries(struct ehea_filter *filter)
{
	struct ehea_filter_entry *entry, *next;

	list_for_each_entry_safe(entry, next, &filter->entries, in_port)
		remove_entry(filter, entry);
}

/**
 * ehea_filter_start() - let a port take frames
 * @port: which; has its queues
 *
 * Return: 0 or an errno.
 */
int ehea_filter_start(struct ehea_port *port)
{
	struct ehea_filter *filter = &port->filter;
	int ret;

	mutex_lock(&filter->lock);
	/* Broadcast is registered with the port's own address */
	ret = want(filter, 0, ether_addr_to_u64(port->netdev->dev_addr));
	if (ret) {
		remove_entries(filter);
	} else {
		filter->active = true;
		sync_mode(filter);
	}
	mutex_unlock(&filter->lock);
	return ret;
}

/**
 * ehea_filter_stop() - the undo of ehea_filter_start()
 * @port: which
 */
void ehea_filter_stop(struct ehea_port *port)
{
	struct ehea_filter *filter = &port->filter;

	mutex_lock(&filter->lock);
	filter->active = false;
	set_promiscuous(filter, false);
	/* Also if that failed: the queue pair it named goes */
	filter->promiscuous = false;
	remove_entries(filter);
	mutex_unlock(&filter->lock);
}

static int modify_mac(struct ehea_port *port, u64 mac)
{
	struct ehea_cb0 *block = ehea_block_alloc();
	int ret;

	if (!block)
		return -ENOMEM;
	block->mac = mac;
	ret = ehea_fw_modify_port(port->adapter->handle, port->id, EHEA_CB0,
				  EHEA_CB0_MAC, block);
	ehea_block_free(block);
	return ret;
}

static void remove_broadcast(struct ehea_filter *filter, u64 mac)
{
	struct ehea_filter_entry *entry;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(tag_types); i++) {
		entry = find_entry(filter, tag_types[i], mac);
		if (entry)
			remove_entry(filter, entry);
	}
}

static int move_broadcast(struct ehea_filter *filter, u64 from, u64 to)
{
	int ret;

	if (!filter->active)
		return 0;
	remove_broadcast(filter, from);
	ret = want(filter, 0, to);
	if (ret)
		remove_broadcast(filter, to);
	return ret;
}

/**
 * ehea_filter_set_mac() - change the address of a port
 * @port: which
 * @mac: new address, in the lower 48 bits
 *
 * The network device gets it here: ehea_filter_start() must find the same in both.
 *
 * Context: rtnl_lock() held.
 * Return: 0 or an errno.
 */
int ehea_filter_set_mac(struct ehea_port *port, u64 mac)
{
	const u64 old = ether_addr_to_u64(port->netdev->dev_addr);
	struct ehea_filter *filter = &port->filter;
	u8 address[ETH_ALEN];
	int ret, undo;

	if (mac == old)
		return 0;
	mutex_lock(&filter->lock);
	ret = modify_mac(port, mac);
	if (ret)
		goto out;
	ret = move_broadcast(filter, old, mac);
	if (ret) {
		undo = modify_mac(port, old) ?: move_broadcast(filter, mac, old);
		if (undo)
			netdev_err(port->netdev,
				   "cannot go back to the old address: %d\n",
				   undo);
		goto out;
	}
	u64_to_ether_addr(mac, address);
	eth_hw_addr_set(port->netdev, address);
out:
	mutex_unlock(&filter->lock);
	return ret;
}

static int set_vlan(struct ehea_port *port, u16 vid, bool on)
{
	struct ehea_cb1 *block = ehea_block_alloc();
	struct ehea_filter *filter = &port->filter;
	const u64 bit = EHEA_BIT(vid % 64);
	int ret;

	if (!block)
		return -ENOMEM;
	mutex_lock(&filter->lock);
	*block = filter->vlans;
	if (on)
		block->vlans[vid / 64] |= bit;
	else
		block->vlans[vid / 64] &= ~bit;
	ret = ehea_fw_modify_port(port->adapter->handle, port->id, EHEA_CB1,
				  EHEA_CB1_ALL, block);
	if (!ret)
		filter->vlans = *block;
	mutex_unlock(&filter->lock);
	ehea_block_free(block);
	return ret;
}

/* ndo_vlan_rx_add_vid() */
int ehea_vlan_add(struct net_device *netdev, __be16 proto, u16 vid)
{
	return set_vlan(netdev_priv(netdev), vid, true);
}

/* ndo_vlan_rx_kill_vid() */
int ehea_vlan_kill(struct net_device *netdev, __be16 proto, u16 vid)
{
	return set_vlan(netdev_priv(netdev), vid, false);
}

/**
 * ehea_filter_init() - learn what frames a port takes
 * @port: which; new
 *
 * Return: 0 or an errno.
 */
int ehea_filter_init(struct ehea_port *port)
{
	struct ehea_cb1 *block = ehea_block_alloc();
	struct ehea_filter *filter = &port->filter;
	int ret;

	if (!block)
		return -ENOMEM;
	mutex_init(&filter->lock);
	INIT_LIST_HEAD(&filter->entries);
	INIT_WORK(&filter->work, sync_work);
	ret = ehea_fw_query_port(port->adapter->handle, port->id, EHEA_CB1,
				 EHEA_CB1_ALL, block);
	filter->vlans = *block;
	ehea_block_free(block);
	return ret;
}

/**
 * ehea_filter_exit() - the undo of ehea_filter_init()
 * @port: which; has no network device any more
 */
void ehea_filter_exit(struct ehea_port *port)
{
	disable_work_sync(&port->filter.work);
}

/**
 * ehea_filters_crash() - let no port take frames, the kernel has died
 *
 * Context: The last CPU. Takes no locks: their holders do not run any more.
 */
void ehea_filters_crash(void)
{
	struct ehea_filter_entry *entry;

	list_for_each_entry_lockless(entry, &all_entries, list)
		ehea_fw_deregister_bcmc_atomic(&entry->bcmc);
}

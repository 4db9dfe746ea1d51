// SPDX-License-Identifier: GPL-2.0-only
/*
 * What frames a port takes: of which VLANs, for which addresses, and all in
 * promiscuous mode. The firmware's calls may sleep, so ndo_set_rx_mode() only has it
 * done later.
 */

#include <linux/errno.h>
#include <linux/if_vlan.h>

#include "ehea.h"

static void set_promiscuous(struct ehea_filter *filter, bool on)
{
	const struct ehea_port *port = ehea_filter_port(filter);
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
	const struct net_device *netdev = ehea_filter_port(filter)->netdev;
	const unsigned int flags = READ_ONCE(netdev->flags);

	set_promiscuous(filter, flags & IFF_PROMISC);
	ehea_multicast_sync(filter, flags & (IFF_PROMISC | IFF_ALLMULTI));
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
	ret = ehea_broadcast_register(filter,
				      ether_addr_to_u64(port->netdev->dev_addr));
	if (!ret) {
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
	ehea_addresses_remove(filter);
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

static int move_broadcast(struct ehea_filter *filter, u64 from, u64 to)
{
	if (!filter->active)
		return 0;
	ehea_broadcast_remove(filter, from);
	return ehea_broadcast_register(filter, to);
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
	struct ehea_filter *filter = &port->filter;

	disable_work_sync(&filter->work);
	/* Those that the firmware did not let go of: a last time */
	ehea_addresses_remove(filter);
	ehea_addresses_forget(filter);
}

// SPDX-License-Identifier: GPL-2.0-only
/* Ports as network devices */

#include <linux/errno.h>
#include <linux/if_vlan.h>
#include <linux/rtnetlink.h>

#include "ehea.h"

#define WATCHDOG_TIMEOUT	(10 * HZ)

#define MSG_DEFAULT		(NETIF_MSG_LINK | NETIF_MSG_TIMER | \
				 NETIF_MSG_RX_ERR | NETIF_MSG_TX_ERR)

/* Goes up later if RAM's only region is just being made anew */
static int start_port(struct ehea_port *port)
{
	struct ehea_adapter *adapter = port->adapter;
	int ret = 0;

	mutex_lock(&adapter->up_lock);
	if (!adapter->stopped)
		ret = ehea_port_up(port);
	port->opened = !ret;
	mutex_unlock(&adapter->up_lock);
	return ret;
}

static int open_port(struct net_device *netdev)
{
	struct ehea_port *port = netdev_priv(netdev);
	int ret;

	netif_carrier_off(netdev);
	/* ehea_port_up() lets frames come, which may be later than this */
	netif_tx_disable(netdev);
	ret = start_port(port);
	if (ret) {
		netdev_err(netdev, "cannot go up: %d\n", ret);
		return ret;
	}
	/* An event tells of changes alone */
	ret = ehea_link_query(port->adapter, port->id, &port->link);
	if (ret)
		netdev_err(netdev, "cannot query the link: %d\n", ret);
	else
		ehea_link_update(port);
	return 0;
}

static int stop_port(struct net_device *netdev)
{
	struct ehea_port *port = netdev_priv(netdev);

	mutex_lock(&port->adapter->up_lock);
	port->opened = false;
	ehea_port_down(port);
	mutex_unlock(&port->adapter->up_lock);
	netif_carrier_off(netdev);
	return 0;
}

static int set_mac(struct net_device *netdev, void *data)
{
	struct ehea_port *port = netdev_priv(netdev);
	const struct sockaddr *address = data;

	if (!is_valid_ether_addr(address->sa_data))
		return -EADDRNOTAVAIL;
	return ehea_filter_set_mac(port, ether_addr_to_u64(address->sa_data));
}

static void tx_timeout(struct net_device *netdev, unsigned int queue)
{
	struct ehea_port *port = netdev_priv(netdev);

	if (!netif_carrier_ok(netdev) || !READ_ONCE(port->up))
		return;
	netif_err(port, timer, netdev, "queue %u does not go on\n", queue);
	ehea_port_reset(port);
}

static const struct net_device_ops netdev_ops = {
	.ndo_open = open_port,
	.ndo_stop = stop_port,
	.ndo_start_xmit = ehea_xmit,
	.ndo_tx_timeout = tx_timeout,
	.ndo_set_rx_mode = ehea_set_rx_mode,
	.ndo_set_mac_address = set_mac,
	.ndo_validate_addr = eth_validate_addr,
	.ndo_vlan_rx_add_vid = ehea_vlan_add,
	.ndo_vlan_rx_kill_vid = ehea_vlan_kill,
	.ndo_get_stats64 = ehea_get_stats64,
};

static void init_qsets(struct ehea_port *port)
{
	struct ehea_qset *qset;
	unsigned int i;

	for (i = 0; i < port->nr_qsets; i++) {
		qset = &port->qsets[i];
		qset->port = port;
		qset->index = i;
		u64_stats_init(&qset->rx_stats.sync);
		u64_stats_init(&qset->tx_stats.sync);
		netif_napi_add(port->netdev, &qset->napi, ehea_poll);
	}
}

static void init_netdev(struct ehea_port *port)
{
	struct net_device *netdev = port->netdev;
	const netdev_features_t tx = NETIF_F_SG | NETIF_F_TSO |
				     NETIF_F_IP_CSUM;
	u8 mac[ETH_ALEN];

	SET_NETDEV_DEV(netdev, &port->device->dev);
	u64_to_ether_addr(port->link.mac, mac);
	eth_hw_addr_set(netdev, mac);
	netdev->netdev_ops = &netdev_ops;
	netdev->ethtool_ops = &ehea_ethtool_ops;
	netdev->watchdog_timeo = WATCHDOG_TIMEOUT;
	netdev->hw_features = tx | NETIF_F_HW_VLAN_CTAG_TX | NETIF_F_RXCSUM;
	netdev->features = netdev->hw_features | NETIF_F_HIGHDMA |
			   NETIF_F_HW_VLAN_CTAG_RX |
			   NETIF_F_HW_VLAN_CTAG_FILTER;
	netdev->vlan_features = tx | NETIF_F_HIGHDMA;
	netdev->min_mtu = ETH_MIN_MTU;
	netdev->max_mtu = ETH_DATA_LEN;
	if (ehea_link_allow_jumbo(port->adapter, port->id))
		netdev->max_mtu = EHEA_MAX_FRAME - VLAN_ETH_HLEN - ETH_FCS_LEN;
}

static struct ehea_port *alloc_port(struct ehea_adapter *adapter, u32 id,
				    const struct ehea_link *link)
{
	const u32 nr = ehea_many_queues ? min(link->nr_qps, EHEA_MAX_QPS) : 1;
	struct net_device *netdev;
	struct ehea_port *port;

	netdev = alloc_etherdev_mqs(struct_size(port, qsets, nr), nr, nr);
	if (!netdev)
		return NULL;
	port = netdev_priv(netdev);
	port->adapter = adapter;
	port->netdev = netdev;
	port->id = id;
	port->link = *link;
	port->nr_qsets = nr;
	port->nr_default_qps = min(link->nr_qps, EHEA_MAX_QPS);
	port->msg_enable = netif_msg_init(ehea_msg_level, MSG_DEFAULT);
	INIT_WORK(&port->error_work, ehea_error_work);
	INIT_DELAYED_WORK(&port->reset_work, ehea_port_reset_work);
	INIT_DELAYED_WORK(&port->link_work, ehea_link_work);
	return port;
}

/* Who is to take all ports down must see one before it can go up */
static void publish(struct ehea_port *port, struct ehea_port *where)
{
	mutex_lock(&port->adapter->up_lock);
	port->adapter->ports[port->slot] = where;
	mutex_unlock(&port->adapter->up_lock);
}

/**
 * ehea_port_create() - make a network device of a logical port
 * @adapter: whose
 * @device: the port in sysfs
 * @slot: where it goes in &ehea_adapter.ports
 * @id: its number
 *
 * Context: &ehea_adapter.ports_lock held.
 * Return: the port, or an errno pointer.
 */
struct ehea_port *ehea_port_create(struct ehea_adapter *adapter,
				   struct platform_device *device,
				   unsigned int slot, u32 id)
{
	struct ehea_link link = { .autoneg = true };
	struct ehea_port *port;
	u8 mac[ETH_ALEN];
	int ret;

	ret = ehea_link_query(adapter, id, &link);
	if (ret)
		return ERR_PTR(ret);
	u64_to_ether_addr(link.mac, mac);
	if (!is_valid_ether_addr(mac))
		return ERR_PTR(-EADDRNOTAVAIL);
	if (!link.nr_qps)
		return ERR_PTR(-EINVAL);
	port = alloc_port(adapter, id, &link);
	if (!port)
		return ERR_PTR(-ENOMEM);
	port->device = device;
	port->slot = slot;
	ret = ehea_filter_init(port);
	if (ret)
		goto err_free;
	init_netdev(port);
	netif_carrier_off(port->netdev);
	init_qsets(port);
	publish(port, port);
	ret = register_netdev(port->netdev);
	if (ret)
		goto err_publish;
	netdev_info(port->netdev, "logical port %u, up to %u bytes\n", id,
		    port->netdev->max_mtu);
	return port;

err_publish:
	publish(port, NULL);
	ehea_filter_exit(port);
err_free:
	free_netdev(port->netdev);
	return ERR_PTR(ret);
}

/**
 * ehea_port_destroy() - the undo of ehea_port_create()
 * @port: which
 *
 * Context: &ehea_adapter.ports_lock held.
 */
void ehea_port_destroy(struct ehea_port *port)
{
	/* This takes it down */
	unregister_netdev(port->netdev);
	publish(port, NULL);
	/* They need rtnl_lock(), so can only be waited for without */
	disable_delayed_work_sync(&port->reset_work);
	disable_delayed_work_sync(&port->link_work);
	ehea_filter_exit(port);
	free_netdev(port->netdev);
}

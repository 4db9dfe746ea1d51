// SPDX-License-Identifier: GPL-2.0-only
/* The link of a port: whether it is there, how fast it is, and setting its speed */

#include <linux/errno.h>
#include <linux/rtnetlink.h>

#include "ehea.h"

static const struct {
	u32 speed;
	u8 duplex;
} modes[] = {
	[EHEA_10_HALF] = { SPEED_10, DUPLEX_HALF },
	[EHEA_10_FULL] = { SPEED_10, DUPLEX_FULL },
	[EHEA_100_HALF] = { SPEED_100, DUPLEX_HALF },
	[EHEA_100_FULL] = { SPEED_100, DUPLEX_FULL },
	[EHEA_1000_FULL] = { SPEED_1000, DUPLEX_FULL },
	[EHEA_10000_FULL] = { SPEED_10000, DUPLEX_FULL },
};

static void set_mode(struct ehea_link *link, u32 speed)
{
	if (speed < ARRAY_SIZE(modes) && modes[speed].speed) {
		link->speed = modes[speed].speed;
		link->duplex = modes[speed].duplex;
	} else {
		link->speed = SPEED_UNKNOWN;
		link->duplex = DUPLEX_UNKNOWN;
	}
}

/**
 * ehea_link_query() - ask for a port's link, address and queue pairs
 * @adapter: whose
 * @id: of the port
 * @link: where the answer goes; &ehea_link.autoneg is left as it is
 *
 * Return: 0 or an errno.
 */
int ehea_link_query(const struct ehea_adapter *adapter, u32 id,
		    struct ehea_link *link)
{
	struct ehea_cb0 *block = ehea_block_alloc();
	int ret;

	if (!block)
		return -ENOMEM;
	ret = ehea_fw_query_port(adapter->handle, id, EHEA_CB0, EHEA_CB0_ALL,
				 block);
	if (!ret) {
		link->mac = block->mac & EHEA_BITS(16, 63);
		link->nr_qps = block->nr_qps;
		link->up = block->up;
		link->switch_up = block->switch_up;
		set_mode(link, block->speed);
	}
	ehea_block_free(block);
	return ret;
}

/**
 * ehea_link_update() - let the network device have its port's link
 * @port: which; without queues it has none
 *
 * Context: rtnl_lock() held.
 */
void ehea_link_update(struct ehea_port *port)
{
	const struct ehea_link *link = &port->link;
	struct net_device *netdev = port->netdev;
	/* Whoever changes that without rtnl_lock() has the work done later */
	const bool up = READ_ONCE(port->up) && link->up &&
			(!ehea_follow_switch || link->switch_up);

	ASSERT_RTNL();
	if (!netif_running(netdev) || up == netif_carrier_ok(netdev))
		return;
	if (up) {
		netif_info(port, link, netdev, "link up, %d Mbit/s, %s duplex\n",
			   link->speed,
			   link->duplex == DUPLEX_FULL ? "full" : "half");
		netif_carrier_on(netdev);
	} else {
		netif_info(port, link, netdev, "link down\n");
		netif_carrier_off(netdev);
	}
}

/* &ehea_port.link_work */
void ehea_link_work(struct work_struct *work)
{
	struct ehea_port *port = container_of(to_delayed_work(work),
					      struct ehea_port, link_work);

	rtnl_lock();
	ehea_link_update(port);
	rtnl_unlock();
}

static int set_speed(struct ehea_port *port, enum ehea_speed speed)
{
	const u64 adapter = port->adapter->handle;
	struct ehea_cb4 *block = ehea_block_alloc();
	int ret;

	if (!block)
		return -ENOMEM;
	block->speed = speed;
	ret = ehea_fw_modify_port(adapter, port->id, EHEA_CB4, EHEA_CB4_SPEED,
				  block);
	if (ret)
		goto out;
	port->link.autoneg = speed == EHEA_AUTONEG;
	ret = ehea_fw_query_port(adapter, port->id, EHEA_CB4, EHEA_CB4_SPEED,
				 block);
	if (!ret)
		set_mode(&port->link, block->speed);
out:
	ehea_block_free(block);
	return ret;
}

/**
 * ehea_link_set_speed() - set the speed of a port
 * @port: which
 * @speed: to what
 *
 * Context: rtnl_lock() held.
 * Return: 0; -EPERM if another partition is in charge of it; or another errno.
 */
int ehea_link_set_speed(struct ehea_port *port, enum ehea_speed speed)
{
	struct net_device *netdev = port->netdev;
	const bool carrier = netif_carrier_ok(netdev);
	int ret;

	ASSERT_RTNL();
	netif_carrier_off(netdev);
	ret = set_speed(port, speed);
	/* If the link went down, its event will tell */
	if (carrier)
		netif_carrier_on(netdev);
	if (ret == -EPERM)
		netdev_info(netdev,
			    "the firmware does not allow to set the speed\n");
	else if (ret)
		netdev_err(netdev, "cannot set the speed: %d\n", ret);
	else
		netdev_info(netdev, "speed set: %d Mbit/s, %s duplex\n",
			    port->link.speed,
			    port->link.duplex == DUPLEX_FULL ? "full" : "half");
	return ret;
}

/**
 * ehea_link_allow_jumbo() - have a port take large frames, if that is allowed
 * @adapter: whose
 * @id: of the port
 *
 * Return: whether it does.
 */
bool ehea_link_allow_jumbo(const struct ehea_adapter *adapter, u32 id)
{
	struct ehea_cb4 *block = ehea_block_alloc();
	bool jumbo = false;

	if (!block)
		return false;
	if (!ehea_fw_query_port(adapter->handle, id, EHEA_CB4, EHEA_CB4_JUMBO,
				block)) {
		jumbo = block->jumbo;
		block->jumbo = true;
		if (!jumbo)
			jumbo = !ehea_fw_modify_port(adapter->handle, id,
						     EHEA_CB4, EHEA_CB4_JUMBO,
						     block);
	}
	ehea_block_free(block);
	return jumbo;
}

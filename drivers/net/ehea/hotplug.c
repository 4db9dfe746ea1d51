// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a change of the map of RAM asks of the ports. All of it runs under
 * mem_hotplug_lock, so without rtnl_lock().
 */

#include "ehea.h"

/* After that the adapter has given up, not been slow */
#define DRAIN_TIMEOUT	(5 * HZ)

/* A change does not take that long, so that it costs a port no carrier */
#define CARRIER_TIMEOUT	(5 * HZ)

static struct ehea_adapter *to_adapter(struct ehea_regions_user *user)
{
	return container_of(user, struct ehea_adapter, regions_user);
}

/*
 * A port with a queue that does not go on is taken down at once, so that the adapter
 * uses nothing of the old map; it comes back when there is rtnl_lock() for it.
 */
static void drain_port(struct ehea_port *port, unsigned long until)
{
	unsigned int i;

	for (i = 0; i < port->nr_qsets; i++) {
		if (ehea_tx_drain(&port->qsets[i], until))
			continue;
		netdev_err(port->netdev, "queue %u hangs\n", i);
		ehea_port_down(port);
		ehea_port_reset(port);
		return;
	}
}

/* For all before one is waited for: a queue that goes on has done it by then */
static void mark_port(struct ehea_port *port)
{
	unsigned int i;

	for (i = 0; i < port->nr_qsets; i++)
		ehea_tx_mark(&port->qsets[i]);
}

static void drain(struct ehea_regions_user *user)
{
	struct ehea_adapter *adapter = to_adapter(user);
	const unsigned long until = jiffies + DRAIN_TIMEOUT;
	struct ehea_port *port;
	unsigned int i;

	mutex_lock(&adapter->up_lock);
	for (i = 0; i < EHEA_MAX_PORTS; i++) {
		port = adapter->ports[i];
		if (port && port->up)
			mark_port(port);
	}
	for (i = 0; i < EHEA_MAX_PORTS; i++) {
		port = adapter->ports[i];
		if (port && port->up)
			drain_port(port, until);
	}
	mutex_unlock(&adapter->up_lock);
}

static void stop_port(struct ehea_port *port)
{
	ehea_port_down(port);
	if (port->opened)
		queue_delayed_work(system_long_wq, &port->link_work,
				   CARRIER_TIMEOUT);
}

static void stop(struct ehea_regions_user *user)
{
	struct ehea_adapter *adapter = to_adapter(user);
	unsigned int i;

	mutex_lock(&adapter->up_lock);
	adapter->stopped = true;
	for (i = 0; i < EHEA_MAX_PORTS; i++) {
		if (adapter->ports[i])
			stop_port(adapter->ports[i]);
	}
	mutex_unlock(&adapter->up_lock);
}

static void start_port(struct ehea_port *port)
{
	int ret;

	if (!port->opened)
		return;
	ret = ehea_port_up(port);
	mod_delayed_work(system_long_wq, &port->link_work, 0);
	if (!ret)
		return;
	netdev_err(port->netdev, "cannot go up after memory changed: %d\n", ret);
	ehea_port_reset(port);
}

static void start(struct ehea_regions_user *user)
{
	struct ehea_adapter *adapter = to_adapter(user);
	unsigned int i;

	mutex_lock(&adapter->up_lock);
	adapter->stopped = false;
	for (i = 0; i < EHEA_MAX_PORTS; i++) {
		if (adapter->ports[i])
			start_port(adapter->ports[i]);
	}
	mutex_unlock(&adapter->up_lock);
}

const struct ehea_regions_user ehea_regions_user = {
	.drain = drain,
	.stop = stop,
	.start = start,
};

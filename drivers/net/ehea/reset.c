// SPDX-License-Identifier: GPL-2.0-only
/*
 * Getting a port to work again: it is taken down and up, which makes new queues. If
 * that fails it is tried again later.
 */

#include <linux/rtnetlink.h>

#include "ehea.h"

#define RETRY_AFTER	(10 * HZ)

/**
 * ehea_port_reset() - have a port reset
 * @port: which
 *
 * It is done later, unless the port has gone down, or down and up, until then.
 *
 * Context: Any.
 */
void ehea_port_reset(struct ehea_port *port)
{
	if (READ_ONCE(port->reset_wanted))
		return;
	WRITE_ONCE(port->reset_wanted, true);
	/* Also if it is waiting to try again */
	mod_delayed_work(system_long_wq, &port->reset_work, 0);
}

static void reset(struct ehea_port *port)
{
	int ret;

	ehea_port_down(port);
	port->resets++;
	ret = ehea_port_up(port);
	if (!ret) {
		netdev_info(port->netdev, "new queues are in use\n");
		return;
	}
	netdev_err(port->netdev, "cannot go up again: %d\n", ret);
	WRITE_ONCE(port->reset_wanted, true);
	queue_delayed_work(system_long_wq, &port->reset_work, RETRY_AFTER);
}

/* &ehea_port.reset_work */
void ehea_port_reset_work(struct work_struct *work)
{
	struct ehea_port *port = container_of(to_delayed_work(work),
					      struct ehea_port, reset_work);

	rtnl_lock();
	mutex_lock(&port->adapter->up_lock);
	if (port->opened && !port->adapter->stopped && port->reset_wanted)
		reset(port);
	mutex_unlock(&port->adapter->up_lock);
	ehea_link_update(port);
	rtnl_unlock();
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events: notifications about ports, and errors of queues. Their interrupts only
 * have them dealt with, because the firmware's calls may sleep.
 */

#include <linux/rtnetlink.h>

#include "ehea.h"

/* The adapter's notification queue has an event */
irqreturn_t ehea_neq_interrupt(int irq, void *data)
{
	struct ehea_adapter *adapter = data;

	queue_work(system_long_wq, &adapter->neq_work);
	return IRQ_HANDLED;
}

static void port_state(struct ehea_port *port, u64 event)
{
	struct ehea_link *link = &port->link;
	int ret;

	/* Also for the speed; what else it says may be newer than the event */
	ret = ehea_link_query(port->adapter, port->id, link);
	if (ret)
		netdev_err(port->netdev, "cannot query the link: %d\n", ret);
	link->up = FIELD_GET(EHEA_NEQE_PORT_UP, event);
	link->switch_up = FIELD_GET(EHEA_NEQE_SWITCH_UP, event);
	netif_info(port, link, port->netdev, "switch port %s, %s port\n",
		   link->switch_up ? "up" : "down",
		   FIELD_GET(EHEA_NEQE_SWITCH_FIRST, event) ? "primary" :
							     "backup");
	ehea_link_update(port);
}

static void port_event(struct ehea_port *port, u64 event)
{
	switch (FIELD_GET(EHEA_NEQE_CODE, event)) {
	case EHEA_PORT_STATE:
		port_state(port, event);
		break;
	case EHEA_PORT_MALFUNCTION:
		netdev_err(port->netdev, "port malfunction\n");
		port->link.up = false;
		ehea_link_update(port);
		break;
	default:
		netdev_err(port->netdev, "unknown event %#llx\n", event);
	}
}

static void deal_with(struct ehea_adapter *adapter, u64 event)
{
	struct device *dev = &adapter->device->dev;
	struct ehea_port *port;

	if (FIELD_GET(EHEA_NEQE_CODE, event) == EHEA_ADAPTER_MALFUNCTION) {
		dev_err(dev, "adapter malfunction\n");
		return;
	}
	port = ehea_adapter_port(adapter, FIELD_GET(EHEA_NEQE_PORT, event));
	if (!port) {
		/* Of a port that has just been removed, or that is another's */
		dev_dbg(dev, "event %#llx of an unknown port\n", event);
		return;
	}
	rtnl_lock();
	port_event(port, event);
	rtnl_unlock();
}

/* &ehea_adapter.neq_work */
void ehea_neq_work(struct work_struct *work)
{
	struct ehea_adapter *adapter = container_of(work, struct ehea_adapter,
						    neq_work);
	u64 event;
	int ret;

	mutex_lock(&adapter->ports_lock);
	while (ehea_eq_poll(&adapter->neq, &event))
		deal_with(adapter, event);
	mutex_unlock(&adapter->ports_lock);
	ret = ehea_fw_reset_events(adapter->handle, adapter->neq.resource.handle,
				   EHEA_EVENT_PORT_STATE |
				   EHEA_EVENT_MALFUNCTION |
				   EHEA_EVENT_PORT_MALFUNCTION);
	if (ret)
		dev_err(&adapter->device->dev, "cannot reset events: %d\n",
			ret);
}

/* A queue of a port has an error */
irqreturn_t ehea_error_interrupt(int irq, void *data)
{
	struct ehea_port *port = data;

	queue_work(system_long_wq, &port->error_work);
	return IRQ_HANDLED;
}

/* Whether a queue set has to be made anew */
static bool is_fatal(const struct ehea_qset *qset)
{
	struct ehea_error error;

	if (ehea_resource_error(&qset->qp.resource, &error))
		return true;
	return error.type != EHEA_ERROR_TYPE_QP ||
	       error.aer & ~EHEA_AER_HARMLESS || error.aerr;
}

/* &ehea_port.error_work; the port does not go down before it has finished */
void ehea_error_work(struct work_struct *work)
{
	struct ehea_port *port = container_of(work, struct ehea_port,
					      error_work);
	bool fatal = false;
	u64 event, token;

	while (ehea_eq_poll(&port->error_eq, &event)) {
		token = FIELD_GET(EHEA_EQE_TOKEN, event);
		netdev_err(port->netdev, "error of queue %llu: %#llx\n", token,
			   event);
		fatal |= token >= port->nr_qsets ||
			 is_fatal(&port->qsets[token]);
	}
	if (fatal)
		ehea_port_reset(port);
}

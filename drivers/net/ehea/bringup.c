// SPDX-License-Identifier: GPL-2.0-only
/*
 * A port's way up and down: queues, interrupts, and what frames it takes. None of it
 * needs rtnl_lock(), so that a change of the only memory region can do it, too.
 */

#include <linux/errno.h>

#include "ehea.h"

/* With the queue for their errors, which goes last */
static void destroy_qsets(struct ehea_port *port, unsigned int nr)
{
	bool in_use = false;

	while (nr--)
		in_use |= !!ehea_qset_destroy(&port->qsets[nr]);
	if (in_use)
		ehea_eq_lose(&port->error_eq);
	else
		ehea_eq_destroy(&port->error_eq);
}

/* The queue for their errors goes if that fails */
static int create_qsets(struct ehea_port *port)
{
	unsigned int i;
	int ret;

	for (i = 0; i < port->nr_qsets; i++) {
		ret = ehea_qset_create(&port->qsets[i]);
		if (ret) {
			destroy_qsets(port, i);
			return ret;
		}
	}
	return 0;
}

/* Tell the port what to do with frames, and which queues they go to */
static int configure(struct ehea_port *port)
{
	struct ehea_cb0 *block = ehea_block_alloc();
	unsigned int i;
	int ret;

	if (!block)
		return -ENOMEM;
	block->control = EHEA_CONTROL_VALID | EHEA_CONTROL_VLAN |
			 EHEA_CONTROL_JUMBO | EHEA_CONTROL_L4_CSUM |
			 EHEA_CONTROL_IP_CSUM | EHEA_CONTROL_FILTER;
	for (i = 0; i < port->nr_default_qps; i++)
		block->qpns[i] = port->qsets[i % port->nr_qsets].qp.number;
	ret = ehea_fw_modify_port(port->adapter->handle, port->id, EHEA_CB0,
				  EHEA_CB0_CONTROL | EHEA_CB0_DEFAULT_QPS,
				  block);
	ehea_block_free(block);
	return ret;
}

static void enable_napi(struct ehea_port *port)
{
	unsigned int i;

	for (i = 0; i < port->nr_qsets; i++)
		napi_enable(&port->qsets[i].napi);
}

static void disable_napi(struct ehea_port *port)
{
	unsigned int i;

	for (i = 0; i < port->nr_qsets; i++)
		napi_disable(&port->qsets[i].napi);
}

static void free_irqs(struct ehea_port *port, unsigned int nr)
{
	while (nr--)
		ehea_eq_free_irq(&port->qsets[nr].eq, &port->qsets[nr]);
	ehea_eq_free_irq(&port->error_eq, port);
	cancel_work_sync(&port->error_work);
}

static int request_irqs(struct ehea_port *port)
{
	const char *name = netdev_name(port->netdev);
	struct ehea_qset *qset;
	unsigned int i;
	int ret;

	snprintf(port->error_irq_name, sizeof(port->error_irq_name), "%s-errors",
		 name);
	ret = ehea_eq_request_irq(&port->error_eq, ehea_error_interrupt,
				  port->error_irq_name, port);
	if (ret)
		return ret;
	for (i = 0; i < port->nr_qsets; i++) {
		qset = &port->qsets[i];
		snprintf(qset->irq_name, sizeof(qset->irq_name), "%s-%u", name,
			 i);
		ret = ehea_eq_request_irq(&qset->eq, ehea_qset_interrupt,
					  qset->irq_name, qset);
		if (ret) {
			free_irqs(port, i);
			return ret;
		}
	}
	return 0;
}

static int start_qsets(struct ehea_port *port)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < port->nr_qsets && !ret; i++)
		ret = ehea_qp_start(&port->qsets[i].qp);
	for (i = 0; i < port->nr_qsets && !ret; i++)
		ehea_rx_fill(&port->qsets[i]);
	return ret;
}

/**
 * ehea_port_up() - take a port up
 * @port: which; is down
 *
 * Context: &ehea_adapter.up_lock held.
 * Return: 0 or an errno.
 */
int ehea_port_up(struct ehea_port *port)
{
	int ret;

	lockdep_assert_held(&port->adapter->up_lock);
	WRITE_ONCE(port->reset_wanted, false);
	ret = ehea_eq_create(&port->error_eq, port->adapter, EHEA_EQ_ERRORS);
	if (ret)
		return ret;
	ret = create_qsets(port);
	if (ret)
		return ret;
	ret = configure(port);
	if (ret)
		goto err_qsets;
	/* Before there can be an interrupt: it does not come again */
	enable_napi(port);
	ret = request_irqs(port);
	if (ret)
		goto err_napi;
	ret = start_qsets(port);
	if (ret)
		goto err_irqs;
	ret = ehea_filter_start(port);
	if (ret)
		goto err_irqs;
	WRITE_ONCE(port->up, true);
	netif_tx_wake_all_queues(port->netdev);
	return 0;

err_irqs:
	free_irqs(port, port->nr_qsets);
err_napi:
	disable_napi(port);
err_qsets:
	destroy_qsets(port, port->nr_qsets);
	return ret;
}

/**
 * ehea_port_down() - the undo of ehea_port_up()
 * @port: which; may be down
 *
 * Context: &ehea_adapter.up_lock held.
 */
void ehea_port_down(struct ehea_port *port)
{
	lockdep_assert_held(&port->adapter->up_lock);
	if (!port->up)
		return;
	WRITE_ONCE(port->up, false);
	ehea_filter_stop(port);
	free_irqs(port, port->nr_qsets);
	disable_napi(port);
	/* After NAPI, which may have been about to wake a queue */
	netif_tx_disable(port->netdev);
	destroy_qsets(port, port->nr_qsets);
}

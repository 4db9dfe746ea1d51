// SPDX-License-Identifier: GPL-2.0-only
/* Adapters: their limits, the RAM that they may reach, their ports */

#include <linux/errno.h>
#include <linux/of.h>
#include <linux/slab.h>

#include "ehea.h"

/* Of multicast addresses; the firmware may answer any number */
#define MAX_MULTICAST	4096

static u32 queues_of_port(const struct ehea_adapter *adapter, u32 id)
{
	struct ehea_link link;

	if (!ehea_many_queues)
		return 1;
	return ehea_link_query(adapter, id, &link) ? EHEA_MAX_QPS :
						     min(link.nr_qps, EHEA_MAX_QPS);
}

/*
 * Regions that receive buffers need: one for each queue pair there may be, also of
 * ports that the partition gets later.
 */
static u64 regions_of_buffers(const struct ehea_adapter *adapter, u32 nr_ports)
{
	const u32 most = ehea_many_queues ? EHEA_MAX_QPS : 1;
	u32 id, found = 0;
	u64 queues = 0;

	for_each_child_of_node_scoped(adapter->device->dev.of_node, node) {
		if (of_property_read_u32(node, "ibm,hea-port-no", &id))
			continue;
		queues += queues_of_port(adapter, id);
		found++;
	}
	if (found < nr_ports)
		queues += (u64)(nr_ports - found) * most;
	return queues;
}

static void set_limits(struct ehea_adapter *adapter,
		       const struct ehea_cb_adapter *block,
		       struct ehea_regions_limits *limits)
{
	const u64 used = block->cur_mrs + regions_of_buffers(adapter,
							     block->nr_ports);

	limits->max_mr_size = block->max_mr_size;
	limits->ram_end = ehea_ram_end();
	/* Two are the least that let RAM change piece by piece */
	adapter->single_region = block->max_mrs < used + 2;
	limits->max_mrs = adapter->single_region ? 1 : block->max_mrs - used;
	adapter->max_multicast = clamp_t(u64, block->max_multicast, 1,
					 MAX_MULTICAST + 1) - 1;
}

static int query_limits(struct ehea_adapter *adapter,
			struct ehea_regions_limits *limits)
{
	struct ehea_cb_adapter *block = ehea_block_alloc();
	int ret;

	if (!block)
		return -ENOMEM;
	ret = ehea_fw_query_adapter(adapter->handle, block);
	if (!ret)
		set_limits(adapter, block, limits);
	ehea_block_free(block);
	return ret;
}

static int create_regions(struct ehea_adapter *adapter)
{
	struct device *dev = &adapter->device->dev;
	struct ehea_regions_limits limits;
	const char *name;
	int ret;

	ret = query_limits(adapter, &limits);
	if (ret)
		return ret;
	/* Under which it refuses memory */
	name = devm_kasprintf(dev, GFP_KERNEL, "ehea:%s", dev_name(dev));
	if (!name)
		return -ENOMEM;
	adapter->regions = ehea_regions_create(name, &adapter->owner, &limits,
					       &adapter->regions_user);
	return PTR_ERR_OR_ZERO(adapter->regions);
}

static int create_neq(struct ehea_adapter *adapter)
{
	int ret;

	ret = ehea_eq_create(&adapter->neq, adapter, EHEA_EQ_NOTIFICATION);
	if (ret)
		return ret;
	ret = ehea_eq_request_irq(&adapter->neq, ehea_neq_interrupt, "ehea_neq",
				  adapter);
	if (ret)
		ehea_eq_destroy(&adapter->neq);
	return ret;
}

static void destroy_neq(struct ehea_adapter *adapter)
{
	ehea_eq_free_irq(&adapter->neq, adapter);
	cancel_work_sync(&adapter->neq_work);
	ehea_eq_destroy(&adapter->neq);
}

/**
 * ehea_adapter_port() - find a port
 * @adapter: whose
 * @id: logical port
 *
 * Context: &ehea_adapter.ports_lock held.
 * Return: the port, or NULL.
 */
struct ehea_port *ehea_adapter_port(const struct ehea_adapter *adapter, u32 id)
{
	unsigned int i;

	lockdep_assert_held(&adapter->ports_lock);
	for (i = 0; i < EHEA_MAX_PORTS; i++) {
		if (adapter->ports[i] && adapter->ports[i]->id == id)
			return adapter->ports[i];
	}
	return NULL;
}

static int free_slot(const struct ehea_adapter *adapter)
{
	unsigned int i;

	for (i = 0; i < EHEA_MAX_PORTS; i++) {
		if (!adapter->ports[i])
			return i;
	}
	return -ENOSPC;
}

static int add_port(struct ehea_adapter *adapter, struct device_node *node,
		    u32 id)
{
	struct platform_device *device;
	struct ehea_port *port;
	const int slot = free_slot(adapter);

	if (slot < 0)
		return slot;
	device = ehea_port_device_register(adapter, node, id);
	if (IS_ERR(device))
		return PTR_ERR(device);
	port = ehea_port_create(adapter, device, slot, id);
	if (IS_ERR(port)) {
		ehea_port_device_unregister(device);
		return PTR_ERR(port);
	}
	return 0;
}

/**
 * ehea_adapter_add_port() - let the driver have a logical port
 * @adapter: whose
 * @node: the port in the device tree
 * @id: its number
 *
 * Return: 0; -EEXIST if the driver has it; or another errno.
 */
int ehea_adapter_add_port(struct ehea_adapter *adapter, struct device_node *node,
			  u32 id)
{
	int ret = -EEXIST;

	mutex_lock(&adapter->ports_lock);
	if (!ehea_adapter_port(adapter, id))
		ret = add_port(adapter, node, id);
	mutex_unlock(&adapter->ports_lock);
	if (ret)
		dev_err(&adapter->device->dev,
			"cannot add logical port %u: %d\n", id, ret);
	return ret;
}

static void remove_port(struct ehea_port *port)
{
	struct platform_device *device = port->device;

	ehea_port_destroy(port);
	ehea_port_device_unregister(device);
}

/**
 * ehea_adapter_remove_port() - the undo of ehea_adapter_add_port()
 * @adapter: whose
 * @id: the port's number
 *
 * Return: 0, or -ENODEV if the driver does not have it.
 */
int ehea_adapter_remove_port(struct ehea_adapter *adapter, u32 id)
{
	struct ehea_port *port;

	mutex_lock(&adapter->ports_lock);
	port = ehea_adapter_port(adapter, id);
	if (port)
		remove_port(port);
	mutex_unlock(&adapter->ports_lock);
	return port ? 0 : -ENODEV;
}

/* A port that cannot be had does not keep the others from being used */
static void add_ports(struct ehea_adapter *adapter)
{
	struct device *dev = &adapter->device->dev;
	u32 id;

	for_each_child_of_node_scoped(dev->of_node, node) {
		if (of_property_read_u32(node, "ibm,hea-port-no", &id))
			dev_err(dev, "%pOF has no port number\n", node);
		else
			ehea_adapter_add_port(adapter, node, id);
	}
}

static void remove_ports(struct ehea_adapter *adapter)
{
	unsigned int i;

	mutex_lock(&adapter->ports_lock);
	for (i = 0; i < EHEA_MAX_PORTS; i++) {
		if (adapter->ports[i])
			remove_port(adapter->ports[i]);
	}
	mutex_unlock(&adapter->ports_lock);
}

static void init_adapter(struct ehea_adapter *adapter,
			 struct platform_device *device, u64 handle)
{
	adapter->device = device;
	adapter->handle = handle;
	adapter->owner = (struct ebus_mr_owner) {
		.calls = &ebus_mr_calls_hea,
		.adapter = handle,
		.access = EBUS_MR_LOCAL_WRITE,
		.pd = EHEA_PD,
	};
	adapter->regions_user = ehea_regions_user;
	mutex_init(&adapter->ports_lock);
	mutex_init(&adapter->up_lock);
	INIT_WORK(&adapter->neq_work, ehea_neq_work);
}

/**
 * ehea_adapter_probe() - use an adapter
 * @device: which
 *
 * Return: 0 or an errno.
 */
int ehea_adapter_probe(struct platform_device *device)
{
	struct ehea_adapter *adapter;
	u64 handle;
	int ret;

	if (of_property_read_u64(device->dev.of_node, "ibm,hea-handle",
				 &handle) || !handle)
		return dev_err_probe(&device->dev, -ENODEV, "no handle\n");
	adapter = devm_kzalloc(&device->dev, sizeof(*adapter), GFP_KERNEL);
	if (!adapter)
		return -ENOMEM;
	init_adapter(adapter, device, handle);
	platform_set_drvdata(device, adapter);
	ret = create_regions(adapter);
	if (ret)
		return dev_err_probe(&device->dev, ret,
				     "cannot register memory\n");
	ret = create_neq(adapter);
	if (ret)
		goto err_regions;
	add_ports(adapter);
	/* There may have been events before the interrupt */
	queue_work(system_long_wq, &adapter->neq_work);
	return 0;

err_regions:
	ehea_regions_destroy(adapter->regions);
	return dev_err_probe(&device->dev, ret, "no notification queue\n");
}

/**
 * ehea_adapter_remove() - the undo of ehea_adapter_probe()
 * @device: which
 */
void ehea_adapter_remove(struct platform_device *device)
{
	struct ehea_adapter *adapter = platform_get_drvdata(device);

	remove_ports(adapter);
	destroy_neq(adapter);
	ehea_regions_destroy(adapter->regions);
}

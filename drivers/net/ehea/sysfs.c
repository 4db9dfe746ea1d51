// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files of the driver, of an adapter and of a port. drmgr, which adds ports and
 * memory to a partition, knows their names and what is in them; so they are the same
 * as in 6.12's drivers/net/ethernet/ibm/ehea/ehea_main.c: no newline at the end.
 */

#include <linux/errno.h>
#include <linux/kstrtox.h>
#include <linux/of.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include <asm/ibmebus.h>

#include "ehea.h"

/* What drmgr may do while the driver has adapters */
#define CAN_CHANGE_PORTS	BIT(0)
#define CAN_ADD_MEMORY		BIT(1)
#define CAN_REMOVE_MEMORY	BIT(2)

static ssize_t capabilities_show(struct device_driver *driver, char *buf)
{
	return scnprintf(buf, PAGE_SIZE, "%lu",
			 CAN_CHANGE_PORTS | CAN_ADD_MEMORY | CAN_REMOVE_MEMORY);
}

static DRIVER_ATTR_RO(capabilities);

static struct attribute *driver_attrs[] = {
	&driver_attr_capabilities.attr,
	NULL
};

static const struct attribute_group driver_group = {
	.attrs = driver_attrs,
};

const struct attribute_group *ehea_driver_groups[] = { &driver_group, NULL };

/* The node of a port, with a reference; NULL if there is none */
static struct device_node *find_node(const struct device *dev, u32 id)
{
	struct device_node *node;
	u32 this_id;

	for_each_child_of_node(dev->of_node, node) {
		if (!of_property_read_u32(node, "ibm,hea-port-no", &this_id) &&
		    this_id == id)
			return node;
	}
	return NULL;
}

static ssize_t probe_port_store(struct device *dev,
				struct device_attribute *attr, const char *buf,
				size_t count)
{
	struct device_node *node;
	u32 id;
	int ret;

	ret = kstrtouint(buf, 10, &id);
	if (ret)
		return ret;
	node = find_node(dev, id);
	if (!node) {
		dev_info(dev, "there is no logical port %u\n", id);
		return -EINVAL;
	}
	ret = ehea_adapter_add_port(dev_get_drvdata(dev), node, id);
	of_node_put(node);
	if (ret == -EEXIST)
		return -EINVAL;
	return ret ? -EIO : count;
}

static ssize_t remove_port_store(struct device *dev,
				 struct device_attribute *attr, const char *buf,
				 size_t count)
{
	u32 id;
	int ret;

	ret = kstrtouint(buf, 10, &id);
	if (ret)
		return ret;
	ret = ehea_adapter_remove_port(dev_get_drvdata(dev), id);
	if (ret) {
		dev_info(dev, "logical port %u is not in use\n", id);
		return -EINVAL;
	}
	return count;
}

static DEVICE_ATTR_WO(probe_port);
static DEVICE_ATTR_WO(remove_port);

static struct attribute *adapter_attrs[] = {
	&dev_attr_probe_port.attr,
	&dev_attr_remove_port.attr,
	NULL
};

static const struct attribute_group adapter_group = {
	.attrs = adapter_attrs,
};

const struct attribute_group *ehea_adapter_groups[] = { &adapter_group, NULL };

/**
 * struct port_device - a port on the ibmebus; no driver binds to it
 * @device: what is on the bus
 * @id: logical port
 */
struct port_device {
	struct platform_device device;
	u32 id;
};

static struct port_device *to_port_device(struct device *dev)
{
	return container_of(dev, struct port_device, device.dev);
}

static ssize_t log_port_id_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	return scnprintf(buf, PAGE_SIZE, "%u", to_port_device(dev)->id);
}

static DEVICE_ATTR_RO(log_port_id);

static struct attribute *port_attrs[] = {
	&dev_attr_log_port_id.attr,
	NULL
};

ATTRIBUTE_GROUPS(port);

static void release_port_device(struct device *dev)
{
	of_node_put(dev->of_node);
	kfree(to_port_device(dev));
}

/**
 * ehea_port_device_register() - make the device of a port
 * @adapter: whose
 * @node: the port in the device tree
 * @id: its number
 *
 * Return: the device, or an errno pointer.
 */
struct platform_device *ehea_port_device_register(struct ehea_adapter *adapter,
						  struct device_node *node,
						  u32 id)
{
	/* Ports have numbers of their own, which are not used again */
	static atomic_t next = ATOMIC_INIT(0);
	struct port_device *port;
	struct device *dev;
	int ret;

	port = kzalloc(sizeof(*port), GFP_KERNEL);
	if (!port)
		return ERR_PTR(-ENOMEM);
	port->id = id;
	dev = &port->device.dev;
	ret = dev_set_name(dev, "port%d", atomic_fetch_inc(&next));
	if (ret) {
		kfree(port);
		return ERR_PTR(ret);
	}
	dev->of_node = of_node_get(node);
	dev->parent = &adapter->device->dev;
	dev->bus = &ibmebus_bus_type;
	dev->groups = port_groups;
	dev->release = release_port_device;
	ret = of_device_register(&port->device);
	if (ret) {
		put_device(dev);
		return ERR_PTR(ret);
	}
	/* The bus's "remove" can take it away, with the bus's reference */
	get_device(dev);
	return &port->device;
}

/**
 * ehea_port_device_unregister() - the undo of ehea_port_device_register()
 * @device: which
 */
void ehea_port_device_unregister(struct platform_device *device)
{
	/* Unless somebody has, through the bus's "remove" */
	if (device_is_registered(&device->dev))
		of_device_unregister(device);
	put_device(&device->dev);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The adapters in the device tree. ibmebus makes a device of a node when a driver
 * registers (arch/powerpc/platforms/pseries/ibmebus.c, ibmebus_create_devices()).
 */

#include <linux/of.h>
#include <linux/of_platform.h>
#include <linux/platform_device.h>
#include <linux/sprintf.h>

#include <asm/ibmebus.h>

#include "hca.h"

static struct of_changeset changes;
static struct device_node *adapter_node;

/* Properties: ehea_main.c, its match tables, ehea_probe_adapter(), ehea_setup_ports() */
static int add_port(unsigned int number)
{
	struct device_node *node;
	char name[16];
	int ret;

	scnprintf(name, sizeof(name), "ethernet@%u", number);
	node = of_changeset_create_node(&changes, adapter_node, name);
	if (!node)
		return -ENOMEM;
	ret = of_changeset_add_prop_string(&changes, node, "name", "ethernet");
	if (!ret)
		ret = of_changeset_add_prop_string(&changes, node, "device_type",
						   "network");
	if (!ret)
		ret = of_changeset_add_prop_string(&changes, node, "compatible",
						   "IBM,lhea-ethernet");
	if (!ret)
		ret = of_changeset_add_prop_u32(&changes, node, "ibm,hea-port-no",
						number);
	return ret;
}

static int add_adapter(void)
{
	static const u32 handle[] = {
		upper_32_bits(HEA_HANDLE), lower_32_bits(HEA_HANDLE)
	};
	unsigned int i;
	int ret;

	adapter_node = of_changeset_create_node(&changes, of_root, "lhea@1ea0");
	if (!adapter_node)
		return -ENOMEM;
	ret = of_changeset_add_prop_string(&changes, adapter_node, "name", "lhea");
	if (!ret)
		ret = of_changeset_add_prop_string(&changes, adapter_node,
						   "device_type", "lhea");
	if (!ret)
		ret = of_changeset_add_prop_string(&changes, adapter_node,
						   "compatible", "IBM,lhea");
	if (!ret)
		ret = of_changeset_add_prop_u32_array(&changes, adapter_node,
						      "ibm,hea-handle", handle,
						      ARRAY_SIZE(handle));
	/* A node that comes later is found before the others */
	for (i = hea_nr_ports; !ret && i; i--)
		ret = add_port(i);
	return ret;
}

/**
 * hea_nodes_create() - let the adapters appear
 *
 * Return: 0, or a negative errno.
 */
int hea_nodes_create(void)
{
	int ret;

	of_changeset_init(&changes);
	ret = add_adapter();
	if (!ret && hca_present)
		ret = hca_nodes_add(&changes);
	if (!ret)
		ret = of_changeset_apply(&changes);
	if (ret)
		of_changeset_destroy(&changes);
	return ret;
}

static void unregister_device(struct device_node *node)
{
	struct device *dev = bus_find_device_by_of_node(&ibmebus_bus_type, node);

	if (!dev)
		return;
	of_device_unregister(to_platform_device(dev));
	put_device(dev);
}

/**
 * hea_nodes_remove() - take the adapters away, from their drivers first
 */
void hea_nodes_remove(void)
{
	unregister_device(adapter_node);
	if (hca_present)
		unregister_device(hca_node());
	if (of_changeset_revert(&changes))
		return;
	of_changeset_destroy(&changes);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The eHCA adapter in the device tree. What PAPR says of what can be added and removed
 * (DRC: dynamic reconfiguration connector) is there too: how an operator names it.
 */

#include <linux/of.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "hca.h"

#define LOCATION	"U9117.570.MODEL01-P1-C7"
#define DRC_INDEX	0x2ca01ca0
#define DRC_NAME	"HCA 1"
#define DRC_TYPE	"HCA"
#define NO_POWER_DOMAIN	0xffffffff

/* Lists in the parent's node: a number, and so many elements */
struct addition {
	const char *list;
	const void *element;
	size_t len;
};

static struct device_node *adapter_node;

struct device_node *hca_node(void)
{
	return adapter_node;
}

/* The list with one more element, as a property; what it takes the place of may be NULL */
static struct property *append(const struct property *old,
			       const struct addition *addition)
{
	const size_t old_len = old ? old->length : sizeof(__be32);
	struct property *new = kzalloc(sizeof(*new), GFP_KERNEL);
	__be32 *value;

	if (!new)
		return NULL;
	new->name = kstrdup(addition->list, GFP_KERNEL);
	new->length = old_len + addition->len;
	value = kzalloc(new->length, GFP_KERNEL);
	new->value = value;
	if (!new->name || !value) {
		kfree(new->name);
		kfree(value);
		kfree(new);
		return NULL;
	}
	if (old)
		memcpy(value, old->value, old_len);
	value[0] = cpu_to_be32(be32_to_cpu(value[0]) + 1);
	memcpy(new->value + old_len, addition->element, addition->len);
	return new;
}

/*
 * When the changes are reverted the property becomes a dead one of its node, as that
 * keeps all it ever had, and is not freed.
 */
static int add_to_list(struct of_changeset *changes, const struct addition *addition)
{
	struct property *old = of_find_property(of_root, addition->list, NULL);
	struct property *new = append(old, addition);
	int ret;

	if (!new)
		return -ENOMEM;
	ret = old ? of_changeset_update_property(changes, of_root, new) :
		    of_changeset_add_property(changes, of_root, new);
	if (ret) {
		kfree(new->name);
		kfree(new->value);
		kfree(new);
	}
	return ret;
}

/*
 * PAPR; in the kernel drivers/pci/hotplug/rpaphp_core.c, get_children_props() reads
 * them. What an HCA's name and type are is assumed.
 */
static int add_connector(struct of_changeset *changes)
{
	static const __be32 index = cpu_to_be32(DRC_INDEX);
	static const __be32 domain = cpu_to_be32(NO_POWER_DOMAIN);
	static const struct addition additions[] = {
		{ "ibm,drc-indexes", &index, sizeof(index) },
		{ "ibm,drc-names", DRC_NAME, sizeof(DRC_NAME) },
		{ "ibm,drc-types", DRC_TYPE, sizeof(DRC_TYPE) },
		{ "ibm,drc-power-domains", &domain, sizeof(domain) },
	};
	unsigned int i;
	int ret = 0;

	for (i = 0; i < ARRAY_SIZE(additions) && !ret; i++)
		ret = add_to_list(changes, &additions[i]);
	return ret;
}

/**
 * hca_nodes_add() - have the adapter appear with the other one
 * @changes: of the device tree, to be applied
 *
 * Its properties: ehca_main.c of Linux 4.4, ehca_device_table and ehca_probe().
 *
 * Return: 0, or a negative errno.
 */
int hca_nodes_add(struct of_changeset *changes)
{
	static const u32 handle[] = {
		upper_32_bits(HCA_HANDLE), lower_32_bits(HCA_HANDLE)
	};
	int ret;

	adapter_node = of_changeset_create_node(changes, of_root, "lhca@1ca0");
	if (!adapter_node)
		return -ENOMEM;
	ret = of_changeset_add_prop_string(changes, adapter_node, "name", "lhca");
	if (!ret)
		ret = of_changeset_add_prop_string(changes, adapter_node,
						   "device_type", "lhca");
	if (!ret)
		ret = of_changeset_add_prop_string(changes, adapter_node,
						   "compatible", "IBM,lhca");
	if (!ret)
		ret = of_changeset_add_prop_u32_array(changes, adapter_node,
						      "ibm,hca-handle", handle,
						      ARRAY_SIZE(handle));
	if (!ret)
		ret = of_changeset_add_prop_string(changes, adapter_node,
						   "ibm,loc-code", LOCATION);
	if (!ret)
		ret = of_changeset_add_prop_u32(changes, adapter_node,
						"ibm,my-drc-index", DRC_INDEX);
	return ret ?: add_connector(changes);
}

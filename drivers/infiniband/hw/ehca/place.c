// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an operator knows an adapter by: its location code, and its dynamic
 * reconfiguration connector (DRC), by which the HMC adds and removes it.
 *
 * ibm,drc-indexes and ibm,drc-names of the parent both begin with the number of
 * connectors; the node names its own by ibm,my-drc-index (drivers/pci/hotplug/
 * rpaphp_core.c in 6.12).
 */

#include <linux/err.h>
#include <linux/of.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "ehca.h"

/* Where a connector is among those of its parent, counted from 0; or an errno */
static int position_of(struct device_node *parent, u32 index)
{
	u32 nr, i, other;

	if (of_property_read_u32(parent, "ibm,drc-indexes", &nr))
		return -ENOENT;
	for (i = 0; i < nr; i++) {
		if (of_property_read_u32_index(parent, "ibm,drc-indexes", i + 1,
					       &other))
			return -ENOENT;
		if (other == index)
			return i;
	}
	return -ENOENT;
}

/* A number, then strings, each with its NUL */
static const char *string_at(const char *list, int len, int position)
{
	const char *string = list + sizeof(__be32);
	const char *const end = list + len;

	for (; string < end; string += strlen(string) + 1) {
		if (!memchr(string, '\0', end - string))
			return NULL;
		if (!position--)
			return string;
	}
	return NULL;
}

static const char *find_drc(struct device_node *node)
{
	struct device_node *parent = of_get_parent(node);
	const char *names, *drc = NULL;
	int len, position;
	u32 index;

	if (!parent || of_property_read_u32(node, "ibm,my-drc-index", &index))
		goto put_parent;
	position = position_of(parent, index);
	names = of_get_property(parent, "ibm,drc-names", &len);
	if (position >= 0 && names)
		drc = string_at(names, len, position);
	if (drc)
		drc = kstrdup(drc, GFP_KERNEL) ?: ERR_PTR(-ENOMEM);
put_parent:
	of_node_put(parent);
	return drc;
}

/**
 * ehca_place_init() - find out what an operator knows an adapter by
 * @place: is filled in, with what the device tree has
 * @node: the adapter
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int ehca_place_init(struct ehca_place *place, struct device_node *node)
{
	const char *location = NULL;

	if (!of_property_read_string(node, "ibm,loc-code", &location)) {
		place->location = kstrdup(location, GFP_KERNEL);
		if (!place->location)
			return -ENOMEM;
	}
	place->drc = find_drc(node);
	if (!IS_ERR(place->drc))
		return 0;
	kfree(place->location);
	return PTR_ERR(place->drc);
}

/**
 * ehca_place_exit() - the end of ehca_place_init()
 * @place: the adapter's
 */
void ehca_place_exit(struct ehca_place *place)
{
	kfree(place->location);
	kfree(place->drc);
}

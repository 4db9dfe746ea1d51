// SPDX-License-Identifier: GPL-2.0-only
/* Where RAM may be */

#include <linux/memory_hotplug.h>

#include "ehea.h"

/**
 * ehea_ram_end() - where RAM can never be
 *
 * Return: first address behind all RAM that may ever come to the partition.
 */
u64 ehea_ram_end(void)
{
	return arch_hot_pluggable_end();
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * In a PV domain there is nothing behind an address but what Xen has given for it, be
 * the address one of the machine's DIMMs or not.
 */

#include <linux/memory_hotplug.h>
#include <xen/xen.h>

#define ONLY_XEN \
	"in a PV domain only Xen has memory to give; raise /sys/devices/system/xen_memory/xen_memory0/target_kb"

const char *arch_memory_backer(void)
{
	return xen_pv_domain() ? ONLY_XEN : NULL;
}

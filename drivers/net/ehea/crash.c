// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kernel that dies leaves the adapter to the next one with everything freed: what
 * the adapter still wrote to would be that kernel's memory. Only what another CPU was
 * just asking the firmware for is not known.
 */

#include <linux/errno.h>
#include <linux/kexec.h>

#include "ehea.h"

/* Queues go before the memory that they use */
static void crash_shutdown(void)
{
	ehea_resources_crash();
	ehea_regions_crash();
	ehea_addresses_crash();
}

/**
 * ehea_crash_init() - be called when the kernel dies
 *
 * Return: 0 or an errno.
 */
int ehea_crash_init(void)
{
	/* It answers 1 when it has no room */
	return crash_shutdown_register(crash_shutdown) ? -ENOSPC : 0;
}

/* The undo of ehea_crash_init() */
void ehea_crash_exit(void)
{
	WARN_ON_ONCE(crash_shutdown_unregister(crash_shutdown));
}

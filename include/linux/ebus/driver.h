/* SPDX-License-Identifier: GPL-2.0-only */
/* Drivers of adapters on IBM's eBus, as the bus knows them */
#ifndef _LINUX_EBUS_DRIVER_H
#define _LINUX_EBUS_DRIVER_H

#include <linux/atomic.h>
#include <linux/notifier.h>
#include <linux/platform_device.h>

/**
 * struct ebus_driver - a driver whose adapters have nothing in use after a reboot
 * @platform: its names and functions
 */
struct ebus_driver {
	struct platform_driver platform;
	/* private: the second is 1 when the bus does not know it any more */
	struct notifier_block reboot;
	atomic_t is_gone;
};

int ebus_driver_register(struct ebus_driver *driver);
void ebus_driver_unregister(struct ebus_driver *driver);

#endif /* _LINUX_EBUS_DRIVER_H */

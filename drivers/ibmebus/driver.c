// SPDX-License-Identifier: GPL-2.0-only
/*
 * Drivers on the bus, which let go of their adapters at a reboot: the next kernel finds
 * them with nothing in use, and none of its memory is written to, which kexec gives it.
 */

#include <linux/ebus/driver.h>
#include <linux/export.h>
#include <linux/reboot.h>

#include <asm/ibmebus.h>

/* Once: at a reboot, or when the module goes */
static void take_off(struct ebus_driver *driver)
{
	if (!atomic_xchg(&driver->is_gone, 1))
		ibmebus_unregister_driver(&driver->platform);
}

static int reboot(struct notifier_block *notifier, unsigned long action,
		  void *data)
{
	if (action == SYS_RESTART)
		take_off(container_of(notifier, struct ebus_driver, reboot));
	return NOTIFY_DONE;
}

/**
 * ebus_driver_register() - make a driver known to the bus
 * @driver: zeroed but for &ebus_driver.platform
 *
 * Context: Process context, may sleep; probes the adapters that there are.
 * Return: 0 or an errno.
 */
int ebus_driver_register(struct ebus_driver *driver)
{
	int ret;

	driver->reboot.notifier_call = reboot;
	ret = ibmebus_register_driver(&driver->platform);
	if (ret)
		return ret;
	ret = register_reboot_notifier(&driver->reboot);
	if (ret)
		take_off(driver);
	return ret;
}
EXPORT_SYMBOL_GPL(ebus_driver_register);

/**
 * ebus_driver_unregister() - the end of ebus_driver_register()
 * @driver: the driver
 *
 * Context: Process context, may sleep.
 */
void ebus_driver_unregister(struct ebus_driver *driver)
{
	unregister_reboot_notifier(&driver->reboot);
	take_off(driver);
}
EXPORT_SYMBOL_GPL(ebus_driver_unregister);

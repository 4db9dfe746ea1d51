// SPDX-License-Identifier: GPL-2.0-only
/*
 * Resources inside of System RAM, like those of the kernel's own image.
 *
 * Parameters:
 *
 *   at: their addresses, separated by commas; each has one page
 */

#include <linux/ioport.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/pfn.h>

#define MAX_RESOURCES	4

static unsigned long at[MAX_RESOURCES];
static unsigned int nr_at;
module_param_array(at, ulong, &nr_at, 0400);

static struct resource resources[MAX_RESOURCES];

static void remove_all(void)
{
	while (nr_at)
		WARN_ON(remove_resource(&resources[--nr_at]));
}

static int __init resource_init(void)
{
	const unsigned int wanted = nr_at;
	int ret;

	for (nr_at = 0; nr_at < wanted; nr_at++) {
		resources[nr_at] = (struct resource)
			DEFINE_RES_NAMED(at[nr_at], PAGE_SIZE, KBUILD_MODNAME, IORESOURCE_MEM);
		ret = insert_resource(&iomem_resource, &resources[nr_at]);
		if (ret) {
			remove_all();
			return ret;
		}
	}
	return 0;
}
module_init(resource_init);

static void __exit resource_exit(void)
{
	remove_all();
}
module_exit(resource_exit);

MODULE_DESCRIPTION("Resources inside of System RAM, for tests");
MODULE_LICENSE("GPL");

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Somebody with a callback for pages that come online, who drops those that are not
 * his own: none ever is.
 */

#include <linux/memory_hotplug.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

static unsigned long dropped;
module_param(dropped, ulong, 0444);
MODULE_PARM_DESC(dropped, "Pages that nobody can use now");

static void drop(struct page *page, unsigned int order)
{
	dropped += 1UL << order;
}

static int __init drop_init(void)
{
	return set_online_page_callback(drop);
}
module_init(drop_init);

static void __exit drop_exit(void)
{
	WARN_ON(restore_online_page_callback(drop));
}
module_exit(drop_exit);

MODULE_DESCRIPTION("A callback that drops pages, for tests");
MODULE_LICENSE("GPL");

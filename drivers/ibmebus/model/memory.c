// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that goes: nothing of it may be in a region of the adapter's any more.
 */

#include <linux/limits.h>
#include <linux/memory_client.h>

#include "model.h"

static void finish_offline(struct memory_client *client,
			   struct memory_event *event)
{
	const unsigned long end_pfn = event->start_pfn + event->nr_pages;

	hea_mr_check_offline(event->nr_memmap_pages ? event->memmap_start_pfn :
			     event->start_pfn, end_pfn);
}

static struct memory_client client = {
	.name = "ebus_model",
	.priority = INT_MIN,	/* when the drivers have done all they do */
	.finish_offline = finish_offline,
};

int hea_memory_init(void)
{
	return memory_client_register(&client);
}

void hea_memory_exit(void)
{
	memory_client_unregister(&client);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that goes: nothing of it may be in a region of an adapter's any more. And
 * how much there was at the start.
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

static unsigned long pages_at_start;

static int replay(struct memory_client *client, unsigned long start_pfn,
		  unsigned long nr_pages)
{
	pages_at_start += nr_pages;
	return 0;
}

static struct memory_client client = {
	.name = "ebus_model",
	.priority = INT_MIN,	/* when the drivers have done all they do */
	.finish_offline = finish_offline,
	.replay = replay,
};

/* Bytes of RAM that were online when the model was loaded */
unsigned long hea_memory_at_start(void)
{
	return pages_at_start << PAGE_SHIFT;
}

int hea_memory_init(void)
{
	return memory_client_register(&client);
}

void hea_memory_exit(void)
{
	memory_client_unregister(&client);
}

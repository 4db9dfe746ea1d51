// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happens to the adapter, its ports, queue pairs and completion queues: counted.
 */

#include <linux/atomic.h>
#include <linux/kernel.h>

#include "traffic.h"

static atomic_t counts[NR_EVENTS];
static struct ib_event_handler handler;

/**
 * event_note() - note that something has happened
 * @event: what
 *
 * Context: Any.
 */
void event_note(const struct ib_event *event)
{
	if (event->event < ARRAY_SIZE(counts))
		atomic_inc(&counts[event->event]);
}

void events_show(struct seq_file *m)
{
	unsigned int i;
	int count;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		count = atomic_read(&counts[i]);
		if (count)
			seq_printf(m, "%d %s\n", count, ib_event_msg(i));
	}
}

static void device_event(struct ib_event_handler *handler, struct ib_event *event)
{
	event_note(event);
}

/**
 * events_listen() - from now on, what happens to an adapter is noted
 * @device: the adapter
 */
void events_listen(struct ib_device *device)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(counts); i++)
		atomic_set(&counts[i], 0);
	INIT_IB_EVENT_HANDLER(&handler, device, device_event);
	ib_register_event_handler(&handler);
}

void events_ignore(void)
{
	ib_unregister_event_handler(&handler);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a changed window takes the place of the old one: while queues run, if the
 * firmware has a region to spare; with all queues stopped, if it has only one.
 */

#include <linux/printk.h>
#include <linux/ratelimit.h>

#include "windows.h"

static int running_prepare(struct ehea_regions *regions,
			   struct ehea_change *change)
{
	if (!change->new)
		return 0;
	return ehea_window_register(regions, change->nr, change->new,
				    change->old);
}

static int running_bring_in(struct ehea_regions *regions,
			    struct ehea_change *change)
{
	const int ret = running_prepare(regions, change);

	if (!ret)
		ehea_window_publish(regions, change->nr, change->new);
	return ret;
}

static void running_settle(struct ehea_regions *regions,
			   struct ehea_change *change)
{
	ehea_window_retire(regions, change->old);
}

static void running_take_back(struct ehea_regions *regions,
			      struct ehea_change *change)
{
	ehea_window_publish(regions, change->nr, change->old);
	ehea_window_retire(regions, change->new);
}

static void running_take_out(struct ehea_regions *regions,
			     struct ehea_change *change)
{
	ehea_window_publish(regions, change->nr, change->new);
	ehea_window_retire(regions, change->old);
}

static void running_keep(struct ehea_regions *regions,
			 struct ehea_change *change)
{
	ehea_window_end(regions, change->new);
}

const struct ehea_exchange ehea_exchange_running = {
	.bring_in = running_bring_in,
	.settle = running_settle,
	.take_back = running_take_back,
	.prepare = running_prepare,
	.take_out = running_take_out,
	.keep = running_keep,
};

static void stop(struct ehea_regions *regions)
{
	if (!regions->stopped)
		regions->user->stop(regions->user);
	regions->stopped = true;
}

static void start(struct ehea_regions *regions)
{
	regions->user->start(regions->user);
	regions->stopped = false;
}

static int stopped_switch(struct ehea_regions *regions, unsigned long nr,
			  struct ehea_window *from, struct ehea_window *to)
{
	int ret = from ? ehea_window_unregister(regions, from) : 0;

	if (ret)
		return ret;
	ret = to ? ehea_window_register(regions, nr, to, true) : 0;
	if (!ret)
		ehea_window_publish(regions, nr, to);
	return ret;
}

static void complain_of_standstill(const struct ehea_regions *regions)
{
	pr_err_ratelimited("%s: the firmware has no memory region for all RAM, queues stay stopped until memory is added or removed\n",
			   regions->client.name);
}

static bool has_region(const struct ehea_window *window)
{
	return window && window->mr.handle;
}

static int stopped_bring_in(struct ehea_regions *regions,
			    struct ehea_change *change)
{
	int ret;

	stop(regions);
	ret = stopped_switch(regions, change->nr, change->old, change->new);
	if (!ret || has_region(change->old) ||
	    !stopped_switch(regions, change->nr, change->new, change->old))
		start(regions);
	else
		complain_of_standstill(regions);
	return ret;
}

/*
 * Making the new region tries once more to free the old one. Queues remain stopped if
 * there is no region. The next change tries again.
 */
static void stopped_replace(struct ehea_regions *regions, unsigned long nr,
			    struct ehea_window *from, struct ehea_window *to)
{
	stop(regions);
	ehea_window_publish(regions, nr, to);
	ehea_window_end(regions, from);
	if (!to || !ehea_window_register(regions, nr, to, true))
		start(regions);
	else
		complain_of_standstill(regions);
}

static void stopped_settle(struct ehea_regions *regions,
			   struct ehea_change *change)
{
	ehea_window_end(regions, change->old);
}

static void stopped_take_back(struct ehea_regions *regions,
			      struct ehea_change *change)
{
	stopped_replace(regions, change->nr, change->new, change->old);
}

static int stopped_prepare(struct ehea_regions *regions,
			   struct ehea_change *change)
{
	return 0;
}

static void stopped_take_out(struct ehea_regions *regions,
			     struct ehea_change *change)
{
	stopped_replace(regions, change->nr, change->old, change->new);
}

static void stopped_keep(struct ehea_regions *regions,
			 struct ehea_change *change)
{
	ehea_window_end(regions, change->new);
}

const struct ehea_exchange ehea_exchange_stopped = {
	.bring_in = stopped_bring_in,
	.settle = stopped_settle,
	.take_back = stopped_take_back,
	.prepare = stopped_prepare,
	.take_out = stopped_take_out,
	.keep = stopped_keep,
};

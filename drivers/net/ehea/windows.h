/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Windows of an adapter's map of RAM, and how one takes another's place.
 * Private to the map; see regions.h.
 */
#ifndef _EHEA_WINDOWS_H
#define _EHEA_WINDOWS_H

#include <linux/completion.h>
#include <linux/ebus/mr.h>
#include <linux/list.h>
#include <linux/memory_client.h>
#include <linux/xarray.h>

#include "regions.h"

/**
 * struct ehea_window - the RAM of a window and its region
 * @owner: on whose behalf the region is made
 * @mr: the region
 * @registered: links windows that have a region, or are about to
 * @ram: what it holds
 * @stuck: links windows whose region the firmware does not let go of
 */
struct ehea_window {
	const struct ebus_mr_owner *owner;
	struct ebus_mr mr;
	struct list_head registered;
	struct ebus_extents *ram;
	struct list_head stuck;
};

/**
 * struct ehea_change - a window that is changing
 * @list: the changes of one memory block
 * @nr: the window's number
 * @old: what was there before; NULL if it had no RAM
 * @new: what is there afterwards; NULL if it has no RAM
 */
struct ehea_change {
	struct list_head list;
	unsigned long nr;
	struct ehea_window *old;
	struct ehea_window *new;
};

/**
 * struct ehea_exchange - how a changed window takes the place of the old one
 * @bring_in: RAM is about to be used: @new of the change is in the map from now on.
 *	      It may fail, and has then changed nothing
 * @settle: it is used: @old is no longer needed
 * @take_back: it is not used after all: @old is in the map again
 * @prepare: RAM may no longer be used soon. May fail
 * @take_out: it is not: @new is in the map
 * @keep: it goes on being used: @new is not needed
 *
 * Those after @bring_in that end a change free what is not in the map.
 */
struct ehea_exchange {
	int (*bring_in)(struct ehea_regions *regions, struct ehea_change *change);
	void (*settle)(struct ehea_regions *regions, struct ehea_change *change);
	void (*take_back)(struct ehea_regions *regions,
			  struct ehea_change *change);
	int (*prepare)(struct ehea_regions *regions, struct ehea_change *change);
	void (*take_out)(struct ehea_regions *regions,
			 struct ehea_change *change);
	void (*keep)(struct ehea_regions *regions, struct ehea_change *change);
};

extern const struct ehea_exchange ehea_exchange_running;
extern const struct ehea_exchange ehea_exchange_stopped;

/**
 * struct ehea_regions - an adapter's map of RAM
 * @owner: on whose behalf regions are made
 * @limits: what the firmware allows
 * @user: the driver
 * @client: hears of memory blocks
 * @exchange: how windows change
 * @window_shift: binary logarithm of a window's page frames
 * @windows: struct ehea_window by number; readers have bottom halves disabled
 * @nr_mrs: regions there are
 * @stuck: windows that have one of them for nothing, tried to free again before
 *	   another is made
 * @live: all RAM is known and has regions, or never will; events wait for it
 * @changes: of the block that is going online or offline, struct ehea_change
 * @stopped: no queue runs: the single region is being replaced, or could not be made
 *
 * All but readers of the map are ordered by mem_hotplug_lock, which is held for
 * writing when a block goes, and before that by @live.
 */
struct ehea_regions {
	struct ebus_mr_owner owner;
	struct ehea_regions_limits limits;
	struct ehea_regions_user *user;
	struct memory_client client;
	const struct ehea_exchange *exchange;
	unsigned int window_shift;
	struct xarray windows;
	unsigned long nr_mrs;
	struct list_head stuck;
	struct completion live;
	struct list_head changes;
	bool stopped;
};

struct ehea_window *ehea_window_alloc(struct ebus_extents *ram);
void ehea_window_free(struct ehea_window *window);
int ehea_window_register(struct ehea_regions *regions, unsigned long nr,
			 struct ehea_window *window, bool replaces);
int ehea_window_unregister(struct ehea_regions *regions,
			   struct ehea_window *window);
void ehea_window_end(struct ehea_regions *regions, struct ehea_window *window);
void ehea_window_publish(struct ehea_regions *regions, unsigned long nr,
			 struct ehea_window *window);
void ehea_window_retire(struct ehea_regions *regions,
			struct ehea_window *window);

#endif /* _EHEA_WINDOWS_H */

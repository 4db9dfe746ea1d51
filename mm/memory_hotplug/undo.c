// SPDX-License-Identifier: GPL-2.0-only
/*
 * Undo: a request for several ranges has failed, and what it has done so far is taken
 * back. The signal that ended it must not end that, too.
 *
 * device_hotplug_lock protects this.
 */

#include <linux/memory_client.h>

#include "internal.h"

static bool undoing;

/**
 * memory_undo_begin() - what a request has done is taken back from now on
 *
 * For providers that add or remove several ranges in one request. Signals are not
 * heeded until memory_undo_end(). If there is one, pages that nobody can move end the
 * undo all the same, soon.
 *
 * Context: Process context, device_hotplug_lock held.
 */
void memory_undo_begin(void)
{
	mhp_assert_requested();
	undoing = true;
}

/**
 * memory_undo_end() - the request is over
 *
 * Context: As memory_undo_begin(), which need not have been called.
 */
void memory_undo_end(void)
{
	undoing = false;
}

/* Whether signals do not matter now */
bool mhp_undoing(void)
{
	return undoing;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the LMBs were used that a request has removed, in case that it has to put
 * them back: an LMB that was offline shall not come online then, and one that was
 * for movable pages shall not come into a zone for others.
 */

#include <linux/device.h>
#include <linux/memory.h>
#include <linux/mmzone.h>
#include <linux/xarray.h>

#include <asm/drmem.h>

#include "lmb_state.h"

/* enum mmop by the LMB's number. Protected by device_hotplug_lock */
static DEFINE_XARRAY(states);

static unsigned long number_of(const struct drmem_lmb *lmb)
{
	return lmb - drmem_info->lmbs;
}

static enum mmop state_of(const struct memory_block *block)
{
	if (block->dev.offline)
		return MMOP_OFFLINE;
	return block->zone && zone_idx(block->zone) == ZONE_MOVABLE ?
		MMOP_ONLINE_MOVABLE : MMOP_ONLINE_KERNEL;
}

/**
 * lmb_state_note() - an LMB is about to go, remember how it was used
 * @lmb: the LMB
 * @block: its memory
 *
 * Context: Process context, device_hotplug_lock held.
 * Return: 0 or -ENOMEM.
 */
int lmb_state_note(const struct drmem_lmb *lmb, const struct memory_block *block)
{
	return xa_err(xa_store(&states, number_of(lmb),
			       xa_mk_value(state_of(block)), GFP_KERNEL));
}

/**
 * lmb_state_flags() - how to add an LMB that may have been there before
 * @lmb: the LMB
 *
 * Context: As lmb_state_note().
 * Return: flags for __add_memory().
 */
mhp_t lmb_state_flags(const struct drmem_lmb *lmb)
{
	return xa_load(&states, number_of(lmb)) ? MHP_CALLER_ONLINES : MHP_NONE;
}

/**
 * lmb_state_bring_online() - use an LMB that has been added, as it was used before
 * @lmb: the LMB
 * @block: its memory, offline
 *
 * Context: As lmb_state_note().
 * Return: as device_online(); 0 also if it was offline before, and stays so.
 */
int lmb_state_bring_online(const struct drmem_lmb *lmb,
			   struct memory_block *block)
{
	const void *noted = xa_load(&states, number_of(lmb));

	if (noted) {
		if (xa_to_value(noted) == MMOP_OFFLINE)
			return 0;
		block->online_type = xa_to_value(noted);
	}
	return device_online(&block->dev);
}

/**
 * lmb_state_forget() - a request begins, and has removed nothing yet
 *
 * Context: As lmb_state_note().
 */
void lmb_state_forget(void)
{
	xa_destroy(&states);
}

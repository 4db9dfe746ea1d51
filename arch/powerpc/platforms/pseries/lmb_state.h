/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _PSERIES_LMB_STATE_H
#define _PSERIES_LMB_STATE_H

#include <linux/memory_hotplug.h>

struct drmem_lmb;
struct memory_block;

int lmb_state_note(const struct drmem_lmb *lmb, const struct memory_block *block);
mhp_t lmb_state_flags(const struct drmem_lmb *lmb);
int lmb_state_bring_online(const struct drmem_lmb *lmb,
			   struct memory_block *block);
void lmb_state_forget(void);

#endif /* _PSERIES_LMB_STATE_H */

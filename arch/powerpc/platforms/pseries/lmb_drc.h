/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _PSERIES_LMB_DRC_H
#define _PSERIES_LMB_DRC_H

struct drmem_lmb;

int lmb_drc_acquire(const struct drmem_lmb *lmb);
void lmb_drc_release(const struct drmem_lmb *lmb);

#endif /* _PSERIES_LMB_DRC_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _PSERIES_LMB_OWNER_H
#define _PSERIES_LMB_OWNER_H

#include <linux/types.h>

struct drmem_lmb;

bool lmb_has_block(const struct drmem_lmb *lmb);

#endif /* _PSERIES_LMB_OWNER_H */

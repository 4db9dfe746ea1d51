/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _PSERIES_DLPAR_REFUSAL_H
#define _PSERIES_DLPAR_REFUSAL_H

struct pseries_hp_errorlog;

void dlpar_refusal_begin(void);
void dlpar_refusal_rollback(void);
void dlpar_refusal_end(const struct pseries_hp_errorlog *request, int error);

#endif /* _PSERIES_DLPAR_REFUSAL_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _PSERIES_DLPAR_REFUSAL_H
#define _PSERIES_DLPAR_REFUSAL_H

struct pseries_hp_errorlog;

void dlpar_refusal_begin(void);
void dlpar_refusal_rollback(void);
int dlpar_refusal_undone(int error);
void dlpar_refusal_device_tree(int error);
void dlpar_refusal_end(const struct pseries_hp_errorlog *request, int error);

#endif /* _PSERIES_DLPAR_REFUSAL_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How tests have defects committed: "defects" in a directory of debugfs. Read, it has
 * "<defect> <oracle>" of each, oracle being what notices it, or "-". Written to, with
 * "<defect> [<physical address>]", it commits that one.
 */
#ifndef _EBUS_DEFECTS_FILE_H
#define _EBUS_DEFECTS_FILE_H

#include <linux/ebus/hcall.h>
#include <linux/types.h>

/**
 * struct defect_head - what a defect is to the file
 * @name: its name
 * @oracle: what has to notice it, as the model calls that; NULL if drivers may do it
 * @stays: what it has done is only undone before the next one
 */
struct defect_head {
	const char *name;
	const char *oracle;
	bool stays;
};

/**
 * struct defects_kind - the defects on one kind of adapter
 * @dir: directory in debugfs
 * @property: of the device tree, which has the adapter's handle
 * @defect: the n-th of them; NULL behind the last
 * @rig_create: what a defect is committed on; or an ERR_PTR()
 * @rig_destroy: the undo of that, and of the defect
 * @commit: commits a defect; 0 if that ended as it should, or an errno
 */
struct defects_kind {
	const char *dir;
	const char *property;
	const struct defect_head *(*defect)(unsigned int n);
	void *(*rig_create)(u64 adapter, u64 address);
	void (*rig_destroy)(void *rig);
	int (*commit)(const struct defect_head *defect, void *rig);
};

int defects_refused(struct ebus_hcall call);

extern const struct defects_kind hea_defects_kind;
extern const struct defects_kind hca_defects_kind;

#endif /* _EBUS_DEFECTS_FILE_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the driver that has defects does on eHEA.
 */

#include <linux/array_size.h>
#include <linux/container_of.h>

#include "defects.h"
#include "file.h"

static const struct defect * const lists[] = {
	memory_defects, entry_defects, call_defects,
};

static const struct defect_head *nth(unsigned int n)
{
	const struct defect *defect;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		for (defect = lists[i]; defect->head.name; defect++) {
			if (!n--)
				return &defect->head;
		}
	}
	return NULL;
}

static void *create(u64 adapter, u64 address)
{
	return rig_create(adapter, address);
}

static void destroy(void *rig)
{
	rig_destroy(rig);
}

static int commit(const struct defect_head *head, void *rig)
{
	const struct defect *defect = container_of(head, struct defect, head);

	return defect->call ? defects_refused(defect->call(rig)) :
			      defect->commit(rig);
}

const struct defects_kind hea_defects_kind = {
	.dir = "ebus_defects",
	.property = "ibm,hea-handle",
	.defect = nth,
	.rig_create = create,
	.rig_destroy = destroy,
	.commit = commit,
};

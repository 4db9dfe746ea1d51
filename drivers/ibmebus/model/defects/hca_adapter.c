// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the driver that has defects does on eHCA.
 */

#include <linux/array_size.h>
#include <linux/container_of.h>

#include "hca_defects.h"
#include "file.h"

static const struct hca_defect * const lists[] = {
	hca_memory_defects, hca_entry_defects, hca_call_defects, hca_qp_defects,
};

static const struct defect_head *nth(unsigned int n)
{
	const struct hca_defect *defect;
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
	return hca_rig_create(adapter, address);
}

static void destroy(void *rig)
{
	hca_rig_destroy(rig);
}

static int commit(const struct defect_head *head, void *rig)
{
	const struct hca_defect *defect = container_of(head, struct hca_defect, head);

	return defect->call ? defects_refused(defect->call(rig)) :
			      defect->commit(rig);
}

const struct defects_kind hca_defects_kind = {
	.dir = "ebus_hca_defects",
	.property = "ibm,hca-handle",
	.defect = nth,
	.rig_create = create,
	.rig_destroy = destroy,
	.commit = commit,
};

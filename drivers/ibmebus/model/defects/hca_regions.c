// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory regions of eHCA, as any driver makes them.
 */

#include <linux/err.h>
#include <linux/printk.h>

#include "hca_defects.h"

/* That makes a region without pages */
struct ebus_hcall hca_rig_region_call(const struct hca_rig *rig, u64 io, u64 length,
				      u32 access)
{
	return RIG_CALL(rig, H_ALLOC_RESOURCE, FIELD_PREP(ALLOC_TYPE, 5), io, length,
			(u64)access << 32, HCA_RIG_PD);
}

/* That makes a region of the pages of another */
struct ebus_hcall hca_rig_share_call(const struct hca_rig *rig,
				     const struct hca_rig_region *origin, u32 access)
{
	return RIG_CALL(rig, H_REGISTER_SMR, origin->handle, HCA_RIG_IO,
			(u64)access << 32, HCA_RIG_PD);
}

/**
 * hca_rig_region_alloc() - make a region, that may have no pages yet
 * @rig: the rig, which frees it
 * @call: that makes it
 *
 * Return: the region or an ERR_PTR().
 */
struct hca_rig_region *hca_rig_region_alloc(struct hca_rig *rig,
					    struct ebus_hcall call)
{
	struct hca_rig_region *region = &rig->region[rig->nr_regions];
	int ret;

	if (rig->nr_regions == HCA_RIG_REGIONS)
		return ERR_PTR(-ENOSPC);
	ret = ebus_errno(ebus_hcall(&call));
	if (ret)
		return ERR_PTR(ret);
	region->handle = call.out[0];
	region->lkey = call.out[2];
	region->rkey = call.out[3];
	rig->nr_regions++;
	return region;
}

/* Gives a region of small pages its next one; returns the firmware's code */
long hca_rig_region_register(struct hca_rig *rig, const struct hca_rig_region *region,
			     u64 page)
{
	return rig_call(RIG_CALL(rig, H_REGISTER_RPAGES, 0, region->handle, page, 1));
}

/**
 * hca_rig_region_of() - make a region of one page
 * @rig: the rig, which frees it
 * @page: physical address of the page
 * @access: MR_*
 *
 * Return: the region or an ERR_PTR().
 */
struct hca_rig_region *hca_rig_region_of(struct hca_rig *rig, u64 page, u32 access)
{
	struct hca_rig_region *region;
	int ret;

	region = hca_rig_region_alloc(rig, hca_rig_region_call(rig, HCA_RIG_IO,
							       HEA_PAGE_SIZE, access));
	if (IS_ERR(region))
		return region;
	ret = ebus_errno(hca_rig_region_register(rig, region, page));
	return ret ? ERR_PTR(ret) : region;
}

/* Returns the firmware's code; the keys are still known */
long hca_rig_region_free(struct hca_rig *rig, struct hca_rig_region *region)
{
	const long rc = rig_call(RIG_CALL(rig, H_FREE_RESOURCE, region->handle, 0));

	if (rc == H_SUCCESS)
		region->handle = 0;
	return rc;
}

/* Shared ones before those that have the pages */
void hca_rig_free_regions(struct hca_rig *rig)
{
	struct hca_rig_region *region;
	long rc;

	while (rig->nr_regions) {
		region = &rig->region[--rig->nr_regions];
		rc = region->handle ? hca_rig_region_free(rig, region) : 0;
		if (rc)
			pr_err("region %#llx is not freed (%ld)\n",
			       region->handle, rc);
	}
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * eHCA: defects of regions and of the memory that is behind them. And what is none:
 * users violate protection as they like, and are told so.
 */

#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "hca_defects.h"

/* Larger than what the page allocator keeps for each CPU */
#define FREED_ORDER	(PAGE_ALLOC_COSTLY_ORDER + 2)

#define LOCAL		(STATUS_ERROR | STATUS_PROTECTION)
#define REMOTE(why)	(STATUS_ERROR | STATUS_REMOTE | FIELD_PREP(STATUS_REMOTE_WHY, why))

static void fill(struct hca_rig *rig)
{
	memset(rig->data, 0xa5, HCA_RIG_LEN);
}

static int check(const struct hca_rig *rig)
{
	return memcmp(rig->data, rig->data + HCA_RIG_HALF, HCA_RIG_LEN) ? -EIO : 0;
}

static int nothing(struct hca_rig *rig)
{
	int ret;

	fill(rig);
	ret = hca_rig_exchange(rig, hca_rig_message(rig), hca_rig_buffer(rig), 0);
	return ret ?: check(rig);
}

/* One RDMA request, after whatever has been done to its entry */
static int request(struct hca_rig *rig, u32 status)
{
	u32 seen;
	int ret;

	hca_rig_ring(rig, &rig->sender, HCA_SQ);
	ret = hca_rig_wait(rig, HCA_SENDER, 0, &seen);
	return ret ?: seen == status ? 0 : -EPROTO;
}

static int write(struct hca_rig *rig)
{
	int ret;

	fill(rig);
	hca_rig_request(rig, WQE_WRITE, hca_rig_message(rig));
	ret = request(rig, 0);
	return ret ?: check(rig);
}

/* From the second half to the first one */
static int read(struct hca_rig *rig)
{
	struct hca_wqe *wqe;
	int ret;

	fill(rig);
	wqe = hca_rig_request(rig, WQE_READ,
			      hca_rig_sge(&rig->region[0], HCA_RIG_HALF,
					  HCA_RIG_LEN));
	wqe->connected.remote_io = cpu_to_be64(HCA_RIG_IO);
	ret = request(rig, 0);
	return ret ?: check(rig);
}

static int send_by_unknown_key(struct hca_rig *rig)
{
	const struct hca_rig_region none = { .lkey = ~rig->region[0].lkey };

	return hca_rig_exchange(rig, hca_rig_sge(&none, 0, HCA_RIG_LEN),
				hca_rig_buffer(rig), LOCAL);
}

static int send_behind_the_end(struct hca_rig *rig)
{
	return hca_rig_exchange(rig, hca_rig_sge(&rig->region[0], HEA_PAGE_SIZE - 1, 2),
				hca_rig_buffer(rig), LOCAL);
}

static int receive_into_read_only(struct hca_rig *rig)
{
	struct hca_rig_region *region = hca_rig_region_of(rig, virt_to_phys(rig->data), 0);

	if (IS_ERR(region))
		return PTR_ERR(region);
	return hca_rig_exchange(rig, hca_rig_message(rig),
				hca_rig_sge(region, HCA_RIG_HALF, HCA_RIG_HALF),
				REMOTE(REMOTE_OPERATION));
}

static int receive_too_long(struct hca_rig *rig)
{
	return hca_rig_exchange(rig, hca_rig_message(rig),
				hca_rig_sge(&rig->region[0], HCA_RIG_HALF,
					    HCA_RIG_LEN - 1),
				REMOTE(REMOTE_INVALID));
}

static int write_by_key(struct hca_rig *rig, u32 key)
{
	struct hca_wqe *wqe = hca_rig_request(rig, WQE_WRITE, hca_rig_message(rig));

	wqe->connected.remote_key = cpu_to_be32(key);
	return request(rig, REMOTE(REMOTE_ACCESS));
}

static int write_by_local_key(struct hca_rig *rig)
{
	return write_by_key(rig, rig->region[0].lkey);
}

static int write_by_freed_key(struct hca_rig *rig)
{
	struct hca_rig_region *region = hca_rig_region_of(rig, virt_to_phys(rig->data),
							  HCA_RIG_RIGHTS);

	if (IS_ERR(region))
		return PTR_ERR(region);
	if (hca_rig_region_free(rig, region))
		return -EIO;
	return write_by_key(rig, region->rkey);
}

static int write_without_right(struct hca_rig *rig)
{
	struct hca_rig_region *region = hca_rig_region_of(rig, virt_to_phys(rig->data),
							  MR_LOCAL_WRITE |
							  MR_REMOTE_READ);

	return IS_ERR(region) ? PTR_ERR(region) : write_by_key(rig, region->rkey);
}

static int write_to_another_domain(struct hca_rig *rig)
{
	struct hca_rig_region *region;

	region = hca_rig_region_alloc(rig, hca_with(hca_rig_region_call(rig, HCA_RIG_IO,
									HEA_PAGE_SIZE,
									HCA_RIG_RIGHTS),
						    5, HCA_RIG_PD + 1));
	if (IS_ERR(region))
		return PTR_ERR(region);
	if (hca_rig_region_register(rig, region, virt_to_phys(rig->data)))
		return -EIO;
	return write_by_key(rig, region->rkey);
}

static int read_behind_the_end(struct hca_rig *rig)
{
	struct hca_wqe *wqe = hca_rig_request(rig, WQE_READ, hca_rig_message(rig));

	wqe->connected.remote_io = cpu_to_be64(HCA_RIG_IO + HEA_PAGE_SIZE -
					       HCA_RIG_LEN + 1);
	return request(rig, REMOTE(REMOTE_ACCESS));
}

static int send_into_nothing(struct hca_rig *rig)
{
	hca_rig_request(rig, WQE_SEND, hca_rig_message(rig));
	return request(rig, STATUS_ERROR | STATUS_RNR_RETRIES);
}

/* Half of its pages are there, and so is the one that is named */
static int send_from_unfinished(struct hca_rig *rig)
{
	struct hca_rig_region *region;

	region = hca_rig_region_alloc(rig, hca_rig_region_call(rig, HCA_RIG_IO,
							       2 * HEA_PAGE_SIZE,
							       MR_LOCAL_WRITE));
	if (IS_ERR(region))
		return PTR_ERR(region);
	if (hca_rig_region_register(rig, region, virt_to_phys(rig->data)) !=
	    H_PAGE_REGISTERED)
		return -EIO;
	return hca_rig_exchange(rig, hca_rig_sge(region, 0, HCA_RIG_LEN),
				hca_rig_buffer(rig), LOCAL);
}

static int send_from_address(struct hca_rig *rig)
{
	struct hca_rig_region *region = hca_rig_region_of(rig, rig->address, 0);

	if (IS_ERR(region))
		return PTR_ERR(region);
	return hca_rig_exchange(rig, hca_rig_sge(region, 0, HCA_RIG_LEN),
				hca_rig_buffer(rig), LOCAL);
}

static int receive_to_address(struct hca_rig *rig)
{
	struct hca_rig_region *region = hca_rig_region_of(rig, rig->address,
							  MR_LOCAL_WRITE);

	if (IS_ERR(region))
		return PTR_ERR(region);
	return hca_rig_exchange(rig, hca_rig_message(rig),
				hca_rig_sge(region, 0, HCA_RIG_HALF),
				REMOTE(REMOTE_OPERATION));
}

static int write_to_address(struct hca_rig *rig)
{
	struct hca_rig_region *region = hca_rig_region_of(rig, rig->address,
							  HCA_RIG_RIGHTS);

	return IS_ERR(region) ? PTR_ERR(region) : write_by_key(rig, region->rkey);
}

/* The last of many pages that were freed together: nobody will want it soon */
static int send_from_freed_page(struct hca_rig *rig)
{
	struct page *pages = alloc_pages(GFP_KERNEL, FREED_ORDER), *last;
	struct hca_rig_region *region;
	int ret;

	if (!pages)
		return -ENOMEM;
	last = pages + BIT(FREED_ORDER) - 1;
	region = hca_rig_region_of(rig, page_to_phys(last), 0);
	__free_pages(pages, FREED_ORDER);
	if (IS_ERR(region))
		return PTR_ERR(region);
	ret = hca_rig_exchange(rig, hca_rig_sge(region, 0, HCA_RIG_LEN),
			       hca_rig_buffer(rig), LOCAL);
	return ret ?: page_count(last) ? -EAGAIN : 0;
}

/* A page of 16 MiB in the memory that goes offline */
static int hold_address(struct hca_rig *rig)
{
	const u32 access = MR_LOCAL_WRITE | FIELD_PREP(MR_PAGE_SIZE, 3);
	struct hca_rig_region *region;

	region = hca_rig_region_alloc(rig, hca_rig_region_call(rig, HCA_RIG_IO, SZ_16M,
							       access));
	if (IS_ERR(region))
		return PTR_ERR(region);
	return ebus_errno(rig_call(RIG_CALL(rig, H_REGISTER_RPAGES,
					    FIELD_PREP(PAGES_SIZE, 3),
					    region->handle, rig->address, 1)));
}

const struct hca_defect hca_memory_defects[] = {
	{ { "nothing" }, nothing },
	{ { "write" }, write },
	{ { "read" }, read },
	{ { "send_by_unknown_key" }, send_by_unknown_key },
	{ { "send_behind_the_end" }, send_behind_the_end },
	{ { "receive_into_read_only" }, receive_into_read_only },
	{ { "receive_too_long" }, receive_too_long },
	{ { "write_by_local_key" }, write_by_local_key },
	{ { "write_by_freed_key" }, write_by_freed_key },
	{ { "write_without_right" }, write_without_right },
	{ { "write_to_another_domain" }, write_to_another_domain },
	{ { "read_behind_the_end" }, read_behind_the_end },
	{ { "send_into_nothing" }, send_into_nothing },
	{ { "send_from_unfinished", "incomplete_mr" }, send_from_unfinished },
	{ { "send_from_offline", "offline_page" }, send_from_address },
	{ { "receive_to_offline", "offline_page" }, receive_to_address },
	{ { "write_to_offline", "offline_page" }, write_to_address },
	{ { "send_from_freed_page", "free_page" }, send_from_freed_page },
	{ { "hold_memory", "held_page", true }, hold_address },
	{}
};

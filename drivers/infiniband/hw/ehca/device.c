// SPDX-License-Identifier: GPL-2.0-only
/* What an adapter is and can do */

#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/minmax.h>

#include "cq.h"
#include "ehca.h"

/* What 4.4's ehca_qp.c lets a datagram queue pair have; others could have two more */
#define MAX_SGES	250
/*
 * Work requests that are asked for beyond those that can be outstanding: one of any
 * queue, one of a reliable connection's. That the limit is about both is assumed.
 */
#define SPARE_WRS	2
/* More is never asked for by 4.4's ehca_qp.c, internal_modify_qp(), whatever is told */
#define MAX_READS	2
/* Said by firmware that does not know, according to 4.4's ehca_hca.c */
#define ACK_DELAY	12

#define VENDOR_OUI	GENMASK(31, 8)
#define PART		GENMASK(31, 16)
#define REVISION_MAJOR	GENMASK(31, 24)
#define REVISION_MINOR	GENMASK(23, 0)

static u64 page_sizes(u32 codes)
{
	return (codes & EHCA_MR_PAGES_4K ? SZ_4K : 0) |
	       (codes & EHCA_MR_PAGES_64K ? SZ_64K : 0) |
	       (codes & EHCA_MR_PAGES_1M ? SZ_1M : 0) |
	       (codes & EHCA_MR_PAGES_16M ? SZ_16M : 0);
}

static u32 without(u32 max, u32 spare)
{
	return max > spare ? max - spare : 0;
}

static void set_limits(struct ehca_limits *limits,
		       const struct ehca_cb_hca *block)
{
	*limits = (struct ehca_limits) {
		.node_guid = block->node_guid,
		.capabilities = block->capabilities,
		.max_mr_size = block->max_mr_size,
		.page_sizes = page_sizes(block->mr_page_sizes),
		.max_mrs = block->max_mrs,
		.max_pds = block->max_pds,
		.max_ahs = block->max_ahs,
		.max_cqs = block->max_cqs,
		.max_cqes = without(block->max_cqes, EHCA_CQ_SPARE),
		.max_qps = block->max_qps,
		.max_wrs = without(min(block->max_wqes, U16_MAX), SPARE_WRS),
		.max_sges = min(block->max_sges, MAX_SGES),
		.max_sges_read = min(block->max_sges_read, MAX_SGES),
		.max_reads_in = min(block->max_reads_in, MAX_READS),
		.max_reads_in_all = block->max_reads_in_all,
		.max_reads_out = min(block->max_reads_out, MAX_READS),
		.ack_delay = block->ack_delay ?
			     min(block->ack_delay, U8_MAX) : ACK_DELAY,
		.vendor = FIELD_GET(VENDOR_OUI, block->vendor),
		.part = FIELD_GET(PART, block->part),
		.revision = block->revision,
	};
}

static int query_adapter(struct ehca_adapter *adapter)
{
	struct ehca_cb_hca *block = ehca_block_alloc();
	int ret;

	if (!block)
		return -ENOMEM;
	ret = ehca_fw_query_hca(adapter, block);
	if (!ret) {
		set_limits(&adapter->limits, block);
		adapter->nr_ports = min(block->nr_ports, EHCA_MAX_PORTS);
	}
	ehca_block_free(block);
	return ret;
}

/**
 * ehca_limits_query() - ask the firmware what an adapter can do
 * @adapter: whose &ehca_adapter.limits and &ehca_adapter.nr_ports are set
 *
 * Context: Process context, may sleep.
 * Return: 0; -EIO if it has no port or no pages for memory regions; or another errno.
 */
int ehca_limits_query(struct ehca_adapter *adapter)
{
	int ret = query_adapter(adapter);

	if (ret)
		return ret;
	if (!adapter->nr_ports || !adapter->limits.page_sizes)
		return -EIO;
	return 0;
}

static u64 device_caps(u64 capabilities)
{
	static const struct {
		u64 has, means;
	} caps[] = {
		{ EHCA_CAP_AH_PORT_CHECK, IB_DEVICE_UD_AV_PORT_ENFORCE },
		{ EHCA_CAP_BAD_PKEYS, IB_DEVICE_BAD_PKEY_CNTR },
		{ EHCA_CAP_BAD_QKEYS, IB_DEVICE_BAD_QKEY_CNTR },
		{ EHCA_CAP_CUR_STATE, IB_DEVICE_CURR_QP_STATE_MOD },
		{ EHCA_CAP_ACTIVE_EVENT, IB_DEVICE_PORT_ACTIVE_EVENT },
		{ EHCA_CAP_SHUTDOWN_PORT, IB_DEVICE_SHUTDOWN_PORT },
	};
	u64 flags = IB_DEVICE_SYS_IMAGE_GUID | IB_DEVICE_RC_RNR_NAK_GEN |
		    IB_DEVICE_N_NOTIFY_CQ;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(caps); i++) {
		if (capabilities & caps[i].has)
			flags |= caps[i].means;
	}
	return flags;
}

static int to_int(u32 value)
{
	return min(value, INT_MAX);
}

/**
 * ehca_query_device() - what the RDMA core wants to know of an adapter
 * @ib: the RDMA core's
 * @attr: where the answer goes, zeroed
 * @udata: of a user in user space, who is told nothing else
 *
 * Without IB_DEVICE_MEM_MGT_EXTENSIONS and IBK_LOCAL_DMA_LKEY: a user in the kernel
 * reaches memory by its protection domain's region alone.
 *
 * Context: Any.
 * Return: 0, or -EINVAL if user space wants more.
 */
int ehca_query_device(struct ib_device *ib, struct ib_device_attr *attr,
		      struct ib_udata *udata)
{
	const struct ehca_limits *limits = &to_ehca(ib)->limits;

	if (udata && (udata->inlen || udata->outlen))
		return -EINVAL;
	attr->fw_ver = limits->revision;
	attr->hw_ver = limits->revision;
	attr->vendor_id = limits->vendor;
	attr->vendor_part_id = limits->part;
	attr->sys_image_guid = cpu_to_be64(limits->node_guid);
	attr->device_cap_flags = device_caps(limits->capabilities);
	attr->max_mr_size = limits->max_mr_size;
	attr->page_size_cap = limits->page_sizes;
	attr->max_mr = to_int(limits->max_mrs);
	attr->max_pd = to_int(limits->max_pds);
	attr->max_ah = to_int(limits->max_ahs);
	attr->max_cq = to_int(limits->max_cqs);
	attr->max_cqe = to_int(limits->max_cqes);
	attr->max_qp = to_int(limits->max_qps);
	attr->max_qp_wr = limits->max_wrs;
	attr->max_send_sge = limits->max_sges;
	attr->max_recv_sge = limits->max_sges;
	attr->max_sge_rd = limits->max_sges_read;
	attr->max_qp_rd_atom = to_int(limits->max_reads_in);
	attr->max_res_rd_atom = to_int(limits->max_reads_in_all);
	attr->max_qp_init_rd_atom = to_int(limits->max_reads_out);
	attr->atomic_cap = IB_ATOMIC_NONE;
	attr->max_pkeys = EHCA_MAX_PKEYS;
	attr->local_ca_ack_delay = limits->ack_delay;
	return 0;
}

/**
 * ehca_get_dev_fw_str() - the revision as it is written down
 * @ib: the RDMA core's
 * @str: IB_FW_VERSION_NAME_MAX bytes
 *
 * Context: Any.
 */
void ehca_get_dev_fw_str(struct ib_device *ib, char *str)
{
	const u32 revision = to_ehca(ib)->limits.revision;

	snprintf(str, IB_FW_VERSION_NAME_MAX, "%lu.%lu",
		 FIELD_GET(REVISION_MAJOR, revision),
		 FIELD_GET(REVISION_MINOR, revision));
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the firmware says about an eHCA adapter.
 */

#include "hca.h"

/* Of H_QUERY_HCA's block: hipz_hw.h, struct hipz_query_hca, as words of 32 bits */
enum {
	HCA_CUR_QP = 1, HCA_CUR_CQ, HCA_CUR_EQ, HCA_CUR_MR, HCA_MAX_QP = 17,
	HCA_MAX_CQ, HCA_MAX_EQ, HCA_MAX_MR, HCA_MAX_PD = 32, HCA_MAX_AH, HCA_MAX_CQE,
	HCA_MAX_WQE, HCA_MAX_PARTITIONS, HCA_READS_QP = 38, HCA_READS_HCA,
	HCA_READS_OUT = 41, HCA_MAX_SGE, HCA_MAX_SGE_READ, HCA_PAGE_SIZES,
	HCA_MAX_MR_SIZE, HCA_ACK_DELAY = 47, HCA_PORTS, HCA_VENDOR, HCA_PART,
	HCA_REVISION, HCA_GUID, HCA_CAPS = 54, HCA_MAX_NEQ = 59, HCA_NR_WORDS = 60,
};

#define NODE_GUID	0x0002550000001ca0ULL	/* also hca_ports.c */
#define VENDOR		0x00025500		/* an OUI of IBM's */
#define REVISION	(2 << 24)		/* eHCA2: ehca_main.c of Linux 4.4 */
/* Assumed; nothing is limited to the last two, as the driver alone knows of them */
#define PART		0x00010000
#define ACK_DELAY	15
#define MAX_PDS		65536
#define MAX_AHS		32768

/* ehca_classes.h of Linux 4.4, HCA_CAP_* */
#define CAP_BAD_PKEYS		IBM_BIT(3)
#define CAP_ACTIVE_EVENT	IBM_BIT(7)
#define CAP_BAD_QKEYS		IBM_BIT(8)
#define CAP_SHUTDOWN_PORT	IBM_BIT(11)

/* ehca_classes.h of Linux 4.4, HCA_CAP_MR_PGSIZE_* */
static u32 page_sizes(void)
{
	unsigned int i;
	u32 sizes = 0;

	for (i = 0; i < 4; i++) {
		if (hca_page_sizes & BIT(HEA_PAGE_SHIFT + 4 * i))
			sizes |= BIT(31 - i);
	}
	return sizes;
}

static void put(__be32 *block, unsigned int first, u64 value)
{
	block[first] = cpu_to_be32(upper_32_bits(value));
	block[first + 1] = cpu_to_be32(lower_32_bits(value));
}

static void count(__be32 *block)
{
	block[HCA_CUR_QP] = cpu_to_be32(hea_count(HCA_QP));
	block[HCA_CUR_CQ] = cpu_to_be32(hea_count(HCA_CQ));
	block[HCA_CUR_EQ] = cpu_to_be32(hea_count(HCA_EQ));
	block[HCA_CUR_MR] = cpu_to_be32(hea_count(HCA_MR));
}

static void limit(__be32 *block)
{
	block[HCA_MAX_QP] = cpu_to_be32(HCA_MAX_QPS);
	block[HCA_MAX_CQ] = cpu_to_be32(HCA_MAX_CQS);
	block[HCA_MAX_EQ] = cpu_to_be32(HCA_MAX_EQS);
	block[HCA_MAX_MR] = cpu_to_be32(hca_max_num_mrs);
	block[HCA_MAX_PD] = cpu_to_be32(MAX_PDS);
	block[HCA_MAX_AH] = cpu_to_be32(MAX_AHS);
	block[HCA_MAX_CQE] = cpu_to_be32(HCA_MAX_CQES);
	block[HCA_MAX_WQE] = cpu_to_be32(HCA_MAX_WQES);
	block[HCA_MAX_PARTITIONS] = cpu_to_be32(HCA_NR_PKEYS);
	block[HCA_READS_QP] = cpu_to_be32(HCA_MAX_READS);
	block[HCA_READS_HCA] = cpu_to_be32(HCA_MAX_READS * HCA_MAX_QPS);
	block[HCA_READS_OUT] = cpu_to_be32(HCA_MAX_READS);
	block[HCA_MAX_SGE] = cpu_to_be32(HCA_MAX_SGES);
	block[HCA_MAX_SGE_READ] = cpu_to_be32(HCA_MAX_SGES);
	block[HCA_PAGE_SIZES] = cpu_to_be32(page_sizes());
	put(block, HCA_MAX_MR_SIZE, hca_max_mr_size);
	block[HCA_MAX_NEQ] = cpu_to_be32(1);
}

/* H_QUERY_HCA: hcp_if.c of Linux 4.4, hipz_h_query_hca() */
long hca_call_query_adapter(struct ebus_hcall *call)
{
	__be32 block[HCA_NR_WORDS] = {};

	lockdep_assert_held(&hea_lock);
	if (!hea_block_ok(call->arg[1]))
		return H_PARAMETER;
	count(block);
	limit(block);
	block[HCA_ACK_DELAY] = cpu_to_be32(ACK_DELAY);
	block[HCA_PORTS] = cpu_to_be32(HCA_NR_PORTS);
	block[HCA_VENDOR] = cpu_to_be32(VENDOR);
	block[HCA_PART] = cpu_to_be32(PART);
	block[HCA_REVISION] = cpu_to_be32(REVISION);
	put(block, HCA_GUID, NODE_GUID);
	put(block, HCA_CAPS, CAP_BAD_PKEYS | CAP_ACTIVE_EVENT | CAP_BAD_QKEYS |
	    CAP_SHUTDOWN_PORT);
	return hea_dma_write(call->arg[1], block, sizeof(block)) ?
	       H_SUCCESS : H_PARAMETER;
}

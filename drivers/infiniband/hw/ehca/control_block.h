/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Control blocks: what the firmware answers about an adapter, a port or a queue
 * pair, and what it is told to change. Each lies in a page of 4 KiB, and is named by
 * its physical address. Facts from 4.4's
 * drivers/staging/rdma/ehca/{hipz_hw.h,ehca_classes_pSeries.h}.
 */
#ifndef _EHCA_CONTROL_BLOCK_H
#define _EHCA_CONTROL_BLOCK_H

#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/gfp.h>
#include <linux/sizes.h>
#include <linux/stddef.h>
#include <linux/types.h>

/* IBM counts bits from the most significant one of a doubleword */
#define EHCA_BIT(bit)		BIT_ULL(63 - (bit))
#define EHCA_BITS(first, last)	GENMASK_ULL(63 - (first), 63 - (last))

/* Of &ehca_cb_hca.mr_page_sizes */
#define EHCA_MR_PAGES_4K	BIT(31)
#define EHCA_MR_PAGES_64K	BIT(30)
#define EHCA_MR_PAGES_1M	BIT(29)
#define EHCA_MR_PAGES_16M	BIT(28)

/* Of &ehca_cb_hca.capabilities */
#define EHCA_CAP_AH_PORT_CHECK	EHCA_BIT(0)
#define EHCA_CAP_BAD_PKEYS	EHCA_BIT(3)
#define EHCA_CAP_CUR_STATE	EHCA_BIT(5)
#define EHCA_CAP_ACTIVE_EVENT	EHCA_BIT(7)
#define EHCA_CAP_BAD_QKEYS	EHCA_BIT(8)
#define EHCA_CAP_SHUTDOWN_PORT	EHCA_BIT(11)

/*
 * The adapter
 * @max_mr_size: bytes of a memory region
 * @max_reads_in: RDMA READs that a queue pair can answer at a time
 * @max_reads_in_all: the same of all queue pairs
 * @max_reads_out: RDMA READs that a queue pair can have asked for
 * @vendor: OUI in the upper three bytes
 * @part: in the upper half
 */
struct ehca_cb_hca {
	u32 cur_rdgs, cur_qps, cur_cqs, cur_eqs, cur_mrs, cur_mws;
	u32 reserved24[10];
	u32 max_rdds, max_qps, max_cqs, max_eqs, max_mrs;
	u32 reserved84[11];
	u32 max_pds, max_ahs, max_cqes, max_wqes;
	u32 max_partitions, reserved148, max_reads_in, max_reads_in_all;
	u32 reserved160, max_reads_out, max_sges, max_sges_read;
	u32 mr_page_sizes;
	u64 max_mr_size;
	u32 ack_delay, nr_ports, vendor, part, revision;
	u64 node_guid, capabilities;
	u32 counter_size, max_srqs, max_interrupts_per_eq, max_neqs;
} __packed __aligned(4);

static_assert(offsetof(struct ehca_cb_hca, max_rdds) == 64);
static_assert(offsetof(struct ehca_cb_hca, max_pds) == 128);
static_assert(offsetof(struct ehca_cb_hca, max_mr_size) == 180);
static_assert(offsetof(struct ehca_cb_hca, node_guid) == 208);
static_assert(sizeof(struct ehca_cb_hca) == 240);

#define EHCA_MAX_PKEYS		16
#define EHCA_MAX_GIDS		255

/*
 * A port
 * @state: enum ib_port_state
 * @nr_pkeys: of @pkeys that are valid
 * @nr_gids: of @guids that are valid
 * @gid_prefix: upper half of each GID
 * @max_message: bytes of a message
 * @max_mtu: enum ib_mtu
 * @vls: virtual lanes, as InfiniBand encodes them
 * @phys_pstate: of the cable, as InfiniBand encodes it
 * @phys_state: enum ib_port_state, to be used if there is a width
 * @phys_speed: enum ib_port_speed
 * @phys_width: enum ib_port_width; 0 of firmware that tells none of these four
 * @guids: lower half of each GID
 */
struct ehca_cb_port {
	u32 state, bad_pkeys, lmc, lid, subnet_timeout, bad_qkeys;
	u32 sm_sl, sm_lid, capabilities, init_type, nr_pkeys, nr_gids;
	u64 gid_prefix;
	u32 number;
	u16 pkeys[EHCA_MAX_PKEYS];
	u8 reserved92[32];
	u32 reserved124, reserved128;
	u64 max_message;
	u32 max_mtu, vls;
	u32 phys_pstate, phys_state, phys_speed, phys_width;
	u8 reserved164[1884];
	u64 guids[EHCA_MAX_GIDS];
} __packed __aligned(4);

static_assert(offsetof(struct ehca_cb_port, gid_prefix) == 48);
static_assert(offsetof(struct ehca_cb_port, max_message) == 132);
static_assert(offsetof(struct ehca_cb_port, guids) == 2048);
static_assert(sizeof(struct ehca_cb_port) <= SZ_4K);

/* Argument of H_MODIFY_PORT, besides capabilities in its lower half */
#define EHCA_PORT_INIT_TYPE	EHCA_BITS(44, 47)
#define EHCA_PORT_SHUTDOWN	EHCA_BIT(48)
#define EHCA_PORT_RESET_QKEYS	EHCA_BIT(49)

/* Of &ehca_cb_qp.state */
enum ehca_qp_state {
	EHCA_QP_RESET = 1,
	EHCA_QP_INIT = 2,
	EHCA_QP_RTR = 3,
	EHCA_QP_RTS = 5,
	EHCA_QP_SQD = 6,
	EHCA_QP_SQE = 8,
	EHCA_QP_ERR = 128,
};

/* Which fields of a queue pair are to change; those that are not named are not */
#define EHCA_QP_QKEY		EHCA_BIT(0)
#define EHCA_QP_SEND_PSN	EHCA_BIT(2)
#define EHCA_QP_RECEIVE_PSN	EHCA_BIT(3)
#define EHCA_QP_PORT		EHCA_BIT(4)
#define EHCA_QP_ALT_PORT	EHCA_BIT(5)
#define EHCA_QP_PKEY		EHCA_BIT(6)
#define EHCA_QP_ALT_PKEY	EHCA_BIT(7)
#define EHCA_QP_ACCESS		EHCA_BIT(8)
#define EHCA_QP_STATE		EHCA_BIT(9)
#define EHCA_QP_READS_IN	EHCA_BIT(11)
#define EHCA_QP_MIGRATION	EHCA_BIT(12)
#define EHCA_QP_READS_OUT	EHCA_BIT(13)
#define EHCA_QP_DEST_QPN	EHCA_BIT(14)
#define EHCA_QP_MIN_RNR		EHCA_BIT(15)
#define EHCA_QP_SL		EHCA_BIT(16)
#define EHCA_QP_GRH		EHCA_BIT(17)
#define EHCA_QP_RETRIES		EHCA_BIT(18)
#define EHCA_QP_TIMEOUT		EHCA_BIT(19)
#define EHCA_QP_MTU		EHCA_BIT(20)
#define EHCA_QP_RATE		EHCA_BIT(21)
#define EHCA_QP_DLID		EHCA_BIT(22)
#define EHCA_QP_RNR_RETRIES	EHCA_BIT(23)
#define EHCA_QP_PATH_BITS	EHCA_BIT(24)
#define EHCA_QP_CLASS		EHCA_BIT(25)
#define EHCA_QP_HOPS		EHCA_BIT(26)
#define EHCA_QP_SGID		EHCA_BIT(27)
#define EHCA_QP_FLOW		EHCA_BIT(28)
#define EHCA_QP_DGID		EHCA_BIT(30)
#define EHCA_QP_ENABLE		EHCA_BIT(48)

/*
 * A queue pair
 * @access: what a peer may do, as 4.4's ehca_qp.c has it
 * @state: enum ehca_qp_state
 * @reads_in: RDMA READs that it can answer at a time
 * @reads_out: RDMA READs that it can have asked for
 * @min_rnr: how long a peer is to wait when there is nothing to receive into, as
 *	InfiniBand encodes it
 * @grh: whether packets have a global route header
 * @rate: pauses between packets, as multiples of one's length
 * @sgid: index of the port's GID
 * @alt: the same of the alternate path
 * @enable: 1 to let the adapter work on its queues
 */
struct ehca_cb_qp {
	u32 qkey, rdd, send_psn, receive_psn, port, alt_port, pkey, alt_pkey;
	u32 access, state, reserved40, reads_in, migration, reads_out;
	u32 dest_qpn, min_rnr;
	u32 sl, grh, retries, timeout, mtu, rate, dlid, rnr_retries;
	u32 path_bits, class, hops, sgid, flow, reserved116;
	u8 dgid[16];
	u32 alt[14];
	u8 alt_dgid[16];
	u32 max_send_wrs, max_receive_wrs, no_credit_check, number;
	u64 send_queue, receive_queue;
	u32 send_sges, receive_sges, enable, srq_limit;
	u64 event_log, srq, doorbell;
	u32 reserved280[58];
};

static_assert(offsetof(struct ehca_cb_qp, dest_qpn) == 14 * 4);
static_assert(offsetof(struct ehca_cb_qp, dgid) == 30 * 4);
static_assert(offsetof(struct ehca_cb_qp, alt_dgid) == 48 * 4);
static_assert(offsetof(struct ehca_cb_qp, send_queue) == 56 * 4);
static_assert(offsetof(struct ehca_cb_qp, event_log) == 64 * 4);
static_assert(sizeof(struct ehca_cb_qp) == 128 * 4);

/* What H_ERROR_DATA answers, in doublewords */
#define EHCA_ERROR_WORDS	(SZ_4K / sizeof(u64))
#define EHCA_ERROR_TYPE		2
#define EHCA_ERROR_AER		6

#define EHCA_ERROR_TYPE_MASK	EHCA_BITS(0, 7)

/* A block, zeroed and aligned; NULL if there is no memory */
static inline void *ehca_block_alloc(void)
{
	return (void *)get_zeroed_page(GFP_KERNEL);
}

static inline void ehca_block_free(void *block)
{
	free_page((unsigned long)block);
}

#endif /* _EHCA_CONTROL_BLOCK_H */

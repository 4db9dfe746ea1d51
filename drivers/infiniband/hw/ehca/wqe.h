/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the adapter and the driver share in the queues of a queue pair: work queue
 * entries (WQEs) that the driver writes, completion queue entries (CQEs) that the
 * adapter writes. The registers that are rung are in queue.h.
 *
 * All of it is big-endian, and so is every machine that has the adapter. Facts from
 * 4.4's drivers/staging/rdma/ehca/{ehca_qes.h,ehca_reqs.c,ehca_qp.c,ehca_av.c}.
 */
#ifndef _EHCA_WQE_H
#define _EHCA_WQE_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

/*
 * A piece of memory
 * @addr: in the region that @lkey names
 * @length: in bytes
 */
struct ehca_sge {
	u64 addr;
	u32 lkey, length;
};

static_assert(sizeof(struct ehca_sge) == 16);

/* The adapter counts what an address vector takes of a WQE as descriptors */
#define EHCA_SGES_MAX		252
#define EHCA_SGES_OF_AV		2

/* First word of a global route header, as the InfiniBand architecture has it */
#define EHCA_GRH_VERSION	GENMASK_ULL(63, 60)
#define EHCA_GRH_CLASS		GENMASK_ULL(59, 52)
#define EHCA_GRH_FLOW		GENMASK_ULL(51, 32)
#define EHCA_GRH_NEXT		GENMASK_ULL(15, 8)
#define EHCA_GRH_HOPS		GENMASK_ULL(7, 0)
#define EHCA_GRH_VERSION_6	6
#define EHCA_GRH_NEXT_IB	0x1b

/*
 * Where a datagram goes
 * @sl: service level
 * @grh_flag: 1 if there is a global route header
 * @dlid: of the destination
 * @path_bits: lower bits of the LID that it comes from
 * @ipd: pauses between packets, as multiples of one's length
 * @pmtu: enum ib_mtu
 * @grh: EHCA_GRH_*
 * @sgid: where it comes from
 * @dgid: where it goes
 */
struct ehca_av {
	u8 sl, grh_flag;
	u16 dlid;
	u8 reserved4[3], path_bits;
	u8 reserved8, ipd, reserved10, pmtu;
	u32 reserved12;
	u64 reserved16;
	u64 grh;
	u8 sgid[16], dgid[16];
};

static_assert(offsetof(struct ehca_av, ipd) == 9);
static_assert(offsetof(struct ehca_av, grh) == 24);
static_assert(sizeof(struct ehca_av) == 64);

#define EHCA_WQE_SEND		0x80
#define EHCA_WQE_READ		0x40
#define EHCA_WQE_WRITE		0x20

#define EHCA_WQE_SIGNAL		0x80
#define EHCA_WQE_FENCE		0x40
#define EHCA_WQE_IMM		0x20
#define EHCA_WQE_SOLICITED	0x10

#define EHCA_WQE_PURGE		0x08

/*
 * A WQE; descriptors follow at EHCA_WQE_SGES, or behind the address vector
 * @id: comes back in the CQE; the adapter does not look at it
 * @opcode: EHCA_WQE_SEND, READ or WRITE
 * @flags: EHCA_WQE_SIGNAL, FENCE, IMM, SOLICITED
 * @pkey_index: of the special queue pairs alone
 * @control: EHCA_WQE_PURGE, to have it completed and nothing else
 * @nr_sges: descriptors, those that the address vector takes not counted
 * @dest_qpn: destination's queue pair, shifted left by 8
 * @qkey: and its Q_Key
 * @imm: immediate data
 * @remote: destination or source of RDMA
 * @rkey: key of the region there
 * @length: of all descriptors, in bytes
 * @av: where a datagram goes
 */
struct ehca_wqe {
	u64 id;
	u8 opcode, flags;
	u16 pkey_index;
	u8 control, nr_sges;
	u16 slid;
	u32 dest_qpn, resync_psn, qkey, imm;
	union {
		struct {
			u64 remote;
			u32 rkey, reserved44;
			u64 length, reserved56;
		};
		struct ehca_av av;
	};
};

#define EHCA_WQE_SGES		64
#define EHCA_WQE_SGES_UD	96
#define EHCA_WQE_DEST_SHIFT	8

static_assert(offsetof(struct ehca_wqe, control) == 12);
static_assert(offsetof(struct ehca_wqe, imm) == 28);
static_assert(offsetof(struct ehca_wqe, length) == 48);
static_assert(sizeof(struct ehca_wqe) == EHCA_WQE_SGES_UD);
static_assert(EHCA_WQE_SGES_UD - EHCA_WQE_SGES ==
	      EHCA_SGES_OF_AV * sizeof(struct ehca_sge));

/* Bytes of a WQE, those of datagrams having EHCA_SGES_OF_AV more than they use */
static inline u32 ehca_wqe_size(u32 nr_sges)
{
	return EHCA_WQE_SGES + nr_sges * sizeof(struct ehca_sge);
}

#define EHCA_CQE_OP_RECV	0x01
#define EHCA_CQE_OP_RECV_WRITE	0x02

#define EHCA_CQE_RECEIVED	0x80
#define EHCA_CQE_IMM		0x40
#define EHCA_CQE_GRH		0x20
#define EHCA_CQE_SOLICITED	0x10

#define EHCA_CQE_VALID		0x80

#define EHCA_CQE_ERROR		BIT(31)
#define EHCA_CQE_REMOTE		GENMASK(15, 11)
#define EHCA_CQE_CODE		GENMASK(5, 0)

/* EHCA_CQE_CODE; those from 0x21 on are of receiving */
enum ehca_cqe_code {
	EHCA_CODE_LENGTH = 0x01,
	EHCA_CODE_QP_OP = 0x02,
	EHCA_CODE_EEC_OP = 0x03,
	EHCA_CODE_PROTECTION = 0x04,
	EHCA_CODE_FLUSHED = 0x05,
	EHCA_CODE_BIND = 0x06,
	EHCA_CODE_REMOTE = 0x07,
	EHCA_CODE_RETRIES = 0x08,
	EHCA_CODE_RNR_RETRIES = 0x09,
	EHCA_CODE_ABORTED = 0x0a,
	EHCA_CODE_EEC_NUMBER = 0x0b,
	EHCA_CODE_EEC_STATE = 0x0c,
	EHCA_CODE_RESPONSE = 0x0d,
	EHCA_CODE_PURGED = 0x10,
	EHCA_CODE_RECV_LENGTH = 0x21,
	EHCA_CODE_RECV_QP_OP = 0x22,
	EHCA_CODE_RECV_EEC_OP = 0x23,
	EHCA_CODE_RECV_PROTECTION = 0x24,
	EHCA_CODE_RECV_FLUSHED = 0x25,
	EHCA_CODE_RECV_ABORTED = 0x2d,
	EHCA_CODE_RECV_EEC_NUMBER = 0x2e,
	EHCA_CODE_RECV_EEC_STATE = 0x2f,
};

/* EHCA_CQE_REMOTE, what the other side says */
enum ehca_cqe_remote {
	EHCA_REMOTE_SEQUENCE = 0,
	EHCA_REMOTE_REQUEST = 1,
	EHCA_REMOTE_ACCESS = 2,
	EHCA_REMOTE_OPERATION = 3,
	EHCA_REMOTE_READ = 4,
};

/*
 * A CQE
 * @id: of the WQE
 * @opcode: EHCA_WQE_SEND, READ or WRITE; EHCA_CQE_OP_*
 * @flags: EHCA_CQE_RECEIVED, IMM, GRH, SOLICITED
 * @length: bytes that were moved
 * @imm: immediate data
 * @qpn: the queue pair
 * @sl: service level
 * @token: the driver's name for the queue pair
 * @src_qpn: where a datagram comes from
 * @dlid: lower bits of the LID that it came to
 * @slid: LID that it came from
 * @pkey_index: of the special queue pairs alone
 * @valid: EHCA_CQE_VALID, which changes with each turn of the ring
 * @status: 0, or EHCA_CQE_ERROR and why
 */
struct ehca_cqe {
	u64 id;
	u8 opcode, flags;
	u16 reserved10;
	u32 length, imm, qpn;
	u8 freed, sl;
	u16 nr_wqes;
	u32 token, qkey, src_qpn;
	u16 dlid, slid;
	u16 reserved44, pkey_index;
	u32 cqe_time, wqe_time;
	u8 wqe_time_valid, reserved57, reserved58, valid;
	u32 status;
};

static_assert(offsetof(struct ehca_cqe, token) == 28);
static_assert(offsetof(struct ehca_cqe, pkey_index) == 46);
static_assert(offsetof(struct ehca_cqe, valid) == 59);
static_assert(sizeof(struct ehca_cqe) == 64);

#endif /* _EHCA_WQE_H */

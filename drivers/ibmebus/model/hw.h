/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an eHEA adapter and its driver have in common: queue entries, registers,
 * arguments of calls. All of it is big-endian. IBM counts bits from the left. Much of it
 * is eHCA's too; what only eHCA has is in hca_hw.h.
 *
 * Public source of the layouts: ehea_qmr.h, ehea_hw.h and ehea_phyp.[ch] of Linux
 * 6.12, drivers/net/ethernet/ibm/ehea.
 */
#ifndef _EBUS_MODEL_HW_H
#define _EBUS_MODEL_HW_H

#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/types.h>

#define IBM_BIT(n)		BIT_ULL(63 - (n))
#define IBM_MASK(first, last)	GENMASK_ULL(63 - (first), 63 - (last))

/* The adapter's pages, whatever the kernel's are (ehea_qmr.h, EHEA_PAGESIZE) */
#define HEA_PAGE_SHIFT		12
#define HEA_PAGE_SIZE		BIT(HEA_PAGE_SHIFT)
#define HEA_PAGES_PER_CALL	512	/* ehea_phyp.h, EHEA_MAX_RPAGE */

/* A piece of memory, in a work queue entry (WQE) */
struct hea_sge {
	__be64 io;
	__be32 key;
	__be32 len;
};

/* What is to be sent */
struct hea_send_wqe {
	__be64 wr_id;
	__be16 control;
	__be16 vlan;
	u8 pad0;
	u8 l3_first;		/* offsets in the frame */
	u8 l3_last;
	u8 inline_len;
	u8 l4_checksum;
	u8 pad1[4];
	u8 nr_sges;
	u8 pad2[4];
	__be16 mss;
	u8 pad3[4];
	u8 body[512 - 32];
};

static_assert(sizeof(struct hea_send_wqe) == 512);
static_assert(offsetof(struct hea_send_wqe, mss) == 26);

#define SEND_APPEND_CRC		BIT(15)
#define SEND_L3_CHECKSUM	BIT(14)
#define SEND_L4_CHECKSUM	BIT(13)
#define SEND_TSO		BIT(12)
#define SEND_SIGNALLED		BIT(11)
#define SEND_INSERT_VLAN	BIT(10)
#define SEND_INLINE		BIT(9)
#define SEND_SGES		BIT(8)
#define SEND_PURGE		BIT(4)

/* With both data and descriptors: one of these, the data, the others */
#define SEND_MIXED_DATA		16
#define SEND_MIXED_DATA_MAX	(0xd0 - 0x30)
#define SEND_MIXED_SGES		(0xd0 - 0x20)
#define SEND_DATA_MAX		224

/* Where to put what is received; six is what there is room for in 128 bytes */
struct hea_receive_wqe {
	__be64 wr_id;
	u8 pad0[5];
	u8 nr_sges;
	u8 pad1[18];
	struct hea_sge sge[6];
};

static_assert(sizeof(struct hea_receive_wqe) == 128);

/* That it is done */
struct hea_cqe {
	__be64 wr_id;
	u8 type;
	u8 valid;
	__be16 status;
	__be16 pad0;
	__be16 len;
	__be16 vlan;
	__sum16 checksum;
	u8 pad1;
	u8 header_len;
	u8 pad2[6];
	__be32 token;
	u8 pad3[32];
};

static_assert(sizeof(struct hea_cqe) == 64);

#define CQE_TYPE_RQ_SHIFT	5
#define CQE_VALID		BIT(7)
#define CQE_NOT_IPV4		BIT(15)	/* the checksum is of all, complemented */
#define CQE_BAD_L4		BIT(14)
#define CQE_BAD_L3		BIT(13)
#define CQE_VLAN		BIT(10)
#define CQE_ERROR		BIT(0)	/* which of the four bits: assumed */

/* Entries of event queues are a doubleword */
#define EQE_VALID		IBM_BIT(0)
#define EQE_COMPLETION		IBM_BIT(1)
#define EQE_CODE		IBM_MASK(2, 7)
#define EQE_NUMBER		IBM_MASK(8, 31)
#define EQE_TOKEN		IBM_MASK(32, 63)
#define NEQE_PORT		IBM_MASK(32, 47)
#define NEQE_PORT_UP		IBM_BIT(16)
#define NEQE_SWITCH_UP		IBM_BIT(17)

#define EVENT_QP_ERROR		0x03	/* assumed, as eHCA's */
#define EVENT_PORT_STATE	0x30
#define EVENT_ADAPTER		0x32
#define EVENT_PORT		0x33

/* Registers of a queue pair's galpa and of a completion queue's */
#define QP_SEND_ADDER		0x20
#define QP_RECEIVE1_ADDER	0x30
#define QP_RECEIVE2_ADDER	0x300
#define QP_RECEIVE3_ADDER	0x338
#define QP_ADDER		IBM_MASK(48, 63)
#define CQ_CONSUMED_ADDER	0x38
#define CQ_EVENT_PENDING	0x40
#define CQ_ARM_SOLICITED	0x58	/* eHCA */
#define CQ_ARM			0x60
#define CQ_ADDER		IBM_MASK(32, 63)
#define CQ_FLAG			IBM_BIT(0)

/* H_ALLOC_HEA_RESOURCE, second argument and on */
#define ALLOC_TYPE		IBM_MASK(56, 63)
#define ALLOC_EQ_NOTIFY		IBM_BIT(0)
#define ALLOC_EQ_ISN		IBM_BIT(7)
#define ALLOC_EQ_NO_ENTRIES	IBM_BIT(16)
#define ALLOC_QP_RECEIVE	IBM_MASK(13, 15)
#define ALLOC_QP_RECEIVE_3	6
#define ALLOC_QP_SIGNAL_ALL	IBM_MASK(22, 23)
#define ALLOC_QP_TOKEN		IBM_MASK(0, 31)
#define ALLOC_QP_PD		IBM_MASK(32, 63)
#define ALLOC_QP_PORT		IBM_MASK(48, 63)
#define ALLOC_QP_RQ2_FROM	IBM_MASK(0, 15)
#define ALLOC_QP_RQ3_FROM	IBM_MASK(16, 31)

/* H_REGISTER_HEA_RPAGES, second argument */
#define PAGES_SIZE		IBM_MASK(48, 55)
#define PAGES_QUEUE		IBM_MASK(62, 63)

/*
 * Access control of a memory region, shifted left by 32: ehea.h, EHEA_MR_ACC_CTRL; what
 * it means, and the others, which are eHCA's alone: hipz_hw.h in Linux 4.4,
 * HIPZ_ACCESSCTRL_*, and ehca_mrmw.c: the size of a page is 4 KiB << 4 * n
 */
#define MR_LOCAL_WRITE		BIT(23)
#define MR_REMOTE_WRITE		BIT(22)
#define MR_REMOTE_READ		BIT(21)
#define MR_REMOTE		(MR_REMOTE_WRITE | MR_REMOTE_READ)
#define MR_PAGE_SIZE		GENMASK(31, 24)

/* A queue pair's control register */
#define QP_ENABLED		IBM_BIT(0)
#define QP_STATE		IBM_MASK(16, 23)
#define QP_STATE_NOW		IBM_MASK(24, 31)
#define QP_RESET		1
#define QP_INITIALIZED		2
#define QP_RECEIVES		3
#define QP_SENDS		5
#define QP_ERROR		0x80

/* A port's receive control register */
#define PORT_VALID		IBM_BIT(49)
#define PORT_EXTRACT_VLAN	IBM_BIT(50)
#define PORT_VLAN_FILTER	IBM_MASK(62, 63)
#define PORT_VLAN_FILTERED	2

#define PORT_SPEED_10G		8

/* Calls for ports */
#define PORT_BLOCK		IBM_MASK(40, 47)
#define PORT_NUMBER		IBM_MASK(48, 63)

/* H_REG_BCMC and H_DEREG_BCMC */
#define BCMC_ALL		BIT(3)	/* all addresses */
#define BCMC_MULTICAST		BIT(2)
#define BCMC_UNTAGGED		BIT(1)
#define BCMC_ALL_VLANS		BIT(0)
#define BCMC_TYPE		IBM_MASK(60, 63)
#define BCMC_ADDRESS		IBM_MASK(16, 63)
#define BCMC_VLAN		IBM_MASK(52, 63)

/* H_ERROR_DATA */
#define ERROR_TYPE		IBM_MASK(0, 7)
#define ERROR_TYPE_QP		8

#endif /* _EBUS_MODEL_HW_H */

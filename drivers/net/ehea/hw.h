/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What eHEA and the driver share in memory: the entries of the queues, and the
 * registers of the galpas that are rung to say that there are some.
 *
 * All of it is big-endian, and so is every machine that has the adapter. Bits are
 * numbered as IBM does it, 0 being the highest. Facts from 6.12's
 * drivers/net/ethernet/ibm/ehea/{ehea_qmr.h,ehea_hw.h,ehea_main.c}.
 */
#ifndef _EHEA_HW_H
#define _EHEA_HW_H

#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

#include "regions.h"

#define EHEA_BIT(bit)		BIT_ULL(63 - (bit))
#define EHEA_BITS(first, last)	GENMASK_ULL(63 - (first), 63 - (last))

/* A descriptor is laid out as the map of RAM answers it */
static_assert(sizeof(struct ehea_sge) == 16);

/* Send: a frame to go out, of up to 512 bytes */
#define EHEA_SEND_SIZE_CODE	2
#define EHEA_SEND_SIZE		(128 << EHEA_SEND_SIZE_CODE)
#define EHEA_SEND_HEADER	32
#define EHEA_SEND_INLINE	224
#define EHEA_SEND_INLINE_SGES	160
#define EHEA_SEND_SGES		20

#define EHEA_SEND_CRC		BIT(15)
#define EHEA_SEND_IP_CSUM	BIT(14)
#define EHEA_SEND_L4_CSUM	BIT(13)
#define EHEA_SEND_TSO		BIT(12)
#define EHEA_SEND_SIGNAL	BIT(11)
#define EHEA_SEND_VLAN		BIT(10)
#define EHEA_SEND_HAS_INLINE	BIT(9)
#define EHEA_SEND_HAS_SGES	BIT(8)

/*
 * An entry of the send queue
 * @id: comes back in the completion; the adapter does not look at it
 * @control: EHEA_SEND_*
 * @vlan: tag to insert
 * @ip_first: offset of the IP header
 * @ip_last: offset of its last byte
 * @inline_len: bytes of the frame that are in the entry
 * @csum_at: offset of the checksum of TCP or UDP
 * @nr_sges: descriptors in use
 * @mss: payload of a segment
 * @inlined: the whole of a small frame
 * @head: the beginning of a large one
 * @first_sge: goes on where @head ends
 * @sges: the others
 */
struct ehea_send_wqe {
	u64 id;
	u16 control, vlan;
	u8 reserved12, ip_first, ip_last, inline_len;
	u8 csum_at, reserved17[3];
	u8 wrap_tag, nr_sges;
	u16 reserved22[2], mss;
	u32 reserved28;
	union {
		u8 inlined[EHEA_SEND_INLINE];
		struct {
			struct ehea_sge first_sge;
			u8 head[EHEA_SEND_INLINE_SGES];
			struct ehea_sge sges[EHEA_SEND_SGES - 1];
		};
	};
};

static_assert(sizeof(struct ehea_send_wqe) == EHEA_SEND_SIZE);
static_assert(offsetof(struct ehea_send_wqe, mss) == 26);
static_assert(offsetof(struct ehea_send_wqe, inlined) == EHEA_SEND_HEADER);
static_assert(offsetof(struct ehea_send_wqe, sges) == 0xd0);

/* Receive: RQ1 takes small frames in the ring itself, RQ2 and RQ3 name buffers */
#define EHEA_RQ1_SIZE_CODE	1
#define EHEA_RQ23_SIZE_CODE	0
#define EHEA_WQE_SIZE(code)	(128U << (code))

/*
 * An entry of RQ2 or RQ3
 * @id: comes back in the completion
 * @nr_sges: descriptors in use
 * @sges: the buffer
 */
struct ehea_receive_wqe {
	u64 id;
	u8 reserved8[5], nr_sges;
	u16 reserved14;
	u64 reserved16[2];
	struct ehea_sge sges[6];
};

static_assert(sizeof(struct ehea_receive_wqe) ==
	      EHEA_WQE_SIZE(EHEA_RQ23_SIZE_CODE));
static_assert(offsetof(struct ehea_receive_wqe, sges) == 32);

/* Completion; those of received frames are in RQ1, whatever queue the data is in */
#define EHEA_CQE_VALID		BIT(7)
#define EHEA_CQE_RQ		GENMASK(6, 5)

#define EHEA_CQE_RAW_CSUM	BIT(15)
#define EHEA_CQE_BAD_L4_CSUM	BIT(14)
#define EHEA_CQE_BAD_IP_CSUM	BIT(13)
#define EHEA_CQE_BAD_CRC	BIT(12)
#define EHEA_CQE_VLAN		BIT(10)
#define EHEA_CQE_FATAL		GENMASK(3, 0)
#define EHEA_CQE_ERROR		(EHEA_CQE_BAD_L4_CSUM | EHEA_CQE_BAD_IP_CSUM | \
				 EHEA_CQE_BAD_CRC | EHEA_CQE_FATAL)
/* Of a send: the queue is lost */
#define EHEA_CQE_SEND_FATAL	BIT(1)

/*
 * A completion
 * @id: of the entry that is done
 * @type: EHEA_CQE_RQ
 * @valid: EHEA_CQE_VALID, which changes with each turn of the ring
 * @status: EHEA_CQE_*
 * @len: of the frame, with its CRC
 * @vlan: tag that was taken out
 * @csum: sum of what follows the Ethernet header, complemented
 * @header_len: 0 if the adapter knows no header in it
 * @token: of the queue pair
 */
struct ehea_cqe {
	u64 id;
	u8 type, valid;
	u16 status, reserved12, len;
	u16 vlan, csum;
	u8 reserved20, header_len;
	u16 reserved22, page_offset, wqe_count;
	u32 token;
	u32 timestamp, reserved36;
	u64 reserved40[3];
};

static_assert(sizeof(struct ehea_cqe) == 64);
static_assert(offsetof(struct ehea_cqe, token) == 28);

/* A frame in RQ1 follows its completion */
#define EHEA_RQ1_DATA		sizeof(struct ehea_cqe)
#define EHEA_RQ1_MAX_FRAME	(EHEA_WQE_SIZE(EHEA_RQ1_SIZE_CODE) - \
				 EHEA_RQ1_DATA)

/* Event of an event queue */
#define EHEA_EQE_VALID		EHEA_BIT(0)
#define EHEA_EQE_TOKEN		EHEA_BITS(32, 63)

/* Event of the notification event queue, about a port or the adapter */
#define EHEA_NEQE_CODE		EHEA_BITS(2, 7)
#define EHEA_NEQE_PORT_UP	EHEA_BIT(16)
#define EHEA_NEQE_SWITCH_UP	EHEA_BIT(17)
#define EHEA_NEQE_SWITCH_FIRST	EHEA_BIT(18)
#define EHEA_NEQE_PORT		EHEA_BITS(32, 47)

enum ehea_neqe_code {
	EHEA_PORT_STATE = 0x30,
	EHEA_ADAPTER_MALFUNCTION = 0x32,
	EHEA_PORT_MALFUNCTION = 0x33,
};

/* Registers of a queue pair: entries that were added to a queue */
#define EHEA_QP_SQ_ADD		0x020
#define EHEA_QP_RQ1_ADD		0x030
#define EHEA_QP_RQ2_ADD		0x300
#define EHEA_QP_RQ3_ADD		0x338
#define EHEA_QP_ADD_MAX		U16_MAX

/* Registers of a completion queue: entries done with, and when to interrupt */
#define EHEA_CQ_FREE_ADD	0x38
#define EHEA_CQ_PENDING		0x40
#define EHEA_CQ_ARM		0x60
#define EHEA_CQ_ARM_NEXT	EHEA_BIT(0)

#endif /* _EHEA_HW_H */

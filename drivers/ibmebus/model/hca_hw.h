/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an eHCA adapter and its driver have in common, besides what eHEA has too: queue
 * entries, arguments of calls, control blocks. All of it is big-endian. IBM counts bits
 * from the left.
 *
 * Public source of the layouts: ehca_qes.h, hipz_hw.h, hcp_if.[ch],
 * ehca_classes_pSeries.h, ehca_qp.c, ehca_reqs.c and ehca_irq.c of Linux 4.4,
 * drivers/staging/rdma/ehca.
 */
#ifndef _EBUS_MODEL_HCA_HW_H
#define _EBUS_MODEL_HCA_HW_H

#include "hw.h"

/* Where a datagram goes */
struct hca_av {
	u8 sl;
	u8 grh;
	__be16 dlid;
	u8 pad0[3];
	u8 path_bits;
	u8 pad1;
	u8 ipd;
	u8 pad2;
	u8 mtu;
	u8 pad3[12];
	u8 header[40];		/* the global routing header (GRH) */
};

static_assert(sizeof(struct hca_av) == 64);

/* What is to be sent, or where to put what is received */
struct hca_wqe {
	__be64 wr_id;
	u8 opcode;
	u8 flags;
	__be16 pkey_index;
	u8 control;
	u8 nr_sges;
	__be16 slid;
	__be32 dest_qp;		/* shifted left by 8 */
	__be32 psn;
	__be32 qkey;
	__be32 imm;
	union {
		struct {
			__be64 remote_io;
			__be32 remote_key;
			__be32 pad0;
			__be64 len;
			__be64 pad1;
			struct hea_sge sge[252];
		} connected;
		struct {
			struct hca_av av;
			struct hea_sge sge[250];
		} datagram;
		struct {
			u8 pad[32];
			struct hea_sge sge[252];
		} receive;
	};
};

static_assert(sizeof(struct hca_wqe) == 4096);
static_assert(offsetof(struct hca_wqe, connected.sge) == 64);
static_assert(offsetof(struct hca_wqe, datagram.sge) == 96);

#define WQE_HEADER		64
#define WQE_AV_SGES		2	/* an address vector takes as much */

#define WQE_SEND		0x80
#define WQE_READ		0x40
#define WQE_WRITE		0x20

#define WQE_SIGNALLED		0x80
#define WQE_FENCE		0x40
#define WQE_IMM			0x20
#define WQE_SOLICITED		0x10

#define WQE_PURGE		0x08

/* That it is done */
struct hca_cqe {
	__be64 wr_id;
	u8 opcode;
	u8 flags;
	__be16 pad0;
	__be32 len;
	__be32 imm;
	__be32 qp;
	u8 freed;
	u8 sl;
	__be16 nr_wqes;
	__be32 token;
	__be32 qkey;
	__be32 source_qp;
	__be16 dlid;
	__be16 slid;
	__be16 pad1;
	__be16 pkey_index;
	u8 pad2[11];
	u8 valid;
	__be32 status;
};

static_assert(sizeof(struct hca_cqe) == 64);
static_assert(offsetof(struct hca_cqe, valid) == 59);

#define HCA_CQE_VALID_AT	56	/* the doubleword that is written last */

/* Opcodes of completions are those of WQEs, or one of these */
#define CQE_RECEIVE		0x01
#define CQE_RECEIVE_WRITE	0x02

#define CQE_OF_RECEIVE		0x80
#define CQE_IMM			0x40
#define CQE_GRH			0x20
#define CQE_SOLICITED		0x10

/*
 * What is wrong: ehca_reqs.c, map_ib_wc_status(). That receives have the codes of sends
 * plus 0x20 is assumed: it knows of both.
 */
#define STATUS_ERROR		BIT(31)
#define STATUS_LENGTH		0x01
#define STATUS_OPERATION	0x02
#define STATUS_PROTECTION	0x04
#define STATUS_REMOTE		0x07
#define STATUS_RETRIES		0x08
#define STATUS_RNR_RETRIES	0x09
#define STATUS_PURGED		0x10
#define STATUS_OF_RECEIVE	0x20
#define STATUS_REMOTE_WHY	GENMASK(15, 11)
#define REMOTE_INVALID		1
#define REMOTE_ACCESS		2
#define REMOTE_OPERATION	3
#define REMOTE_INVALID_READ	4

/* Events: ehca_irq.c, parse_identifier() and parse_ec() */
#define HCA_EVENT_ESTABLISHED	0x03
#define HCA_EVENT_DRAINED	0x04
#define HCA_EVENT_QP_ERROR	0x05
#define HCA_EVENT_CQ_ERROR	0x07
#define HCA_EVENT_PORT_STATE	0x30
#define HCA_EVENT_PORT_CONFIG	0x31
#define HCA_EVENT_ADAPTER	0x32
/* With what says that the port is active, this reads: who uses it is to register again */
#define HCA_EVENT_PORT_OTHER	0x34
#define HCA_NEQE_PORT		IBM_MASK(8, 15)

/* H_ALLOC_RESOURCE of a queue pair, second argument */
#define HCA_QP_KIND		IBM_MASK(9, 11)		/* not 0: SRQ, low latency */
#define HCA_QP_SERVICE		IBM_MASK(13, 15)
#define HCA_QP_SPECIAL		(IBM_MASK(16, 21) | IBM_MASK(31, 39))
#define HCA_QP_SIGNALLING	IBM_MASK(22, 23)
#define HCA_SIGNAL_BY_WQE	1
#define HCA_SIGNAL_ALL		2

enum { SERVICE_RC, SERVICE_UC, SERVICE_UD = 3 };

/* Seventh argument: what is wanted */
#define HCA_QP_SEND_WRS		IBM_MASK(0, 15)
#define HCA_QP_RECEIVE_WRS	IBM_MASK(16, 31)
#define HCA_QP_SEND_SGES	IBM_MASK(32, 39)
#define HCA_QP_RECEIVE_SGES	IBM_MASK(40, 47)

/* The third to fifth answer: what there is */
#define HCA_QP_GOT_SEND_WRS	IBM_MASK(16, 31)
#define HCA_QP_GOT_RECEIVE_WRS	IBM_MASK(48, 63)
#define HCA_QP_GOT_SEND_SGES	IBM_MASK(8, 15)
#define HCA_QP_GOT_RECEIVE_SGES	IBM_MASK(24, 31)
#define HCA_QP_SEND_PAGES	IBM_MASK(0, 31)
#define HCA_QP_RECEIVE_PAGES	IBM_MASK(32, 63)

/* H_DISABLE_AND_GET: ehca_qp.c and hcp_if.c, hipz_h_destroy_qp() */
#define HCA_DISABLE		1
#define HCA_GET_SEND		2
#define HCA_GET_BOTH		4
#define HCA_REAL_ADDRESS	IBM_BIT(0)	/* ehca_qp.c, calc_left_cqes() */

/* States of queue pairs: ehca_qp.c */
enum {
	STATE_RESET = 1, STATE_INIT = 2, STATE_RTR = 3, STATE_RTS = 5,
	STATE_SQD = 6, STATE_SQE = 8, STATE_ERROR = 128,
};

/*
 * A queue pair's control block, as words, and the bits that select them:
 * ehca_classes_pSeries.h, struct hcp_modify_qp_control_block
 */
#define HCA_QP_WORDS		128
enum hca_qp_word {
	QPW_QKEY = 0, QPW_SEND_PSN = 2, QPW_RECEIVE_PSN, QPW_PORT, QPW_ALT_PORT,
	QPW_PKEY, QPW_ALT_PKEY, QPW_ACCESS, QPW_STATE, QPW_READS_IN = 11,
	QPW_MIGRATION, QPW_READS_OUT, QPW_DEST_QP, QPW_MIN_RNR, QPW_SL, QPW_GRH,
	QPW_RETRIES, QPW_TIMEOUT, QPW_MTU, QPW_RATE, QPW_DLID, QPW_RNR_RETRIES,
	QPW_PATH_BITS, QPW_CLASS, QPW_HOPS, QPW_SGID, QPW_FLOW, QPW_DGID = 30,
	QPW_ALT = 34, QPW_ALT_DGID = 48, QPW_SEND_WRS = 52, QPW_RECEIVE_WRS,
	QPW_NUMBER = 55, QPW_SEND_SGES = 60, QPW_RECEIVE_SGES, QPW_ENABLE,
};

/* For words up to QPW_FLOW */
#define HCA_SELECT(word)	IBM_BIT(word)
#define HCA_SELECT_DGID		IBM_BIT(30)
#define HCA_SELECT_ALT		IBM_MASK(31, 42)
#define HCA_SELECT_ALT_DGID	IBM_BIT(44)
#define HCA_SELECT_ENABLE	IBM_BIT(48)
#define HCA_SELECT_ALL							\
	(IBM_BIT(0) | IBM_MASK(2, 9) | IBM_MASK(11, 28) | HCA_SELECT_DGID |	\
	 HCA_SELECT_ALT | HCA_SELECT_ALT_DGID | HCA_SELECT_ENABLE)

/* H_MODIFY_PORT, third argument, over capabilities in its lower half */
#define PORT_INIT_TYPE		IBM_MASK(44, 47)
#define PORT_SHUTDOWN		IBM_BIT(48)
#define PORT_RESET_QKEYS	IBM_BIT(49)
#define PORT_CAPABILITIES						\
	(IBM_MASK(32, 63) & ~(PORT_INIT_TYPE | PORT_SHUTDOWN | PORT_RESET_QKEYS))

/* H_ERROR_DATA */
#define HCA_ERROR_TYPE_QP	1
#define HCA_ERROR_TYPE_CQ	4

#endif /* _EBUS_MODEL_HCA_HW_H */

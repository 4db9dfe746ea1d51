/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Control blocks: what the firmware answers about an adapter, a port or a queue
 * pair, and what it is told to change. Each fills a page of 4 KiB, and is named by
 * its physical address. Facts from 6.12's
 * drivers/net/ethernet/ibm/ehea/ehea_phyp.h.
 */
#ifndef _EHEA_CONTROL_BLOCK_H
#define _EHEA_CONTROL_BLOCK_H

#include <linux/gfp.h>

#include "hw.h"

#define EHEA_MAX_QPS		16

/*
 * The adapter
 * @cur_mrs: memory regions in use, by any partition it seems
 * @max_mrs: memory regions there may be
 * @max_mr_size: bytes of one
 * @nr_ports: logical ports
 * @max_multicast: addresses of a port, plus one
 */
struct ehea_cb_adapter {
	u32 cur_qps, cur_cqs, cur_eqs, cur_mrs;
	u32 authority;
	u32 max_qps, max_cqs, max_eqs, max_mrs;
	u32 reserved9, clock, max_pds, max_avs, max_cqes, max_wqes;
	u32 max_rq1_sges, max_rq2_sges, max_rq3_sges;
	u32 mr_page_sizes, reserved19;
	u64 max_mr_size, reserved22;
	u32 nr_ports, reserved25[3];
	u64 max_multicast, capabilities;
	u32 max_interrupts_per_eq, max_neqs;
	u64 max_vlans;
};

static_assert(offsetof(struct ehea_cb_adapter, max_mr_size) == 20 * 4);
static_assert(offsetof(struct ehea_cb_adapter, max_multicast) == 28 * 4);

/* Block 0 of a port: what it is, and where its frames go */
#define EHEA_CB0		0
#define EHEA_CB0_ALL		EHEA_BITS(0, 7)
#define EHEA_CB0_MAC		EHEA_BIT(0)
#define EHEA_CB0_CONTROL	EHEA_BIT(1)
#define EHEA_CB0_DEFAULT_QPS	EHEA_BIT(7)

#define EHEA_CONTROL_VALID	EHEA_BIT(49)
#define EHEA_CONTROL_VLAN	EHEA_BIT(50)
#define EHEA_CONTROL_JUMBO	EHEA_BIT(56)
#define EHEA_CONTROL_L4_CSUM	EHEA_BIT(58)
#define EHEA_CONTROL_IP_CSUM	EHEA_BIT(59)
/* Tagged frames of the VLANs in block 1 alone */
#define EHEA_CONTROL_FILTER	FIELD_PREP(EHEA_BITS(62, 63), 2)

enum ehea_speed {
	EHEA_AUTONEG = 0,
	EHEA_10_HALF = 1,
	EHEA_10_FULL = 2,
	EHEA_100_HALF = 3,
	EHEA_100_FULL = 4,
	EHEA_1000_FULL = 6,
	EHEA_10000_FULL = 8,
};

/*
 * A port
 * @mac: in the lower 48 bits
 * @control: EHEA_CONTROL_*
 * @up: not 0 if there is a link to the adapter's switch (assumed)
 * @speed: enum ehea_speed
 * @switch_up: the same of the cable (assumed)
 * @nr_qps: queue pairs that frames are spread over
 * @qpns: their numbers
 */
struct ehea_cb0 {
	u64 mac, control, reserved16;
	u32 up, speed, switch_up, negotiated, nr_qps, reserved44;
	u64 qpns[EHEA_MAX_QPS];
};

/* Block 1: a bit for each VLAN */
#define EHEA_CB1		1
#define EHEA_CB1_ALL		EHEA_BIT(0)

/*
 * VLANs of a port
 * @vlans: those whose frames it takes
 */
struct ehea_cb1 {
	u64 vlans[64];
};

/* Blocks 2 and 6: arrays of counters, named in stats.c */
#define EHEA_CB2		2
#define EHEA_CB2_ALL		EHEA_BITS(0, 10)
#define EHEA_CB6		6
#define EHEA_CB6_ALL		(EHEA_BITS(0, 22) | EHEA_BITS(25, 48))

/* Block 4: what the physical port is set to */
#define EHEA_CB4		4
#define EHEA_CB4_SPEED		EHEA_BIT(0)
#define EHEA_CB4_JUMBO		EHEA_BIT(3)

/*
 * Settings of a port
 * @speed: enum ehea_speed
 * @jumbo: whether frames may be larger than 1518 bytes
 */
struct ehea_cb4 {
	u32 speed, pause, state, jumbo, wrap;
};

/* Block 7: who gets frames for addresses that nobody has */
#define EHEA_CB7		7
#define EHEA_CB7_DEFAULT_QP	EHEA_BIT(0)

/*
 * Promiscuous mode
 * @default_qp: handle of a queue pair, or 0
 */
struct ehea_cb7 {
	u64 default_qp;
};

/* Of a queue pair */
#define EHEA_QP_CB0		0
#define EHEA_QP_CB0_ALL		EHEA_BITS(0, 5)
#define EHEA_QP_CB0_CONTROL	EHEA_BIT(0)

#define EHEA_QP_ENABLED		EHEA_BIT(0)
#define EHEA_QP_STATE		EHEA_BITS(16, 23)
#define EHEA_QP_STATE_NOW	EHEA_BITS(25, 31)
#define EHEA_QP_INITIALIZED	2
#define EHEA_QP_READY		5

/*
 * A queue pair
 * @control: EHEA_QP_*
 * @port: its logical port
 */
struct ehea_qp_cb0 {
	u64 control;
	u32 max_send, max_receive, port, reserved20;
	u64 errors, tenure;
};

/* What H_ERROR_DATA answers, in doublewords */
#define EHEA_ERROR_WORDS	(SZ_4K / sizeof(u64))
#define EHEA_ERROR_LENGTH	0
#define EHEA_ERROR_RESOURCE	1
#define EHEA_ERROR_TYPE		2
#define EHEA_ERROR_AER		6
#define EHEA_ERROR_AERR		12

#define EHEA_ERROR_LENGTH_MASK	EHEA_BITS(52, 63)
#define EHEA_ERROR_TYPE_MASK	EHEA_BITS(0, 7)
#define EHEA_ERROR_TYPE_QP	8
/* An error of a queue pair that it survives */
#define EHEA_AER_HARMLESS	EHEA_BIT(39)

/* A block, zeroed and aligned; NULL if there is no memory */
static inline void *ehea_block_alloc(void)
{
	return (void *)get_zeroed_page(GFP_KERNEL);
}

static inline void ehea_block_free(void *block)
{
	free_page((unsigned long)block);
}

#endif /* _EHEA_CONTROL_BLOCK_H */

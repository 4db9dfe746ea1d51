// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two ports of an eHCA adapter, wired to each other. There is no subnet manager: a
 * port has its LID from the beginning, and is active as soon as it has an AQP1, and the
 * other end of the wire is there (ehca_sqp.c of Linux 4.4, ehca_define_sqp()).
 */

#include "hca.h"

/* Of H_QUERY_PORT's block: hipz_hw.h, struct hipz_query_port, as words of 32 bits */
enum {
	PORT_STATE, PORT_BAD_PKEYS, PORT_LMC, PORT_LID, PORT_TIMEOUT, PORT_BAD_QKEYS,
	PORT_SM_SL, PORT_SM_LID, PORT_CAPS, PORT_INIT_REPLY, PORT_NR_PKEYS,
	PORT_NR_GIDS, PORT_PREFIX, PORT_NR = 14, PORT_PKEYS, PORT_MAX_MESSAGE = 33,
	PORT_MAX_MTU = 35, PORT_VLS, PORT_PHYS_STATE, PORT_LOGICAL_STATE, PORT_RATE,
	PORT_WIDTH, PORT_GUIDS = 512, PORT_NR_WORDS = 1024,
};

/* enum ib_port_state; IB_PORT_PHYS_STATE_*; enum ib_port_width */
#define LINK_DOWN	1
#define LINK_INIT	2
#define LINK_ACTIVE	4
#define CABLE_POLLING	2
#define CABLE_UP	5
#define SPEED_SDR	1
#define WIDTH_4X	2

#define GID_PREFIX	0xfe80000000000000ULL
#define NODE_GUID	0x0002550000001ca0ULL	/* also hca_adapter.c */
#define FIRST_LID	0x11
#define SM_LID		1
#define FULL_PKEY	0xffff
#define PARTITION_PKEY	0x8001

/* Protected by hea_lock */
static struct hca_port ports[HCA_NR_PORTS];

/* Before anybody calls */
void hca_ports_init(void)
{
	unsigned int i;

	for (i = 0; i < HCA_NR_PORTS; i++) {
		ports[i].number = i + 1;
		ports[i].link = true;
		ports[i].lid = FIRST_LID + i;
		ports[i].pkey[0] = FULL_PKEY;
		ports[i].pkey[1] = PARTITION_PKEY;
	}
}

/* Ports count from 1; NULL if there is none */
struct hca_port *hca_port_find(unsigned int number)
{
	return number && number <= HCA_NR_PORTS ? &ports[number - 1] : NULL;
}

/* The port that a queue pair uses; NULL if it has not been told */
struct hca_port *hca_port_of(const struct hca_qp *qp)
{
	return hca_port_find(hca_qp_word(qp, QPW_PORT));
}

/**
 * hca_port_reach() - where a LID leads to
 * @from: the port that sends
 * @dlid: the LID
 *
 * Context: hea_lock held.
 * Return: the port, maybe the same; NULL if there is none that could be reached.
 */
struct hca_port *hca_port_reach(struct hca_port *from, u16 dlid)
{
	unsigned int i;

	if (!from || !from->active)
		return NULL;
	for (i = 0; i < HCA_NR_PORTS; i++) {
		if (ports[i].lid == dlid)
			return ports[i].active ? &ports[i] : NULL;
	}
	return NULL;
}

u16 hca_pkey(const struct hca_port *port, unsigned int index)
{
	return index < HCA_NR_PKEYS ? port->pkey[index] : 0;
}

static bool is_connected(const struct hca_port *port)
{
	return ports[0].link && ports[1].link && port->aqp1;
}

/**
 * hca_ports_update() - let ports become active, or down
 *
 * The engine does it, some time after whatever was the reason.
 *
 * Context: hea_lock held.
 */
void hca_ports_update(void)
{
	unsigned int i;

	lockdep_assert_held(&hea_lock);
	for (i = 0; i < HCA_NR_PORTS; i++) {
		if (ports[i].active == is_connected(&ports[i]))
			continue;
		ports[i].active = !ports[i].active;
		hca_notify_port(&ports[i], HCA_EVENT_PORT_STATE);
	}
}

/* Context: hea_lock held. */
void hca_port_aqp1_freed(struct hca_port *port)
{
	port->aqp1 = 0;
	hea_engine_wake();
}

/* The wire is unplugged at one port: both notice. Context: hea_lock held. */
void hca_port_link(struct hca_port *port, bool up)
{
	port->link = up;
	hea_engine_wake();
}

/* A subnet manager gives the port another LID. Context: hea_lock held. */
void hca_port_move(struct hca_port *port, u16 lid)
{
	port->lid = lid;
	hca_notify_port(port, HCA_EVENT_PORT_CONFIG);
}

static struct hca_port *argument(const struct ebus_hcall *call, u64 number)
{
	struct hca_port *port = hca_port_find(number);

	if (!port)
		hea_oracle(ORACLE_BAD_ARGUMENT, "%s: port %llx",
			   hea_call_name(call->opcode), number);
	return port;
}

static unsigned int state_of(const struct hca_port *port)
{
	if (port->active)
		return LINK_ACTIVE;
	return ports[0].link && ports[1].link ? LINK_INIT : LINK_DOWN;
}

static void put_u64(__be32 *where, u64 value)
{
	where[0] = cpu_to_be32(upper_32_bits(value));
	where[1] = cpu_to_be32(lower_32_bits(value));
}

static void describe(const struct hca_port *port, __be32 *block)
{
	unsigned int i;

	block[PORT_STATE] = cpu_to_be32(state_of(port));
	block[PORT_BAD_PKEYS] = cpu_to_be32(port->bad_pkeys);
	block[PORT_LID] = cpu_to_be32(port->lid);
	block[PORT_BAD_QKEYS] = cpu_to_be32(port->bad_qkeys);
	block[PORT_SM_LID] = cpu_to_be32(SM_LID);
	block[PORT_CAPS] = cpu_to_be32(port->capabilities);
	block[PORT_NR_PKEYS] = cpu_to_be32(HCA_NR_PKEYS);
	block[PORT_NR_GIDS] = cpu_to_be32(HCA_NR_GIDS);
	put_u64(&block[PORT_PREFIX], GID_PREFIX);
	block[PORT_NR] = cpu_to_be32(port->number);
	for (i = 0; i < HCA_NR_PKEYS; i += 2)
		block[PORT_PKEYS + i / 2] =
			cpu_to_be32(port->pkey[i] << 16 | port->pkey[i + 1]);
	put_u64(&block[PORT_MAX_MESSAGE], HCA_MAX_MESSAGE);
	block[PORT_MAX_MTU] = cpu_to_be32(HCA_MTU);
	block[PORT_VLS] = cpu_to_be32(1);
	block[PORT_PHYS_STATE] = cpu_to_be32(port->link ? CABLE_UP : CABLE_POLLING);
	block[PORT_LOGICAL_STATE] = cpu_to_be32(state_of(port));
	block[PORT_RATE] = cpu_to_be32(SPEED_SDR);
	block[PORT_WIDTH] = cpu_to_be32(WIDTH_4X);
	for (i = 0; i < HCA_NR_GIDS; i++)
		put_u64(&block[PORT_GUIDS + 2 * i],
			NODE_GUID + port->number + 0x100 * i);
}

/* H_QUERY_PORT: hcp_if.c of Linux 4.4, hipz_h_query_port() */
long hca_call_query_port(struct ebus_hcall *call)
{
	static __be32 block[PORT_NR_WORDS];	/* protected by hea_lock */
	struct hca_port *port;

	lockdep_assert_held(&hea_lock);
	port = argument(call, call->arg[1]);
	if (!port || !hea_block_ok(call->arg[2]))
		return H_PARAMETER;
	describe(port, block);
	return hea_dma_write(call->arg[2], block, sizeof(block)) ?
	       H_SUCCESS : H_PARAMETER;
}

/*
 * H_MODIFY_PORT: hcp_if.c of Linux 4.4, hipz_h_modify_port(). Where bits of the
 * capabilities coincide with others, the others win: assumed.
 */
long hca_call_modify_port(struct ebus_hcall *call)
{
	struct hca_port *port;

	lockdep_assert_held(&hea_lock);
	port = argument(call, call->arg[1]);
	if (!port)
		return H_PARAMETER;
	port->capabilities = call->arg[2] & PORT_CAPABILITIES;
	if (call->arg[2] & PORT_RESET_QKEYS)
		port->bad_qkeys = 0;
	if (call->arg[2] & PORT_SHUTDOWN)
		hca_port_link(port, false);
	return H_SUCCESS;
}

/*
 * H_DEFINE_AQP1: hcp_if.c of Linux 4.4, hipz_h_define_aqp1(). The answers are numbers of
 * queue pairs of the firmware's own; what they are is assumed.
 */
long hca_call_define_aqp1(struct ebus_hcall *call)
{
	struct hca_port *port;
	struct hca_qp *qp;

	lockdep_assert_held(&hea_lock);
	port = argument(call, call->arg[2]);
	qp = hca_qp_argument(call, call->arg[1]);
	if (!port || !qp)
		return H_PARAMETER;
	if (port->aqp1)
		return H_ALIAS_EXIST;
	if (qp->aqp1 || qp->service != SERVICE_UD ||
	    !hea_queue_complete(&qp->object)) {
		hea_oracle(ORACLE_BAD_ARGUMENT, "QP %lx as AQP1 of port %lx",
			   call->arg[1], call->arg[2]);
		return H_PARAMETER;
	}
	qp->aqp1 = port->number;
	port->aqp1 = qp->object.handle;
	call->out[0] = 2;
	call->out[1] = 3;
	hea_engine_wake();
	return H_SUCCESS;
}

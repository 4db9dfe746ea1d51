// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the firmware says about the adapter and its ports, in control blocks, and what
 * of it can be changed. The blocks are those of ehea_phyp.h, struct hcp_query_ehea and
 * struct hcp_ehea_port_cb0 to cb7, as arrays of words.
 */

#include <linux/seq_file.h>

#include "model.h"

/* Words of 32 bits of H_QUERY_HEA's block that drivers look at */
enum {
	ADAPTER_CUR_MRS = 3, ADAPTER_MAX_QPS = 5, ADAPTER_MAX_CQS, ADAPTER_MAX_EQS,
	ADAPTER_MAX_MRS, ADAPTER_MR_PAGE_SIZE = 18, ADAPTER_MR_SIZE = 20,
	ADAPTER_PORTS = 24, ADAPTER_MULTICAST = 28, ADAPTER_NR_WORDS = 38,
};

/* Doublewords of a port's block 0, and what selects them */
enum {
	CB0_MAC, CB0_CONTROL, CB0_STATE_SPEED = 3, CB0_SWITCH_STATE, CB0_NR_QPS,
	CB0_QPN, CB0_NR = CB0_QPN + HEA_MAX_QPS,
};

/* What drivers change; that it is all that they may is assumed */
#define SELECT_MAC	IBM_BIT(0)
#define SELECT_CONTROL	IBM_BIT(1)
#define SELECT_QPN	IBM_BIT(7)
#define SELECT_VLANS	IBM_BIT(0)
#define SELECT_SPEED	IBM_BIT(0)
#define SELECT_JUMBO	IBM_BIT(3)
#define SELECT_UNICAST	IBM_BIT(0)

#define BLOCK_WORDS	64	/* doublewords of the largest block */

/* Protected by hea_lock */
static struct hea_port ports[HEA_MAX_PORTS];

/* A MAC address of the model's: locally administered, the port's number at the end */
#define FIRST_MAC	0x020e0e0e0000ULL

/* Before anybody calls */
void hea_ports_init(void)
{
	unsigned int i;

	for (i = 0; i < hea_nr_ports; i++) {
		ports[i].number = i + 1;
		ports[i].link = true;
		ports[i].mac = FIRST_MAC + i + 1;
		ports[i].speed = PORT_SPEED_10G;
		ports[i].jumbo = 1;
	}
}

/* Ports count from 1; NULL if there is none */
struct hea_port *hea_port_find(unsigned int number)
{
	return number && number <= hea_nr_ports ? &ports[number - 1] : NULL;
}

/* The port at the other end of the wire */
struct hea_port *hea_port_peer(const struct hea_port *port)
{
	return &ports[(port->number - 1) ^ 1];
}

/* H_QUERY_HEA: ehea_phyp.c, ehea_h_query_ehea() */
long hea_call_query_adapter(struct ebus_hcall *call)
{
	__be32 block[ADAPTER_NR_WORDS] = {};

	lockdep_assert_held(&hea_lock);
	if (!hea_block_ok(call->arg[1]))
		return H_PARAMETER;
	block[ADAPTER_CUR_MRS] = cpu_to_be32(hea_count(HEA_MR));
	block[ADAPTER_MAX_QPS] = cpu_to_be32(HEA_MAX_QPS * hea_nr_ports);
	block[ADAPTER_MAX_CQS] = cpu_to_be32(2 * HEA_MAX_QPS * hea_nr_ports);
	block[ADAPTER_MAX_EQS] = cpu_to_be32(2 * HEA_MAX_QPS * hea_nr_ports);
	block[ADAPTER_MAX_MRS] = cpu_to_be32(hea_max_num_mrs);
	/* A bit for 4 KiB, as eHCA has it (ehca_classes.h of Linux 4.4): assumed */
	block[ADAPTER_MR_PAGE_SIZE] = cpu_to_be32(BIT(31));
	block[ADAPTER_MR_SIZE] = cpu_to_be32(upper_32_bits(hea_max_mr_size));
	block[ADAPTER_MR_SIZE + 1] = cpu_to_be32(lower_32_bits(hea_max_mr_size));
	block[ADAPTER_PORTS] = cpu_to_be32(hea_nr_ports);
	block[ADAPTER_MULTICAST + 1] = cpu_to_be32(HEA_MAX_BCMC / 2 - 1);
	return hea_dma_write(call->arg[1], block, sizeof(block)) ?
	       H_SUCCESS : H_PARAMETER;
}

static long refuse(const struct ebus_hcall *call)
{
	hea_oracle(ORACLE_BAD_ARGUMENT, "%s: port %lx, select %lx, index %lx",
		   hea_call_name(call->opcode), call->arg[1], call->arg[2],
		   call->arg[3]);
	return H_PARAMETER;
}

/* Drivers pass 0 for the index: ehea_phyp.c, ehea_h_query_ehea_port() */
static struct hea_port *argument(const struct ebus_hcall *call)
{
	struct hea_port *port = hea_port_find(FIELD_GET(PORT_NUMBER, call->arg[1]));

	if (!port || call->arg[3]) {
		refuse(call);
		return NULL;
	}
	return hea_block_ok(call->arg[4]) ? port : NULL;
}

static u64 two_words(u32 first, u32 second)
{
	return (u64)first << 32 | second;
}

static void query_cb0(const struct hea_port *port, __be64 *block)
{
	unsigned int i;

	block[CB0_MAC] = cpu_to_be64(port->mac);
	block[CB0_CONTROL] = cpu_to_be64(port->control);
	block[CB0_STATE_SPEED] = cpu_to_be64(two_words(port->link, port->speed));
	block[CB0_SWITCH_STATE] = cpu_to_be64(two_words(port->link, 0));
	block[CB0_NR_QPS] = cpu_to_be64(two_words(hea_nr_qps, 0));
	for (i = 0; i < HEA_MAX_QPS; i++)
		block[CB0_QPN + i] = cpu_to_be64(port->qpn[i]);
}

/* Order of the counters in block 2: ehea_phyp.h, struct hcp_ehea_port_cb2 */
static void query_cb2(const struct hea_port *port, __be64 *block)
{
	static const enum hea_counter order[] = {
		RX_BYTES, RX_UNICAST, RX_DROPPED, NR_COUNTERS, NR_COUNTERS,
		RX_MULTICAST, RX_BROADCAST, TX_BYTES, TX_UNICAST, TX_MULTICAST,
		TX_BROADCAST,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(order); i++) {
		if (order[i] < NR_COUNTERS)
			block[i] = cpu_to_be64(port->counter[order[i]]);
	}
}

/* False for a block that the model does not have: no driver asks for block 3 */
static bool query(const struct hea_port *port, unsigned int block_nr,
		  __be64 *block)
{
	unsigned int i;

	switch (block_nr) {
	case 0:
		query_cb0(port, block);
		return true;
	case 1:
		for (i = 0; i < ARRAY_SIZE(port->vlan_filter); i++)
			block[i] = cpu_to_be64(port->vlan_filter[i]);
		return true;
	case 2:
		query_cb2(port, block);
		return true;
	case 4:
		block[0] = cpu_to_be64(two_words(port->speed, 0));
		block[1] = cpu_to_be64(two_words(port->link, port->jumbo));
		return true;
	case 5:
	case 6:
		return true;	/* registers and counters: all 0 */
	case 7:
		block[0] = cpu_to_be64(port->promiscuous_qp);
		return true;
	}
	return false;
}

/*
 * H_QUERY_HEA_PORT: ehea_phyp.c, ehea_h_query_ehea_port(). All of a block is answered,
 * whatever is selected of it; that something has to be is assumed.
 */
long hea_call_query_port(struct ebus_hcall *call)
{
	__be64 block[BLOCK_WORDS] = {};
	struct hea_port *port;

	lockdep_assert_held(&hea_lock);
	port = argument(call);
	if (!port)
		return H_PARAMETER;
	if (!call->arg[2] ||
	    !query(port, FIELD_GET(PORT_BLOCK, call->arg[1]), block))
		return refuse(call);
	return hea_dma_write(call->arg[4], block, sizeof(block)) ?
	       H_SUCCESS : H_PARAMETER;
}

static long modify_cb0(struct hea_port *port, u64 select, const __be64 *block)
{
	unsigned int i;

	if (select & ~(SELECT_MAC | SELECT_CONTROL | SELECT_QPN))
		return H_PARAMETER;
	if (select & SELECT_MAC)
		port->mac = be64_to_cpu(block[CB0_MAC]);
	if (select & SELECT_QPN) {
		for (i = 0; i < HEA_MAX_QPS; i++)
			port->qpn[i] = be64_to_cpu(block[CB0_QPN + i]);
	}
	if (select & SELECT_CONTROL) {
		port->control = be64_to_cpu(block[CB0_CONTROL]);
		/*
		 * A driver is told of the link once its port receives: assumed, as
		 * ehea_open() turns the carrier off and only an event turns it on
		 */
		if (port->control & PORT_VALID)
			hea_notify_port(port, EVENT_PORT_STATE);
	}
	return H_SUCCESS;
}

static long modify_cb4(struct hea_port *port, u64 select, const __be64 *block)
{
	if (select & ~(SELECT_SPEED | SELECT_JUMBO))
		return H_PARAMETER;
	/* 0 is for negotiation, which finds this: assumed */
	if (select & SELECT_SPEED)
		port->speed = upper_32_bits(be64_to_cpu(block[0])) ?: PORT_SPEED_10G;
	if (select & SELECT_JUMBO)
		port->jumbo = lower_32_bits(be64_to_cpu(block[1]));
	return H_SUCCESS;
}

static long modify(struct hea_port *port, unsigned int block_nr, u64 select,
		   const __be64 *block)
{
	unsigned int i;

	if (block_nr == 0)
		return modify_cb0(port, select, block);
	if (block_nr == 4)
		return modify_cb4(port, select, block);
	if (block_nr == 1 && select == SELECT_VLANS) {
		for (i = 0; i < ARRAY_SIZE(port->vlan_filter); i++)
			port->vlan_filter[i] = be64_to_cpu(block[i]);
		return H_SUCCESS;
	}
	if (block_nr == 7 && select == SELECT_UNICAST) {
		port->promiscuous_qp = be64_to_cpu(block[0]);
		return H_SUCCESS;
	}
	return H_PARAMETER;
}

/* H_MODIFY_HEA_PORT: ehea_phyp.c, ehea_h_modify_ehea_port() */
long hea_call_modify_port(struct ebus_hcall *call)
{
	__be64 block[BLOCK_WORDS];
	struct hea_port *port;
	long rc;

	lockdep_assert_held(&hea_lock);
	port = argument(call);
	if (!port || !hea_dma_read(block, call->arg[4], sizeof(block)))
		return H_PARAMETER;
	rc = modify(port, FIELD_GET(PORT_BLOCK, call->arg[1]), call->arg[2], block);
	return rc == H_SUCCESS ? rc : refuse(call);
}

/* The wire is plugged in, or pulled out. Context: hea_lock held. */
void hea_port_link(struct hea_port *port, bool up)
{
	port->link = up;
	hea_notify_port(port, EVENT_PORT_STATE);
}

/* Nothing that is posted is done until it goes on. Context: hea_lock held. */
void hea_port_stall(struct hea_port *port, bool on)
{
	port->stalled = on;
	hea_engine_wake();
}

static void show_port(struct seq_file *m, const struct hea_port *port)
{
	unsigned int vid;

	if (port->promiscuous_qp)
		seq_printf(m, "%u promiscuous\n", port->number);
	for (vid = 0; vid < 64 * ARRAY_SIZE(port->vlan_filter); vid++) {
		if (port->vlan_filter[vid / 64] & IBM_BIT(vid % 64))
			seq_printf(m, "%u vlan %u\n", port->number, vid);
	}
	hea_bcmc_show(m, port);
}

/* What frames the ports take: a line for each reason to take some */
void hea_ports_show(struct seq_file *m)
{
	unsigned int i;

	lockdep_assert_held(&hea_lock);
	for (i = 0; i < hea_nr_ports; i++)
		show_port(m, &ports[i]);
}

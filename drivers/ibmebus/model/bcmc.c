// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which broadcast and multicast frames a port wants.
 */

#include <linux/seq_file.h>

#include "model.h"

/* A MAC address as calls have it */
u64 hea_mac_to_u64(const u8 *mac)
{
	return ether_addr_to_u64(mac);
}

static struct hea_port *argument(const struct ebus_hcall *call,
				 struct hea_bcmc *bcmc)
{
	struct hea_port *port = hea_port_find(FIELD_GET(PORT_NUMBER, call->arg[1]));

	bcmc->type = FIELD_GET(BCMC_TYPE, call->arg[2]);
	bcmc->address = FIELD_GET(BCMC_ADDRESS, call->arg[3]);
	bcmc->vlan = FIELD_GET(BCMC_VLAN, call->arg[4]);
	if (!port)
		hea_oracle(ORACLE_BAD_ARGUMENT, "%s: port %lx",
			   hea_call_name(call->opcode), call->arg[1]);
	return port;
}

static struct hea_bcmc *find(struct hea_port *port, const struct hea_bcmc *bcmc)
{
	unsigned int i;

	for (i = 0; i < port->nr_bcmc; i++) {
		const struct hea_bcmc *there = &port->bcmc[i];

		if (there->type == bcmc->type && there->vlan == bcmc->vlan &&
		    there->address == bcmc->address)
			return &port->bcmc[i];
	}
	return NULL;
}

/*
 * H_REG_BCMC: ehea_phyp.c, ehea_h_reg_dereg_bcmc(). That nothing can be registered
 * twice is assumed.
 */
long hea_call_reg_bcmc(struct ebus_hcall *call)
{
	struct hea_bcmc bcmc;
	struct hea_port *port;

	lockdep_assert_held(&hea_lock);
	port = argument(call, &bcmc);
	if (!port)
		return H_PARAMETER;
	if (find(port, &bcmc)) {
		hea_oracle(ORACLE_BAD_ARGUMENT, "%llx type %x registered twice",
			   bcmc.address, bcmc.type);
		return H_RESOURCE;
	}
	if (port->nr_bcmc == HEA_MAX_BCMC)
		return H_NOT_ENOUGH_RESOURCES;
	port->bcmc[port->nr_bcmc++] = bcmc;
	return H_SUCCESS;
}

/* H_DEREG_BCMC, of what has been registered */
long hea_call_dereg_bcmc(struct ebus_hcall *call)
{
	struct hea_bcmc bcmc, *there;
	struct hea_port *port;

	lockdep_assert_held(&hea_lock);
	port = argument(call, &bcmc);
	there = port ? find(port, &bcmc) : NULL;
	if (!there) {
		hea_oracle(ORACLE_BAD_ARGUMENT, "%llx type %x not registered",
			   bcmc.address, bcmc.type);
		return H_PARAMETER;
	}
	*there = port->bcmc[--port->nr_bcmc];
	return H_SUCCESS;
}

/* One registration is for untagged frames, one for those of any VLAN */
static bool fits_tag(u8 type, bool tagged)
{
	return tagged ? type & BCMC_ALL_VLANS : type & BCMC_UNTAGGED;
}

/**
 * hea_bcmc_wants() - whether a port wants a frame
 * @port: the port
 * @address: destination of the frame, broadcast or multicast
 * @tagged: the frame has a VLAN tag
 *
 * For broadcast a port is registered with its own address (ehea_main.c,
 * ehea_broadcast_reg_helper()).
 *
 * Context: hea_lock held.
 * Return: whether it does.
 */
bool hea_bcmc_wants(const struct hea_port *port, u64 address, bool tagged)
{
	const bool broadcast = address == GENMASK_ULL(47, 0);
	unsigned int i;

	for (i = 0; i < port->nr_bcmc; i++) {
		const struct hea_bcmc *bcmc = &port->bcmc[i];

		if (!fits_tag(bcmc->type, tagged) ||
		    broadcast == !!(bcmc->type & BCMC_MULTICAST))
			continue;
		if (broadcast || bcmc->type & BCMC_ALL || bcmc->address == address)
			return true;
	}
	return false;
}

/* What a port has registered: "<port> address <address> type <type>" */
void hea_bcmc_show(struct seq_file *m, const struct hea_port *port)
{
	unsigned int i;

	lockdep_assert_held(&hea_lock);
	for (i = 0; i < port->nr_bcmc; i++)
		seq_printf(m, "%u address %012llx type %x\n", port->number,
			   port->bcmc[i].address, port->bcmc[i].type);
}

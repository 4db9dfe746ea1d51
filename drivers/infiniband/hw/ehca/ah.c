// SPDX-License-Identifier: GPL-2.0-only
/*
 * Address handles: the address vectors that datagrams carry. The firmware knows
 * nothing of them.
 */

#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/string.h>

#include "ehca.h"
#include "qp.h"

/* No link of the adapters' time is faster: 12 lanes of 10 Gb/s, as multiples of 2.5 */
#define FASTEST_LINK	48

/* In units of 2.5 Gb/s; 0 or an errno */
static int link_rate(struct ib_device *ib, u32 port, int *rate)
{
	struct ib_port_attr attr;
	int ret = ib_query_port(ib, port, &attr);

	if (ret)
		return ret;
	*rate = ib_width_enum_to_int(attr.active_width) * attr.active_speed;
	return *rate > 0 ? 0 : -ENETDOWN;
}

/**
 * ehca_pauses() - how long to pause between packets, to keep to a static rate
 * @ib: adapter
 * @port: its port
 * @static_rate: enum ib_rate
 * @may_sleep: whether the port may be asked for its rate
 * @pauses: result, as multiples of a packet's length
 *
 * Without asking, the link is assumed to be as fast as any: then the pauses are
 * longer than needed.
 *
 * Context: Process context, may sleep if @may_sleep; any otherwise.
 * Return: 0, or an errno: -EINVAL if there is no such rate or port.
 */
int ehca_pauses(struct ib_device *ib, u32 port, u8 static_rate, bool may_sleep,
		u8 *pauses)
{
	const int path = ib_rate_to_mult(static_rate);
	int link = FASTEST_LINK, ret;

	*pauses = 0;
	if (static_rate == IB_RATE_PORT_CURRENT)
		return 0;
	if (path <= 0)
		return -EINVAL;
	if (may_sleep) {
		ret = link_rate(ib, port, &link);
		if (ret)
			return ret;
	}
	if (path < link)
		*pauses = DIV_ROUND_UP(link, path) - 1;
	return 0;
}

static void set_route(struct ehca_av *av, const struct rdma_ah_attr *attr)
{
	const struct ib_global_route *grh = rdma_ah_read_grh(attr);

	av->grh_flag = 1;
	av->grh = FIELD_PREP(EHCA_GRH_VERSION, EHCA_GRH_VERSION_6) |
		  FIELD_PREP(EHCA_GRH_CLASS, grh->traffic_class) |
		  FIELD_PREP(EHCA_GRH_FLOW, grh->flow_label & 0xfffff) |
		  FIELD_PREP(EHCA_GRH_NEXT, EHCA_GRH_NEXT_IB) |
		  FIELD_PREP(EHCA_GRH_HOPS, grh->hop_limit);
	memcpy(av->sgid, grh->sgid_attr->gid.raw, sizeof(av->sgid));
	memcpy(av->dgid, grh->dgid.raw, sizeof(av->dgid));
}

/**
 * ehca_create_ah() - make an address handle
 * @ib: the RDMA core's
 * @init: where it is to lead
 * @udata: not NULL if it is for user space, which is not supported
 *
 * Context: Process context if %RDMA_CREATE_AH_SLEEPABLE; any otherwise.
 * Return: 0 or an errno.
 */
int ehca_create_ah(struct ib_ah *ib, struct rdma_ah_init_attr *init,
		   struct ib_udata *udata)
{
	const struct rdma_ah_attr *attr = init->ah_attr;
	struct ehca_ah *ah = to_ehca_ah(ib);
	struct ehca_av *av = &ah->av;
	int ret;

	if (udata)
		return -EOPNOTSUPP;
	if (rdma_ah_get_dlid(attr) > U16_MAX)
		return -EINVAL;
	memset(av, 0, sizeof(*av));
	ret = ehca_pauses(ib->device, rdma_ah_get_port_num(attr),
			  rdma_ah_get_static_rate(attr),
			  init->flags & RDMA_CREATE_AH_SLEEPABLE, &av->ipd);
	if (ret)
		return ret;
	ah->port = rdma_ah_get_port_num(attr);
	ah->static_rate = rdma_ah_get_static_rate(attr);
	av->sl = rdma_ah_get_sl(attr);
	av->dlid = rdma_ah_get_dlid(attr);
	av->path_bits = rdma_ah_get_path_bits(attr);
	if (rdma_ah_get_ah_flags(attr) & IB_AH_GRH) {
		set_route(av, attr);
		ah->sgid_index = rdma_ah_read_grh(attr)->sgid_index;
	}
	return 0;
}

/**
 * ehca_query_ah() - where an address handle leads
 * @ib: the RDMA core's
 * @attr: result
 *
 * Context: Any.
 * Return: 0.
 */
int ehca_query_ah(struct ib_ah *ib, struct rdma_ah_attr *attr)
{
	const struct ehca_ah *ah = to_ehca_ah(ib);
	const struct ehca_av *av = &ah->av;

	memset(attr, 0, sizeof(*attr));
	attr->type = ib->type;
	rdma_ah_set_port_num(attr, ah->port);
	rdma_ah_set_static_rate(attr, ah->static_rate);
	rdma_ah_set_sl(attr, av->sl);
	rdma_ah_set_dlid(attr, av->dlid);
	rdma_ah_set_path_bits(attr, av->path_bits);
	if (!av->grh_flag)
		return 0;
	rdma_ah_set_grh(attr, NULL, FIELD_GET(EHCA_GRH_FLOW, av->grh),
			ah->sgid_index, FIELD_GET(EHCA_GRH_HOPS, av->grh),
			FIELD_GET(EHCA_GRH_CLASS, av->grh));
	rdma_ah_set_dgid_raw(attr, (void *)av->dgid);
	return 0;
}

/**
 * ehca_destroy_ah() - the undo of ehca_create_ah()
 * @ib: the RDMA core's
 * @flags: whether this may sleep; it does not
 *
 * Datagrams that were posted have a copy.
 *
 * Context: Any.
 * Return: 0.
 */
int ehca_destroy_ah(struct ib_ah *ib, u32 flags)
{
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attributes of queue pairs, as the firmware wants to be told them. Facts from 4.4's
 * drivers/staging/rdma/ehca/ehca_qp.c, internal_modify_qp().
 */

#include <linux/errno.h>
#include <linux/string.h>

#include "ehca.h"
#include "qp_change.h"

/* Of connections: that peers may write and read (assumed, the firmware needs it) */
#define ACCESS_CONNECTED	3

/* InfiniBand has 3 bits for the one and 5 for the other: rdma/ibta_vol1_c12.h, CM_REQ_* */
#define MAX_RETRIES		7
#define MAX_TIME		31
#define QPN_MASK		GENMASK(23, 0)

static const enum ehca_qp_state to_firmware[] = {
	[IB_QPS_RESET] = EHCA_QP_RESET,
	[IB_QPS_INIT] = EHCA_QP_INIT,
	[IB_QPS_RTR] = EHCA_QP_RTR,
	[IB_QPS_RTS] = EHCA_QP_RTS,
	[IB_QPS_SQD] = EHCA_QP_SQD,
	[IB_QPS_SQE] = EHCA_QP_SQE,
	[IB_QPS_ERR] = EHCA_QP_ERR,
};

/**
 * ehca_qp_state_get() - what a state of the firmware's is called
 * @state: enum ehca_qp_state
 * @result: its name
 *
 * Return: 0, or -EIO if there is no such state.
 */
int ehca_qp_state_get(u32 state, enum ib_qp_state *result)
{
	enum ib_qp_state i;

	for (i = 0; i < ARRAY_SIZE(to_firmware); i++) {
		if (to_firmware[i] != state)
			continue;
		*result = i;
		return 0;
	}
	return -EIO;
}

static void set(struct ehca_qp_change *change, u64 which, u32 *field, u32 value)
{
	*field = value;
	change->changes |= which;
}

static void set_alt(struct ehca_qp_change *change, enum ehca_qp_alt which, u32 value)
{
	set(change, EHCA_ALT_BIT(which), &change->block->alt[which], value);
}

static int set_up_to(struct ehca_qp_change *change, u64 which, u32 *field, u32 value,
		     u32 max)
{
	if (value > max)
		return -EINVAL;
	set(change, which, field, value);
	return 0;
}

/* Datagrams carry the largest packet that their port takes */
static int put_port(struct ehca_qp_change *change, u32 port)
{
	struct ib_port_attr attr;
	int ret;

	ret = ib_query_port(change->qp->ib.device, port, &attr);
	if (ret)
		return ret;
	change->pmtu = attr.max_mtu;
	set(change, EHCA_QP_PORT, &change->block->port, port);
	return 0;
}

static int put_local(struct ehca_qp_change *change)
{
	const struct ib_qp_attr *attr = change->attr;
	struct ehca_cb_qp *block = change->block;
	int ret;

	if (change->mask & IB_QP_PKEY_INDEX) {
		ret = set_up_to(change, EHCA_QP_PKEY, &block->pkey,
				attr->pkey_index, EHCA_MAX_PKEYS - 1);
		if (ret)
			return ret;
	}
	if (change->mask & IB_QP_PORT) {
		ret = put_port(change, attr->port_num);
		if (ret)
			return ret;
	}
	if (change->mask & IB_QP_QKEY)
		set(change, EHCA_QP_QKEY, &block->qkey, attr->qkey);
	return 0;
}

static int put_path(struct ehca_qp_change *change)
{
	const struct rdma_ah_attr *ah = &change->attr->ah_attr;
	const struct ib_global_route *grh = rdma_ah_read_grh(ah);
	const bool has_grh = rdma_ah_get_ah_flags(ah) & IB_AH_GRH;
	struct ehca_cb_qp *block = change->block;
	u8 pauses;
	int ret;

	ret = ehca_pauses(change->qp->ib.device, block->port,
			  rdma_ah_get_static_rate(ah), true, &pauses);
	if (ret)
		return ret;
	set(change, EHCA_QP_RATE, &block->rate, pauses);
	set(change, EHCA_QP_DLID, &block->dlid, rdma_ah_get_dlid(ah));
	set(change, EHCA_QP_PATH_BITS, &block->path_bits,
	    rdma_ah_get_path_bits(ah));
	set(change, EHCA_QP_SL, &block->sl, rdma_ah_get_sl(ah));
	set(change, EHCA_QP_GRH, &block->grh, has_grh);
	/* Without a route, the firmware refuses what belongs to one */
	if (!has_grh)
		return 0;
	set(change, EHCA_QP_SGID, &block->sgid, grh->sgid_index);
	set(change, EHCA_QP_FLOW, &block->flow, grh->flow_label);
	set(change, EHCA_QP_HOPS, &block->hops, grh->hop_limit);
	set(change, EHCA_QP_CLASS, &block->class, grh->traffic_class);
	memcpy(block->dgid, grh->dgid.raw, sizeof(block->dgid));
	change->changes |= EHCA_QP_DGID;
	return 0;
}

static void put_alt_route(struct ehca_qp_change *change,
			  const struct ib_global_route *grh)
{
	struct ehca_cb_qp *block = change->block;

	set_alt(change, EHCA_ALT_SGID, grh->sgid_index);
	set_alt(change, EHCA_ALT_FLOW, grh->flow_label);
	set_alt(change, EHCA_ALT_HOPS, grh->hop_limit);
	set_alt(change, EHCA_ALT_CLASS, grh->traffic_class);
	memcpy(block->alt_dgid, grh->dgid.raw, sizeof(block->alt_dgid));
	change->changes |= EHCA_ALT_BIT_DGID;
}

static int put_alt_path(struct ehca_qp_change *change)
{
	const struct ib_qp_attr *attr = change->attr;
	const struct rdma_ah_attr *ah = &attr->alt_ah_attr;
	const bool has_grh = rdma_ah_get_ah_flags(ah) & IB_AH_GRH;
	struct ehca_cb_qp *block = change->block;
	u8 pauses;
	int ret;

	if (attr->alt_pkey_index >= EHCA_MAX_PKEYS ||
	    attr->alt_timeout > MAX_TIME ||
	    !rdma_is_port_valid(change->qp->ib.device, attr->alt_port_num))
		return -EINVAL;
	ret = ehca_pauses(change->qp->ib.device, attr->alt_port_num,
			  rdma_ah_get_static_rate(ah), true, &pauses);
	if (ret)
		return ret;
	set(change, EHCA_QP_ALT_PORT, &block->alt_port, attr->alt_port_num);
	set(change, EHCA_QP_ALT_PKEY, &block->alt_pkey, attr->alt_pkey_index);
	set_alt(change, EHCA_ALT_RATE, pauses);
	set_alt(change, EHCA_ALT_TIMEOUT, attr->alt_timeout);
	set_alt(change, EHCA_ALT_DLID, rdma_ah_get_dlid(ah));
	set_alt(change, EHCA_ALT_PATH_BITS, rdma_ah_get_path_bits(ah));
	set_alt(change, EHCA_ALT_SL, rdma_ah_get_sl(ah));
	/* Verbs have none of its own */
	set_alt(change, EHCA_ALT_RETRIES, block->retries);
	set_alt(change, EHCA_ALT_RNR_RETRIES, block->rnr_retries);
	set_alt(change, EHCA_ALT_GRH, has_grh);
	if (has_grh)
		put_alt_route(change, rdma_ah_read_grh(ah));
	return 0;
}

static int put_retries(struct ehca_qp_change *change)
{
	const struct ib_qp_attr *attr = change->attr;
	struct ehca_cb_qp *block = change->block;
	int ret = 0;

	if (change->mask & IB_QP_TIMEOUT)
		ret = set_up_to(change, EHCA_QP_TIMEOUT, &block->timeout,
				attr->timeout, MAX_TIME);
	if (!ret && change->mask & IB_QP_RETRY_CNT)
		ret = set_up_to(change, EHCA_QP_RETRIES, &block->retries,
				attr->retry_cnt, MAX_RETRIES);
	if (!ret && change->mask & IB_QP_RNR_RETRY)
		ret = set_up_to(change, EHCA_QP_RNR_RETRIES,
				&block->rnr_retries, attr->rnr_retry,
				MAX_RETRIES);
	if (!ret && change->mask & IB_QP_MIN_RNR_TIMER)
		ret = set_up_to(change, EHCA_QP_MIN_RNR, &block->min_rnr,
				attr->min_rnr_timer, MAX_TIME);
	return ret;
}

static int put_reads(struct ehca_qp_change *change)
{
	const struct ehca_limits *limits =
		&to_ehca(change->qp->ib.device)->limits;
	const struct ib_qp_attr *attr = change->attr;
	struct ehca_cb_qp *block = change->block;
	int ret = 0;

	if (change->mask & IB_QP_MAX_DEST_RD_ATOMIC)
		ret = set_up_to(change, EHCA_QP_READS_IN, &block->reads_in,
				attr->max_dest_rd_atomic, limits->max_reads_in);
	if (!ret && change->mask & IB_QP_MAX_QP_RD_ATOMIC)
		ret = set_up_to(change, EHCA_QP_READS_OUT, &block->reads_out,
				attr->max_rd_atomic, limits->max_reads_out);
	return ret;
}

static int put_migration(struct ehca_qp_change *change)
{
	const enum ib_mig_state state = change->attr->path_mig_state;

	if (state != IB_MIG_MIGRATED && state != IB_MIG_REARM)
		return -EINVAL;
	set(change, EHCA_QP_MIGRATION, &change->block->migration, state + 1);
	return 0;
}

static void put_peer(struct ehca_qp_change *change)
{
	const struct ib_qp_attr *attr = change->attr;
	struct ehca_cb_qp *block = change->block;

	if (change->mask & IB_QP_PATH_MTU)
		set(change, EHCA_QP_MTU, &block->mtu, attr->path_mtu);
	if (change->mask & IB_QP_DEST_QPN)
		set(change, EHCA_QP_DEST_QPN, &block->dest_qpn,
		    attr->dest_qp_num & QPN_MASK);
	if (change->mask & IB_QP_RQ_PSN)
		set(change, EHCA_QP_RECEIVE_PSN, &block->receive_psn,
		    attr->rq_psn);
	if (change->mask & IB_QP_SQ_PSN)
		set(change, EHCA_QP_SEND_PSN, &block->send_psn, attr->sq_psn);
}

/* What the firmware wants to know, and verbs do not tell */
static void put_unasked(struct ehca_qp_change *change)
{
	const enum ib_qp_type type = change->qp->ib.qp_type;
	struct ehca_cb_qp *block = change->block;
	const bool to_init = change->from == IB_QPS_RESET &&
			     change->to == IB_QPS_INIT;
	const bool to_rtr = change->from == IB_QPS_INIT &&
			    change->to == IB_QPS_RTR;

	if (to_init && type != IB_QPT_UD)
		set(change, EHCA_QP_ACCESS, &block->access, ACCESS_CONNECTED);
	if (to_rtr && type == IB_QPT_UC)
		set(change, EHCA_QP_READS_IN, &block->reads_in, 1);
	/* From eHCA2's second revision on; that older ones mind is not known */
	if (to_rtr && type == IB_QPT_UD)
		set(change, EHCA_QP_GRH, &block->grh, 1);
}

/**
 * ehca_qp_attr_put() - write what is wanted into the control block
 * @change: what is wanted
 *
 * Context: Process context, may sleep.
 * Return: 0, or an errno: -EINVAL if an attribute has a value that it cannot have.
 */
int ehca_qp_attr_put(struct ehca_qp_change *change)
{
	int ret;

	set(change, EHCA_QP_STATE, &change->block->state,
	    to_firmware[change->to]);
	put_unasked(change);
	put_peer(change);
	ret = put_local(change);
	if (!ret)
		ret = put_retries(change);
	if (!ret)
		ret = put_reads(change);
	if (!ret && change->mask & IB_QP_AV)
		ret = put_path(change);
	if (!ret && change->mask & IB_QP_ALT_PATH)
		ret = put_alt_path(change);
	if (!ret && change->mask & IB_QP_PATH_MIG_STATE)
		ret = put_migration(change);
	return ret;
}

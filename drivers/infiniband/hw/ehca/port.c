// SPDX-License-Identifier: GPL-2.0-only
/* Ports */

#include <linux/errno.h>
#include <linux/minmax.h>
#include <rdma/ib_mad.h>

#include "ehca.h"

/* Of firmware that does not tell, according to 4.4's ehca_hca.c */
#define MAX_MESSAGE	BIT(31)
#define LINK_UP		IB_PORT_PHYS_STATE_LINK_UP
#define WIDTH		IB_WIDTH_12X
#define SPEED		IB_SPEED_SDR

/* Capabilities that 4.4's ehca_hca.c lets be changed */
#define CHANGEABLE	(IB_PORT_SM | IB_PORT_LED_INFO_SUP | IB_PORT_CM_SUP | \
			 IB_PORT_SNMP_TUNNEL_SUP | IB_PORT_DEVICE_MGMT_SUP | \
			 IB_PORT_VENDOR_CLASS_SUP)

/* The block, to be freed; or an errno */
static struct ehca_cb_port *query(struct ib_device *ib, u32 port)
{
	struct ehca_cb_port *block = ehca_block_alloc();
	int ret;

	if (!block)
		return ERR_PTR(-ENOMEM);
	ret = ehca_fw_query_port(to_ehca(ib), port, block);
	if (ret) {
		ehca_block_free(block);
		return ERR_PTR(ret);
	}
	return block;
}

static void set_link(struct ib_port_attr *attr, const struct ehca_cb_port *block)
{
	if (block->state && block->phys_width) {
		attr->state = block->phys_state;
		attr->phys_state = block->phys_pstate;
		attr->active_width = block->phys_width;
		attr->active_speed = block->phys_speed;
		return;
	}
	attr->state = block->state;
	attr->phys_state = LINK_UP;
	attr->active_width = WIDTH;
	attr->active_speed = SPEED;
}

static void set_attr(struct ib_port_attr *attr, const struct ehca_cb_port *block)
{
	set_link(attr, block);
	attr->max_mtu = clamp(block->max_mtu, IB_MTU_256, IB_MTU_4096);
	attr->active_mtu = attr->max_mtu;
	attr->gid_tbl_len = min(block->nr_gids, EHCA_MAX_GIDS);
	attr->pkey_tbl_len = min(block->nr_pkeys, EHCA_MAX_PKEYS);
	attr->port_cap_flags = block->capabilities;
	attr->max_msg_sz = block->max_message ?
			   min(block->max_message, U32_MAX) : MAX_MESSAGE;
	attr->bad_pkey_cntr = block->bad_pkeys;
	attr->qkey_viol_cntr = block->bad_qkeys;
	attr->lid = block->lid;
	attr->lmc = block->lmc;
	attr->sm_lid = block->sm_lid;
	attr->sm_sl = block->sm_sl;
	attr->subnet_timeout = block->subnet_timeout;
	attr->init_type_reply = block->init_type;
	attr->max_vl_num = block->vls;
}

/**
 * ehca_query_port() - what a port is, and what state it is in
 * @ib: the RDMA core's
 * @port: from 1 on
 * @attr: where the answer goes, zeroed
 *
 * Context: Process context, may sleep.
 * Return: 0 or an errno.
 */
int ehca_query_port(struct ib_device *ib, u32 port, struct ib_port_attr *attr)
{
	struct ehca_cb_port *block = query(ib, port);

	if (IS_ERR(block))
		return PTR_ERR(block);
	set_attr(attr, block);
	ehca_block_free(block);
	return 0;
}

/**
 * ehca_query_gid() - a GID of a port
 * @ib: the RDMA core's
 * @port: from 1 on
 * @index: from 0 on
 * @gid: where it goes
 *
 * Context: Process context, may sleep.
 * Return: 0; -EINVAL if there is no such one; or another errno.
 */
int ehca_query_gid(struct ib_device *ib, u32 port, int index, union ib_gid *gid)
{
	struct ehca_cb_port *block;
	int ret = -EINVAL;

	if (index < 0 || index >= EHCA_MAX_GIDS)
		return ret;
	block = query(ib, port);
	if (IS_ERR(block))
		return PTR_ERR(block);
	if (index < block->nr_gids) {
		gid->global.subnet_prefix = cpu_to_be64(block->gid_prefix);
		gid->global.interface_id = cpu_to_be64(block->guids[index]);
		ret = 0;
	}
	ehca_block_free(block);
	return ret;
}

/**
 * ehca_query_pkey() - a P_Key of a port
 * @ib: the RDMA core's
 * @port: from 1 on
 * @index: from 0 on
 * @pkey: where it goes
 *
 * Context: Process context, may sleep.
 * Return: 0; -EINVAL if there is no such one; or another errno.
 */
int ehca_query_pkey(struct ib_device *ib, u32 port, u16 index, u16 *pkey)
{
	struct ehca_cb_port *block;
	int ret = -EINVAL;

	if (index >= EHCA_MAX_PKEYS)
		return ret;
	block = query(ib, port);
	if (IS_ERR(block))
		return PTR_ERR(block);
	if (index < block->nr_pkeys) {
		*pkey = block->pkeys[index];
		ret = 0;
	}
	ehca_block_free(block);
	return ret;
}

/*
 * Capabilities and commands are or'ed, though some have the same bits: 4.4's hcp_if.c
 * (hipz_h_modify_port()) does so.
 */
static u64 to_change(u32 capabilities, int mask,
		     const struct ib_port_modify *change)
{
	return ((capabilities | change->set_port_cap_mask) &
		~change->clr_port_cap_mask) |
	       (mask & IB_PORT_SHUTDOWN ? EHCA_PORT_SHUTDOWN : 0) |
	       (mask & IB_PORT_INIT_TYPE ?
		FIELD_PREP(EHCA_PORT_INIT_TYPE, change->init_type) : 0) |
	       (mask & IB_PORT_RESET_QKEY_CNTR ? EHCA_PORT_RESET_QKEYS : 0);
}

/**
 * ehca_modify_port() - change a port
 * @ib: the RDMA core's
 * @port: from 1 on
 * @mask: IB_PORT_*
 * @change: what else to change
 *
 * Context: Process context, may sleep.
 * Return: 0; -EINVAL if that cannot be changed; or another errno.
 */
int ehca_modify_port(struct ib_device *ib, u32 port, int mask,
		     struct ib_port_modify *change)
{
	struct ehca_adapter *adapter = to_ehca(ib);
	struct ehca_cb_port *block;
	int ret;

	if ((change->set_port_cap_mask | change->clr_port_cap_mask) &
	    ~CHANGEABLE)
		return -EINVAL;
	/* Nobody changes capabilities between the two calls */
	mutex_lock(&adapter->port_lock);
	block = query(ib, port);
	ret = PTR_ERR_OR_ZERO(block);
	if (!ret) {
		ret = ehca_fw_modify_port(adapter, port,
					  to_change(block->capabilities, mask,
						    change));
		ehca_block_free(block);
	}
	mutex_unlock(&adapter->port_lock);
	return ret;
}

/**
 * ehca_port_immutable() - what of a port does not change
 * @ib: the RDMA core's
 * @port: from 1 on
 * @immutable: where the answer goes
 *
 * No MADs: ib_mad would use the adapter's memory for as long as there is an adapter,
 * and no memory could come or go. Without it there is neither SA nor CM.
 *
 * Context: Process context, may sleep.
 * Return: 0 or an errno.
 */
int ehca_port_immutable(struct ib_device *ib, u32 port,
			struct ib_port_immutable *immutable)
{
	struct ib_port_attr attr = {};
	int ret;

	ret = ehca_query_port(ib, port, &attr);
	if (ret)
		return ret;
	immutable->gid_tbl_len = attr.gid_tbl_len;
	immutable->pkey_tbl_len = attr.pkey_tbl_len;
	immutable->core_cap_flags = RDMA_CORE_CAP_PROT_IB;
	immutable->max_mad_size = 0;
	return 0;
}

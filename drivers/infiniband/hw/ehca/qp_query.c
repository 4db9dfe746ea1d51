// SPDX-License-Identifier: GPL-2.0-only
/* What queue pairs and their attributes are */

#include <linux/errno.h>
#include <linux/string.h>

#include "ehca.h"
#include "qp_change.h"

static void get_path(const struct ehca_qp *qp, const struct ehca_cb_qp *block,
		     struct rdma_ah_attr *ah)
{
	ah->type = RDMA_AH_ATTR_TYPE_IB;
	rdma_ah_set_port_num(ah, block->port);
	rdma_ah_set_static_rate(ah, qp->static_rate);
	rdma_ah_set_sl(ah, block->sl);
	rdma_ah_set_dlid(ah, block->dlid);
	rdma_ah_set_path_bits(ah, block->path_bits);
	if (!block->grh)
		return;
	rdma_ah_set_grh(ah, NULL, block->flow, block->sgid, block->hops,
			block->class);
	rdma_ah_set_dgid_raw(ah, (void *)block->dgid);
}

static void get_alt_path(const struct ehca_qp *qp,
			 const struct ehca_cb_qp *block,
			 struct rdma_ah_attr *ah)
{
	const u32 *alt = block->alt;

	ah->type = RDMA_AH_ATTR_TYPE_IB;
	rdma_ah_set_port_num(ah, block->alt_port);
	rdma_ah_set_static_rate(ah, qp->alt_static_rate);
	rdma_ah_set_sl(ah, alt[EHCA_ALT_SL]);
	rdma_ah_set_dlid(ah, alt[EHCA_ALT_DLID]);
	rdma_ah_set_path_bits(ah, alt[EHCA_ALT_PATH_BITS]);
	if (!alt[EHCA_ALT_GRH])
		return;
	rdma_ah_set_grh(ah, NULL, alt[EHCA_ALT_FLOW], alt[EHCA_ALT_SGID], alt[EHCA_ALT_HOPS],
			alt[EHCA_ALT_CLASS]);
	rdma_ah_set_dgid_raw(ah, (void *)block->alt_dgid);
}

static void get(const struct ehca_qp *qp, const struct ehca_cb_qp *block,
		struct ib_qp_attr *attr)
{
	attr->path_mtu = block->mtu;
	attr->path_mig_state = block->migration ? block->migration - 1 :
						  IB_MIG_MIGRATED;
	attr->qkey = block->qkey;
	attr->rq_psn = block->receive_psn;
	attr->sq_psn = block->send_psn;
	attr->dest_qp_num = block->dest_qpn;
	attr->qp_access_flags = qp->access;
	attr->cap = ehca_qp_cap(qp);
	attr->pkey_index = block->pkey;
	attr->alt_pkey_index = block->alt_pkey;
	attr->max_rd_atomic = block->reads_out;
	attr->max_dest_rd_atomic = block->reads_in;
	attr->min_rnr_timer = block->min_rnr;
	attr->port_num = block->port;
	attr->timeout = block->timeout;
	attr->retry_cnt = block->retries;
	attr->rnr_retry = block->rnr_retries;
	attr->alt_port_num = block->alt_port;
	attr->alt_timeout = block->alt[EHCA_ALT_TIMEOUT];
	if (qp->ib.qp_type == IB_QPT_UD)
		return;
	get_path(qp, block, &attr->ah_attr);
	get_alt_path(qp, block, &attr->alt_ah_attr);
}

static void get_init(const struct ehca_qp *qp, struct ib_qp_init_attr *init)
{
	*init = (struct ib_qp_init_attr) {
		.event_handler = qp->ib.event_handler,
		.qp_context = qp->ib.qp_context,
		.send_cq = qp->ib.send_cq,
		.recv_cq = qp->ib.recv_cq,
		.cap = ehca_qp_cap(qp),
		.sq_sig_type = qp->signal_all ? IB_SIGNAL_ALL_WR :
						IB_SIGNAL_REQ_WR,
		.qp_type = qp->ib.qp_type,
		.port_num = qp->ib.port,
	};
}

static int query(struct ehca_qp *qp, struct ehca_cb_qp *block,
		 struct ib_qp_attr *attr)
{
	int ret;

	ret = ehca_fw_query_qp(to_ehca(qp->ib.device), qp->handle, block);
	if (ret)
		return ret;
	ret = ehca_qp_state_get(block->state, &attr->qp_state);
	if (ret)
		return ret;
	attr->cur_qp_state = attr->qp_state;
	/* Not known; sends that nobody wants to hear of make it look so too long */
	attr->sq_draining = attr->qp_state == IB_QPS_SQD &&
			    READ_ONCE(qp->sq.completed) <
			    READ_ONCE(qp->sq.posted);
	get(qp, block, attr);
	return 0;
}

/**
 * ehca_query_qp() - a queue pair's state and attributes
 * @ib: the RDMA core's
 * @attr: result
 * @mask: which of them are wanted; there are all
 * @init: result, what it was made with
 *
 * Context: Process context, may sleep.
 * Return: 0 or an errno.
 */
int ehca_query_qp(struct ib_qp *ib, struct ib_qp_attr *attr, int mask,
		  struct ib_qp_init_attr *init)
{
	struct ehca_qp *qp = to_ehca_qp(ib);
	struct ehca_cb_qp *block = ehca_block_alloc();
	int ret;

	if (!block)
		return -ENOMEM;
	memset(attr, 0, sizeof(*attr));
	mutex_lock(&qp->mutex);
	ret = query(qp, block, attr);
	mutex_unlock(&qp->mutex);
	ehca_block_free(block);
	if (!ret)
		get_init(qp, init);
	return ret;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Changes of queue pairs, and the control block that they are told the firmware by.
 * Facts from 4.4's drivers/staging/rdma/ehca/ehca_classes_pSeries.h.
 */
#ifndef _EHCA_QP_CHANGE_H
#define _EHCA_QP_CHANGE_H

#include "control_block.h"
#include "qp.h"

/*
 * Where the alternate path's are in &ehca_cb_qp.alt, and from which bit on they are
 * named when they change. Its GID has a bit of its own.
 */
enum ehca_qp_alt {
	EHCA_ALT_SL,
	EHCA_ALT_GRH,
	EHCA_ALT_RETRIES,
	EHCA_ALT_TIMEOUT,
	EHCA_ALT_RATE,
	EHCA_ALT_DLID,
	EHCA_ALT_RNR_RETRIES,
	EHCA_ALT_PATH_BITS,
	EHCA_ALT_CLASS,
	EHCA_ALT_HOPS,
	EHCA_ALT_SGID,
	EHCA_ALT_FLOW,
};

#define EHCA_ALT_BIT(alt)	EHCA_BIT(31 + (alt))
#define EHCA_ALT_BIT_DGID	EHCA_BIT(44)

/**
 * struct ehca_qp_change - a change of a queue pair
 * @qp: which; its mutex is held
 * @attr: what is wanted
 * @mask: what of @attr is valid, IB_QP_*
 * @from: the state that the firmware says it is in
 * @to: the state that is wanted
 * @block: as the firmware answered it, and what is to change
 * @changes: what of @block is, EHCA_QP_*
 * @pmtu: enum ib_mtu of the port, if that is wanted
 */
struct ehca_qp_change {
	struct ehca_qp *qp;
	const struct ib_qp_attr *attr;
	int mask;
	enum ib_qp_state from, to;
	struct ehca_cb_qp *block;
	u64 changes;
	u8 pmtu;
};

/* qp_attr.c */
int ehca_qp_attr_put(struct ehca_qp_change *change);
int ehca_qp_state_get(u32 state, enum ib_qp_state *result);

#endif /* _EHCA_QP_CHANGE_H */

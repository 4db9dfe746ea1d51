// SPDX-License-Identifier: GPL-2.0-only
/*
 * eHCA: calls of the firmware for queue pairs with arguments that it refuses.
 */

#include <linux/mm.h>

#include "hca_defects.h"

static struct ebus_hcall qp_without_send_cq(struct hca_rig *rig)
{
	return hca_with(hca_rig_qp_call(rig, SERVICE_RC, 0), 2, rig->eq.handle);
}

static struct ebus_hcall qp_without_receive_cq(struct hca_rig *rig)
{
	return hca_with(hca_rig_qp_call(rig, SERVICE_RC, 0), 3, rig->eq.handle);
}

static struct ebus_hcall qp_without_eq(struct hca_rig *rig)
{
	return hca_with(hca_rig_qp_call(rig, SERVICE_RC, 0), 4, rig->cq.handle);
}

static struct ebus_hcall qp_of_unknown_service(struct hca_rig *rig)
{
	return hca_rig_qp_call(rig, 2, 0);
}

static struct ebus_hcall qp_of_unknown_kind(struct hca_rig *rig)
{
	struct ebus_hcall call = hca_rig_qp_call(rig, SERVICE_RC, 0);

	return hca_with(call, 1, call.arg[1] | FIELD_PREP(HCA_QP_KIND, 3));
}

static struct ebus_hcall qp_without_entries(struct hca_rig *rig)
{
	struct ebus_hcall call = hca_rig_qp_call(rig, SERVICE_RC, 0);

	return hca_with(call, 6, call.arg[6] & ~HCA_QP_RECEIVE_WRS);
}

static struct ebus_hcall qp_too_long(struct hca_rig *rig)
{
	struct ebus_hcall call = hca_rig_qp_call(rig, SERVICE_RC, 0);

	return hca_with(call, 6, call.arg[6] | HCA_QP_SEND_WRS);
}

static struct ebus_hcall qp_too_wide(struct hca_rig *rig)
{
	struct ebus_hcall call = hca_rig_qp_call(rig, SERVICE_RC, 0);

	return hca_with(call, 6, call.arg[6] | HCA_QP_SEND_SGES);
}

static struct ebus_hcall query_unknown_qp(struct hca_rig *rig)
{
	return RIG_CALL(rig, H_QUERY_QP, rig->cq.handle, virt_to_phys(rig->block));
}

/* States and attributes of one that is ready to send */
static struct ebus_hcall set(struct hca_rig *rig, unsigned int state, u64 mask)
{
	hca_rig_fill(rig, state, rig->receiver.number);
	return hca_rig_set_call(rig, rig->sender.handle, mask);
}

static struct ebus_hcall set_nothing(struct hca_rig *rig)
{
	return set(rig, STATE_RTS, 0);
}

static struct ebus_hcall set_unknown(struct hca_rig *rig)
{
	return set(rig, STATE_RTS, IBM_BIT(1));
}

static struct ebus_hcall set_misaligned(struct hca_rig *rig)
{
	return hca_with(set(rig, STATE_RTS, HCA_SELECT(QPW_STATE)), 3,
			virt_to_phys(rig->block) + 8);
}

static struct ebus_hcall step_back(struct hca_rig *rig)
{
	return set(rig, STATE_RTR, HCA_SELECT(QPW_STATE));
}

static struct ebus_hcall unknown_state(struct hca_rig *rig)
{
	return set(rig, 4, HCA_SELECT(QPW_STATE));
}

static struct ebus_hcall value(struct hca_rig *rig, enum hca_qp_word word, u32 value)
{
	const struct ebus_hcall call = set(rig, STATE_RTS, HCA_SELECT(word));

	rig->block[word] = cpu_to_be32(value);
	return call;
}

static struct ebus_hcall unknown_port(struct hca_rig *rig)
{
	return value(rig, QPW_PORT, HCA_NO_PORT);
}

static struct ebus_hcall unknown_partition(struct hca_rig *rig)
{
	return value(rig, QPW_PKEY, 16);
}

static struct ebus_hcall unknown_mtu(struct hca_rig *rig)
{
	return value(rig, QPW_MTU, 6);
}

static struct ebus_hcall unknown_gid(struct hca_rig *rig)
{
	return value(rig, QPW_SGID, 255);
}

static struct ebus_hcall too_many_reads(struct hca_rig *rig)
{
	return value(rig, QPW_READS_OUT, 128);
}

/* "Otherwise phyp will return H_ATTR_PARM" */
static struct ebus_hcall route_without_header(struct hca_rig *rig)
{
	return value(rig, QPW_HOPS, 1);
}

/* Of one that has not been started */
static struct ebus_hcall set_other(struct hca_rig *rig, unsigned int state, u64 mask)
{
	return hca_with(set(rig, state, mask), 1, rig->aqp1.handle);
}

static struct ebus_hcall skipped_states(struct hca_rig *rig)
{
	return set_other(rig, STATE_RTS, HCA_SELECT(QPW_STATE));
}

static struct ebus_hcall forgotten_attributes(struct hca_rig *rig)
{
	return set_other(rig, STATE_INIT, HCA_SELECT(QPW_STATE));
}

static struct ebus_hcall enabled_too_early(struct hca_rig *rig)
{
	return set_other(rig, STATE_RESET, HCA_SELECT_ENABLE);
}

static struct ebus_hcall started_without_pages(struct hca_rig *rig)
{
	const struct rig_object *qp;

	qp = hca_rig_fresh(rig, hca_rig_qp_call(rig, SERVICE_UD, 0));
	if (!qp)
		return hca_none();
	return hca_with(set(rig, STATE_INIT, HCA_SELECT(QPW_STATE) |
			    HCA_SELECT(QPW_PORT) | HCA_SELECT(QPW_PKEY) |
			    HCA_SELECT(QPW_QKEY)), 1, qp->handle);
}

static struct ebus_hcall stopped_in_unknown_way(struct hca_rig *rig)
{
	return RIG_CALL(rig, H_DISABLE_AND_GET, 3, rig->sender.handle);
}

static struct ebus_hcall stopped_unknown(struct hca_rig *rig)
{
	return RIG_CALL(rig, H_DISABLE_AND_GET, HCA_DISABLE, rig->cq.handle);
}

#define REFUSED(_name, _oracle)						\
	{ .head = { #_name, _oracle }, .call = _name }

const struct hca_defect hca_qp_defects[] = {
	REFUSED(qp_without_send_cq, "bad_argument"),
	REFUSED(qp_without_receive_cq, "bad_argument"),
	REFUSED(qp_without_eq, "bad_argument"),
	REFUSED(qp_of_unknown_service, "bad_argument"),
	REFUSED(qp_of_unknown_kind, "bad_argument"),
	REFUSED(qp_without_entries, "bad_argument"),
	REFUSED(qp_too_long, "bad_argument"),
	REFUSED(qp_too_wide, "bad_argument"),
	REFUSED(query_unknown_qp, "freed_object"),
	REFUSED(set_nothing, "bad_argument"),
	REFUSED(set_unknown, "bad_argument"),
	REFUSED(set_misaligned, "bad_argument"),
	REFUSED(step_back, "bad_argument"),
	REFUSED(unknown_state, "bad_argument"),
	REFUSED(unknown_port, "bad_argument"),
	REFUSED(unknown_partition, "bad_argument"),
	REFUSED(unknown_mtu, "bad_argument"),
	REFUSED(unknown_gid, "bad_argument"),
	REFUSED(too_many_reads, "bad_argument"),
	REFUSED(route_without_header, "bad_argument"),
	REFUSED(skipped_states, "bad_argument"),
	REFUSED(forgotten_attributes, "bad_argument"),
	REFUSED(enabled_too_early, "bad_argument"),
	REFUSED(started_without_pages, "bad_argument"),
	REFUSED(stopped_in_unknown_way, "bad_argument"),
	REFUSED(stopped_unknown, "freed_object"),
	{}
};

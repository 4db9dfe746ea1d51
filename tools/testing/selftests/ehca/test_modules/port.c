// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes of port 1: capabilities, the number of wrong Q_Keys, of which there are some
 * after "ud", and at last its end.
 */

#include <linux/string.h>
#include <rdma/ib_mad.h>

#include "traffic.h"

/* Without those that a call for something else has the same bits as */
#define SOME	IB_PORT_SM
#define MORE	(IB_PORT_LED_INFO_SUP | IB_PORT_VENDOR_CLASS_SUP)

static int query(struct ib_device *device, struct ib_port_attr *attr)
{
	return ib_query_port(device, 1, attr);
}

static int change(struct ib_device *device, u32 set, u32 clear)
{
	struct ib_port_modify change = {
		.set_port_cap_mask = set,
		.clr_port_cap_mask = clear,
	};

	return ib_modify_port(device, 1, 0, &change);
}

static int expect_capabilities(struct ib_device *device, u32 expected)
{
	struct ib_port_attr attr;
	int ret = query(device, &attr);

	if (!ret && attr.port_cap_flags != expected)
		ret = complain("capabilities %#x instead of %#x",
			       attr.port_cap_flags, expected);
	return ret;
}

/* Others stay as they are */
static int capabilities(struct ib_device *device, u32 others)
{
	now("capabilities");
	return change(device, SOME | MORE, 0) ?:
	       expect_capabilities(device, others | SOME | MORE) ?:
	       change(device, 0, SOME) ?:
	       expect_capabilities(device, others | MORE) ?:
	       change(device, SOME, MORE) ?:
	       expect_capabilities(device, others | SOME);
}

static int impossible(struct ib_device *device, u32 expected)
{
	now("a capability that stays");
	if (change(device, IB_PORT_TRAP_SUP, 0) != -EINVAL ||
	    change(device, 0, IB_PORT_AUTO_MIGR_SUP) != -EINVAL)
		return complain("not refused");
	return expect_capabilities(device, expected);
}

static int forget_qkeys(struct ib_device *device, u32 expected)
{
	struct ib_port_modify nothing = {};
	struct ib_port_attr attr;
	int ret;

	now("wrong Q_Keys");
	ret = query(device, &attr);
	if (!ret && !attr.qkey_viol_cntr)
		ret = complain("none so far");
	ret = ret ?: ib_modify_port(device, 1, IB_PORT_RESET_QKEY_CNTR, &nothing);
	ret = ret ?: query(device, &attr);
	if (!ret && attr.qkey_viol_cntr)
		ret = complain("%u not forgotten", attr.qkey_viol_cntr);
	return ret ?: expect_capabilities(device, expected);
}

int run_port(struct ib_device *device)
{
	struct ib_port_modify nothing = {};
	struct ib_port_attr attr;
	u32 others;
	int ret;

	ret = query(device, &attr);
	if (ret)
		return ret;
	others = attr.port_cap_flags & ~(SOME | MORE);
	ret = capabilities(device, others) ?:
	      impossible(device, others | SOME) ?:
	      forget_qkeys(device, others | SOME);
	if (ret)
		return ret;
	now("the end");
	return ib_modify_port(device, 1, IB_PORT_SHUTDOWN, &nothing);
}

// SPDX-License-Identifier: GPL-2.0-only
/* An adapter's files below /sys/bus/ibmebus/devices, as 4.4's driver had them */

#include <linux/device.h>
#include <linux/errno.h>
#include <linux/sysfs.h>

#include "ehca.h"

/*
 * A number that the firmware tells
 * @offset: where it is in struct ehca_cb_hca
 */
struct number {
	struct device_attribute attr;
	size_t offset;
};

static ssize_t number_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	const struct number *number = container_of(attr, struct number, attr);
	struct ehca_adapter *adapter = dev_get_drvdata(dev);
	struct ehca_cb_hca *block = ehca_block_alloc();
	int ret;

	if (!block)
		return -ENOMEM;
	ret = ehca_fw_query_hca(adapter, block);
	if (!ret)
		ret = sysfs_emit(buf, "%u\n",
				 *(u32 *)((void *)block + number->offset));
	ehca_block_free(block);
	return ret;
}

#define NUMBER(_name, _field) \
static struct number number_##_name = { \
	.attr = __ATTR(_name, 0444, number_show, NULL), \
	.offset = offsetof(struct ehca_cb_hca, _field), \
}

NUMBER(num_ports, nr_ports);
NUMBER(hw_ver, revision);
NUMBER(max_eq, max_eqs);
NUMBER(cur_eq, cur_eqs);
NUMBER(max_cq, max_cqs);
NUMBER(cur_cq, cur_cqs);
NUMBER(max_qp, max_qps);
NUMBER(cur_qp, cur_qps);
NUMBER(max_mr, max_mrs);
NUMBER(cur_mr, cur_mrs);
NUMBER(max_pd, max_pds);
NUMBER(max_ah, max_ahs);

static ssize_t adapter_handle_show(struct device *dev,
				   struct device_attribute *attr, char *buf)
{
	const struct ehca_adapter *adapter = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%llx\n", adapter->handle);
}
static DEVICE_ATTR_RO(adapter_handle);

static struct attribute *adapter_attrs[] = {
	&dev_attr_adapter_handle.attr,
	&number_num_ports.attr.attr,
	&number_hw_ver.attr.attr,
	&number_max_eq.attr.attr,
	&number_cur_eq.attr.attr,
	&number_max_cq.attr.attr,
	&number_cur_cq.attr.attr,
	&number_max_qp.attr.attr,
	&number_cur_qp.attr.attr,
	&number_max_mr.attr.attr,
	&number_cur_mr.attr.attr,
	&number_max_pd.attr.attr,
	&number_max_ah.attr.attr,
	NULL
};

static const struct attribute_group adapter_group = {
	.attrs = adapter_attrs,
};

/* They come after probing and go before removing, so there is an adapter */
const struct attribute_group *ehca_adapter_groups[] = {
	&adapter_group,
	NULL
};

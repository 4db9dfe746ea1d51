// SPDX-License-Identifier: GPL-2.0-only
/* The driver on the ibmebus, and adapters that come and go */

#include <linux/errno.h>
#include <linux/ebus/driver.h>
#include <linux/module.h>
#include <linux/of.h>
#include <rdma/ib_user_ioctl_verbs.h>

#include "cq.h"
#include "ehca.h"
#include "qp.h"

/* Of the calls of user space: there is nothing of this driver's in them */
#define UVERBS_ABI	1

static const struct ib_device_ops device_ops = {
	.owner = THIS_MODULE,
	.driver_id = RDMA_DRIVER_UNKNOWN,
	.uverbs_abi_ver = UVERBS_ABI,

	.query_device = ehca_query_device,
	.get_dev_fw_str = ehca_get_dev_fw_str,
	.query_port = ehca_query_port,
	.modify_port = ehca_modify_port,
	.get_port_immutable = ehca_port_immutable,
	.query_gid = ehca_query_gid,
	.query_pkey = ehca_query_pkey,

	.alloc_ucontext = ehca_alloc_ucontext,
	.dealloc_ucontext = ehca_dealloc_ucontext,
	.disassociate_ucontext = ehca_disassociate_ucontext,

	.alloc_pd = ehca_alloc_pd,
	.dealloc_pd = ehca_dealloc_pd,
	.get_dma_mr = ehca_get_dma_mr,
	.reg_user_mr = ehca_reg_user_mr,
	.dereg_mr = ehca_dereg_mr,

	.create_cq = ehca_create_cq,
	.destroy_cq = ehca_destroy_cq,
	.pre_destroy_cq = ehca_pre_destroy_cq,
	.post_destroy_cq = ehca_post_destroy_cq,
	.req_notify_cq = ehca_req_notify_cq,
	.poll_cq = ehca_poll_cq,

	.create_qp = ehca_create_qp,
	.modify_qp = ehca_modify_qp,
	.query_qp = ehca_query_qp,
	.destroy_qp = ehca_destroy_qp,
	.post_send = ehca_post_send,
	.post_recv = ehca_post_recv,

	.create_ah = ehca_create_ah,
	.query_ah = ehca_query_ah,
	.destroy_ah = ehca_destroy_ah,

	INIT_RDMA_OBJ_SIZE(ib_ah, ehca_ah, ib),
	INIT_RDMA_OBJ_SIZE(ib_cq, ehca_cq, ib),
	INIT_RDMA_OBJ_SIZE(ib_pd, ehca_pd, ib),
	INIT_RDMA_OBJ_SIZE(ib_qp, ehca_qp, ib),
	/* Has nothing of the driver's */
	.size_ib_ucontext = sizeof(struct ib_ucontext),
};

static int create_eqs(struct ehca_adapter *adapter)
{
	int ret;

	ret = ehca_eq_create(adapter, &adapter->eq, false);
	if (ret)
		return ret;
	ret = ehca_eq_create(adapter, &adapter->neq, true);
	if (ret)
		ehca_eq_destroy(&adapter->eq);
	return ret;
}

static void destroy_eqs(struct ehca_adapter *adapter)
{
	ehca_eq_destroy(&adapter->neq);
	ehca_eq_destroy(&adapter->eq);
}

static void destroy_aqp1s(struct ehca_adapter *adapter)
{
	u32 port;

	for (port = adapter->nr_ports; port >= 1; port--) {
		if (adapter->aqp1[port - 1])
			ehca_aqp1_destroy(adapter->aqp1[port - 1]);
		adapter->aqp1[port - 1] = NULL;
	}
}

static int create_aqp1s(struct ehca_adapter *adapter)
{
	struct ehca_aqp1 *aqp1;
	u32 port;

	for (port = 1; port <= adapter->nr_ports; port++) {
		aqp1 = ehca_aqp1_create(adapter, port);
		if (IS_ERR(aqp1)) {
			destroy_aqp1s(adapter);
			return PTR_ERR(aqp1);
		}
		adapter->aqp1[port - 1] = aqp1;
	}
	return 0;
}

/* What the RDMA core needs to find when it gets to know the adapter */
static int start(struct ehca_adapter *adapter)
{
	int ret;

	ret = create_eqs(adapter);
	if (ret)
		return ret;
	ret = ehca_eq_open(&adapter->eq);
	if (ret)
		goto err_eqs;
	ret = create_aqp1s(adapter);
	if (ret)
		goto err_close;
	return 0;

err_close:
	ehca_eq_close(&adapter->eq);
err_eqs:
	destroy_eqs(adapter);
	return ret;
}

static void stop(struct ehca_adapter *adapter)
{
	destroy_aqp1s(adapter);
	ehca_eq_close(&adapter->eq);
	destroy_eqs(adapter);
}

static int publish(struct ehca_adapter *adapter)
{
	struct ib_device *ib = &adapter->ib;
	int ret;

	ib->node_type = RDMA_NODE_IB_CA;
	ib->node_guid = cpu_to_be64(adapter->limits.node_guid);
	ib->phys_port_cnt = adapter->nr_ports;
	ib->num_comp_vectors = 1;
	ib->dev.parent = &adapter->pdev->dev;
	ib_set_device_ops(ib, &device_ops);
	ret = ib_register_device(ib, "ehca%d", &adapter->pdev->dev);
	if (ret)
		return ret;
	/* What has happened to ports until now is told, too */
	ret = ehca_eq_open(&adapter->neq);
	if (ret)
		ib_unregister_device(ib);
	return ret;
}

/* Users in the kernel are told to let go; those in user space lose what they have */
static void unpublish(struct ehca_adapter *adapter)
{
	ehca_eq_close(&adapter->neq);
	ib_unregister_device(&adapter->ib);
}

static int bring_up(struct ehca_adapter *adapter)
{
	int ret;

	ret = ehca_limits_query(adapter);
	if (ret)
		return ret;
	ret = ehca_memory_init(adapter);
	if (ret)
		return ret;
	ret = start(adapter);
	if (ret)
		goto err_memory;
	ret = publish(adapter);
	if (ret)
		goto err_stop;
	return 0;

err_stop:
	stop(adapter);
err_memory:
	ehca_memory_exit(adapter);
	return ret;
}

static void bring_down(struct ehca_adapter *adapter)
{
	unpublish(adapter);
	stop(adapter);
	ehca_memory_exit(adapter);
}

static int probe(struct platform_device *pdev)
{
	struct ehca_adapter *adapter;
	u64 handle;
	int ret;

	if (of_property_read_u64(pdev->dev.of_node, "ibm,hca-handle",
				 &handle) || !handle)
		return dev_err_probe(&pdev->dev, -ENODEV, "no handle\n");
	adapter = ib_alloc_device(ehca_adapter, ib);
	if (!adapter)
		return -ENOMEM;
	adapter->pdev = pdev;
	adapter->handle = handle;
	mutex_init(&adapter->port_lock);
	ehca_names_init(&adapter->cqs);
	ehca_names_init(&adapter->qps);
	platform_set_drvdata(pdev, adapter);
	ret = bring_up(adapter);
	if (ret) {
		ib_dealloc_device(&adapter->ib);
		return dev_err_probe(&pdev->dev, ret,
				     "cannot use the adapter\n");
	}
	return 0;
}

static void remove(struct platform_device *pdev)
{
	struct ehca_adapter *adapter = platform_get_drvdata(pdev);

	bring_down(adapter);
	ib_dealloc_device(&adapter->ib);
}

static const struct of_device_id adapter_ids[] = {
	{ .name = "lhca", .compatible = "IBM,lhca" },
	{}
};
MODULE_DEVICE_TABLE(of, adapter_ids);

static struct ebus_driver driver = {
	.platform = {
		.driver = {
			.name = "ehca",
			.owner = THIS_MODULE,
			.of_match_table = adapter_ids,
			.dev_groups = ehca_adapter_groups,
		},
		.probe = probe,
		.remove = remove,
	},
};

static int __init ehca_init(void)
{
	return ebus_driver_register(&driver);
}
module_init(ehca_init);

static void __exit ehca_exit(void)
{
	ebus_driver_unregister(&driver);
}
module_exit(ehca_exit);

MODULE_DESCRIPTION("IBM eHCA InfiniBand");
MODULE_LICENSE("GPL");

// SPDX-License-Identifier: GPL-2.0-only
/* The module, its parameters, and the driver on the ibmebus */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ebus/driver.h>
#include <linux/module.h>
#include <linux/of.h>

#include "ehea.h"

#define MIN_ENTRIES	127

int ehea_msg_level = -1;
module_param_named(msg_level, ehea_msg_level, int, 0);
MODULE_PARM_DESC(msg_level, "what to log, a mask of NETIF_MSG_*");

int ehea_entries[EHEA_NR_RINGS] = {
	[EHEA_SQ] = 1023,
	[EHEA_RQ1] = 1023,
	[EHEA_RQ2] = 1023,
	[EHEA_RQ3] = 511,
};

module_param_named(rq1_entries, ehea_entries[EHEA_RQ1], int, 0);
MODULE_PARM_DESC(rq1_entries, "small frames that can be received, 2^n - 1 [127..32767], default 1023");
module_param_named(rq2_entries, ehea_entries[EHEA_RQ2], int, 0);
MODULE_PARM_DESC(rq2_entries, "frames up to 2 KiB that can be received, 2^n - 1 [127..16383], default 1023");
module_param_named(rq3_entries, ehea_entries[EHEA_RQ3], int, 0);
MODULE_PARM_DESC(rq3_entries, "larger frames that can be received, 2^n - 1 [127..16383], default 511");
module_param_named(sq_entries, ehea_entries[EHEA_SQ], int, 0);
MODULE_PARM_DESC(sq_entries, "frames that can wait to be sent, 2^n - 1 [127..32767], default 1023");

bool ehea_follow_switch;
static int follow_switch;
module_param_named(prop_carrier_state, follow_switch, int, 0);
MODULE_PARM_DESC(prop_carrier_state, "no carrier if the physical port has none: 1 yes, 0 no (default)");

bool ehea_many_queues;
static int many_queues = 1;
module_param_named(use_mcs, many_queues, int, 0);
MODULE_PARM_DESC(use_mcs, "several queues for a port: 1 yes (default), 0 no");

static const int max_entries[EHEA_NR_RINGS] = {
	[EHEA_SQ] = 32767,
	[EHEA_RQ1] = 32767,
	[EHEA_RQ2] = 16383,
	[EHEA_RQ3] = 16383,
};

static const char * const entries_names[EHEA_NR_RINGS] = {
	[EHEA_SQ] = "sq_entries",
	[EHEA_RQ1] = "rq1_entries",
	[EHEA_RQ2] = "rq2_entries",
	[EHEA_RQ3] = "rq3_entries",
};

static int check_parameters(void)
{
	enum ehea_ring ring;

	for (ring = 0; ring < EHEA_NR_RINGS; ring++) {
		if (ehea_entries[ring] >= MIN_ENTRIES &&
		    ehea_entries[ring] <= max_entries[ring])
			continue;
		pr_err("%s=%d is not in %d..%d\n", entries_names[ring],
		       ehea_entries[ring], MIN_ENTRIES, max_entries[ring]);
		return -EINVAL;
	}
	ehea_follow_switch = follow_switch;
	ehea_many_queues = many_queues;
	return 0;
}

static const struct of_device_id adapter_ids[] = {
	{ .name = "lhea", .compatible = "IBM,lhea" },
	{}
};
MODULE_DEVICE_TABLE(of, adapter_ids);

/* A port that appears loads the module, too, but the driver binds to none */
static const struct of_device_id __maybe_unused port_ids[] = {
	{ .type = "network", .compatible = "IBM,lhea-ethernet" },
	{}
};
MODULE_DEVICE_TABLE(of, port_ids);

static struct ebus_driver driver = {
	.platform = {
		.driver = {
			.name = "ehea",
			.owner = THIS_MODULE,
			.of_match_table = adapter_ids,
			.groups = ehea_driver_groups,
			.dev_groups = ehea_adapter_groups,
		},
		.probe = ehea_adapter_probe,
		.remove = ehea_adapter_remove,
	},
};

static int __init ehea_init(void)
{
	int ret;

	ret = check_parameters();
	if (ret)
		return ret;
	ret = ehea_crash_init();
	if (ret)
		return ret;
	ret = ebus_driver_register(&driver);
	if (ret)
		ehea_crash_exit();
	return ret;
}
module_init(ehea_init);

static void __exit ehea_exit(void)
{
	ebus_driver_unregister(&driver);
	ehea_crash_exit();
	ehea_resources_forget();
}
module_exit(ehea_exit);

MODULE_DESCRIPTION("IBM eHEA Ethernet, following memory hotplug without interruption");
MODULE_LICENSE("GPL");

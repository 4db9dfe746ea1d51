// SPDX-License-Identifier: GPL-2.0-only
/*
 * A model of an eHEA adapter and of its firmware, to test drivers where there is no
 * such adapter.
 *
 *	nodes.c		the adapter in the device tree
 *	calls.c		hypervisor calls, answered by
 *	  resources.c	  handles, references
 *	  mr.c		  memory regions
 *	  queues.c	  how queues are made; ring.c: their pages
 *	  queue_pairs.c	  states of queue pairs, and how long they were stopped
 *	  ports.c	  control blocks of adapter and ports
 *	  bcmc.c	  broadcast and multicast
 *	  events.c	  event queues and interrupts
 *	doorbells.c	registers
 *	engine.c	the thread that does what hardware does
 *	  transmit.c	  entries of send queues
 *	  offload.c	  checksums, VLAN tags, segments
 *	  receive.c	  receive queues
 *	  complete.c	  completions
 *	  dma.c		  memory, as the adapter reaches it
 *	memory.c	memory that goes offline
 *	oracle.c	what is wrong
 *	faults.c	calls that are to fail
 *	debugfs.c	what tests read and write
 *
 * Pairs of ports are wired to each other: 1 to 2, 3 to 4.
 *
 * What is known of the real firmware is in drivers of released kernels, which the
 * comments name; the rest is "assumed". A driver that works here has not been shown to
 * work on real hardware.
 */

#include <linux/ebus/hcall.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

#include "model.h"

unsigned int hea_max_num_mrs = 4096;
module_param_named(max_num_mrs, hea_max_num_mrs, uint, 0644);
MODULE_PARM_DESC(max_num_mrs, "memory regions that the adapter has (4096)");

unsigned long hea_max_mr_size = 1UL << 40;
module_param_named(max_mr_size, hea_max_mr_size, ulong, 0644);
MODULE_PARM_DESC(max_mr_size, "bytes that a memory region may have (1 TiB)");

unsigned int hea_nr_ports = 2;
module_param_named(num_ports, hea_nr_ports, uint, 0444);
MODULE_PARM_DESC(num_ports, "ports, an even number up to 4 (2)");

unsigned int hea_nr_qps = 1;
module_param_named(num_qps, hea_nr_qps, uint, 0444);
MODULE_PARM_DESC(num_qps, "default queue pairs of a port, up to 16 (1)");

unsigned int hea_max_delay_us = 50;
module_param_named(max_delay_us, hea_max_delay_us, uint, 0644);
MODULE_PARM_DESC(max_delay_us, "longest delay of the adapter (50)");

unsigned int hea_seed = 1;
module_param_named(seed, hea_seed, uint, 0444);
MODULE_PARM_DESC(seed, "of random delays (1)");

static const struct ebus_firmware firmware = {
	.hcall = hea_call,
	.map = hea_galpa_map,
	.unmap = hea_galpa_unmap,
	.store = hea_galpa_store,
	.load = hea_galpa_load,
};

static bool parameters_ok(void)
{
	return hea_nr_ports && hea_nr_ports <= HEA_MAX_PORTS &&
	       hea_nr_ports % 2 == 0 && hea_nr_qps &&
	       hea_nr_qps <= HEA_MAX_QPS && hea_max_num_mrs;
}

static int start(void)
{
	int ret;

	ret = hea_engine_start();
	if (ret)
		return ret;
	ret = hea_memory_init();
	if (ret)
		goto stop_engine;
	ret = ebus_firmware_set(&firmware);
	if (ret)
		goto exit_memory;
	ret = hea_nodes_create();
	if (!ret)
		return 0;

	ebus_firmware_clear(&firmware);
exit_memory:
	hea_memory_exit();
stop_engine:
	hea_engine_stop();
	return ret;
}

static int __init model_init(void)
{
	int ret;

	if (!parameters_ok())
		return -EINVAL;
	ret = hea_resources_init();
	if (ret)
		return ret;
	ret = hea_transmit_init();
	if (ret)
		goto exit_resources;
	hea_ports_init();
	ret = start();
	if (ret)
		goto exit_transmit;
	hea_debugfs_init();
	return 0;

exit_transmit:
	hea_transmit_exit();
exit_resources:
	hea_resources_exit();
	return ret;
}
module_init(model_init);

static void __exit model_exit(void)
{
	hea_debugfs_exit();
	hea_nodes_remove();
	ebus_firmware_clear(&firmware);
	hea_memory_exit();
	hea_engine_stop();
	hea_transmit_exit();
	hea_resources_exit();
}
module_exit(model_exit);

MODULE_DESCRIPTION("Model of an eHEA adapter and of its firmware");
MODULE_LICENSE("GPL");

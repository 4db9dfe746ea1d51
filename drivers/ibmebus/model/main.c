// SPDX-License-Identifier: GPL-2.0-only
/*
 * A model of an eHEA adapter (Ethernet) and of an eHCA adapter (InfiniBand), and of their
 * firmware, to test drivers where there are no such adapters. The latter is only there
 * if it is asked for.
 *
 *	nodes.c		the adapters in the device tree
 *	calls.c		hypervisor calls, answered by
 *	  resources.c	  handles, references
 *	  mr.c		  memory regions; mr_access.c: access to them
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
 *	  dma.c		  memory, as the adapters reach it
 *	memory.c	memory that goes offline
 *	leftovers.c	what a kernel that ends leaves
 *	oracle.c	what is wrong
 *	faults.c	calls that are to fail
 *	debugfs.c	what tests read and write
 *
 * What eHCA has of its own:
 *
 *	hca_nodes.c	the device tree, with what an operator knows of it
 *	hca_adapter.c	its limits
 *	hca_ports.c	ports, and when they are active
 *	hca_queue_pairs.c how queue pairs are made
 *	hca_states.c	their states and attributes
 *	hca_requester.c	messages: what is in send queues
 *	hca_send.c	messages on their way; hca_route.c: where to
 *	hca_responder.c	the side that receives
 *	hca_gather.c	descriptors
 *	hca_events.c	completions and events
 *	hca_messages.c	what became of messages
 *
 * Pairs of ports are wired to each other: 1 to 2, 3 to 4. So are eHCA's two. What eHCA's
 * has not: shared receive queues, small and low-latency queues, multicast, atomic
 * operations, memory windows, H_REREGISTER_PMR, migration to an alternate path, packet
 * sequence numbers, and a subnet manager.
 *
 * What is known of the real firmware is in drivers of released kernels, which the
 * comments name; the rest is "assumed". A driver that works here has not been shown to
 * work on real hardware.
 */

#include <linux/ebus/hcall.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

#include "hca.h"

/* Both limits, of H_QUERY_HEA, are assumed: no driver has ever told what they are */
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

/* Whether real ones have pages is not known; 6.12's driver works with either */
bool hea_bare_eqs;
module_param_named(bare_eqs, hea_bare_eqs, bool, 0444);
MODULE_PARM_DESC(bare_eqs, "event queues without entries have no pages either (no)");

unsigned int hea_max_delay_us = 50;
module_param_named(max_delay_us, hea_max_delay_us, uint, 0644);
MODULE_PARM_DESC(max_delay_us, "longest delay of the adapter (50)");

unsigned int hea_seed = 1;
module_param_named(seed, hea_seed, uint, 0444);
MODULE_PARM_DESC(seed, "of random delays (1)");

bool hca_present;
module_param_named(hca, hca_present, bool, 0444);
MODULE_PARM_DESC(hca, "there is an eHCA adapter, too (no)");

unsigned int hca_max_num_mrs = 4096;
module_param(hca_max_num_mrs, uint, 0644);
MODULE_PARM_DESC(hca_max_num_mrs, "eHCA: memory regions that it has (4096)");

/*
 * "The size of this table is restricted by the starting size of the physical memory
 * allocated to the partition": Dave Hansen on linux-kernel, 14 Oct 2008, on
 * "IB/ehca:reject dynamic memory add/remove"
 */
unsigned long hca_max_mr_size;
module_param(hca_max_mr_size, ulong, 0644);
MODULE_PARM_DESC(hca_max_mr_size,
		 "eHCA: bytes that a memory region may have (the memory that is online when the model is loaded)");

unsigned long hca_page_sizes = SZ_4K | SZ_64K | SZ_1M | SZ_16M;
module_param(hca_page_sizes, ulong, 0444);
MODULE_PARM_DESC(hca_page_sizes,
		 "eHCA: sizes of pages of memory regions, or'ed (4 KiB, 64 KiB, 1 MiB, 16 MiB)");

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
	       hea_nr_qps <= HEA_MAX_QPS && hea_max_num_mrs &&
	       hca_max_num_mrs && hca_page_sizes & SZ_4K &&
	       !(hca_page_sizes & ~(SZ_4K | SZ_64K | SZ_1M | SZ_16M));
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
	if (!hca_max_mr_size)
		hca_max_mr_size = hea_memory_at_start();
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

static void stop(void)
{
	hea_nodes_remove();
	ebus_firmware_clear(&firmware);
	hea_memory_exit();
	hea_engine_stop();
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
	ret = hca_requester_init();
	if (ret)
		goto exit_transmit;
	hea_ports_init();
	hca_ports_init();
	ret = start();
	if (ret)
		goto exit_requester;
	ret = hea_leftovers_init();
	if (ret)
		goto exit_model;
	hea_debugfs_init();
	return 0;

exit_model:
	stop();
exit_requester:
	hca_requester_exit();
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
	hea_leftovers_exit();
	stop();
	hca_requester_exit();
	hea_transmit_exit();
	hea_resources_exit();
}
module_exit(model_exit);

MODULE_DESCRIPTION("Model of eHEA and eHCA adapters and of their firmware");
MODULE_LICENSE("GPL");

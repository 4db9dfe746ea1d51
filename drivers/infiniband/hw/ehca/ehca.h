/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Driver of IBM's eHCA InfiniBand adapter.
 *
 *	main.c		the driver, adapters that come and go
 *	device.c	what the RDMA core is told about an adapter
 *	sysfs.c		files of an adapter
 *	port.c		ports, GIDs, P_Keys
 *	aqp1.c		what makes a port active
 *	ucontext.c	users in user space
 *	eq.c, event.c	event queues and what is in them
 *	cq.c, poll.c, flush.c
 *			completion queues
 *	qp.c, qp_attr.c, qp_modify.c, qp_query.c, send.c, recv.c, ah.c
 *			queue pairs
 *	memory.h	the memory that the adapter reaches, and protection domains
 *	names.h		tokens, by which events tell what they are about
 *	queue.h		queues in pages that the adapter knows
 *	wqe.h		what is in the queues
 *	firmware.h	calls of the firmware
 *	control_block.h	what they answer in memory
 *
 * Locks, the outermost first:
 * ehca_memory.mr_lock, .lock	what the adapter reaches, see max_mr.h
 * ehca_adapter.port_lock	capabilities of ports
 * ehca_qp.mutex		state of a queue pair
 * ehca_cq.handler_lock		a user's handler of completions
 * ehca_cq.lock			entries of a completion queue
 * ehca_work_queue.lock		work requests that are posted
 * ehca_eq.lock, ehca_names.xa	nothing is locked under them
 */
#ifndef _EHCA_H
#define _EHCA_H

#include <linux/ebus/hcall.h>
#include <linux/ebus/mr.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/workqueue.h>
#include <rdma/ib_verbs.h>

#include "eq.h"
#include "memory.h"
#include "names.h"

struct ehca_aqp1;

/* 4.4's ehca_classes.h, struct ehca_shca: no adapter has more */
#define EHCA_MAX_PORTS	2

/*
 * Protection domains by their names of the firmware: those of the driver itself, and
 * the first that others may have
 */
#define EHCA_PD_MEMORY	1
#define EHCA_PD_AQP1	2
#define EHCA_PD_FIRST	3

/**
 * struct ehca_limits - what the adapter is and can do, as H_QUERY_HCA answers
 * @node_guid: globally unique, in the CPU's byte order
 * @capabilities: EHCA_CAP_*
 * @max_mr_size: bytes of a memory region
 * @page_sizes: sizes of pages that regions may have, in bytes, or'ed
 * @max_mrs: memory regions
 * @max_pds: protection domains
 * @max_ahs: address handles
 * @max_cqs: completion queues
 * @max_cqes: entries of a completion queue, as its users see it
 * @max_qps: queue pairs
 * @max_wrs: work requests that may be outstanding on each side of a queue pair
 * @max_sges: descriptors of a work request
 * @max_sges_read: the same of RDMA READ
 * @max_reads_in: RDMA READs that a queue pair may answer at a time
 * @max_reads_in_all: the same of all queue pairs
 * @max_reads_out: RDMA READs that a queue pair may have asked for
 * @ack_delay: how long it takes to acknowledge, as InfiniBand encodes it
 * @vendor: its OUI
 * @part: what the vendor calls it
 * @revision: of the hardware
 */
struct ehca_limits {
	u64 node_guid;
	u64 capabilities;
	u64 max_mr_size;
	u64 page_sizes;
	u32 max_mrs, max_pds, max_ahs;
	u32 max_cqs, max_cqes;
	u32 max_qps, max_wrs, max_sges, max_sges_read;
	u32 max_reads_in, max_reads_in_all, max_reads_out;
	u8 ack_delay;
	u32 vendor, part, revision;
};

/**
 * struct ehca_adapter - an adapter
 * @ib: the RDMA core's device
 * @pdev: ibmebus's device
 * @handle: the firmware's name for it
 * @limits: what it can do
 * @memory: what it reaches of the partition's RAM
 * @nr_ports: how many ports it has, numbered from 1
 * @port_lock: held while a port's capabilities are changed
 * @eq: events of completion queues and queue pairs
 * @neq: notifications about ports
 * @cqs: completion queues by their tokens
 * @qps: queue pairs by their tokens
 * @aqp1: of each port, what makes it active
 */
struct ehca_adapter {
	struct ib_device ib;
	struct platform_device *pdev;
	u64 handle;
	struct ehca_limits limits;
	struct ehca_memory memory;
	unsigned int nr_ports;
	struct mutex port_lock;		/* of capabilities */
	struct ehca_eq eq, neq;
	struct ehca_names cqs, qps;
	struct ehca_aqp1 *aqp1[EHCA_MAX_PORTS];
};

static inline struct ehca_adapter *to_ehca(struct ib_device *ib)
{
	return container_of(ib, struct ehca_adapter, ib);
}

/* device.c */
int ehca_limits_query(struct ehca_adapter *adapter);
int ehca_query_device(struct ib_device *ib, struct ib_device_attr *attr,
		      struct ib_udata *udata);
void ehca_get_dev_fw_str(struct ib_device *ib, char *str);

/* port.c */
int ehca_query_port(struct ib_device *ib, u32 port, struct ib_port_attr *attr);
int ehca_query_gid(struct ib_device *ib, u32 port, int index,
		   union ib_gid *gid);
int ehca_query_pkey(struct ib_device *ib, u32 port, u16 index, u16 *pkey);
int ehca_modify_port(struct ib_device *ib, u32 port, int mask,
		     struct ib_port_modify *change);
int ehca_port_immutable(struct ib_device *ib, u32 port,
			struct ib_port_immutable *immutable);

/* event.c */
bool ehca_event_is_completion(u64 event);
void ehca_completion_event(struct ehca_adapter *adapter, u64 event);
void ehca_eq_event(struct ehca_adapter *adapter, u64 event);
void ehca_neq_event(struct ehca_adapter *adapter, u64 event);

/* aqp1.c */
struct ehca_aqp1 *ehca_aqp1_create(struct ehca_adapter *adapter, u32 port);
int ehca_aqp1_start(struct ehca_aqp1 *aqp1);
void ehca_aqp1_destroy(struct ehca_aqp1 *aqp1);

/* sysfs.c */
extern const struct attribute_group *ehca_adapter_groups[];

/* ucontext.c */
int ehca_alloc_ucontext(struct ib_ucontext *context, struct ib_udata *udata);
void ehca_dealloc_ucontext(struct ib_ucontext *context);
void ehca_disassociate_ucontext(struct ib_ucontext *context);

#endif /* _EHCA_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor calls of eHCA, but those for memory regions, which are in
 * linux/ebus/mr.h. Each returns 0 or an errno, and may sleep.
 */
#ifndef _EHCA_FIRMWARE_H
#define _EHCA_FIRMWARE_H

#include <linux/types.h>

#include "control_block.h"

struct ehca_adapter;

/**
 * struct ehca_eq_alloc - allocate an event queue
 * @notification: the one of the adapter, for events of its ports
 * @nr_entries: wanted, and as answered
 * @handle: answer, the firmware's name for it
 * @nr_pages: answer, pages of 4 KiB it needs
 * @ist: answer, its interrupt
 */
struct ehca_eq_alloc {
	bool notification;
	u32 nr_entries;
	u64 handle;
	u32 nr_pages, ist;
};

/**
 * struct ehca_cq_alloc - allocate a completion queue
 * @eq: handle of the event queue that gets its events
 * @token: names it there
 * @nr_entries: wanted, and as answered
 * @handle: answer
 * @nr_pages: answer
 * @galpa: answer, its registers
 */
struct ehca_cq_alloc {
	u64 eq;
	u32 token, nr_entries;
	u64 handle;
	u32 nr_pages;
	u64 galpa;
};

/* Which of a resource's queues; event and completion queues have one, EHCA_SQ */
enum ehca_ring {
	EHCA_SQ,
	EHCA_RQ,
	EHCA_NR_RINGS
};

enum ehca_service {
	EHCA_RC = 0,
	EHCA_UC = 1,
	EHCA_UD = 3,
};

/**
 * struct ehca_qp_ring - one side of a queue pair
 * @nr_wrs: work requests that can be outstanding; wanted, and as answered
 * @nr_sges: descriptors of each; wanted, and as answered
 * @nr_pages: answer, pages of 4 KiB that the queue needs
 *
 * Those of EHCA_UD have room for two descriptors more than asked for, as part of
 * what is wanted and what is answered: see &EHCA_SGES_OF_AV.
 */
struct ehca_qp_ring {
	u16 nr_wrs;
	u8 nr_sges;
	u32 nr_pages;
};

/**
 * struct ehca_qp_alloc - allocate a queue pair
 * @service: what transport
 * @send_cq: handle of the completion queue for sends
 * @receive_cq: the same for receives
 * @eq: handle of the event queue that gets its events
 * @token: names it there, and in completion queues
 * @pd: protection domain of the memory its descriptors name
 * @ring: EHCA_SQ and EHCA_RQ
 * @handle: answer
 * @number: answer, names it on the network
 * @galpa: answer, its registers
 */
struct ehca_qp_alloc {
	enum ehca_service service;
	u64 send_cq, receive_cq, eq;
	u32 token, pd;
	struct ehca_qp_ring ring[EHCA_NR_RINGS];
	u64 handle;
	u32 number;
	u64 galpa;
};

/* What H_DISABLE_AND_GET does */
enum ehca_qp_stop {
	EHCA_QP_DISABLE = 1,
	EHCA_QP_GET_SEND = 2,
	EHCA_QP_GET_BOTH = 4,
};

int ehca_fw_query_hca(struct ehca_adapter *adapter, struct ehca_cb_hca *block);
int ehca_fw_query_port(struct ehca_adapter *adapter, u32 port,
		       struct ehca_cb_port *block);
int ehca_fw_modify_port(struct ehca_adapter *adapter, u32 port, u64 change);
int ehca_fw_alloc_eq(struct ehca_adapter *adapter, struct ehca_eq_alloc *eq);
int ehca_fw_alloc_cq(struct ehca_adapter *adapter, struct ehca_cq_alloc *cq);
int ehca_fw_alloc_qp(struct ehca_adapter *adapter, struct ehca_qp_alloc *qp);
int ehca_fw_register_page(struct ehca_adapter *adapter, u64 resource,
			  enum ehca_ring ring, void *page, bool *more);
int ehca_fw_query_qp(struct ehca_adapter *adapter, u64 qp,
		     struct ehca_cb_qp *block);
int ehca_fw_modify_qp(struct ehca_adapter *adapter, u64 qp, u64 mask,
		      struct ehca_cb_qp *block);
int ehca_fw_stop_qp(struct ehca_adapter *adapter, u64 qp,
		    enum ehca_qp_stop what, u64 next[EHCA_NR_RINGS]);
int ehca_fw_define_aqp1(struct ehca_adapter *adapter, u64 qp, u32 port);
int ehca_fw_free(struct ehca_adapter *adapter, u64 resource, const char *what);
int ehca_fw_reset_events(struct ehca_adapter *adapter, u64 neq, u64 events);
bool ehca_fw_interrupt_is_over(struct ehca_adapter *adapter, u32 ist);
int ehca_fw_error_data(struct ehca_adapter *adapter, u64 resource, u64 *block);

#endif /* _EHCA_FIRMWARE_H */

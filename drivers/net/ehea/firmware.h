/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor calls of eHEA, but those for memory regions, which are in
 * linux/ebus/mr.h. Each returns 0 or an errno, and may sleep unless it says so.
 */
#ifndef _EHEA_FIRMWARE_H
#define _EHEA_FIRMWARE_H

#include <linux/types.h>

#include "control_block.h"

/**
 * struct ehea_eq_alloc - allocate an event queue
 * @notification: the one of the adapter, for events of its ports
 * @entries: events are written to the queue, not only announced by an interrupt
 * @nr_entries: wanted
 * @handle: answer, the firmware's name for it
 * @nr_pages: answer, pages of 4 KiB it needs
 * @ist: answer, its interrupt
 */
struct ehea_eq_alloc {
	bool notification, entries;
	u32 nr_entries;
	u64 handle;
	u32 nr_pages, ist;
};

/**
 * struct ehea_cq_alloc - allocate a completion queue
 * @eq: handle of the event queue that it interrupts through
 * @token: for events of the queue itself
 * @nr_entries: wanted
 * @handle: answer
 * @nr_pages: answer
 * @galpa: answer, its registers
 */
struct ehea_cq_alloc {
	u64 eq;
	u32 token, nr_entries;
	u64 handle;
	u32 nr_pages;
	u64 galpa;
};

enum ehea_ring {
	EHEA_SQ,
	EHEA_RQ1,
	EHEA_RQ2,
	EHEA_RQ3,
	EHEA_NR_RINGS
};

/**
 * struct ehea_qp_alloc - allocate a queue pair
 * @send_cq: handle of the completion queue of frames sent
 * @receive_cq: the same of frames received
 * @error_eq: handle of the event queue for its errors
 * @token: names it in these events
 * @pd: protection domain of the memory its descriptors name
 * @port: logical port
 * @nr_entries: of each ring; wanted, and as answered
 * @handle: answer
 * @number: answer, names it in a port's table
 * @nr_pages: answer, of each ring
 * @galpa: answer
 */
struct ehea_qp_alloc {
	u64 send_cq, receive_cq, error_eq;
	u32 token, pd;
	u16 port;
	u16 nr_entries[EHEA_NR_RINGS];
	u64 handle;
	u32 number;
	u32 nr_pages[EHEA_NR_RINGS];
	u64 galpa;
};

/**
 * struct ehea_bcmc - broadcast or multicast frames that a port takes
 * @adapter: handle
 * @port: logical port
 * @type: EHEA_BCMC_*
 * @mac: multicast address; of broadcast, the port's own
 */
struct ehea_bcmc {
	u64 adapter;
	u16 port;
	u8 type;
	u64 mac;
};

#define EHEA_BCMC_ALL_ADDRESSES	BIT(3)
#define EHEA_BCMC_MULTICAST	BIT(2)
#define EHEA_BCMC_UNTAGGED	BIT(1)
#define EHEA_BCMC_ALL_VLANS	BIT(0)

/* What H_RESET_EVENTS takes back, so that it can come again */
#define EHEA_EVENT_PORT_MALFUNCTION	EHEA_BIT(61)
#define EHEA_EVENT_MALFUNCTION		EHEA_BIT(62)
#define EHEA_EVENT_PORT_STATE		EHEA_BIT(63)

int ehea_fw_query_adapter(u64 adapter, struct ehea_cb_adapter *block);
int ehea_fw_query_port(u64 adapter, u32 port, u8 nr, u64 mask, void *block);
int ehea_fw_modify_port(u64 adapter, u32 port, u8 nr, u64 mask, void *block);
int ehea_fw_alloc_eq(u64 adapter, struct ehea_eq_alloc *eq);
int ehea_fw_alloc_cq(u64 adapter, struct ehea_cq_alloc *cq);
int ehea_fw_alloc_qp(u64 adapter, struct ehea_qp_alloc *qp);
int ehea_fw_register_page(u64 adapter, u64 resource, enum ehea_ring ring,
			  void *page, bool *more);
int ehea_fw_query_qp(u64 adapter, u64 qp, struct ehea_qp_cb0 *block);
int ehea_fw_control_qp(u64 adapter, u64 qp, struct ehea_qp_cb0 *block);
int ehea_fw_disable_qp(u64 adapter, u64 qp);
int ehea_fw_free(u64 adapter, u64 resource, bool force);
void ehea_fw_free_atomic(u64 adapter, u64 resource);
int ehea_fw_register_bcmc(const struct ehea_bcmc *bcmc);
int ehea_fw_deregister_bcmc(const struct ehea_bcmc *bcmc);
void ehea_fw_deregister_bcmc_atomic(const struct ehea_bcmc *bcmc);
int ehea_fw_reset_events(u64 adapter, u64 neq, u64 events);
int ehea_fw_error_data(u64 adapter, u64 resource, u64 *block);

#endif /* _EHEA_FIRMWARE_H */

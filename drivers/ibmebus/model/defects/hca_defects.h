/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A driver of eHCA that does, on purpose, what drivers must not do; see defects.h, which
 * is the same for eHEA.
 *
 * Each defect has a rig of its own: event queues, a completion queue, an AQP1 that makes
 * port 1 active, two queue pairs there that are connected to each other, and a memory
 * region.
 */
#ifndef _EBUS_HCA_DEFECTS_H
#define _EBUS_HCA_DEFECTS_H

#include <linux/types.h>
#include <linux/wait.h>

#include "../hca_hw.h"
#include "file.h"
#include "objects.h"

/* Queues of a queue pair, numbered as H_REGISTER_RPAGES does; others have one */
enum { HCA_SQ, HCA_RQ, HCA_NR_QUEUES };

/* Each queue fills a page of the adapter's */
#define HCA_RIG_SGES		4
#define HCA_RIG_ENTRY_SIZE	(WQE_HEADER + HCA_RIG_SGES * sizeof(struct hea_sge))
#define HCA_RIG_ENTRIES		(HEA_PAGE_SIZE / HCA_RIG_ENTRY_SIZE)
#define HCA_RIG_CQES		(HEA_PAGE_SIZE / sizeof(struct hca_cqe))

#define HCA_RIG_PORT		1
#define HCA_NO_PORT		9
#define HCA_RIG_PD		7
/* Where all regions begin in the adapter's address space */
#define HCA_RIG_IO		BIT_ULL(40)
#define HCA_RIG_REGIONS		4

/* A message is in the first half of the data, a buffer is the second */
#define HCA_RIG_HALF		(HEA_PAGE_SIZE / 2)
#define HCA_RIG_LEN		1000

#define HCA_RIG_RIGHTS		(MR_LOCAL_WRITE | MR_REMOTE)

enum { HCA_SENDER = 1, HCA_RECEIVER };	/* tokens */

/**
 * struct hca_rig_region - a memory region
 * @handle: the firmware's name for it; 0 if there is none
 * @lkey: for descriptors
 * @rkey: for the other side
 */
struct hca_rig_region {
	u64 handle;
	u32 lkey;
	u32 rkey;
};

/**
 * struct hca_rig - what a defect is committed on
 * @adapter: handle of the adapter
 * @address: physical memory that the defect is about, if it wants to be told
 * @registers: physical address of the sender's registers
 * @ist: interrupts of the event queues; 0 if they are not ours
 * @interrupt: woken up by them
 * @eq: event queue
 * @neq: event queue for notifications
 * @cq: completion queue of all queue pairs
 * @aqp1: makes the port active
 * @sender: queue pair, with the token HCA_SENDER
 * @receiver: queue pair, with the token HCA_RECEIVER
 * @fresh: an object of the defect's own, without pages
 * @block: page for control blocks, and for lists of pages
 * @data: page for a message and for a buffer
 * @region: regions in the order that they were made in; the first is of @data
 * @nr_regions: how many there are
 */
struct hca_rig {
	u64 adapter;
	u64 address;
	u64 registers;
	u32 ist[2];
	wait_queue_head_t interrupt;
	struct rig_object eq;
	struct rig_object neq;
	struct rig_object cq;
	struct rig_object aqp1;
	struct rig_object sender;
	struct rig_object receiver;
	struct rig_object fresh;
	__be32 *block;
	u8 *data;
	struct hca_rig_region region[HCA_RIG_REGIONS];
	unsigned int nr_regions;
};

/**
 * struct hca_defect - something that a driver must not do
 * @head: what it is to the file
 * @commit: does it; 0, or a negative errno if it did not end as it should
 * @call: or: the call of the firmware that is not to be made
 */
struct hca_defect {
	struct defect_head head;
	int (*commit)(struct hca_rig *rig);
	struct ebus_hcall (*call)(struct hca_rig *rig);
};

/* Each ends with one that has no name */
extern const struct hca_defect hca_call_defects[];
extern const struct hca_defect hca_qp_defects[];
extern const struct hca_defect hca_entry_defects[];
extern const struct hca_defect hca_memory_defects[];

/* Where something goes wrong before: a call that the model refuses and does not note */
static inline struct ebus_hcall hca_none(void)
{
	return (struct ebus_hcall) {};
}

/* hca_rig.c */
struct hca_rig *hca_rig_create(u64 adapter, u64 address);
void hca_rig_destroy(struct hca_rig *rig);
struct ebus_hcall hca_with(struct ebus_hcall call, unsigned int arg,
			   unsigned long value);
struct ebus_hcall hca_rig_cq_call(const struct hca_rig *rig);
struct ebus_hcall hca_rig_qp_call(const struct hca_rig *rig, unsigned int service,
				  u32 token);
struct ebus_hcall hca_rig_set_call(const struct hca_rig *rig, u64 qp, u64 mask);
void hca_rig_fill(struct hca_rig *rig, unsigned int state, u32 dest);
struct rig_object *hca_rig_fresh(struct hca_rig *rig, struct ebus_hcall call);

/* hca_regions.c */
struct ebus_hcall hca_rig_region_call(const struct hca_rig *rig, u64 io, u64 length,
				      u32 access);
struct ebus_hcall hca_rig_share_call(const struct hca_rig *rig,
				     const struct hca_rig_region *origin, u32 access);
struct hca_rig_region *hca_rig_region_alloc(struct hca_rig *rig,
					    struct ebus_hcall call);
long hca_rig_region_register(struct hca_rig *rig, const struct hca_rig_region *region,
			     u64 page);
struct hca_rig_region *hca_rig_region_of(struct hca_rig *rig, u64 page, u32 access);
long hca_rig_region_free(struct hca_rig *rig, struct hca_rig_region *region);
void hca_rig_free_regions(struct hca_rig *rig);

/* hca_exchange.c */
struct hea_sge hca_rig_sge(const struct hca_rig_region *region, u64 offset, u32 len);
struct hea_sge hca_rig_message(const struct hca_rig *rig);
struct hea_sge hca_rig_buffer(const struct hca_rig *rig);
struct hca_wqe *hca_rig_receive(struct hca_rig *rig, struct hea_sge sge);
struct hca_wqe *hca_rig_request(struct hca_rig *rig, u8 opcode, struct hea_sge sge);
void hca_rig_ring(struct hca_rig *rig, struct rig_object *qp, unsigned int queue);
int hca_rig_wait(struct hca_rig *rig, u32 token, unsigned int nr, u32 *status);
int hca_rig_exchange(struct hca_rig *rig, struct hea_sge send, struct hea_sge receive,
		     u32 status);

#endif /* _EBUS_HCA_DEFECTS_H */

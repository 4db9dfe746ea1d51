/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A driver that does, on purpose, what drivers must not do: one defect at a time, in
 * surroundings where all the rest is right. The model has to notice it.
 *
 * Each defect has a rig of its own: an event queue, a completion queue, a queue pair
 * that sends from port 1 and one that receives at port 2, and a memory region.
 */
#ifndef _EBUS_DEFECTS_H
#define _EBUS_DEFECTS_H

#include <linux/types.h>
#include <linux/wait.h>

#include "../hw.h"
#include "file.h"
#include "objects.h"

/* Queues of a queue pair, numbered as H_REGISTER_HEA_RPAGES does; others have one */
enum { SQ, RQ1, RQ2, RQ3, NR_QUEUES };

/* Each queue fills a page of the adapter's */
#define SQ_ENTRY_SIZE		512
#define SQ_ENTRIES		(HEA_PAGE_SIZE / SQ_ENTRY_SIZE)
#define RQ2_ENTRIES		(HEA_PAGE_SIZE / sizeof(struct hea_receive_wqe))
#define RQ2_SGES		6
#define CQ_ENTRIES		(HEA_PAGE_SIZE / sizeof(struct hea_cqe))

#define SEND_PORT		1
#define RECEIVE_PORT		2
#define NO_PORT			9

#define RIG_PD			7
/* Where all regions begin in the adapter's address space */
#define RIG_IO			BIT_ULL(63)
#define RIG_REGIONS		4

/* So long that it goes to receive queue 2 */
#define FRAME_LEN		512
/* A frame to send is in the first half of the data, a buffer is the second */
#define HALF			(HEA_PAGE_SIZE / 2)

/**
 * struct rig_region - a memory region
 * @handle: the firmware's name for it; 0 if there is none
 * @key: for descriptors
 */
struct rig_region {
	u64 handle;
	u32 key;
};

/**
 * struct rig - what a defect is committed on
 * @adapter: handle of the adapter
 * @address: physical memory that the defect is about, if it wants to be told
 * @registers: physical address of the sender's registers
 * @ist: interrupt of @eq; 0 if it is not ours
 * @interrupt: woken up by it
 * @eq: event queue
 * @cq: completion queue of all that is sent and received
 * @sender: queue pair at %SEND_PORT
 * @receiver: queue pair at %RECEIVE_PORT
 * @receives: %RECEIVE_PORT has been told of @receiver
 * @fresh: an object of the defect's own, without pages
 * @block: page for control blocks, and for lists of pages
 * @data: page for a frame and for a buffer
 * @region: regions in the order that they were made in; the first is of @data
 * @nr_regions: how many there are
 * @sent: entries of the send queue so far
 */
struct rig {
	u64 adapter;
	u64 address;
	u64 registers;
	u32 ist;
	wait_queue_head_t interrupt;
	struct rig_object eq;
	struct rig_object cq;
	struct rig_object sender;
	struct rig_object receiver;
	bool receives;
	struct rig_object fresh;
	__be64 *block;
	u8 *data;
	struct rig_region region[RIG_REGIONS];
	unsigned int nr_regions;
	unsigned int sent;
};

/**
 * struct defect - something that a driver must not do
 * @head: what it is to the file
 * @commit: does it; 0, or a negative errno if that was not possible or not refused
 * @call: or: the call of the firmware that is not to be made
 */
struct defect {
	struct defect_head head;
	int (*commit)(struct rig *rig);
	struct ebus_hcall (*call)(struct rig *rig);
};

/* Each ends with one that has no name */
extern const struct defect call_defects[];
extern const struct defect entry_defects[];
extern const struct defect memory_defects[];

/* rig.c */
struct rig *rig_create(u64 adapter, u64 address);
void rig_destroy(struct rig *rig);
struct ebus_hcall rig_cq_call(const struct rig *rig);
struct ebus_hcall rig_qp_call(const struct rig *rig, unsigned int port);
struct ebus_hcall rig_share_call(const struct rig *rig,
				 const struct rig_region *origin);
struct rig_object *rig_fresh(struct rig *rig, struct ebus_hcall call);
struct rig_region *rig_region_alloc(struct rig *rig, u64 length, u32 access,
				    u32 pd);
long rig_region_register(struct rig *rig, const struct rig_region *region,
			 u64 page);
struct rig_region *rig_region_of(struct rig *rig, u64 page, u32 access, u32 pd);
long rig_region_free(struct rig *rig, const struct rig_region *region);

/* exchange.c */
struct hea_sge rig_sge(const struct rig_region *region, u64 offset, u32 len);
struct hea_sge rig_frame(const struct rig *rig);
struct hea_sge rig_buffer(const struct rig *rig);
void rig_post_receive(struct rig *rig, const struct hea_sge *sge,
		      unsigned int nr_sges);
struct hea_send_wqe *rig_send_entry(struct rig *rig);
void rig_send(struct rig *rig);
int rig_wait_sent(struct rig *rig);
int rig_flush(struct rig *rig);
u16 rig_send_status(const struct rig *rig, unsigned int nr);
int rig_wait_received(struct rig *rig);
bool rig_delivered(const struct rig *rig);
int rig_send_frame(struct rig *rig, struct hea_sge sge);
int rig_exchange(struct rig *rig, struct hea_sge send, struct hea_sge receive);
int rig_exchange_in_vain(struct rig *rig, struct hea_sge send,
			 struct hea_sge receive);

#endif /* _EBUS_DEFECTS_H */

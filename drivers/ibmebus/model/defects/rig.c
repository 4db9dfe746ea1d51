// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues, regions and a port, as any driver sets them up, and takes them down again
 * whatever has happened to them.
 */

#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/interrupt.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include <asm/ibmebus.h>

#include "defects.h"

#define EQ_ENTRIES		(HEA_PAGE_SIZE / sizeof(u64))

/* Code of a queue's length, as ring_sizes() of the model has it: 2 << code */
#define LENGTH_CODE(size)	(ilog2(HEA_PAGE_SIZE / (size)) - 1ULL)
/* 128 << code bytes of an entry */
#define SIZE_CODE(size)		((u64)ilog2((size) / 128))
#define RQ1_ENTRY_SIZE		256
#define RQ23_ENTRY_SIZE		sizeof(struct hea_receive_wqe)

/* Frames from 256 bytes on go to receive queue 2, from 2048 on to queue 3 */
#define THRESHOLDS		(FIELD_PREP(ALLOC_QP_RQ2_FROM, 1) | \
				 FIELD_PREP(ALLOC_QP_RQ3_FROM, 4))

/* Of block 0 of a port: doublewords, and what selects them */
#define PORT_CONTROL		1
#define PORT_QPN		6
#define SELECT_CONTROL_QPN	(IBM_BIT(1) | IBM_BIT(7))
#define SELECT_QP_CONTROL	IBM_BIT(0)
#define GET_WQE_POINTERS	1

static struct ebus_hcall eq_call(const struct rig *rig)
{
	return RIG_CALL(rig, H_ALLOC_HEA_RESOURCE,
			FIELD_PREP(ALLOC_TYPE, 3) | ALLOC_EQ_NO_ENTRIES,
			EQ_ENTRIES);
}

/* That makes a completion queue; one of its entries is never used */
struct ebus_hcall rig_cq_call(const struct rig *rig)
{
	return RIG_CALL(rig, H_ALLOC_HEA_RESOURCE, FIELD_PREP(ALLOC_TYPE, 2),
			rig->eq.handle, 0, CQ_ENTRIES - 1);
}

static u64 ring_sizes(void)
{
	return LENGTH_CODE(SQ_ENTRY_SIZE) << 56 |
	       LENGTH_CODE(RQ1_ENTRY_SIZE) << 48 |
	       LENGTH_CODE(RQ23_ENTRY_SIZE) << 40 |
	       LENGTH_CODE(RQ23_ENTRY_SIZE) << 32 |
	       SIZE_CODE(SQ_ENTRY_SIZE) << 24 | SIZE_CODE(RQ1_ENTRY_SIZE) << 16 |
	       SIZE_CODE(RQ23_ENTRY_SIZE) << 8 | SIZE_CODE(RQ23_ENTRY_SIZE);
}

/* That makes a queue pair, which tells of entries only if they want that */
struct ebus_hcall rig_qp_call(const struct rig *rig, unsigned int port)
{
	return RIG_CALL(rig, H_ALLOC_HEA_RESOURCE,
			FIELD_PREP(ALLOC_TYPE, 1) |
			FIELD_PREP(ALLOC_QP_RECEIVE, ALLOC_QP_RECEIVE_3) |
			FIELD_PREP(ALLOC_QP_SIGNAL_ALL, 1),
			rig->cq.handle, rig->cq.handle, rig->eq.handle,
			FIELD_PREP(ALLOC_QP_PD, RIG_PD), ring_sizes(),
			FIELD_PREP(ALLOC_QP_PORT, port), THRESHOLDS);
}

/* That makes a region of the pages of another */
struct ebus_hcall rig_share_call(const struct rig *rig,
				 const struct rig_region *origin)
{
	return RIG_CALL(rig, H_REGISTER_SMR, origin->handle, RIG_IO,
			(u64)MR_LOCAL_WRITE << 32, RIG_PD);
}

static int make(struct rig_object *object, struct ebus_hcall *call,
		unsigned int galpa, unsigned int nr_queues)
{
	return rig_object_make(object, call, H_REGISTER_HEA_RPAGES, galpa,
			       nr_queues);
}

/**
 * rig_fresh() - make an object that has no pages yet
 * @rig: the rig
 * @call: that makes it; one each rig
 *
 * Return: the object, or NULL.
 */
struct rig_object *rig_fresh(struct rig *rig, struct ebus_hcall call)
{
	return make(&rig->fresh, &call, 0, 0) ? NULL : &rig->fresh;
}

/**
 * rig_region_alloc() - make a region that has no pages yet
 * @rig: the rig, which frees it
 * @length: in bytes
 * @access: MR_LOCAL_WRITE or 0
 * @pd: protection domain
 *
 * Return: the region or an ERR_PTR().
 */
struct rig_region *rig_region_alloc(struct rig *rig, u64 length, u32 access,
				    u32 pd)
{
	struct ebus_hcall call = RIG_CALL(rig, H_ALLOC_HEA_RESOURCE,
					  FIELD_PREP(ALLOC_TYPE, 5), RIG_IO,
					  length, (u64)access << 32, pd);
	struct rig_region *region = &rig->region[rig->nr_regions];
	int ret;

	if (rig->nr_regions == RIG_REGIONS)
		return ERR_PTR(-ENOSPC);
	ret = ebus_errno(ebus_hcall(&call));
	if (ret)
		return ERR_PTR(ret);
	region->handle = call.out[0];
	region->key = call.out[2];
	rig->nr_regions++;
	return region;
}

/* Gives a region its next page; returns the firmware's code */
long rig_region_register(struct rig *rig, const struct rig_region *region,
			 u64 page)
{
	return rig_call(RIG_CALL(rig, H_REGISTER_HEA_RPAGES, 0, region->handle,
				 page, 1));
}

/**
 * rig_region_of() - make a region of one page
 * @rig: the rig, which frees it
 * @page: physical address of the page
 * @access: MR_LOCAL_WRITE or 0
 * @pd: protection domain
 *
 * Return: the region or an ERR_PTR().
 */
struct rig_region *rig_region_of(struct rig *rig, u64 page, u32 access, u32 pd)
{
	struct rig_region *region;
	int ret;

	region = rig_region_alloc(rig, HEA_PAGE_SIZE, access, pd);
	if (IS_ERR(region))
		return region;
	ret = ebus_errno(rig_region_register(rig, region, page));
	return ret ? ERR_PTR(ret) : region;
}

/* Returns the firmware's code; the rig still knows the region's handle */
long rig_region_free(struct rig *rig, const struct rig_region *region)
{
	return rig_call(RIG_CALL(rig, H_FREE_RESOURCE, region->handle, 0));
}

/* Whatever completes before it is armed, who is woken up then finds */
static irqreturn_t interrupt(int irq, void *data)
{
	struct rig *rig = data;

	rig_arm(&rig->cq);
	wake_up(&rig->interrupt);
	return IRQ_HANDLED;
}

static int make_queues(struct rig *rig)
{
	struct ebus_hcall call = eq_call(rig);
	int ret;

	ret = make(&rig->eq, &call, 0, 1);
	if (ret)
		return ret;
	ret = ibmebus_request_irq(call.out[5], interrupt, 0, "ebus_defects", rig);
	if (ret)
		return ret;
	rig->ist = call.out[5];
	call = rig_cq_call(rig);
	ret = make(&rig->cq, &call, 5, 1);
	if (ret)
		return ret;
	call = rig_qp_call(rig, SEND_PORT);
	ret = make(&rig->sender, &call, 6, NR_QUEUES);
	if (ret)
		return ret;
	rig->registers = call.out[6];
	call = rig_qp_call(rig, RECEIVE_PORT);
	ret = make(&rig->receiver, &call, 6, NR_QUEUES);
	/* Its number, for the port */
	rig->block[PORT_QPN] = cpu_to_be64(call.out[1]);
	return ret;
}

static long set_qp(struct rig *rig, const struct rig_object *qp, u64 control)
{
	rig->block[0] = cpu_to_be64(control);
	return rig_call(RIG_CALL(rig, H_MODIFY_HEA_QP, 0, qp->handle,
				 SELECT_QP_CONTROL, virt_to_phys(rig->block)));
}

/* By way of the state that ehea_main.c, ehea_activate_qp() takes first */
static long start_qp(struct rig *rig, const struct rig_object *qp)
{
	return set_qp(rig, qp, FIELD_PREP(QP_STATE, QP_INITIALIZED)) ?:
	       set_qp(rig, qp, QP_ENABLED | FIELD_PREP(QP_STATE, QP_SENDS));
}

static void stop_qp(struct rig *rig, const struct rig_object *qp)
{
	long rc = 0;

	if (qp->handle)
		rc = rig_call(RIG_CALL(rig, H_DISABLE_AND_GET_HEA,
				       GET_WQE_POINTERS, qp->handle));
	if (rc)
		pr_err("queue pair %#llx is not disabled (%ld)\n", qp->handle, rc);
}

static long set_port(struct rig *rig, u64 control)
{
	rig->block[PORT_CONTROL] = cpu_to_be64(control);
	return rig_call(RIG_CALL(rig, H_MODIFY_HEA_PORT,
				 FIELD_PREP(PORT_NUMBER, RECEIVE_PORT),
				 SELECT_CONTROL_QPN, 0,
				 virt_to_phys(rig->block)));
}

static long stop_port(struct rig *rig)
{
	memset(rig->block, 0, HEA_PAGE_SIZE);
	return set_port(rig, 0);
}

/* Receive queue 1 has no entries to fill in */
static void fill_rq1(struct rig *rig)
{
	ebus_galpa_store(rig->receiver.galpa + QP_RECEIVE1_ADDER, SQ_ENTRIES);
}

static int make_all(struct rig *rig)
{
	struct rig_region *region;
	int ret;

	ret = make_queues(rig);
	if (ret)
		return ret;
	rig->receives = true;
	ret = ebus_errno(set_port(rig, PORT_VALID) ?:
			 start_qp(rig, &rig->sender) ?:
			 start_qp(rig, &rig->receiver));
	if (ret)
		return ret;
	region = rig_region_of(rig, virt_to_phys(rig->data), MR_LOCAL_WRITE,
			       RIG_PD);
	if (IS_ERR(region))
		return PTR_ERR(region);
	fill_rq1(rig);
	rig_arm(&rig->cq);
	return 0;
}

/**
 * rig_create() - set everything up
 * @adapter: handle of the adapter
 * @address: what the defect wants to know
 *
 * Context: Process context, may sleep.
 * Return: the rig or an ERR_PTR().
 */
struct rig *rig_create(u64 adapter, u64 address)
{
	struct rig *rig = kzalloc(sizeof(*rig), GFP_KERNEL);
	int ret = -ENOMEM;

	if (!rig)
		return ERR_PTR(-ENOMEM);
	rig->adapter = adapter;
	rig->address = address;
	init_waitqueue_head(&rig->interrupt);
	rig->block = (void *)get_zeroed_page(GFP_KERNEL);
	rig->data = (void *)get_zeroed_page(GFP_KERNEL);
	if (rig->block && rig->data)
		ret = make_all(rig);
	if (!ret)
		return rig;
	rig_destroy(rig);
	return ERR_PTR(ret);
}

static void free_regions(struct rig *rig)
{
	struct rig_region *region;
	long rc;

	/* Shared ones before those that have the pages */
	while (rig->nr_regions) {
		region = &rig->region[--rig->nr_regions];
		rc = region->handle ? rig_region_free(rig, region) : 0;
		if (rc)
			pr_err("region %#llx is not freed (%ld)\n",
			       region->handle, rc);
	}
}

/**
 * rig_destroy() - the undo of rig_create(), and of the defect
 * @rig: the rig, or NULL
 *
 * Context: Process context, may sleep.
 */
void rig_destroy(struct rig *rig)
{
	if (!rig)
		return;
	if (rig->receives && stop_port(rig))
		pr_err("port %u still receives\n", RECEIVE_PORT);
	stop_qp(rig, &rig->receiver);
	stop_qp(rig, &rig->sender);
	if (rig->ist)
		ibmebus_free_irq(rig->ist, rig);
	rig_object_unmake(&rig->fresh, rig->adapter);
	rig_object_unmake(&rig->receiver, rig->adapter);
	rig_object_unmake(&rig->sender, rig->adapter);
	rig_object_unmake(&rig->cq, rig->adapter);
	rig_object_unmake(&rig->eq, rig->adapter);
	free_regions(rig);
	free_page((unsigned long)rig->data);
	free_page((unsigned long)rig->block);
	kfree(rig);
}

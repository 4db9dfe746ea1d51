// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues, regions and a port of eHCA, as any driver sets them up, and takes them down
 * again whatever has happened to them.
 */

#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/interrupt.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include <asm/ibmebus.h>

#include "hca_defects.h"

#define EQ_ENTRIES		(HEA_PAGE_SIZE / sizeof(u64))
#define PATIENCE		(60 * HZ)

/* Of a port's control block, in words, as hca_ports.c has it */
#define PORT_STATE		0
#define PORT_LID		3
#define PORT_IS_ACTIVE		4

#define SET_INIT		(HCA_SELECT(QPW_STATE) | HCA_SELECT(QPW_PORT) |	\
				 HCA_SELECT(QPW_PKEY) | HCA_SELECT(QPW_ACCESS))
#define SET_RTR			(HCA_SELECT(QPW_STATE) | HCA_SELECT(QPW_MTU) |	\
				 HCA_SELECT(QPW_DLID) | HCA_SELECT(QPW_DEST_QP) |	\
				 HCA_SELECT(QPW_RECEIVE_PSN) |			\
				 HCA_SELECT(QPW_READS_IN) | HCA_SELECT(QPW_GRH) |	\
				 HCA_SELECT(QPW_MIN_RNR))
#define SET_RTS			(HCA_SELECT(QPW_STATE) | HCA_SELECT(QPW_SEND_PSN) | \
				 HCA_SELECT(QPW_TIMEOUT) | HCA_SELECT(QPW_RETRIES) | \
				 HCA_SELECT(QPW_RNR_RETRIES) | HCA_SELECT(QPW_READS_OUT))

/* The call with another argument, as calls count them: the adapter's handle is 0 */
struct ebus_hcall hca_with(struct ebus_hcall call, unsigned int arg,
			   unsigned long value)
{
	call.arg[arg] = value;
	return call;
}

static struct ebus_hcall eq_call(const struct hca_rig *rig, u64 kind)
{
	return RIG_CALL(rig, H_ALLOC_RESOURCE, FIELD_PREP(ALLOC_TYPE, 3) | kind,
			EQ_ENTRIES);
}

/* That makes a completion queue; one of its entries is never used */
struct ebus_hcall hca_rig_cq_call(const struct hca_rig *rig)
{
	return RIG_CALL(rig, H_ALLOC_RESOURCE, FIELD_PREP(ALLOC_TYPE, 2),
			rig->eq.handle, 0, HCA_RIG_CQES - 1);
}

/* That makes a queue pair, which tells of entries only if they want that */
struct ebus_hcall hca_rig_qp_call(const struct hca_rig *rig, unsigned int service,
				  u32 token)
{
	return RIG_CALL(rig, H_ALLOC_RESOURCE,
			FIELD_PREP(ALLOC_TYPE, 1) |
			FIELD_PREP(HCA_QP_SERVICE, (u64)service) |
			FIELD_PREP(HCA_QP_SIGNALLING, HCA_SIGNAL_BY_WQE),
			rig->cq.handle, rig->cq.handle, rig->eq.handle,
			FIELD_PREP(ALLOC_QP_TOKEN, (u64)token) |
			FIELD_PREP(ALLOC_QP_PD, HCA_RIG_PD),
			FIELD_PREP(HCA_QP_SEND_WRS, HCA_RIG_ENTRIES) |
			FIELD_PREP(HCA_QP_RECEIVE_WRS, HCA_RIG_ENTRIES) |
			FIELD_PREP(HCA_QP_SEND_SGES, HCA_RIG_SGES) |
			FIELD_PREP(HCA_QP_RECEIVE_SGES, HCA_RIG_SGES));
}

/* That changes what @mask selects of a queue pair to what the block says */
struct ebus_hcall hca_rig_set_call(const struct hca_rig *rig, u64 qp, u64 mask)
{
	return RIG_CALL(rig, H_MODIFY_QP, qp, mask, virt_to_phys(rig->block));
}

static int make(struct rig_object *object, struct ebus_hcall *call,
		unsigned int galpa, unsigned int nr_queues)
{
	return rig_object_make(object, call, H_REGISTER_RPAGES, galpa, nr_queues);
}

static void unmake_qp(struct hca_rig *rig, struct rig_object *qp)
{
	long rc = 0;

	if (qp->handle)
		rc = rig_call(RIG_CALL(rig, H_DISABLE_AND_GET, HCA_DISABLE,
				       qp->handle));
	if (rc)
		pr_err("queue pair %#llx is not disabled (%ld)\n", qp->handle, rc);
	rig_object_unmake(qp, rig->adapter);
}

/**
 * hca_rig_fresh() - make an object that has no pages yet
 * @rig: the rig
 * @call: that makes it; one each rig
 *
 * Return: the object, or NULL.
 */
struct rig_object *hca_rig_fresh(struct hca_rig *rig, struct ebus_hcall call)
{
	return make(&rig->fresh, &call, 0, 0) ? NULL : &rig->fresh;
}

/* Whatever completes before it is armed, who is woken up then finds */
static irqreturn_t interrupt(int irq, void *data)
{
	struct hca_rig *rig = data;

	if (rig->cq.galpa)
		rig_arm(&rig->cq);
	wake_up(&rig->interrupt);
	return IRQ_HANDLED;
}

static int make_eq(struct hca_rig *rig, struct rig_object *eq, u64 kind, u32 *ist)
{
	struct ebus_hcall call = eq_call(rig, kind);
	int ret;

	ret = make(eq, &call, 0, 1);
	if (!ret)
		ret = ibmebus_request_irq(call.out[5], interrupt, 0,
					  "ebus_hca_defects", rig);
	if (!ret)
		*ist = call.out[5];
	return ret;
}

static int make_qp(struct hca_rig *rig, struct rig_object *qp, unsigned int service,
		   u32 token)
{
	struct ebus_hcall call = hca_rig_qp_call(rig, service, token);
	const int ret = make(qp, &call, 6, HCA_NR_QUEUES);

	rig->registers = call.out[6];
	return ret;
}

static int make_queues(struct hca_rig *rig)
{
	struct ebus_hcall call;
	int ret;

	ret = make_eq(rig, &rig->eq, ALLOC_EQ_ISN, &rig->ist[0]);
	if (!ret)
		ret = make_eq(rig, &rig->neq, ALLOC_EQ_NOTIFY, &rig->ist[1]);
	if (ret)
		return ret;
	call = hca_rig_cq_call(rig);
	ret = make(&rig->cq, &call, 5, 1);
	if (!ret)
		ret = make_qp(rig, &rig->aqp1, SERVICE_UD, 0);
	if (!ret)
		ret = make_qp(rig, &rig->receiver, SERVICE_RC, HCA_RECEIVER);
	return ret ?: make_qp(rig, &rig->sender, SERVICE_RC, HCA_SENDER);
}

/* The port's block is in @rig->block then */
static bool is_active(struct hca_rig *rig)
{
	const long rc = rig_call(RIG_CALL(rig, H_QUERY_PORT, HCA_RIG_PORT,
					  virt_to_phys(rig->block)));

	return rc == H_SUCCESS &&
	       be32_to_cpu(rig->block[PORT_STATE]) == PORT_IS_ACTIVE;
}

/* Asking sleeps, so it cannot be the condition of wait_event() */
static bool await_active(struct hca_rig *rig)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	long left = PATIENCE;

	add_wait_queue(&rig->interrupt, &wait);
	while (left && !is_active(rig))
		left = wait_woken(&wait, TASK_UNINTERRUPTIBLE, left);
	remove_wait_queue(&rig->interrupt, &wait);
	return left;
}

static int start_port(struct hca_rig *rig)
{
	const int ret = ebus_errno(rig_call(RIG_CALL(rig, H_DEFINE_AQP1,
						     rig->aqp1.handle,
						     HCA_RIG_PORT)));

	if (ret)
		return ret;
	if (!await_active(rig))
		return -ETIMEDOUT;
	return ebus_errno(rig_call(RIG_CALL(rig, H_RESET_EVENTS, rig->neq.handle,
					    ~0UL)));
}

/**
 * hca_rig_fill() - fill in the control block of a queue pair
 * @rig: the rig, whose block has that of the port, or one of these
 * @state: STATE_*
 * @dest: number of the queue pair at the other end
 */
void hca_rig_fill(struct hca_rig *rig, unsigned int state, u32 dest)
{
	const __be32 lid = rig->block[PORT_LID];
	static const struct { enum hca_qp_word word; u32 value; } values[] = {
		{ QPW_PORT, HCA_RIG_PORT }, { QPW_ACCESS, 3 }, { QPW_READS_IN, 1 },
		{ QPW_READS_OUT, 1 }, { QPW_MIN_RNR, 1 }, { QPW_RETRIES, 1 },
		{ QPW_TIMEOUT, 10 }, { QPW_MTU, 4 }, { QPW_RNR_RETRIES, 1 },
		{ QPW_ENABLE, 1 },
	};
	unsigned int i;

	memset(rig->block, 0, HEA_PAGE_SIZE);
	/* It is the block's PSN as well, which may be any */
	rig->block[PORT_LID] = lid;
	rig->block[QPW_DLID] = lid;
	rig->block[QPW_STATE] = cpu_to_be32(state);
	rig->block[QPW_DEST_QP] = cpu_to_be32(dest);
	for (i = 0; i < ARRAY_SIZE(values); i++)
		rig->block[values[i].word] = cpu_to_be32(values[i].value);
}

static int set(struct hca_rig *rig, const struct rig_object *qp, u64 mask,
	       unsigned int state, u32 dest)
{
	hca_rig_fill(rig, state, dest);
	return ebus_errno(rig_call(hca_rig_set_call(rig, qp->handle, mask)));
}

static int connect(struct hca_rig *rig, const struct rig_object *qp, u32 dest)
{
	int ret;

	ret = set(rig, qp, SET_INIT, STATE_INIT, dest);
	if (!ret)
		ret = set(rig, qp, HCA_SELECT_ENABLE, STATE_INIT, dest);
	if (!ret)
		ret = set(rig, qp, SET_RTR, STATE_RTR, dest);
	return ret ?: set(rig, qp, SET_RTS, STATE_RTS, dest);
}

static int make_all(struct hca_rig *rig)
{
	struct hca_rig_region *region;
	int ret;

	ret = make_queues(rig);
	if (!ret)
		ret = start_port(rig);
	if (!ret)
		ret = connect(rig, &rig->receiver, rig->sender.number);
	if (!ret)
		ret = connect(rig, &rig->sender, rig->receiver.number);
	if (ret)
		return ret;
	region = hca_rig_region_of(rig, virt_to_phys(rig->data), HCA_RIG_RIGHTS);
	if (IS_ERR(region))
		return PTR_ERR(region);
	rig_arm(&rig->cq);
	return 0;
}

/**
 * hca_rig_create() - set everything up
 * @adapter: handle of the adapter
 * @address: what the defect wants to know
 *
 * Context: Process context, may sleep.
 * Return: the rig or an ERR_PTR().
 */
struct hca_rig *hca_rig_create(u64 adapter, u64 address)
{
	struct hca_rig *rig = kzalloc(sizeof(*rig), GFP_KERNEL);
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
	hca_rig_destroy(rig);
	return ERR_PTR(ret);
}

/**
 * hca_rig_destroy() - the undo of hca_rig_create(), and of the defect
 * @rig: the rig, or NULL
 *
 * Context: Process context, may sleep.
 */
void hca_rig_destroy(struct hca_rig *rig)
{
	unsigned int i;

	if (!rig)
		return;
	for (i = 0; i < ARRAY_SIZE(rig->ist); i++) {
		if (rig->ist[i])
			ibmebus_free_irq(rig->ist[i], rig);
	}
	rig_object_unmake(&rig->fresh, rig->adapter);
	unmake_qp(rig, &rig->sender);
	unmake_qp(rig, &rig->receiver);
	unmake_qp(rig, &rig->aqp1);
	rig_object_unmake(&rig->cq, rig->adapter);
	rig_object_unmake(&rig->neq, rig->adapter);
	rig_object_unmake(&rig->eq, rig->adapter);
	hca_rig_free_regions(rig);
	free_page((unsigned long)rig->data);
	free_page((unsigned long)rig->block);
	kfree(rig);
}

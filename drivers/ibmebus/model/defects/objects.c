// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls of the firmware, and objects that it makes for drivers: queues whose pages are
 * the driver's.
 */

#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/printk.h>

#include "../hw.h"
#include "objects.h"

/* Calls the firmware; what it answers but for its code is not wanted */
long rig_call(struct ebus_hcall call)
{
	return ebus_hcall(&call);
}

static int register_queue(struct rig_object *object, u64 adapter,
			  unsigned long opcode, unsigned int queue, bool last)
{
	struct ebus_hcall call = {
		.opcode = opcode,
		.arg = { adapter, queue, object->handle, 0, 1 },
	};
	long rc;

	object->page[queue] = (void *)get_zeroed_page(GFP_KERNEL);
	if (!object->page[queue])
		return -ENOMEM;
	call.arg[3] = virt_to_phys(object->page[queue]);
	rc = ebus_hcall(&call);
	if (rc == (last ? H_SUCCESS : H_PAGE_REGISTERED))
		return 0;
	return ebus_errno(rc) ?: -EIO;
}

/**
 * rig_object_make() - make an object
 * @object: is filled in, also if that fails half way
 * @call: makes it; has the firmware's answer then
 * @opcode: of the call that registers a page of a queue
 * @galpa: the word of the answer that says where its registers are; 0: it has none
 * @nr_queues: of it, each of a page
 *
 * Context: Process context, may sleep.
 * Return: 0 or an errno; rig_object_unmake() undoes either.
 */
int rig_object_make(struct rig_object *object, struct ebus_hcall *call,
		    unsigned long opcode, unsigned int galpa,
		    unsigned int nr_queues)
{
	unsigned int i;
	int ret;

	ret = ebus_errno(ebus_hcall(call));
	if (ret)
		return ret;
	object->handle = call->out[0];
	object->number = call->out[1];
	for (i = 0; i < nr_queues && !ret; i++)
		ret = register_queue(object, call->arg[0], opcode, i,
				     i == nr_queues - 1);
	if (ret || !galpa)
		return ret;
	object->galpa = ebus_galpa_map(call->out[galpa]);
	return object->galpa ? 0 : -ENOMEM;
}

/**
 * rig_object_unmake() - the undo of rig_object_make()
 * @object: the object, or one that was never made
 * @adapter: its adapter's handle
 *
 * Context: Process context, may sleep.
 */
void rig_object_unmake(struct rig_object *object, u64 adapter)
{
	unsigned int i;
	long rc = 0;

	if (object->galpa)
		ebus_galpa_unmap(object->galpa);
	if (object->handle)
		rc = rig_call((struct ebus_hcall) {
			.opcode = H_FREE_RESOURCE,
			.arg = { adapter, object->handle, 0 },
		});
	if (rc) {
		/* The adapter may go on using its pages */
		pr_err("object %#llx is not freed (%ld)\n", object->handle, rc);
		return;
	}
	for (i = 0; i < RIG_QUEUES; i++)
		free_page((unsigned long)object->page[i]);
}

/* The next completion of a completion queue is to be told, too */
void rig_arm(const struct rig_object *cq)
{
	ebus_galpa_store(cq->galpa + CQ_EVENT_PENDING, 0);
	ebus_galpa_store(cq->galpa + CQ_ARM, CQ_FLAG);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the rigs of both adapters are made of: calls of the firmware, and objects with
 * queues.
 */
#ifndef _EBUS_DEFECTS_OBJECTS_H
#define _EBUS_DEFECTS_OBJECTS_H

#include <linux/ebus/hcall.h>
#include <linux/types.h>

/* As many as the queue pairs of eHEA have */
#define RIG_QUEUES		4

/**
 * struct rig_object - queues of an adapter's, each of which fills a page
 * @handle: the firmware's name for it; 0 if there is none
 * @number: of eHCA's queue pairs, on the network
 * @galpa: its registers
 * @page: its queues
 * @posted: entries of them, where somebody counts
 */
struct rig_object {
	u64 handle;
	u32 number;
	void __iomem *galpa;
	void *page[RIG_QUEUES];
	unsigned int posted[RIG_QUEUES];
};

/* A call of the firmware with so many arguments after the adapter's handle */
#define RIG_CALL(rig, _opcode, ...)					\
	((struct ebus_hcall) { .opcode = (_opcode),			\
			       .arg = { (rig)->adapter, __VA_ARGS__ } })

long rig_call(struct ebus_hcall call);
int rig_object_make(struct rig_object *object, struct ebus_hcall *call,
		    unsigned long opcode, unsigned int galpa,
		    unsigned int nr_queues);
void rig_object_unmake(struct rig_object *object, u64 adapter);
void rig_arm(const struct rig_object *cq);

#endif /* _EBUS_DEFECTS_OBJECTS_H */

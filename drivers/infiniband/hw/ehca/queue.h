/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the adapter knows of queues: by the pages that are registered with the firmware,
 * and by registers that tell of entries.
 *
 * Facts from 4.4's drivers/staging/rdma/ehca/{hipz_hw.h,hipz_fns_core.h}.
 */
#ifndef _EHCA_QUEUE_H
#define _EHCA_QUEUE_H

#include <linux/ebus/queue.h>

#include "firmware.h"

/* Registers of a queue pair: work requests that were added to a queue */
#define EHCA_QP_SQ_ADD		0x20
#define EHCA_QP_RQ_ADD		0x30
#define EHCA_QP_ADD_MAX		U16_MAX

/* Registers of a completion queue: entries done with, and when to send an event */
#define EHCA_CQ_FREE_ADD	0x38
#define EHCA_CQ_PENDING		0x40
#define EHCA_CQ_ARM_SOLICITED	0x58
#define EHCA_CQ_ARM_NEXT	0x60
#define EHCA_CQ_ARM		EHCA_BIT(0)

int ehca_queue_register(struct ehca_adapter *adapter,
			const struct ebus_queue *queue, u64 resource,
			enum ehca_ring ring, bool more);

#endif /* _EHCA_QUEUE_H */

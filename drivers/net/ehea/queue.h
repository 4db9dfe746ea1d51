/* SPDX-License-Identifier: GPL-2.0-only */
/* How the adapter knows of queues: by the pages that are registered with the firmware */
#ifndef _EHEA_QUEUE_H
#define _EHEA_QUEUE_H

#include <linux/ebus/queue.h>

#include "firmware.h"
#include "resource.h"

int ehea_queue_register(const struct ebus_queue *queue,
			const struct ehea_resource *resource,
			enum ehea_ring ring, bool *more);

#endif /* _EHEA_QUEUE_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an adapter reaches of the partition's RAM: all of it for users in the kernel
 * (max_mr.h), regions for users in user space; and protection domains, as it is by those
 * that users in the kernel are known.
 *
 *	ram.h		where RAM is in the adapter's address space
 *	max_mr.h	the region of all RAM, its users
 *	region.c	regions, and what the firmware does not free
 *	veto.c		memory blocks that come and go
 *	mr.c		the RDMA core's memory regions
 *	user_pages.h	memory of user space
 *	pd.c		protection domains
 *	dma.c		DMA addresses
 *	place.c		what the operator knows the adapter by
 */
#ifndef _EHCA_MEMORY_H
#define _EHCA_MEMORY_H

#include <linux/ebus/mr.h>
#include <rdma/ib_verbs.h>

#include "max_mr.h"

struct device_node;
struct ehca_adapter;

int ehca_memory_init(struct ehca_adapter *adapter);
void ehca_memory_exit(struct ehca_adapter *adapter);

extern const struct dma_map_ops ehca_dma_ops;

int ehca_place_init(struct ehca_place *place, struct device_node *node);
void ehca_place_exit(struct ehca_place *place);

/**
 * struct ehca_pd - a protection domain
 * @ib: the RDMA core's
 * @number: the firmware's name for it
 * @is_kept: the firmware has a queue pair in it that it does not free
 */
struct ehca_pd {
	struct ib_pd ib;
	u32 number;
	bool is_kept;
};

static inline struct ehca_pd *to_ehca_pd(struct ib_pd *pd)
{
	return container_of(pd, struct ehca_pd, ib);
}

int ehca_alloc_pd(struct ib_pd *pd, struct ib_udata *udata);
int ehca_dealloc_pd(struct ib_pd *pd, struct ib_udata *udata);
struct ib_mr *ehca_get_dma_mr(struct ib_pd *pd, int access);
struct ib_mr *ehca_reg_user_mr(struct ib_pd *pd, u64 start, u64 length, u64 iova,
			       int access, struct ib_udata *udata);
int ehca_dereg_mr(struct ib_mr *mr, struct ib_udata *udata);

#endif /* _EHCA_MEMORY_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Protection domains. The firmware makes none: it takes any number, and compares those
 * of queue pairs with those of memory regions.
 */

#include <linux/minmax.h>

#include "ehca.h"

static int take_number(struct ehca_adapter *adapter, u32 *number)
{
	const u32 nr = clamp_t(u32, adapter->limits.max_pds, 1, S32_MAX / 2);
	struct ehca_memory *memory = &adapter->memory;
	int ret;

	/* A region that is still known under a number is none of the next user's */
	ret = xa_alloc_cyclic(&memory->pds, number, xa_mk_value(0),
			      XA_LIMIT(EHCA_PD_FIRST, EHCA_PD_FIRST + nr - 1),
			      &memory->next_pd, GFP_KERNEL);
	if (ret == -EBUSY)
		return -ENOSPC;
	return min(ret, 0);
}

/**
 * ehca_alloc_pd() - make a protection domain
 * @pd: allocated by the RDMA core
 * @udata: of a user in user space, or NULL
 *
 * Context: Process context, may sleep.
 * Return: 0; -ENOSPC if there are as many as the adapter can have; -ENOMEM.
 */
int ehca_alloc_pd(struct ib_pd *pd, struct ib_udata *udata)
{
	return take_number(to_ehca(pd->device), &to_ehca_pd(pd)->number);
}

/**
 * ehca_dealloc_pd() - the end of ehca_alloc_pd()
 * @pd: the protection domain, of which nothing is left
 * @udata: of a user in user space, or NULL
 *
 * Its number stays taken as long as the firmware has a region with it; and as long as
 * there is the adapter if it still has a queue pair with it.
 *
 * Context: Process context, may sleep.
 * Return: 0.
 */
int ehca_dealloc_pd(struct ib_pd *pd, struct ib_udata *udata)
{
	if (!to_ehca_pd(pd)->is_kept)
		ehca_region_end_pd(&to_ehca(pd->device)->memory,
				   to_ehca_pd(pd)->number);
	return 0;
}

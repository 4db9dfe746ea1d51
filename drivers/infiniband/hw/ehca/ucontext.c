// SPDX-License-Identifier: GPL-2.0-only
/*
 * Users in user space. They have protection domains and memory regions; queues are
 * the kernel's alone, so there is nothing of the adapter's that they could map.
 */

#include "ehca.h"

/* There is nothing to allocate */
int ehca_alloc_ucontext(struct ib_ucontext *context, struct ib_udata *udata)
{
	return 0;
}

void ehca_dealloc_ucontext(struct ib_ucontext *context)
{
}

/*
 * That there is this function lets the adapter go while a user has it open: the RDMA
 * core takes its regions and domains away, and nothing is mapped.
 */
void ehca_disassociate_ucontext(struct ib_ucontext *context)
{
}

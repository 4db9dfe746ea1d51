// SPDX-License-Identifier: GPL-2.0-only
/* Tokens */

#include <linux/errno.h>

#include "names.h"

/* 4.4's drivers/staging/rdma/ehca/{ehca_cq.c,ehca_qp.c} give no larger ones */
#define LAST_TOKEN	0x1ffffff

/**
 * ehca_names_init() - nothing has a token yet
 * @names: of a kind
 */
void ehca_names_init(struct ehca_names *names)
{
	xa_init_flags(&names->xa, XA_FLAGS_ALLOC1 | XA_FLAGS_LOCK_IRQ);
	names->next = 0;
}

/**
 * ehca_names_add() - give a token
 * @names: of its kind
 * @named: gets it
 *
 * A token is given again as late as possible, so that an event of what is gone is
 * not taken for one of what came after it.
 *
 * Context: Process context, may sleep.
 * Return: 0, -ENOMEM, or -ENOSPC if all tokens are given.
 */
int ehca_names_add(struct ehca_names *names, struct ehca_named *named)
{
	int ret;

	refcount_set(&named->users, 1);
	init_completion(&named->unused);
	ret = xa_alloc_cyclic_irq(&names->xa, &named->token, named,
				  XA_LIMIT(1, LAST_TOKEN), &names->next,
				  GFP_KERNEL);
	if (ret == -EBUSY)
		return -ENOSPC;
	return ret < 0 ? ret : 0;
}

/**
 * ehca_names_del() - the undo of ehca_names_add()
 * @names: of its kind
 * @named: nobody uses it any more on return
 *
 * Context: Process context; sleeps until every ehca_names_get() has been undone.
 */
void ehca_names_del(struct ehca_names *names, struct ehca_named *named)
{
	xa_erase_irq(&names->xa, named->token);
	ehca_named_put(named);
	wait_for_completion(&named->unused);
}

/**
 * ehca_names_find() - what a token stands for
 * @names: of a kind
 * @token: which
 *
 * Context: Any. The caller knows how it is kept from going away.
 * Return: it, or NULL if there is none.
 */
struct ehca_named *ehca_names_find(struct ehca_names *names, u32 token)
{
	return xa_load(&names->xa, token);
}

/**
 * ehca_names_get() - what a token stands for, that does not go away
 * @names: of a kind
 * @token: which
 *
 * Context: Any. To be undone by ehca_named_put().
 * Return: it, or NULL if there is none.
 */
struct ehca_named *ehca_names_get(struct ehca_names *names, u32 token)
{
	struct ehca_named *named;
	unsigned long flags;

	xa_lock_irqsave(&names->xa, flags);
	named = xa_load(&names->xa, token);
	if (named)
		refcount_inc(&named->users);
	xa_unlock_irqrestore(&names->xa, flags);
	return named;
}

/**
 * ehca_named_put() - the undo of ehca_names_get()
 * @named: what it returned
 *
 * Context: Any.
 */
void ehca_named_put(struct ehca_named *named)
{
	if (refcount_dec_and_test(&named->users))
		complete(&named->unused);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tokens: small numbers that name a completion queue or queue pair in what the
 * firmware says about it. An event may arrive while what it is about is taken apart.
 */
#ifndef _EHCA_NAMES_H
#define _EHCA_NAMES_H

#include <linux/completion.h>
#include <linux/refcount.h>
#include <linux/xarray.h>

/**
 * struct ehca_names - all that have tokens of a kind
 * @xa: struct ehca_named by their tokens; its lock is taken with interrupts off
 * @next: token that is tried first; under the same lock
 */
struct ehca_names {
	struct xarray xa;
	u32 next;
};

/**
 * struct ehca_named - what a token stands for; embedded in it
 * @token: at least 1
 * @users: one for being named, and one for each ehca_names_get()
 * @unused: completed when no user is left
 */
struct ehca_named {
	u32 token;
	refcount_t users;
	struct completion unused;
};

void ehca_names_init(struct ehca_names *names);
int ehca_names_add(struct ehca_names *names, struct ehca_named *named);
void ehca_names_del(struct ehca_names *names, struct ehca_named *named);
struct ehca_named *ehca_names_find(struct ehca_names *names, u32 token);
struct ehca_named *ehca_names_get(struct ehca_names *names, u32 token);
void ehca_named_put(struct ehca_named *named);

#endif /* _EHCA_NAMES_H */

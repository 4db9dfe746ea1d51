// SPDX-License-Identifier: GPL-2.0-only
/*
 * Users who have a protection domain and do nothing. That is enough to be one: with
 * its domain a user in the kernel may name any memory at any time.
 */

#include <linux/slab.h>
#include <linux/string.h>

#include "traffic.h"

/**
 * struct user - one of them
 * @list: with the others
 * @name: by which refusals know it; the domain refers to it
 * @pd: its protection domain
 */
struct user {
	struct list_head list;
	char name[32];
	struct ib_pd *pd;
};

/* Protected by client.c's adapter_lock */
static LIST_HEAD(users);

/**
 * users_add() - another user
 * @device: of this adapter
 * @name: called so
 *
 * Return: 0, -EINVAL, -ENOMEM, or an errno of __ib_alloc_pd().
 */
int users_add(struct ib_device *device, const char *name)
{
	struct user *user;
	int ret;

	user = kzalloc(sizeof(*user), GFP_KERNEL);
	if (!user)
		return -ENOMEM;
	if (strscpy(user->name, name) <= 0) {
		kfree(user);
		return -EINVAL;
	}
	user->pd = __ib_alloc_pd(device, 0, user->name);
	if (IS_ERR(user->pd)) {
		ret = PTR_ERR(user->pd);
		kfree(user);
		return ret;
	}
	list_add_tail(&user->list, &users);
	return 0;
}

static void remove_user(struct user *user)
{
	list_del(&user->list);
	ib_dealloc_pd(user->pd);
	kfree(user);
}

/**
 * users_remove() - one of them goes
 * @name: the first that is called so
 *
 * Return: 0 or -ENOENT.
 */
int users_remove(const char *name)
{
	struct user *user;

	list_for_each_entry(user, &users, list) {
		if (!strcmp(user->name, name)) {
			remove_user(user);
			return 0;
		}
	}
	return -ENOENT;
}

/* All of them go */
void users_remove_all(void)
{
	struct user *user, *next;

	list_for_each_entry_safe(user, next, &users, list)
		remove_user(user);
}

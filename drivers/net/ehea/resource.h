/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the firmware has allocated for the driver. All of it is in one list, so that
 * a kernel that dies can have it freed.
 */
#ifndef _EHEA_RESOURCE_H
#define _EHEA_RESOURCE_H

#include <linux/list.h>
#include <linux/types.h>

/**
 * struct ehea_resource - a queue or a memory region
 * @list: in the list of all
 * @adapter: handle of the adapter
 * @handle: its own; 0 if there is none
 */
struct ehea_resource {
	struct list_head list;
	u64 adapter;
	u64 handle;
};

/* What the firmware knows of an error: two registers, of which both may be 0 */
struct ehea_error {
	u8 type;
	u64 aer, aerr;
};

void ehea_resource_add(struct ehea_resource *resource, u64 adapter, u64 handle);
void ehea_resource_add_memory(struct ehea_resource *resource, u64 adapter,
			      u64 handle);
void ehea_resource_del(struct ehea_resource *resource);
void ehea_resource_lose(struct ehea_resource *resource);
void ehea_resources_forget(void);
int ehea_resource_free(struct ehea_resource *resource, const char *what);
int ehea_resource_error(const struct ehea_resource *resource,
			struct ehea_error *error);
void ehea_resources_crash(void);

#endif /* _EHEA_RESOURCE_H */

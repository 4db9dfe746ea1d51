// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the firmware has allocated for the driver: freeing it, asking what is wrong
 * with it, and freeing all of it when the kernel dies.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/printk.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "firmware.h"
#include "resource.h"

/*
 * The latest comes first, and goes first: what uses another was made after it. Only
 * memory comes after all that may use it. The lock is for writers; the one reader
 * runs when no other CPU does any more.
 */
static LIST_HEAD(resources);
static DEFINE_SPINLOCK(resources_lock);

/**
 * ehea_resource_add() - there is a resource now
 * @resource: where to keep it
 * @adapter: handle of the adapter
 * @handle: of the resource
 */
void ehea_resource_add(struct ehea_resource *resource, u64 adapter, u64 handle)
{
	resource->adapter = adapter;
	resource->handle = handle;
	spin_lock(&resources_lock);
	list_add_rcu(&resource->list, &resources);
	spin_unlock(&resources_lock);
}

/**
 * ehea_resource_add_memory() - there is a memory region now
 * @resource: where to keep it
 * @adapter: handle of the adapter
 * @handle: of the region
 */
void ehea_resource_add_memory(struct ehea_resource *resource, u64 adapter,
			      u64 handle)
{
	resource->adapter = adapter;
	resource->handle = handle;
	spin_lock(&resources_lock);
	list_add_tail_rcu(&resource->list, &resources);
	spin_unlock(&resources_lock);
}

/**
 * ehea_resource_del() - a resource has been freed
 * @resource: which; may never have been there
 */
void ehea_resource_del(struct ehea_resource *resource)
{
	if (!resource->handle)
		return;
	spin_lock(&resources_lock);
	list_del_rcu(&resource->list);
	spin_unlock(&resources_lock);
	resource->handle = 0;
}

/**
 * ehea_resource_lose() - give up a resource that the firmware still has
 * @resource: which; there may be none
 *
 * It stays in the list, without what held it: when the kernel dies it has to be
 * freed more than any other.
 */
void ehea_resource_lose(struct ehea_resource *resource)
{
	struct ehea_resource *orphan;

	if (!resource->handle)
		return;
	orphan = kmemdup(resource, sizeof(*resource), GFP_KERNEL);
	if (!orphan) {
		pr_err("resource %#llx would outlive a crash\n",
		       resource->handle);
		ehea_resource_del(resource);
		return;
	}
	spin_lock(&resources_lock);
	list_replace_rcu(&resource->list, &orphan->list);
	spin_unlock(&resources_lock);
	resource->handle = 0;
}

/**
 * ehea_resources_forget() - forget what was lost, the module goes
 *
 * Context: Nobody reads the list any more, and nothing else is in it.
 */
void ehea_resources_forget(void)
{
	struct ehea_resource *orphan, *next;

	list_for_each_entry_safe(orphan, next, &resources, list)
		kfree(orphan);
	INIT_LIST_HEAD(&resources);
}

static void log_error(const struct ehea_resource *resource, const u64 *block)
{
	size_t length = FIELD_GET(EHEA_ERROR_LENGTH_MASK,
				  block[EHEA_ERROR_LENGTH]);

	pr_err("resource %#llx: type %#llx, AER %#llx, AERR %#llx\n",
	       resource->handle,
	       FIELD_GET(EHEA_ERROR_TYPE_MASK, block[EHEA_ERROR_TYPE]),
	       block[EHEA_ERROR_AER], block[EHEA_ERROR_AERR]);
	print_hex_dump_debug("ehea: ", DUMP_PREFIX_OFFSET, 16, 8, block, length,
			     false);
}

/**
 * ehea_resource_error() - ask, and log, what is wrong with a resource
 * @resource: which
 * @error: where the answer goes
 *
 * Return: 0 or an errno; nothing may be known.
 */
int ehea_resource_error(const struct ehea_resource *resource,
			struct ehea_error *error)
{
	u64 *block = ehea_block_alloc();
	int ret;

	if (!block)
		return -ENOMEM;
	ret = ehea_fw_error_data(resource->adapter, resource->handle, block);
	if (ret) {
		pr_err("resource %#llx: no error data: %d\n", resource->handle,
		       ret);
	} else {
		error->type = FIELD_GET(EHEA_ERROR_TYPE_MASK,
					block[EHEA_ERROR_TYPE]);
		error->aer = block[EHEA_ERROR_AER];
		error->aerr = block[EHEA_ERROR_AERR];
		log_error(resource, block);
	}
	ehea_block_free(block);
	return ret;
}

/**
 * ehea_resource_free() - free a resource
 * @resource: which; there may be none
 * @what: a word for it
 *
 * Return: 0, or an errno: then the adapter may go on using its memory, which must
 * not be freed.
 */
int ehea_resource_free(struct ehea_resource *resource, const char *what)
{
	struct ehea_error error;
	int ret;

	if (!resource->handle)
		return 0;
	ret = ehea_fw_free(resource->adapter, resource->handle, false);
	if (ret == -EBUSY) {
		ehea_resource_error(resource, &error);
		ret = ehea_fw_free(resource->adapter, resource->handle, true);
	}
	if (ret) {
		pr_err("cannot free %s %#llx: %d, nor its memory\n", what,
		       resource->handle, ret);
		ehea_resource_lose(resource);
	} else {
		ehea_resource_del(resource);
	}
	return ret;
}

/**
 * ehea_resources_crash() - free all, the kernel has died
 *
 * Context: The last CPU. Takes no locks: their holders do not run any more.
 */
void ehea_resources_crash(void)
{
	struct ehea_resource *resource;

	list_for_each_entry_lockless(resource, &resources, list)
		ehea_fw_free_atomic(resource->adapter, resource->handle);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * To whom memory belongs, and what that means for taking it away by hand. Who
 * added a block is recorded when it is added. Memory that came through the
 * probe file may be removed by hand; so may boot memory that no firmware object
 * or driver has. Everything else has an owner who keeps book, and goes by the
 * owner's own way.
 */

#include <linux/acpi.h>
#include <linux/device.h>
#include <linux/ioport.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/pfn.h>
#include <linux/range.h>
#include <linux/string.h>

#include "internal.h"

/**
 * mhp_owner_set() - record who adds memory
 * @owner: where to record it
 * @provider: how it is added
 * @res_name: name of its resource; "System RAM (driver)" names a driver
 * @caller: address in the function that adds it
 */
void mhp_owner_set(struct mhp_owner *owner, enum mhp_provider provider,
		   const char *res_name, unsigned long caller)
{
	const char *open = strchr(res_name, '(');

	owner->provider = provider;
	if (provider == MHP_PROVIDER_PROBE)
		strscpy(owner->name, "probe");
	else if (open)
		snprintf(owner->name, sizeof(owner->name), "%.*s",
			 (int)strcspn(open + 1, ")"), open + 1);
	else
		snprintf(owner->name, sizeof(owner->name), "%ps",
			 (void *)caller);
}

static u64 block_start(const struct memory_block *mem)
{
	return PFN_PHYS(section_nr_to_pfn(mem->start_section_nr));
}

static struct acpi_device *acpi_owner(struct memory_block *mem)
{
	return ACPI_COMPANION(&mem->dev);
}

#ifdef CONFIG_ACPI
static const char *acpi_owner_name(struct memory_block *mem)
{
	return dev_name(&acpi_owner(mem)->dev);
}
#else
static const char *acpi_owner_name(struct memory_block *mem)
{
	return "";
}
#endif

/**
 * arch_memory_owner() - who keeps book of memory at these addresses
 * @start: first byte
 * @size: size in bytes
 *
 * An architecture whose firmware wants to be told of what comes and goes overrides
 * this.
 *
 * Return: the name of the file or tool to use instead, or %NULL.
 */
const char * __weak arch_memory_owner(u64 start, u64 size)
{
	return NULL;
}

/**
 * mhp_owner_check_firmware() - may memory at these addresses come and go by hand?
 * @start: first byte
 * @size: size in bytes
 * @refusal: names whom to ask if not
 *
 * Return: 0 or -EPERM.
 */
int mhp_owner_check_firmware(u64 start, u64 size, struct mhp_refusal *refusal)
{
	const char *owner = arch_memory_owner(start, size);

	if (!owner)
		return 0;
	return mhp_refuse(refusal, MHP_REFUSED_OWNED, -EPERM, start, size,
			  owner, "only %s adds and removes it", owner);
}

static int copy_enclosing(struct resource *res, void *name)
{
	if (res->parent == &iomem_resource)
		return 0;
	strscpy(name, res->parent->name, MHP_OWNER_NAME_LEN);
	return 1;
}

/* Boot memory may lie in the window of a device, for example of CXL */
static bool inside_device(u64 start, u64 size, char *name)
{
	return walk_system_ram_res(start, start + size - 1, name,
				   copy_enclosing) == 1;
}

static int check_boot_owner(struct memory_block *mem, u64 start, u64 size,
			    struct mhp_refusal *refusal)
{
	char device[MHP_OWNER_NAME_LEN];

	if (inside_device(start, size, device))
		return mhp_refuse(refusal, MHP_REFUSED_OWNED, -EPERM, start,
				  size, device,
				  "%s belongs to a device, see \"%s\" in /proc/iomem; let its driver remove it",
				  dev_name(&mem->dev), device);
	return 0;
}

/**
 * mhp_owner_check_remove() - may a block be removed by hand?
 * @mem: the block
 * @refusal: names the owner and its way out if not
 *
 * Return: 0 or -EPERM.
 */
int mhp_owner_check_remove(struct memory_block *mem,
			   struct mhp_refusal *refusal)
{
	const u64 start = block_start(mem), size = memory_block_size_bytes();
	int ret;

	if (acpi_owner(mem))
		return mhp_refuse(refusal, MHP_REFUSED_OWNED, -EPERM, start,
				  size, acpi_owner_name(mem),
				  "%s belongs to an ACPI memory device; eject that: echo 1 > /sys/bus/acpi/devices/%s/eject",
				  dev_name(&mem->dev), acpi_owner_name(mem));
	if (mem->owner.provider == MHP_PROVIDER_PROBE)
		return 0;
	ret = mhp_owner_check_firmware(start, size, refusal);
	if (ret)
		return ret;
	if (mem->owner.provider == MHP_PROVIDER_BOOT)
		return check_boot_owner(mem, start, size, refusal);
	return mhp_refuse(refusal, MHP_REFUSED_OWNED, -EPERM, start, size,
			  mem->owner.name,
			  "%s was added by %s; let that remove it",
			  dev_name(&mem->dev), mem->owner.name);
}

struct leaf_query {
	const struct acpi_device *owner;
	bool foreign;
};

static int is_foreign(struct memory_block *mem, void *arg)
{
	struct leaf_query *query = arg;

	query->foreign = acpi_owner(mem) != query->owner;
	return query->foreign;
}

/**
 * mhp_owner_check_offline() - could the owner remove the block afterwards?
 * @op: the block that goes offline
 *
 * Firmware ejects a device once its blocks are offline, and nobody can refuse
 * any more. Memory that was there at boot may be mapped by a leaf that reaches
 * into memory of somebody else; then it must not go offline.
 *
 * Return: 0 or -EBUSY.
 */
int mhp_owner_check_offline(struct mhp_block_op *op)
{
	struct leaf_query query = { .owner = acpi_owner(op->mem) };
	struct range leaf;
	const char *why;

	if (!query.owner || op->mem->owner.provider != MHP_PROVIDER_BOOT)
		return 0;
	why = arch_keeps_boot_memory();
	if (why)
		return mhp_refuse_walk(&op->t, MHP_REFUSED_ARCH, -EBUSY,
				       "%s could not be ejected: %s",
				       acpi_owner_name(op->mem), why);
	if (!arch_check_remove_memory(op->t.start, op->t.size, &leaf))
		return 0;
	walk_memory_blocks(leaf.start, range_len(&leaf), &query, is_foreign);
	if (!query.foreign)
		return 0;
	return mhp_refuse_walk(&op->t, MHP_REFUSED_LEAF, -EBUSY,
			       "a page table leaf maps %#llx-%#llx, which reaches beyond %s; it could not be ejected",
			       leaf.start, leaf.end, acpi_owner_name(op->mem));
}

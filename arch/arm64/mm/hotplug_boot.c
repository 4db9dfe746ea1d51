// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that was there at boot: what keeps it from going offline, by name, and
 * whether it can be removed.
 *
 * Whatever was put there before there was a page allocator lies in reserved pages,
 * or in memory that the kernel does not map, which are holes. So nothing has to be
 * refused here.
 */

#include <linux/efi.h>
#include <linux/init.h>
#include <linux/initrd.h>
#include <linux/kernel.h>
#include <linux/kexec.h>
#include <linux/libfdt.h>
#include <linux/memory_hotplug.h>
#include <linux/of_fdt.h>
#include <linux/range.h>

#include <asm/memory.h>
#include <asm/sections.h>

static struct range initrd __ro_after_init;

static int __init remember_initrd(void)
{
	if (IS_ENABLED(CONFIG_BLK_DEV_INITRD)) {
		initrd.start = phys_initrd_start;
		initrd.end = phys_initrd_start + phys_initrd_size;
	}
	return 0;
}
early_initcall(remember_initrd);

static bool in_device_tree(phys_addr_t addr)
{
	return initial_boot_params && addr >= initial_boot_params_pa &&
	       addr < initial_boot_params_pa +
		      fdt_totalsize(initial_boot_params);
}

/* See "Memory Type Usage after ExitBootServices()", UEFI 2.10, table 7.10 */
static const char *reserved_by_firmware(phys_addr_t addr)
{
	if (!IS_ENABLED(CONFIG_EFI))
		return NULL;
	switch (efi_mem_type(addr)) {
	case EFI_ACPI_RECLAIM_MEMORY:
		return "tables of the firmware";
	case EFI_RUNTIME_SERVICES_CODE:
	case EFI_RUNTIME_SERVICES_DATA:
	case EFI_ACPI_MEMORY_NVS:
	case EFI_RESERVED_TYPE:
		return "the firmware";
	default:
		return NULL;
	}
}

/**
 * arch_reserved_for() - what has a page been reserved for at boot?
 * @addr: an address in it
 *
 * Context: Any.
 * Return: its name, or %NULL if nobody here knows.
 */
const char *arch_reserved_for(phys_addr_t addr)
{
	if (addr >= __pa_symbol(_text) && addr < __pa_symbol(_end))
		return "the kernel";
	if (addr >= initrd.start && addr < initrd.end)
		return "the initial ramdisk, see retain_initrd";
	if (in_device_tree(addr))
		return "the device tree";
	return reserved_by_firmware(addr);
}

/**
 * arch_keeps_boot_memory() - why can memory from boot not be removed?
 *
 * Another kernel is told of memory by the firmware's tables or by the device tree
 * that was there at boot, whatever has been removed since; and what a crash kernel
 * is to dump was listed when it was loaded.
 *
 * Context: Any.
 * Return: why, or %NULL.
 */
const char *arch_keeps_boot_memory(void)
{
	if (kexec_possible())
		return "kexec's kernel would use it: unload, set kernel.kexec_load_limit_reboot=0";
	return NULL;
}

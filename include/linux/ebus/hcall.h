/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How drivers of adapters on IBM's eBus talk to the firmware (pHYP).
 *
 * Two adapters are known: eHEA (Ethernet) and eHCA (InfiniBand). Both are driven
 * by hypervisor calls that take the adapter's handle as their first argument, and
 * by doorbells in pages of the adapter's address space, the galpas. Their drivers
 * call nothing else of the platform's, so that a model of the firmware can take
 * the place of both (CONFIG_EBUS_FIRMWARE_HOOK, for tests alone).
 */
#ifndef _LINUX_EBUS_HCALL_H
#define _LINUX_EBUS_HCALL_H

#include <linux/io.h>
#include <linux/types.h>

#ifdef CONFIG_PPC_PSERIES
#include <asm/hvcall.h>
#else
/* What the part that any architecture can test needs; PAPR's numbers */
#define H_SUCCESS			0
#define H_BUSY				1
#define H_PAGE_REGISTERED		15
#define H_LONG_BUSY_START_RANGE		9900
#define H_LONG_BUSY_END_RANGE		9905
#define H_HARDWARE			-1
#define H_FUNCTION			-2
#define H_PARAMETER			-4
#define H_NO_MEM			-9
#define H_AUTHORITY			-10
#define H_RESOURCE			-16
#define H_ADAPTER_PARM			-17
#define H_NOT_ENOUGH_RESOURCES		-44
#define H_R_STATE			-45
#define H_ALLOC_RESOURCE		0x160
#define H_FREE_RESOURCE			0x164
#define H_REGISTER_SMR			0x174
#define H_REGISTER_RPAGES		0x1AC
#define H_REGISTER_HEA_RPAGES		0x26C
#define H_ALLOC_HEA_RESOURCE		0x278
#endif

#define EBUS_HCALL_ARGS		9
#define EBUS_HCALL_OUTS		9

/**
 * struct ebus_hcall - one call of the firmware
 * @opcode: H_* of asm/hvcall.h
 * @arg: R4 to R12; the first is the adapter's handle
 * @out: what the firmware answers, R4 to R12
 */
struct ebus_hcall {
	unsigned long opcode;
	unsigned long arg[EBUS_HCALL_ARGS];
	unsigned long out[EBUS_HCALL_OUTS];
};

long ebus_hcall(struct ebus_hcall *call);
long ebus_hcall_atomic(struct ebus_hcall *call);
long ebus_hcall_dying(struct ebus_hcall *call);
int ebus_errno(long rc);

#ifdef CONFIG_EBUS_FIRMWARE_HOOK
/**
 * struct ebus_firmware - who answers instead of the firmware
 * @hcall: a call; may be made in any context
 * @map: make a galpa accessible; NULL if there is none
 * @unmap: the opposite of @map
 * @store: write a doubleword of a galpa; any context
 * @load: read one; any context
 */
struct ebus_firmware {
	long (*hcall)(struct ebus_hcall *call);
	void __iomem *(*map)(phys_addr_t galpa);
	void (*unmap)(void __iomem *galpa);
	void (*store)(void __iomem *addr, u64 value);
	u64 (*load)(void __iomem *addr);
};

int ebus_firmware_set(const struct ebus_firmware *firmware);
void ebus_firmware_clear(const struct ebus_firmware *firmware);
#endif

void __iomem *ebus_galpa_map(phys_addr_t galpa);
void ebus_galpa_unmap(void __iomem *galpa);

#ifdef CONFIG_EBUS_FIRMWARE_HOOK
void ebus_galpa_store(void __iomem *addr, u64 value);
u64 ebus_galpa_load(void __iomem *addr);
#else
/**
 * ebus_galpa_store() - ring a doorbell, or write another register of a galpa
 * @addr: the register
 * @value: in the CPU's byte order, which is the adapter's
 *
 * Context: Any. Orders nothing: what the adapter is to find in memory has to be
 * written before a barrier of the caller's.
 */
static inline void ebus_galpa_store(void __iomem *addr, u64 value)
{
	__raw_writeq(value, addr);
}

/**
 * ebus_galpa_load() - read a register of a galpa
 * @addr: the register
 *
 * Context: Any.
 * Return: its value.
 */
static inline u64 ebus_galpa_load(void __iomem *addr)
{
	return __raw_readq(addr);
}
#endif

#endif /* _LINUX_EBUS_HCALL_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls of the firmware, and access to its adapters' registers.
 */

#include <linux/delay.h>
#include <linux/ebus/hcall.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>

/*
 * The firmware's hint when to ask again goes up to 100 s, and says nothing of how
 * long the work takes. It is asked once a second at least, and no longer than this.
 */
#define LONGEST_PAUSE_MS	1000
#define PATIENCE_S		60

/* What a kernel that crashed waits for all calls together; then each has one try */
#define DYING_PATIENCE_MS	10000

#ifdef CONFIG_EBUS_FIRMWARE_HOOK

/* Set before the first adapter appears, cleared when the last one is gone */
static const struct ebus_firmware *ebus_firmware;

/**
 * ebus_firmware_set() - let a model of the firmware answer
 * @firmware: the model
 *
 * Context: Any; before an adapter of the model's appears.
 * Return: 0, or -EBUSY if there is a model already.
 */
int ebus_firmware_set(const struct ebus_firmware *firmware)
{
	return cmpxchg(&ebus_firmware, NULL, firmware) ? -EBUSY : 0;
}
EXPORT_SYMBOL_GPL(ebus_firmware_set);

/**
 * ebus_firmware_clear() - the end of ebus_firmware_set()
 * @firmware: the model
 *
 * Context: Any; when no adapter of the model's is left.
 */
void ebus_firmware_clear(const struct ebus_firmware *firmware)
{
	cmpxchg(&ebus_firmware, firmware, NULL);
}
EXPORT_SYMBOL_GPL(ebus_firmware_clear);

/**
 * ebus_galpa_store() - ring a doorbell, or write another register of a galpa
 * @addr: the register
 * @value: in the CPU's byte order, which is the adapter's
 *
 * Context: Any. Orders nothing: what the adapter is to find in memory has to be
 * written before a barrier of the caller's.
 */
void ebus_galpa_store(void __iomem *addr, u64 value)
{
	const struct ebus_firmware *firmware = READ_ONCE(ebus_firmware);

	if (firmware)
		firmware->store(addr, value);
	else
		__raw_writeq(value, addr);
}
EXPORT_SYMBOL_GPL(ebus_galpa_store);

/**
 * ebus_galpa_load() - read a register of a galpa
 * @addr: the register
 *
 * Context: Any.
 * Return: its value.
 */
u64 ebus_galpa_load(void __iomem *addr)
{
	const struct ebus_firmware *firmware = READ_ONCE(ebus_firmware);

	return firmware ? firmware->load(addr) : __raw_readq(addr);
}
EXPORT_SYMBOL_GPL(ebus_galpa_load);

static const struct ebus_firmware *model(void)
{
	return READ_ONCE(ebus_firmware);
}

#else

struct ebus_firmware {
	long (*hcall)(struct ebus_hcall *call);
	void __iomem *(*map)(phys_addr_t galpa);
	void (*unmap)(void __iomem *galpa);
};

static const struct ebus_firmware *model(void)
{
	return NULL;
}

#endif /* CONFIG_EBUS_FIRMWARE_HOOK */

/**
 * ebus_galpa_map() - make an adapter's registers accessible
 * @galpa: their address; they lie in one page of the kernel's
 *
 * Context: Process context, may sleep.
 * Return: where they are, or NULL.
 */
void __iomem *ebus_galpa_map(phys_addr_t galpa)
{
	const unsigned long offset = offset_in_page(galpa);
	void __iomem *page;

	if (model())
		return model()->map(galpa);
	/* The adapter has pages of 4 KiB, the kernel may have larger ones */
	page = ioremap(galpa - offset, PAGE_SIZE);
	return page ? page + offset : NULL;
}
EXPORT_SYMBOL_GPL(ebus_galpa_map);

/**
 * ebus_galpa_unmap() - the end of ebus_galpa_map()
 * @galpa: what it returned
 *
 * Context: Process context, may sleep.
 */
void ebus_galpa_unmap(void __iomem *galpa)
{
	if (model())
		model()->unmap(galpa);
	else
		iounmap((void __iomem *)((unsigned long)galpa & PAGE_MASK));
}
EXPORT_SYMBOL_GPL(ebus_galpa_unmap);

#ifdef CONFIG_PPC_PSERIES
static long platform_hcall(struct ebus_hcall *call)
{
	const unsigned long *arg = call->arg;

	return plpar_hcall9(call->opcode, call->out, arg[0], arg[1], arg[2],
			    arg[3], arg[4], arg[5], arg[6], arg[7], arg[8]);
}
#else
static long platform_hcall(struct ebus_hcall *call)
{
	return H_FUNCTION;
}
#endif

/**
 * ebus_hcall_atomic() - call the firmware once
 * @call: what to call, and what it answers
 *
 * Context: Any, a crashed kernel included.
 * Return: H_SUCCESS or another of the firmware's codes, H_BUSY and
 * H_LONG_BUSY_* included.
 */
long ebus_hcall_atomic(struct ebus_hcall *call)
{
	return model() ? model()->hcall(call) : platform_hcall(call);
}
EXPORT_SYMBOL_GPL(ebus_hcall_atomic);

static bool is_busy(long rc)
{
	return rc == H_BUSY ||
	       (rc >= H_LONG_BUSY_START_RANGE && rc <= H_LONG_BUSY_END_RANGE);
}

/* The codes are in powers of ten of a millisecond (PAPR; asm/hvcall.h) */
static unsigned int pause_ms(long rc)
{
	unsigned int ms = 1;

	while (rc-- > H_LONG_BUSY_START_RANGE && ms < LONGEST_PAUSE_MS)
		ms *= 10;
	return ms;
}

/**
 * ebus_hcall_dying() - call the firmware from a kernel that crashed
 * @call: what to call, and what it answers
 *
 * Asks again a few times, and spins for half a second at most; for some seconds in
 * all calls, of which there may be thousands.
 *
 * Context: The last CPU. For a kernel that does not go on.
 * Return: as ebus_hcall_atomic().
 */
long ebus_hcall_dying(struct ebus_hcall *call)
{
	static unsigned int waited_ms;
	unsigned int tries, ms;
	long rc = ebus_hcall_atomic(call);

	for (tries = 1; tries < 5 && is_busy(rc); tries++) {
		ms = min(pause_ms(rc), 100u);
		if (waited_ms + ms > DYING_PATIENCE_MS)
			break;
		waited_ms += ms;
		mdelay(ms);
		rc = ebus_hcall_atomic(call);
	}
	return rc;
}
EXPORT_SYMBOL_GPL(ebus_hcall_dying);

/**
 * ebus_hcall() - call the firmware, as often as it asks for
 * @call: what to call, and what it answers
 *
 * Context: Process context, may sleep, a minute if the firmware stays busy.
 * Signals are not heeded: what is being taken apart has to be taken apart.
 * Return: H_SUCCESS or another of the firmware's codes; one of H_LONG_BUSY_* or
 * H_BUSY if it was busy all the time.
 */
long ebus_hcall(struct ebus_hcall *call)
{
	const unsigned long end = jiffies + PATIENCE_S * HZ;
	long rc;

	might_sleep();
	for (;;) {
		rc = ebus_hcall_atomic(call);
		if (!is_busy(rc) || time_after(jiffies, end))
			return rc;
		if (rc == H_BUSY)
			cond_resched();
		else
			msleep(pause_ms(rc));
	}
}
EXPORT_SYMBOL_GPL(ebus_hcall);

/**
 * ebus_errno() - an errno for what the firmware answered
 * @rc: H_* of asm/hvcall.h
 *
 * Return: 0 for H_SUCCESS; -ENOSPC if the firmware has no more of what was asked
 * for, -EBUSY if it is in use or the firmware is busy, -EPERM if the partition may
 * not have it, -ENODEV if the firmware does not know the call, -EINVAL for an
 * argument that it does not take, otherwise -EIO.
 */
int ebus_errno(long rc)
{
	if (is_busy(rc))
		return -EBUSY;
	switch (rc) {
	case H_SUCCESS:
		return 0;
	case H_NOT_ENOUGH_RESOURCES:
	case H_NO_MEM:
		return -ENOSPC;
	case H_RESOURCE:
	case H_R_STATE:
		return -EBUSY;
	case H_AUTHORITY:
		return -EPERM;
	case H_FUNCTION:
		return -ENODEV;
	case H_PARAMETER:
	case H_ADAPTER_PARM:
		return -EINVAL;
	default:
		return -EIO;
	}
}
EXPORT_SYMBOL_GPL(ebus_errno);

MODULE_DESCRIPTION("What drivers of adapters on IBM's eBus have in common");
MODULE_LICENSE("GPL");

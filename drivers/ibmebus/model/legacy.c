// SPDX-License-Identifier: GPL-2.0-only
/*
 * For the older driver, which calls the platform itself: base/redirect.h brings it
 * here.
 */

#include <linux/delay.h>
#include <linux/export.h>
#include <linux/moduleparam.h>
#include <linux/skbuff.h>
#include <linux/string.h>

#include "base/legacy.h"
#include "model.h"

static unsigned int alloc_delay_us;
module_param(alloc_delay_us, uint, 0600);
MODULE_PARM_DESC(alloc_delay_us, "How long the older driver waits for each receive buffer");

/**
 * ebus_model_hcall9() - in place of plpar_hcall9()
 * @opcode: the call
 * @out: nine words for the answer, or NULL
 * @args: nine arguments
 *
 * Context: Any.
 * Return: H_SUCCESS or another of the firmware's codes.
 */
long ebus_model_hcall9(unsigned long opcode, unsigned long *out,
		       const unsigned long *args)
{
	struct ebus_hcall call = { .opcode = opcode };
	long rc;

	memcpy(call.arg, args, sizeof(call.arg));
	rc = hea_call(&call);
	if (out)
		memcpy(out, call.out, sizeof(call.out));
	return rc;
}
EXPORT_SYMBOL_GPL(ebus_model_hcall9);

/* In place of ioremap() */
void __iomem *ebus_model_map(phys_addr_t galpa)
{
	return hea_galpa_map(galpa);
}
EXPORT_SYMBOL_GPL(ebus_model_map);

/* In place of iounmap() */
void ebus_model_unmap(void __iomem *addr)
{
	hea_galpa_unmap(addr);
}
EXPORT_SYMBOL_GPL(ebus_model_unmap);

/* In place of __raw_writeq() */
void ebus_model_store(u64 value, void __iomem *addr)
{
	hea_galpa_store(addr, value);
}
EXPORT_SYMBOL_GPL(ebus_model_store);

/* In place of __raw_readq() */
u64 ebus_model_load(const void __iomem *addr)
{
	return hea_galpa_load((void __iomem *)addr);
}
EXPORT_SYMBOL_GPL(ebus_model_load);

/* In place of netdev_alloc_skb_ip_align() */
struct sk_buff *ebus_model_alloc_skb(struct net_device *netdev,
				     unsigned int length)
{
	udelay(READ_ONCE(alloc_delay_us));
	return netdev_alloc_skb_ip_align(netdev, length);
}
EXPORT_SYMBOL_GPL(ebus_model_alloc_skb);

// SPDX-License-Identifier: GPL-2.0-only
/*
 * For the older driver, which calls the platform itself: base/redirect.h brings it
 * here.
 */

#include <linux/export.h>
#include <linux/string.h>

#include "base/legacy.h"
#include "model.h"

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

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model, as a driver calls it that does not know of it.
 */
#ifndef _EBUS_MODEL_LEGACY_H
#define _EBUS_MODEL_LEGACY_H

#include <linux/types.h>

struct net_device;
struct sk_buff;

long ebus_model_hcall9(unsigned long opcode, unsigned long *out,
		       const unsigned long *args);
void __iomem *ebus_model_map(phys_addr_t galpa);
void ebus_model_unmap(void __iomem *addr);
void ebus_model_store(u64 value, void __iomem *addr);
u64 ebus_model_load(const void __iomem *addr);
struct sk_buff *ebus_model_alloc_skb(struct net_device *netdev,
				     unsigned int length);

#endif /* _EBUS_MODEL_LEGACY_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included before each file of the older driver: what it calls of the platform goes
 * to the model, and so does the making of receive buffers. First all headers that
 * themselves use what is redirected.
 */
#ifndef _EBUS_MODEL_REDIRECT_H
#define _EBUS_MODEL_REDIRECT_H

/* As the driver defines it, before headers define it in another way */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/if_vlan.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/ip.h>
#include <linux/memory.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/of.h>
#include <linux/of_device.h>
#include <linux/platform_device.h>
#include <linux/reboot.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <linux/vmalloc.h>
#include <net/ip.h>

#include <asm/hvcall.h>
#include <asm/ibmebus.h>

#include "legacy.h"

#define plpar_hcall_norets(opcode, ...)					\
	ebus_model_hcall9(opcode, NULL,					\
			  (const unsigned long[PLPAR_HCALL9_BUFSIZE])	\
			  { __VA_ARGS__ })
#define plpar_hcall9(opcode, out, ...)					\
	ebus_model_hcall9(opcode, out,					\
			  (const unsigned long[PLPAR_HCALL9_BUFSIZE])	\
			  { __VA_ARGS__ })

#undef ioremap
#define ioremap(galpa, size)						\
	((void)(size), ebus_model_map(galpa))
#undef iounmap
#define iounmap(addr)			ebus_model_unmap(addr)
#undef __raw_writeq
#define __raw_writeq(value, addr)	ebus_model_store(value, addr)
#undef __raw_readq
#define __raw_readq(addr)		ebus_model_load(addr)
#define netdev_alloc_skb_ip_align(netdev, length)			\
	ebus_model_alloc_skb(netdev, length)

#endif /* _EBUS_MODEL_REDIRECT_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _EBUS_MODEL_INTERRUPT_H
#define _EBUS_MODEL_INTERRUPT_H

#include <linux/types.h>

void ebus_raise_interrupt(u32 ist);

#endif /* _EBUS_MODEL_INTERRUPT_H */

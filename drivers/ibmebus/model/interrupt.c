// SPDX-License-Identifier: GPL-2.0-only
/*
 * An interrupt that no hardware has raised.
 *
 * This part of the model is always built in: irq_to_desc() is not exported.
 * irq_inject_interrupt() has a tasklet serve the interrupt; if a driver disposes of it
 * before that, an XICS has lost one of three places for interrupts that are being
 * served. So the interrupt is served at once, and its controller never hears of it.
 */

#include <linux/export.h>
#include <linux/hardirq.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/irqdomain.h>
#include <linux/irqflags.h>
#include <linux/irqnr.h>
#include <linux/rcupdate.h>

#include "interrupt.h"

/**
 * ebus_raise_interrupt() - raise an interrupt, and serve it
 * @ist: the platform's number of it
 *
 * It is lost if nobody has it (assumed); whoever is about to free it waits until it has
 * been served.
 *
 * Context: Process context, interrupts enabled.
 */
void ebus_raise_interrupt(u32 ist)
{
	struct irq_desc *desc;

	local_irq_disable();
	irq_enter();
	rcu_read_lock();
	desc = irq_to_desc(irq_find_mapping(NULL, ist));
	if (desc)
		handle_simple_irq(desc);
	rcu_read_unlock();
	irq_exit();
	local_irq_enable();
}
EXPORT_SYMBOL_GPL(ebus_raise_interrupt);

// SPDX-License-Identifier: GPL-2.0-only
/*
 * LMBs that the hypervisor leaves with the partition although it does not use them.
 *
 * An LMB that Linux gives back need not be taken: QEMU takes only what its monitor
 * has asked for, see drc_isolate_logical() in its hw/ppc/spapr_drc.c. Such an LMB
 * can be added again, and is given back once more when all of its DIMM goes.
 */

#define pr_fmt(fmt) "pseries-hotplug-mem: " fmt

#include <linux/printk.h>

#include <asm/drmem.h>
#include <asm/rtas.h>

#include "lmb_drc.h"
#include "pseries.h"

/* As in dlpar.c; "dr-entity-sense" in 13.4 of PAPR+ 2.7, by QEMU's hw/ppc/spapr_drc.c */
#define DR_ENTITY_SENSE		9003
#define DR_ENTITY_PRESENT	1

/* What dlpar_acquire_drc() and dlpar_release_drc() return before they ask for a change */
#define NOT_IN_THAT_STATE	(-1)

/* Whoever takes such an LMB for new would give it back when that fails */
static bool is_in_use(const struct drmem_lmb *lmb)
{
	return lmb->flags & (DRCONF_MEM_ASSIGNED | DRCONF_MEM_RESERVED);
}

static bool is_left_with_us(const struct drmem_lmb *lmb)
{
	int state;

	return !rtas_get_sensor(DR_ENTITY_SENSE, lmb->drc_index, &state) &&
	       state == DR_ENTITY_PRESENT;
}

/**
 * lmb_drc_acquire() - get an LMB from the hypervisor
 * @lmb: the LMB
 *
 * Context: Process context, device_hotplug_lock held.
 * Return: 0; else as dlpar_acquire_drc(): -1 if it is in use, or the hypervisor does
 * not give it.
 */
int lmb_drc_acquire(const struct drmem_lmb *lmb)
{
	const int rc = dlpar_acquire_drc(lmb->drc_index);

	if (rc != NOT_IN_THAT_STATE || is_in_use(lmb) || !is_left_with_us(lmb))
		return rc;
	return 0;
}

/**
 * lmb_drc_release() - give an LMB back to the hypervisor
 * @lmb: out of use
 *
 * Context: Process context, device_hotplug_lock held.
 */
void lmb_drc_release(const struct drmem_lmb *lmb)
{
	const int rc = dlpar_release_drc(lmb->drc_index);

	if (rc && rc != NOT_IN_THAT_STATE)
		pr_info("the hypervisor leaves LMB %#x with the partition\n",
			lmb->drc_index);
}

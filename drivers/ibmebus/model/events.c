// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events and interrupts. An interrupt source (IST) is one of the platform's interrupt
 * controller that nobody else uses; the engine's thread raises it.
 */

#include "interrupt.h"
#include "model.h"

/*
 * XICS has sources 0x1000 to 0x1fff on QEMU's pseries machine, which are handed out
 * from the lower end (hw/ppc/spapr_irq.c; spapr.h, SPAPR_NR_XIRQS).
 */
#define FIRST_IST	0x1e00
#define NR_ISTS		0x1f0

/* Protected by hea_lock */
static DECLARE_BITMAP(used, NR_ISTS);
static unsigned int last_ist;

static DECLARE_BITMAP(pending, NR_ISTS);

/* Returns an IST or -ENOSPC; as late as possible one that was in use lately */
int hea_ist_alloc(void)
{
	unsigned int i, ist;

	lockdep_assert_held(&hea_lock);
	for (i = 0; i < NR_ISTS; i++) {
		ist = (last_ist + i) % NR_ISTS;
		if (__test_and_set_bit(ist, used))
			continue;
		last_ist = ist + 1;
		return FIRST_IST + ist;
	}
	return -ENOSPC;
}

void hea_ist_free(u32 ist)
{
	lockdep_assert_held(&hea_lock);
	__clear_bit(ist - FIRST_IST, used);
	clear_bit(ist - FIRST_IST, pending);
}

/**
 * hea_raise_interrupts() - raise those that are due
 *
 * Context: Process context.
 */
void hea_raise_interrupts(void)
{
	unsigned int ist;

	for_each_set_bit(ist, pending, NR_ISTS) {
		clear_bit(ist, pending);
		ebus_raise_interrupt(FIRST_IST + ist);
	}
}

/**
 * hea_eq_post() - an event
 * @eq: where it is told
 * @entry: what it is, without its valid bit
 *
 * Context: hea_lock held.
 */
void hea_eq_post(struct hea_eq *eq, u64 entry)
{
	__be64 image;

	lockdep_assert_held(&hea_lock);
	if (!hea_ring_complete(&eq->ring))
		return;
	if (!eq->no_entries) {
		entry &= ~EQE_VALID;
		image = cpu_to_be64(entry | (eq->ring.toggle ? EQE_VALID : 0));
		hea_dma_write(hea_ring_at_head(&eq->ring), &image, sizeof(image));
		hea_ring_advance(&eq->ring);
	}
	set_bit(eq->ist - FIRST_IST, pending);
	hea_engine_wake();
}

/**
 * hea_cq_completed() - something has completed
 * @cq: its completion queue
 * @solicited: eHCA: even those who wait for solicited events want to know
 *
 * There is one event, then the driver has to clear it and to arm the queue again
 * (ehea_main.c, ehea_poll(); eHCA: ehca_irq.c of Linux 4.4, reset_eq_pending()).
 *
 * Context: hea_lock held.
 */
void hea_cq_completed(struct hea_cq *cq, bool solicited)
{
	struct hea_object *eq =
		hea_find(cq->eq, HEA_SIBLING(cq->object.type, HEA_EQ));

	if (cq->event_pending || !eq ||
	    !(cq->armed || (cq->armed_solicited && solicited)))
		return;
	cq->armed = false;
	cq->armed_solicited = false;
	cq->event_pending = true;
	hea_eq_post(container_of(eq, struct hea_eq, object),
		    EQE_COMPLETION |
		    FIELD_PREP(EQE_NUMBER, (u64)hea_index(&cq->object)) |
		    FIELD_PREP(EQE_TOKEN, (u64)cq->token));
}

/**
 * hea_notify_port() - something has happened to a port
 * @port: the port
 * @code: what
 *
 * Context: hea_lock held.
 */
void hea_notify_port(const struct hea_port *port, unsigned int code)
{
	u64 entry = FIELD_PREP(EQE_CODE, (u64)code) |
		    FIELD_PREP(NEQE_PORT, (u64)port->number);
	struct hea_object *object;
	struct hea_eq *eq;

	if (port->link)
		entry |= NEQE_PORT_UP | NEQE_SWITCH_UP;
	list_for_each_entry(object, hea_list(HEA_EQ), list) {
		eq = container_of(object, struct hea_eq, object);
		if (eq->notify)
			hea_eq_post(eq, entry);
	}
}

/**
 * hea_qp_fail() - a queue pair has an error of its own
 * @qp: the queue pair
 *
 * Context: hea_lock held.
 * Return: whether there was somebody to tell.
 */
bool hea_qp_fail(struct hea_qp *qp)
{
	struct hea_object *eq = hea_find(qp->eq, HEA_EQ);

	if (!eq)
		return false;
	qp->error = BIT_ULL(0);		/* which bit: assumed */
	hea_eq_post(container_of(eq, struct hea_eq, object),
		    FIELD_PREP(EQE_CODE, (u64)EVENT_QP_ERROR) |
		    FIELD_PREP(EQE_NUMBER, (u64)hea_index(&qp->object)) |
		    FIELD_PREP(EQE_TOKEN, (u64)qp->token));
	return true;
}

/*
 * H_RESET_EVENTS: ehea_phyp.c, ehea_h_reset_events(). That events are told whether
 * or not earlier ones have been reset is assumed.
 */
long hea_call_reset_events(struct ebus_hcall *call)
{
	struct hea_object *object;

	lockdep_assert_held(&hea_lock);
	object = hea_find(call->arg[1], hea_call_type(call, HEA_EQ));
	if (object && container_of(object, struct hea_eq, object)->notify)
		return H_SUCCESS;
	hea_oracle(ORACLE_BAD_ARGUMENT, "H_RESET_EVENTS of %lx", call->arg[1]);
	return H_PARAMETER;
}

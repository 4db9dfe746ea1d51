// SPDX-License-Identifier: GPL-2.0-only
/*
 * Galpas: pages of the adapter's address space, one for each queue pair and each
 * completion queue, with registers. Most of them add what is written to a counter.
 *
 * There is nothing at these addresses. They are in the range of user space, so that
 * who goes there on his own finds out.
 */

#include "hca.h"

#define GALPAS		0x0000070000000000ULL
#define GALPAS_LEN	((u64)HEA_MAX_OBJECTS << HEA_PAGE_SHIFT)

/* The address of an object's galpa */
u64 hea_galpa(const struct hea_object *object)
{
	return GALPAS + ((u64)hea_index(object) << HEA_PAGE_SHIFT);
}

/**
 * hea_galpa_map() - make a galpa accessible
 * @galpa: an address in it; or in the same page of the kernel's
 *
 * Return: how to name it to hea_galpa_store() and hea_galpa_load(), or NULL.
 */
void __iomem *hea_galpa_map(phys_addr_t galpa)
{
	if (galpa < GALPAS || galpa >= GALPAS + GALPAS_LEN) {
		hea_oracle(ORACLE_BAD_ARGUMENT, "no galpa at %pap", &galpa);
		return NULL;
	}
	return (void __iomem *)(unsigned long)galpa;
}

/* The opposite of hea_galpa_map() */
void hea_galpa_unmap(void __iomem *addr)
{
}

static struct hea_object *decode(void __iomem *addr, unsigned int *offset)
{
	const u64 galpa = (u64)(unsigned long)addr - GALPAS;
	struct hea_object *object;

	*offset = galpa % HEA_PAGE_SIZE;
	object = galpa < GALPAS_LEN ? hea_find_index(galpa >> HEA_PAGE_SHIFT) :
		 NULL;
	if (object && (HEA_KIND(object->type) == HEA_QP ||
		       HEA_KIND(object->type) == HEA_CQ))
		return object;
	hea_oracle(ORACLE_FREED_OBJECT, "doorbell at %llx", galpa + GALPAS);
	return NULL;
}

/*
 * Registers that drivers write to: ehea_hw.h, ehea_update_sqa() and the like. What the
 * others do is not known: that they are not for drivers is assumed.
 */
static void store_qp(struct hea_qp *qp, unsigned int offset, u64 value)
{
	const u64 handle = qp->object.handle;
	const unsigned int nr = FIELD_GET(QP_ADDER, value);
	struct hea_ring *send = &qp->ring[RING_SEND];
	const unsigned int before = send->posted;

	switch (offset) {
	case QP_SEND_ADDER:
		hea_ring_post(send, handle, nr);
		/* It takes no more than there is room for */
		hea_entries_posted(send->posted - before);
		hea_engine_wake();
		return;
	case QP_RECEIVE1_ADDER:
		hea_ring_post(&qp->ring[RING_RQ1], handle, nr);
		return;
	case QP_RECEIVE2_ADDER:
		hea_ring_post(&qp->ring[RING_RQ2], handle, nr);
		return;
	case QP_RECEIVE3_ADDER:
		hea_ring_post(&qp->ring[RING_RQ3], handle, nr);
		return;
	}
	hea_oracle(ORACLE_BAD_ARGUMENT, "register %x of a QP", offset);
}

static void store_cq(struct hea_cq *cq, unsigned int offset, u64 value)
{
	unsigned int nr;

	switch (offset) {
	case CQ_CONSUMED_ADDER:
		/* That more are consumed than there are is not allowed: assumed */
		nr = FIELD_GET(CQ_ADDER, value);
		if (nr > cq->unconsumed)
			hea_oracle(ORACLE_OVERRUN, "%u of %u CQEs consumed", nr,
				   cq->unconsumed);
		cq->unconsumed -= min(nr, cq->unconsumed);
		return;
	case CQ_EVENT_PENDING:
		cq->event_pending = value & CQ_FLAG;
		return;
	case CQ_ARM:
		cq->armed = value & CQ_FLAG;
		return;
	case CQ_ARM_SOLICITED:
		cq->armed_solicited = value & CQ_FLAG;
		return;
	}
	hea_oracle(ORACLE_BAD_ARGUMENT, "register %x of a CQ", offset);
}

/**
 * hea_galpa_store() - write a register
 * @addr: its address, from hea_galpa_map()
 * @value: what is written
 *
 * Context: Any.
 */
void hea_galpa_store(void __iomem *addr, u64 value)
{
	struct hea_object *object;
	unsigned int offset;
	unsigned long flags;

	spin_lock_irqsave(&hea_lock, flags);
	object = decode(addr, &offset);
	if (object && object->type == HEA_QP)
		store_qp(container_of(object, struct hea_qp, object), offset, value);
	else if (object && object->type == HCA_QP)
		hca_qp_store(container_of(object, struct hca_qp, object), offset,
			     value);
	else if (object)
		store_cq(container_of(object, struct hea_cq, object), offset, value);
	spin_unlock_irqrestore(&hea_lock, flags);
}

/**
 * hea_galpa_load() - read a register
 * @addr: its address, from hea_galpa_map()
 *
 * Drivers read what they have just written, to be sure that it has arrived
 * (ehea_hw.h, epa_store()): it has. What they read they do not look at.
 *
 * Context: Any.
 * Return: 0.
 */
u64 hea_galpa_load(void __iomem *addr)
{
	unsigned int offset;
	unsigned long flags;

	spin_lock_irqsave(&hea_lock, flags);
	decode(addr, &offset);
	spin_unlock_irqrestore(&hea_lock, flags);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Completions: entries that are valid if a bit of theirs has the value that the
 * driver expects, which changes whenever the queue begins anew.
 */

#include "model.h"

/**
 * hea_entry_write() - write an entry with a valid bit
 * @phys: where to
 * @entry: what it says
 * @len: its length
 * @last: offset of the doubleword with the valid bit, which is written last
 *
 * Context: hea_lock held.
 */
void hea_entry_write(u64 phys, const void *entry, size_t len, size_t last)
{
	const size_t behind = last + sizeof(u64);

	hea_dma_write(phys, entry, last);
	hea_dma_write(phys + behind, entry + behind, len - behind);
	/* Pairs with the driver's rmb() between the valid bit and the rest */
	smp_wmb();
	hea_dma_write(phys + last, entry + last, sizeof(u64));
}

/**
 * hea_cqe_write() - write a completion of eHEA's
 * @phys: where to
 * @cqe: what it says
 * @toggle: what its valid bit is to be
 *
 * Context: hea_lock held.
 */
void hea_cqe_write(u64 phys, struct hea_cqe *cqe, bool toggle)
{
	cqe->valid = toggle ? CQE_VALID : 0;
	hea_entry_write(phys, cqe, sizeof(*cqe), sizeof(u64));
}

/**
 * hea_send_complete() - tell that something has been sent
 * @qp: by whom
 * @wr_id: the driver's name for it
 * @status: 0, or what is wrong
 *
 * Context: hea_lock held.
 */
void hea_send_complete(struct hea_qp *qp, __be64 wr_id, u16 status)
{
	struct hea_object *object = hea_find(qp->send_cq, HEA_CQ);
	struct hea_cqe cqe = {
		.wr_id = wr_id,
		.status = cpu_to_be16(status),
		.token = cpu_to_be32(qp->token),
	};
	struct hea_cq *cq;

	if (!object)
		return;
	cq = container_of(object, struct hea_cq, object);
	/* What has not been consumed is not overwritten, but lost: assumed */
	if (!hea_ring_complete(&cq->ring) ||
	    cq->unconsumed >= cq->ring.nr_entries) {
		hea_oracle(ORACLE_OVERRUN, "CQ %llx of %u entries", object->handle,
			   cq->ring.nr_entries);
		return;
	}
	hea_cqe_write(hea_ring_at_head(&cq->ring), &cqe, cq->ring.toggle);
	hea_ring_advance(&cq->ring);
	cq->unconsumed++;
	hea_cq_completed(cq, false);
}

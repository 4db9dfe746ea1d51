// SPDX-License-Identifier: GPL-2.0-only
/*
 * From one queue pair of eHCA to the other: whether a message gets there.
 */

#include "hca.h"

/* Membership in the same partition: InfiniBand volume 1, 10.9.1 */
static bool pkeys_match(u16 a, u16 b)
{
	const u16 mask = GENMASK(14, 0);

	return a & mask && (a & mask) == (b & mask) && (a | b) & BIT(15);
}

/* One end of a connection, and the other */
static bool is_partner(const struct hca_qp *qp, const struct hca_qp *other)
{
	return other->service == qp->service &&
	       hca_qp_word(other, QPW_DEST_QP) == hca_qp_number(qp);
}

static struct hca_qp *aqp1_of(const struct hca_port *port)
{
	struct hea_object *object = hea_find(port->aqp1, HCA_QP);

	return object ? container_of(object, struct hca_qp, object) : NULL;
}

/* Whether it listens at that port, to somebody like that */
static bool hears(const struct hca_qp *receiver, const struct hca_port *port,
		  const struct hca_qp *sender)
{
	if (!hca_qp_listens(receiver) ||
	    (!receiver->aqp1 && hca_port_of(receiver) != port))
		return false;
	return sender->service == SERVICE_UD ? receiver->service == SERVICE_UD :
	       is_partner(sender, receiver);
}

/**
 * hca_route() - the queue pair that a message is for
 * @qp: the one that sends it
 * @dlid: LID that it is sent to
 * @number: of the queue pair there
 * @why: if there is none, what becomes of the message if nobody is told
 *
 * Context: hea_lock held.
 * Return: the queue pair; NULL if there is none that listens to it.
 */
struct hca_qp *hca_route(const struct hca_qp *qp, u16 dlid, u32 number,
			 enum hca_fate *why)
{
	struct hca_port *from = hca_port_of(qp);
	struct hca_port *to = hca_port_reach(from, dlid);
	struct hca_qp *receiver;

	lockdep_assert_held(&hea_lock);
	*why = DROP_HCA_PORT;
	if (!to)
		return NULL;
	*why = DROP_HCA_QP;
	receiver = number == HCA_QPN_SPECIAL ? aqp1_of(to) : hca_qp_find(number);
	if (!receiver || !hears(receiver, to, qp))
		return NULL;
	*why = DROP_HCA_PKEY;
	if (pkeys_match(hca_pkey(from, hca_qp_word(qp, QPW_PKEY)),
			hca_pkey(to, hca_qp_word(receiver, QPW_PKEY))))
		return receiver;
	to->bad_pkeys++;
	return NULL;
}

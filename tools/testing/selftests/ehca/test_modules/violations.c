// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must fail: wrong keys, wrong addresses, memory of others. The request gets the
 * right status and changes nothing, the queue pair is in error, and all other requests
 * are flushed.
 */

#include <linux/bits.h>
#include <linux/random.h>

#include "traffic.h"

#define SIZE		1024
#define NR_BEHIND	3

/**
 * struct violation - a request that must fail
 * @name: what is wrong with it
 * @opcode: the request
 * @status: of its completion
 * @received: of that of the other side's receive request, if the request uses one
 * @other_pd: a key of another protection domain
 * @has_access: a key of a region of all memory that allows less
 * @access: so much
 * @wrong_key: a key that nobody has
 * @flip: bits of the address that are turned over
 * @too_short: the receive request has less room
 * @at_peer: all this is at the other side, in what is named there or in its receive
 *	     request; else in the requester's own memory
 */
struct violation {
	const char *name;
	enum ib_wr_opcode opcode;
	enum ib_wc_status status;
	enum ib_wc_status received;
	bool other_pd;
	bool has_access;
	int access;
	bool wrong_key;
	u64 flip;
	bool too_short;
	bool at_peer;
};

static const struct violation violations[] = {
	{ .name = "send with an lkey that nobody has", .opcode = IB_WR_SEND,
	  .status = IB_WC_LOC_PROT_ERR, .wrong_key = true },
	{ .name = "send from an address that there is not",
	  .opcode = IB_WR_SEND, .status = IB_WC_LOC_PROT_ERR,
	  .flip = BIT_ULL(61) },
	{ .name = "send with an lkey of another domain", .opcode = IB_WR_SEND,
	  .status = IB_WC_LOC_PROT_ERR, .other_pd = true },
	{ .name = "read to where nothing may be written",
	  .opcode = IB_WR_RDMA_READ, .status = IB_WC_LOC_PROT_ERR,
	  .has_access = true, .access = IB_ACCESS_REMOTE_READ },
	{ .name = "write with an rkey that nobody has",
	  .opcode = IB_WR_RDMA_WRITE, .status = IB_WC_REM_ACCESS_ERR,
	  .wrong_key = true, .at_peer = true },
	{ .name = "read with an rkey that nobody has",
	  .opcode = IB_WR_RDMA_READ, .status = IB_WC_REM_ACCESS_ERR,
	  .wrong_key = true, .at_peer = true },
	{ .name = "write to an address that there is not",
	  .opcode = IB_WR_RDMA_WRITE, .status = IB_WC_REM_ACCESS_ERR,
	  .flip = BIT_ULL(61), .at_peer = true },
	{ .name = "read from an address that there is not",
	  .opcode = IB_WR_RDMA_READ, .status = IB_WC_REM_ACCESS_ERR,
	  .flip = BIT_ULL(61), .at_peer = true },
	{ .name = "write with an rkey of another domain",
	  .opcode = IB_WR_RDMA_WRITE, .status = IB_WC_REM_ACCESS_ERR,
	  .other_pd = true, .at_peer = true },
	{ .name = "write where others may only read",
	  .opcode = IB_WR_RDMA_WRITE, .status = IB_WC_REM_ACCESS_ERR,
	  .has_access = true,
	  .access = IB_ACCESS_LOCAL_WRITE | IB_ACCESS_REMOTE_READ,
	  .at_peer = true },
	{ .name = "read where others may only write",
	  .opcode = IB_WR_RDMA_READ, .status = IB_WC_REM_ACCESS_ERR,
	  .has_access = true,
	  .access = IB_ACCESS_LOCAL_WRITE | IB_ACCESS_REMOTE_WRITE,
	  .at_peer = true },
	{ .name = "send to an lkey that nobody has", .opcode = IB_WR_SEND,
	  .status = IB_WC_REM_OP_ERR, .received = IB_WC_LOC_PROT_ERR,
	  .wrong_key = true, .at_peer = true },
	{ .name = "send to where nothing may be written", .opcode = IB_WR_SEND,
	  .status = IB_WC_REM_OP_ERR, .received = IB_WC_LOC_PROT_ERR,
	  .has_access = true, .at_peer = true },
	{ .name = "send of more than there is room for", .opcode = IB_WR_SEND,
	  .status = IB_WC_REM_INV_REQ_ERR, .received = IB_WC_LOC_LEN_ERR,
	  .too_short = true, .at_peer = true },
};

/**
 * struct place - memory as a request names it
 * @addr: its address
 * @lkey: for the side's own requests
 * @rkey: for the other's
 */
struct place {
	u64 addr;
	u32 lkey;
	u32 rkey;
};

static struct place right_place(struct side *side)
{
	return (struct place) {
		.addr = side->buffer.dma,
		.lkey = side->pd->local_dma_lkey,
		.rkey = side->pd->unsafe_global_rkey,
	};
}

static struct place wrong_place(struct side *side, const struct violation *violation,
				const struct side *other, const struct ib_mr *mr)
{
	struct place place = right_place(side);

	place.addr ^= violation->flip;
	if (violation->wrong_key) {
		place.lkey = ~place.lkey;
		place.rkey = ~place.rkey;
	} else if (violation->other_pd) {
		place.lkey = other->pd->local_dma_lkey;
		place.rkey = other->pd->unsafe_global_rkey;
	} else if (mr) {
		place.lkey = mr->lkey;
		place.rkey = mr->rkey;
	}
	return place;
}

static int post_receives(struct side *side, const struct place *place,
			 const struct violation *violation)
{
	struct ib_sge sge = {
		.addr = place->addr,
		.length = violation->too_short ? SIZE / 2 : SIZE,
		.lkey = place->lkey,
	};
	int i, index, first = -EINVAL;

	for (i = 0; i <= NR_BEHIND; i++) {
		index = work_receive(side, &sge, 1);
		if (index < 0)
			return index;
		if (!i)
			first = index;
	}
	return first;
}

/* The request that must fail, and others behind it */
static int post_sends(struct side *side, const struct place *from,
		      const struct place *to, enum ib_wr_opcode opcode)
{
	struct ib_sge sge = {
		.addr = from->addr,
		.length = SIZE,
		.lkey = from->lkey,
	};
	struct ib_rdma_wr wr = {
		.wr = {
			.opcode = opcode,
			.send_flags = IB_SEND_SIGNALED,
			.sg_list = &sge,
			.num_sge = 1,
		},
		.remote_addr = to->addr,
		.rkey = to->rkey,
	};
	const int first = work_send(side, &wr.wr);
	int i, index;

	if (first < 0)
		return first;
	sge = side_sge(side, 0, 0);
	wr.wr.opcode = IB_WR_SEND;
	for (i = 0; i < NR_BEHIND; i++) {
		index = work_send(side, &wr.wr);
		/* An error that is there already may be told at once */
		if (index < 0)
			break;
	}
	return first;
}

/* Both sides end in error, one way or the other, and nothing has moved */
static int expect_end(struct side *side, struct side *peer, int sent,
		      int received, const struct violation *violation)
{
	struct buffer *target;
	int ret;

	ret = work_end(side, sent, violation->status) ?:
	      side_expect_state(side, IB_QPS_ERR);
	if (!ret && violation->received)
		ret = work_end(peer, received, violation->received);
	ret = ret ?: side_set_state(peer, IB_QPS_ERR);
	ret = ret ?: work_expect_flushed(side) ?: work_expect_flushed(peer);
	target = violation->opcode == IB_WR_RDMA_READ ? &side->buffer :
							&peer->buffer;
	return ret ?: buffer_check(target, 0, 0, 0, 0);
}

static int violate(struct pair *pair, const struct violation *violation,
		   const struct ib_mr *mr)
{
	struct side *side = &pair->side[0], *peer = &pair->side[1];
	struct place from = right_place(side), to = right_place(peer);
	int sent, received;

	if (violation->at_peer)
		to = wrong_place(peer, violation, side, mr);
	else
		from = wrong_place(side, violation, peer, mr);
	buffer_poison(&side->buffer, 0, BUFFER_SIZE);
	buffer_poison(&peer->buffer, 0, BUFFER_SIZE);
	received = post_receives(peer, &to, violation);
	if (received < 0)
		return received;
	if (violation->opcode == IB_WR_RDMA_READ)
		buffer_fill(&peer->buffer, SIZE, get_random_u64());
	else
		buffer_fill(&side->buffer, SIZE, get_random_u64());
	sent = post_sends(side, &from, &to, violation->opcode);
	if (sent < 0)
		return sent;
	return expect_end(side, peer, sent, received, violation);
}

/* A region of all memory that allows less than that of the domain */
static struct ib_mr *region(struct ib_pd *pd, int access)
{
	struct ib_mr *mr = pd->device->ops.get_dma_mr(pd, access);

	if (IS_ERR(mr))
		return mr;
	mr->device = pd->device;
	mr->pd = pd;
	mr->type = IB_MR_TYPE_DMA;
	mr->uobject = NULL;
	mr->need_inval = false;
	return mr;
}

static int run_one(struct ib_device *device, const struct violation *violation)
{
	struct pair *pair = pair_open(device, IB_QPT_RC, 7);
	struct ib_mr *mr = NULL;
	int ret = 0;

	if (IS_ERR(pair))
		return PTR_ERR(pair);
	if (violation->has_access) {
		mr = region(pair->side[violation->at_peer].pd, violation->access);
		ret = PTR_ERR_OR_ZERO(mr);
	}
	ret = ret ?: violate(pair, violation, mr);
	if (!IS_ERR_OR_NULL(mr))
		ret = device->ops.dereg_mr(mr, NULL) ?: ret;
	pair_close(pair);
	return ret;
}

int run_violations(struct ib_device *device)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < ARRAY_SIZE(violations) && !ret; i++) {
		now("%s", violations[i].name);
		ret = run_one(device, &violations[i]);
	}
	return ret;
}

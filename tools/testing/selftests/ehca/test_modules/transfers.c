// SPDX-License-Identifier: GPL-2.0-only
/*
 * RC and UC: messages and remote memory, of many sizes and at many places. Whatever
 * arrives is compared with what was sent, and so is the memory around it.
 */

#include <linux/random.h>
#include <linux/sched/signal.h>

#include "traffic.h"

/**
 * struct verb - a way to move data
 * @name: its name
 * @opcode: of the request
 * @done: of its completion
 * @receives: the other side needs a receive request
 * @received: of the completion of that
 * @imm: with immediate data
 * @remote: it names memory of the other side's
 * @reads: data comes from there
 */
struct verb {
	const char *name;
	enum ib_wr_opcode opcode;
	enum ib_wc_opcode done;
	bool receives;
	enum ib_wc_opcode received;
	bool imm;
	bool remote;
	bool reads;
};

static const struct verb verbs[] = {
	{ .name = "send", .opcode = IB_WR_SEND, .done = IB_WC_SEND,
	  .receives = true, .received = IB_WC_RECV },
	{ .name = "send with immediate data", .opcode = IB_WR_SEND_WITH_IMM,
	  .done = IB_WC_SEND, .receives = true, .received = IB_WC_RECV,
	  .imm = true },
	{ .name = "write", .opcode = IB_WR_RDMA_WRITE,
	  .done = IB_WC_RDMA_WRITE, .remote = true },
	{ .name = "write with immediate data",
	  .opcode = IB_WR_RDMA_WRITE_WITH_IMM, .done = IB_WC_RDMA_WRITE,
	  .receives = true, .received = IB_WC_RECV_RDMA_WITH_IMM, .imm = true,
	  .remote = true },
	{ .name = "read", .opcode = IB_WR_RDMA_READ, .done = IB_WC_RDMA_READ,
	  .remote = true, .reads = true },
};

static const size_t sizes[] = {
	0, 1, 2, 63, 64, 255, 256, 257, 2047, 2048, 2049, 4095, 4096, 4097,
	PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1, BUFFER_SIZE / 2,
};

/**
 * struct transfer - one message
 * @verb: how
 * @size: in bytes
 * @from: where it comes from, in the buffer of who has it
 * @to: where it goes, in the buffer of the other
 * @nr: in so many pieces at the requester
 * @seed: of the pattern
 * @imm: immediate data
 */
struct transfer {
	const struct verb *verb;
	size_t size;
	size_t from;
	size_t to;
	unsigned int nr;
	u64 seed;
	u32 imm;
};

/* Cut a piece of a buffer; how many pieces it is then */
static unsigned int cut(struct side *side, size_t offset, size_t size,
			unsigned int nr, struct ib_sge *sge)
{
	const size_t piece = size / nr;
	unsigned int i;

	if (!piece)
		nr = !!size;
	for (i = 0; i + 1 < nr; i++)
		sge[i] = side_sge(side, offset + i * piece, piece);
	if (nr)
		sge[i] = side_sge(side, offset + i * piece, size - i * piece);
	return nr;
}

static int post_receive(struct side *side, const struct transfer *transfer)
{
	struct ib_sge sge[MAX_SGES];
	unsigned int nr = 0;

	if (!transfer->verb->receives)
		return 0;
	if (!transfer->verb->remote)
		nr = cut(side, transfer->to, transfer->size,
			 MAX_SGES + 1 - transfer->nr, sge);
	return work_receive(side, sge, nr);
}

static int post_send(struct side *side, struct side *peer,
		     const struct transfer *transfer)
{
	const bool reads = transfer->verb->reads;
	struct ib_sge sge[MAX_SGES];
	struct ib_rdma_wr wr = {
		.wr = {
			.opcode = transfer->verb->opcode,
			.send_flags = IB_SEND_SIGNALED,
			.sg_list = sge,
		},
		.remote_addr = peer->buffer.dma +
			       (reads ? transfer->from : transfer->to),
		.rkey = peer->pd->unsafe_global_rkey,
	};

	wr.wr.ex.imm_data = cpu_to_be32(transfer->imm);
	wr.wr.num_sge = cut(side, reads ? transfer->to : transfer->from,
			    transfer->size, transfer->nr, sge);
	return work_send(side, &wr.wr);
}

static int check_sent(struct side *side, int index, const struct verb *verb)
{
	const struct ib_wc *wc = &side->work[index].wc;
	int ret;

	ret = work_expect(side, index, IB_WC_SUCCESS);
	if (!ret && wc->opcode != verb->done)
		ret = complain("opcode %d of the completion", wc->opcode);
	return ret;
}

static int check_received(struct side *side, int index,
			  const struct transfer *transfer)
{
	const struct ib_wc *wc = &side->work[index].wc;
	const bool imm = wc->wc_flags & IB_WC_WITH_IMM;
	int ret;

	ret = work_expect(side, index, IB_WC_SUCCESS);
	if (ret)
		return ret;
	if (wc->opcode != transfer->verb->received)
		return complain("opcode %d of the receiver's", wc->opcode);
	if (wc->byte_len != transfer->size)
		return complain("%u bytes instead of %zu", wc->byte_len,
				transfer->size);
	if (imm != transfer->verb->imm)
		return complain("%s immediate data", imm ? "with" : "without");
	if (imm && be32_to_cpu(wc->ex.imm_data) != transfer->imm)
		return complain("other immediate data");
	return 0;
}

static int move(struct side *side, struct side *peer,
		const struct transfer *transfer)
{
	const bool receives = transfer->verb->receives;
	int sent, received, ret;

	received = post_receive(peer, transfer);
	if (received < 0)
		return received;
	sent = post_send(side, peer, transfer);
	/* If that goes wrong, nothing need arrive */
	ret = work_wait(side, sent) ?: check_sent(side, sent, transfer->verb);
	if (!ret && receives)
		ret = work_wait(peer, received) ?:
		      check_received(peer, received, transfer);
	return ret;
}

/* A completion of UC's says nothing about the other side; what comes after it does */
static int settle(struct side *side, struct side *peer)
{
	static const struct transfer nothing = { .verb = &verbs[0], .nr = 1 };

	return side->type == IB_QPT_UC ? move(side, peer, &nothing) : 0;
}

static int transfer(struct side *side, struct side *peer,
		    const struct transfer *transfer)
{
	const bool reads = transfer->verb->reads;
	struct side *source = reads ? peer : side, *target = reads ? side : peer;
	int ret;

	now("%s %s of %zu bytes from port %u",
	    side->type == IB_QPT_RC ? "RC" : "UC", transfer->verb->name,
	    transfer->size, side->port);
	buffer_fill(&source->buffer, transfer->from + transfer->size,
		    transfer->seed);
	buffer_poison(&target->buffer, 0, BUFFER_SIZE);
	ret = move(side, peer, transfer);
	if (!ret && !transfer->verb->receives)
		ret = settle(side, peer);
	if (!ret)
		ret = buffer_check(&target->buffer, transfer->to, transfer->size,
				   transfer->seed, transfer->from);
	ret = ret ?: work_expect_none(side) ?: work_expect_none(peer);
	if (!ret)
		transfers_count(transfer->size);
	return ret;
}

/* All verbs both ways, with a size that differs from the last one's in its places, too */
static int transfer_all(struct pair *pair, size_t size, unsigned int round)
{
	unsigned int i, from;
	int ret = 0;

	for (i = 0; i < 2 * ARRAY_SIZE(verbs) && !ret; i++) {
		const struct verb *verb = &verbs[i / 2];

		from = i % 2;
		if (verb->reads && pair->side[from].type != IB_QPT_RC)
			continue;
		ret = transfer(&pair->side[from], &pair->side[!from],
			       &(struct transfer) {
			.verb = verb,
			.size = size,
			.from = round * 37 % 128,
			.to = round * 61 % 4096,
			.nr = 1 + (round + i) % MAX_SGES,
			.seed = get_random_u64(),
			.imm = get_random_u32(),
		});
	}
	return ret;
}

#define NR_IN_A_ROW	8
#define PIECE		512

/* Requests one after the other, of which only the last tells that it is done */
static int write_in_a_row(struct side *side, struct side *peer)
{
	struct ib_rdma_wr wr = {
		.wr = { .opcode = IB_WR_RDMA_WRITE, .num_sge = 1 },
		.rkey = peer->pd->unsafe_global_rkey,
	};
	const u64 seed = get_random_u64();
	int i, index = 0, ret;

	now("RC writes in a row");
	buffer_fill(&side->buffer, NR_IN_A_ROW * PIECE, seed);
	buffer_poison(&peer->buffer, 0, BUFFER_SIZE);
	for (i = 0; i < NR_IN_A_ROW && index >= 0; i++) {
		struct ib_sge sge = side_sge(side, i * PIECE, PIECE);

		wr.wr.sg_list = &sge;
		wr.wr.send_flags = i == NR_IN_A_ROW - 1 ? IB_SEND_SIGNALED : 0;
		wr.remote_addr = peer->buffer.dma + i * PIECE;
		index = work_send(side, &wr.wr);
	}
	ret = work_wait(side, index) ?: work_expect(side, index, IB_WC_SUCCESS);
	work_forget(side);
	ret = ret ?: buffer_check(&peer->buffer, 0, NR_IN_A_ROW * PIECE, seed, 0);
	return ret ?: work_expect_none(side);
}

/* As many messages as the queues hold, and they arrive in order */
static int send_in_a_row(struct side *side, struct side *peer)
{
	int sent[QUEUE_DEPTH], received[QUEUE_DEPTH], i, ret = 0;
	struct transfer transfer = { .verb = &verbs[1], .nr = 1 };

	now("sends in a row");
	for (i = 0; i < QUEUE_DEPTH && !ret; i++) {
		received[i] = post_receive(peer, &transfer);
		ret = min(received[i], 0);
	}
	for (i = 0; i < QUEUE_DEPTH && !ret; i++) {
		transfer.imm = i;
		sent[i] = post_send(side, peer, &transfer);
		ret = min(sent[i], 0);
	}
	ret = ret ?: work_wait_all(side) ?: work_wait_all(peer);
	for (i = 0; i < QUEUE_DEPTH && !ret; i++) {
		transfer.imm = i;
		ret = check_sent(side, sent[i], transfer.verb) ?:
		      check_received(peer, received[i], &transfer);
	}
	return ret;
}

static int run_type(struct ib_device *device, enum ib_qp_type type)
{
	struct pair *pair = pair_open(device, type, 7);
	unsigned int i;
	int ret = 0;

	if (IS_ERR(pair))
		return PTR_ERR(pair);
	for (i = 0; i < ARRAY_SIZE(sizes) && !ret; i++)
		ret = transfer_all(pair, sizes[i], i);
	if (!ret && type == IB_QPT_RC)
		ret = write_in_a_row(&pair->side[0], &pair->side[1]);
	ret = ret ?: send_in_a_row(&pair->side[1], &pair->side[0]);
	pair_close(pair);
	return ret;
}

int run_rc(struct ib_device *device)
{
	return run_type(device, IB_QPT_RC);
}

int run_uc(struct ib_device *device)
{
	return run_type(device, IB_QPT_UC);
}

/* RC, until somebody ends it */
int run_stream(struct ib_device *device)
{
	struct pair *pair = pair_open(device, IB_QPT_RC, 7);
	unsigned int round;
	int ret = 0;

	if (IS_ERR(pair))
		return PTR_ERR(pair);
	for (round = 0; !ret; round++) {
		if (signal_pending(current) || has_to_end())
			ret = -EINTR;
		else
			ret = transfer_all(pair, sizes[round % ARRAY_SIZE(sizes)],
					   round);
	}
	pair_close(pair);
	return ret;
}

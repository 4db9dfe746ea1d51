// SPDX-License-Identifier: GPL-2.0-only
/*
 * UD: datagrams with and without a global route header, and one with a wrong Q_Key,
 * which nobody gets.
 */

#include <linux/random.h>

#include "traffic.h"

/**
 * struct datagram - one message
 * @size: in bytes
 * @global: with a global route header
 * @imm: with immediate data
 * @seed: of its pattern
 */
struct datagram {
	size_t size;
	bool global;
	bool imm;
	u64 seed;
};

static int post_receive(struct side *side, size_t size)
{
	struct ib_sge sge = side_sge(side, 0, GRH_BYTES + size);

	return work_receive(side, &sge, 1);
}

static int post_send(struct side *side, struct side *peer, struct ib_ah *ah,
		     const struct datagram *datagram, u32 qkey)
{
	struct ib_sge sge = side_sge(side, 0, datagram->size);
	struct ib_ud_wr wr = {
		.wr = {
			.opcode = datagram->imm ? IB_WR_SEND_WITH_IMM : IB_WR_SEND,
			.send_flags = IB_SEND_SIGNALED,
			.sg_list = &sge,
			.num_sge = !!datagram->size,
		},
		.ah = ah,
		.remote_qpn = peer->qp->qp_num,
		.remote_qkey = qkey,
	};

	wr.wr.ex.imm_data = cpu_to_be32(lower_32_bits(datagram->seed));
	return work_send(side, &wr.wr);
}

static int send(struct side *side, struct side *peer, struct ib_ah *ah,
		const struct datagram *datagram, u32 qkey)
{
	return work_end(side, post_send(side, peer, ah, datagram, qkey),
			IB_WC_SUCCESS);
}

static int check_origin(const struct ib_wc *wc, const struct side *from,
			const struct datagram *datagram)
{
	if (wc->src_qp != from->qp->qp_num)
		return complain("from queue pair %u", wc->src_qp);
	if (wc->slid != from->lid)
		return complain("from LID %#x", wc->slid);
	if (!(wc->wc_flags & IB_WC_GRH) != !datagram->global)
		return complain("%s route header",
				datagram->global ? "without" : "with");
	return 0;
}

static int check_received(struct side *side, int index, const struct side *from,
			  const struct datagram *datagram)
{
	const struct ib_wc *wc = &side->work[index].wc;
	const bool imm = wc->wc_flags & IB_WC_WITH_IMM;
	int ret;

	ret = work_expect(side, index, IB_WC_SUCCESS);
	if (ret)
		return ret;
	if (wc->opcode != IB_WC_RECV)
		return complain("opcode %d", wc->opcode);
	if (wc->byte_len != GRH_BYTES + datagram->size)
		return complain("%u bytes instead of %zu", wc->byte_len,
				GRH_BYTES + datagram->size);
	if (imm != datagram->imm ||
	    (imm && be32_to_cpu(wc->ex.imm_data) != lower_32_bits(datagram->seed)))
		return complain("wrong immediate data");
	ret = check_origin(wc, from, datagram);
	/* If there is no header, nobody says what is in its place */
	buffer_poison(&side->buffer, 0, GRH_BYTES);
	return ret ?: buffer_check(&side->buffer, GRH_BYTES, datagram->size,
				   datagram->seed, 0);
}

static int exchange(struct side *side, struct side *peer, struct ib_ah *ah,
		    const struct datagram *datagram)
{
	int received, ret;

	now("UD %zu bytes from port %u%s", datagram->size, side->port,
	    datagram->global ? " with a route header" : "");
	buffer_fill(&side->buffer, datagram->size, datagram->seed);
	buffer_poison(&peer->buffer, 0, BUFFER_SIZE);
	received = post_receive(peer, datagram->size);
	if (received < 0)
		return received;
	/* What has a wrong Q_Key is dropped, and the request waits for the next */
	ret = send(side, peer, ah, datagram, UD_QKEY + 1) ?:
	      send(side, peer, ah, datagram, UD_QKEY);
	ret = ret ?: work_wait(peer, received);
	ret = ret ?: check_received(peer, received, side, datagram);
	ret = ret ?: work_expect_none(side) ?: work_expect_none(peer);
	if (!ret)
		transfers_count(datagram->size);
	return ret;
}

static int exchange_all(struct side *side, struct side *peer, bool global)
{
	const size_t mtu = ib_mtu_enum_to_int(side->mtu);
	const size_t sizes[] = { 0, 1, 31, 64, 255, 256, 257, mtu - 1, mtu };
	struct ib_ah *ah = side_route(side, peer, global);
	unsigned int i;
	int ret = 0;

	if (IS_ERR(ah))
		return PTR_ERR(ah);
	for (i = 0; i < 2 * ARRAY_SIZE(sizes) && !ret; i++) {
		const struct datagram datagram = {
			.size = sizes[i / 2],
			.global = global,
			.imm = i % 2,
			.seed = get_random_u64(),
		};

		ret = exchange(side, peer, ah, &datagram);
	}
	rdma_destroy_ah(ah, RDMA_DESTROY_AH_SLEEPABLE);
	return ret;
}

int run_ud(struct ib_device *device)
{
	struct pair *pair = pair_open(device, IB_QPT_UD, 7);
	unsigned int i;
	int ret = 0;

	if (IS_ERR(pair))
		return PTR_ERR(pair);
	for (i = 0; i < 4 && !ret; i++)
		ret = exchange_all(&pair->side[i % 2], &pair->side[!(i % 2)], i / 2);
	pair_close(pair);
	return ret;
}

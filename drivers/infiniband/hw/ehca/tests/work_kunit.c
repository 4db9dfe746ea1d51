// SPDX-License-Identifier: GPL-2.0-only
/*
 * Work requests and their completions: what is posted is told of once, in the order in
 * which it was posted, whatever becomes of the queue pair. The adapter is played: it
 * writes completion queue entries, and says where it has stopped.
 */

#include <kunit/test.h>
#include <linux/string.h>

#include "../ehca.h"
#include "../qp.h"

#define NR_SLOTS	32
#define TOKEN		77
#define NUMBER		0x10203
#define ID(n)		(0xfedcba9876543210ULL + (n))

/*
 * struct rig - a queue pair, and the adapter's side of it
 * @completions: where the adapter writes its next entry
 * @galpa: registers of the queue pair
 * @state: of the queue pair, as the firmware has it
 * @stopped_at: numbers of the requests that come next
 * @stop_ret: what asking for that returns
 * @query_ret: what asking for @state returns, once
 * @gone: the queue pair's token has been taken away
 * @released: entries that the adapter may write again
 * @events: how often the user was told
 */
struct rig {
	struct ehca_adapter adapter;
	struct ehca_cq cq;
	struct ehca_qp qp;
	struct ebus_queue completions;
	u64 galpa[16];
	u32 state;
	u64 stopped_at[EHCA_NR_RINGS];
	int stop_ret, query_ret;
	bool gone;
	u32 released, events;
};

static struct rig *rig;

static u64 address_of(const struct ehca_work_queue *wq, u64 number)
{
	return virt_to_phys(ebus_queue_entry(&wq->queue,
					     ehca_wq_slot(wq, number))) |
	       BIT_ULL(63);
}

static int fake_stop_qp(struct ehca_adapter *adapter, u64 qp,
			enum ehca_qp_stop what, u64 next[EHCA_NR_RINGS])
{
	if (rig->stop_ret)
		return rig->stop_ret;
	next[EHCA_SQ] = address_of(&rig->qp.sq, rig->stopped_at[EHCA_SQ]);
	if (what == EHCA_QP_GET_BOTH)
		next[EHCA_RQ] = address_of(&rig->qp.rq,
					   rig->stopped_at[EHCA_RQ]);
	return 0;
}

static int fake_query_qp(struct ehca_adapter *adapter, u64 qp,
			 struct ehca_cb_qp *block)
{
	const int ret = rig->query_ret;

	rig->query_ret = 0;
	block->state = rig->state;
	return ret;
}

static struct ehca_named *fake_find(struct ehca_names *names, u32 token)
{
	return token == TOKEN && !rig->gone ? &rig->qp.named : NULL;
}

static void fake_complete(struct ehca_cq *cq, bool solicited)
{
	rig->events++;
}

static void fake_release(struct ehca_cq *cq, u32 nr_entries)
{
	rig->released += nr_entries;
}

/* What is tested, with all that it calls played */
#define ehca_fw_stop_qp fake_stop_qp
#define ehca_fw_query_qp fake_query_qp
#define ehca_names_find fake_find
#define ehca_cq_complete fake_complete
#define ehca_cq_release fake_release
#define ibdev_warn(ib, ...) ((void)(ib))
#undef ibdev_err_ratelimited
#define ibdev_err_ratelimited(ib, ...) ((void)(ib))
#include "../flush.c"
#include "../poll.c"
#define post post_receive
#include "../recv.c"
#undef post
#include "../send.c"

static void make_queue(struct kunit *test, struct ehca_work_queue *wq, u32 add)
{
	wq->qp = &rig->qp;
	wq->cq = &rig->cq;
	wq->add = add;
	spin_lock_init(&wq->lock);
	INIT_WORK(&wq->event, ehca_wq_event);
	INIT_LIST_HEAD(&wq->flush_link);
	KUNIT_ASSERT_EQ(test, 0, ebus_queue_alloc(&wq->queue, 1,
						  EBUS_QUEUE_PAGE / NR_SLOTS));
	wq->nr_slots = NR_SLOTS;
	wq->limit = NR_SLOTS - 1;
	wq->max_sges = 2;
	wq->wrs = kunit_kcalloc(test, NR_SLOTS, sizeof(*wq->wrs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, wq->wrs);
}

static int init(struct kunit *test)
{
	rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, rig);
	spin_lock_init(&rig->cq.lock);
	INIT_LIST_HEAD(&rig->cq.flush);
	rig->cq.ib.device = &rig->adapter.ib;
	KUNIT_ASSERT_EQ(test, 0, ebus_queue_alloc(&rig->cq.queue, 2,
						  sizeof(struct ehca_cqe)));
	rig->completions = rig->cq.queue;
	rig->qp.ib.device = &rig->adapter.ib;
	rig->qp.ib.qp_type = IB_QPT_RC;
	rig->qp.named.token = TOKEN;
	rig->qp.number = NUMBER;
	rig->qp.galpa = (void __iomem *)rig->galpa;
	rig->qp.state = IB_QPS_RTS;
	rig->state = EHCA_QP_RTS;
	mutex_init(&rig->qp.mutex);
	INIT_DELAYED_WORK(&rig->qp.failed, ehca_qp_failed_work);
	make_queue(test, &rig->qp.sq, EHCA_QP_SQ_ADD);
	make_queue(test, &rig->qp.rq, EHCA_QP_RQ_ADD);
	return 0;
}

static void settle(void)
{
	flush_delayed_work(&rig->qp.failed);
	flush_work(&rig->qp.sq.event);
	flush_work(&rig->qp.rq.event);
}

static void exit_test(struct kunit *test)
{
	cancel_delayed_work_sync(&rig->qp.failed);
	settle();
	ebus_queue_free(&rig->qp.sq.queue);
	ebus_queue_free(&rig->qp.rq.queue);
	ebus_queue_free(&rig->cq.queue);
}

/* Of a peer's memory, or a datagram */
static int send(unsigned int n, int flags)
{
	static struct ehca_ah ah;
	const struct ib_rdma_wr rdma = {
		.wr = {
			.wr_id = ID(n),
			.opcode = IB_WR_RDMA_WRITE,
			.send_flags = flags,
		},
	};
	const struct ib_ud_wr ud = {
		.wr = {
			.wr_id = ID(n),
			.opcode = IB_WR_SEND,
			.send_flags = flags,
		},
		.ah = &ah.ib,
		.remote_qpn = 5,
	};
	const struct ib_send_wr *bad;

	return ehca_post_send(&rig->qp.ib, rig->qp.ib.qp_type == IB_QPT_UD ?
			      &ud.wr : &rdma.wr, &bad);
}

static int receive(unsigned int n)
{
	const struct ib_recv_wr wr = { .wr_id = ID(n) };
	const struct ib_recv_wr *bad;

	return ehca_post_recv(&rig->qp.ib, &wr, &bad);
}

static void send_some(struct kunit *test, unsigned int from, unsigned int to,
		      int flags)
{
	for (; from < to; from++)
		KUNIT_ASSERT_EQ(test, 0, send(from, flags));
}

/* The adapter completes a request */
static void complete_wr(u64 number, u8 flags, u32 status)
{
	struct ehca_cqe *cqe = ebus_queue_next(&rig->completions);

	*cqe = (struct ehca_cqe) {
		.id = number,
		.opcode = flags & EHCA_CQE_RECEIVED ? EHCA_CQE_OP_RECV :
						      EHCA_WQE_WRITE,
		.flags = flags,
		.qpn = NUMBER,
		.token = TOKEN,
		.valid = rig->completions.turn ? EHCA_CQE_VALID : 0,
		.status = status,
	};
	ebus_queue_advance(&rig->completions);
}

/* The next completion is of a request, and of no other one */
static void expect(struct kunit *test, unsigned int n, enum ib_wc_status status)
{
	struct ib_wc wc = {};

	KUNIT_ASSERT_EQ(test, 1, ehca_poll_cq(&rig->cq.ib, 1, &wc));
	KUNIT_EXPECT_EQ(test, ID(n), wc.wr_id);
	KUNIT_EXPECT_EQ(test, status, wc.status);
	KUNIT_EXPECT_PTR_EQ(test, &rig->qp.ib, wc.qp);
}

static void expect_none(struct kunit *test)
{
	struct ib_wc wc;

	KUNIT_EXPECT_EQ(test, 0, ehca_poll_cq(&rig->cq.ib, 1, &wc));
}

static u64 rung(struct ehca_work_queue *wq)
{
	return rig->galpa[wq->add / sizeof(u64)];
}

#define ERROR(code)	(EHCA_CQE_ERROR | (code))

static void told_in_order(struct kunit *test)
{
	send_some(test, 0, 1, IB_SEND_SIGNALED);
	send_some(test, 1, 3, 0);
	send_some(test, 3, 4, IB_SEND_SIGNALED);
	KUNIT_EXPECT_EQ(test, 0, receive(100));
	expect_none(test);
	complete_wr(0, 0, 0);
	complete_wr(0, EHCA_CQE_RECEIVED, 0);
	complete_wr(3, 0, 0);
	expect(test, 0, IB_WC_SUCCESS);
	expect(test, 100, IB_WC_SUCCESS);
	expect(test, 3, IB_WC_SUCCESS);
	expect_none(test);
	KUNIT_EXPECT_EQ(test, 4, rig->qp.sq.completed);
	KUNIT_EXPECT_EQ(test, 3, rig->released);
}

static void full_until_told(struct kunit *test)
{
	unsigned int n, done = 0;

	for (n = 0; n < 5 * NR_SLOTS; n++) {
		if (n - done == NR_SLOTS - 1) {
			KUNIT_ASSERT_EQ(test, -ENOMEM, send(n, IB_SEND_SIGNALED));
			complete_wr(done, 0, 0);
			/* Not before it has been polled */
			KUNIT_ASSERT_EQ(test, -ENOMEM, send(n, IB_SEND_SIGNALED));
			expect(test, done++, IB_WC_SUCCESS);
		}
		KUNIT_ASSERT_EQ(test, 0, send(n, IB_SEND_SIGNALED));
	}
}

static void flushed_after_an_error(struct kunit *test)
{
	send_some(test, 0, 2, IB_SEND_SIGNALED);
	send_some(test, 2, 4, 0);
	KUNIT_EXPECT_EQ(test, 0, receive(100));
	complete_wr(0, 0, 0);
	complete_wr(1, 0, ERROR(EHCA_CODE_PROTECTION));
	rig->state = EHCA_QP_ERR;
	rig->stopped_at[EHCA_SQ] = 2;
	expect(test, 0, IB_WC_SUCCESS);
	expect(test, 1, IB_WC_LOC_PROT_ERR);
	settle();
	KUNIT_EXPECT_LT(test, 0, rig->events);
	expect(test, 2, IB_WC_WR_FLUSH_ERR);
	expect(test, 3, IB_WC_WR_FLUSH_ERR);
	expect(test, 100, IB_WC_WR_FLUSH_ERR);
	expect_none(test);
	/* As late as can be */
	complete_wr(2, 0, 0);
	expect_none(test);
}

/* As ib_drain_qp() does; no doorbell is rung for it */
static void posted_in_error(struct kunit *test)
{
	const u64 before = rung(&rig->qp.sq);

	rig->state = EHCA_QP_ERR;
	ehca_qp_failed(&rig->qp);
	settle();
	rig->events = 0;
	rig->qp.ib.qp_type = IB_QPT_RC;
	KUNIT_EXPECT_EQ(test, 0, send(1, 0));
	KUNIT_EXPECT_EQ(test, 0, receive(2));
	settle();
	KUNIT_EXPECT_LT(test, 0, rig->events);
	expect(test, 1, IB_WC_WR_FLUSH_ERR);
	expect(test, 2, IB_WC_WR_FLUSH_ERR);
	expect_none(test);
	KUNIT_EXPECT_EQ(test, before, rung(&rig->qp.sq));
}

/* What the adapter has executed is not flushed, even if nobody wanted to hear of it */
static void executed_before_the_end(struct kunit *test)
{
	send_some(test, 0, 4, 0);
	rig->state = EHCA_QP_ERR;
	rig->stopped_at[EHCA_SQ] = 2;
	ehca_qp_failed(&rig->qp);
	settle();
	expect(test, 2, IB_WC_WR_FLUSH_ERR);
	expect(test, 3, IB_WC_WR_FLUSH_ERR);
	expect_none(test);
}

static void end_not_told(struct kunit *test)
{
	send_some(test, 0, 2, 0);
	KUNIT_EXPECT_EQ(test, 0, receive(100));
	rig->state = EHCA_QP_ERR;
	rig->stop_ret = -EIO;
	ehca_qp_failed(&rig->qp);
	settle();
	expect(test, 0, IB_WC_WR_FLUSH_ERR);
	expect(test, 1, IB_WC_WR_FLUSH_ERR);
	expect(test, 100, IB_WC_WR_FLUSH_ERR);
	expect_none(test);
}

/* What was posted before is not told, not even if its entry is read only afterwards */
static void forgotten_by_a_reset(struct kunit *test)
{
	const struct ehca_work_queue *sq = &rig->qp.sq;
	const struct ehca_wqe *first = ebus_queue_entry(&sq->queue, 0);

	send_some(test, 0, 3, IB_SEND_SIGNALED);
	complete_wr(0, 0, 0);
	ehca_wq_reset(&rig->qp.sq);
	KUNIT_ASSERT_EQ(test, 0, send(7, IB_SEND_SIGNALED));
	expect_none(test);
	/* The adapter starts with that entry, and so do the numbers */
	KUNIT_EXPECT_EQ(test, sq->posted - 1, first->id);
	KUNIT_EXPECT_EQ(test, 0, first->id % NR_SLOTS);
	complete_wr(sq->posted - 1, 0, 0);
	expect(test, 7, IB_WC_SUCCESS);
	expect_none(test);
}

/* Four datagrams, the second is to blame; it has been told of */
static void break_send_queue(struct kunit *test)
{
	rig->qp.ib.qp_type = IB_QPT_UD;
	send_some(test, 0, 4, IB_SEND_SIGNALED);
	complete_wr(0, 0, 0);
	complete_wr(1, 0, ERROR(EHCA_CODE_PROTECTION));
	rig->state = EHCA_QP_SQE;
	rig->stopped_at[EHCA_SQ] = 1;
	expect(test, 0, IB_WC_SUCCESS);
	expect(test, 1, IB_WC_LOC_PROT_ERR);
	settle();
}

/* The adapter does the entry to blame again, and then that behind it, which is the next */
static void resume_send_queue(struct kunit *test, u32 slot)
{
	struct ehca_work_queue *sq = &rig->qp.sq;
	const struct ehca_wqe *wqe = ebus_queue_entry(&sq->queue, slot);
	const u32 next = (slot + 1) % NR_SLOTS;
	const u64 before = rung(sq);
	u64 bad;

	mutex_lock(&rig->qp.mutex);
	KUNIT_ASSERT_EQ(test, 0, ehca_sq_stopped(&rig->qp, &bad));
	KUNIT_ASSERT_EQ(test, slot, ehca_wq_slot(sq, bad));
	ehca_sq_purge(&rig->qp, bad);
	ehca_sq_resume(&rig->qp, bad);
	mutex_unlock(&rig->qp.mutex);
	KUNIT_EXPECT_EQ(test, EHCA_WQE_PURGE, wqe->control);
	complete_wr(wqe->id, 0, ERROR(EHCA_CODE_PURGED));
	KUNIT_EXPECT_EQ(test, next, ehca_wq_slot(sq, sq->posted));
	KUNIT_EXPECT_EQ(test, next, ebus_queue_slot(&sq->queue));
	KUNIT_EXPECT_EQ(test, before, rung(sq));
}

/* Receiving goes on, so what is received is not flushed */
static void send_queue_flushed(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, 0, receive(100));
	break_send_queue(test);
	KUNIT_EXPECT_EQ(test, 0, send(4, 0));
	expect(test, 2, IB_WC_WR_FLUSH_ERR);
	expect(test, 3, IB_WC_WR_FLUSH_ERR);
	expect(test, 4, IB_WC_WR_FLUSH_ERR);
	expect_none(test);
	complete_wr(0, EHCA_CQE_RECEIVED, 0);
	expect(test, 100, IB_WC_SUCCESS);
	resume_send_queue(test, 1);
	expect_none(test);
	KUNIT_EXPECT_EQ(test, 0, send(5, IB_SEND_SIGNALED));
	expect_none(test);
	complete_wr(5, 0, 0);
	expect(test, 5, IB_WC_SUCCESS);
	expect_none(test);
}

/* Nobody has polled meanwhile: the order is kept all the same */
static void send_queue_resumed_early(struct kunit *test)
{
	break_send_queue(test);
	KUNIT_EXPECT_EQ(test, 0, send(4, 0));
	resume_send_queue(test, 1);
	KUNIT_EXPECT_EQ(test, 0, send(5, IB_SEND_SIGNALED));
	complete_wr(5, 0, 0);
	expect(test, 2, IB_WC_WR_FLUSH_ERR);
	expect(test, 3, IB_WC_WR_FLUSH_ERR);
	expect(test, 4, IB_WC_WR_FLUSH_ERR);
	expect(test, 5, IB_WC_SUCCESS);
	expect_none(test);
}

/* Nor after a second error: what was executed between the two is not flushed */
static void executed_between_two_ends(struct kunit *test)
{
	break_send_queue(test);
	KUNIT_EXPECT_EQ(test, 0, send(4, 0));
	resume_send_queue(test, 1);
	rig->state = EHCA_QP_RTS;
	KUNIT_EXPECT_EQ(test, 0, send(5, 0));
	KUNIT_EXPECT_EQ(test, 0, send(6, IB_SEND_SIGNALED));
	KUNIT_EXPECT_EQ(test, 0, send(7, 0));
	complete_wr(6, 0, 0);
	rig->state = EHCA_QP_ERR;
	rig->stopped_at[EHCA_SQ] = 7;
	ehca_qp_failed(&rig->qp);
	settle();
	expect(test, 2, IB_WC_WR_FLUSH_ERR);
	expect(test, 3, IB_WC_WR_FLUSH_ERR);
	expect(test, 4, IB_WC_WR_FLUSH_ERR);
	expect(test, 6, IB_WC_SUCCESS);
	expect(test, 7, IB_WC_WR_FLUSH_ERR);
	expect_none(test);
}

/* Four datagrams, of which the second is to blame; and more, all flushed at once */
static u64 break_and_post(struct kunit *test, unsigned int more)
{
	const u64 first = rig->qp.sq.posted;
	u64 n;

	for (n = first; n < first + 4; n++)
		KUNIT_ASSERT_EQ(test, 0, send(n, IB_SEND_SIGNALED));
	complete_wr(first, 0, 0);
	complete_wr(first + 1, 0, ERROR(EHCA_CODE_PROTECTION));
	rig->state = EHCA_QP_SQE;
	rig->stopped_at[EHCA_SQ] = first + 1;
	expect(test, first, IB_WC_SUCCESS);
	expect(test, first + 1, IB_WC_LOC_PROT_ERR);
	settle();
	for (n = first + 2; n < first + 4 + more; n++) {
		if (n >= first + 4)
			KUNIT_ASSERT_EQ(test, 0, send(n, 0));
		expect(test, n, IB_WC_WR_FLUSH_ERR);
	}
	return first + 1;
}

/* However many are posted meanwhile, around the queue and more */
static void send_queue_resumed_late(struct kunit *test)
{
	struct ehca_work_queue *sq = &rig->qp.sq;
	unsigned int more;

	rig->qp.ib.qp_type = IB_QPT_UD;
	for (more = 0; more < 2 * NR_SLOTS + 2; more++) {
		const u64 bad = break_and_post(test, more);

		resume_send_queue(test, ehca_wq_slot(sq, bad));
		expect_none(test);
		rig->state = EHCA_QP_RTS;
	}
}

/* The queue is full but for what is to blame, which has been told of */
static void full_send_queue_breaks(struct kunit *test)
{
	const struct ehca_work_queue *sq = &rig->qp.sq;
	unsigned int n;

	rig->qp.ib.qp_type = IB_QPT_UD;
	send_some(test, 0, NR_SLOTS - 1, 0);
	complete_wr(0, 0, ERROR(EHCA_CODE_PROTECTION));
	expect(test, 0, IB_WC_LOC_PROT_ERR);
	KUNIT_ASSERT_EQ(test, 0, send(NR_SLOTS - 1, 0));
	rig->state = EHCA_QP_SQE;
	rig->stopped_at[EHCA_SQ] = 0;
	ehca_qp_failed(&rig->qp);
	settle();
	KUNIT_EXPECT_EQ(test, 0, sq->flush_from);
	for (n = 1; n < NR_SLOTS; n++)
		expect(test, n, IB_WC_WR_FLUSH_ERR);
	expect_none(test);
}

/* The firmware is busy when it is asked, or the state is told late */
static void error_seen_late(struct kunit *test)
{
	send_some(test, 0, 2, IB_SEND_SIGNALED);
	rig->query_ret = -EBUSY;
	ehca_qp_failed(&rig->qp);
	settle();
	KUNIT_EXPECT_TRUE(test, delayed_work_pending(&rig->qp.failed));
	settle();
	KUNIT_EXPECT_TRUE(test, delayed_work_pending(&rig->qp.failed));
	expect_none(test);
	rig->state = EHCA_QP_ERR;
	settle();
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&rig->qp.failed));
	expect(test, 0, IB_WC_WR_FLUSH_ERR);
	expect(test, 1, IB_WC_WR_FLUSH_ERR);
	expect_none(test);
}

/* But not for ever: nothing may have happened at all */
static void error_never_seen(struct kunit *test)
{
	unsigned int i;

	ehca_qp_failed(&rig->qp);
	for (i = 0; i < MAX_LOOKS; i++)
		settle();
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&rig->qp.failed));
}

static void names_nobody(struct kunit *test)
{
	send_some(test, 0, 2, IB_SEND_SIGNALED);
	complete_wr(0, 0, 0);
	complete_wr(1, 0, 0);
	spin_lock_irq(&rig->cq.lock);
	ehca_cq_forget(&rig->cq, &rig->qp);
	spin_unlock_irq(&rig->cq.lock);
	expect_none(test);
	KUNIT_EXPECT_EQ(test, 2, rig->released);
	rig->gone = true;
	complete_wr(0, 0, 0);
	expect_none(test);
}

static int read_nothing(unsigned int n)
{
	const struct ib_rdma_wr wr = {
		.wr = {
			.wr_id = ID(n),
			.opcode = IB_WR_RDMA_READ,
			.send_flags = IB_SEND_SIGNALED,
		},
	};
	const struct ib_send_wr *bad;

	return ehca_post_send(&rig->qp.ib, &wr.wr, &bad);
}

static u8 opcode_of(u64 number)
{
	const struct ehca_wqe *wqe =
		ebus_queue_entry(&rig->qp.sq.queue, number % NR_SLOTS);

	return wqe->opcode;
}

/* So much has been sent that a connection that has had a read needs one */
static void send_much(void)
{
	rig->qp.sq.packets = PACKETS_WITHOUT_READ + 1;
}

/* After a first one of a user's, another one, and that done, another one */
static void read_by_the_driver(struct kunit *test)
{
	struct ehca_work_queue *sq = &rig->qp.sq;

	send_much();
	KUNIT_EXPECT_EQ(test, 0, send(0, IB_SEND_SIGNALED));
	KUNIT_EXPECT_EQ(test, 1, sq->posted);
	KUNIT_EXPECT_EQ(test, 0, read_nothing(1));
	KUNIT_EXPECT_EQ(test, 0, sq->packets);
	send_much();
	KUNIT_EXPECT_EQ(test, 0, send(2, IB_SEND_SIGNALED));
	KUNIT_EXPECT_EQ(test, 2, rung(sq));
	KUNIT_EXPECT_EQ(test, 4, sq->posted);
	KUNIT_EXPECT_EQ(test, EHCA_WQE_READ, opcode_of(2));
	KUNIT_EXPECT_EQ(test, EHCA_WQE_WRITE, opcode_of(3));
	send_much();
	KUNIT_EXPECT_EQ(test, 0, send(3, IB_SEND_SIGNALED));
	KUNIT_EXPECT_EQ(test, 5, sq->posted);
	complete_wr(0, 0, 0);
	complete_wr(1, 0, 0);
	complete_wr(3, 0, 0);
	expect(test, 0, IB_WC_SUCCESS);
	expect(test, 1, IB_WC_SUCCESS);
	expect(test, 2, IB_WC_SUCCESS);
	expect_none(test);
	KUNIT_EXPECT_EQ(test, 0, send(4, IB_SEND_SIGNALED));
	KUNIT_EXPECT_EQ(test, 7, sq->posted);
	complete_wr(4, 0, 0);
	expect(test, 3, IB_WC_SUCCESS);
	complete_wr(6, 0, 0);
	expect(test, 4, IB_WC_SUCCESS);
	expect_none(test);
}

static void packets_are_counted(struct kunit *test)
{
	struct ib_sge sge = { .length = 3 * 2048 };
	const struct ib_send_wr wr = {
		.opcode = IB_WR_SEND,
		.sg_list = &sge,
		.num_sge = 1,
	};
	const struct ib_send_wr *bad;

	rig->qp.path_mtu = IB_MTU_2048;
	KUNIT_EXPECT_EQ(test, 0, ehca_post_send(&rig->qp.ib, &wr, &bad));
	KUNIT_EXPECT_EQ(test, 4, rig->qp.sq.packets);
	KUNIT_EXPECT_EQ(test, 0, send(1, 0));
	KUNIT_EXPECT_EQ(test, 5, rig->qp.sq.packets);
	rig->qp.sq.has_read = true;
	ehca_wq_reset(&rig->qp.sq);
	KUNIT_EXPECT_EQ(test, 0, rig->qp.sq.packets);
	KUNIT_EXPECT_FALSE(test, rig->qp.sq.has_read);
}

/* It fails, and nobody hears of it; what is behind it is flushed */
static void read_by_the_driver_fails(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 0, read_nothing(0));
	send_much();
	KUNIT_EXPECT_EQ(test, 0, send(1, 0));
	complete_wr(0, 0, 0);
	complete_wr(1, 0, ERROR(EHCA_CODE_RETRIES));
	rig->state = EHCA_QP_ERR;
	rig->stopped_at[EHCA_SQ] = 2;
	expect(test, 0, IB_WC_SUCCESS);
	expect_none(test);
	settle();
	expect(test, 1, IB_WC_WR_FLUSH_ERR);
	expect_none(test);
}

/* It is outstanding when the queue pair stops: flushed, which nobody is told */
static void read_by_the_driver_flushed(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 0, read_nothing(0));
	send_much();
	KUNIT_EXPECT_EQ(test, 0, send(1, 0));
	rig->state = EHCA_QP_ERR;
	ehca_qp_failed(&rig->qp);
	settle();
	expect(test, 0, IB_WC_WR_FLUSH_ERR);
	expect(test, 1, IB_WC_WR_FLUSH_ERR);
	expect_none(test);
	/* And no other one is posted */
	send_much();
	KUNIT_EXPECT_EQ(test, 0, send(2, 0));
	KUNIT_EXPECT_EQ(test, 4, rig->qp.sq.posted);
	expect(test, 2, IB_WC_WR_FLUSH_ERR);
	expect_none(test);
}

/* The entry that it needs is there even when the user has used all that it has */
static void read_by_the_driver_has_room(struct kunit *test)
{
	struct ehca_work_queue *sq = &rig->qp.sq;
	unsigned int n;

	sq->nr_hidden = 1;
	KUNIT_ASSERT_EQ(test, NR_SLOTS - 2, ehca_qp_cap(&rig->qp).max_send_wr);
	KUNIT_EXPECT_EQ(test, 0, read_nothing(0));
	for (n = 1; n < NR_SLOTS - 2; n++) {
		send_much();
		KUNIT_ASSERT_EQ(test, 0, send(n, 0));
	}
	KUNIT_EXPECT_EQ(test, NR_SLOTS - 1, sq->posted);
	KUNIT_EXPECT_EQ(test, -ENOMEM, send(n, 0));
	KUNIT_EXPECT_EQ(test, NR_SLOTS - 1, sq->posted);
}

/* A user who has more outstanding than he was promised keeps the driver from it */
static void read_by_the_driver_has_no_room(struct kunit *test)
{
	struct ehca_work_queue *sq = &rig->qp.sq;

	KUNIT_EXPECT_EQ(test, 0, read_nothing(0));
	send_some(test, 1, NR_SLOTS - 1, 0);
	send_much();
	KUNIT_EXPECT_EQ(test, -ENOMEM, send(NR_SLOTS - 1, 0));
	KUNIT_EXPECT_EQ(test, NR_SLOTS - 1, sq->posted);
}

static u8 wqe_flags(u64 number)
{
	struct ehca_work_queue *sq = &rig->qp.sq;
	const struct ehca_wqe *wqe =
		ebus_queue_entry(&sq->queue, ehca_wq_slot(sq, number));

	return wqe->flags;
}

/* What the sender wants of the receiver and of the adapter */
static void flags_of_requests(struct kunit *test)
{
	static const struct {
		int send;
		u8 wqe;
	} cases[] = {
		{ 0, 0 },
		{ IB_SEND_SIGNALED, EHCA_WQE_SIGNAL },
		{ IB_SEND_SOLICITED, EHCA_WQE_SOLICITED },
		{ IB_SEND_FENCE, EHCA_WQE_FENCE },
		{ IB_SEND_SIGNALED | IB_SEND_SOLICITED,
		  EHCA_WQE_SIGNAL | EHCA_WQE_SOLICITED },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const u64 number = rig->qp.sq.posted;

		KUNIT_ASSERT_EQ(test, 0, send(i, cases[i].send));
		KUNIT_EXPECT_EQ_MSG(test, cases[i].wqe, wqe_flags(number),
				    "send_flags %#x", cases[i].send);
	}
}

static void impossible_requests(struct kunit *test)
{
	struct ib_sge sge[3] = {};
	struct ib_send_wr wr = { .opcode = IB_WR_LOCAL_INV };
	const struct ib_send_wr *bad;

	KUNIT_EXPECT_EQ(test, -EINVAL, ehca_post_send(&rig->qp.ib, &wr, &bad));
	KUNIT_EXPECT_PTR_EQ(test, (const struct ib_send_wr *)&wr, bad);
	wr = (struct ib_send_wr) {
		.opcode = IB_WR_SEND,
		.sg_list = sge,
		.num_sge = 3,
	};
	KUNIT_EXPECT_EQ(test, -EINVAL, ehca_post_send(&rig->qp.ib, &wr, &bad));
	wr.num_sge = 0;
	wr.send_flags = IB_SEND_INLINE;
	KUNIT_EXPECT_EQ(test, -EINVAL, ehca_post_send(&rig->qp.ib, &wr, &bad));
	wr.send_flags = 0;
	rig->qp.state = IB_QPS_RTR;
	KUNIT_EXPECT_EQ(test, -EINVAL, ehca_post_send(&rig->qp.ib, &wr, &bad));
	rig->qp.state = IB_QPS_RESET;
	KUNIT_EXPECT_EQ(test, -EINVAL, receive(0));
	KUNIT_EXPECT_EQ(test, 0, rung(&rig->qp.sq));
	KUNIT_EXPECT_EQ(test, 0, rig->qp.sq.posted);
}

static void status_of_errors(struct kunit *test)
{
	static const struct {
		u32 status;
		enum ib_wc_status is;
	} cases[] = {
		{ 0, IB_WC_SUCCESS },
		{ EHCA_CODE_PROTECTION, IB_WC_SUCCESS },
		{ ERROR(EHCA_CODE_LENGTH), IB_WC_LOC_LEN_ERR },
		{ ERROR(EHCA_CODE_RECV_LENGTH), IB_WC_LOC_LEN_ERR },
		{ ERROR(EHCA_CODE_RNR_RETRIES), IB_WC_RNR_RETRY_EXC_ERR },
		{ ERROR(EHCA_CODE_RETRIES), IB_WC_RETRY_EXC_ERR },
		{ ERROR(EHCA_CODE_REMOTE | 1 << 11), IB_WC_REM_INV_REQ_ERR },
		{ ERROR(EHCA_CODE_REMOTE | 2 << 11), IB_WC_REM_ACCESS_ERR },
		{ ERROR(EHCA_CODE_REMOTE | 4 << 11), IB_WC_REM_INV_RD_REQ_ERR },
		{ ERROR(EHCA_CODE_REMOTE | 31 << 11), IB_WC_GENERAL_ERR },
		{ ERROR(0), IB_WC_FATAL_ERR },
		{ ERROR(0x3f), IB_WC_FATAL_ERR },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		KUNIT_EXPECT_EQ_MSG(test, cases[i].is, to_status(cases[i].status),
				    "status %#x", cases[i].status);
}

static struct kunit_case work_cases[] = {
	KUNIT_CASE(told_in_order),
	KUNIT_CASE(full_until_told),
	KUNIT_CASE(flushed_after_an_error),
	KUNIT_CASE(posted_in_error),
	KUNIT_CASE(executed_before_the_end),
	KUNIT_CASE(end_not_told),
	KUNIT_CASE(forgotten_by_a_reset),
	KUNIT_CASE(send_queue_flushed),
	KUNIT_CASE(send_queue_resumed_early),
	KUNIT_CASE(executed_between_two_ends),
	KUNIT_CASE(send_queue_resumed_late),
	KUNIT_CASE(full_send_queue_breaks),
	KUNIT_CASE(error_seen_late),
	KUNIT_CASE(error_never_seen),
	KUNIT_CASE(names_nobody),
	KUNIT_CASE(read_by_the_driver),
	KUNIT_CASE(packets_are_counted),
	KUNIT_CASE(read_by_the_driver_fails),
	KUNIT_CASE(read_by_the_driver_flushed),
	KUNIT_CASE(read_by_the_driver_has_room),
	KUNIT_CASE(read_by_the_driver_has_no_room),
	KUNIT_CASE(flags_of_requests),
	KUNIT_CASE(impossible_requests),
	KUNIT_CASE(status_of_errors),
	{}
};

static struct kunit_suite work_suite = {
	.name = "ehca_work",
	.init = init,
	.exit = exit_test,
	.test_cases = work_cases,
};

kunit_test_suite(work_suite);

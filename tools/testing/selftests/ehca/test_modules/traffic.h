/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A user of an InfiniBand adapter in the kernel, whose traffic is checked to the last
 * byte. It needs nothing but verbs, no agent and no connection manager: two queue
 * pairs, of port 1 and of port 2, are connected by hand.
 *
 *	client.c	the adapter comes and goes; what tests write and read
 *	users.c		users who have a protection domain and do nothing
 *	buffers.c	memory with a pattern in it
 *	side.c		a queue pair and what it needs
 *	work.c		work requests, each with one completion
 *	transfers.c	RC and UC
 *	datagrams.c	UD
 *	violations.c	what must fail
 *	retries.c	who sends before anybody receives
 *	states.c	queue pairs that are reset, drain or have been in error
 *	completions.c	queues that tell of some completions, or have too many
 *	port.c		a port that is changed
 *	events.c	what happens to the adapter and to what it has
 *
 * Functions that return int return 0 or a negative errno; -EPROTO stands for
 * something that is not as it has to be, which complain() has described.
 */
#ifndef _EHCA_TRAFFIC_H
#define _EHCA_TRAFFIC_H

#include <linux/list.h>
#include <linux/seq_file.h>
#include <linux/types.h>
#include <rdma/ib_verbs.h>

/* client.c */
__printf(1, 2) void now(const char *fmt, ...);
__printf(1, 2) int complain(const char *fmt, ...);
bool has_to_end(void);
void wake_up_all_waiting(void);

int wait_for_news(const bool *flag);

/* users.c */
int users_add(struct ib_device *device, const char *name);
int users_remove(const char *name);
void users_remove_all(void);

/* buffers.c */
#define BUFFER_ORDER	4
#define BUFFER_SIZE	(PAGE_SIZE << BUFFER_ORDER)

/**
 * struct buffer - contiguous memory that the adapter reaches
 * @device: the adapter
 * @page: the first page of it
 * @dma: its address for the adapter
 */
struct buffer {
	struct ib_device *device;
	struct page *page;
	u64 dma;
};

int buffers_place(u64 start, u64 size);
int buffer_alloc(struct buffer *buffer, struct ib_device *device);
void buffer_free(struct buffer *buffer);
void buffer_fill(struct buffer *buffer, size_t size, u64 seed);
void buffer_poison(struct buffer *buffer, size_t offset, size_t size);
int buffer_check(struct buffer *buffer, size_t offset, size_t size, u64 seed,
		 size_t seed_offset);

/* side.c */
#define MAX_WORK	64	/* work requests under way on a side */
#define QUEUE_DEPTH	16
#define MAX_SGES	3
#define UD_QKEY		0x11223344
#define GRH_BYTES	40	/* room for a route header, in front of a datagram */
#define NR_EVENTS	(IB_EVENT_WQ_FATAL + 1)

/**
 * struct work - a work request
 * @wr_id: what the completion has to tell
 * @posted: there is one
 * @completed: it has its completion
 * @wc: which is this
 */
struct work {
	u64 wr_id;
	bool posted;
	bool completed;
	struct ib_wc wc;
};

/**
 * struct side - a queue pair of a port's, and what it needs
 * @device: the adapter
 * @port: the port's number
 * @lid: the port's local identifier
 * @mtu: that of the port
 * @type: of the queue pair
 * @pd: its protection domain, which lets others reach all memory
 * @cq: its completion queues, of sends and of receives; port 1 has one for both
 * @qp: the queue pair
 * @psn: the first packet's number
 * @ah: for datagrams, the way to the other side, without a route header
 * @rnr_retry: how often it tries again if there is no receive request; 7: for ever
 * @depth: how many requests each of its two queues has room for
 * @nr_cqes: how many completions its completion queues have to have room for
 * @buffer: its memory
 * @news: a completion queue has something new
 * @happened: events of its queues since they were made or reset
 * @work: its work requests
 */
struct side {
	struct ib_device *device;
	u32 port;
	u16 lid;
	enum ib_mtu mtu;
	enum ib_qp_type type;
	struct ib_pd *pd;
	struct ib_cq *cq[2];
	struct ib_qp *qp;
	struct ib_ah *ah;
	u32 psn;
	u8 rnr_retry;
	u32 depth;
	u32 nr_cqes;
	struct buffer buffer;
	bool news;
	bool happened[NR_EVENTS];
	struct work work[MAX_WORK];
};

/**
 * struct pair - two sides that send to each other
 * @side: of port 1, and of port 2
 */
struct pair {
	struct side side[2];
};

struct pair *pair_open(struct ib_device *device, enum ib_qp_type type,
		       u8 rnr_retry);
struct pair *pair_open_sized(struct ib_device *device, enum ib_qp_type type,
			     u8 rnr_retry, u32 depth, u32 nr_cqes);
int pair_listen(struct pair *pair);
int pair_connect(struct pair *pair);
void pair_close(struct pair *pair);
int side_begin_to_send(struct side *side);
int side_set_state(struct side *side, enum ib_qp_state state);
int side_expect_state(struct side *side, enum ib_qp_state state);
struct ib_ah *side_route(struct side *side, const struct side *peer, bool global);

/* work.c */
int work_receive(struct side *side, struct ib_sge *sge, unsigned int nr);
int work_send(struct side *side, struct ib_send_wr *wr);
int work_wait_for_more(struct side *side);
int work_poll_until(struct side *side, int index);
int work_wait(struct side *side, int index);
int work_wait_all(struct side *side);
int work_expect(struct side *side, int index, enum ib_wc_status status);
int work_end(struct side *side, int index, enum ib_wc_status status);
int work_expect_flushed(struct side *side);
int work_expect_none(struct side *side);
void work_forget(struct side *side);
int work_exchange_empty(struct side *side, struct side *peer, unsigned int nr);
struct ib_sge side_sge(struct side *side, size_t offset, size_t size);

/* events.c */
void event_note(const struct ib_event *event);
void events_show(struct seq_file *m);
void events_listen(struct ib_device *device);
void events_ignore(void);

/* What can be run: transfers.c, datagrams.c, violations.c, ... */
int run_rc(struct ib_device *device);
int run_uc(struct ib_device *device);
int run_ud(struct ib_device *device);
int run_stream(struct ib_device *device);
int run_violations(struct ib_device *device);
int run_retries(struct ib_device *device);
int run_states(struct ib_device *device);
int run_completions(struct ib_device *device);
int run_port(struct ib_device *device);
void transfers_count(u64 bytes);

#endif /* _EHCA_TRAFFIC_H */

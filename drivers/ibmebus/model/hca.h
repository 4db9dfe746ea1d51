/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The eHCA half of the model. Everything is protected by hea_lock, as in model.h; what
 * the engine is doing is the engine's alone.
 */
#ifndef _EBUS_MODEL_HCA_H
#define _EBUS_MODEL_HCA_H

#include "hca_hw.h"
#include "model.h"

#define HCA_NR_PORTS		2	/* ehca_classes.h, struct ehca_shca */
#define HCA_NR_PKEYS		16	/* hipz_hw.h, struct hipz_query_port */
/* Limits that H_QUERY_PORT tells; assumed */
#define HCA_NR_GIDS		2
#define HCA_MTU			4	/* enum ib_mtu: 2048 */
#define HCA_MAX_MESSAGE		BIT(30)
#define HCA_GRH_LEN		40

/* Limits that H_QUERY_HCA tells; assumed, enough for a driver to be tested */
#define HCA_MAX_QPS		1024
#define HCA_MAX_CQS		2048
#define HCA_MAX_EQS		16
#define HCA_MAX_CQES		32768
#define HCA_MAX_WQES		4096
#define HCA_MAX_SGES		28
#define HCA_MAX_READS		4

/* Numbers 0 and 1 are special in InfiniBand */
#define HCA_FIRST_QPN		0x10000
#define HCA_QPN_SPECIAL		1

enum { HCA_SEND, HCA_RECEIVE, HCA_NR_RINGS };

/**
 * struct hca_qp - a queue pair
 * @object: its handle
 * @ring: its queues
 * @nr_sges: descriptors that an entry of either has room for
 * @send_cq: handle of its completion queue for sends
 * @receive_cq: handle of that for receives
 * @eq: handle of its event queue
 * @token: the driver's name for it
 * @pd: protection domain
 * @service: SERVICE_*
 * @signal_all: completions of all sends are wanted
 * @block: what the driver has set, as in its control block
 * @set: what of it
 * @state: STATE_*
 * @enabled: it may work
 * @error: for H_ERROR_DATA
 * @aqp1: the port that it is AQP1 of; 0 for none
 * @epoch: counts changes of the state; what was begun before is not finished
 * @sent: bytes of the message at the head of the send queue that have got across
 * @rnr: how often the receiver was not ready for it
 * @retries: how often there was no answer
 * @not_before: when to try again
 * @received: bytes of a message that have arrived in the entry at the head of the
 *	      receive queue
 * @heard: something has been received
 */
struct hca_qp {
	struct hea_object object;
	struct hea_ring ring[HCA_NR_RINGS];
	unsigned int nr_sges[HCA_NR_RINGS];
	u64 send_cq;
	u64 receive_cq;
	u64 eq;
	u32 token;
	u32 pd;
	unsigned int service;
	bool signal_all;
	__be32 block[HCA_QP_WORDS];
	u64 set;
	unsigned int state;
	bool enabled;
	u64 error;
	unsigned int aqp1;
	unsigned int epoch;
	u32 sent;
	unsigned int rnr;
	unsigned int retries;
	ktime_t not_before;
	u32 received;
	bool heard;
};

static inline u32 hca_qp_word(const struct hca_qp *qp, enum hca_qp_word word)
{
	return be32_to_cpu(qp->block[word]);
}

/* With the message at the head of its send queue, from the first byte */
static inline void hca_qp_begin(struct hca_qp *qp)
{
	qp->sent = 0;
	qp->rnr = 0;
	qp->retries = 0;
	qp->not_before = 0;
}

/* Whether it receives, and answers */
static inline bool hca_qp_listens(const struct hca_qp *qp)
{
	return qp->enabled && qp->state >= STATE_RTR && qp->state <= STATE_SQE;
}

static inline bool hca_qp_sends(const struct hca_qp *qp)
{
	return qp->enabled && qp->state == STATE_RTS;
}

/* hca_queue_pairs.c */
long hca_qp_alloc(struct ebus_hcall *call);
u32 hca_qp_number(const struct hca_qp *qp);
struct hca_qp *hca_qp_find(u32 number);
struct hca_qp *hca_qp_argument(const struct ebus_hcall *call, u64 handle);
void hca_qp_store(struct hca_qp *qp, unsigned int offset, u64 value);
void hca_qp_freed(struct hca_qp *qp);

/* hca_states.c */
void hca_qp_set_state(struct hca_qp *qp, unsigned int state);
void hca_qp_break(struct hca_qp *qp);
long hca_call_query_qp(struct ebus_hcall *call);
long hca_call_modify_qp(struct ebus_hcall *call);
long hca_call_disable_and_get(struct ebus_hcall *call);
long hca_call_error_data(struct ebus_hcall *call);

/* hca_ports.c */

/**
 * struct hca_port - a port
 * @number: 1 or 2
 * @link: there is something at the other end of the wire
 * @active: messages pass
 * @aqp1: handle of AQP1; 0 if there is none
 * @lid: its local identifier
 * @capabilities: as H_MODIFY_PORT has set them
 * @bad_pkeys: messages with a wrong P_Key
 * @bad_qkeys: messages with a wrong Q_Key
 * @pkey: partitions that it is in
 */
struct hca_port {
	unsigned int number;
	bool link;
	bool active;
	u64 aqp1;
	u16 lid;
	u32 capabilities;
	u32 bad_pkeys;
	u32 bad_qkeys;
	u16 pkey[HCA_NR_PKEYS];
};

void hca_ports_init(void);
struct hca_port *hca_port_find(unsigned int number);
struct hca_port *hca_port_of(const struct hca_qp *qp);
struct hca_port *hca_port_reach(struct hca_port *from, u16 dlid);
void hca_ports_update(void);
void hca_port_aqp1_freed(struct hca_port *port);
void hca_port_link(struct hca_port *port, bool up);
void hca_port_move(struct hca_port *port, u16 lid);
u16 hca_pkey(const struct hca_port *port, unsigned int index);
long hca_call_query_port(struct ebus_hcall *call);
long hca_call_modify_port(struct ebus_hcall *call);
long hca_call_define_aqp1(struct ebus_hcall *call);

/* hca_adapter.c */
long hca_call_query_adapter(struct ebus_hcall *call);

/* hca_events.c */
void hca_notify_port(const struct hca_port *port, unsigned int code);
void hca_qp_event(const struct hca_qp *qp, unsigned int code);
void hca_cq_break(struct hea_cq *cq);
bool hca_complete(u64 cq, struct hca_cqe *cqe);
long hca_call_query_int_state(struct ebus_hcall *call);

/* hca_gather.c: descriptors */

/**
 * struct hca_list - a list of descriptors
 * @sge: the descriptors
 * @nr: how many
 * @pd: protection domain of the queue pair
 */
struct hca_list {
	const struct hea_sge *sge;
	unsigned int nr;
	u32 pd;
};

u64 hca_list_len(const struct hca_list *list);
bool hca_gather(const struct hca_list *list, u32 offset, u8 *to, u32 len);
bool hca_scatter(const struct hca_list *list, u32 offset, const u8 *from, u32 len);

/* hca_requester.c: the sending side */

/* Bytes that get across at a time, with hea_lock held */
#define HCA_CHUNK		SZ_64K

/**
 * struct hca_job - an entry of a send queue that has been fetched
 * @wqe: the entry
 * @qp: handle of the queue pair
 * @epoch: of that, then
 * @data: HCA_CHUNK bytes, for a piece of the message
 */
struct hca_job {
	struct hca_wqe wqe;
	u64 qp;
	unsigned int epoch;
	u8 *data;
};

int hca_requester_init(void);
void hca_requester_exit(void);
bool hca_requester_fetch(void);
void hca_requester_send(void);
ktime_t hca_requester_due(void);
struct hca_list hca_job_list(const struct hca_job *job, const struct hca_qp *qp);
void hca_job_succeed(struct hca_qp *qp, u32 len);
void hca_job_fail(struct hca_qp *qp, u32 status);

/* hca_send.c */
void hca_send_connected(struct hca_qp *qp, const struct hca_job *job);
void hca_send_datagram(struct hca_qp *qp, const struct hca_job *job);

/* hca_responder.c: the other side */
enum hca_reply {
	REPLY_ACK,
	REPLY_NOT_READY,	/* there is nothing to receive into */
	REPLY_SEQUENCE,		/* the beginning is missing */
	REPLY_INVALID,		/* not what a request should be */
	REPLY_ACCESS,		/* the region does not allow it */
	REPLY_OPERATION,	/* the responder has a problem of its own */
};

/**
 * struct hca_packet - a part of a message
 * @opcode: WQE_*
 * @data: the part; READ: where it goes
 * @offset: where in the message it is
 * @len: its length
 * @last: the message ends here
 * @solicited: it solicits an event
 * @has_imm: it has immediate data
 * @imm: immediate data
 * @remote_io: WRITE, READ: address of the whole
 * @remote_key: WRITE, READ: key of the region there
 * @source_qp: number of the queue pair that sends
 * @slid: LID that it comes from
 * @path_bits: lower bits of the LID that it goes to
 * @sl: service level
 * @grh: datagrams: the global routing header; NULL if there is none
 */
struct hca_packet {
	u8 opcode;
	u8 *data;
	u32 offset;
	u32 len;
	bool last;
	bool solicited;
	bool has_imm;
	__be32 imm;
	u64 remote_io;
	u32 remote_key;
	u32 source_qp;
	u16 slid;
	u8 path_bits;
	u8 sl;
	const u8 *grh;
};

enum hca_reply hca_respond(struct hca_qp *qp, const struct hca_packet *packet);

/* hca_messages.c: what became of messages */
enum hca_fate {
	FATE_SENT,		/* to the last byte, and acknowledged if RC */
	FATE_FAILED,		/* completed with an error */
	FATE_PURGED,
	FATE_RNR,		/* to be tried again */
	FATE_RETRY,
	DROP_HCA_PORT,		/* UC and UD: nobody is told */
	DROP_HCA_QP,
	DROP_HCA_PKEY,
	DROP_HCA_QKEY,
	DROP_HCA_NO_RECEIVE,
	DROP_HCA_REFUSED,
	NR_FATES
};

void hca_message(enum hca_fate fate);
void hca_messages_show(struct seq_file *m);
void hca_messages_reset(void);

/* hca_route.c */
struct hca_qp *hca_route(const struct hca_qp *qp, u16 dlid, u32 number,
			 enum hca_fate *why);

/* hca_nodes.c */
struct of_changeset;
int hca_nodes_add(struct of_changeset *changes);
struct device_node *hca_node(void);

#endif /* _EBUS_MODEL_HCA_H */

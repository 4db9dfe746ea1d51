/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A model of an eHEA and of an eHCA adapter, and of their firmware, for tests of
 * drivers. What is called hea_* is eHEA's or common to both, hca_* is eHCA's.
 *
 * One lock protects all objects: hea_lock, taken with interrupts disabled, because
 * the firmware is called and doorbells are rung in any context. What sleeps is done
 * before it is taken, or by the engine's thread, which also raises the interrupts.
 * Inside of it are only the locks of oracle.c and faults.c.
 */
#ifndef _EBUS_MODEL_H
#define _EBUS_MODEL_H

#include <linux/ebus/hcall.h>
#include <linux/etherdevice.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "hw.h"

#define HEA_HANDLE		0x1ea0000012340000ULL
#define HCA_HANDLE		0x1ca0000012340000ULL
#define HEA_MAX_PORTS		4
#define HEA_MAX_QPS		16	/* of a port; ehea.h, EHEA_MAX_PORT_RES */
#define HEA_MAX_OBJECTS		16384	/* a power of two */
#define HEA_MAX_FRAME		(9022 + ETH_HLEN) /* ehea_main.c, max_mtu; assumed */
#define HEA_CRC_LEN		4

extern spinlock_t hea_lock;

/* main.c: module parameters */
extern bool hea_bare_eqs;
extern unsigned int hea_max_num_mrs, hea_max_delay_us, hea_nr_ports, hea_nr_qps;
extern unsigned long hea_max_mr_size;
extern unsigned int hea_seed;
extern bool hca_present;
extern unsigned int hca_max_num_mrs;
extern unsigned long hca_max_mr_size, hca_page_sizes;

/* oracle.c: what hardware would destroy, or real firmware would refuse */
enum hea_oracle {
	ORACLE_NO_TRANSLATION,	/* an address that its region does not have */
	ORACLE_WRONG_KEY,	/* a key that no region has any more, or ever had */
	ORACLE_WRONG_ACCESS,	/* write access that the region does not give */
	ORACLE_WRONG_PD,	/* a region of another protection domain */
	ORACLE_INCOMPLETE_MR,	/* a region that lacks pages */
	ORACLE_OFFLINE_PAGE,	/* access to memory that is not online */
	ORACLE_FREE_PAGE,	/* access to a page that nobody has */
	ORACLE_FOREIGN_PAGE,	/* receive into a page of a process or file */
	ORACLE_HELD_PAGE,	/* a region with pages of memory that went offline */
	ORACLE_NOT_RAM,		/* a page registered that is not RAM */
	ORACLE_FREED_OBJECT,	/* use of what has been freed */
	ORACLE_BAD_ARGUMENT,	/* an argument that firmware refuses */
	ORACLE_BAD_WQE,		/* a work queue entry that makes no sense */
	ORACLE_OVERRUN,		/* more entries than a queue has */
	ORACLE_CONTEXT,		/* a call in a context that it is not for */
	NR_ORACLES
};

__printf(2, 3)
void hea_oracle(enum hea_oracle kind, const char *fmt, ...);
struct seq_file;
void hea_oracle_show(struct seq_file *m);
void hea_oracle_reset(void);

/* calls.c */
long hea_call(struct ebus_hcall *call);
void hea_calls_show(struct seq_file *m);
void hea_calls_reset(void);
bool hea_call_find(const char *name, unsigned long *opcode);
const char *hea_call_name(unsigned long opcode);

/* faults.c */
long hea_fault(unsigned long opcode);
int hea_faults_plan(char *line);
void hea_faults_show(struct seq_file *m);
void hea_faults_clear(void);

/* resources.c: the names of everything; the numbers are the firmware's */
enum hea_type {
	HEA_QP = 1,
	HEA_CQ = 2,
	HEA_EQ = 3,
	HEA_MR = 5,
	HCA = 8,		/* which adapter it is of */
	HCA_QP = HCA | HEA_QP,
	HCA_CQ = HCA | HEA_CQ,
	HCA_EQ = HCA | HEA_EQ,
	HCA_MR = HCA | HEA_MR,
	NR_HEA_TYPES
};

#define HEA_KIND(type)		((type) & ~HCA)
/* What is of the same adapter */
#define HEA_SIBLING(type, kind)	(((type) & HCA) | (kind))

/**
 * struct hea_object - something that the firmware has a handle for
 * @handle: its handle; never used again
 * @type: what it is
 * @users: how many others refer to it
 * @list: with all others of its type
 * @dead: on the way to being freed
 */
struct hea_object {
	u64 handle;
	enum hea_type type;
	unsigned int users;
	struct list_head list;
	struct llist_node dead;
};

static inline enum hea_type hea_call_type(const struct ebus_hcall *call,
					  enum hea_type kind)
{
	return call->arg[0] == HCA_HANDLE ? HCA | kind : kind;
}

struct hea_object *hea_object_alloc(enum hea_type type, size_t size);
bool hea_object_add(struct hea_object *object);
void hea_object_remove(struct hea_object *object);
struct hea_object *hea_find(u64 handle, enum hea_type type);
struct hea_object *hea_find_index(unsigned int index);
unsigned int hea_index(const struct hea_object *object);
unsigned int hea_count(enum hea_type type);
struct list_head *hea_list(enum hea_type type);
void hea_put_user(u64 handle, enum hea_type type);
void hea_discard(struct hea_object *object);
void hea_free_discarded(void);
void hea_objects_show(struct seq_file *m);
int hea_resources_init(void);
void hea_resources_exit(void);
long hea_call_alloc(struct ebus_hcall *call);
long hea_call_free(struct ebus_hcall *call);
long hea_call_register_pages(struct ebus_hcall *call);
bool hea_may_sleep(const char *what);
bool hea_block_ok(u64 phys);

/* dma.c: memory, as the adapter reaches it */
bool hea_dma_read(void *to, u64 phys, size_t len);
bool hea_dma_write(u64 phys, const void *from, size_t len);
bool hea_dma_is_buffer(u64 phys, size_t len);
struct page *hea_online_page(u64 phys);

/**
 * struct hea_ring - a queue in pages of the driver's
 * @pages: their addresses
 * @nr_pages: how many it needs
 * @nr_registered: how many it has
 * @entry_size: in bytes, divides a page of the adapter's
 * @nr_entries: how many
 * @head: the entry that the adapter uses next
 * @toggle: what valid entries have in their valid bit
 * @posted: entries that the adapter may use
 */
struct hea_ring {
	u64 *pages;
	unsigned int nr_pages;
	unsigned int nr_registered;
	unsigned int entry_size;
	unsigned int nr_entries;
	unsigned int head;
	bool toggle;
	unsigned int posted;
};

int hea_ring_init(struct hea_ring *ring, unsigned int entry_size,
		  unsigned int nr_entries);
void hea_ring_destroy(struct hea_ring *ring);
void hea_ring_reset(struct hea_ring *ring);
long hea_ring_register(struct hea_ring *ring, u64 page);
bool hea_ring_complete(const struct hea_ring *ring);
u64 hea_ring_at_head(const struct hea_ring *ring);
void hea_ring_advance(struct hea_ring *ring);
void hea_ring_post(struct hea_ring *ring, u64 handle, unsigned int nr);

/* mr.c: memory regions */
struct hea_mr {
	struct hea_object object;
	u64 io;
	u64 length;
	u32 access;
	u32 pd;
	u64 origin;		/* handle of the region that has the pages */
	unsigned int page_shift;
	unsigned long nr_pages;
	unsigned long nr_registered;
	u64 *pages;
};

/* What distinguishes a remote key of eHCA's from the local one: anything, assumed */
#define HCA_REMOTE_KEY		BIT(31)

static inline bool hea_mr_complete(const struct hea_mr *mr)
{
	return mr->nr_registered == mr->nr_pages;
}

static inline u64 hea_mr_page_size(const struct hea_mr *mr)
{
	return BIT_ULL(mr->page_shift);
}

struct hea_mr *hea_mr_find(u64 handle, enum hea_type type);
struct hea_mr *hea_mr_find_key(u32 key, enum hea_type type);
long hea_mr_alloc(struct ebus_hcall *call);
long hea_mr_register(struct hea_mr *mr, struct ebus_hcall *call);
long hea_call_register_smr(struct ebus_hcall *call);
long hea_call_query_mr(struct ebus_hcall *call);
void hea_mr_destroy(struct hea_mr *mr);
void hea_mr_check_offline(unsigned long start_pfn, unsigned long end_pfn);

/**
 * struct hca_access - what an eHCA adapter wants of a region
 * @key: the region's local or remote key
 * @io: first address
 * @len: bytes
 * @pd: protection domain of the queue pair
 * @right: MR_*, or 0 to read with the local key
 */
struct hca_access {
	u32 key;
	u64 io;
	u32 len;
	u32 pd;
	u32 right;
};

/* mr_access.c */
bool hea_mr_read(const struct hea_sge *sge, u32 pd, u8 *to);
bool hea_mr_write(const struct hea_sge *sge, u32 pd, const u8 *from, u32 len);
bool hca_mr_read(const struct hca_access *access, u8 *to);
bool hca_mr_write(const struct hca_access *access, const u8 *from);
bool hca_mr_peek(u32 key, u64 io, u8 *to, u32 len);

/* queues.c: event queues, completion queues, queue pairs */
struct hea_eq {
	struct hea_object object;
	struct hea_ring ring;
	u32 ist;
	bool notify;
	bool no_entries;
};

struct hea_cq {
	struct hea_object object;
	struct hea_ring ring;
	u64 eq;
	u32 token;
	bool armed;
	bool armed_solicited;
	bool event_pending;
	bool error;
	unsigned int unconsumed;
};

enum { RING_SEND, RING_RQ1, RING_RQ2, RING_RQ3, NR_RINGS };

struct hea_qp {
	struct hea_object object;
	struct hea_ring ring[NR_RINGS];
	u64 send_cq;
	u64 receive_cq;
	u64 eq;
	u32 token;
	u32 pd;
	unsigned int port;
	unsigned int from[NR_RINGS];	/* shortest frame for that queue */
	bool signal_all;
	u64 control;
	unsigned int stops;		/* how often it has been disabled */
	u64 turn;			/* at which byte of all it may send */
	u64 error;
};

long hea_eq_alloc(struct ebus_hcall *call);
long hea_cq_alloc(struct ebus_hcall *call);
long hea_qp_alloc(struct ebus_hcall *call);
long hea_queue_register(struct hea_object *object, struct ebus_hcall *call);
bool hea_queue_complete(struct hea_object *object);
void hea_queue_destroy(struct hea_object *object);
void hea_queue_put_users(struct hea_object *object);
struct hea_qp *hea_qp_find(u64 number_or_handle);
bool hea_qp_sends(const struct hea_qp *qp);
bool hea_qp_receives(const struct hea_qp *qp);

/* queue_pairs.c: their states */
long hea_call_query_qp(struct ebus_hcall *call);
long hea_call_modify_qp(struct ebus_hcall *call);
long hea_call_disable_and_get(struct ebus_hcall *call);
long hea_call_error_data(struct ebus_hcall *call);
void hea_qp_freed(struct hea_qp *qp);
void hea_stops_show(struct seq_file *m);
void hea_stops_reset(void);

/* ports.c */
enum hea_counter {
	RX_BYTES, RX_UNICAST, RX_MULTICAST, RX_BROADCAST, RX_DROPPED,
	TX_BYTES, TX_UNICAST, TX_MULTICAST, TX_BROADCAST, NR_COUNTERS
};

#define HEA_MAX_BCMC	128

struct hea_bcmc {
	u64 address;
	u16 vlan;
	u8 type;
};

struct hea_port {
	unsigned int number;
	bool link;
	bool stalled;		/* does not fetch what is to be sent */
	u64 mac;
	u64 control;
	u64 qpn[HEA_MAX_QPS];
	u64 promiscuous_qp;
	u64 vlan_filter[64];
	u32 speed;
	u32 jumbo;
	u64 counter[NR_COUNTERS];
	unsigned int nr_bcmc;
	struct hea_bcmc bcmc[HEA_MAX_BCMC];
};

void hea_ports_init(void);
struct hea_port *hea_port_find(unsigned int number);
struct hea_port *hea_port_peer(const struct hea_port *port);
long hea_call_query_adapter(struct ebus_hcall *call);
long hea_call_query_port(struct ebus_hcall *call);
long hea_call_modify_port(struct ebus_hcall *call);
void hea_port_link(struct hea_port *port, bool up);
void hea_port_stall(struct hea_port *port, bool on);
void hea_ports_show(struct seq_file *m);

/* bcmc.c */
long hea_call_reg_bcmc(struct ebus_hcall *call);
long hea_call_dereg_bcmc(struct ebus_hcall *call);
bool hea_bcmc_wants(const struct hea_port *port, u64 address, bool tagged);
void hea_bcmc_show(struct seq_file *m, const struct hea_port *port);
u64 hea_mac_to_u64(const u8 *mac);

/* events.c */
void hea_eq_post(struct hea_eq *eq, u64 entry);
void hea_cq_completed(struct hea_cq *cq, bool solicited);
void hea_notify_port(const struct hea_port *port, unsigned int code);
bool hea_qp_fail(struct hea_qp *qp);
long hea_call_reset_events(struct ebus_hcall *call);
int hea_ist_alloc(void);
void hea_ist_free(u32 ist);
void hea_raise_interrupts(void);

/* doorbells.c */
u64 hea_galpa(const struct hea_object *object);
void __iomem *hea_galpa_map(phys_addr_t galpa);
void hea_galpa_unmap(void __iomem *addr);
void hea_galpa_store(void __iomem *addr, u64 value);
u64 hea_galpa_load(void __iomem *addr);

/* leftovers.c */
int hea_leftovers_init(void);
void hea_leftovers_exit(void);
void hea_leftovers_at_crash(void);

/* engine.c */
int hea_engine_start(void);
void hea_engine_stop(void);
void hea_engine_wake(void);

/* transmit.c */
enum hea_drop {
	DELIVERED,
	DROP_NO_RECEIVE_DESCRIPTOR,
	DROP_QP_DISABLED,
	DROP_NO_QP,
	DROP_PORT_DOWN,
	DROP_LINK_DOWN,
	DROP_NOT_FOR_ME,
	DROP_VLAN_FILTER,
	DROP_TOO_LONG,
	DROP_BAD_WQE,
	DROP_SEND_DMA,
	DROP_RECEIVE_DMA,
	NR_DROPS
};

void hea_entries_posted(unsigned int nr);
void hea_entries_freed(unsigned int nr);
void hea_frame_done(enum hea_drop result);
void hea_frames_show(struct seq_file *m);
void hea_frames_reset(void);

int hea_transmit_init(void);
void hea_transmit_exit(void);
bool hea_transmit_fetch(void);
void hea_transmit_send(void);

/* offload.c: what the adapter does to a frame on its way out */
struct hea_frame {
	u8 *data;
	unsigned int len;
};

bool hea_offload_ok(const struct hea_send_wqe *wqe, const struct hea_frame *frame);
void hea_offload_checksums(const struct hea_send_wqe *wqe, struct hea_frame *frame);
void hea_offload_vlan(const struct hea_send_wqe *wqe, struct hea_frame *frame);
void hea_offload_pad(struct hea_frame *frame);
unsigned int hea_offload_segment(const struct hea_send_wqe *wqe,
				 const struct hea_frame *all, unsigned int done,
				 struct hea_frame *segment);

/* receive.c */
enum hea_drop hea_receive(struct hea_port *port, const struct hea_frame *frame);

/* complete.c */
void hea_entry_write(u64 phys, const void *entry, size_t len, size_t last);
void hea_cqe_write(u64 phys, struct hea_cqe *cqe, bool toggle);
void hea_send_complete(struct hea_qp *qp, __be64 wr_id, u16 status);

/* memory.c */
int hea_memory_init(void);
void hea_memory_exit(void);
unsigned long hea_memory_at_start(void);

/* nodes.c */
int hea_nodes_create(void);
void hea_nodes_remove(void);

/* debugfs.c */
void hea_debugfs_init(void);
void hea_debugfs_exit(void);

#endif /* _EBUS_MODEL_H */

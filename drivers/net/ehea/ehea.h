/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * eHEA: an adapter has ports, a port has queue sets, each with a queue pair.
 *
 * Locks, the outermost first:
 * ehea_adapter.ports_lock	which ports there are
 * rtnl_lock			configuration of a port, its link
 * ehea_adapter.up_lock		queues of ports; also taken under mem_hotplug_lock, so
 *				nobody who holds it waits for memory hotplug
 * ehea_filter.lock		what frames a port takes
 */
#ifndef _EHEA_H
#define _EHEA_H

#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/interrupt.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/platform_device.h>
#include <linux/u64_stats_sync.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "control_block.h"
#include "firmware.h"
#include "queue.h"
#include "regions.h"
#include "resource.h"

#define EHEA_MAX_PORTS		16
#define EHEA_MAX_FRAME		9022
#define EHEA_PD			0xaabcdeff
#define EHEA_MR_LOCAL_WRITE	0x00800000

/* main.c: parameters of the module */
extern int ehea_msg_level;
extern int ehea_entries[EHEA_NR_RINGS];
extern bool ehea_follow_switch;
extern bool ehea_many_queues;

/**
 * struct ehea_eq - an event queue
 * @resource: of the firmware's
 * @queue: its entries
 * @ist: its interrupt
 */
struct ehea_eq {
	struct ehea_resource resource;
	struct ebus_queue queue;
	u32 ist;
};

/**
 * struct ehea_cq - a completion queue
 * @resource: of the firmware's
 * @queue: its entries
 * @galpa: its registers
 */
struct ehea_cq {
	struct ehea_resource resource;
	struct ebus_queue queue;
	void __iomem *galpa;
};

/**
 * struct ehea_qp - a queue pair
 * @resource: of the firmware's
 * @rings: its queues
 * @nr_entries: entries of each that may be in use
 * @number: by which a port names it
 * @galpa: its registers
 */
struct ehea_qp {
	struct ehea_resource resource;
	struct ebus_queue rings[EHEA_NR_RINGS];
	u16 nr_entries[EHEA_NR_RINGS];
	u32 number;
	void __iomem *galpa;
};

/**
 * struct ehea_tx_slot - a frame in the send queue
 * @skb: what its descriptors name; NULL if it is in the queue itself
 * @bytes: its length
 */
struct ehea_tx_slot {
	struct sk_buff *skb;
	u32 bytes;
};

/**
 * struct ehea_tx - the sending side of a queue set
 * @slots: for each entry of the send queue
 * @nr_slots: number of @slots
 * @limit: entries that may be in use
 * @signal_interval: how many frames without descriptors share a completion
 * @unsignalled: frames since the last that asks for a completion
 * @tail: slot that is freed next, the entry @done
 * @posted: entries ever posted; written by who holds the transmit lock
 * @posted_sges: @posted after the latest entry with descriptors
 * @completed: entries up to the latest that has completed; of NAPI
 * @done: entries ever freed, as they and all before have completed; written by NAPI
 * @progress: woken when @done changes
 */
struct ehea_tx {
	struct ehea_tx_slot *slots;
	u32 nr_slots, limit, signal_interval;
	u32 unsignalled;
	u32 tail;
	u64 posted, posted_sges;
	u64 completed, done;
	wait_queue_head_t progress;
};

/**
 * struct ehea_rx_buffer - memory for a received frame
 * @data: its address
 * @sge: the same as the adapter has it
 */
struct ehea_rx_buffer {
	void *data;
	struct ehea_sge sge;
};

/**
 * struct ehea_rx_pool - the buffers of RQ2 or RQ3
 * @chunks: pages that they are in
 * @nr_chunks: number of @chunks
 * @buffers: the buffers; a frame's completion has the index
 * @nr_buffers: number of @buffers, all of which are in the ring
 */
struct ehea_rx_pool {
	void **chunks;
	u32 nr_chunks;
	struct ehea_rx_buffer *buffers;
	u32 nr_buffers;
};

/**
 * struct ehea_rx - the receiving side of a queue set
 * @pools: of RQ2 and RQ3
 * @mr: memory region of all buffers; none if they are in the region of RAM
 * @resource: the same for a kernel that dies
 */
struct ehea_rx {
	struct ehea_rx_pool pools[2];
	struct ebus_mr mr;
	struct ehea_resource resource;
};

/* Counters of a queue set, in the order of the names in stats.c */
enum ehea_rx_counter {
	EHEA_RX_PACKETS,
	EHEA_RX_BYTES,
	EHEA_RX_MULTICAST,
	EHEA_RX_NO_MEMORY,
	EHEA_RX_CSUM_ERRORS,
	EHEA_RX_CRC_ERRORS,
	EHEA_RX_LENGTH_ERRORS,
	EHEA_RX_FATAL_ERRORS,
	EHEA_NR_RX_COUNTERS
};

enum ehea_tx_counter {
	EHEA_TX_PACKETS,
	EHEA_TX_BYTES,
	EHEA_TX_STOPPED,
	EHEA_TX_DROPPED,
	EHEA_TX_UNMAPPED,
	EHEA_NR_TX_COUNTERS
};

/* Counters of NAPI; the error of a send is seen there */
struct ehea_rx_stats {
	u64_stats_t counter[EHEA_NR_RX_COUNTERS];
	u64_stats_t tx_errors;
	struct u64_stats_sync sync;
};

/* Counters of who holds the transmit lock */
struct ehea_tx_stats {
	u64_stats_t counter[EHEA_NR_TX_COUNTERS];
	struct u64_stats_sync sync;
};

struct ehea_port;

/**
 * struct ehea_qset - a transmit queue and a receive queue of a port
 * @port: whose
 * @index: which of the port's
 * @napi: sees to both sides
 * @eq: interrupts for both completion queues
 * @receive_cq: of the receiving side
 * @send_cq: of the sending side
 * @qp: the queues
 * @rx: the receiving side
 * @tx: the sending side
 * @rx_stats: counters that NAPI writes
 * @tx_stats: counters that the transmit lock protects
 * @irq_name: in /proc/interrupts
 */
struct ehea_qset {
	struct ehea_port *port;
	unsigned int index;
	struct napi_struct napi;
	struct ehea_eq eq;
	struct ehea_cq receive_cq, send_cq;
	struct ehea_qp qp;
	struct ehea_rx rx;
	struct ehea_tx tx;
	struct ehea_rx_stats rx_stats;
	struct ehea_tx_stats tx_stats;
	char irq_name[IFNAMSIZ + 16];
};

/**
 * struct ehea_filter_entry - frames that a port takes
 * @list: in the list of all ports, and in that of the port
 * @in_port: in that of the port
 * @bcmc: as the firmware knows them
 * @wanted: still in the network device's list
 */
struct ehea_filter_entry {
	struct list_head list;
	struct list_head in_port;
	struct ehea_bcmc bcmc;
	bool wanted;
};

/**
 * struct ehea_filter - what frames a port takes
 * @lock: protects all of it
 * @vlans: as block 1 of the port has them
 * @active: the port is up
 * @promiscuous: frames for addresses that nobody has
 * @entries: struct ehea_filter_entry
 * @work: does what ndo_set_rx_mode() asks for
 */
struct ehea_filter {
	struct mutex lock;	/* of the rest */
	struct ehea_cb1 vlans;
	bool active;
	bool promiscuous;
	struct list_head entries;
	struct work_struct work;
};

/**
 * struct ehea_link - a port's link
 * @speed: SPEED_*
 * @duplex: DUPLEX_*
 * @autoneg: nobody has set the speed
 * @up: to the adapter's switch
 * @switch_up: that of the cable
 * @mac: the port's address
 * @nr_qps: queue pairs it spreads frames over
 */
struct ehea_link {
	u32 speed;
	u8 duplex;
	bool autoneg;
	bool up, switch_up;
	u64 mac;
	u32 nr_qps;
};

/**
 * struct ehea_port - a logical port
 * @adapter: whose
 * @netdev: its network device
 * @device: what is in sysfs
 * @id: its number
 * @slot: index in &ehea_adapter.ports
 * @msg_enable: what to log
 * @link: its link; under rtnl_lock()
 * @filter: what frames it takes
 * @link_work: lets the network device have the link, after @up has changed
 * @opened: is to be up; under &ehea_adapter.up_lock
 * @up: has queues; written under &ehea_adapter.up_lock
 * @error_eq: errors of the queues
 * @error_irq_name: in /proc/interrupts
 * @error_work: deals with @error_eq
 * @reset_work: takes it down and up again
 * @reset_wanted: nobody has done so since
 * @resets: number of times that it was done; under &ehea_adapter.up_lock
 * @nr_default_qps: entries of the port's table of queue pairs
 * @nr_qsets: number of @qsets
 * @qsets: its queues
 */
struct ehea_port {
	struct ehea_adapter *adapter;
	struct net_device *netdev;
	struct platform_device *device;
	u32 id;
	unsigned int slot;
	u32 msg_enable;
	struct ehea_link link;
	struct ehea_filter filter;
	struct delayed_work link_work;
	bool opened, up;
	struct ehea_eq error_eq;
	char error_irq_name[IFNAMSIZ + 12];
	struct work_struct error_work;
	struct delayed_work reset_work;
	bool reset_wanted;
	u64 resets;
	unsigned int nr_default_qps;
	unsigned int nr_qsets;
	struct ehea_qset qsets[] __counted_by(nr_qsets);
};

/**
 * struct ehea_adapter - an adapter
 * @list: in the list of all, for a kernel that dies
 * @device: its device
 * @handle: the firmware's name for it
 * @max_multicast: addresses that a port may register
 * @owner: on whose behalf memory regions are made
 * @regions: the RAM that it may reach
 * @regions_user: the driver, as @regions sees it
 * @single_region: receive buffers are in @regions, too
 * @ports_lock: protects @ports from changes
 * @up_lock: protects the queues of ports, and @ports for those without @ports_lock
 * @stopped: @regions is about to change, no port may be up
 * @ports: its logical ports, by slot
 * @neq: events of ports
 * @neq_work: deals with them
 */
struct ehea_adapter {
	struct list_head list;
	struct platform_device *device;
	u64 handle;
	u32 max_multicast;
	struct ebus_mr_owner owner;
	struct ehea_regions *regions;
	struct ehea_regions_user regions_user;
	bool single_region;
	struct mutex ports_lock;	/* of ports[] */
	struct mutex up_lock;		/* of queues; of ports[] to read */
	bool stopped;
	struct ehea_port *ports[EHEA_MAX_PORTS];
	struct ehea_eq neq;
	struct work_struct neq_work;
};

enum ehea_eq_kind {
	EHEA_EQ_NOTIFICATION,
	EHEA_EQ_ERRORS,
	EHEA_EQ_INTERRUPT,
};

/* adapter.c */
int ehea_adapter_probe(struct platform_device *device);
void ehea_adapter_remove(struct platform_device *device);
int ehea_adapter_add_port(struct ehea_adapter *adapter, struct device_node *node,
			  u32 id);
int ehea_adapter_remove_port(struct ehea_adapter *adapter, u32 id);
struct ehea_port *ehea_adapter_port(const struct ehea_adapter *adapter, u32 id);

/* ram.c */
u64 ehea_ram_end(void);

/* crash.c */
int ehea_crash_init(void);
void ehea_crash_exit(void);
void ehea_crash_add(struct ehea_adapter *adapter);
void ehea_crash_del(struct ehea_adapter *adapter);

/* sysfs.c */
extern const struct attribute_group *ehea_driver_groups[];
extern const struct attribute_group *ehea_adapter_groups[];
struct platform_device *ehea_port_device_register(struct ehea_adapter *adapter,
						  struct device_node *node,
						  u32 id);
void ehea_port_device_unregister(struct platform_device *device);

/* eq.c */
int ehea_eq_create(struct ehea_eq *eq, const struct ehea_adapter *adapter,
		   enum ehea_eq_kind kind);
void ehea_eq_destroy(struct ehea_eq *eq);
void ehea_eq_lose(struct ehea_eq *eq);
bool ehea_eq_poll(struct ehea_eq *eq, u64 *event);
int ehea_eq_request_irq(const struct ehea_eq *eq, irq_handler_t handler,
			const char *name, void *data);
void ehea_eq_free_irq(const struct ehea_eq *eq, void *data);

/* cq.c */
int ehea_cq_create(struct ehea_cq *cq, const struct ehea_port *port,
		   const struct ehea_eq *eq, u32 nr_entries);
void ehea_cq_destroy(struct ehea_cq *cq);
void ehea_cq_lose(struct ehea_cq *cq);
void ehea_cq_clear(struct ehea_cq *cq);
void ehea_cq_arm(struct ehea_cq *cq);
void ehea_cq_release(struct ehea_cq *cq, u32 nr_entries);

/* Whether a completion is there, in a completion queue or in RQ1 */
static inline struct ehea_cqe *ehea_cqe_next(const struct ebus_queue *queue)
{
	struct ehea_cqe *cqe = ebus_queue_next(queue);

	return !!(READ_ONCE(cqe->valid) & EHEA_CQE_VALID) == queue->turn ?
	       cqe : NULL;
}

/* qp.c */
int ehea_qp_create(struct ehea_qp *qp, const struct ehea_adapter *adapter,
		   struct ehea_qp_alloc *alloc);
int ehea_qp_destroy(struct ehea_qp *qp);
int ehea_qp_start(struct ehea_qp *qp);
void ehea_qp_ring(struct ehea_qp *qp, enum ehea_ring ring, u32 nr_entries);

/* port.c */
struct ehea_port *ehea_port_create(struct ehea_adapter *adapter,
				   struct platform_device *device,
				   unsigned int slot, u32 id);
void ehea_port_destroy(struct ehea_port *port);

/* reset.c */
void ehea_port_reset(struct ehea_port *port);
void ehea_port_reset_work(struct work_struct *work);

/* qset.c */
int ehea_qset_create(struct ehea_qset *qset);
int ehea_qset_destroy(struct ehea_qset *qset);

/* bringup.c */
int ehea_port_up(struct ehea_port *port);
void ehea_port_down(struct ehea_port *port);

/* link.c */
int ehea_link_query(const struct ehea_adapter *adapter, u32 id,
		    struct ehea_link *link);
void ehea_link_update(struct ehea_port *port);
void ehea_link_work(struct work_struct *work);
int ehea_link_set_speed(struct ehea_port *port, enum ehea_speed speed);
bool ehea_link_allow_jumbo(const struct ehea_adapter *adapter, u32 id);

/* event.c */
irqreturn_t ehea_neq_interrupt(int irq, void *data);
void ehea_neq_work(struct work_struct *work);
irqreturn_t ehea_error_interrupt(int irq, void *data);
void ehea_error_work(struct work_struct *work);

static inline struct ehea_port *ehea_filter_port(struct ehea_filter *filter)
{
	return container_of(filter, struct ehea_port, filter);
}

/* filter.c */
int ehea_filter_init(struct ehea_port *port);
void ehea_filter_exit(struct ehea_port *port);
int ehea_filter_start(struct ehea_port *port);
void ehea_filter_stop(struct ehea_port *port);
int ehea_filter_set_mac(struct ehea_port *port, u64 mac);
void ehea_set_rx_mode(struct net_device *netdev);
int ehea_vlan_add(struct net_device *netdev, __be16 proto, u16 vid);
int ehea_vlan_kill(struct net_device *netdev, __be16 proto, u16 vid);

/* addresses.c */
int ehea_broadcast_register(struct ehea_filter *filter, u64 mac);
void ehea_broadcast_remove(struct ehea_filter *filter, u64 mac);
void ehea_multicast_sync(struct ehea_filter *filter, bool all);
void ehea_addresses_remove(struct ehea_filter *filter);
void ehea_addresses_forget(struct ehea_filter *filter);
void ehea_addresses_crash(void);

/* hotplug.c */
extern const struct ehea_regions_user ehea_regions_user;

/* rx.c */
void ehea_rx_fill(struct ehea_qset *qset);
int ehea_rx_poll(struct ehea_qset *qset, int budget);

/* rx_buffers.c */
int ehea_rx_buffers_create(struct ehea_qset *qset);
void ehea_rx_buffers_destroy(struct ehea_qset *qset, bool in_use);

/* tx.c */
int ehea_tx_create(struct ehea_qset *qset);
void ehea_tx_destroy(struct ehea_qset *qset, bool in_use);
netdev_tx_t ehea_xmit(struct sk_buff *skb, struct net_device *netdev);

/* tx_done.c */
void ehea_tx_poll(struct ehea_qset *qset, int budget);
bool ehea_tx_drain(struct ehea_qset *qset, unsigned long until);

/* Entries of the send queue that are free */
static inline u32 ehea_tx_free(const struct ehea_tx *tx)
{
	return tx->limit - (READ_ONCE(tx->posted) - READ_ONCE(tx->done));
}

/* From how many free entries on a stopped queue goes on */
static inline u32 ehea_tx_wake_at(const struct ehea_tx *tx)
{
	return tx->limit / 10 + 2;
}

/* napi.c */
int ehea_poll(struct napi_struct *napi, int budget);
irqreturn_t ehea_qset_interrupt(int irq, void *data);

/* stats.c */
void ehea_get_stats64(struct net_device *netdev,
		      struct rtnl_link_stats64 *stats);
int ehea_stats_count(const struct ehea_port *port);
void ehea_stats_names(const struct ehea_port *port, u8 *names);
void ehea_stats_values(struct ehea_port *port, u64 *values);

static inline void ehea_rx_count(struct ehea_qset *qset,
				 enum ehea_rx_counter counter)
{
	struct ehea_rx_stats *stats = &qset->rx_stats;

	u64_stats_update_begin(&stats->sync);
	u64_stats_inc(&stats->counter[counter]);
	u64_stats_update_end(&stats->sync);
}

static inline void ehea_tx_count(struct ehea_qset *qset,
				 enum ehea_tx_counter counter)
{
	struct ehea_tx_stats *stats = &qset->tx_stats;

	u64_stats_update_begin(&stats->sync);
	u64_stats_inc(&stats->counter[counter]);
	u64_stats_update_end(&stats->sync);
}

/* ethtool.c */
extern const struct ethtool_ops ehea_ethtool_ops;

#endif /* _EHEA_H */

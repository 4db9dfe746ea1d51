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
#include <linux/workqueue.h>

#include "control_block.h"
#include "filter.h"
#include "firmware.h"
#include "qset.h"
#include "queues.h"
#include "regions.h"

#define EHEA_MAX_PORTS		16
#define EHEA_MAX_FRAME		9022
#define EHEA_PD			0xaabcdeff

/* main.c: parameters of the module */
extern int ehea_msg_level;
extern int ehea_entries[EHEA_NR_RINGS];
extern bool ehea_follow_switch;
extern bool ehea_many_queues;

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

static inline struct ehea_port *ehea_filter_port(struct ehea_filter *filter)
{
	return container_of(filter, struct ehea_port, filter);
}

/**
 * struct ehea_adapter - an adapter
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
#ifdef CONFIG_CRASH_DUMP
int ehea_crash_init(void);
void ehea_crash_exit(void);
#else
static inline int ehea_crash_init(void)
{
	return 0;
}

static inline void ehea_crash_exit(void)
{
}
#endif

/* sysfs.c */
extern const struct attribute_group *ehea_driver_groups[];
extern const struct attribute_group *ehea_adapter_groups[];
struct platform_device *ehea_port_device_register(struct ehea_adapter *adapter,
						  struct device_node *node,
						  u32 id);
void ehea_port_device_unregister(struct platform_device *device);

/* port.c */
struct ehea_port *ehea_port_create(struct ehea_adapter *adapter,
				   struct platform_device *device,
				   unsigned int slot, u32 id);
void ehea_port_destroy(struct ehea_port *port);

/* reset.c */
void ehea_port_reset(struct ehea_port *port);
void ehea_port_reset_work(struct work_struct *work);

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

/* hotplug.c */
extern const struct ehea_regions_user ehea_regions_user;

/* stats.c */
void ehea_get_stats64(struct net_device *netdev,
		      struct rtnl_link_stats64 *stats);
int ehea_stats_count(const struct ehea_port *port);
void ehea_stats_names(const struct ehea_port *port, u8 *names);
void ehea_stats_values(struct ehea_port *port, u64 *values);

/* ethtool.c */
extern const struct ethtool_ops ehea_ethtool_ops;

#endif /* _EHEA_H */

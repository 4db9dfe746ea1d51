/* SPDX-License-Identifier: GPL-2.0-only */
/* What frames a port takes: addresses, VLANs, or all there are */
#ifndef _EHEA_FILTER_H
#define _EHEA_FILTER_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/workqueue.h>

#include "control_block.h"
#include "firmware.h"

struct ehea_port;

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

#endif /* _EHEA_FILTER_H */

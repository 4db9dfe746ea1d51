// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters: those of the driver, for each queue set, and those that the firmware
 * has of a port.
 */

#include <linux/ethtool.h>
#include <linux/stddef.h>

#include "ehea.h"

static const char * const rx_names[EHEA_NR_RX_COUNTERS] = {
	[EHEA_RX_PACKETS] = "packets",
	[EHEA_RX_BYTES] = "bytes",
	[EHEA_RX_MULTICAST] = "multicast",
	[EHEA_RX_NO_MEMORY] = "no_memory",
	[EHEA_RX_CSUM_ERRORS] = "csum_errors",
	[EHEA_RX_CRC_ERRORS] = "crc_errors",
	[EHEA_RX_LENGTH_ERRORS] = "length_errors",
	[EHEA_RX_FATAL_ERRORS] = "fatal_errors",
};

static const char * const tx_names[EHEA_NR_TX_COUNTERS] = {
	[EHEA_TX_PACKETS] = "packets",
	[EHEA_TX_BYTES] = "bytes",
	[EHEA_TX_STOPPED] = "stopped",
	[EHEA_TX_COPIED] = "copied",
	[EHEA_TX_DROPPED] = "dropped",
	[EHEA_TX_UNMAPPED] = "unmapped",
};

/*
 * Doublewords of the firmware's blocks 2 and 6, by number; what is not named here is
 * of no use. 6.12's ehea_phyp.h has the abbreviations, their meaning is assumed.
 */
struct fw_counter {
	u8 word;
	const char *name;
};

static const struct fw_counter block2[] = {
	{ 0, "port_rx_octets" }, { 1, "port_rx_unicast" },
	{ 2, "port_rx_discarded" }, { 3, "port_rx_errors" },
	{ 4, "port_rx_too_long" }, { 5, "port_rx_multicast" },
	{ 6, "port_rx_broadcast" }, { 7, "port_tx_octets" },
	{ 8, "port_tx_unicast" }, { 9, "port_tx_multicast" },
	{ 10, "port_tx_broadcast" },
};

static const struct fw_counter block6[] = {
	{ 0, "phys_rx_octets" }, { 1, "phys_rx_64" }, { 2, "phys_rx_65" },
	{ 3, "phys_rx_128" }, { 4, "phys_rx_256" }, { 5, "phys_rx_512" },
	{ 6, "phys_rx_1024" }, { 7, "phys_rx_bad_fcs" },
	{ 13, "phys_rx_symbol_errors" }, { 14, "phys_rx_code_errors" },
	{ 16, "phys_rx_fragments" }, { 18, "phys_rx_control" },
	{ 20, "phys_rx_discarded" }, { 21, "phys_rx_other_errors" },
	{ 22, "phys_rx_align_errors" }, { 25, "phys_rx_multicast" },
	{ 26, "phys_rx_broadcast" }, { 27, "phys_tx_multicast" },
	{ 28, "phys_tx_broadcast" }, { 29, "phys_tx_octets" },
	{ 30, "phys_tx_64" }, { 31, "phys_tx_65" }, { 32, "phys_tx_128" },
	{ 33, "phys_tx_256" }, { 34, "phys_tx_512" }, { 35, "phys_tx_1024" },
	{ 36, "phys_tx_bad_fcs" }, { 37, "phys_tx_control" },
	{ 44, "phys_tx_deferred" }, { 45, "phys_tx_late_collisions" },
	{ 46, "phys_tx_excessive_collisions" },
};

static void read_rx(const struct ehea_qset *qset, u64 *values, u64 *tx_errors)
{
	const struct ehea_rx_stats *stats = &qset->rx_stats;
	unsigned int start, i;

	do {
		start = u64_stats_fetch_begin(&stats->sync);
		for (i = 0; i < EHEA_NR_RX_COUNTERS; i++)
			values[i] = u64_stats_read(&stats->counter[i]);
		*tx_errors = u64_stats_read(&stats->tx_errors);
	} while (u64_stats_fetch_retry(&stats->sync, start));
}

static void read_tx(const struct ehea_qset *qset, u64 *values)
{
	const struct ehea_tx_stats *stats = &qset->tx_stats;
	unsigned int start, i;

	do {
		start = u64_stats_fetch_begin(&stats->sync);
		for (i = 0; i < EHEA_NR_TX_COUNTERS; i++)
			values[i] = u64_stats_read(&stats->counter[i]);
	} while (u64_stats_fetch_retry(&stats->sync, start));
}

static void add_rx(const struct ehea_qset *qset,
		   struct rtnl_link_stats64 *stats)
{
	u64 rx[EHEA_NR_RX_COUNTERS], tx_errors;

	read_rx(qset, rx, &tx_errors);
	stats->rx_packets += rx[EHEA_RX_PACKETS];
	stats->rx_bytes += rx[EHEA_RX_BYTES];
	stats->multicast += rx[EHEA_RX_MULTICAST];
	stats->rx_dropped += rx[EHEA_RX_NO_MEMORY];
	stats->rx_crc_errors += rx[EHEA_RX_CRC_ERRORS];
	stats->rx_length_errors += rx[EHEA_RX_LENGTH_ERRORS];
	stats->rx_errors += rx[EHEA_RX_CSUM_ERRORS] + rx[EHEA_RX_CRC_ERRORS] +
			    rx[EHEA_RX_LENGTH_ERRORS] + rx[EHEA_RX_FATAL_ERRORS];
	stats->tx_errors += tx_errors;
}

static void add_tx(const struct ehea_qset *qset,
		   struct rtnl_link_stats64 *stats)
{
	u64 tx[EHEA_NR_TX_COUNTERS];

	read_tx(qset, tx);
	stats->tx_packets += tx[EHEA_TX_PACKETS];
	stats->tx_bytes += tx[EHEA_TX_BYTES];
	stats->tx_dropped += tx[EHEA_TX_DROPPED] + tx[EHEA_TX_UNMAPPED];
}

/* ndo_get_stats64() */
void ehea_get_stats64(struct net_device *netdev,
		      struct rtnl_link_stats64 *stats)
{
	const struct ehea_port *port = netdev_priv(netdev);
	unsigned int i;

	for (i = 0; i < port->nr_qsets; i++) {
		add_rx(&port->qsets[i], stats);
		add_tx(&port->qsets[i], stats);
	}
}

/* How many counters ethtool -S shows: resets, queues, the firmware's */
int ehea_stats_count(const struct ehea_port *port)
{
	return 1 + port->nr_qsets * (EHEA_NR_RX_COUNTERS + EHEA_NR_TX_COUNTERS +
				     1) +
	       ARRAY_SIZE(block2) + ARRAY_SIZE(block6);
}

static void queue_names(unsigned int queue, u8 **names)
{
	unsigned int i;

	for (i = 0; i < EHEA_NR_RX_COUNTERS; i++)
		ethtool_sprintf(names, "rx%u_%s", queue, rx_names[i]);
	ethtool_sprintf(names, "tx%u_errors", queue);
	for (i = 0; i < EHEA_NR_TX_COUNTERS; i++)
		ethtool_sprintf(names, "tx%u_%s", queue, tx_names[i]);
}

/* Their names, in order */
void ehea_stats_names(const struct ehea_port *port, u8 *names)
{
	unsigned int i;

	ethtool_puts(&names, "resets");
	for (i = 0; i < port->nr_qsets; i++)
		queue_names(i, &names);
	for (i = 0; i < ARRAY_SIZE(block2); i++)
		ethtool_puts(&names, block2[i].name);
	for (i = 0; i < ARRAY_SIZE(block6); i++)
		ethtool_puts(&names, block6[i].name);
}

/* All 0 if the firmware does not tell, as it may of a port that others share */
static void read_firmware(const struct ehea_port *port, u8 nr, u64 mask,
			  const struct fw_counter *counters, unsigned int count,
			  u64 *values)
{
	u64 *block = ehea_block_alloc();
	unsigned int i;
	int ret = -ENOMEM;

	if (block)
		ret = ehea_fw_query_port(port->adapter->handle, port->id, nr,
					 mask, block);
	if (ret)
		netif_dbg(port, hw, port->netdev, "no counters of block %u: %d\n",
			  nr, ret);
	for (i = 0; i < count; i++)
		values[i] = ret ? 0 : block[counters[i].word];
	if (block)
		ehea_block_free(block);
}

/* Their values, in order; may sleep */
void ehea_stats_values(struct ehea_port *port, u64 *values)
{
	unsigned int i;

	*values++ = READ_ONCE(port->resets);
	for (i = 0; i < port->nr_qsets; i++) {
		read_rx(&port->qsets[i], values, values + EHEA_NR_RX_COUNTERS);
		values += EHEA_NR_RX_COUNTERS + 1;
		read_tx(&port->qsets[i], values);
		values += EHEA_NR_TX_COUNTERS;
	}
	read_firmware(port, EHEA_CB2, EHEA_CB2_ALL, block2, ARRAY_SIZE(block2),
		      values);
	read_firmware(port, EHEA_CB6, EHEA_CB6_ALL, block6, ARRAY_SIZE(block6),
		      values + ARRAY_SIZE(block2));
}

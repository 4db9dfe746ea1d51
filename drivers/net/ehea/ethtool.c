// SPDX-License-Identifier: GPL-2.0-only
/* What ethtool shows and sets */

#include <linux/errno.h>
#include <linux/linkmode.h>

#include "ehea.h"

static void get_drvinfo(struct net_device *netdev, struct ethtool_drvinfo *info)
{
	const struct ehea_port *port = netdev_priv(netdev);

	strscpy(info->driver, KBUILD_MODNAME, sizeof(info->driver));
	strscpy(info->bus_info, dev_name(&port->adapter->device->dev),
		sizeof(info->bus_info));
}

static u32 get_msglevel(struct net_device *netdev)
{
	const struct ehea_port *port = netdev_priv(netdev);

	return port->msg_enable;
}

static void set_msglevel(struct net_device *netdev, u32 value)
{
	struct ehea_port *port = netdev_priv(netdev);

	port->msg_enable = value;
}

static const int fibre_modes[] = {
	ETHTOOL_LINK_MODE_10000baseT_Full_BIT,
	ETHTOOL_LINK_MODE_FIBRE_BIT,
};

static const int copper_modes[] = {
	ETHTOOL_LINK_MODE_10baseT_Half_BIT,
	ETHTOOL_LINK_MODE_10baseT_Full_BIT,
	ETHTOOL_LINK_MODE_100baseT_Half_BIT,
	ETHTOOL_LINK_MODE_100baseT_Full_BIT,
	ETHTOOL_LINK_MODE_1000baseT_Full_BIT,
	ETHTOOL_LINK_MODE_Autoneg_BIT,
	ETHTOOL_LINK_MODE_TP_BIT,
};

static const int copper_advertised[] = {
	ETHTOOL_LINK_MODE_1000baseT_Full_BIT,
	ETHTOOL_LINK_MODE_Autoneg_BIT,
	ETHTOOL_LINK_MODE_TP_BIT,
};

/* The firmware does not tell; a port of 10 Gbit/s has no other speed */
static void set_modes(struct ethtool_link_ksettings *settings)
{
	unsigned long *supported = settings->link_modes.supported;
	unsigned long *advertising = settings->link_modes.advertising;

	linkmode_zero(supported);
	linkmode_zero(advertising);
	if (settings->base.speed == SPEED_10000) {
		settings->base.port = PORT_FIBRE;
		linkmode_set_bit_array(fibre_modes, ARRAY_SIZE(fibre_modes),
				       supported);
		linkmode_copy(advertising, supported);
	} else {
		settings->base.port = PORT_TP;
		linkmode_set_bit_array(copper_modes, ARRAY_SIZE(copper_modes),
				       supported);
		linkmode_set_bit_array(copper_advertised,
				       ARRAY_SIZE(copper_advertised),
				       advertising);
	}
}

static int get_link_ksettings(struct net_device *netdev,
			      struct ethtool_link_ksettings *settings)
{
	struct ehea_port *port = netdev_priv(netdev);
	int ret = ehea_link_query(port->adapter, port->id, &port->link);

	if (ret)
		return ret;
	settings->base.speed = SPEED_UNKNOWN;
	settings->base.duplex = DUPLEX_UNKNOWN;
	if (netif_carrier_ok(netdev)) {
		settings->base.speed = port->link.speed;
		settings->base.duplex = port->link.duplex;
	}
	settings->base.autoneg = port->link.autoneg ? AUTONEG_ENABLE :
						      AUTONEG_DISABLE;
	set_modes(settings);
	return 0;
}

/* The firmware's number for a speed, or an errno */
static int speed_of(const struct ethtool_link_settings *base)
{
	const bool full = base->duplex == DUPLEX_FULL;

	if (base->autoneg == AUTONEG_ENABLE)
		return EHEA_AUTONEG;
	switch (base->speed) {
	case SPEED_10:
		return full ? EHEA_10_FULL : EHEA_10_HALF;
	case SPEED_100:
		return full ? EHEA_100_FULL : EHEA_100_HALF;
	case SPEED_1000:
		return full ? EHEA_1000_FULL : -EINVAL;
	case SPEED_10000:
		return full ? EHEA_10000_FULL : -EINVAL;
	}
	return -EINVAL;
}

static int set_link_ksettings(struct net_device *netdev,
			      const struct ethtool_link_ksettings *settings)
{
	const int speed = speed_of(&settings->base);

	if (speed < 0)
		return speed;
	return ehea_link_set_speed(netdev_priv(netdev), speed);
}

static int nway_reset(struct net_device *netdev)
{
	return ehea_link_set_speed(netdev_priv(netdev), EHEA_AUTONEG);
}

/* They can only be set when the module is loaded */
static void get_ringparam(struct net_device *netdev,
			  struct ethtool_ringparam *ring,
			  struct kernel_ethtool_ringparam *kernel_ring,
			  struct netlink_ext_ack *extack)
{
	ring->rx_mini_pending = ehea_entries[EHEA_RQ1];
	ring->rx_pending = ehea_entries[EHEA_RQ2];
	ring->rx_jumbo_pending = ehea_entries[EHEA_RQ3];
	ring->tx_pending = ehea_entries[EHEA_SQ];
	ring->rx_mini_max_pending = ring->rx_mini_pending;
	ring->rx_max_pending = ring->rx_pending;
	ring->rx_jumbo_max_pending = ring->rx_jumbo_pending;
	ring->tx_max_pending = ring->tx_pending;
}

static int get_sset_count(struct net_device *netdev, int set)
{
	return set == ETH_SS_STATS ? ehea_stats_count(netdev_priv(netdev)) :
				     -EOPNOTSUPP;
}

static void get_strings(struct net_device *netdev, u32 set, u8 *names)
{
	if (set == ETH_SS_STATS)
		ehea_stats_names(netdev_priv(netdev), names);
}

static void get_ethtool_stats(struct net_device *netdev,
			      struct ethtool_stats *stats, u64 *values)
{
	ehea_stats_values(netdev_priv(netdev), values);
}

const struct ethtool_ops ehea_ethtool_ops = {
	.get_drvinfo = get_drvinfo,
	.get_msglevel = get_msglevel,
	.set_msglevel = set_msglevel,
	.get_link = ethtool_op_get_link,
	.get_ts_info = ethtool_op_get_ts_info,
	.get_link_ksettings = get_link_ksettings,
	.set_link_ksettings = set_link_ksettings,
	.nway_reset = nway_reset,
	.get_ringparam = get_ringparam,
	.get_sset_count = get_sset_count,
	.get_strings = get_strings,
	.get_ethtool_stats = get_ethtool_stats,
};

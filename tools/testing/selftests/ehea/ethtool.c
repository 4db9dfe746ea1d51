// SPDX-License-Identifier: GPL-2.0-only
/*
 * What ethtool asks a network device and tells it.
 *
 *	ethtool <interface> driver
 *	ethtool <interface> link
 *	ethtool <interface> settings
 *	ethtool <interface> set <speed> <duplex> <autoneg>
 *	ethtool <interface> negotiate
 *	ethtool <interface> level [<mask>]
 *	ethtool <interface> rings
 *	ethtool <interface> stats
 *	ethtool <interface> offload <rx|tx|sg|tso|txvlan> <0|1>
 *
 * Numbers are those of linux/ethtool.h. Prints "<name> <value>" lines; if the kernel
 * refuses it prints the errno's name instead, and the exit status is 1.
 */

#include <err.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST_MASK_WORDS	127

static const char *interface;
static int fd;

static void refused(void)
{
	puts(strerrorname_np(errno));
	exit(1);
}

static void ask(void *command)
{
	struct ifreq request = { .ifr_data = command };

	snprintf(request.ifr_name, IFNAMSIZ, "%s", interface);
	if (ioctl(fd, SIOCETHTOOL, &request))
		refused();
}

static __u32 get_value(__u32 command)
{
	struct ethtool_value value = { .cmd = command };

	ask(&value);
	return value.data;
}

static void set_value(__u32 command, __u32 data)
{
	struct ethtool_value value = { .cmd = command, .data = data };

	ask(&value);
}

static void show_driver(char **argument)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };

	ask(&info);
	printf("driver %s\nbus %s\nstats %u\n", info.driver, info.bus_info,
	       info.n_stats);
}

static void show_link(char **argument)
{
	printf("link %u\n", get_value(ETHTOOL_GLINK));
}

/* The settings, with room for the masks of modes behind them */
static union {
	struct ethtool_link_settings head;
	char room[sizeof(struct ethtool_link_settings) +
		  3 * MOST_MASK_WORDS * sizeof(__u32)];
} settings;

static void get_settings(void)
{
	settings.head = (struct ethtool_link_settings) {
		.cmd = ETHTOOL_GLINKSETTINGS,
	};
	/* The kernel answers how long its masks are: a negative number */
	ask(&settings);
	settings.head.cmd = ETHTOOL_GLINKSETTINGS;
	settings.head.link_mode_masks_nwords =
		-settings.head.link_mode_masks_nwords;
	ask(&settings);
}

static void print_mask(const char *name, const __u32 *words)
{
	int i;

	printf("%s ", name);
	for (i = settings.head.link_mode_masks_nwords; i--; )
		printf("%08x", words[i]);
	printf("\n");
}

static void show_settings(char **argument)
{
	const __u32 *masks = settings.head.link_mode_masks;

	get_settings();
	printf("speed %d\nduplex %u\nautoneg %u\nport %u\n",
	       (int)settings.head.speed, settings.head.duplex,
	       settings.head.autoneg, settings.head.port);
	print_mask("supported", masks);
	print_mask("advertised",
		   masks + settings.head.link_mode_masks_nwords);
}

static void change_settings(char **argument)
{
	get_settings();
	settings.head.cmd = ETHTOOL_SLINKSETTINGS;
	settings.head.speed = atoi(argument[0]);
	settings.head.duplex = atoi(argument[1]);
	settings.head.autoneg = atoi(argument[2]);
	ask(&settings);
}

static void negotiate(char **argument)
{
	set_value(ETHTOOL_NWAY_RST, 0);
}

static void log_level(char **argument)
{
	if (argument[0])
		set_value(ETHTOOL_SMSGLVL, strtoul(argument[0], NULL, 0));
	printf("level %u\n", get_value(ETHTOOL_GMSGLVL));
}

static void show_rings(char **argument)
{
	struct ethtool_ringparam ring = { .cmd = ETHTOOL_GRINGPARAM };

	ask(&ring);
	printf("rx_mini %u\nrx %u\nrx_jumbo %u\ntx %u\n", ring.rx_mini_pending,
	       ring.rx_pending, ring.rx_jumbo_pending, ring.tx_pending);
}

static void *allocate(size_t size)
{
	void *memory = calloc(1, size);

	if (!memory)
		err(2, "calloc");
	return memory;
}

static void show_stats(char **argument)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct ethtool_gstrings *names;
	struct ethtool_stats *values;
	__u32 i;

	ask(&info);
	names = allocate(sizeof(*names) + info.n_stats * ETH_GSTRING_LEN);
	values = allocate(sizeof(*values) + info.n_stats * sizeof(__u64));
	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_STATS;
	names->len = info.n_stats;
	ask(names);
	values->cmd = ETHTOOL_GSTATS;
	values->n_stats = info.n_stats;
	ask(values);
	for (i = 0; i < info.n_stats; i++)
		printf("%.*s %llu\n", ETH_GSTRING_LEN,
		       (char *)names->data + i * ETH_GSTRING_LEN,
		       (unsigned long long)values->data[i]);
}

static const struct {
	const char *name;
	__u32 command;
} offloads[] = {
	{ "rx", ETHTOOL_SRXCSUM },
	{ "tx", ETHTOOL_STXCSUM },
	{ "sg", ETHTOOL_SSG },
	{ "tso", ETHTOOL_STSO },
};

static void switch_offload(char **argument)
{
	const __u32 on = atoi(argument[1]);
	__u32 flags;
	size_t i;

	if (!strcmp(argument[0], "txvlan")) {
		flags = get_value(ETHTOOL_GFLAGS) & ~ETH_FLAG_TXVLAN;
		set_value(ETHTOOL_SFLAGS, flags | (on ? ETH_FLAG_TXVLAN : 0));
		return;
	}
	for (i = 0; i < sizeof(offloads) / sizeof(*offloads); i++) {
		if (!strcmp(argument[0], offloads[i].name)) {
			set_value(offloads[i].command, on);
			return;
		}
	}
	errx(2, "nothing to switch is called %s", argument[0]);
}

static const struct {
	const char *name;
	int least, most;
	void (*run)(char **argument);
} commands[] = {
	{ "driver", 0, 0, show_driver },
	{ "link", 0, 0, show_link },
	{ "settings", 0, 0, show_settings },
	{ "set", 3, 3, change_settings },
	{ "negotiate", 0, 0, negotiate },
	{ "level", 0, 1, log_level },
	{ "rings", 0, 0, show_rings },
	{ "stats", 0, 0, show_stats },
	{ "offload", 2, 2, switch_offload },
};

int main(int argc, char *argv[])
{
	const int nr = argc - 3;
	size_t i;

	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0)
		err(2, "socket");
	for (i = 0; nr >= 0 && i < sizeof(commands) / sizeof(*commands); i++) {
		if (strcmp(argv[2], commands[i].name) ||
		    nr < commands[i].least || nr > commands[i].most)
			continue;
		interface = argv[1];
		commands[i].run(argv + 3);
		return 0;
	}
	errx(2, "how this is called is said at the top of %s", __FILE__);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Single frames, to any address and any VLAN.
 *
 *	frames send <interface> <address>[/<VLAN>] ...
 *	frames take <interface> [promiscuous | allmulti | <address>[+<more>]] ...
 *
 * Sent is a small frame to each address, with a tag in it if there is a VLAN. Who
 * takes frames joins the multicast addresses, and @more that follow on each; prints
 * "ready", then "<address> <VLAN, or ->" for each frame that "send" has
 * sent, and ends when its input does.
 */

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* IEEE 802: for local experiments */
#define OURS		0x88b5

static int fd, ifindex;

static void attach(const char *interface)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
	};
	/* Not by sll_protocol: such a socket gets a frame when its tag is gone */
	struct sock_filter ours[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 2 * ETH_ALEN),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OURS, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, -1),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog only_ours = {
		.len = sizeof(ours) / sizeof(*ours),
		.filter = ours,
	};

	ifindex = if_nametoindex(interface);
	at.sll_ifindex = ifindex;
	fd = socket(AF_PACKET, SOCK_RAW, 0);
	/* Others may be so many that there is no room */
	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &only_ours,
				  sizeof(only_ours)))
		err(2, "filter");
	if (!ifindex || fd < 0 || bind(fd, (const void *)&at, sizeof(at)))
		err(2, "%s", interface);
}

/* Returns what follows the address */
static const char *parse(const char *text, unsigned char *address)
{
	int length = 0;

	if (sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx%n", &address[0],
		   &address[1], &address[2], &address[3], &address[4],
		   &address[5], &length) != 6)
		errx(2, "%s is no address", text);
	return text + length;
}

static void put16(unsigned char *where, uint16_t value)
{
	where[0] = value >> 8;
	where[1] = value;
}

static uint16_t get16(const unsigned char *where)
{
	return where[0] << 8 | where[1];
}

static void send_to(const char *text)
{
	unsigned char frame[ETH_ZLEN + 4] = "", *type = frame + 2 * ETH_ALEN;
	const char *vlan = parse(text, frame);

	memset(frame + ETH_ALEN, 0x02, ETH_ALEN);
	if (*vlan == '/') {
		put16(type, ETH_P_8021Q);
		put16(type + 2, atoi(vlan + 1));
		type += 4;
	}
	put16(type, OURS);
	if (send(fd, frame, sizeof(frame), 0) != sizeof(frame))
		err(2, "send");
}

static void join(int type, const unsigned char *address)
{
	struct packet_mreq request = {
		.mr_ifindex = ifindex,
		.mr_type = type,
		.mr_alen = ETH_ALEN,
	};

	if (address)
		memcpy(request.mr_address, address, ETH_ALEN);
	if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request,
		       sizeof(request)))
		err(2, "membership");
}

static void join_text(const char *text)
{
	unsigned char address[ETH_ALEN];
	const char *more;
	int i;

	if (!strcmp(text, "promiscuous")) {
		join(PACKET_MR_PROMISC, NULL);
		return;
	}
	if (!strcmp(text, "allmulti")) {
		join(PACKET_MR_ALLMULTI, NULL);
		return;
	}
	more = parse(text, address);
	join(PACKET_MR_MULTICAST, address);
	for (i = *more == '+' ? atoi(more + 1) : 0; i > 0; i--) {
		put16(address + 4, get16(address + 4) + 1);
		join(PACKET_MR_MULTICAST, address);
	}
}

/* The tag that was taken out of a frame, or -1 */
static int tag_of(struct msghdr *message)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(message);
	struct tpacket_auxdata aux;

	if (!control || control->cmsg_type != PACKET_AUXDATA)
		errx(2, "no auxiliary data");
	memcpy(&aux, CMSG_DATA(control), sizeof(aux));
	return aux.tp_status & TP_STATUS_VLAN_VALID ? aux.tp_vlan_tci & 0xfff :
						      -1;
}

static void take_frame(void)
{
	unsigned char frame[2048];
	char control[256];
	struct iovec data = { .iov_base = frame, .iov_len = sizeof(frame) };
	struct sockaddr_ll from;
	struct msghdr message = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	const ssize_t n = recvmsg(fd, &message, 0);
	int i, tag;

	/* Told once when the interface goes down; it may come up again */
	if (n < 0 && errno != ENETDOWN)
		err(2, "recvmsg");
	if (n < ETH_HLEN || from.sll_pkttype == PACKET_OUTGOING)
		return;
	for (i = 0; i < ETH_ALEN; i++)
		printf("%s%02x", i ? ":" : "", frame[i]);
	tag = tag_of(&message);
	if (tag < 0)
		printf(" -\n");
	else
		printf(" %d\n", tag);
	fflush(stdout);
}

static void take(void)
{
	struct pollfd polled[] = {
		{ .fd = 0, .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
	};
	const int one = 1;
	char line[64];

	if (setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one)))
		err(2, "auxiliary data");
	puts("ready");
	fflush(stdout);
	while (poll(polled, 2, -1) > 0) {
		if (polled[1].revents)
			take_frame();
		else if (!read(0, line, sizeof(line)))
			return;
	}
	err(2, "poll");
}

int main(int argc, char *argv[])
{
	int i;

	if (argc < 3 || (strcmp(argv[1], "send") && strcmp(argv[1], "take")))
		errx(2, "how this is called is said at the top of %s", __FILE__);
	attach(argv[2]);
	if (!strcmp(argv[1], "send")) {
		for (i = 3; i < argc; i++)
			send_to(argv[i]);
		return 0;
	}
	for (i = 3; i < argc; i++)
		join_text(argv[i]);
	take();
	return 0;
}

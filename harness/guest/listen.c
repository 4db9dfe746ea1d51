// SPDX-License-Identifier: GPL-2.0
/*
 * Listens to the kernel's uevents, as a device manager does.
 *
 *   listen
 *
 * says "listening" once nothing can be missed any more, and then prints each
 * event: its size in bytes, its variables one a line, and an empty line.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define KERNEL_GROUP	1

static void fail(const char *what)
{
	fprintf(stderr, "listen: %s: %s\n", what, strerror(errno));
	exit(2);
}

int main(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = KERNEL_GROUP };
	static char message[16384];
	const int size = 1 << 20;
	int fd;

	fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
	if (fd < 0)
		fail("socket");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		fail("SO_RCVBUFFORCE");
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)))
		fail("bind");
	puts("listening\n");
	fflush(stdout);

	for (;;) {
		const ssize_t length = recv(fd, message, sizeof(message) - 1, 0);

		if (length < 0)
			fail("recv");
		message[length] = '\0';
		printf("size=%zd\n", length);
		/* The first string is the event's header, the rest are its variables */
		for (char *text = message; text < message + length; text += strlen(text) + 1)
			puts(text);
		putchar('\n');
		fflush(stdout);
	}
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Waits until a file in sysfs tells of a change, and prints what it says then.
 *
 *   awaited <file>
 *
 * says "waiting" once no change can be missed any more.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct pollfd change = { .events = POLLPRI };
	char text[4096];
	ssize_t length;

	if (argc != 2)
		return 2;
	change.fd = open(argv[1], O_RDONLY);
	/* Only what has been read can change */
	if (change.fd < 0 || read(change.fd, text, sizeof(text)) < 0) {
		perror(argv[1]);
		return 1;
	}
	puts("waiting");
	fflush(stdout);
	if (poll(&change, 1, -1) != 1) {
		perror("poll");
		return 1;
	}
	length = pread(change.fd, text, sizeof(text), 0);
	if (length < 0) {
		perror(argv[1]);
		return 1;
	}
	fwrite(text, 1, length, stdout);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * A write that is done again and again, whether it succeeds or not.
 *
 *   again <file> <text>
 *
 * goes on until the end of its input, and prints how often.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	unsigned long times = 0;
	ssize_t done;
	int fd;

	if (argc != 3) {
		fprintf(stderr, "usage: again <file> <text>\n");
		return 2;
	}
	fd = open(argv[1], O_WRONLY);
	if (fd < 0) {
		perror(argv[1]);
		return 1;
	}
	while (!poll(&input, 1, 0)) {
		done = pwrite(fd, argv[2], strlen(argv[2]), 0);
		if (!times++)
			printf("first: %zd\n", done);
		fflush(stdout);
	}
	printf("written %lu times\n", times);
	return 0;
}

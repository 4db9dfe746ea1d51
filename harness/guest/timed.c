// SPDX-License-Identifier: GPL-2.0
/*
 * How long a write takes, or a read.
 *
 *   timed <file> [<text>]
 *
 * writes the text, or reads what one read() gives, and prints the nanoseconds.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct timespec begin, end;
	char buffer[4096];
	ssize_t done;
	int fd;

	if (argc != 2 && argc != 3) {
		fprintf(stderr, "usage: timed <file> [<text>]\n");
		return 2;
	}
	fd = open(argv[1], argc == 3 ? O_WRONLY : O_RDONLY);
	if (fd < 0) {
		perror(argv[1]);
		return 1;
	}
	clock_gettime(CLOCK_MONOTONIC, &begin);
	done = argc == 3 ? write(fd, argv[2], strlen(argv[2])) : read(fd, buffer, sizeof(buffer));
	clock_gettime(CLOCK_MONOTONIC, &end);
	if (done < 0 || (argc == 3 && done != (ssize_t)strlen(argv[2]))) {
		perror(argv[1]);
		return 1;
	}
	printf("%lld\n", (end.tv_sec - begin.tv_sec) * 1000000000LL + end.tv_nsec - begin.tv_nsec);
	return 0;
}

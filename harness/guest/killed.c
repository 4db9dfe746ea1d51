// SPDX-License-Identifier: GPL-2.0
/*
 * A process that is killed while it adds memory.
 *
 *   killed <file> <text> <pages>
 *
 * writes the text to the file in a process of its own, which it kills as soon as
 * the kernel has allocated so many more pages of memory map; prints whether the
 * write had ended by then.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNTER	"nr_memmap_pages "

static long memmap_pages(int vmstat)
{
	static char text[16384];
	const ssize_t size = pread(vmstat, text, sizeof(text) - 1, 0);
	const char *found;

	text[size > 0 ? size : 0] = '\0';
	found = strstr(text, COUNTER);
	if (!found) {
		fprintf(stderr, "killed: no " COUNTER "in /proc/vmstat\n");
		exit(2);
	}
	return atol(found + strlen(COUNTER));
}

int main(int argc, char **argv)
{
	int vmstat, file, status;
	pid_t child, ended = 0;
	long enough;

	if (argc != 4) {
		fprintf(stderr, "usage: killed <file> <text> <pages>\n");
		return 2;
	}
	vmstat = open("/proc/vmstat", O_RDONLY);
	file = open(argv[1], O_WRONLY);
	if (vmstat < 0 || file < 0) {
		perror(argv[1]);
		return 2;
	}
	enough = memmap_pages(vmstat) + atol(argv[3]);
	child = fork();
	if (child < 0) {
		perror("fork");
		return 2;
	}
	if (!child)
		_exit(write(file, argv[2], strlen(argv[2])) < 0);
	while (!ended && memmap_pages(vmstat) < enough)
		ended = waitpid(child, &status, WNOHANG);
	if (!ended) {
		kill(child, SIGKILL);
		ended = waitpid(child, &status, 0);
	}
	if (ended != child) {
		perror("killed");
		return 2;
	}
	puts(WIFSIGNALED(status) ? "killed" : "ended");
	return 0;
}

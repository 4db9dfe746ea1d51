// SPDX-License-Identifier: GPL-2.0-only
/*
 * A request again and again, in which one allocation fails: the first, then another,
 * until there is none that could.
 *
 *	fail-nth <step> up <interface>
 *	fail-nth <step> load <file> <options>
 *	fail-nth <step> write <file> <text> <text that undoes it>
 *
 * The n-th allocation of a system call fails by /proc/thread-self/fail-nth, so the
 * kernel needs failslab and fail_page_alloc. After the 20th they fail at distances of
 * @step. What was done is undone each time. For each attempt a line "<n> <errno's name,
 * or ok> <objects>" tells how many objects the firmware has afterwards; at last
 * "<n> complete" that the request has less than n allocations.
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OBJECTS		"/sys/kernel/debug/ebus_model/objects"
#define FAIL_NTH	"/proc/thread-self/fail-nth"
#define FIRST_NTH	20
#define MAX_NTH		20000

static char **words;
static int control;

static void arm(unsigned int nth)
{
	char number[16];

	snprintf(number, sizeof(number), "%u", nth);
	if (pwrite(control, number, strlen(number), 0) < 0)
		err(2, FAIL_NTH);
}

/* Whether the allocation was reached */
static bool disarm(void)
{
	char left[16] = "";

	if (pread(control, left, sizeof(left) - 1, 0) < 0)
		err(2, FAIL_NTH);
	arm(0);
	return !atoi(left);
}

static int set_flags(short flags, unsigned int nth, bool *fired)
{
	struct ifreq request = { .ifr_flags = flags };
	const int fd = socket(AF_INET, SOCK_DGRAM, 0);
	int ret;

	if (fd < 0)
		err(2, "socket");
	snprintf(request.ifr_name, IFNAMSIZ, "%s", words[0]);
	arm(nth);
	ret = ioctl(fd, SIOCSIFFLAGS, &request) ? errno : 0;
	*fired = disarm();
	close(fd);
	return ret;
}

static int up(unsigned int nth, bool *fired)
{
	return set_flags(IFF_UP, nth, fired);
}

static int down(void)
{
	bool fired;

	return set_flags(0, 0, &fired);
}

static int load(unsigned int nth, bool *fired)
{
	const int fd = open(words[0], O_RDONLY);
	int ret;

	if (fd < 0)
		err(2, "%s", words[0]);
	arm(nth);
	ret = syscall(SYS_finit_module, fd, words[1], 0) ? errno : 0;
	*fired = disarm();
	close(fd);
	return ret;
}

static int unload(void)
{
	char name[64];
	const char *slash = strrchr(words[0], '/');

	snprintf(name, sizeof(name), "%s", slash ? slash + 1 : words[0]);
	*strchrnul(name, '.') = '\0';
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? errno : 0;
}

static int write_text(const char *text, unsigned int nth, bool *fired)
{
	const int fd = open(words[0], O_WRONLY);
	ssize_t n;
	int ret;

	if (fd < 0)
		err(2, "%s", words[0]);
	arm(nth);
	n = write(fd, text, strlen(text));
	ret = n < 0 ? errno : 0;
	*fired = disarm();
	close(fd);
	return ret;
}

static int write_it(unsigned int nth, bool *fired)
{
	return write_text(words[1], nth, fired);
}

static int write_back(void)
{
	bool fired;

	return write_text(words[2], 0, &fired);
}

static unsigned int count_objects(void)
{
	FILE *file = fopen(OBJECTS, "r");
	unsigned int nr = 0;
	int c;

	if (!file)
		err(2, OBJECTS);
	while ((c = getc(file)) != EOF)
		nr += c == '\n';
	fclose(file);
	return nr;
}

static const struct request {
	const char *name;
	int nr_words;
	int (*request)(unsigned int nth, bool *fired);
	int (*undo)(void);
} requests[] = {
	{ "up", 1, up, down },
	{ "load", 2, load, unload },
	{ "write", 3, write_it, write_back },
};

static void repeat(const struct request *what, unsigned int step)
{
	unsigned int nth = 1;
	bool fired = true;
	int ret = 0, undone;

	while (nth < MAX_NTH) {
		ret = what->request(nth, &fired);
		undone = ret ? 0 : what->undo();
		if (undone)
			errx(2, "undoing %s: %s", what->name, strerror(undone));
		if (!fired)
			break;
		printf("%u %s %u\n", nth, ret ? strerrorname_np(ret) : "ok",
		       count_objects());
		fflush(stdout);
		nth += nth < FIRST_NTH ? 1 : step;
	}
	if (fired || ret)
		errx(2, "%u: %s", nth, strerror(ret));
	printf("%u complete\n", nth);
}

int main(int argc, char *argv[])
{
	size_t i;

	control = open(FAIL_NTH, O_RDWR);
	if (control < 0)
		err(2, FAIL_NTH);
	for (i = 0; argc > 2 && i < sizeof(requests) / sizeof(*requests); i++) {
		if (strcmp(argv[2], requests[i].name) ||
		    argc - 3 != requests[i].nr_words)
			continue;
		words = argv + 3;
		repeat(&requests[i], atoi(argv[1]));
		return 0;
	}
	errx(2, "how this is called is said at the top of %s", __FILE__);
}

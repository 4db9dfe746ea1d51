// SPDX-License-Identifier: GPL-2.0
/*
 * What bringing memory blocks online and offline costs, one after the other.
 *
 *   blockcost <first address> <blocks> [online type] [check]
 *
 * adds so many blocks by the probe file, brings all of them online, reads their
 * state and their hotplug/check if it is to, takes them offline in the order in
 * which they came, and removes them. Files are read twice, as by one who polls, and
 * the second time counts. Prints one line for each block and step, "<step> <index>
 * <ns>", and one for each step as a whole, "<step> busy <ns>": the time in which the
 * CPU was not idle until it had been idle for a while, deferred work included. The latter needs a guest
 * with one CPU: a thread of the lowest priority takes what is left of it.
 * Where the clock counts instructions (QEMU -icount), so do we.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MEMORY		"/sys/devices/system/memory"
#define IDLE_NS		20000000LL

#define MAX_BLOCKS	8192

/*
 * Touched before there is any hot memory: pages of ours in there would have to be
 * moved out of each block again.
 */
static int64_t cost[MAX_BLOCKS];
static char output[BUFSIZ];

static volatile int stop;
static clockid_t idle_clock;

static void fail(const char *what)
{
	fprintf(stderr, "blockcost: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t now(clockid_t clock)
{
	struct timespec ts;

	if (clock_gettime(clock, &ts))
		fail("clock_gettime");
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static void *take_idle_time(void *unused)
{
	struct sched_param param = {};

	(void)unused;
	if (sched_setscheduler(0, SCHED_IDLE, &param))
		fail("SCHED_IDLE");
	while (!stop)
		;
	return NULL;
}

/* Returns when nothing but the idle thread has run for IDLE_NS */
static void settle(void)
{
	const struct timespec pause = { .tv_nsec = IDLE_NS };
	int64_t wall, idle;

	do {
		wall = now(CLOCK_MONOTONIC);
		idle = now(idle_clock);
		if (nanosleep(&pause, NULL))
			fail("nanosleep");
		wall = now(CLOCK_MONOTONIC) - wall;
		idle = now(idle_clock) - idle;
	} while (idle * 100 < wall * 99);
}

static unsigned long block_size(void)
{
	FILE *file = fopen(MEMORY "/block_size_bytes", "r");
	unsigned long size;

	if (!file || fscanf(file, "%lx", &size) != 1)
		fail("block_size_bytes");
	fclose(file);
	return size;
}

/* In the place of a value: the file is read, and says this */
static const char online[] = "online\n", ok[] = "ok\n";

static int is_read(const char *value)
{
	return value == online || value == ok;
}

static void put(const char *value, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void put(const char *value, const char *format, ...)
{
	char path[128], text[256] = "";
	va_list args;
	int fd;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	fd = open(path, is_read(value) ? O_RDONLY : O_WRONLY);
	if (fd < 0)
		fail(path);
	if (is_read(value)) {
		if (read(fd, text, sizeof(text) - 1) < 0 || strcmp(text, value)) {
			fprintf(stderr, "blockcost: %s: %s", path, text);
			exit(1);
		}
	} else if (write(fd, value, strlen(value)) != (ssize_t)strlen(value)) {
		fail(path);
	}
	close(fd);
}

static void each_block(const char *step, const char *file, const char *value,
		       unsigned long first, unsigned long blocks,
		       unsigned long size)
{
	int64_t busy, wall, idle;
	unsigned long i;
	char text[32];

	for (i = 0; is_read(value) && i < blocks; i++)
		put(value, MEMORY "/memory%lu/%s", first / size + i, file);
	settle();
	wall = now(CLOCK_MONOTONIC);
	idle = now(idle_clock);
	for (i = 0; i < blocks; i++) {
		const int64_t begin = now(CLOCK_MONOTONIC);

		if (value) {
			put(value, MEMORY "/memory%lu/%s", first / size + i, file);
		} else {
			snprintf(text, sizeof(text), "%#lx", first + i * size);
			put(text, MEMORY "/%s", file);
		}
		cost[i] = now(CLOCK_MONOTONIC) - begin;
	}
	settle();
	busy = now(CLOCK_MONOTONIC) - wall - (now(idle_clock) - idle);

	for (i = 0; i < blocks; i++)
		printf("%s %lu %lld\n", step, i, (long long)cost[i]);
	printf("%s busy %lld\n", step, (long long)busy);
}

int main(int argc, char **argv)
{
	unsigned long first, blocks, size = block_size();
	const char *type = argc > 3 ? argv[3] : "online_movable";
	const int stock = access(MEMORY "/remove", W_OK);
	pthread_t thread;

	if (argc < 3)
		return 2;
	first = strtoul(argv[1], NULL, 0);
	blocks = strtoul(argv[2], NULL, 0);
	if (blocks > MAX_BLOCKS)
		return 2;
	memset(cost, 1, sizeof(cost));
	setvbuf(stdout, memset(output, 1, sizeof(output)), _IOFBF, sizeof(output));
	if (pthread_create(&thread, NULL, take_idle_time, NULL) ||
	    pthread_getcpuclockid(thread, &idle_clock))
		fail("thread");

	each_block("add", "probe", NULL, first, blocks, size);
	each_block("online", "state", type, first, blocks, size);
	if (argc > 4) {
		each_block("read", "state", online, first, blocks, size);
		each_block("check", "hotplug/check", ok, first, blocks, size);
	}
	each_block("offline", "state", "offline", first, blocks, size);
	if (!stock)
		each_block("remove", "remove", NULL, first, blocks, size);
	stop = 1;
	pthread_join(thread, NULL);
	return 0;
}

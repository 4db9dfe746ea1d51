// SPDX-License-Identifier: GPL-2.0-only
/*
 * Four threads whose memory goes to the device and comes back in every way there
 * is, while they fork, move and unmap it, have it swapped out, and another process
 * looks at it; and meanwhile the device's memory is removed, and added again. None
 * may ever see anything but what was written there.
 */

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest.h"
#include "device.h"

#define THREADS	4
#define PAGES	128
#define ROUNDS	400
#define REMOVALS	3	/* at least, of memory in use */

struct worker {
	pthread_t thread;
	unsigned int number;
	uint64_t seed;
	char *addr;
	unsigned int random;
	unsigned int wrong;
	unsigned int rounds;
	unsigned long moved;
};

static struct worker workers[THREADS];
static int fd;
static unsigned int rounds = ROUNDS;
static bool finished, removal_failed;
static unsigned int removals;

static void check(struct worker *w, const void *addr, size_t pages,
		  const char *when)
{
	long page = wrong_page(addr, pages, w->seed);

	if (page < 0)
		return;
	w->wrong++;
	ksft_print_msg("thread %u, round %u: page %ld is wrong %s\n", w->number,
		       w->rounds, page, when);
}

static void let_child_look(struct worker *w)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return;
	if (!pid) {
		bool wrong = wrong_page(w->addr, PAGES, w->seed) >= 0;

		/* Its own copies, of which the parent sees nothing */
		fill(w->addr, PAGES / 2, ~w->seed);
		to_device(device_open(), w->addr, PAGES);
		wrong |= wrong_page(w->addr, PAGES / 2, ~w->seed) >= 0;
		_exit(wrong);
	}
	if (waitpid(pid, &status, 0) != pid || status) {
		w->wrong++;
		ksft_print_msg("thread %u, round %u: a child saw something else, or status %#x\n",
			       w->number, w->rounds, status);
	}
}

static void move_away(struct worker *w)
{
	void *to = map_pages(PAGES);

	to = mremap(w->addr, PAGES * page_size, PAGES * page_size,
		    MREMAP_MAYMOVE | MREMAP_FIXED, to);
	if (to == MAP_FAILED)
		abort();
	w->addr = to;
}

static void begin_anew(struct worker *w)
{
	munmap(w->addr, PAGES * page_size);
	w->addr = map_pages(PAGES);
	w->seed += THREADS;
	fill(w->addr, PAGES, w->seed);
}

static void let_device_write(struct worker *w)
{
	char *buffer = malloc(PAGES * page_size);
	const uint64_t seed = w->seed + THREADS;

	if (!buffer)
		abort();
	fill(buffer, PAGES, seed);
	if (!device_write(fd, w->addr, buffer, PAGES * page_size))
		w->seed = seed;
	else	/* The device may have been removed halfway */
		fill(w->addr, PAGES, w->seed);
	free(buffer);
}

static void let_device_read(struct worker *w)
{
	char *buffer = malloc(PAGES * page_size);

	if (!buffer)
		abort();
	if (!device_read(fd, w->addr, buffer, PAGES * page_size))
		check(w, buffer, PAGES, "for the device");
	free(buffer);
}

/* As long as it takes to be in the way of some removals */
static bool goes_on(const struct worker *w)
{
	return w->rounds < rounds ||
	       (__atomic_load_n(&removals, __ATOMIC_RELAXED) < REMOVALS &&
		!__atomic_load_n(&removal_failed, __ATOMIC_RELAXED));
}

static void *work(void *arg)
{
	struct worker *w = arg;
	long ret;

	w->addr = map_pages(PAGES);
	fill(w->addr, PAGES, w->seed);
	for (w->rounds = 0; goes_on(w); w->rounds++) {
		ret = to_device(fd, w->addr, PAGES);
		if (ret > 0)
			w->moved += ret;
		switch (rand_r(&w->random) % 8) {
		case 0:
			let_child_look(w);
			break;
		case 1:
			move_away(w);
			break;
		case 2:
			begin_anew(w);
			break;
		case 3:
			madvise(w->addr, PAGES * page_size, MADV_PAGEOUT);
			break;
		case 4:
			to_system(fd, w->addr, PAGES / 2);
			madvise(w->addr, PAGES * page_size, MADV_PAGEOUT);
			break;
		case 5:
			let_device_write(w);
			break;
		case 6:
			let_device_read(w);
			break;
		case 7:
			ioctl(fd, HMM_DEVMEM_TEST_EVICT);
			break;
		}
		check(w, w->addr, PAGES, "for the CPU");
	}
	return NULL;
}

/* All the time, as a debugger does: whatever is there, or nothing */
static void look_on(pid_t pid, unsigned long *nr_looks)
{
	static char buffer[1 << 16];
	struct worker found[THREADS];
	unsigned int i = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == pid) {
		if (read_memory(pid, workers, found, sizeof(found)) < 0)
			continue;
		if (read_memory(pid, found[i++ % THREADS].addr, buffer,
				sizeof(buffer)) > 0)
			++*nr_looks;
	}
	_exit(0);
}

static void *remove_and_add(void *size)
{
	while (!__atomic_load_n(&finished, __ATOMIC_ACQUIRE)) {
		const bool in_use = device_state(fd).nr_used;
		int ret = device_remove(fd, 60000, NULL);

		if (!ret) {
			__atomic_fetch_add(&removals, in_use, __ATOMIC_RELAXED);
			ret = device_add(fd, *(uint64_t *)size);
		}
		if (ret) {
			ksft_print_msg("removal or addition %u: %s\n", removals,
				       strerror(-ret));
			__atomic_store_n(&removal_failed, true, __ATOMIC_RELAXED);
			return NULL;
		}
		usleep(1000 * (removals % 32));
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct hmm_devmem_test_state before, after;
	unsigned long moved = 0;
	unsigned int i, wrong = 0;
	pthread_t remover;
	uint64_t size;
	pid_t pid, onlooker;
	unsigned long *nr_looks;

	if (argc > 1)
		rounds = atoi(argv[1]);
	ksft_print_header();
	ksft_set_plan(5);
	fd = device_open();
	if (fd < 0)
		ksft_exit_fail_msg("%s: %s\n", DEVICE, strerror(errno));
	before = device_state(fd);
	size = before.nr_pages * page_size;
	nr_looks = mmap(NULL, page_size, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (nr_looks == MAP_FAILED)
		ksft_exit_fail_msg("no memory\n");
	pid = getpid();
	onlooker = fork();
	if (!onlooker)
		look_on(pid, nr_looks);

	for (i = 0; i < THREADS; i++) {
		workers[i] = (struct worker) { .number = i, .seed = i + 1, .random = i };
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
			ksft_exit_fail_msg("no thread\n");
	}
	if (pthread_create(&remover, NULL, remove_and_add, &size))
		ksft_exit_fail_msg("no thread\n");
	for (i = 0; i < THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		wrong += workers[i].wrong;
		moved += workers[i].moved;
		munmap(workers[i].addr, PAGES * page_size);
	}
	__atomic_store_n(&finished, true, __ATOMIC_RELEASE);
	pthread_join(remover, NULL);
	kill(onlooker, SIGKILL);
	waitpid(onlooker, NULL, 0);

	after = device_state(fd);
	ksft_print_msg("%lu pages to the device, %u removals, %lu looks\n", moved,
		       removals, *nr_looks);
	ksft_test_result(!wrong, "nobody saw anything else\n");
	ksft_test_result(*nr_looks, "another process looked on\n");
	ksft_test_result(moved > PAGES * THREADS, "memory was on the device\n");
	ksft_test_result(!removal_failed, "removed under use\n");
	ksft_test_result(!after.nr_used && after.nr_pages == before.nr_pages,
			 "nothing is left on the device\n");
	ksft_finished();
}

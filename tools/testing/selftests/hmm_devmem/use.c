// SPDX-License-Identifier: GPL-2.0-only
/* Memory that goes to the device and comes back, one thing at a time. */

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"

TEST_F(device, there_and_back)
{
	void *addr = on_device(self->fd, PAGES, 1);
	struct hmm_devmem_test_state state = device_state(self->fd);

	ASSERT_NE(addr, NULL);
	EXPECT_EQ(state.nr_used, PAGES);
	EXPECT_EQ(state.copied_in - self->before.copied_in, PAGES);
	EXPECT_EQ(state.copied_out, self->before.copied_out);
	EXPECT_EQ(wrong_page(addr, PAGES, 1), -1);
	state = device_state(self->fd);
	EXPECT_EQ(state.nr_used, 0);
	EXPECT_EQ(state.copied_out - self->before.copied_out, PAGES);
	EXPECT_GE(state.faults - self->before.faults, PAGES);
	munmap(addr, PAGES * page_size);
}

TEST_F(device, back_without_a_fault)
{
	void *addr = on_device(self->fd, PAGES, 2);

	ASSERT_NE(addr, NULL);
	EXPECT_EQ(to_device(self->fd, addr, PAGES), 0);
	EXPECT_EQ(to_system(self->fd, addr, PAGES), PAGES);
	EXPECT_EQ(to_system(self->fd, addr, PAGES), 0);
	EXPECT_EQ(wrong_page(addr, PAGES, 2), -1);
	EXPECT_EQ(device_state(self->fd).faults, self->before.faults);
	munmap(addr, PAGES * page_size);
}

TEST_F(device, device_reads_and_writes)
{
	const size_t size = 4 * page_size;
	uint64_t words[size / sizeof(uint64_t)];
	void *addr = on_device(self->fd, 4, 3);

	ASSERT_NE(addr, NULL);
	ASSERT_EQ(device_read(self->fd, addr, words, size), 0);
	EXPECT_EQ(wrong_page(words, 4, 3), -1);
	fill(words, 4, 4);
	ASSERT_EQ(device_write(self->fd, addr, words, size), 0);
	EXPECT_EQ(used(), 4);
	EXPECT_EQ(wrong_page(addr, 4, 4), -1);
	EXPECT_EQ(used(), 0);
	/* Where the CPU has it, too */
	fill(words, 4, 5);
	ASSERT_EQ(device_write(self->fd, addr, words, size), 0);
	EXPECT_EQ(wrong_page(addr, 4, 5), -1);
	munmap(addr, size);
	EXPECT_EQ(device_read(self->fd, addr, words, size), -EFAULT);
}

TEST_F(device, more_than_it_has)
{
	const size_t all = self->before.nr_pages;
	void *addr = map_pages(all + 16);
	void *more;

	fill(addr, all + 16, 9);
	EXPECT_EQ(to_device(self->fd, addr, all + 16), all);
	EXPECT_EQ(used(), all);
	more = map_pages(1);
	fill(more, 1, 10);
	EXPECT_EQ(to_device(self->fd, more, 1), 0);
	EXPECT_EQ(wrong_page(more, 1, 10), -1);
	EXPECT_EQ(wrong_page(addr, all + 16, 9), -1);
	EXPECT_EQ(used(), 0);
	munmap(addr, (all + 16) * page_size);
}

TEST_F(device, fork)
{
	void *addr = on_device(self->fd, 64, 11);
	int status;
	pid_t pid;

	ASSERT_NE(addr, NULL);
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		/* The other half stays shared, on the device */
		bool intact = wrong_page(addr, 32, 11) == -1;

		fill(addr, 32, 12);
		_exit(!(intact && wrong_page(addr, 32, 12) == -1));
	}
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	EXPECT_GE(used(), 32);
	EXPECT_EQ(wrong_page(addr, 64, 11), -1);
	EXPECT_EQ(used(), 0);
	munmap(addr, 64 * page_size);
}

TEST_F(device, mremap_and_munmap)
{
	void *addr = on_device(self->fd, 64, 13), *moved;

	ASSERT_NE(addr, NULL);
	moved = map_pages(64);
	ASSERT_EQ(mremap(addr, 64 * page_size, 64 * page_size,
			 MREMAP_MAYMOVE | MREMAP_FIXED, moved), moved);
	EXPECT_EQ(used(), 64);
	munmap(moved + 32 * page_size, 32 * page_size);
	EXPECT_EQ(used(), 32);
	EXPECT_EQ(wrong_page(moved, 32, 13), -1);
	munmap(moved, 32 * page_size);
	EXPECT_EQ(used(), 0);
}

TEST_F(device, exit_frees)
{
	int status;
	pid_t pid = fork();

	ASSERT_GE(pid, 0);
	if (!pid) {
		int fd = device_open();

		_exit(!on_device(fd, 64, 14));
	}
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	EXPECT_EQ(used(), 0);
}

TEST_F(device, other_process_reads)
{
	char buffer[4 * page_size];
	void *addr = on_device(self->fd, 4, 15);
	int status;
	pid_t pid;

	ASSERT_NE(addr, NULL);
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
		_exit(0);
	}
	ASSERT_EQ(read_memory(pid, addr, buffer, sizeof(buffer)),
		  sizeof(buffer));
	EXPECT_EQ(wrong_page(buffer, 4, 15), -1);
	ASSERT_EQ(ptrace(PTRACE_ATTACH, pid, 0, 0), 0);
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	/* To the child's pages alone */
	ASSERT_EQ(ptrace(PTRACE_POKEDATA, pid, addr, 1), 0);
	EXPECT_EQ(ptrace(PTRACE_PEEKDATA, pid, addr, 0), 1);
	kill(pid, SIGKILL);
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(wrong_page(addr, 4, 15), -1);
	munmap(addr, 4 * page_size);
}

/* What the device may write, a child must not see */
TEST_F(device, device_writes_shared_memory)
{
	void *addr = on_device(self->fd, 4, 24);
	int status;
	pid_t pid;

	ASSERT_NE(addr, NULL);
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		raise(SIGSTOP);
		_exit(wrong_page(addr, 4, 24) != -1);
	}
	ASSERT_EQ(waitpid(pid, &status, WUNTRACED), pid);
	ASSERT_EQ(device_write(self->fd, addr, "x", 1), 0);
	EXPECT_EQ(*(char *)addr, 'x');
	kill(pid, SIGCONT);
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	fill(addr, 1, 24);
	EXPECT_EQ(wrong_page(addr, 4, 24), -1);
	munmap(addr, 4 * page_size);
}

#define ADDS	2000

/* A CPU that does nothing else */
struct adder {
	uint64_t *word;
	uint64_t added;
	bool stop;
};

static void *add_ones(void *arg)
{
	struct adder *adder = arg;

	while (!__atomic_load_n(&adder->stop, __ATOMIC_ACQUIRE)) {
		__atomic_fetch_add(adder->word, 1, __ATOMIC_SEQ_CST);
		__atomic_fetch_add(&adder->added, 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

static uint64_t ones(const struct adder *adder)
{
	return __atomic_load_n(&adder->added, __ATOMIC_ACQUIRE);
}

TEST_F(device, atomic_access)
{
	struct adder adder = { .word = map_pages(1) };
	struct hmm_devmem_test_memory add = {
		.addr = (uintptr_t)adder.word,
		.size = 1ull << 32,
	};
	uint64_t last = 0, before;
	pthread_t thread;
	int i, error;

	ASSERT_EQ(pthread_create(&thread, NULL, add_ones, &adder), 0);
	/* Both get their turns all the time */
	for (i = 0; i < ADDS; i++) {
		before = ones(&adder);
		while (ones(&adder) == before)
			sched_yield();
		error = ioctl(self->fd, HMM_DEVMEM_TEST_ATOMIC_ADD, &add);
		if (error || add.done < last)
			break;
		last = add.done + add.size;
		if (!(i % 16))
			to_device(self->fd, adder.word, 1);
	}
	__atomic_store_n(&adder.stop, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	EXPECT_EQ(error, 0);
	EXPECT_EQ(i, ADDS);
	EXPECT_EQ(*adder.word, ADDS * add.size + adder.added);
	munmap(adder.word, page_size);
}

TEST_F(device, copy_to_the_device_fails)
{
	void *addr = map_pages(PAGES);

	fill(addr, PAGES, 22);
	/* One of the first batch, once more when it is tried alone */
	let_copies_fail(2);
	EXPECT_EQ(to_device(self->fd, addr, PAGES), PAGES - 1);
	EXPECT_EQ(used(), PAGES - 1);
	EXPECT_EQ(wrong_page(addr, PAGES, 22), -1);
	munmap(addr, PAGES * page_size);
}

static sigjmp_buf after_signal;

static void on_signal(int number)
{
	siglongjmp(after_signal, number);
}

/* The signal that touching it brings, or 0 */
static __attribute__((noinline)) int touch(const void *addr)
{
	const int number = sigsetjmp(after_signal, 1);

	if (!number)
		wrong_page(addr, 1, 0);
	return number;
}

TEST_F(device, copy_for_the_CPU_fails)
{
	void *addr = on_device(self->fd, 4, 23);

	ASSERT_NE(addr, NULL);
	signal(SIGBUS, on_signal);
	let_copies_fail(1);
	EXPECT_EQ(touch(addr), SIGBUS);
	signal(SIGBUS, SIG_DFL);
	/* Nothing is lost if the device comes to its senses */
	EXPECT_EQ(used(), 4);
	EXPECT_EQ(wrong_page(addr, 4, 23), -1);
	munmap(addr, 4 * page_size);
}

static void *read_word(void *addr)
{
	return (void *)(uintptr_t)__atomic_load_n((uint64_t *)addr, __ATOMIC_RELAXED);
}

/* Neither discarding memory nor the OOM killer waits for faults */
TEST_F(device, it_goes_while_the_CPU_touches_it)
{
	void *addr = on_device(self->fd, 1, 25), *word;
	pthread_t thread;

	ASSERT_NE(addr, NULL);
	let_faults_wait(true);
	ASSERT_EQ(pthread_create(&thread, NULL, read_word, addr), 0);
	while (device_state(self->fd).faults == self->before.faults)
		sched_yield();
	EXPECT_EQ(madvise(addr, page_size, MADV_DONTNEED), 0);
	let_faults_wait(false);
	pthread_join(thread, &word);
	EXPECT_EQ(word, NULL);
	EXPECT_EQ(used(), 0);
	munmap(addr, page_size);
}

TEST_HARNESS_MAIN

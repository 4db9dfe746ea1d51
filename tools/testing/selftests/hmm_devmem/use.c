// SPDX-License-Identifier: GPL-2.0-only
/* Memory that goes to the device and comes back, one thing at a time. */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device.h"
#include "../kselftest_harness.h"

#define PAGES	600		/* more than go at a time */

FIXTURE(device)
{
	int fd;
	struct hmm_devmem_test_state before;
};

FIXTURE_SETUP(device)
{
	self->fd = device_open();
	ASSERT_GE(self->fd, 0);
	self->before = device_state(self->fd);
	ASSERT_EQ(self->before.nr_used, 0);
	ASSERT_GE(self->before.nr_pages, 1024);
}

FIXTURE_TEARDOWN(device)
{
	let_copies_fail(0);
	if (!device_state(self->fd).nr_pages)
		EXPECT_EQ(device_add(self->fd,
				     self->before.nr_pages * page_size), 0);
	close(self->fd);
}

#define used()		device_state(self->fd).nr_used

/* It ends on the device unless it is touched before */
static void *on_device(int fd, size_t pages, uint64_t seed)
{
	void *addr = map_pages(pages);

	fill(addr, pages, seed);
	return to_device(fd, addr, pages) == (long)pages ? addr : NULL;
}

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

TEST_F(device, never_touched)
{
	unsigned char *addr = map_pages(8);
	size_t i;

	/* Two of them are the zero page */
	EXPECT_EQ(addr[0] + addr[page_size], 0);
	EXPECT_EQ(to_device(self->fd, addr, 8), 8);
	EXPECT_EQ(used(), 8);
	for (i = 0; i < 8 * page_size; i++)
		ASSERT_EQ(addr[i], 0);
	munmap(addr, 8 * page_size);
}

TEST_F(device, read_only)
{
	void *addr = map_pages(2);

	fill(addr, 2, 6);
	ASSERT_EQ(mprotect(addr, 2 * page_size, PROT_READ), 0);
	EXPECT_EQ(to_device(self->fd, addr, 2), 2);
	EXPECT_EQ(device_write(self->fd, addr, "x", 1), -EPERM);
	EXPECT_EQ(used(), 2);
	EXPECT_EQ(wrong_page(addr, 2, 6), -1);
	munmap(addr, 2 * page_size);
}

static size_t huge_size(void)
{
	size_t size = 0;
	FILE *file = fopen("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "r");

	if (file && fscanf(file, "%zu", &size) != 1)
		size = 0;
	if (file)
		fclose(file);
	return size;
}

static bool is_huge(const void *addr)
{
	unsigned long kib, total = 0, start, end;
	FILE *file = fopen("/proc/self/smaps", "r");
	bool inside = false;
	char line[256];

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			inside = start <= (uintptr_t)addr && (uintptr_t)addr < end;
		else if (inside && sscanf(line, "AnonHugePages: %lu", &kib) == 1)
			total += kib;
	}
	if (file)
		fclose(file);
	return total;
}

static void *map_huge(size_t size)
{
	void *addr = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *start = (void *)(((uintptr_t)addr + size - 1) & ~(size - 1));

	munmap(addr, start - addr);
	munmap(start + size, addr + size - start);
	madvise(start, size, MADV_HUGEPAGE);
	return start;
}

/* A huge page with a pattern, if the device has room for one; else NULL */
static void *filled_huge(size_t size, size_t room, uint64_t seed)
{
	void *addr;

	if (!size || size / page_size > room)
		return NULL;
	addr = map_huge(size);
	fill(addr, size / page_size, seed);
	if (is_huge(addr))
		return addr;
	munmap(addr, size);
	return NULL;
}

TEST_F(device, huge_page)
{
	const size_t size = huge_size(), pages = size / page_size;
	void *addr = filled_huge(size, self->before.nr_pages, 7);

	if (!addr)
		SKIP(return, "no huge page that fits was to be had");
	EXPECT_EQ(to_device(self->fd, addr, pages), pages);
	EXPECT_FALSE(is_huge(addr));
	EXPECT_EQ(wrong_page(addr, pages, 7), -1);
	munmap(addr, size);
}

/* A huge page that is mapped in pieces */
TEST_F(device, pieces_of_a_huge_page)
{
	const size_t size = huge_size(), pages = size / page_size;
	void *addr = filled_huge(size, self->before.nr_pages, 8);

	if (!addr)
		SKIP(return, "no huge page that fits was to be had");
	ASSERT_EQ(mprotect(addr + page_size, page_size, PROT_READ), 0);
	EXPECT_EQ(to_device(self->fd, addr, pages), pages);
	EXPECT_EQ(wrong_page(addr, pages, 8), -1);
	munmap(addr, size);
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

TEST_F(device, memory_of_the_file)
{
	const size_t size = 16 * page_size;
	void *addr;

	ASSERT_EQ(mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
		       self->fd, 0), MAP_FAILED);
	EXPECT_EQ(errno, EINVAL);
	addr = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, self->fd, 0);
	ASSERT_NE(addr, MAP_FAILED);
	fill(addr, 16, 16);
	EXPECT_EQ(to_device(self->fd, addr, 16), 16);
	EXPECT_EQ(wrong_page(addr, 16, 16), -1);
	munmap(addr, size);
}

TEST_F(device, memory_of_other_kinds)
{
	void *addr = mmap(NULL, page_size, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(addr, MAP_FAILED);
	fill(addr, 1, 17);
	EXPECT_EQ(to_device(self->fd, addr, 1), 0);
	EXPECT_EQ(device_state(self->fd).copied_in, self->before.copied_in);
	EXPECT_EQ(wrong_page(addr, 1, 17), -1);
	munmap(addr, page_size);
	EXPECT_EQ(to_device(self->fd, addr, 1), -EFAULT);
	EXPECT_EQ(to_device(self->fd, addr + 1, 1), -EINVAL);
	/* The kernel's, which every process has */
	addr = (void *)getauxval(AT_SYSINFO_EHDR);
	ASSERT_NE(addr, NULL);
	EXPECT_EQ(to_device(self->fd, addr, 1), -EINVAL);
	EXPECT_EQ(to_system(self->fd, addr, 1), -EINVAL);
}

#define KSM	"/sys/kernel/mm/ksm/run"

static void set_ksm(int run)
{
	FILE *file = fopen(KSM, "w");

	if (!file || fprintf(file, "%d", run) < 0 || fclose(file))
		abort();
}

/* Until so many pages of this process are merged; false if that takes too long */
static bool await_merged(int wanted)
{
	int i, pages = 0;
	FILE *file;

	for (i = 0; pages != wanted && i < 5000; i++) {
		usleep(10000);
		file = fopen("/proc/self/ksm_merging_pages", "r");
		if (!file || fscanf(file, "%d", &pages) != 1)
			abort();
		fclose(file);
	}
	return pages == wanted;
}

/* The kernel reads what it has merged, to compare it with what else may be the same */
TEST_F_TIMEOUT(device, merged_pages, 120)
{
	char *addr = map_pages(3);
	int i;

	if (access(KSM, W_OK))
		SKIP(return, "the kernel merges no pages");
	for (i = 0; i < 3; i++)
		fill(addr + i * page_size, 1, 25);
	set_ksm(1);
	ASSERT_EQ(madvise(addr, 2 * page_size, MADV_MERGEABLE), 0);
	ASSERT_TRUE(await_merged(2));
	EXPECT_EQ(to_device(self->fd, addr, 2), 0);
	EXPECT_EQ(used(), 0);

	/* One more is merged with them */
	ASSERT_EQ(madvise(addr, 3 * page_size, MADV_MERGEABLE), 0);
	EXPECT_TRUE(await_merged(3));
	EXPECT_EQ(to_device(self->fd, addr, 3), 0);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(wrong_page(addr + i * page_size, 1, 25), -1);

	/* No longer the same */
	set_ksm(2);
	set_ksm(0);
	EXPECT_EQ(to_device(self->fd, addr, 3), 3);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(wrong_page(addr + i * page_size, 1, 25), -1);
	munmap(addr, 3 * page_size);
}

/* Kilobytes of locked memory, as the kernel counts them */
static long locked_memory(void)
{
	FILE *file = fopen("/proc/meminfo", "r");
	char line[128];
	long kib = -1;

	while (file && kib < 0 && fgets(line, sizeof(line), file))
		sscanf(line, "Mlocked: %ld", &kib);
	if (file)
		fclose(file);
	return kib;
}

TEST_F(device, unlocked_on_the_device)
{
	const long before = locked_memory();
	void *addr = map_pages(PAGES);

	fill(addr, PAGES, 28);
	ASSERT_EQ(mlock(addr, PAGES * page_size), 0);
	EXPECT_EQ(to_device(self->fd, addr, PAGES), PAGES);
	EXPECT_EQ(munlock(addr, PAGES * page_size), 0);
	EXPECT_EQ(wrong_page(addr, PAGES, 28), -1);
	munmap(addr, PAGES * page_size);
	EXPECT_LT(locked_memory() - before, PAGES / 2 * page_size / 1024);
}

static void run_on(int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		abort();
}

/* Nobody has them any more, but the CPU only looks at them together with others */
static bool unmap_locked_on(int cpu, int fd)
{
	void *addr = map_pages(4);

	fill(addr, 4, 29);
	if (mlock(addr, 4 * page_size) || to_device(fd, addr, 4) != 4)
		return false;
	run_on(cpu);
	munmap(addr, 4 * page_size);
	run_on(!cpu);
	return true;
}

TEST_F(device, unlocked_by_another_CPU)
{
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "there is no other CPU");
	ASSERT_TRUE(unmap_locked_on(1, self->fd));
	EXPECT_EQ(ioctl(self->fd, HMM_DEVMEM_TEST_EVICT), 0);
	ASSERT_TRUE(unmap_locked_on(1, self->fd));
	EXPECT_EQ(device_remove(self->fd, 2000, NULL), 0);
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

TEST_F(device, evict)
{
	void *addr = on_device(self->fd, PAGES, 18);

	ASSERT_NE(addr, NULL);
	EXPECT_EQ(ioctl(self->fd, HMM_DEVMEM_TEST_EVICT), 0);
	EXPECT_EQ(used(), 0);
	EXPECT_EQ(device_state(self->fd).faults, self->before.faults);
	EXPECT_EQ(wrong_page(addr, PAGES, 18), -1);
	munmap(addr, PAGES * page_size);
}

TEST_F(device, pages_of_its_own)
{
	struct hmm_devmem_test_pages many = { .order = 5 }, one = {};
	struct hmm_devmem_test_pages huge = { .order = 63 };
	struct hmm_devmem_test_remove users;
	void *addr;

	ASSERT_EQ(ioctl(self->fd, HMM_DEVMEM_TEST_ALLOC, &one), 0);
	ASSERT_EQ(ioctl(self->fd, HMM_DEVMEM_TEST_ALLOC, &many), 0);
	EXPECT_EQ(many.index % 32, 0);
	EXPECT_TRUE(one.index < many.index || one.index >= many.index + 32);
	EXPECT_EQ(ioctl(self->fd, HMM_DEVMEM_TEST_ALLOC, &huge), -1);
	EXPECT_EQ(errno, ENOSPC);

	/* They do not go away by themselves, others do */
	addr = on_device(self->fd, 4, 19);
	ASSERT_NE(addr, NULL);
	EXPECT_EQ(ioctl(self->fd, HMM_DEVMEM_TEST_EVICT), -1);
	EXPECT_EQ(errno, EBUSY);
	EXPECT_EQ(used(), 33);
	EXPECT_EQ(wrong_page(addr, 4, 19), -1);

	EXPECT_EQ(device_remove(self->fd, 10, &users), -EBUSY);
	EXPECT_EQ(users.nr_pages, 33);
	EXPECT_EQ(users.first_pfn, self->before.first_pfn +
		  (one.index < many.index ? one.index : many.index));
	EXPECT_EQ(users.pid, 0);

	EXPECT_EQ(ioctl(self->fd, HMM_DEVMEM_TEST_FREE, &many), 0);
	EXPECT_EQ(ioctl(self->fd, HMM_DEVMEM_TEST_FREE, &one), 0);
	EXPECT_EQ(ioctl(self->fd, HMM_DEVMEM_TEST_FREE, &one), -1);
	EXPECT_EQ(ioctl(self->fd, HMM_DEVMEM_TEST_EVICT), 0);
	munmap(addr, 4 * page_size);
}

TEST_F(device, removed_under_use)
{
	void *addr = on_device(self->fd, PAGES, 20);

	ASSERT_NE(addr, NULL);
	ASSERT_EQ(device_remove(self->fd, 10000, NULL), 0);
	EXPECT_EQ(used(), 0);
	EXPECT_EQ(wrong_page(addr, PAGES, 20), -1);
	EXPECT_EQ(to_device(self->fd, addr, PAGES), -ENODEV);
	ASSERT_EQ(device_add(self->fd, self->before.nr_pages * page_size), 0);
	EXPECT_EQ(to_device(self->fd, addr, PAGES), PAGES);
	EXPECT_EQ(wrong_page(addr, PAGES, 20), -1);
	munmap(addr, PAGES * page_size);
}

TEST_F(device, removal_refused)
{
	struct hmm_devmem_test_remove users;
	void *addr = on_device(self->fd, PAGES, 21);

	ASSERT_NE(addr, NULL);
	let_copies_fail(1000000);
	EXPECT_EQ(device_remove(self->fd, 50, &users), -EBUSY);
	let_copies_fail(0);
	EXPECT_EQ(users.nr_pages, PAGES);
	EXPECT_EQ(users.pid, getpid());
	EXPECT_STREQ(users.comm, "use");
	EXPECT_GE(users.first_pfn, self->before.first_pfn);
	EXPECT_LT(users.first_pfn, self->before.first_pfn + self->before.nr_pages);

	/* And all is as before */
	EXPECT_EQ(used(), PAGES);
	EXPECT_EQ(wrong_page(addr, PAGES, 21), -1);
	EXPECT_EQ(to_device(self->fd, addr, PAGES), PAGES);
	EXPECT_EQ(wrong_page(addr, PAGES, 21), -1);
	munmap(addr, PAGES * page_size);
}

/* A process is named also if the first page is the device's own */
TEST_F(device, removal_refused_with_pages_of_its_own)
{
	struct hmm_devmem_test_pages own = { .order = 5 };
	struct hmm_devmem_test_remove users;
	void *addr;

	ASSERT_EQ(ioctl(self->fd, HMM_DEVMEM_TEST_ALLOC, &own), 0);
	EXPECT_EQ(own.index, 0);
	addr = on_device(self->fd, 4, 30);
	ASSERT_NE(addr, NULL);
	let_copies_fail(1000000);
	EXPECT_EQ(device_remove(self->fd, 50, &users), -EBUSY);
	let_copies_fail(0);
	EXPECT_EQ(users.nr_pages, 36);
	EXPECT_EQ(users.first_pfn, self->before.first_pfn);
	EXPECT_EQ(users.pid, getpid());
	EXPECT_STREQ(users.comm, "use");

	EXPECT_EQ(ioctl(self->fd, HMM_DEVMEM_TEST_FREE, &own), 0);
	EXPECT_EQ(wrong_page(addr, 4, 30), -1);
	munmap(addr, 4 * page_size);
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

static int add_with(int fd, uint64_t size, uint64_t min, uint64_t max,
		    uint64_t align, bool bottom_up)
{
	struct hmm_devmem_test_add add = {
		.size = size, .min = min, .max = max, .align = align,
		.bottom_up = bottom_up,
	};

	return ioctl(fd, HMM_DEVMEM_TEST_ADD, &add) < 0 ? -errno : 0;
}

#define first_address()	(device_state(self->fd).first_pfn * page_size)

TEST_F(device, constraints)
{
	const uint64_t size = self->before.nr_pages * page_size;
	const uint64_t high = 3ull << 36;
	uint64_t start;

	ASSERT_EQ(device_remove(self->fd, 1000, NULL), 0);
	EXPECT_EQ(add_with(self->fd, size, 1, 0, 3 << 20, false), -EINVAL);
	EXPECT_EQ(add_with(self->fd, size, 2, 1, 0, false), -EINVAL);
	EXPECT_EQ(add_with(self->fd, 0, 0, 0, 0, false), -EINVAL);
	EXPECT_EQ(add_with(self->fd, size, 0, size - 2, 0, false), -ERANGE);
	EXPECT_EQ(add_with(self->fd, UINT64_MAX, 0, 0, 0, false), -EINVAL);
	EXPECT_EQ(add_with(self->fd, 1ull << 62, 0, 0, 0, false), -EINVAL);

	ASSERT_EQ(add_with(self->fd, size, high, high + 4 * size, 0, true), 0);
	EXPECT_EQ(first_address(), high);
	ASSERT_EQ(device_remove(self->fd, 1000, NULL), 0);

	ASSERT_EQ(add_with(self->fd, size, high, high + 4 * size - 1, 0, false), 0);
	EXPECT_EQ(first_address(), high + 3 * size);
	ASSERT_EQ(device_remove(self->fd, 1000, NULL), 0);

	ASSERT_EQ(add_with(self->fd, 1, high + 1, 0, 16 * size, true), 0);
	start = first_address();
	EXPECT_EQ(start, high + 16 * size - high % (16 * size));
	ASSERT_EQ(device_remove(self->fd, 1000, NULL), 0);

	/* As it was */
	ASSERT_EQ(device_add(self->fd, size), 0);
	EXPECT_EQ(device_state(self->fd).first_pfn, self->before.first_pfn);
	EXPECT_EQ(device_add(self->fd, size), -EEXIST);
}

TEST_HARNESS_MAIN

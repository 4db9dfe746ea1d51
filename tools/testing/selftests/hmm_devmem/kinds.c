// SPDX-License-Identifier: GPL-2.0-only
/* What kinds of memory go to the device, and what kinds stay. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fixture.h"

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
TEST_F(device, merged_pages)
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

/* No CPU can be kept out of memory that others may have mapped, too */
TEST_F(device, atomic_access_to_shared_memory)
{
	uint64_t *word = mmap(NULL, page_size, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct hmm_devmem_test_memory add = {
		.addr = (uintptr_t)word,
		.size = 1,
	};

	ASSERT_NE(word, MAP_FAILED);
	*word = 26;
	EXPECT_EQ(ioctl(self->fd, HMM_DEVMEM_TEST_ATOMIC_ADD, &add), -1);
	EXPECT_EQ(errno, EBUSY);
	EXPECT_EQ(*word, 26);
	munmap(word, page_size);
}

TEST_HARNESS_MAIN

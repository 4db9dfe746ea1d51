// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory regions of a process, by the uverbs interface.
 *
 *	regions <device>
 *
 * opens the device, a file in /dev/infiniband, and does what the lines that it reads
 * ask for. Each is answered by a line: "ok", with what is to be told, or "error" and
 * the errno's name.
 *
 *	register <bytes> [<start> <end>]	memory of its own, filled with a pattern
 *		and registered, from any place in a page on; the first page lies in the
 *		physical range; tells its handle, lkey, rkey and the physical address
 *	read <bytes>		the same, of memory that it may only read
 *	check <handle>		the pattern is there, for the adapter, too, and the
 *		first page where it was
 *	deregister <handle>
 *	domain			another protection domain, for what comes after it
 *	queue			a completion queue
 *
 * When the input ends so does the process, and leaves everything behind.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rdma/ib_user_ioctl_verbs.h>
#include <rdma/ib_user_verbs.h>

#define MAX_REGIONS	256
#define ADAPTER		"/sys/kernel/debug/ebus_model/hca_memory"
#define PIECE		64UL
#define SPAN		(3UL << 30)	/* where a page in a range is looked for */
#define PM_PRESENT	0x8000000000000000ULL
#define PM_PFN_MASK	((1ULL << 55) - 1)

struct region {
	bool used;
	uint32_t handle, lkey;
	char *pages, *memory;
	size_t mapped, size;
	uint64_t address;
};

static struct region regions[MAX_REGIONS];
static int device;
static uint32_t domain;

static size_t page_size(void)
{
	return sysconf(_SC_PAGESIZE);
}

/* A command of the device; its answer, if there is one */
static int command(uint32_t number, void *body, size_t size, void *answer,
		   size_t answer_size)
{
	char buffer[256];
	const struct ib_uverbs_cmd_hdr head = {
		.command = number,
		.in_words = (sizeof(head) + size) / 4,
		.out_words = answer_size / 4,
	};
	const ssize_t total = sizeof(head) + size;

	/* Every request that has an answer begins with where it goes */
	if (answer)
		*(uint64_t *)body = (uintptr_t)answer;
	memcpy(buffer, &head, sizeof(head));
	memcpy(buffer + sizeof(head), body, size);
	return write(device, buffer, total) == total ? 0 : -1;
}

static int get_context(void)
{
	struct ib_uverbs_get_context_resp answer = {};
	struct ib_uverbs_get_context body = {};

	return command(IB_USER_VERBS_CMD_GET_CONTEXT, &body, sizeof(body),
		       &answer, sizeof(answer));
}

static int get_domain(void)
{
	struct ib_uverbs_alloc_pd_resp answer = {};
	struct ib_uverbs_alloc_pd body = {};

	if (command(IB_USER_VERBS_CMD_ALLOC_PD, &body, sizeof(body), &answer,
		    sizeof(answer)))
		return -1;
	domain = answer.pd_handle;
	return 0;
}

/* Needs a queue that the process maps, which the driver does not offer */
static int get_queue(void)
{
	struct ib_uverbs_create_cq_resp answer = {};
	struct ib_uverbs_create_cq body = { .cqe = 16, .comp_channel = -1 };

	return command(IB_USER_VERBS_CMD_CREATE_CQ, &body, sizeof(body), &answer,
		       sizeof(answer));
}

static uint64_t address_of(const void *page)
{
	static int pagemap = -1;
	uint64_t entry;

	if (pagemap < 0)
		pagemap = open("/proc/self/pagemap", O_RDONLY);
	if (pread(pagemap, &entry, sizeof(entry),
		  (uintptr_t)page / page_size() * sizeof(entry)) != sizeof(entry))
		err(2, "/proc/self/pagemap");
	return entry & PM_PRESENT ? (entry & PM_PFN_MASK) * page_size() : 0;
}

static char *map(size_t size)
{
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		err(2, "mmap");
	madvise(memory, size, MADV_NOHUGEPAGE);
	return memory;
}

/* Memory whose first page lies in the physical range; NULL if none comes there */
static char *map_between(size_t size, uint64_t start, uint64_t end)
{
	char *memory = map(SPAN + size);
	size_t at;

	for (at = 0; at < SPAN; at += page_size()) {
		uint64_t address;

		memory[at] = 1;
		address = address_of(memory + at);
		if (address < start || address >= end)
			continue;
		if (at)
			munmap(memory, at);
		munmap(memory + at + size, SPAN - at);
		return memory + at;
	}
	munmap(memory, SPAN + size);
	errno = ENXIO;
	return NULL;
}

static unsigned char pattern(const struct region *region, size_t at)
{
	return (region - regions) * 31 + at * 7 + at / 4096;
}

static int register_region(struct region *region, int access)
{
	struct ib_uverbs_reg_mr body = {
		.start = (uintptr_t)region->memory,
		.length = region->size,
		.hca_va = (uintptr_t)region->memory,
		.pd_handle = domain,
		.access_flags = access,
	};
	struct ib_uverbs_reg_mr_resp answer = {};

	if (command(IB_USER_VERBS_CMD_REG_MR, &body, sizeof(body), &answer,
		    sizeof(answer)))
		return -1;
	region->handle = answer.mr_handle;
	region->lkey = answer.lkey;
	region->used = true;
	/* Registering may have moved it */
	region->address = address_of(region->memory);
	printf("ok %u %#x %#x %#llx\n", answer.mr_handle, answer.lkey,
	       answer.rkey, (unsigned long long)region->address);
	return 1;
}

static struct region *unused_region(void)
{
	struct region *region;

	for (region = regions; region < regions + MAX_REGIONS; region++)
		if (!region->used)
			return region;
	errno = ENOSPC;
	return NULL;
}

static int make_region(size_t bytes, uint64_t start, uint64_t end, bool writable)
{
	struct region *region = unused_region();
	/* The first is one of whole pages, if it has as many bytes */
	const size_t offset = region ? (region - regions) * 1236 % page_size() : 0;
	size_t size, at;
	int ret;

	if (!region)
		return -1;
	size = (offset + bytes + page_size() - 1) & -page_size();
	region->pages = end ? map_between(size, start, end) : map(size);
	if (!region->pages)
		return -1;
	region->memory = region->pages + offset;
	region->mapped = size;
	region->size = bytes;
	for (at = 0; at < bytes; at++)
		region->memory[at] = pattern(region, at);
	if (!writable && mprotect(region->pages, size, PROT_READ))
		err(2, "mprotect");
	ret = register_region(region, writable ? IB_UVERBS_ACCESS_LOCAL_WRITE |
			      IB_UVERBS_ACCESS_REMOTE_READ |
			      IB_UVERBS_ACCESS_REMOTE_WRITE :
			      IB_UVERBS_ACCESS_REMOTE_READ);
	if (ret < 0)
		munmap(region->pages, size);
	return ret;
}

static struct region *find_region(uint32_t handle)
{
	struct region *region;

	for (region = regions; region < regions + MAX_REGIONS; region++)
		if (region->used && region->handle == handle)
			return region;
	errno = ENOENT;
	return NULL;
}

/* What the adapter finds there, under the region's key */
static int check_piece(const struct region *region, size_t at)
{
	const size_t size = region->size - at < PIECE ? region->size - at : PIECE;
	char line[64], bytes[PIECE];
	int file, ret = -1;

	file = open(ADAPTER, O_RDWR);
	if (file < 0)
		err(2, ADAPTER);
	snprintf(line, sizeof(line), "%x %llx %zu", region->lkey,
		 (unsigned long long)(uintptr_t)(region->memory + at), size);
	if (write(file, line, strlen(line)) > 0 &&
	    read(file, bytes, sizeof(bytes)) == (ssize_t)size) {
		errno = EREMOTEIO;
		ret = memcmp(bytes, region->memory + at, size) ? -1 : 0;
	}
	close(file);
	return ret;
}

static int check_region(const struct region *region)
{
	size_t at;

	if (!region)
		return -1;
	for (at = 0; at < region->size; at++) {
		if ((unsigned char)region->memory[at] != pattern(region, at)) {
			errno = EILSEQ;
			return -1;
		}
	}
	/* Each page of 4 KiB, at one place or another */
	for (at = 0; at < region->size; at += 4096 - PIECE) {
		if (check_piece(region, at))
			return -1;
	}
	errno = EXDEV;
	return address_of(region->memory) == region->address ? 0 : -1;
}

static int deregister_region(struct region *region)
{
	struct ib_uverbs_dereg_mr body;

	if (!region)
		return -1;
	body.mr_handle = region->handle;
	if (command(IB_USER_VERBS_CMD_DEREG_MR, &body, sizeof(body), NULL, 0))
		return -1;
	region->used = false;
	return munmap(region->pages, region->mapped);
}

/* 0: done, 1: done and answered, -1: errno says why not */
static int obey(const char *line)
{
	unsigned long long number = 0, start = 0, end = 0;
	char word[16] = "";

	if (sscanf(line, "%15s %lli %lli %lli", word, &number, &start, &end) < 1)
		word[0] = '\0';
	if (!strcmp(word, "register"))
		return make_region(number, start, end, true);
	if (!strcmp(word, "read"))
		return make_region(number, start, end, false);
	if (!strcmp(word, "check"))
		return check_region(find_region(number));
	if (!strcmp(word, "deregister"))
		return deregister_region(find_region(number));
	if (!strcmp(word, "domain"))
		return get_domain();
	if (!strcmp(word, "queue"))
		return get_queue();
	errno = EINVAL;
	return -1;
}

static void answer(int result)
{
	if (result < 0)
		printf("error %s\n", strerrorname_np(errno));
	else if (!result)
		puts("ok");
	fflush(stdout);
}

int main(int argc, char *argv[])
{
	char line[128];

	if (argc != 2)
		errx(2, "how this is called is said at the top of %s", __FILE__);
	device = open(argv[1], O_RDWR | O_CLOEXEC);
	if (device < 0)
		err(2, "%s", argv[1]);
	answer(get_context() ?: get_domain());
	while (fgets(line, sizeof(line), stdin))
		answer(obey(line));
	return 0;
}

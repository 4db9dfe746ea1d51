// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every allocation on the way fails once: the first of one request, the second of
 * the next, and so on until a request has no more. Each ends in success or in an
 * error, no memory of the process is lost, and nothing stays on the device.
 *
 * The n-th allocation of a thread fails by /proc/thread-self/fail-nth, so the kernel
 * needs failslab and fail_page_alloc.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest.h"
#include "device.h"

#define PAGES		16
#define MAX_SITES	5000
#define MEMORY		"/sys/devices/system/memory/"
#define PLACE		(3ull << 36)	/* where there is nothing */

static int fd, control;
static void *memory;
static uint64_t size;

static void put(const char *path, const char *text)
{
	int file = open(path, O_WRONLY);

	if (file < 0 || write(file, text, strlen(text)) < 0)
		ksft_exit_fail_msg("%s: %s\n", path, strerror(errno));
	close(file);
}

static int go_to_device(void)
{
	long ret = to_device(fd, memory, PAGES);

	return ret < 0 ? ret : 0;
}

static int go_to_system(void)
{
	long ret = to_system(fd, memory, PAGES);

	return ret < 0 ? ret : 0;
}

static int evict(void)
{
	return ioctl(fd, HMM_DEVMEM_TEST_EVICT) ? -errno : 0;
}

static int touch(void)
{
	return wrong_page(memory, PAGES, 1) < 0 ? 0 : -EIO;
}

/* Touched before: it is not about the page faults of who asks */
static char buffer[1 << 16];

static int device_reads(void)
{
	return device_read(fd, memory, buffer, sizeof(buffer));
}

static int add(void)
{
	return device_add(fd, size);
}

static int remove_it(void)
{
	return device_remove(fd, 20, NULL);
}

static void bring_to_device(void)
{
	if (to_device(fd, memory, PAGES) < 0)
		abort();
}

static void bring_home(void)
{
	if (touch())
		abort();
}

static void be_without(void)
{
	if (device_state(fd).nr_pages && device_remove(fd, 20000, NULL))
		abort();
}

/* With memory on it; a failed removal has left it */
static void be_in_use(void)
{
	if (!device_state(fd).nr_pages && add())
		abort();
	bring_to_device();
}

static int probe_file = -1, remove_file;
static unsigned long long block_size;
static unsigned int nr_without_others;
static char policy[32];

static void find_block_size(void)
{
	FILE *file = fopen(MEMORY "block_size_bytes", "r");

	if (!file || fscanf(file, "%llx", &block_size) != 1)
		ksft_exit_fail_msg("no size of memory blocks\n");
	fclose(file);
}

/* What becomes of blocks that are added */
static void get_policy(void)
{
	FILE *file = fopen(MEMORY "auto_online_blocks", "r");

	if (!file || fscanf(file, "%31s", policy) != 1)
		ksft_exit_fail_msg("no policy of memory blocks\n");
	fclose(file);
}

static int put_block(int file)
{
	char text[64];
	int len = snprintf(text, sizeof(text), "%#llx %#llx\n", PLACE,
			   block_size);

	return pwrite(file, text, len, 0) < 0 ? -errno : 0;
}

/* The kernel gets a block there, which stays offline */
static int bring_real_memory(void)
{
	return put_block(probe_file);
}

static void note_refusal(void)
{
	FILE *file = fopen(MEMORY "hotplug/refusal", "r");
	char line[1024];

	if (!file)
		abort();
	if (fgets(line, sizeof(line), file) &&
	    strstr(line, "there is no memory to let it have others"))
		nr_without_others++;
	fclose(file);
}

static void be_in_the_way(void)
{
	struct hmm_devmem_test_add add = {
		.size = size,
		.min = PLACE,
		.max = PLACE + 16 * block_size,
		.bottom_up = true,
	};

	note_refusal();
	/* It has come, or not */
	put_block(remove_file);
	be_without();
	if (ioctl(fd, HMM_DEVMEM_TEST_ADD, &add) ||
	    device_state(fd).first_pfn * page_size != PLACE)
		abort();
}

static const struct {
	const char *what;
	void (*before)(void);
	int (*request)(void);
	bool may_fail;
} requests[] = {
	{ "memory to the device", bring_home, go_to_device, true },
	{ "memory from the device", bring_to_device, go_to_system, true },
	{ "what the CPU touches", bring_to_device, touch, false },
	{ "eviction", bring_to_device, evict, true },
	{ "access by the device", bring_to_device, device_reads, true },
	{ "adding", be_without, add, true },
	{ "removal under use", be_in_use, remove_it, true },
	{ "real memory in its place", be_in_the_way, bring_real_memory, true },
};

/* Returns whether there was such an allocation */
static bool without(unsigned int nth, int (*request)(void), int *error)
{
	char number[16], left[16] = "";

	snprintf(number, sizeof(number), "%u", nth);
	if (pwrite(control, number, strlen(number), 0) < 0)
		abort();
	*error = request();
	if (pread(control, left, sizeof(left) - 1, 0) < 0 ||
	    pwrite(control, "0", 1, 0) < 0)
		abort();
	return atoi(left) == 0;
}

static void test(size_t number)
{
	unsigned int nth, bad = 0, errors = 0;
	bool fired = true;
	int error;

	for (nth = 1; fired && nth < MAX_SITES; nth++) {
		requests[number].before();
		fired = without(nth, requests[number].request, &error);
		errors += !!error;
		if (error && (!requests[number].may_fail ||
			      (error != -ENOMEM && error != -EBUSY))) {
			ksft_print_msg("%s without allocation %u: %s\n",
				       requests[number].what, nth, strerror(-error));
			bad++;
		}
		if (wrong_page(memory, PAGES, 1) >= 0) {
			ksft_print_msg("%s without allocation %u: memory is lost\n",
				       requests[number].what, nth);
			bad++;
		}
		if (device_state(fd).nr_used) {
			ksft_print_msg("%s without allocation %u: memory is left on the device\n",
				       requests[number].what, nth);
			bad++;
		}
	}
	ksft_print_msg("%s: %u allocations, %u of them indispensable\n",
		       requests[number].what, nth - 2, errors);
	ksft_test_result(!fired && nth > 2 && !bad, "%s\n", requests[number].what);
}

/* Only where the kernel is told of memory by hand, and nobody uses it by itself */
static bool can_probe(void)
{
	probe_file = open(MEMORY "probe", O_WRONLY);
	remove_file = open(MEMORY "remove", O_WRONLY);
	if (probe_file < 0 || remove_file < 0)
		return false;
	get_policy();
	put(MEMORY "auto_online_blocks", "offline");
	find_block_size();
	be_in_the_way();
	return !bring_real_memory();
}

static void test_room(size_t number)
{
	const char *told = "told that there is no memory for others";

	if (can_probe()) {
		test(number);
		/* And the last has come: nothing that failed is in its way */
		ksft_test_result(nr_without_others && !put_block(remove_file),
				 "%s\n", told);
	} else {
		ksft_test_result_code(KSFT_SKIP, requests[number].what, NULL);
		ksft_test_result_code(KSFT_SKIP, told, NULL);
	}
	if (*policy)
		put(MEMORY "auto_online_blocks", policy);
}

int main(void)
{
	size_t i;

	ksft_print_header();
	ksft_set_plan(ARRAY_SIZE(requests) + 1);
	fd = device_open();
	if (fd < 0)
		ksft_exit_fail_msg("%s: %s\n", DEVICE, strerror(errno));
	control = open("/proc/thread-self/fail-nth", O_RDWR);
	if (control < 0)
		ksft_exit_skip("no /proc/thread-self/fail-nth\n");
	put("/sys/kernel/debug/failslab/ignore-gfp-wait", "N");
	put("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N");
	put("/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem", "N");
	put("/sys/kernel/debug/fail_page_alloc/min-order", "0");

	size = device_state(fd).nr_pages * page_size;
	memory = map_pages(PAGES);
	fill(memory, PAGES, 1);
	memset(buffer, 1, sizeof(buffer));
	for (i = 0; i < ARRAY_SIZE(requests) - 1; i++)
		test(i);
	test_room(i);
	be_without();
	if (add())
		ksft_exit_fail_msg("the device's memory cannot be added again\n");
	ksft_finished();
}

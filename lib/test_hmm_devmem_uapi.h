/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/* What /dev/hmm_devmem understands; for tests, and may change at any time. */
#ifndef _LIB_TEST_HMM_DEVMEM_UAPI_H
#define _LIB_TEST_HMM_DEVMEM_UAPI_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * struct hmm_devmem_test_memory - memory of the process that has opened the file
 * @addr: first address
 * @size: in bytes
 * @buffer: where the device reads from, or writes to
 * @done: how many pages, or what was there before
 */
struct hmm_devmem_test_memory {
	__u64 addr;
	__u64 size;
	__u64 buffer;
	__u64 done;
};

/**
 * struct hmm_devmem_test_add - device memory to be added
 * @size: in bytes
 * @min: lowest physical address
 * @max: highest, or 0
 * @align: alignment, or 0
 * @bottom_up: from the lowest
 * @unused: nothing
 */
struct hmm_devmem_test_add {
	__u64 size;
	__u64 min;
	__u64 max;
	__u64 align;
	__u32 bottom_up;
	__u32 unused;
};

/**
 * struct hmm_devmem_test_remove - who keeps the memory from being removed
 * @timeout_ms: how long to try
 * @pid: a process that has some of them mapped
 * @nr_pages: pages in use
 * @first_pfn: the first of them
 * @comm: that process's name
 */
struct hmm_devmem_test_remove {
	__u32 timeout_ms;
	__u32 pid;
	__u64 nr_pages;
	__u64 first_pfn;
	char comm[16];
};

/**
 * struct hmm_devmem_test_pages - pages for the device itself
 * @order: how many, as a power of two
 * @unused: nothing
 * @index: the first
 */
struct hmm_devmem_test_pages {
	__u32 order;
	__u32 unused;
	__u64 index;
};

/**
 * struct hmm_devmem_test_state - what there is, and what has happened
 * @nr_pages: size in pages
 * @nr_used: pages in use
 * @first_pfn: page frame of page 0
 * @copied_in: pages copied to the device
 * @copied_out: pages copied from it
 * @faults: pages that a CPU has touched
 * @moves: how often it got other page frames
 */
struct hmm_devmem_test_state {
	__u64 nr_pages;
	__u64 nr_used;
	__u64 first_pfn;
	__u64 copied_in;
	__u64 copied_out;
	__u64 faults;
	__u64 moves;
};

#define HMM_DEVMEM_TEST_TO_DEVICE	_IOWR('D', 0, struct hmm_devmem_test_memory)
#define HMM_DEVMEM_TEST_TO_SYSTEM	_IOWR('D', 1, struct hmm_devmem_test_memory)
/* The device reads and writes, wherever the memory is */
#define HMM_DEVMEM_TEST_READ		_IOWR('D', 2, struct hmm_devmem_test_memory)
#define HMM_DEVMEM_TEST_WRITE		_IOWR('D', 3, struct hmm_devmem_test_memory)
/* Adds @size to the 64-bit word at @addr; no CPU can interfere */
#define HMM_DEVMEM_TEST_ATOMIC_ADD	_IOWR('D', 4, struct hmm_devmem_test_memory)
#define HMM_DEVMEM_TEST_EVICT		_IO('D', 5)
#define HMM_DEVMEM_TEST_ALLOC		_IOWR('D', 6, struct hmm_devmem_test_pages)
#define HMM_DEVMEM_TEST_FREE		_IOW('D', 7, struct hmm_devmem_test_pages)
#define HMM_DEVMEM_TEST_ADD		_IOW('D', 8, struct hmm_devmem_test_add)
#define HMM_DEVMEM_TEST_REMOVE		_IOWR('D', 9, struct hmm_devmem_test_remove)
#define HMM_DEVMEM_TEST_STATE		_IOR('D', 10, struct hmm_devmem_test_state)

#endif /* _LIB_TEST_HMM_DEVMEM_UAPI_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A firmware that knows memory regions and nothing else, for KUnit.
 */
#ifndef _EBUS_FAKE_FIRMWARE_H
#define _EBUS_FAKE_FIRMWARE_H

#include <kunit/test.h>
#include <linux/ebus/hcall.h>
#include <linux/types.h>

#define FAKE_MRS	64

/**
 * struct fake_mr - a memory region
 * @used: it exists
 * @io: its first address
 * @length: in bytes
 * @access: access control, the page size left out
 * @pd: protection domain
 * @page_shift: binary logarithm of the bytes of a page
 * @all_pages: pages that it is to have
 * @nr_pages: pages that it has so far
 * @page: their addresses
 * @origin: the region whose pages it shares, or NULL
 * @sharers: regions that share its pages
 */
struct fake_mr {
	bool used;
	u64 io;
	u64 length;
	u32 access;
	u32 pd;
	unsigned int page_shift;
	u64 all_pages;
	u64 nr_pages;
	u64 *page;
	struct fake_mr *origin;
	unsigned int sharers;
};

/**
 * struct fake_firmware - the firmware, and what it has seen
 * @mr: its regions; the handle is the index and %FAKE_HANDLE, the keys %FAKE_KEY and
 *	%FAKE_RKEY
 * @calls: calls so far
 * @allocs: regions made
 * @frees: regions freed
 * @fail_from: the first call that fails, counted as @calls; 0 for none
 * @fail_nr: how many fail
 * @fail_rc: with what
 * @fail_opcode: only calls of this one are counted and fail; 0 for all
 * @wrong: calls that the rules forbid
 * @most: regions that it has at most
 * @max_length: bytes that one has at most; 0 for any
 * @before: called at the begin of each call; or NULL
 */
struct fake_firmware {
	struct fake_mr mr[FAKE_MRS];
	unsigned int calls;
	unsigned int allocs;
	unsigned int frees;
	unsigned int fail_from;
	unsigned int fail_nr;
	long fail_rc;
	unsigned long fail_opcode;
	unsigned int wrong;
	unsigned int most;
	u64 max_length;
	void (*before)(const struct ebus_hcall *call);
};

#define FAKE_ADAPTER	0x5ea1ull
#define FAKE_HANDLE	0x100u
#define FAKE_KEY	0xabc000u
#define FAKE_RKEY	0xdef000u

struct fake_firmware *fake_firmware_init(struct kunit *test);
void fake_firmware_exit(struct kunit *test);
void fake_firmware_fail(struct fake_firmware *fake, unsigned int nth,
			unsigned int nr, long rc);
unsigned int fake_firmware_regions(const struct fake_firmware *fake);
const struct fake_mr *fake_firmware_mr(const struct fake_firmware *fake, u32 key);
u64 fake_firmware_translate(const struct fake_firmware *fake, u32 key, u64 io);

#endif /* _EBUS_FAKE_FIRMWARE_H */

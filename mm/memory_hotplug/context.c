// SPDX-License-Identifier: GPL-2.0-only
/*
 * The contexts of transitions, built whole, in one place.
 */

#include <linux/memory.h>
#include <linux/memremap.h>
#include <linux/mm.h>
#include <linux/numa.h>
#include <linux/pfn.h>

#include "internal.h"

#ifdef CONFIG_MEMORY_HOTPLUG_FAIL
#define range_fail()		(&mhp_range_fail)
#define block_fail(mem)		(&(mem)->hotplug.fail)
#else
#define range_fail()		NULL
#define block_fail(mem)		((void)(mem), NULL)
#endif

/**
 * mhp_range_op() - the context of a range that is added or removed
 * @request: "add" or "remove"
 * @start: first byte
 * @size: size in bytes
 * @state: where it is
 *
 * Return: the context.
 */
struct mhp_range_op mhp_range_op(const char *request, u64 start, u64 size,
				 enum mhp_range_state state)
{
	return (struct mhp_range_op) {
		.t = {
			.table = &mhp_range_table,
			.state = state,
			.start = start,
			.size = size,
			.refusal.request = request,
			.fail = range_fail(),
		},
		.nid = NUMA_NO_NODE,
	};
}

/**
 * mhp_block_op_init() - the context of a block that goes online or offline
 * @op: filled; it points to itself and must not be copied
 * @request: "online" or "offline"
 * @mem: the block
 * @zone: the zone that it is in, if it is
 * @state: where it is
 */
void mhp_block_op_init(struct mhp_block_op *op, const char *request,
		       struct memory_block *mem, struct zone *zone,
		       enum mhp_block_state state)
{
	const unsigned long start_pfn = section_nr_to_pfn(mem->start_section_nr);
	const unsigned long nr_pages = PHYS_PFN(memory_block_size_bytes());
	const unsigned long nr_memmap = mem->altmap ? mem->altmap->free : 0;

	*op = (struct mhp_block_op) {
		.t = {
			.table = &mhp_block_table,
			.state = state,
			.start = PFN_PHYS(start_pfn),
			.size = PFN_PHYS(nr_pages),
			.refusal.request = request,
			.fail = block_fail(mem),
			.shown = &mem->hotplug.state,
		},
		.mem = mem,
		.zone = zone,
		.start_pfn = start_pfn,
		.nr_pages = nr_pages,
		.nr_memmap = nr_memmap,
		.about.notify = {
			.altmap_start_pfn = start_pfn,
			.altmap_nr_pages = nr_memmap,
			.start_pfn = start_pfn + nr_memmap,
			.nr_pages = nr_pages - nr_memmap,
			.status_change_nid_normal = NUMA_NO_NODE,
			.status_change_nid = NUMA_NO_NODE,
		},
		.about.event = {
			.start_pfn = start_pfn + nr_memmap,
			.nr_pages = nr_pages - nr_memmap,
			.memmap_start_pfn = start_pfn,
			.nr_memmap_pages = nr_memmap,
			.nid = mem->nid,
			.refusal = &op->t.refusal,
		},
	};
}

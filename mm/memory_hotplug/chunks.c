// SPDX-License-Identifier: GPL-2.0-only
/*
 * Long work on a range is done in chunks. Between two of them others can have
 * mem_hotplug_lock, and a process that is being killed need not wait for the end.
 */

#include <linux/align.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/minmax.h>
#include <linux/pfn.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>

#include "internal.h"

/*
 * What 16 MiB of struct pages describe: 1 GiB in pages of 4 KiB, 16 GiB in pages
 * of 64 KiB. Aligned to that, no leaf of a page table gets smaller than it would
 * be if all were mapped at once.
 */
#define CHUNK_SIZE	PFN_PHYS(SZ_16M / 64)

static u64 end_of_chunk(u64 start, u64 end)
{
	const u64 size = max_t(u64, CHUNK_SIZE, memory_block_size_bytes());

	return min(ALIGN(start + 1, size), end);
}

/* device_hotplug_lock stays: nobody else adds or removes memory meanwhile */
static void let_others_in(void)
{
	mem_hotplug_done();
	cond_resched();
	mem_hotplug_begin();
}

static void undo_chunks(struct mhp_range_op *op, u64 end,
			const struct mhp_chunk_work *work)
{
	u64 start = op->t.start, next;

	for (; start < end; start = next) {
		next = end_of_chunk(start, end);
		work->undo(op, start, next - start);
		if (next < end)
			let_others_in();
	}
}

static int do_chunk(struct mhp_range_op *op, u64 start, u64 size,
		    const struct mhp_chunk_work *work)
{
	if (fatal_signal_pending(current) && !mhp_undoing())
		return mhp_refuse_walk(&op->t, MHP_REFUSED_SIGNAL, -EINTR,
				       "the process that asks for it is being killed");
	return work->try(op, start, size);
}

/**
 * mhp_chunks_do() - do a step's work on a range, chunk by chunk
 * @op: the range
 * @work: what to do with a chunk; whole memory blocks are passed to it
 *
 * Context: Process context, device_hotplug_lock held and mem_hotplug_lock held
 * for writing; the latter is let go and taken again between chunks.
 * Return: 0; -EINTR if the process is being killed; what @work returned. After an
 * error all is undone.
 */
int mhp_chunks_do(struct mhp_range_op *op, const struct mhp_chunk_work *work)
{
	const u64 end = op->t.start + op->t.size;
	u64 start, next;
	int ret;

	for (start = op->t.start; start < end; start = next) {
		next = end_of_chunk(start, end);
		ret = do_chunk(op, start, next - start, work);
		if (ret) {
			undo_chunks(op, start, work);
			return ret;
		}
		if (next < end)
			let_others_in();
	}
	return 0;
}

/**
 * mhp_chunks_undo() - take back what mhp_chunks_do() did
 * @op: the range
 * @work: as for mhp_chunks_do()
 *
 * Context: As mhp_chunks_do().
 */
void mhp_chunks_undo(struct mhp_range_op *op, const struct mhp_chunk_work *work)
{
	undo_chunks(op, op->t.start + op->t.size, work);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mapping: the architecture gives a range its struct pages and its place in the
 * kernel's page tables, in one piece, or block by block if each block holds its
 * own memmap.
 */

#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>

#include "internal.h"

static int map_piece(struct mhp_range_op *op, u64 start, u64 size,
		     struct vmem_altmap *altmap)
{
	struct mhp_params params = {
		.pgprot = pgprot_mhp(PAGE_KERNEL),
		.altmap = altmap,
	};
	int ret = arch_add_memory(op->nid, start, size, &params);

	if (ret == -ENOMEM)
		mhp_refuse(&op->t.refusal, MHP_REFUSED_NO_MEMORY, ret, start,
			   size, "core",
			   "no memory for struct pages or page tables");
	else if (ret)
		mhp_refuse(&op->t.refusal, MHP_REFUSED_ARCH, ret, start, size,
			   "core", "the architecture could not map it");
	return ret;
}

/* Block by block, up to but not including @end */
static void unmap_blocks(struct mhp_range_op *op, u64 end)
{
	const unsigned long block = memory_block_size_bytes();
	unsigned long i = 0;
	u64 start;

	for (start = op->t.start; start < end; start += block)
		arch_remove_memory(start, block, op->altmaps[i++], NULL);
}

static int map_blocks(struct mhp_range_op *op)
{
	const unsigned long block = memory_block_size_bytes();
	const u64 end = op->t.start + op->t.size;
	unsigned long i = 0;
	u64 start;
	int ret;

	for (start = op->t.start; start < end; start += block) {
		ret = map_piece(op, start, block, op->altmaps[i++]);
		if (ret) {
			unmap_blocks(op, start);
			mhp_altmaps_free(op);
			return ret;
		}
	}
	return 0;
}

/* node-ready -> mapped */
int mhp_range_map(struct mhp_transition *t)
{
	struct mhp_range_op *op = to_range_op(t);
	int ret;

	ret = mhp_altmaps_prepare(op);
	if (ret)
		return ret;
	if (op->altmaps)
		return map_blocks(op);
	return map_piece(op, t->start, t->size, NULL);
}

/* mapped -> node-ready */
void mhp_range_unmap(struct mhp_transition *t)
{
	struct mhp_range_op *op = to_range_op(t);

	if (op->altmaps)
		unmap_blocks(op, t->start + t->size);
	else
		arch_remove_memory(t->start, t->size, NULL, NULL);
	mhp_altmaps_free(op);
}

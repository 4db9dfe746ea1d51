// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mapping: the architecture gives a range its struct pages and its place in the
 * kernel's page tables, chunk by chunk, or block by block if each block holds its
 * own memmap.
 */

#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/range.h>

#include "internal.h"

static int map(struct mhp_range_op *op, u64 start, u64 size,
	       struct vmem_altmap *altmap)
{
	struct mhp_params params = {
		.pgprot = pgprot_mhp(PAGE_KERNEL),
		.altmap = altmap,
	};
	int ret = arch_add_memory(op->nid, start, size, &params);

	/* EEXIST would tell a provider that the kernel has this memory already */
	if (ret == -EEXIST)
		ret = -EBUSY;
	if (ret == -ENOMEM)
		mhp_refuse_walk(&op->t, MHP_REFUSED_NO_MEMORY, ret,
				"no memory for struct pages or page tables");
	else if (ret)
		mhp_refuse(&op->t.refusal, MHP_REFUSED_ARCH, ret, start, size,
			   "core", "the architecture could not map it");
	return ret;
}

/* Block by block, up to but not including @end */
static void unmap_blocks(u64 start, u64 end)
{
	const unsigned long block = memory_block_size_bytes();

	for (; start < end; start += block) {
		struct vmem_altmap *altmap = mhp_altmap_of(start);

		arch_remove_memory(start, block, altmap, NULL);
		WARN_ON_ONCE(altmap && altmap->alloc);
		mhp_altmap_free(start);
	}
}

static int map_block(struct mhp_range_op *op, u64 start)
{
	const bool inaccessible = op->flags & MHP_OFFLINE_INACCESSIBLE;
	struct vmem_altmap *altmap = mhp_altmap_create(start, inaccessible);
	int ret;

	if (!altmap)
		return mhp_refuse_walk(&op->t, MHP_REFUSED_NO_MEMORY, -ENOMEM,
				       "no memory to describe its blocks");
	ret = map(op, start, memory_block_size_bytes(), altmap);
	if (ret)
		mhp_altmap_free(start);
	return ret;
}

static int map_blocks(struct mhp_range_op *op, u64 first, u64 end)
{
	u64 start;
	int ret;

	for (start = first; start < end; start += memory_block_size_bytes()) {
		ret = map_block(op, start);
		if (ret) {
			unmap_blocks(first, start);
			return ret;
		}
	}
	return 0;
}

static int map_chunk(struct mhp_range_op *op, u64 start, u64 size)
{
	if ((op->flags & MHP_MEMMAP_ON_MEMORY) &&
	    mhp_supports_memmap_on_memory())
		return map_blocks(op, start, start + size);
	return map(op, start, size, NULL);
}

static void unmap_chunk(struct mhp_range_op *op, u64 start, u64 size)
{
	if (mhp_range_has_altmaps(start, size))
		unmap_blocks(start, start + size);
	else
		arch_remove_memory(start, size, NULL, NULL);
}

static const struct mhp_chunk_work mapping = {
	.try = map_chunk,
	.undo = unmap_chunk,
};

/*
 * node-ready -> mapped. A leaf that is there already and reaches beyond the
 * range belongs to somebody else: it could not be taken away again with it.
 */
int mhp_range_map(struct mhp_transition *t)
{
	struct range leaf;

	if (arch_check_remove_memory(t->start, t->size, &leaf))
		return mhp_refuse_walk(t, MHP_REFUSED_LEAF, -EINVAL,
				       "a page table leaf for %#llx-%#llx is there already",
				       leaf.start, leaf.end);
	return mhp_chunks_do(to_range_op(t), &mapping);
}

/* mapped -> node-ready */
void mhp_range_unmap(struct mhp_transition *t)
{
	mhp_chunks_undo(to_range_op(t), &mapping);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the provider of a section has to say: whether a request for it is anybody's
 * business, what becomes of its pages, and when they may go.
 */

#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/memory_section_ops.h>

#include "internal.h"

/*
 * Sections whose pages all go to the page allocator: for providers whose memory is
 * there, whatever callback somebody else has set with set_online_page_callback().
 */
const struct mem_section_ops mem_section_generic_ops = { .name = "generic" };
EXPORT_SYMBOL_GPL(mem_section_generic_ops);

/**
 * arch_memory_backer() - who alone has memory behind addresses
 *
 * An architecture overrides this whose machine may be one in which an address that
 * is not used has nothing behind it.
 *
 * Return: who has, and what to do to get some; %NULL if any provider may.
 */
const char * __weak arch_memory_backer(void)
{
	return NULL;
}

/**
 * mhp_section_ops_check() - can memory with such operations be added?
 * @op: the range
 *
 * Return: 0; -EINVAL for operations that contradict themselves.
 */
int mhp_section_ops_check(struct mhp_range_op *op)
{
	const struct mem_section_ops *ops = op->ops;

	if (ops && ops->hidden && (ops->online_by < MEM_SECTION_BY_PROVIDER ||
				   ops->offline_by < MEM_SECTION_BY_PROVIDER))
		return mhp_refuse_walk(&op->t, MHP_REFUSED_INPUT, -EINVAL,
				       "%s hides its sections from the users that are to use them",
				       ops->name);
	if (ops && (!ops->let_go != !ops->hold_again))
		return mhp_refuse_walk(&op->t, MHP_REFUSED_INPUT, -EINVAL,
				       "%s can let its pages go, or hold them again, but not both",
				       ops->name);
	return 0;
}

/**
 * mhp_section_check_backer() - has the provider memory to give on this machine?
 * @op: the range
 *
 * Return: 0; -EPERM if not and it is added by hand, else -EINVAL.
 */
int mhp_section_check_backer(struct mhp_range_op *op)
{
	const char *backer = op->ops && op->ops->backs_pages ?
			     NULL : arch_memory_backer();

	if (backer)
		return mhp_refuse_walk(&op->t, MHP_REFUSED_ARCH,
				       op->owner.provider == MHP_PROVIDER_PROBE ?
				       -EPERM : -EINVAL, "%s", backer);
	return 0;
}

static int refuse(struct mhp_block_op *op, const char *what)
{
	const struct mem_section_ops *ops = op->mem->section_ops;

	return mhp_refuse(&op->t.refusal, MHP_REFUSED_OWNED, -EPERM, op->t.start,
			  op->t.size, ops->name, "%s %s%s%s", dev_name(&op->mem->dev),
			  what, ops->advice ? "; " : "", ops->advice ?: "");
}

/**
 * mhp_section_check_online() - may the one who asks bring a block online?
 * @op: the block
 *
 * Return: 0 or -EPERM.
 */
int mhp_section_check_online(struct mhp_block_op *op)
{
	const struct mem_section_ops *ops = op->mem->section_ops;

	if (!ops || ops->online_by < MEM_SECTION_BY_PROVIDER ||
	    op->mem->hotplug.for_driver)
		return 0;
	return refuse(op, "is brought online by its provider alone");
}

/**
 * mhp_section_check_offline() - may the one who asks take a block offline?
 * @op: the block
 *
 * Return: 0 or -EPERM.
 */
int mhp_section_check_offline(struct mhp_block_op *op)
{
	const struct mem_section_ops *ops = op->mem->section_ops;

	if (!ops || ops->offline_by < MEM_SECTION_BY_PROVIDER)
		return 0;
	if (ops->offline_by == MEM_SECTION_BY_NOBODY)
		return refuse(op, "never goes offline");
	if (op->mem->hotplug.for_driver)
		return 0;
	return refuse(op, "is taken offline by its provider alone");
}

/**
 * mhp_section_decides() - does the provider decide about each page?
 * @mem: a block
 *
 * Return: whether it does.
 */
bool mhp_section_decides(const struct memory_block *mem)
{
	return mem->section_ops && mem->section_ops->online;
}

/**
 * mhp_section_lets_go() - does the provider let go of the pages that it keeps?
 * @mem: a block
 *
 * Return: whether it does when the block goes offline.
 */
bool mhp_section_lets_go(const struct memory_block *mem)
{
	return mem->section_ops && mem->section_ops->let_go;
}

/* relied-on -> held: the provider lets go of pages that it keeps */
int mhp_section_let_go(struct mhp_transition *t)
{
	struct mhp_block_op *op = to_block_op(t);
	const struct mem_section_ops *ops = op->mem->section_ops;
	int ret;

	if (!ops || !ops->let_go)
		return 0;
	ret = ops->let_go(mhp_usable_pfn(op), mhp_usable_pages(op),
			  op->mem->section_data);
	if (ret)
		mhp_refuse(&t->refusal, MHP_REFUSED_OWNED, ret, t->start,
			   t->size, ops->name,
			   "the provider does not let go of pages that it keeps");
	return ret;
}

void mhp_section_hold_again(struct mhp_transition *t)
{
	struct mhp_block_op *op = to_block_op(t);
	const struct mem_section_ops *ops = op->mem->section_ops;

	if (ops && ops->hold_again)
		ops->hold_again(mhp_usable_pfn(op), mhp_usable_pages(op),
				op->mem->section_data);
}

/**
 * mhp_section_offlined() - the provider can have its memory back
 * @op: a block, no page of which anybody uses any more
 */
void mhp_section_offlined(struct mhp_block_op *op)
{
	const struct mem_section_ops *ops = op->mem->section_ops;

	if (ops && ops->offlined)
		ops->offlined(mhp_usable_pfn(op), mhp_usable_pages(op),
			      op->mem->section_data);
}

/**
 * mhp_section_check_remove() - has what backs a block gone?
 * @mem: the block, offline
 * @refusal: filled if not
 *
 * Return: 0 or the errno of its provider.
 */
int mhp_section_check_remove(const struct memory_block *mem,
			     struct mhp_refusal *refusal)
{
	const struct mem_section_ops *ops = mem->section_ops;
	const unsigned long start_pfn = section_nr_to_pfn(mem->start_section_nr);
	const unsigned long size = memory_block_size_bytes();
	int ret;

	if (!ops || !ops->check_remove)
		return 0;
	ret = ops->check_remove(start_pfn, PHYS_PFN(size), mem->section_data);
	if (ret)
		mhp_refuse(refusal, MHP_REFUSED_OWNED, ret, PFN_PHYS(start_pfn),
			   size, ops->name,
			   "the provider cannot give up what is behind it");
	return ret;
}

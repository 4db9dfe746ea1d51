// SPDX-License-Identifier: GPL-2.0-only
/*
 * Access to memory regions: what their protection says, and the memory behind.
 *
 * What a descriptor has is in ehea_qmr.h, struct ehea_vsgentry. Assumed: that it has to
 * lie in one region, and that its queue pair has to be of the same protection domain,
 * as InfiniBand has it.
 *
 * All descriptors of eHEA are its driver's: that one is wrong is noted. Users of eHCA
 * name regions as they like, and are told by an error that they may not.
 */

#include "model.h"

/*
 * What the protection of a region says to an access: an oracle's name for what is wrong,
 * or NR_ORACLES
 */
static enum hea_oracle judge(const struct hea_mr *mr, const struct hca_access *access)
{
	if (!mr)
		return ORACLE_WRONG_KEY;
	if (access->io < mr->io || access->len > mr->length ||
	    access->io - mr->io > mr->length - access->len)
		return ORACLE_NO_TRANSLATION;
	if (mr->pd != access->pd)
		return ORACLE_WRONG_PD;
	return access->right & ~mr->access ? ORACLE_WRONG_ACCESS : NR_ORACLES;
}

/* The region that has the pages of @mr; that it needs all of them is assumed */
static const struct hea_mr *backing(const struct hea_mr *mr)
{
	const struct hea_mr *origin = mr->origin ?
		hea_mr_find(mr->origin, mr->object.type) : mr;

	if (!origin)
		hea_oracle(ORACLE_FREED_OBJECT, "the region behind SMR %llx",
			   mr->object.handle);
	else if (!hea_mr_complete(origin))
		hea_oracle(ORACLE_INCOMPLETE_MR, "%lu of %lu pages",
			   origin->nr_registered, origin->nr_pages);
	else
		return origin;
	return NULL;
}

static bool copy_chunk(u64 phys, u8 *to, const u8 *from, size_t len)
{
	return from ? hea_dma_write(phys, from, len) : hea_dma_read(to, phys, len);
}

/* One of @to and @from. Networks receive into buffers of the kernel's: eHEA */
static bool copy(const struct hea_mr *mr, const struct hca_access *access, u8 *to,
		 const u8 *from)
{
	const struct hea_mr *pages = backing(mr);
	u64 size, offset, phys;
	u32 done, chunk;

	if (!pages)
		return false;
	size = hea_mr_page_size(pages);
	offset = access->io - mr->io + pages->io % size;
	for (done = 0; done < access->len; done += chunk, offset += chunk) {
		chunk = min_t(u64, access->len - done, size - offset % size);
		phys = pages->pages[offset / size] + offset % size;
		if (from && mr->object.type == HEA_MR &&
		    !hea_dma_is_buffer(phys, chunk))
			return false;
		if (!copy_chunk(phys, to ? to + done : NULL,
				from ? from + done : NULL, chunk))
			return false;
	}
	return true;
}

/* eHEA: its driver writes all descriptors, so that nothing can be wrong with them */
static bool copy_hea(const struct hea_sge *sge, u32 len, u32 pd, u8 *to,
		     const u8 *from)
{
	const struct hca_access access = {
		.key = be32_to_cpu(sge->key),
		.io = be64_to_cpu(sge->io),
		.len = be32_to_cpu(sge->len),
		.pd = pd,
		.right = from ? MR_LOCAL_WRITE : 0,
	};
	const struct hea_mr *mr = hea_mr_find_key(access.key, HEA_MR);
	const enum hea_oracle wrong = judge(mr, &access);
	struct hca_access part = access;

	if (wrong == NR_ORACLES) {
		part.len = len;
		return copy(mr, &part, to, from);
	}
	hea_oracle(wrong, "key %x, %s of %u bytes at %llx, PD %x", access.key,
		   from ? "write" : "read", access.len, access.io, pd);
	return false;
}

/**
 * hea_mr_read() - read what a descriptor names
 * @sge: the descriptor
 * @pd: protection domain of the queue pair
 * @to: buffer
 *
 * Context: hea_lock held.
 * Return: false if it cannot be read; why is noted.
 */
bool hea_mr_read(const struct hea_sge *sge, u32 pd, u8 *to)
{
	lockdep_assert_held(&hea_lock);
	return copy_hea(sge, be32_to_cpu(sge->len), pd, to, NULL);
}

/**
 * hea_mr_write() - write to what a descriptor names
 * @sge: the descriptor
 * @pd: protection domain of the queue pair
 * @from: buffer
 * @len: bytes, no more than the descriptor has
 *
 * Context: hea_lock held.
 * Return: false if it cannot be written; why is noted.
 */
bool hea_mr_write(const struct hea_sge *sge, u32 pd, const u8 *from, u32 len)
{
	lockdep_assert_held(&hea_lock);
	return copy_hea(sge, len, pd, NULL, from);
}

/* eHCA: a remote key for remote rights only, a local one for the others */
static const struct hea_mr *find_allowed(const struct hca_access *access)
{
	const bool is_remote = access->key & HCA_REMOTE_KEY;
	const struct hea_mr *mr = hea_mr_find_key(access->key & ~HCA_REMOTE_KEY, HCA_MR);

	return is_remote == !!(access->right & MR_REMOTE) &&
	       judge(mr, access) == NR_ORACLES ? mr : NULL;
}

/**
 * hca_mr_read() - read a region of eHCA's
 * @access: what of which region, and on whose behalf
 * @to: buffer
 *
 * Context: hea_lock held.
 * Return: false if the region does not allow it. That is not noted: users violate
 * protection as they like. What a driver may not do is, and also returns false.
 */
bool hca_mr_read(const struct hca_access *access, u8 *to)
{
	const struct hea_mr *mr;

	lockdep_assert_held(&hea_lock);
	mr = find_allowed(access);
	return mr && copy(mr, access, to, NULL);
}

/**
 * hca_mr_write() - write to a region of eHCA's
 * @access: what of which region, and on whose behalf
 * @from: buffer
 *
 * Context: hea_lock held.
 * Return: as hca_mr_read().
 */
bool hca_mr_write(const struct hca_access *access, const u8 *from)
{
	const struct hea_mr *mr;

	lockdep_assert_held(&hea_lock);
	mr = find_allowed(access);
	return mr && copy(mr, access, NULL, from);
}

/**
 * hca_mr_peek() - what the adapter finds at an address, whoever asks
 * @key: of a region
 * @io: the address
 * @to: buffer
 * @len: bytes
 *
 * Context: hea_lock held.
 * Return: false if the region does not have them.
 */
bool hca_mr_peek(u32 key, u64 io, u8 *to, u32 len)
{
	const struct hea_mr *mr = hea_mr_find_key(key & ~HCA_REMOTE_KEY, HCA_MR);
	const struct hca_access access = {
		.key = key,
		.io = io,
		.len = len,
		.pd = mr ? mr->pd : 0,
	};

	lockdep_assert_held(&hea_lock);
	return judge(mr, &access) == NR_ORACLES && copy(mr, &access, to, NULL);
}

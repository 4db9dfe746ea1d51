// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory regions (MR), and shared ones (SMR), which have the pages of another. A key
 * is made of a region's handle: one that has been freed is never valid again. That
 * regions may overlap is assumed.
 */

#include <linux/mm.h>
#include <linux/slab.h>

#include "model.h"

/* Of a handle: the index, and as much of the serial number as there is room for */
static u32 key_of(const struct hea_mr *mr)
{
	return (u32)(mr->object.handle >> 16) * HEA_MAX_OBJECTS |
	       hea_index(&mr->object);
}

static struct hea_mr *find_key(u32 key)
{
	struct hea_object *object = hea_find_index(key % HEA_MAX_OBJECTS);
	struct hea_mr *mr;

	if (!object || object->type != HEA_MR)
		return NULL;
	mr = container_of(object, struct hea_mr, object);
	return key_of(mr) == key ? mr : NULL;
}

static struct hea_mr *find_mr(u64 handle)
{
	struct hea_object *object = hea_find(handle, HEA_MR);

	return object ? container_of(object, struct hea_mr, object) : NULL;
}

static bool is_complete(const struct hea_mr *mr)
{
	return mr->nr_registered == mr->nr_pages;
}

/* Gives it a handle, and answers with that and the key */
static long publish(struct hea_mr *mr, struct ebus_hcall *call)
{
	/* Limits of H_QUERY_HEA; that SMRs count, and the code: assumed */
	if (hea_count(HEA_MR) >= hea_max_num_mrs || !hea_object_add(&mr->object))
		return H_NOT_ENOUGH_RESOURCES;
	call->out[0] = mr->object.handle;
	call->out[2] = key_of(mr);
	return H_SUCCESS;
}

/* H_ALLOC_HEA_RESOURCE of a region: ehea_phyp.c, ehea_h_alloc_resource_mr() */
long hea_mr_alloc(struct ebus_hcall *call)
{
	const u64 io = call->arg[2], length = call->arg[3];
	struct hea_object *object;
	unsigned long flags;
	struct hea_mr *mr;
	long rc;

	if (!length || length > hea_max_mr_size || io + length - 1 < io) {
		hea_oracle(ORACLE_BAD_ARGUMENT, "MR of length %llx at %llx",
			   length, io);
		return H_PARAMETER;
	}
	object = hea_object_alloc(HEA_MR, sizeof(*mr));
	if (!object)
		return H_NO_MEM;
	mr = container_of(object, struct hea_mr, object);
	mr->io = io;
	mr->length = length;
	mr->access = call->arg[4] >> 32;
	mr->pd = call->arg[5];
	mr->nr_pages = DIV_ROUND_UP_ULL(length + io % HEA_PAGE_SIZE,
					HEA_PAGE_SIZE);
	mr->pages = kvmalloc_array(mr->nr_pages, sizeof(*mr->pages), GFP_KERNEL);
	rc = H_NO_MEM;
	if (mr->pages) {
		spin_lock_irqsave(&hea_lock, flags);
		rc = publish(mr, call);
		spin_unlock_irqrestore(&hea_lock, flags);
	}
	if (rc != H_SUCCESS)
		hea_discard(object);
	return rc;
}

/* Only frees what it has */
void hea_mr_destroy(struct hea_mr *mr)
{
	kvfree(mr->pages);
}

/* The pages have been put behind those there are */
static bool check_pages(const struct hea_mr *mr, unsigned long nr)
{
	unsigned long i;
	u64 page;

	for (i = 0; i < nr; i++) {
		page = mr->pages[mr->nr_registered + i];
		if (page % HEA_PAGE_SIZE) {
			hea_oracle(ORACLE_BAD_ARGUMENT, "page %llx of an MR", page);
			return false;
		}
		if (!pfn_valid(PHYS_PFN(page))) {
			hea_oracle(ORACLE_NOT_RAM, "page %llx of an MR", page);
			return false;
		}
	}
	return true;
}

/*
 * H_REGISTER_HEA_RPAGES for a region: a page; or a list of them, in a page of the
 * adapter's. Answered with H_PAGE_REGISTERED until the last page is there
 * (ehea_qmr.c, ehea_reg_mr_section(); eHCA's ehca_mrmw.c in Linux 4.4 for one page).
 */
long hea_mr_register(struct hea_mr *mr, struct ebus_hcall *call)
{
	const unsigned long nr = call->arg[4];
	const u64 where = call->arg[3];

	if (!nr || nr > HEA_PAGES_PER_CALL || call->arg[1] || mr->origin ||
	    (nr > 1 && where % HEA_PAGE_SIZE) ||
	    nr > mr->nr_pages - mr->nr_registered) {
		hea_oracle(ORACLE_BAD_ARGUMENT,
			   "%lu pages at %llx for an MR that has %lu of %lu", nr,
			   where, mr->nr_registered, mr->nr_pages);
		return H_PARAMETER;
	}
	if (nr == 1)
		mr->pages[mr->nr_registered] = where;
	else if (!hea_dma_read(&mr->pages[mr->nr_registered], where,
			       nr * sizeof(u64)))
		return H_PARAMETER;
	if (!check_pages(mr, nr))
		return H_PARAMETER;
	mr->nr_registered += nr;
	return is_complete(mr) ? H_SUCCESS : H_PAGE_REGISTERED;
}

static long publish_smr(struct hea_mr *mr, struct ebus_hcall *call)
{
	struct hea_mr *origin;
	long rc;

	lockdep_assert_held(&hea_lock);
	origin = find_mr(call->arg[1]);
	if (!origin || origin->origin || !is_complete(origin)) {
		hea_oracle(origin ? ORACLE_INCOMPLETE_MR : ORACLE_FREED_OBJECT,
			   "H_REGISTER_SMR of %lx", call->arg[1]);
		return H_PARAMETER;
	}
	mr->io = call->arg[2];
	mr->length = origin->length;
	mr->access = call->arg[3] >> 32;
	mr->pd = call->arg[4];
	mr->origin = origin->object.handle;
	rc = publish(mr, call);
	if (rc == H_SUCCESS)
		origin->object.users++;
	return rc;
}

/* H_REGISTER_SMR: ehea_phyp.c, ehea_h_register_smr() */
long hea_call_register_smr(struct ebus_hcall *call)
{
	struct hea_object *object;
	unsigned long flags;
	long rc;

	object = hea_object_alloc(HEA_MR, sizeof(struct hea_mr));
	if (!object)
		return H_NO_MEM;
	spin_lock_irqsave(&hea_lock, flags);
	rc = publish_smr(container_of(object, struct hea_mr, object), call);
	spin_unlock_irqrestore(&hea_lock, flags);
	if (rc != H_SUCCESS)
		hea_discard(object);
	return rc;
}

/* The region that a descriptor names, if it gives the access that is wanted */
static const struct hea_mr *region(const struct hea_sge *sge, u32 pd, bool write)
{
	const u32 key = be32_to_cpu(sge->key), len = be32_to_cpu(sge->len);
	const struct hea_mr *mr = find_key(key);
	const u64 io = be64_to_cpu(sge->io);

	if (!mr) {
		hea_oracle(ORACLE_WRONG_KEY, "key %x, %u bytes at %llx", key, len,
			   io);
		return NULL;
	}
	if (io < mr->io || len > mr->length || io - mr->io > mr->length - len) {
		hea_oracle(ORACLE_NO_TRANSLATION,
			   "%u bytes at %llx, MR has %llx bytes at %llx", len, io,
			   mr->length, mr->io);
		return NULL;
	}
	if (mr->pd != pd) {
		hea_oracle(ORACLE_WRONG_PD, "MR has %x, QP %x", mr->pd, pd);
		return NULL;
	}
	if (write && !(mr->access & MR_LOCAL_WRITE)) {
		hea_oracle(ORACLE_WRONG_ACCESS, "receive into key %x", key);
		return NULL;
	}
	return mr;
}

/* The region that has the pages of @mr */
static const struct hea_mr *backing(const struct hea_mr *mr)
{
	const struct hea_mr *origin = mr->origin ? find_mr(mr->origin) : mr;

	if (!origin)
		hea_oracle(ORACLE_FREED_OBJECT, "the region behind SMR %llx",
			   mr->object.handle);
	else if (!is_complete(origin))
		hea_oracle(ORACLE_INCOMPLETE_MR, "%lu of %lu pages",
			   origin->nr_registered, origin->nr_pages);
	else
		return origin;
	return NULL;
}

/* From the beginning of what the descriptor names; one of @to and @from */
static bool copy(const struct hea_sge *sge, u32 pd, u8 *to, const u8 *from,
		 u32 len)
{
	const struct hea_mr *mr = region(sge, pd, from);
	const struct hea_mr *pages = mr ? backing(mr) : NULL;
	u64 offset, phys;
	u32 done, chunk;

	if (!pages)
		return false;
	offset = be64_to_cpu(sge->io) - mr->io + pages->io % HEA_PAGE_SIZE;
	for (done = 0; done < len; done += chunk, offset += chunk) {
		chunk = min_t(u32, len - done,
			      HEA_PAGE_SIZE - offset % HEA_PAGE_SIZE);
		phys = pages->pages[offset / HEA_PAGE_SIZE] +
		       offset % HEA_PAGE_SIZE;
		if (from && !hea_dma_is_buffer(phys, chunk))
			return false;
		if (!(from ? hea_dma_write(phys, from + done, chunk) :
		      hea_dma_read(to + done, phys, chunk)))
			return false;
	}
	return true;
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
	return copy(sge, pd, to, NULL, be32_to_cpu(sge->len));
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
	return copy(sge, pd, NULL, from, len);
}

static unsigned long count_in(const struct hea_mr *mr, unsigned long start_pfn,
			      unsigned long end_pfn)
{
	unsigned long i, pfn, nr = 0;

	for (i = 0; i < mr->nr_registered; i++) {
		pfn = PHYS_PFN(mr->pages[i]);
		nr += pfn >= start_pfn && pfn < end_pfn;
	}
	return nr;
}

/**
 * hea_mr_check_offline() - note regions that hold memory that went offline
 * @start_pfn: its first page frame
 * @end_pfn: the first one behind it
 */
void hea_mr_check_offline(unsigned long start_pfn, unsigned long end_pfn)
{
	struct hea_object *object;
	unsigned long flags, nr;

	spin_lock_irqsave(&hea_lock, flags);
	list_for_each_entry(object, hea_list(HEA_MR), list) {
		nr = count_in(container_of(object, struct hea_mr, object),
			      start_pfn, end_pfn);
		if (nr)
			hea_oracle(ORACLE_HELD_PAGE,
				   "MR %llx has %lu pages of %lx..%lx",
				   object->handle, nr, start_pfn, end_pfn);
	}
	spin_unlock_irqrestore(&hea_lock, flags);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory regions (MR), and shared ones (SMR), which have the pages of another. A key
 * is made of a region's handle: one that has been freed is never valid again. Of eHCA
 * the pages may be larger, and there are remote keys.
 *
 * What a region is made of is in ehea_phyp.c, ehea_h_alloc_resource_mr() and
 * ehea_h_register_smr(), and in hcp_if.c of Linux 4.4, hipz_h_alloc_resource_mr() and
 * hipz_h_register_smr(). That regions may overlap is assumed.
 */

#include <linux/mm.h>
#include <linux/slab.h>

#include "model.h"

/* Of a handle: the index, and as much of the serial number as there is room for */
static u32 key_of(const struct hea_mr *mr)
{
	const u32 serial = mr->object.handle >> 16;

	return (serial * HEA_MAX_OBJECTS | hea_index(&mr->object)) & ~HCA_REMOTE_KEY;
}

/* The region of a local key, or NULL */
struct hea_mr *hea_mr_find_key(u32 key, enum hea_type type)
{
	struct hea_object *object = hea_find_index(key % HEA_MAX_OBJECTS);
	struct hea_mr *mr;

	if (!object || object->type != type)
		return NULL;
	mr = container_of(object, struct hea_mr, object);
	return key_of(mr) == key ? mr : NULL;
}

/* The region of a handle, or NULL */
struct hea_mr *hea_mr_find(u64 handle, enum hea_type type)
{
	struct hea_object *object = hea_find(handle, type);

	return object ? container_of(object, struct hea_mr, object) : NULL;
}

/*
 * Gives it a handle, and answers with that and the keys. Limits of H_QUERY_HEA and
 * H_QUERY_HCA; that SMRs count, and the code: assumed
 */
static long publish(struct hea_mr *mr, struct ebus_hcall *call)
{
	const enum hea_type type = mr->object.type;
	const unsigned int max = type == HCA_MR ? hca_max_num_mrs : hea_max_num_mrs;

	if (hea_count(type) >= max || !hea_object_add(&mr->object))
		return H_NOT_ENOUGH_RESOURCES;
	call->out[0] = mr->object.handle;
	call->out[2] = key_of(mr);
	if (type == HCA_MR)
		call->out[3] = key_of(mr) | HCA_REMOTE_KEY;
	return H_SUCCESS;
}

/* ehca_mrmw.c of Linux 4.4, ehca_encode_hwpage_size(); 0 if there is no such size */
static unsigned int shift_of(u32 access, enum hea_type type)
{
	const unsigned int shift = HEA_PAGE_SHIFT + 4 * FIELD_GET(MR_PAGE_SIZE, access);
	const u64 sizes = type == HCA_MR ? hca_page_sizes : HEA_PAGE_SIZE;

	return shift < 64 && sizes & BIT_ULL(shift) ? shift : 0;
}

static void take_arguments(struct hea_mr *mr, const struct ebus_hcall *call)
{
	mr->io = call->arg[2];
	mr->length = call->arg[3];
	mr->access = call->arg[4] >> 32;
	mr->pd = call->arg[5];
	mr->page_shift = shift_of(mr->access, hea_call_type(call, HEA_MR));
}

static bool is_sane(const struct hea_mr *mr, u64 max_length)
{
	if (mr->length && mr->length <= max_length &&
	    mr->io + mr->length - 1 >= mr->io && mr->page_shift)
		return true;
	hea_oracle(ORACLE_BAD_ARGUMENT, "MR of length %llx at %llx, access %x",
		   mr->length, mr->io, mr->access);
	return false;
}

/* Makes a region of what has been asked for, in @wanted */
static long make(const struct hea_mr *wanted, struct ebus_hcall *call)
{
	struct hea_object *object;
	unsigned long flags;
	long rc = H_NO_MEM;
	struct hea_mr *mr;

	object = hea_object_alloc(hea_call_type(call, HEA_MR), sizeof(*mr));
	if (!object)
		return H_NO_MEM;
	mr = container_of(object, struct hea_mr, object);
	take_arguments(mr, call);
	mr->nr_pages = wanted->nr_pages;
	mr->pages = kvmalloc_array(mr->nr_pages, sizeof(*mr->pages), GFP_KERNEL);
	if (mr->pages) {
		spin_lock_irqsave(&hea_lock, flags);
		rc = publish(mr, call);
		spin_unlock_irqrestore(&hea_lock, flags);
	}
	if (rc != H_SUCCESS)
		hea_discard(object);
	return rc;
}

/*
 * H_ALLOC_HEA_RESOURCE or H_ALLOC_RESOURCE of a region. None is longer than the
 * max_mr_size of ehea_phyp.h, struct hcp_query_ehea, or of hipz_hw.h, struct
 * hipz_query_hca; that none is empty or wraps around is assumed.
 */
long hea_mr_alloc(struct ebus_hcall *call)
{
	const bool is_hca = hea_call_type(call, HEA_MR) == HCA_MR;
	struct hea_mr wanted = {};

	take_arguments(&wanted, call);
	if (!is_sane(&wanted, is_hca ? hca_max_mr_size : hea_max_mr_size))
		return H_PARAMETER;
	wanted.nr_pages = DIV_ROUND_UP_ULL(wanted.length +
					   wanted.io % hea_mr_page_size(&wanted),
					   hea_mr_page_size(&wanted));
	return make(&wanted, call);
}

/* Only frees what it has */
void hea_mr_destroy(struct hea_mr *mr)
{
	kvfree(mr->pages);
}

/* Whether what is listed behind the pages there are is pages, of RAM: assumed */
static bool check_pages(const struct hea_mr *mr, unsigned long nr)
{
	unsigned long i;
	u64 page;

	for (i = 0; i < nr; i++) {
		page = mr->pages[mr->nr_registered + i];
		if (page % hea_mr_page_size(mr)) {
			hea_oracle(ORACLE_BAD_ARGUMENT, "page %llx of an MR", page);
			return false;
		}
		if (!pfn_valid(PHYS_PFN(page)) ||
		    !pfn_valid(PHYS_PFN(page + hea_mr_page_size(mr) - 1))) {
			hea_oracle(ORACLE_NOT_RAM, "page %llx of an MR", page);
			return false;
		}
	}
	return true;
}

/* The length of a list: ehea_phyp.h, EHEA_MAX_RPAGE; where: ehea_h_register_rpage_mr() */
static bool check_list(u64 where, unsigned long nr)
{
	return nr && nr <= HEA_PAGES_PER_CALL &&
	       (nr == 1 || !(where % HEA_PAGE_SIZE));
}

/*
 * H_REGISTER_HEA_RPAGES or H_REGISTER_RPAGES for a region: a page; or a list of them, in
 * a page of the adapter's. Answered with H_PAGE_REGISTERED until the last page is there
 * (ehea_qmr.c, ehea_reg_mr_section(); ehca_mrmw.c of Linux 4.4, ehca_reg_mr_rpages()).
 * A region has no queues: the other bits are 0. Assumed: that it takes no more pages
 * than it is long, and an SMR none.
 */
long hea_mr_register(struct hea_mr *mr, struct ebus_hcall *call)
{
	const unsigned long nr = call->arg[4];
	const u64 where = call->arg[3];

	if (!check_list(where, nr) || mr->origin ||
	    call->arg[1] != FIELD_PREP(PAGES_SIZE,
				       FIELD_GET(MR_PAGE_SIZE, mr->access)) ||
	    nr > mr->nr_pages - mr->nr_registered) {
		hea_oracle(ORACLE_BAD_ARGUMENT,
			   "%lu pages at %llx, size %lx, for an MR that has %lu of %lu",
			   nr, where, call->arg[1], mr->nr_registered, mr->nr_pages);
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
	return hea_mr_complete(mr) ? H_SUCCESS : H_PAGE_REGISTERED;
}

/* That page sizes have to be the same, and offsets in a page: assumed */
static bool fits(const struct hea_mr *mr, const struct hea_mr *origin)
{
	if (FIELD_GET(MR_PAGE_SIZE, mr->access) ==
	    FIELD_GET(MR_PAGE_SIZE, origin->access) &&
	    mr->io % hea_mr_page_size(origin) == origin->io % hea_mr_page_size(origin))
		return true;
	hea_oracle(ORACLE_BAD_ARGUMENT,
		   "SMR at %llx, access %x, of an MR at %llx, access %x", mr->io,
		   mr->access, origin->io, origin->access);
	return false;
}

/* The region whose pages are to be shared; which it must have itself: assumed */
static struct hea_mr *find_origin(u64 handle, enum hea_type type)
{
	struct hea_mr *origin = hea_mr_find(handle, type);

	if (!origin)
		hea_oracle(ORACLE_FREED_OBJECT, "H_REGISTER_SMR of %llx", handle);
	else if (origin->origin)
		hea_oracle(ORACLE_BAD_ARGUMENT, "SMR of SMR %llx", handle);
	else if (!hea_mr_complete(origin))
		hea_oracle(ORACLE_INCOMPLETE_MR, "SMR of %llx, %lu of %lu pages",
			   handle, origin->nr_registered, origin->nr_pages);
	else
		return origin;
	return NULL;
}

static long publish_smr(struct hea_mr *mr, struct ebus_hcall *call)
{
	struct hea_mr *origin;
	long rc;

	lockdep_assert_held(&hea_lock);
	origin = find_origin(call->arg[1], mr->object.type);
	if (!origin)
		return H_PARAMETER;
	mr->io = call->arg[2];
	mr->length = origin->length;
	mr->access = call->arg[3] >> 32;
	mr->pd = call->arg[4];
	mr->origin = origin->object.handle;
	mr->page_shift = origin->page_shift;
	if (!fits(mr, origin))
		return H_PARAMETER;
	rc = publish(mr, call);
	if (rc == H_SUCCESS)
		origin->object.users++;
	return rc;
}

/*
 * H_REGISTER_SMR: ehea_phyp.c, ehea_h_register_smr(); eHCA: hcp_if.c of Linux 4.4,
 * hipz_h_register_smr()
 */
long hea_call_register_smr(struct ebus_hcall *call)
{
	struct hea_object *object;
	unsigned long flags;
	long rc;

	object = hea_object_alloc(hea_call_type(call, HEA_MR), sizeof(struct hea_mr));
	if (!object)
		return H_NO_MEM;
	spin_lock_irqsave(&hea_lock, flags);
	rc = publish_smr(container_of(object, struct hea_mr, object), call);
	spin_unlock_irqrestore(&hea_lock, flags);
	if (rc != H_SUCCESS)
		hea_discard(object);
	return rc;
}

/* H_QUERY_MR: hcp_if.c of Linux 4.4, hipz_h_query_mr() */
long hea_call_query_mr(struct ebus_hcall *call)
{
	const struct hea_mr *mr;

	lockdep_assert_held(&hea_lock);
	mr = hea_mr_find(call->arg[1], HCA_MR);
	if (!mr) {
		hea_oracle(ORACLE_FREED_OBJECT, "H_QUERY_MR of %lx", call->arg[1]);
		return H_PARAMETER;
	}
	call->out[0] = mr->length;
	call->out[1] = mr->io;
	call->out[4] = (u64)mr->access << 32 | mr->pd;
	call->out[5] = (u64)key_of(mr) << 32 | key_of(mr) | HCA_REMOTE_KEY;
	return H_SUCCESS;
}

static unsigned long count_in(const struct hea_mr *mr, unsigned long start_pfn,
			      unsigned long end_pfn)
{
	unsigned long i, first, last, nr = 0;

	for (i = 0; i < mr->nr_registered; i++) {
		first = PHYS_PFN(mr->pages[i]);
		last = PHYS_PFN(mr->pages[i] + hea_mr_page_size(mr) - 1);
		nr += last >= start_pfn && first < end_pfn;
	}
	return nr;
}

static void check_offline(enum hea_type type, unsigned long start_pfn,
			  unsigned long end_pfn)
{
	struct hea_object *object;
	unsigned long nr;

	list_for_each_entry(object, hea_list(type), list) {
		nr = count_in(container_of(object, struct hea_mr, object),
			      start_pfn, end_pfn);
		if (nr)
			hea_oracle(ORACLE_HELD_PAGE,
				   "MR %llx has %lu pages of %lx..%lx",
				   object->handle, nr, start_pfn, end_pfn);
	}
}

/**
 * hea_mr_check_offline() - note regions that hold memory that went offline
 * @start_pfn: its first page frame
 * @end_pfn: the first one behind it
 */
void hea_mr_check_offline(unsigned long start_pfn, unsigned long end_pfn)
{
	unsigned long flags;

	spin_lock_irqsave(&hea_lock, flags);
	check_offline(HEA_MR, start_pfn, end_pfn);
	check_offline(HCA_MR, start_pfn, end_pfn);
	spin_unlock_irqrestore(&hea_lock, flags);
}

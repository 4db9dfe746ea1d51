// SPDX-License-Identifier: GPL-2.0-only
/*
 * Getting memory from Xen and giving it back, in extents as large as Xen has them. A
 * PV domain keeps book of the machine frames behind its pages and maps them itself: all
 * of a batch in one hypercall.
 */

#define pr_fmt(fmt) "xen: balloon: " fmt

#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/set_memory.h>

#include <asm/tlbflush.h>
#include <asm/xen/hypercall.h>
#include <asm/xen/hypervisor.h>

#include <xen/features.h>
#include <xen/interface/memory.h>
#include <xen/mem-reservation.h>
#include <xen/page.h>

#include "balloon.h"

/* A page of the kernel's may be several of Xen's */
#define PAGE_EXTENT_ORDER	(PAGE_SHIFT - XEN_PAGE_SHIFT)

/* Protected by balloon_mutex: what Xen reads and writes */
static xen_pfn_t frames[BALLOON_BATCH];

static xen_pfn_t xen_pfn(unsigned long pfn)
{
	return (xen_pfn_t)pfn << PAGE_EXTENT_ORDER;
}

/* Returns how many extents Xen has dealt with, from the first on; 0 for an errno */
static noinline unsigned int reservation(unsigned int op, unsigned int nr,
					 unsigned int order)
{
	struct xen_memory_reservation args = {
		.nr_extents = nr,
		.extent_order = order + PAGE_EXTENT_ORDER,
		.domid = DOMID_SELF,
	};
	int ret;

	set_xen_guest_handle(args.extent_start, frames);
	ret = HYPERVISOR_memory_op(op, &args);
	return ret > 0 ? ret : 0;
}

#ifdef CONFIG_XEN_HAVE_PVMMU
static bool keeps_book(void)
{
	return !xen_feature(XENFEAT_auto_translated_physmap);
}

static struct mmu_update updates[BALLOON_BATCH];
static unsigned int nr_updates;

/* Writes what has been collected; returns 0 or an errno */
static noinline int write_updates(void)
{
	const unsigned int nr = nr_updates;

	nr_updates = 0;
	return nr ? HYPERVISOR_mmu_update(updates, nr, NULL, DOMID_SELF) : 0;
}

/*
 * The direct map of a range of pages, with the frames from @mfn on behind it, or none
 * with INVALID_P2M_ENTRY. Their page tables are there, of pages alone: PV knows no others.
 */
static int map_pages(unsigned long pfn, unsigned long nr, unsigned long mfn)
{
	unsigned long end = pfn + nr;
	unsigned int level;
	pte_t *pte = NULL;
	int ret = 0;
	u64 entry;

	for (; pfn < end && !ret; pfn++) {
		if (!pte || IS_ALIGNED(pfn, PTRS_PER_PTE)) {
			pte = lookup_address((unsigned long)__va(PFN_PHYS(pfn)),
					     &level);
			if (!pte || level != PG_LEVEL_4K)
				return -EFAULT;
			entry = arbitrary_virt_to_machine(pte).maddr;
		} else {
			entry += sizeof(*pte);
		}
		updates[nr_updates++] = (struct mmu_update) {
			.ptr = entry | MMU_NORMAL_PT_UPDATE,
			.val = mfn == INVALID_P2M_ENTRY ? 0 :
			       pte_val_ma(mfn_pte(mfn++, PAGE_KERNEL)),
		};
		if (nr_updates == ARRAY_SIZE(updates))
			ret = write_updates();
	}
	return ret;
}

/* On all CPUs of the domain, in one hypercall; see xen/include/public/xen.h */
static void flush_everywhere(void)
{
	struct mmuext_op op = { .cmd = MMUEXT_TLB_FLUSH_ALL };

	if (HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF))
		flush_tlb_all();
}

/* The domain's own book: room for what is written here must be there */
static void book(unsigned long pfn, unsigned long nr, unsigned long mfn)
{
	unsigned long i;

	for (i = 0; i < nr; i++)
		WARN_ON_ONCE(!__set_phys_to_machine(pfn + i,
						    mfn == INVALID_P2M_ENTRY ?
						    mfn : mfn + i));
}

static bool make_room_to_book(unsigned long pfn)
{
	return !xen_alloc_p2m_entry(pfn);
}

static xen_pfn_t frame_of(unsigned long pfn)
{
	return pfn_to_mfn(pfn);
}
#else
#define INVALID_P2M_ENTRY	(~0UL)

static bool keeps_book(void)
{
	return false;
}

static unsigned int nr_updates;

static int write_updates(void)
{
	return 0;
}

static int map_pages(unsigned long pfn, unsigned long nr, unsigned long mfn)
{
	return 0;
}

static void flush_everywhere(void)
{
}

static void book(unsigned long pfn, unsigned long nr, unsigned long mfn)
{
}

static bool make_room_to_book(unsigned long pfn)
{
	return true;
}

static xen_pfn_t frame_of(unsigned long pfn)
{
	return pfn;
}

#endif /* CONFIG_XEN_HAVE_PVMMU */

static int map_extents(const unsigned long *pfns, unsigned int nr,
		       unsigned int order)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < nr; i++)
		book(pfns[i], 1UL << order, frames[i]);
	for (i = 0; i < nr && !ret; i++)
		ret = map_pages(pfns[i], 1UL << order, frames[i]);
	return ret ?: write_updates();
}

static int unmap_extents(const unsigned long *pfns, unsigned int nr,
			 unsigned int order)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < nr && !ret; i++)
		ret = map_pages(pfns[i], 1UL << order, INVALID_P2M_ENTRY);
	return ret ?: write_updates();
}

/* Undoes unmap_extents(), by the book */
static void map_again(const unsigned long *pfns, unsigned int nr,
		      unsigned int order)
{
	unsigned long pfn;
	unsigned int i;

	nr_updates = 0;
	for (i = 0; i < nr; i++) {
		for (pfn = pfns[i]; pfn < pfns[i] + (1UL << order); pfn++)
			map_pages(pfn, 1, frame_of(pfn));
	}
	write_updates();
}

/* From the book into @frames, a frame for each page; true if they are one extent */
static bool take_out_of_book(const unsigned long *pfns, unsigned int nr,
			     unsigned int order)
{
	unsigned int i, n = 0;
	unsigned long pfn;

	for (i = 0; i < nr; i++) {
		for (pfn = pfns[i]; pfn < pfns[i] + (1UL << order); pfn++)
			frames[n++] = frame_of(pfn);
		book(pfns[i], 1UL << order, INVALID_P2M_ENTRY);
	}
	if (nr > 1 || !IS_ALIGNED(frames[0], 1UL << order))
		return false;
	for (i = 1; i < n; i++) {
		if (frames[i] != frames[0] + i)
			return false;
	}
	return true;
}

/* Nothing maps @frames any more */
static void give_back(unsigned int nr, unsigned int order)
{
	const unsigned int done = reservation(XENMEM_decrease_reservation, nr,
					      order);

	if (done != nr)
		pr_err("Xen does not take %u extents of order %u\n", nr - done,
		       order);
}

/**
 * balloon_populate() - have Xen back pages that are in the balloon
 * @pfns: the first page frame of each extent
 * @nr: number of extents, of BALLOON_BATCH pages together at most
 * @order: their order
 *
 * Context: Process context, balloon_mutex held.
 * Return: how many extents are backed and mapped, from the first on.
 */
unsigned int balloon_populate(const unsigned long *pfns, unsigned int nr,
			      unsigned int order)
{
	unsigned int i, done;

	lockdep_assert_held(&balloon_mutex);
	for (i = 0; i < nr; i++) {
		if (keeps_book() && !make_room_to_book(pfns[i]))
			break;
		frames[i] = xen_pfn(pfns[i]);
	}
	done = i ? reservation(XENMEM_populate_physmap, i, order) : 0;
	if (!done || !keeps_book() || !map_extents(pfns, done, order))
		return done;

	pr_err("Xen does not map the memory that it gave\n");
	nr_updates = 0;
	unmap_extents(pfns, done, order);
	flush_everywhere();
	take_out_of_book(pfns, done, order);
	give_back(done << order, 0);
	return 0;
}

/**
 * balloon_depopulate() - give the memory behind pages back to Xen
 * @pfns: the first page frame of each extent
 * @nr: number of extents, of BALLOON_BATCH pages together at most
 * @order: their order
 *
 * Nobody uses the pages, and nothing maps them but the kernel's direct map.
 *
 * Where Xen translates the addresses it goes page by page in any case, may fail in the
 * middle of an extent, and tells of whole extents only: so each page is one.
 *
 * Context: Process context, balloon_mutex held.
 * Return: how many pages are no longer backed, from the first on; the others are as
 * they were.
 */
unsigned int balloon_depopulate(const unsigned long *pfns, unsigned int nr,
				unsigned int order)
{
	const unsigned int nr_pages = nr << order;
	unsigned int i;

	lockdep_assert_held(&balloon_mutex);
	if (!keeps_book()) {
		for (i = 0; i < nr_pages; i++)
			frames[i] = xen_pfn(pfns[i >> order] +
					    i % (1U << order));
		return reservation(XENMEM_decrease_reservation, nr_pages, 0);
	}
	if (unmap_extents(pfns, nr, order)) {
		pr_err("Xen does not unmap memory that it is to have\n");
		map_again(pfns, nr, order);
		return 0;
	}
	flush_everywhere();
	if (take_out_of_book(pfns, nr, order))
		give_back(1, order);
	else
		give_back(nr_pages, 0);
	return nr_pages;
}

/**
 * balloon_scrub() - let nobody who gets memory see what was in it
 * @pfn: the first page frame
 * @nr: number of pages
 *
 * What is not mapped, because of a hardware error, is not touched.
 */
void balloon_scrub(unsigned long pfn, unsigned long nr)
{
	const unsigned long end_pfn = pfn + nr;

	for (; pfn < end_pfn; pfn++) {
		if (PageHighMem(pfn_to_page(pfn)) ||
		    kernel_page_present(pfn_to_page(pfn)))
			xenmem_reservation_scrub_page(pfn_to_page(pfn));
	}
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Process memory that goes to the device's memory, and comes back: all but the
 * copying, which is the driver's.
 */

#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/huge_mm.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/pagewalk.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "internal.h"

/* Of memory that the CPU can address, it can make the copy */
static int copy_by_cpu(const struct hmm_devmem_copy *pages, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (!pages[i].src)
			clear_highpage(pages[i].dst);
		else if (copy_mc_highpage(pages[i].dst, pages[i].src))
			return -EIO;
	}
	return 0;
}

static int copy(struct hmm_devmem *devmem, const struct hmm_devmem_copy *pages,
		unsigned int nr, enum hmm_devmem_direction to)
{
	if (devmem->ops->copy)
		return devmem->ops->copy(devmem, pages, nr, to);
	return copy_by_cpu(pages, nr);
}

static void drop(struct page *page)
{
	unlock_page(page);
	put_page(page);
}

/*
 * Copies to all pages that are in @dst; @copies has them in the same order. What
 * cannot be copied does not migrate.
 */
static void copy_or_drop(struct hmm_devmem *devmem, unsigned long *dst,
			 const struct hmm_devmem_copy *copies, unsigned int nr,
			 enum hmm_devmem_direction to)
{
	unsigned int done;

	if (!nr || !copy(devmem, copies, nr, to))
		return;
	for (done = 0; done < nr; dst++) {
		if (!*dst)
			continue;
		if (nr == 1 || copy(devmem, &copies[done], 1, to)) {
			drop(copies[done].dst);
			*dst = 0;
		}
		done++;
	}
}

static bool is_ready(unsigned long src)
{
	return src & MIGRATE_PFN_MIGRATE;
}

/* Anonymous memory, or where none is yet. But KSM reads what it has merged */
static bool can_go(unsigned long src)
{
	const struct page *page = migrate_pfn_to_page(src);

	return is_ready(src) && (!page || (PageAnon(page) && !PageKsm(page)));
}

static void copy_to_device(struct hmm_devmem *devmem,
			   struct hmm_devmem_batch *batch, unsigned long nr)
{
	unsigned int nr_wanted = 0, taken, next = 0;
	unsigned long i;

	for (i = 0; i < nr; i++)
		nr_wanted += can_go(batch->src[i]);
	taken = hmm_devmem_take(devmem, batch->copies, nr_wanted);
	for (i = 0; next < taken; i++) {
		if (!can_go(batch->src[i]))
			continue;
		batch->copies[next].src = migrate_pfn_to_page(batch->src[i]);
		batch->dst[i] = migrate_pfn(page_to_pfn(batch->copies[next].dst));
		next++;
	}
	copy_or_drop(devmem, batch->dst, batch->copies, taken,
		     HMM_DEVMEM_TO_DEVICE);
}

/**
 * hmm_devmem_copy_to_system() - copy pages of the device's to new pages
 * @devmem: device memory
 * @batch: with the pages as source; gets the destinations
 * @nr: number of pages in it, ready to migrate or not
 *
 * Context: Process context.
 */
void hmm_devmem_copy_to_system(struct hmm_devmem *devmem,
			       struct hmm_devmem_batch *batch,
			       unsigned long nr)
{
	unsigned int next = 0;
	unsigned long i;
	struct page *page;

	for (i = 0; i < nr; i++) {
		batch->dst[i] = 0;
		if (!is_ready(batch->src[i]) ||
		    !migrate_pfn_to_page(batch->src[i]))
			continue;
		page = alloc_page(GFP_HIGHUSER_MOVABLE | __GFP_NOWARN);
		if (!page)
			continue;
		lock_page(page);
		batch->copies[next].src = migrate_pfn_to_page(batch->src[i]);
		batch->copies[next].dst = page;
		batch->dst[i] = migrate_pfn(page_to_pfn(page));
		next++;
	}
	copy_or_drop(devmem, batch->dst, batch->copies, next,
		     HMM_DEVMEM_TO_SYSTEM);
}

static unsigned long nr_migrated(const struct migrate_vma *args)
{
	unsigned long i, nr = 0;

	for (i = 0; i < args->npages; i++)
		nr += is_ready(args->src[i]) && args->dst[i];
	return nr;
}

/*
 * A batch of pages, between two page tables' ends. Returns how many of them have
 * migrated; sets @passed if there may be others that can.
 */
static long migrate_batch(struct hmm_devmem *devmem, struct migrate_vma *args,
			  struct hmm_devmem_batch *batch, bool *passed)
{
	unsigned long nr;
	int ret;

	ret = migrate_vma_setup(args);
	if (ret)
		return ret;
	*passed = args->cpages < args->npages;
	if (args->flags == MIGRATE_VMA_SELECT_SYSTEM)
		copy_to_device(devmem, batch, args->npages);
	else
		hmm_devmem_copy_to_system(devmem, batch, args->npages);
	migrate_vma_pages(args);
	nr = nr_migrated(args);
	migrate_vma_finalize(args);
	return nr;
}

struct large_folio {
	struct folio *folio;
	unsigned long addr;
};

static int find_large(pte_t *pte, unsigned long addr, unsigned long next,
		      struct mm_walk *walk)
{
	struct large_folio *found = walk->private;
	const pte_t entry = ptep_get(pte);
	struct page *page;

	page = pte_present(entry) ? vm_normal_page(walk->vma, addr, entry) : NULL;
	if (!page || !PageAnon(page) || !folio_test_large(page_folio(page)))
		return 0;
	found->folio = page_folio(page);
	found->addr = addr;
	folio_get(found->folio);
	return 1;
}

static const struct mm_walk_ops find_large_ops = {
	.pte_entry = find_large,
	.walk_lock = PGWALK_RDLOCK,
};

/* Large folios that are mapped in pieces are not split by migrate_vma_setup() */
static bool split_large(struct vm_area_struct *vma, unsigned long start,
			unsigned long end)
{
	struct large_folio found = { .addr = start };
	bool split = false;

	while (found.addr < end &&
	       walk_page_range(vma->vm_mm, found.addr, end, &find_large_ops,
			       &found) == 1) {
		if (folio_trylock(found.folio)) {
			split |= !split_folio(found.folio);
			folio_unlock(found.folio);
		}
		folio_put(found.folio);
		found.addr += PAGE_SIZE;
	}
	return split;
}

static long migrate(struct hmm_devmem *devmem, struct vm_area_struct *vma,
		    unsigned long start, unsigned long end, unsigned long flags)
{
	struct hmm_devmem_batch *batch;
	struct migrate_vma args = {
		.vma = vma,
		.pgmap_owner = devmem,
		.flags = flags,
	};
	long ret = 0, nr = 0;
	bool passed;

	mmap_assert_locked(vma->vm_mm);
	if (!PAGE_ALIGNED(start | end) || start >= end ||
	    start < vma->vm_start || end > vma->vm_end)
		return -EINVAL;
	batch = kvmalloc(sizeof(*batch), GFP_KERNEL);
	if (!batch)
		return -ENOMEM;
	args.src = batch->src;
	args.dst = batch->dst;
	while (start < end && !fatal_signal_pending(current) &&
	       (flags != MIGRATE_VMA_SELECT_SYSTEM ||
		hmm_devmem_has_room(devmem))) {
		args.start = start;
		args.end = min3(end, pmd_addr_end(start, end),
				start + HMM_DEVMEM_BATCH * PAGE_SIZE);
		ret = migrate_batch(devmem, &args, batch, &passed);
		if (ret < 0)
			break;
		nr += ret;
		if (passed && flags == MIGRATE_VMA_SELECT_SYSTEM &&
		    split_large(vma, args.start, args.end))
			continue;
		start = args.end;
		cond_resched();
	}
	kvfree(batch);
	return ret < 0 && !nr ? ret : nr;
}

/**
 * hmm_devmem_migrate_to_device() - move memory of a process to the device's
 * @devmem: device memory
 * @vma: where the process has it
 * @start: first address, of a page
 * @end: address behind the last page
 *
 * Anonymous memory can move: also what was never touched, which the device then has
 * filled with zeros. Huge pages are split. What cannot move just now, or has no
 * room, stays where it is; all that is left if the caller is being killed.
 *
 * Context: Process context, mmap lock held for reading or writing.
 * Return: the number of pages that moved, 0 of memory that is not anonymous; -EINVAL
 * for addresses that are not the area's, or for an area of hugetlbfs, DAX or a
 * device; -ENOMEM.
 */
long hmm_devmem_migrate_to_device(struct hmm_devmem *devmem,
				  struct vm_area_struct *vma,
				  unsigned long start, unsigned long end)
{
	return migrate(devmem, vma, start, end, MIGRATE_VMA_SELECT_SYSTEM);
}
EXPORT_SYMBOL_GPL(hmm_devmem_migrate_to_device);

/**
 * hmm_devmem_migrate_to_system() - move memory of a process back from the device's
 * @devmem: device memory
 * @vma: where the process has it
 * @start: first address, of a page
 * @end: address behind the last page
 *
 * What cannot move just now stays where it is; all that is left if the caller is
 * being killed. Huge pages on the way are split, although they are not the device's.
 *
 * Context: Process context, mmap lock held for reading or writing.
 * Return: as hmm_devmem_migrate_to_device().
 */
long hmm_devmem_migrate_to_system(struct hmm_devmem *devmem,
				  struct vm_area_struct *vma,
				  unsigned long start, unsigned long end)
{
	return migrate(devmem, vma, start, end, devmem->coherent ?
		       MIGRATE_VMA_SELECT_DEVICE_COHERENT :
		       MIGRATE_VMA_SELECT_DEVICE_PRIVATE);
}
EXPORT_SYMBOL_GPL(hmm_devmem_migrate_to_system);

/**
 * hmm_devmem_fault() - move the page that the CPU has touched back
 * @devmem: whose it is
 * @vmf: the fault
 *
 * Allocates nothing but the page.
 *
 * Context: Process context, as a fault of the CPU, mmap lock held.
 * Return: 0, and the CPU tries again; VM_FAULT_OOM; VM_FAULT_SIGBUS if the page
 * could not be copied.
 */
vm_fault_t hmm_devmem_fault(struct hmm_devmem *devmem, struct vm_fault *vmf)
{
	const unsigned long start = ALIGN_DOWN(vmf->address, PAGE_SIZE);
	unsigned long src = 0, dst = 0;
	struct migrate_vma args = {
		.vma = vmf->vma,
		.start = start,
		.end = start + PAGE_SIZE,
		.src = &src,
		.dst = &dst,
		.pgmap_owner = devmem,
		.flags = MIGRATE_VMA_SELECT_DEVICE_PRIVATE,
		.fault_page = vmf->page,
	};
	struct hmm_devmem_copy page;
	vm_fault_t ret = 0;

	if (migrate_vma_setup(&args))
		return VM_FAULT_SIGBUS;
	page.src = migrate_pfn_to_page(src);
	/*
	 * Somebody else is about to do it, or has done it; or the process has given
	 * the memory up, and a hole can migrate, too.
	 */
	if (!args.cpages || !page.src)
		return 0;
	page.dst = alloc_page_vma(GFP_HIGHUSER_MOVABLE, vmf->vma, start);
	if (page.dst) {
		lock_page(page.dst);
		dst = migrate_pfn(page_to_pfn(page.dst));
		copy_or_drop(devmem, &dst, &page, 1, HMM_DEVMEM_TO_SYSTEM);
		if (!dst)
			ret = VM_FAULT_SIGBUS;
	} else {
		ret = VM_FAULT_OOM;
	}
	migrate_vma_pages(&args);
	migrate_vma_finalize(&args);
	return ret;
}
EXPORT_SYMBOL_GPL(hmm_devmem_fault);

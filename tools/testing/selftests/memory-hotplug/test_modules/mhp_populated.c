// SPDX-License-Identifier: GPL-2.0-only
/*
 * A provider in a Xen domain beside the balloon, as a driver for another kind of memory
 * would be: it gets its memory from Xen by itself. It is told what to do through the
 * parameters of the module, and has one memory block at a time:
 *
 *   add:    "<address> <size>"; online and backed at once, or all is undone
 *   take:   "<address> <size>"; offline and away, the memory back to Xen
 *   backed: reads the number of pages that Xen has given
 */

#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/memory_section_ops.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/pfn.h>
#include <xen/mem-reservation.h>
#include <xen/page.h>

#define BATCH	512

/* Protected by the lock of the module's parameters, but for what is said */
static u64 range_start, range_size;
/* From the first on; the others are kept. Changed while no block is on its way */
static unsigned long nr_backed;
static xen_pfn_t frames[BATCH];
static struct page *pages[BATCH];

static unsigned long first_kept(void)
{
	return PHYS_PFN(range_start) + nr_backed;
}

/* All of them are kept at first */
static void populated_online(struct page *page, unsigned int order, void *data)
{
}

static void call_for_kept(unsigned long pfn, unsigned long nr_pages,
			  void (*func)(struct page *page))
{
	const unsigned long end_pfn = pfn + nr_pages;

	for (pfn = max(pfn, first_kept()); pfn < end_pfn; pfn++)
		func(pfn_to_page(pfn));
}

static int populated_let_go(unsigned long start_pfn, unsigned long nr_pages,
			    void *data)
{
	call_for_kept(start_pfn, nr_pages, mem_section_let_go_page);
	return 0;
}

static void populated_hold_again(unsigned long start_pfn,
				 unsigned long nr_pages, void *data)
{
	call_for_kept(start_pfn, nr_pages, mem_section_hold_page);
}

/* What a CPU still has in its TLB Xen flushes before it gives the frames to anybody */
static void depopulate(unsigned long pfn, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		pages[i] = pfn_to_page(pfn + i);
		frames[i] = pfn_to_gfn(pfn + i);
	}
	xenmem_reservation_va_mapping_reset(nr, pages);
	WARN_ON(xenmem_reservation_decrease(nr, frames) != nr);
}

static void populated_offlined(unsigned long start_pfn, unsigned long nr_pages,
			       void *data)
{
	const unsigned long end_pfn = min(start_pfn + nr_pages, first_kept());
	unsigned long pfn = start_pfn, nr;

	for (; pfn < end_pfn; pfn += nr) {
		nr = min(end_pfn - pfn, BATCH);
		depopulate(pfn, nr);
	}
	nr_backed = 0;
}

static const struct mem_section_ops populated_ops = {
	.name = "mhp_populated",
	.res_name = "System RAM (mhp_populated)",
	.advice = "write to /sys/module/mhp_populated/parameters/",
	.owner = THIS_MODULE,
	.online_by = MEM_SECTION_BY_PROVIDER,
	.offline_by = MEM_SECTION_BY_PROVIDER,
	.prefers_movable = true,
	.backs_pages = true,
	.online = populated_online,
	.let_go = populated_let_go,
	.hold_again = populated_hold_again,
	.offlined = populated_offlined,
};

/* Returns how many Xen has given */
static unsigned int populate(unsigned long pfn, unsigned int nr)
{
	unsigned int i;
	int done;

	for (i = 0; i < nr; i++) {
		pages[i] = pfn_to_page(pfn + i);
		frames[i] = pfn + i;
	}
	done = xenmem_reservation_increase(nr, frames);
	if (done <= 0)
		return 0;
	xenmem_reservation_va_mapping_update(done, pages, frames);
	nr_backed += done;
	for (i = 0; i < done; i++)
		generic_online_page(pages[i], 0);
	return done;
}

static int populate_all(void)
{
	const unsigned long end_pfn = PHYS_PFN(range_start + range_size);
	unsigned long nr;

	while (first_kept() < end_pfn) {
		nr = min(end_pfn - first_kept(), BATCH);
		if (populate(first_kept(), nr) != nr)
			return -ENOMEM;
		cond_resched();
	}
	return 0;
}

static int take(void)
{
	int ret = offline_and_remove_memory(range_start, range_size);

	if (!ret)
		range_size = 0;
	return ret;
}

static int add_set(const char *val, const struct kernel_param *kp)
{
	struct mem_section_range range = { .ops = &populated_ops };
	int ret;

	if (range_size)
		return -EBUSY;
	if (sscanf(val, "%lli %lli", &range.start, &range.size) != 2)
		return -EINVAL;
	if (range.size != memory_block_size_bytes())
		return -EINVAL;
	range.nid = memory_add_physaddr_to_nid(range.start);
	range_start = range.start;
	ret = mem_sections_add(&range);
	if (ret)
		return ret;
	range_size = range.size;
	ret = mem_sections_online(range_start, range_size, MMOP_ONLINE);
	if (!ret)
		ret = populate_all();
	if (ret)
		WARN_ON(take());
	return ret;
}

static int take_set(const char *val, const struct kernel_param *kp)
{
	u64 start, size;

	if (sscanf(val, "%lli %lli", &start, &size) != 2)
		return -EINVAL;
	if (start != range_start || size != range_size || !size)
		return -ENOENT;
	return take();
}

static const struct kernel_param_ops add_ops = { .set = add_set };
static const struct kernel_param_ops take_ops = { .set = take_set };
module_param_cb(add, &add_ops, NULL, 0200);
module_param_cb(take, &take_ops, NULL, 0200);
module_param_named(backed, nr_backed, ulong, 0400);

MODULE_DESCRIPTION("Provider that gets its memory from Xen, for tests");
MODULE_LICENSE("GPL");

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A provider like a balloon, for tests: when its sections come online it keeps all of
 * their pages, because nothing is behind them; on request some get backed and go to the
 * page allocator. It is told what to do through the parameters of mhp_unbacked:
 *
 *   add:    "<address> <size> [hidden] [movable] [nobody] [user]"; online at once, but
 *           for those whom a user shall bring online; nobody takes them offline
 *   back:   "<address> <pages>": the first of those that are kept from the address on
 *   take:   "<address> <size>": offline and away
 *   refuse: "<errno>": let go of no page, once
 *   stay:   "<errno>": be offline, but not removed, once
 *   kept:   reads "<address> <size> <pages kept>" for each range
 *
 * A page that is kept has no mapping where the architecture can do that for each page,
 * so that whoever touches it dies; elsewhere it has a pattern, which is looked at when the
 * page is backed or goes.
 */

#include <linux/bitmap.h>
#include <linux/list.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/memory_section_ops.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/pfn.h>
#include <linux/set_memory.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <asm/tlbflush.h>

/**
 * struct unbacked - a range of this provider
 * @list: in ranges
 * @ops: its operations, which differ in who sees and moves it
 * @start: first byte
 * @size: size in bytes
 * @kept: a bit for each page that is kept
 * @closed: a block of it is on its way offline
 */
struct unbacked {
	struct list_head list;
	struct mem_section_ops ops;
	u64 start;
	u64 size;
	unsigned long *kept;
	bool closed;
};

/* Protects the bitmaps, inside of the hotplug locks; the list has the parameters' lock */
static DEFINE_MUTEX(unbacked_lock);
static LIST_HEAD(ranges);
static int refuse_once, stay_once;

#define PATTERN	(~0UL / 7)

#ifdef CONFIG_ARCH_HAS_SET_DIRECT_MAP
static bool can_unmap(void)
{
	return can_set_direct_map();
}
#else
static bool can_unmap(void)
{
	return false;
}
#endif

/* KASAN hears of a page when the page allocator has it, and not before */
static void __no_sanitize_address empty_page(unsigned long pfn)
{
	unsigned long *words = __va(PFN_PHYS(pfn));
	int i;

	if (can_unmap()) {
		WARN_ON(set_direct_map_invalid_noflush(pfn_to_page(pfn)));
		return;
	}
	for (i = 0; i < PAGE_SIZE / sizeof(*words); i++)
		WRITE_ONCE(words[i], PATTERN);
}

static void __no_sanitize_address check_untouched(unsigned long pfn)
{
	const unsigned long *words = __va(PFN_PHYS(pfn));
	int i;

	if (can_unmap())
		return;
	for (i = 0; i < PAGE_SIZE / sizeof(*words); i++)
		WARN_ONCE(words[i] != PATTERN,
			  "unbacked page %#lx was written to\n", pfn);
}

static void let_page_go(unsigned long pfn)
{
	mem_section_let_go_page(pfn_to_page(pfn));
}

static void hold_page(unsigned long pfn)
{
	mem_section_hold_page(pfn_to_page(pfn));
}

static void call_for_kept(struct unbacked *range, unsigned long start_pfn,
			  unsigned long nr_pages,
			  void (*func)(unsigned long pfn))
{
	unsigned long i = start_pfn - PHYS_PFN(range->start);
	const unsigned long end = i + nr_pages;

	for_each_set_bit_from(i, range->kept, end)
		func(PHYS_PFN(range->start) + i);
}

static void unbacked_online(struct page *page, unsigned int order, void *data)
{
	const unsigned long addr = (unsigned long)page_address(page);
	const unsigned long pfn = page_to_pfn(page);
	struct unbacked *range = data;

	guard(mutex)(&unbacked_lock);
	bitmap_set(range->kept, pfn - PHYS_PFN(range->start), 1UL << order);
	call_for_kept(range, pfn, 1UL << order, empty_page);
	flush_tlb_kernel_range(addr, addr + (PAGE_SIZE << order));
}

static int unbacked_let_go(unsigned long start_pfn, unsigned long nr_pages,
			   void *data)
{
	struct unbacked *range = data;
	const int ret = refuse_once;

	guard(mutex)(&unbacked_lock);
	refuse_once = 0;
	if (ret)
		return ret;
	range->closed = true;
	call_for_kept(range, start_pfn, nr_pages, let_page_go);
	return 0;
}

static void unbacked_hold_again(unsigned long start_pfn, unsigned long nr_pages,
				void *data)
{
	struct unbacked *range = data;

	guard(mutex)(&unbacked_lock);
	call_for_kept(range, start_pfn, nr_pages, hold_page);
	range->closed = false;
}

static void unbacked_offlined(unsigned long start_pfn, unsigned long nr_pages,
			      void *data)
{
	struct unbacked *range = data;
	const unsigned long first = start_pfn - PHYS_PFN(range->start);

	guard(mutex)(&unbacked_lock);
	call_for_kept(range, start_pfn, nr_pages, check_untouched);
	bitmap_clear(range->kept, first, nr_pages);
	range->closed = false;
}

static int unbacked_check_remove(unsigned long start_pfn,
				 unsigned long nr_pages, void *data)
{
	const int ret = stay_once;

	stay_once = 0;
	return ret;
}

static const struct mem_section_ops template = {
	.name = "mhp_unbacked",
	.res_name = "System RAM (mhp_unbacked)",
	.advice = "write to /sys/module/mhp_unbacked/parameters/",
	.online_by = MEM_SECTION_BY_PROVIDER,
	.offline_by = MEM_SECTION_BY_PROVIDER,
	.backs_pages = true,
	.online = unbacked_online,
	.let_go = unbacked_let_go,
	.hold_again = unbacked_hold_again,
	.offlined = unbacked_offlined,
	.check_remove = unbacked_check_remove,
};

static void forget(struct unbacked *range)
{
	list_del(&range->list);
	bitmap_free(range->kept);
	kfree(range);
}

static int add(struct unbacked *range, const char *words)
{
	const struct mem_section_range memory = {
		.nid = memory_add_physaddr_to_nid(range->start),
		.start = range->start,
		.size = range->size,
		.ops = &range->ops,
		.data = range,
	};
	int ret;

	range->ops = template;
	range->ops.hidden = strstr(words, "hidden");
	range->ops.prefers_movable = strstr(words, "movable");
	if (strstr(words, "nobody"))
		range->ops.offline_by = MEM_SECTION_BY_NOBODY;
	if (strstr(words, "user")) {
		range->ops.online_by = MEM_SECTION_BY_USER;
		range->ops.offline_by = MEM_SECTION_BY_USER;
	}
	range->kept = bitmap_zalloc(PHYS_PFN(range->size), GFP_KERNEL);
	if (!range->kept)
		return -ENOMEM;
	ret = mem_sections_add(&memory);
	if (ret || strstr(words, "user"))
		return ret;
	ret = mem_sections_online(range->start, range->size, MMOP_ONLINE);
	/* What cannot be taken back stays, with its operations */
	if (ret && WARN_ON(offline_and_remove_memory(range->start, range->size)))
		return 0;
	return ret;
}

static int add_set(const char *val, const struct kernel_param *kp)
{
	struct unbacked *range = kzalloc(sizeof(*range), GFP_KERNEL);
	int ret = -EINVAL, end;

	if (!range)
		return -ENOMEM;
	list_add(&range->list, &ranges);
	if (sscanf(val, "%lli %lli%n", &range->start, &range->size, &end) == 2)
		ret = add(range, val + end);
	if (ret)
		forget(range);
	return ret;
}

static struct unbacked *find(u64 addr)
{
	struct unbacked *range;

	list_for_each_entry(range, &ranges, list) {
		if (addr - range->start < range->size)
			return range;
	}
	return NULL;
}

static int back_set(const char *val, const struct kernel_param *kp)
{
	struct unbacked *range;
	unsigned long i, end, nr;
	struct page *page;
	u64 addr;

	if (sscanf(val, "%lli %lu", &addr, &nr) != 2)
		return -EINVAL;
	range = find(addr);
	if (!range)
		return -ENOENT;
	guard(mutex)(&unbacked_lock);
	if (range->closed)
		return -EBUSY;
	i = PHYS_PFN(addr - range->start);
	end = PHYS_PFN(range->size);
	for_each_set_bit_from(i, range->kept, end) {
		if (!nr--)
			return 0;
		page = pfn_to_page(PHYS_PFN(range->start) + i);
		check_untouched(page_to_pfn(page));
		if (can_unmap())
			WARN_ON(set_direct_map_default_noflush(page));
		clear_bit(i, range->kept);
		generic_online_page(page, 0);
		cond_resched();
	}
	return nr ? -ENOSPC : 0;
}

static int take_set(const char *val, const struct kernel_param *kp)
{
	struct unbacked *range;
	u64 start, size;
	int ret;

	if (sscanf(val, "%lli %lli", &start, &size) != 2)
		return -EINVAL;
	range = find(start);
	if (!range || range->start != start || range->size != size)
		return -ENOENT;
	ret = offline_and_remove_memory(start, size);
	if (!ret)
		forget(range);
	return ret;
}

static int kept_get(char *buffer, const struct kernel_param *kp)
{
	struct unbacked *range;
	int len = 0;

	guard(mutex)(&unbacked_lock);
	list_for_each_entry(range, &ranges, list)
		len += sysfs_emit_at(buffer, len, "%#llx %#llx %u\n",
				     range->start, range->size,
				     bitmap_weight(range->kept,
						   PHYS_PFN(range->size)));
	return len;
}

static const struct kernel_param_ops add_ops = { .set = add_set };
static const struct kernel_param_ops back_ops = { .set = back_set };
static const struct kernel_param_ops take_ops = { .set = take_set };
static const struct kernel_param_ops kept_ops = { .get = kept_get };
module_param_cb(add, &add_ops, NULL, 0200);
module_param_cb(back, &back_ops, NULL, 0200);
module_param_cb(take, &take_ops, NULL, 0200);
module_param_cb(kept, &kept_ops, NULL, 0400);
module_param_named(refuse, refuse_once, int, 0600);
module_param_named(stay, stay_once, int, 0600);

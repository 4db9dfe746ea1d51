// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver with memory of its own, which comes and goes as it is told through
 * the module's parameters:
 *
 *   add:    "<node> <address> <size> [managed] [group] [memmap] [kept]"
 *   remove: "<address> <size>"
 *   take:   the same, and its blocks may be online
 *
 * managed: the memory is driver-managed; group: it gets a static memory group;
 * memmap: it may hold its own memmap; kept: the driver keeps half of the pages
 * when they come online, as a balloon does. The errno of a write is that of the
 * core.
 */

#include <linux/list.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/memory_section_ops.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/pfn.h>
#include <linux/slab.h>
#include <linux/string.h>

struct piece {
	struct list_head list;
	unsigned long long start;
	unsigned long long size;
	int mgid;
};

/* Protected by the lock of the module's parameters */
static LIST_HEAD(pieces);

/* Of two chunks, it keeps one */
static void keep_half(struct page *page, unsigned int order, void *data)
{
	if (page_to_pfn(page) & (1UL << order))
		generic_online_page(page, order);
}

static bool is_kept(unsigned long pfn)
{
	return PageOffline(pfn_to_page(pfn));
}

/* What has been let go before, and was not held again, is noticed */
static int let_go(unsigned long start_pfn, unsigned long nr_pages, void *data)
{
	const unsigned long end_pfn = start_pfn + nr_pages;
	unsigned long pfn;

	for (pfn = start_pfn; pfn < end_pfn; pfn++)
		if (is_kept(pfn) && page_count(pfn_to_page(pfn)) != 1)
			return -EUCLEAN;
	for (pfn = start_pfn; pfn < end_pfn; pfn++)
		if (is_kept(pfn))
			mem_section_let_go_page(pfn_to_page(pfn));
	return 0;
}

static void hold_again(unsigned long start_pfn, unsigned long nr_pages, void *data)
{
	unsigned long pfn;

	for (pfn = start_pfn; pfn < start_pfn + nr_pages; pfn++)
		if (is_kept(pfn))
			mem_section_hold_page(pfn_to_page(pfn));
}

static const struct mem_section_ops keeping_ops = {
	.name = "mhp_provider",
	.owner = THIS_MODULE,
	.online_by = MEM_SECTION_BY_USER,
	.offline_by = MEM_SECTION_BY_USER,
	.online = keep_half,
	.let_go = let_go,
	.hold_again = hold_again,
};

static int add_kept(const struct piece *piece, int nid, mhp_t flags)
{
	const struct mem_section_range range = {
		.nid = nid,
		.start = piece->start,
		.size = piece->size,
		.flags = flags,
		.ops = &keeping_ops,
	};

	return mem_sections_add(&range);
}

static int add_piece(struct piece *piece, int nid, const char *words)
{
	mhp_t flags = MHP_NONE;

	if (strstr(words, "memmap"))
		flags |= MHP_MEMMAP_ON_MEMORY;
	if (strstr(words, "group")) {
		piece->mgid = memory_group_register_static(nid, PHYS_PFN(piece->size));
		if (piece->mgid < 0)
			return piece->mgid;
		flags |= MHP_NID_IS_MGID;
		nid = piece->mgid;
	}
	if (strstr(words, "kept"))
		return add_kept(piece, nid, flags);
	if (strstr(words, "managed"))
		return add_memory_driver_managed(nid, piece->start, piece->size,
						 "System RAM (mhp_provider)", flags);
	return add_memory(nid, piece->start, piece->size, flags);
}

static void forget_piece(struct piece *piece)
{
	if (piece->mgid >= 0)
		WARN_ON(memory_group_unregister(piece->mgid));
	list_del(&piece->list);
	kfree(piece);
}

static int add_set(const char *val, const struct kernel_param *kp)
{
	struct piece *piece;
	int ret, nid, end;

	piece = kzalloc(sizeof(*piece), GFP_KERNEL);
	if (!piece)
		return -ENOMEM;
	piece->mgid = -1;
	list_add(&piece->list, &pieces);
	if (sscanf(val, "%d %lli %lli%n", &nid, &piece->start, &piece->size, &end) == 3)
		ret = add_piece(piece, nid, val + end);
	else
		ret = -EINVAL;
	if (ret)
		forget_piece(piece);
	return ret;
}

static int give_back(const char *val, int (*give)(u64 start, u64 size))
{
	struct piece *piece, *next;
	unsigned long long start, size;
	int ret;

	if (sscanf(val, "%lli %lli", &start, &size) != 2)
		return -EINVAL;
	list_for_each_entry_safe(piece, next, &pieces, list) {
		if (piece->start != start || piece->size != size)
			continue;
		ret = give(start, size);
		if (!ret)
			forget_piece(piece);
		return ret;
	}
	return -ENOENT;
}

static int remove_set(const char *val, const struct kernel_param *kp)
{
	return give_back(val, remove_memory);
}

static int take_set(const char *val, const struct kernel_param *kp)
{
	return give_back(val, offline_and_remove_memory);
}

static const struct kernel_param_ops add_ops = { .set = add_set };
static const struct kernel_param_ops remove_ops = { .set = remove_set };
static const struct kernel_param_ops take_ops = { .set = take_set };
module_param_cb(add, &add_ops, NULL, 0200);
module_param_cb(remove, &remove_ops, NULL, 0200);
module_param_cb(take, &take_ops, NULL, 0200);

static int __init provider_init(void)
{
	return 0;
}
module_init(provider_init);

/* Goes with all of its memory, which may have to be evacuated */
static void __exit provider_exit(void)
{
	struct piece *piece, *next;

	list_for_each_entry_safe(piece, next, &pieces, list) {
		if (WARN_ON(offline_and_remove_memory(piece->start, piece->size)))
			continue;
		forget_piece(piece);
	}
}
module_exit(provider_exit);

MODULE_DESCRIPTION("Driver with memory of its own, for tests");
MODULE_LICENSE("GPL");

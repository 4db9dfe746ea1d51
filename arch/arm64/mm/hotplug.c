// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hot memory on arm64: its place in the linear map, and that of its struct pages.
 */

#include <linux/align.h>
#include <linux/gfp.h>
#include <linux/memblock.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/pfn.h>
#include <linux/pgalloc.h>
#include <linux/pgtable.h>
#include <linux/range.h>
#include <linux/sizes.h>

#include <asm/memory.h>
#include <asm/set_memory.h>

#include "hot_tables.h"

static pteval_t *alloc_table(void)
{
	return (pteval_t *)__get_free_page(GFP_PGTABLE_KERNEL);
}

/* The kernel's own */
static struct hot_tables kernel_tables(unsigned long floor, unsigned long last)
{
	return (struct hot_tables) {
		.root = (pteval_t *)swapper_pg_dir,
		.root_level = 4 - ARM64_HW_PGTABLE_LEVELS(vabits_actual),
		.floor = floor,
		.last = last,
		/* Single pages may change their attributes later otherwise */
		.blocks = !can_set_direct_map(),
		.contiguous = !can_set_direct_map(),
		.alloc = alloc_table,
	};
}

static struct hot_tables linear_map(void)
{
	return kernel_tables(PAGE_OFFSET, PAGE_END - 1);
}

/**
 * arch_get_mappable_range() - the physical addresses that the linear map can hold
 *
 * Return: the range.
 */
struct range arch_get_mappable_range(void)
{
	const u64 first = __pa(_PAGE_OFFSET(vabits_actual));
	const u64 last = __pa(PAGE_END - 1);

	/* KASLR may begin it so high that it wraps; what wraps is not used */
	return (struct range) {
		.start = first <= last ? first : 0,
		.end = last,
	};
}

/**
 * arch_add_memory() - map memory and give it its struct pages
 * @nid: its node
 * @start: first byte
 * @size: size in bytes
 * @params: attributes and place of the memmap
 *
 * Context: Process context, mem_hotplug_lock held for writing.
 * Return: 0; -ENOMEM; -EEXIST; what __add_pages() says. After an error nothing is
 * mapped.
 */
int arch_add_memory(int nid, u64 start, u64 size, struct mhp_params *params)
{
	const unsigned long addr = (unsigned long)__phys_to_virt(start);
	const struct hot_tables tables = linear_map();
	int ret;

	if (!mhp_range_allowed(start, size, true))
		return -E2BIG;
	ret = hot_tables_map(&tables, addr, start, size, params->pgprot);
	if (ret)
		return ret;
	memblock_clear_nomap(start, size);
	ret = __add_pages(nid, PHYS_PFN(start), PHYS_PFN(size), params);
	if (ret) {
		hot_tables_unmap(&tables, addr, size, NULL);
		return ret;
	}
	max_pfn = max(max_pfn, PFN_UP(start + size));
	max_low_pfn = max_pfn;
	return 0;
}

/**
 * arch_remove_memory() - the end of arch_add_memory()
 * @start: first byte
 * @size: size in bytes
 * @altmap: place of the memmap, or %NULL
 * @pgmap: device pagemap, or %NULL
 *
 * Context: Process context, mem_hotplug_lock held for writing;
 * arch_check_remove_memory() has agreed.
 */
void arch_remove_memory(u64 start, u64 size, struct vmem_altmap *altmap,
			struct dev_pagemap *pgmap)
{
	const struct hot_tables tables = linear_map();

	__remove_pages(PHYS_PFN(start), PHYS_PFN(size), altmap, pgmap);
	hot_tables_unmap(&tables, (unsigned long)__phys_to_virt(start), size,
			 NULL);
}

#ifdef CONFIG_MEMORY_HOTREMOVE
/**
 * arch_check_remove_memory() - would removing memory cut a leaf of the linear map?
 * @start: first byte
 * @size: size in bytes
 * @whole: what can be removed as a whole
 *
 * Context: Process context, mem_hotplug_lock held for writing.
 * Return: 0, or -EBUSY if so.
 */
int arch_check_remove_memory(u64 start, u64 size, struct range *whole)
{
	const struct hot_tables tables = linear_map();
	struct range virt;

	if (!hot_tables_cut(&tables, (unsigned long)__phys_to_virt(start), size,
			    &virt))
		return 0;
	whole->start = __virt_to_phys(virt.start);
	whole->end = __virt_to_phys(virt.end);
	return -EBUSY;
}
#endif /* CONFIG_MEMORY_HOTREMOVE */

/* vmalloc may reach into what VMEMMAP_START begins; see asm/pgtable.h */
static struct hot_tables vmemmap_tables(void)
{
	return kernel_tables(VMALLOC_END + SZ_8M, VMEMMAP_END - 1);
}

/*
 * Does a leaf of the vmemmap hold a struct page of memory that is there? What is
 * just being removed is not any more, see section_deactivate().
 */
static bool leaf_is_used(const struct range *leaf)
{
	const size_t first = (leaf->start - VMEMMAP_START) / sizeof(struct page);
	const size_t last = (leaf->end - VMEMMAP_START) / sizeof(struct page);
	const unsigned long base = page_to_pfn((struct page *)VMEMMAP_START);
	unsigned long pfn = ALIGN_DOWN(base + first, PAGES_PER_SUBSECTION);

	for (; pfn <= base + last; pfn += PAGES_PER_SUBSECTION) {
		if (pfn_valid(pfn))
			return true;
	}
	return false;
}

/**
 * vmemmap_free() - unmap struct pages, and free the memory that they lie in
 * @start: first address
 * @end: end of the addresses
 * @altmap: whence that memory came, or %NULL
 *
 * With large pages, those of several subsections lie in one, and a section's are
 * no whole number of PMD leaves if struct page is large. Such a leaf at an end goes
 * with the last of those who use it.
 *
 * Context: Process context, mem_hotplug_lock held for writing.
 */
void vmemmap_free(unsigned long start, unsigned long end,
		  struct vmem_altmap *altmap)
{
	const struct hot_tables tables = vmemmap_tables();
	const struct hot_leaves leaves = { .altmap = altmap };
	const struct range first = hot_tables_leaf(&tables, start);
	const struct range last = hot_tables_leaf(&tables, end - 1);

	if (first.start < start)
		start = leaf_is_used(&first) ? first.end + 1 : first.start;
	if (last.end >= end)
		end = leaf_is_used(&last) ? last.start : last.end + 1;
	if (start < end)
		hot_tables_unmap(&tables, start, end - start, &leaves);
}

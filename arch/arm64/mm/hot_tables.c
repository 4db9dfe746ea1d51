// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page tables of hot memory: built, looked at, torn down.
 *
 * What is built hangs nowhere until it is whole: a new table is filled, with all
 * that is below it, before the entry that points to it is written. So no CPU walks
 * a half-built table, and when an allocation fails there is little to take back.
 *
 * Entries of all levels have the same form where it matters here, and levels are
 * counted as the architecture does, from 3 for pages up to -1. See "VMSAv8-64
 * translation table format descriptors", Arm ARM DDI 0487, D8.3.
 */

#include <linux/align.h>
#include <linux/gfp.h>
#include <linux/kmemleak.h>
#include <linux/list.h>
#include <linux/memory_hotplug.h>
#include <linux/memremap.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/pgtable.h>

#include <asm/barrier.h>
#include <asm/tlbflush.h>

#include "hot_tables.h"

#define PAGE_LEVEL	3
/* Of a table whose mappings nobody executes */
#define TABLE_ENTRY	(PMD_TYPE_TABLE | PMD_TABLE_UXN | PMD_TABLE_PXN)

static unsigned long level_size(int level)
{
	return 1UL << ARM64_HW_PGTABLE_LEVEL_SHIFT(level);
}

/* The table at the top may have fewer entries than fit into a page */
static unsigned long nr_entries(int level)
{
	const int shift = ARM64_HW_PGTABLE_LEVEL_SHIFT(level);

	return 1UL << min(VA_BITS - shift, PAGE_SHIFT - 3);
}

static pteval_t *entry_of(pteval_t *table, int level, unsigned long addr)
{
	return table + (addr / level_size(level)) % nr_entries(level);
}

static bool is_table(pteval_t entry, int level)
{
	return level < PAGE_LEVEL &&
	       (entry & PMD_TYPE_MASK) == PMD_TYPE_TABLE;
}

static pteval_t *table_of(pteval_t entry)
{
	return __va(__pte_to_phys(__pte(entry)));
}

/* The end of what an entry maps of [@addr, @end); neither is the last address */
static unsigned long entry_end(unsigned long addr, unsigned long end, int level)
{
	const unsigned long next = ALIGN_DOWN(addr, level_size(level)) +
				   level_size(level);

	return next - 1 < end - 1 ? next : end;
}

static void write_entry(pteval_t *entry, pteval_t value)
{
	/* It is mapped read-only */
	if (in_swapper_pgdir(entry))
		set_swapper_pgd((pgd_t *)entry, __pgd(value));
	else
		WRITE_ONCE(*entry, value);
}

static bool can_be_leaf(const struct hot_tables *tables, int level)
{
	switch (level) {
	case PAGE_LEVEL:
		return true;
	case 2:
		return tables->blocks;
	case 1:
		return tables->blocks && pud_sect_supported();
	default:
		return false;
	}
}

static pteval_t leaf_entry(int level, phys_addr_t phys, pgprot_t prot)
{
	pteval_t type = pgprot_val(prot);

	if (level < PAGE_LEVEL)
		type = (type & ~PMD_TABLE_BIT) | PMD_TYPE_SECT;
	return __phys_to_pte_val(phys) | type;
}

/* How much leaves of a level that are marked as contiguous map together */
static unsigned long contiguous_size(int level)
{
	switch (level) {
	case PAGE_LEVEL:
		return CONT_PTE_SIZE;
	case 2:
		return CONT_PMD_SIZE;
	default:
		return level_size(level);
	}
}

static bool is_contiguous(const struct hot_tables *tables, unsigned long addr,
			  const struct range *all, phys_addr_t phys, int level)
{
	const unsigned long size = contiguous_size(level);
	const unsigned long start = ALIGN_DOWN(addr, size);

	return tables->contiguous && size > level_size(level) &&
	       IS_ALIGNED(addr ^ phys, size) && start >= all->start &&
	       start + size - 1 <= all->end;
}

/* Of a table that hangs nowhere any more, with what is below it */
static void free_table(pteval_t *table, int level)
{
	unsigned long i;

	for (i = 0; i < nr_entries(level); i++) {
		if (is_table(table[i], level))
			free_table(table_of(table[i]), level + 1);
	}
	free_page((unsigned long)table);
}

/**
 * struct mapping - what is being mapped
 * @tables: where
 * @all: all of its addresses
 * @offset: its physical addresses less the virtual ones
 * @prot: how
 */
struct mapping {
	const struct hot_tables *tables;
	struct range all;
	u64 offset;
	pgprot_t prot;
};

static int map_entries(const struct mapping *m, pteval_t *table, int level,
		       unsigned long addr, unsigned long end, unsigned long *done);

static int map_below(const struct mapping *m, pteval_t *entry, int level,
		     unsigned long addr, unsigned long end, unsigned long *done)
{
	unsigned long unseen;
	pteval_t *table;
	int ret;

	if (is_table(*entry, level))
		return map_entries(m, table_of(*entry), level + 1, addr, end,
				   done);
	if (*entry)
		return -EEXIST;
	table = m->tables->alloc();
	if (!table)
		return -ENOMEM;
	ret = map_entries(m, table, level + 1, addr, end, &unseen);
	if (ret) {
		free_table(table, level + 1);
		return ret;
	}
	/* Whoever sees the entry sees what it leads to */
	smp_wmb();
	write_entry(entry, __phys_to_pte_val(__pa(table)) | TABLE_ENTRY);
	return 0;
}

/* @done: up to where the mapping can be seen */
static int map_entries(const struct mapping *m, pteval_t *table, int level,
		       unsigned long addr, unsigned long end, unsigned long *done)
{
	pteval_t *entry = entry_of(table, level, addr);
	unsigned long next;
	int ret;

	for (; addr != end; addr = next, entry++) {
		const phys_addr_t phys = addr + m->offset;
		pgprot_t prot = m->prot;

		next = entry_end(addr, end, level);
		if (can_be_leaf(m->tables, level) &&
		    IS_ALIGNED(addr | next | phys, level_size(level))) {
			if (*entry)
				return -EEXIST;
			if (is_contiguous(m->tables, addr, &m->all, phys, level))
				prot = __pgprot(pgprot_val(prot) | PTE_CONT);
			write_entry(entry, leaf_entry(level, phys, prot));
		} else {
			ret = map_below(m, entry, level, addr, next, done);
			if (ret)
				return ret;
		}
		*done = next;
	}
	return 0;
}

/**
 * hot_tables_map() - map memory
 * @tables: the page tables
 * @addr: first virtual address
 * @phys: first physical address
 * @size: size in bytes; all three in whole pages
 * @prot: attributes of the leaves
 *
 * With the largest leaves that alignment and @tables allow. Other CPUs see no
 * table that is not whole.
 *
 * Context: May sleep if @tables->alloc() may. Nobody else changes entries of this
 * range.
 * Return: 0; -ENOMEM; -EEXIST if something is mapped there already. After an error
 * the tables are as they were.
 */
int hot_tables_map(const struct hot_tables *tables, unsigned long addr,
		   phys_addr_t phys, u64 size, pgprot_t prot)
{
	const struct mapping m = {
		.tables = tables,
		.all = { .start = addr, .end = addr + size - 1 },
		.offset = phys - addr,
		.prot = prot,
	};
	unsigned long done = addr;
	int ret;

	ret = map_entries(&m, tables->root, tables->root_level, addr,
			  addr + size, &done);
	dsb(ishst);
	isb();
	if (ret && done != addr)
		hot_tables_unmap(tables, addr, done - addr, NULL);
	return ret;
}

/* Pages of the page allocator that wait for the TLBs to forget them */
static void keep_for_later(struct list_head *list, phys_addr_t phys,
			   unsigned int order)
{
	struct page *page = phys_to_page(phys);

	set_page_private(page, order);
	list_add(&page->lru, list);
}

/* What was allocated at boot is reserved, page by page */
static void free_mapped(struct page *page, unsigned int order)
{
	unsigned long i;

	if (!PageReserved(page)) {
		__free_pages(page, order);
		return;
	}
	kmemleak_free_part_phys(page_to_phys(page), PAGE_SIZE << order);
	for (i = 0; i < 1UL << order; i++)
		free_reserved_page(page + i);
}

static void free_kept(struct list_head *list)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, list, lru) {
		const unsigned int order = page_private(page);

		list_del(&page->lru);
		set_page_private(page, 0);
		free_mapped(page, order);
	}
}

/**
 * struct unmapping - what is being unmapped
 * @tables: where
 * @leaves: what to do with the memory that was mapped; NULL for nothing
 * @cleared_pages: TLBs may still know of single pages
 * @kept: pages to be freed
 */
struct unmapping {
	const struct hot_tables *tables;
	const struct hot_leaves *leaves;
	bool cleared_pages;
	struct list_head kept;
};

static void clear_leaf(struct unmapping *u, pteval_t *entry, int level,
		       unsigned long addr)
{
	const pteval_t old = *entry;
	const unsigned int order = ilog2(level_size(level)) - PAGE_SHIFT;

	write_entry(entry, 0);
	/* However large, it is one entry of a TLB; pages are left to the end */
	if (level == PAGE_LEVEL)
		u->cleared_pages = true;
	else
		flush_tlb_kernel_range(addr, addr + PAGE_SIZE);
	if (!u->leaves)
		return;
	if (u->leaves->altmap)
		vmem_altmap_free(u->leaves->altmap, 1UL << order);
	else
		keep_for_later(&u->kept, __pte_to_phys(__pte(old)), order);
}

static void clear_leaves(struct unmapping *u, pteval_t *table, int level,
			 unsigned long addr, unsigned long end)
{
	pteval_t *entry = entry_of(table, level, addr);
	unsigned long next;

	for (; addr != end; addr = next, entry++) {
		next = entry_end(addr, end, level);
		if (is_table(*entry, level))
			clear_leaves(u, table_of(*entry), level + 1, addr, next);
		else if (*entry && !WARN_ON_ONCE(!IS_ALIGNED(addr | next,
							     level_size(level))))
			clear_leaf(u, entry, level, addr);
	}
}

static bool is_empty(const pteval_t *table, int level)
{
	return !memchr_inv(table, 0, nr_entries(level) * sizeof(*table));
}

/* Nobody but us writes into it */
static bool is_ours(const struct hot_tables *tables, unsigned long addr,
		    int level)
{
	const unsigned long start = ALIGN_DOWN(addr, level_size(level));

	return start >= tables->floor &&
	       start + level_size(level) - 1 <= tables->last;
}

static void free_empty_tables(struct unmapping *u, pteval_t *table, int level,
			      unsigned long addr, unsigned long end)
{
	pteval_t *entry = entry_of(table, level, addr);
	unsigned long next;

	for (; addr != end; addr = next, entry++) {
		pteval_t *below;

		next = entry_end(addr, end, level);
		if (!is_table(*entry, level))
			continue;
		below = table_of(*entry);
		free_empty_tables(u, below, level + 1, addr, next);
		if (!is_ours(u->tables, addr, level) ||
		    !is_empty(below, level + 1))
			continue;
		write_entry(entry, 0);
		/* Also what they have cached of the way to it */
		__flush_tlb_kernel_pgtable(addr);
		keep_for_later(&u->kept, __pa(below), 0);
	}
}

/**
 * hot_tables_unmap() - unmap memory, and free tables that are left empty
 * @tables: the page tables
 * @addr: first virtual address
 * @size: size in bytes
 * @leaves: how to free the memory that was mapped, or NULL to leave it alone
 *
 * A leaf that reaches beyond the range stays, with a warning: see
 * hot_tables_cut(). Where nothing is mapped there is nothing to do.
 *
 * Context: Process context; nobody else changes entries of this range or walks
 * the tables in software.
 */
void hot_tables_unmap(const struct hot_tables *tables, unsigned long addr,
		      u64 size, const struct hot_leaves *leaves)
{
	struct unmapping u = {
		.tables = tables,
		.leaves = leaves,
		.kept = LIST_HEAD_INIT(u.kept),
	};

	clear_leaves(&u, tables->root, tables->root_level, addr, addr + size);
	if (u.cleared_pages)
		flush_tlb_kernel_range(addr, addr + size);
	free_empty_tables(&u, tables->root, tables->root_level, addr,
			  addr + size);
	free_kept(&u.kept);
}

/**
 * hot_tables_leaf() - the leaf that maps an address
 * @tables: the page tables
 * @addr: a virtual address
 *
 * Return: all addresses that it maps, those of leaves that are contiguous to it
 * included; @addr alone if there is no leaf.
 */
struct range hot_tables_leaf(const struct hot_tables *tables,
			     unsigned long addr)
{
	pteval_t *entry = entry_of(tables->root, tables->root_level, addr);
	int level = tables->root_level;
	unsigned long size;

	while (is_table(*entry, level))
		entry = entry_of(table_of(*entry), ++level, addr);
	if (!*entry)
		return (struct range) { .start = addr, .end = addr };
	size = *entry & PTE_CONT ? contiguous_size(level) : level_size(level);
	return (struct range) {
		.start = ALIGN_DOWN(addr, size),
		.end = ALIGN_DOWN(addr, size) + size - 1,
	};
}

/**
 * hot_tables_cut() - would unmapping a range cut a leaf?
 * @tables: the page tables
 * @addr: first virtual address
 * @size: size in bytes
 * @whole: the range with all of the leaves that reach beyond it
 *
 * Only the leaves at the two ends can. Leaves that are marked as contiguous go
 * together. Changes nothing.
 *
 * Return: true if so.
 */
bool hot_tables_cut(const struct hot_tables *tables, unsigned long addr,
		    u64 size, struct range *whole)
{
	const unsigned long last = addr + size - 1;

	whole->start = min_t(u64, addr, hot_tables_leaf(tables, addr).start);
	whole->end = max_t(u64, last, hot_tables_leaf(tables, last).end);
	return whole->start != addr || whole->end != last;
}

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ARM64_MM_HOT_TABLES_H
#define _ARM64_MM_HOT_TABLES_H

#include <linux/pgtable.h>
#include <linux/range.h>
#include <linux/types.h>

struct vmem_altmap;

/**
 * struct hot_tables - page tables in which hot memory is mapped
 * @root: the table at the top, as the CPUs see it
 * @root_level: its level as the architecture counts: 3 is that of pages
 * @floor: first address whose entries are ours
 * @last: last address whose entries are ours. A table that reaches beyond the two
 *	  is shared with others, who change it without asking us: it is never freed
 * @blocks: leaves may be larger than a page
 * @contiguous: leaves may be marked as contiguous
 * @alloc: returns a zeroed table, or NULL
 */
struct hot_tables {
	pteval_t *root;
	int root_level;
	unsigned long floor;
	unsigned long last;
	bool blocks;
	bool contiguous;
	pteval_t *(*alloc)(void);
};

/**
 * struct hot_leaves - memory that was mapped, to be freed with its mapping
 * @altmap: whence it came, or NULL for the page allocator
 */
struct hot_leaves {
	struct vmem_altmap *altmap;
};

int hot_tables_map(const struct hot_tables *tables, unsigned long addr,
		   phys_addr_t phys, u64 size, pgprot_t prot);
void hot_tables_unmap(const struct hot_tables *tables, unsigned long addr,
		      u64 size, const struct hot_leaves *leaves);
struct range hot_tables_leaf(const struct hot_tables *tables,
			     unsigned long addr);
bool hot_tables_cut(const struct hot_tables *tables, unsigned long addr,
		    u64 size, struct range *whole);

#endif /* _ARM64_MM_HOT_TABLES_H */

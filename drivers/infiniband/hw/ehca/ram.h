/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The partition's RAM as an adapter sees it: one piece after the other, with what is
 * not there left out. Where a page is in the adapter's address space depends on what
 * is below it, so that one map takes the place of another only while nobody in the
 * kernel uses the adapter.
 */
#ifndef _EHCA_RAM_H
#define _EHCA_RAM_H

#include <linux/ebus/mr.h>
#include <linux/types.h>

/*
 * Where RAM begins in the adapter's address space. Consumers may take 0 for no address
 * at all. Any address will do, as user space chooses those of its regions; this is
 * that of eHEA (ehea.h in 6.12, EHEA_BUSMAP_START).
 */
#define EHCA_RAM_START	0x8000000000000000ULL

/* No address; what DMA_MAPPING_ERROR is */
#define EHCA_NO_IO	(~0ULL)

/**
 * struct ehca_ram - a map of RAM, which never changes
 * @extents: the RAM
 * @surplus: that of it which came when the adapter's largest region was full
 * @nr_pages: page frames of all of it
 * @rcu: for ehca_ram_retire()
 */
struct ehca_ram {
	struct ebus_extents *extents;
	struct ebus_extents *surplus;
	unsigned long nr_pages;
	struct rcu_head rcu;
};

struct ehca_ram *ehca_ram_add(const struct ehca_ram *old,
			      unsigned long start_pfn, unsigned long nr_pages,
			      u64 limit);
struct ehca_ram *ehca_ram_remove(const struct ehca_ram *old,
				 unsigned long start_pfn,
				 unsigned long nr_pages, u64 limit);
void ehca_ram_free(struct ehca_ram *ram);
void ehca_ram_retire(struct ehca_ram *ram);
u64 ehca_ram_io(const struct ehca_ram *ram, phys_addr_t phys, u64 len);
u64 ehca_ram_bytes(const struct ehca_ram *ram);
void ehca_ram_surplus(const struct ehca_ram *ram, u64 limit, u64 block,
		      char *buf, size_t size);

#endif /* _EHCA_RAM_H */

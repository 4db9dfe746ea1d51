// SPDX-License-Identifier: GPL-2.0-only
/* The partition's RAM as an adapter sees it: maps of it, each made of the one before */

#include <linux/container_of.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/pfn.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "ram.h"

static unsigned long end_of(const struct ebus_extent *extent)
{
	return extent->start_pfn + extent->nr_pages;
}

static unsigned long count_pages(const struct ebus_extents *set)
{
	const struct ebus_extent *last = set ? &set->extent[set->nr - 1] : NULL;

	return last ? last->before + last->nr_pages : 0;
}

/* Page frames that the adapter cannot register with the others */
static unsigned long pages_beyond(const struct ehca_ram *ram, u64 limit)
{
	const u64 most = PHYS_PFN(limit);

	return ram->nr_pages > most ? ram->nr_pages - most : 0;
}

static struct ehca_ram *alloc_ram(struct ebus_extents *extents)
{
	struct ehca_ram *ram;

	if (IS_ERR(extents))
		return ERR_CAST(extents);
	ram = kzalloc(sizeof(*ram), GFP_KERNEL);
	if (!ram) {
		kfree(extents);
		return ERR_PTR(-ENOMEM);
	}
	ram->extents = extents;
	ram->nr_pages = count_pages(extents);
	return ram;
}

static struct ehca_ram *with_surplus(struct ehca_ram *ram,
				     struct ebus_extents *surplus)
{
	if (IS_ERR(surplus)) {
		ehca_ram_free(ram);
		return ERR_CAST(surplus);
	}
	ram->surplus = surplus;
	return ram;
}

/**
 * ehca_ram_add() - a map with more RAM
 * @old: the map so far, which stays as it is; NULL for one without RAM
 * @start_pfn: first page frame; may be in it already
 * @nr_pages: number of page frames
 * @limit: bytes of the adapter's largest region
 *
 * Context: Process context, may sleep.
 * Return: the map, or an ERR_PTR() of -ENOMEM.
 */
struct ehca_ram *ehca_ram_add(const struct ehca_ram *old,
			      unsigned long start_pfn, unsigned long nr_pages,
			      u64 limit)
{
	struct ehca_ram *ram = alloc_ram(ebus_extents_add(old ? old->extents :
								NULL,
							  start_pfn, nr_pages));
	unsigned long nr;

	if (IS_ERR(ram))
		return ram;
	/* If only some of it is too much, the end is */
	nr = min(nr_pages, pages_beyond(ram, limit));
	return with_surplus(ram, ebus_extents_add(old ? old->surplus : NULL,
						  start_pfn + nr_pages - nr,
						  nr));
}

/**
 * ehca_ram_remove() - a map with less RAM
 * @old: the map so far, which stays as it is
 * @start_pfn: first page frame; need not be in it
 * @nr_pages: number of page frames
 * @limit: bytes of the adapter's largest region
 *
 * Context: Process context, may sleep.
 * Return: the map, or an ERR_PTR() of -ENOMEM.
 */
struct ehca_ram *ehca_ram_remove(const struct ehca_ram *old,
				 unsigned long start_pfn,
				 unsigned long nr_pages, u64 limit)
{
	struct ehca_ram *ram = alloc_ram(ebus_extents_remove(old->extents,
							     start_pfn,
							     nr_pages));

	if (IS_ERR(ram) || !pages_beyond(ram, limit))
		return ram;
	return with_surplus(ram, ebus_extents_remove(old->surplus, start_pfn,
						     nr_pages));
}

/**
 * ehca_ram_free() - the end of a map
 * @ram: the map, which no reader has; or NULL
 *
 * Context: Process context.
 */
void ehca_ram_free(struct ehca_ram *ram)
{
	if (!ram)
		return;
	kfree(ram->surplus);
	kfree(ram->extents);
	kfree(ram);
}

static void free_retired(struct rcu_head *rcu)
{
	ehca_ram_free(container_of(rcu, struct ehca_ram, rcu));
}

/**
 * ehca_ram_retire() - the end of a map that readers may still have
 * @ram: the map, which new readers do not find; or NULL
 *
 * Context: Any. rcu_barrier() waits until it is gone.
 */
void ehca_ram_retire(struct ehca_ram *ram)
{
	if (ram)
		call_rcu(&ram->rcu, free_retired);
}

/**
 * ehca_ram_io() - where memory is in the adapter's address space
 * @ram: the map
 * @phys: the memory's address
 * @len: bytes; one after the other in both
 *
 * Context: Any.
 * Return: address of the adapter's, or %EHCA_NO_IO if not all of it is there.
 */
u64 ehca_ram_io(const struct ehca_ram *ram, phys_addr_t phys, u64 len)
{
	const struct ebus_extent *extent = ebus_extents_find(ram->extents,
							     PHYS_PFN(phys));
	u64 offset;

	if (!extent)
		return EHCA_NO_IO;
	offset = phys - PFN_PHYS(extent->start_pfn);
	if (len > PFN_PHYS(extent->nr_pages) - offset)
		return EHCA_NO_IO;
	return EHCA_RAM_START + PFN_PHYS(extent->before) + offset;
}

/**
 * ehca_ram_bytes() - how much RAM there is
 * @ram: the map
 *
 * Context: Any.
 * Return: bytes.
 */
u64 ehca_ram_bytes(const struct ehca_ram *ram)
{
	return PFN_PHYS((u64)ram->nr_pages);
}

/**
 * ehca_ram_surplus() - name the memory blocks that have to go
 * @ram: the map
 * @limit: bytes of the adapter's largest region
 * @block: bytes of a memory block
 * @buf: is filled with their names, as they are in sysfs; with "..." if there is no
 *	 room for all of them, and with an empty string if none has to go
 * @size: bytes of @buf
 *
 * Of those that came when there was no room any more those with the highest addresses.
 *
 * Context: Any.
 */
void ehca_ram_surplus(const struct ehca_ram *ram, u64 limit, u64 block,
		      char *buf, size_t size)
{
	const unsigned long step = PHYS_PFN(block);
	unsigned long beyond = pages_beyond(ram, limit), pfn, part;
	unsigned int i = ram->surplus ? ram->surplus->nr : 0;
	const struct ebus_extent *extent;
	size_t len = 0;

	*buf = '\0';
	while (i-- && beyond) {
		extent = &ram->surplus->extent[i];
		for (pfn = end_of(extent); pfn > extent->start_pfn && beyond;
		     pfn -= part) {
			part = (pfn - 1) % step + 1;
			part = min3(part, pfn - extent->start_pfn, beyond);
			len += scnprintf(buf + len, size - len, "%smemory%lu",
					 len ? ", " : "", (pfn - 1) / step);
			beyond -= part;
		}
	}
	if (len + 1 >= size)
		strscpy(buf + size - sizeof("..."), "...", sizeof("..."));
}

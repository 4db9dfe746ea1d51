// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA addresses: those of the region of all RAM, which is all that users in the kernel
 * name memory with. The adapter is coherent.
 */

#include <linux/dma-map-ops.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>

#include "ehca.h"

static u64 io_of(struct device *dev, phys_addr_t phys, size_t size)
{
	struct ehca_adapter *adapter = dev_get_drvdata(dev);

	return ehca_memory_io(&adapter->memory, phys, size);
}

static dma_addr_t map_page(struct device *dev, struct page *page,
			   unsigned long offset, size_t size,
			   enum dma_data_direction dir, unsigned long attrs)
{
	return io_of(dev, page_to_phys(page) + offset, size);
}

static void unmap_page(struct device *dev, dma_addr_t addr, size_t size,
		       enum dma_data_direction dir, unsigned long attrs)
{
}

/*
 * Memory of users in user space is mapped here as well, in both directions, by
 * ib_umem_get(). They do without these addresses, and their memory may be in no map,
 * like gigantic pages since boot. Users in the kernel are not told apart from them: an
 * address that is mapped in both directions may be %EHCA_NO_IO, which the adapter
 * refuses.
 */
static int map_sg(struct device *dev, struct scatterlist *sgl, int nents,
		  enum dma_data_direction dir, unsigned long attrs)
{
	struct scatterlist *sg;
	int i;

	for_each_sg(sgl, sg, nents, i) {
		sg_dma_address(sg) = io_of(dev, sg_phys(sg), sg->length);
		sg_dma_len(sg) = sg->length;
		if (sg_dma_address(sg) == EHCA_NO_IO &&
		    dir != DMA_BIDIRECTIONAL)
			return -EIO;
	}
	return nents;
}

static void unmap_sg(struct device *dev, struct scatterlist *sgl, int nents,
		     enum dma_data_direction dir, unsigned long attrs)
{
}

static void *alloc_coherent(struct device *dev, size_t size, dma_addr_t *addr,
			    gfp_t gfp, unsigned long attrs)
{
	struct page *page = alloc_pages_node(dev_to_node(dev), gfp | __GFP_ZERO,
					     get_order(size));

	if (!page)
		return NULL;
	*addr = io_of(dev, page_to_phys(page), size);
	if (*addr != EHCA_NO_IO)
		return page_address(page);
	__free_pages(page, get_order(size));
	return NULL;
}

static void free_coherent(struct device *dev, size_t size, void *mem,
			  dma_addr_t addr, unsigned long attrs)
{
	free_pages((unsigned long)mem, get_order(size));
}

static int dma_supported(struct device *dev, u64 mask)
{
	return mask == DMA_BIT_MASK(64);
}

static u64 required_mask(struct device *dev)
{
	return DMA_BIT_MASK(64);
}

const struct dma_map_ops ehca_dma_ops = {
	.map_page = map_page,
	.unmap_page = unmap_page,
	.map_sg = map_sg,
	.unmap_sg = unmap_sg,
	.alloc = alloc_coherent,
	.free = free_coherent,
	.dma_supported = dma_supported,
	.get_required_mask = required_mask,
};

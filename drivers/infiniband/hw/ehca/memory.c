// SPDX-License-Identifier: GPL-2.0-only
/* What an adapter reaches of the partition's memory, from probe to remove */

#include <linux/device.h>
#include <linux/dma-map-ops.h>
#include <linux/minmax.h>
#include <linux/random.h>
#include <rdma/ib_umem.h>

#include "ehca.h"

static void unpin(void *pins)
{
	ib_umem_release(pins);
}

/**
 * ehca_memory_init() - follow the partition's RAM, and map it for DMA
 * @adapter: the adapter, with its limits and ports known; its device has it as driver
 *	     data
 *
 * Before the RDMA core knows the device, so that there are no users yet.
 *
 * Context: Process context, may sleep; no lock that is held while memory goes online or
 * offline.
 * Return: 0, -ENOMEM, or another errno of memory_client_register().
 */
int ehca_memory_init(struct ehca_adapter *adapter)
{
	struct ehca_memory *memory = &adapter->memory;
	struct device *dev = &adapter->pdev->dev;
	int ret;

	memory->owner = (struct ebus_mr_owner) {
		.calls = &ebus_mr_calls_hca,
		.adapter = adapter->handle,
		.pd = EHCA_PD_MEMORY,
	};
	memory->max_mr_size = adapter->limits.max_mr_size;
	memory->page_sizes = adapter->limits.page_sizes;
	memory->unpin = unpin;
	memory->client.name = devm_kasprintf(dev, GFP_KERNEL, "ehca:%s",
					     dev_name(dev));
	if (!memory->client.name)
		return -ENOMEM;
	memory->place.name = adapter->ib.name;
	memory->place.nr_ports = adapter->nr_ports;
	ret = ehca_place_init(&memory->place, dev->of_node);
	if (ret)
		return ret;
	xa_init_flags(&memory->pds, XA_FLAGS_ALLOC);
	/* Of what the firmware has kept since the last time, none is likely to be next */
	memory->next_pd = EHCA_PD_FIRST +
			  get_random_u32_below(max(adapter->limits.max_pds, 1));
	ret = ehca_max_mr_init(memory);
	if (ret)
		goto exit_place;
	memory->bus_dma_ops = get_dma_ops(dev);
	set_dma_ops(dev, &ehca_dma_ops);
	return 0;

exit_place:
	xa_destroy(&memory->pds);
	ehca_place_exit(&memory->place);
	return ret;
}

/**
 * ehca_memory_exit() - the end of ehca_memory_init()
 * @adapter: the adapter; the RDMA core no longer knows it, and it has no queue pairs
 *
 * Context: As ehca_memory_init().
 */
void ehca_memory_exit(struct ehca_adapter *adapter)
{
	struct ehca_memory *memory = &adapter->memory;

	set_dma_ops(&adapter->pdev->dev, memory->bus_dma_ops);
	ehca_max_mr_exit(memory);
	/* Those of regions that the firmware keeps */
	xa_destroy(&memory->pds);
	ehca_place_exit(&memory->place);
}

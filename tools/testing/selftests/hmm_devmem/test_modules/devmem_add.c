// SPDX-License-Identifier: GPL-2.0-only
/*
 * Device memory that nobody uses, to see what adding it costs: with the helpers, or
 * by hand in a kernel that has none.
 *
 *   size: bytes to be added; 0 removes them
 */

#include <linux/device.h>
#include <linux/err.h>
#include <linux/ioport.h>
#include <linux/memremap.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

static struct device *device;

#ifdef CONFIG_HMM_DEVMEM
#include <linux/hmm_devmem.h>

static struct hmm_devmem *devmem;

static int no_copy(struct hmm_devmem *devmem,
		   const struct hmm_devmem_copy *pages, unsigned int nr,
		   enum hmm_devmem_direction to)
{
	return -EIO;
}

static const struct hmm_devmem_ops ops = { .copy = no_copy };

static int add(u64 size)
{
	devmem = hmm_devmem_add(&ops, device, size, NULL);
	return PTR_ERR_OR_ZERO(devmem);
}

static void remove_it(void)
{
	hmm_devmem_remove(devmem, HMM_DEVMEM_WAIT, NULL);
}
#else /* !CONFIG_HMM_DEVMEM */
static struct dev_pagemap pagemap;
static struct resource *res;

static void no_free(struct page *page)
{
}

static vm_fault_t no_fault(struct vm_fault *vmf)
{
	return VM_FAULT_SIGBUS;
}

static const struct dev_pagemap_ops ops = {
	.page_free = no_free,
	.migrate_to_ram = no_fault,
};

static int add(u64 size)
{
	void *addr;

	res = request_free_mem_region(&iomem_resource, size, "devmem_add");
	if (IS_ERR(res))
		return PTR_ERR(res);
	pagemap.type = MEMORY_DEVICE_PRIVATE;
	pagemap.range.start = res->start;
	pagemap.range.end = res->end;
	pagemap.nr_range = 1;
	pagemap.ops = &ops;
	pagemap.owner = &pagemap;
	addr = memremap_pages(&pagemap, NUMA_NO_NODE);
	if (IS_ERR(addr))
		release_mem_region(res->start, resource_size(res));
	return PTR_ERR_OR_ZERO(addr);
}

static void remove_it(void)
{
	memunmap_pages(&pagemap);
	release_mem_region(res->start, resource_size(res));
}
#endif /* CONFIG_HMM_DEVMEM */

/* Protected by the lock of the module's parameters */
static u64 added;

static int size_set(const char *val, const struct kernel_param *kp)
{
	u64 size;
	int ret;

	ret = kstrtou64(val, 0, &size);
	if (ret)
		return ret;
	if (added && size)
		return -EEXIST;
	if (size)
		ret = add(size);
	else if (added)
		remove_it();
	if (!ret)
		added = size;
	return ret;
}

static const struct kernel_param_ops size_ops = { .set = size_set };
module_param_cb(size, &size_ops, NULL, 0200);

static int __init devmem_add_init(void)
{
	device = root_device_register("devmem_add");
	return PTR_ERR_OR_ZERO(device);
}
module_init(devmem_add_init);

static void __exit devmem_add_exit(void)
{
	if (added)
		remove_it();
	root_device_unregister(device);
}
module_exit(devmem_add_exit);

MODULE_DESCRIPTION("Device memory that nobody uses, for tests");
MODULE_LICENSE("GPL");

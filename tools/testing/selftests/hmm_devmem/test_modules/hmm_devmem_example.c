// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver of a device with memory of its own: what Documentation/mm/hmm-devmem.rst
 * shows. A process that writes "<address> <size>" to /dev/hmm_devmem_example has
 * its memory there moved to the device's, and back as soon as a CPU touches it.
 */

#include <linux/device.h>
#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/hmm_devmem.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>

/* A real device has its memory elsewhere, and an engine that copies */
static void *memory;
static struct hmm_devmem *devmem;

static void *memory_of(const struct page *page)
{
	return memory + hmm_devmem_index(page) * PAGE_SIZE;
}

static int example_copy(struct hmm_devmem *devmem,
			const struct hmm_devmem_copy *pages, unsigned int nr,
			enum hmm_devmem_direction to)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (to == HMM_DEVMEM_TO_SYSTEM)
			memcpy_to_page(pages[i].dst, 0, memory_of(pages[i].src), PAGE_SIZE);
		else if (pages[i].src)
			memcpy_from_page(memory_of(pages[i].dst), pages[i].src, 0, PAGE_SIZE);
		else
			memset(memory_of(pages[i].dst), 0, PAGE_SIZE);
	}
	return 0;
}

static const struct hmm_devmem_ops example_ops = { .copy = example_copy };

static ssize_t example_write(struct file *file, const char __user *buffer,
			     size_t size, loff_t *pos)
{
	struct vm_area_struct *vma;
	unsigned long addr, len;
	char text[64] = "";
	long ret = -EFAULT;

	if (size >= sizeof(text) || copy_from_user(text, buffer, size))
		return -EINVAL;
	if (sscanf(text, "%li %li", &addr, &len) != 2)
		return -EINVAL;
	mmap_read_lock(current->mm);
	vma = vma_lookup(current->mm, addr);
	if (vma)
		ret = hmm_devmem_migrate_to_device(devmem, vma, addr, addr + len);
	mmap_read_unlock(current->mm);
	return ret < 0 ? ret : size;
}

static const struct file_operations example_fops = {
	.owner = THIS_MODULE,
	.write = example_write,
};

static struct miscdevice example_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "hmm_devmem_example",
	.fops = &example_fops,
};

/* A real driver gets its device from a bus */
static struct device *device;

static int __init example_init(void)
{
	int ret;

	device = root_device_register("hmm_devmem_example");
	if (IS_ERR(device))
		return PTR_ERR(device);
	devmem = hmm_devmem_add(&example_ops, device, SZ_64M, NULL);
	ret = PTR_ERR_OR_ZERO(devmem);
	if (ret)
		goto unregister_device;
	memory = vmalloc(devmem->nr_pages * PAGE_SIZE);
	ret = memory ? misc_register(&example_misc) : -ENOMEM;
	if (ret)
		goto remove_devmem;
	return 0;

remove_devmem:
	hmm_devmem_remove(devmem, HMM_DEVMEM_WAIT, NULL);
	vfree(memory);
unregister_device:
	root_device_unregister(device);
	return ret;
}
module_init(example_init);

static void __exit example_exit(void)
{
	misc_deregister(&example_misc);
	hmm_devmem_remove(devmem, HMM_DEVMEM_WAIT, NULL);
	vfree(memory);
	root_device_unregister(device);
}
module_exit(example_exit);

MODULE_DESCRIPTION("Example of a driver with device memory");
MODULE_LICENSE("GPL");

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device with memory that the CPU cannot address, made up: each page of it is some
 * page of the kernel's, which is allocated when something is copied to it. Processes
 * use it through /dev/hmm_devmem. It shows what a driver has to do, and lets tests
 * see that it is enough; see Documentation/mm/hmm-devmem.rst.
 *
 * The device reads and writes the memory of processes by their addresses. It keeps
 * no page tables of its own from one access to the next, as a real one would.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/hmm.h>
#include <linux/hmm_devmem.h>
#include <linux/ioport.h>
#include <linux/jiffies.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pagemap.h>
#include <linux/rmap.h>
#include <linux/rwsem.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>

#include "test_hmm_devmem_uapi.h"

static unsigned long size_mb = 64;
module_param(size_mb, ulong, 0400);
MODULE_PARM_DESC(size_mb, "Size of the device's memory in MiB, rounded up to whole sections; 0 for none at first");

static unsigned long coherent;
module_param(coherent, ulong, 0400);
MODULE_PARM_DESC(coherent, "Where there is memory that the kernel does not use: the CPU can address the device's memory, which is there");

static atomic_t fail_copies = ATOMIC_INIT(0);
module_param_named(fail_copies, fail_copies.counter, int, 0600);
MODULE_PARM_DESC(fail_copies, "So many of the next pages cannot be copied");

static bool hold_faults;
module_param(hold_faults, bool, 0600);
MODULE_PARM_DESC(hold_faults, "CPUs that touch the device's memory wait");

/* The device. Whoever uses its memory holds the lock for reading */
static struct {
	struct rw_semaphore lock;
	struct device *dev;
	struct hmm_devmem *devmem;
	struct page **memory;		/* by the index of the page */
	struct resource *res;		/* of coherent memory */
	struct xarray own;		/* pages of the device itself, index to order */
	atomic_long_t nr_behind;	/* pages of @memory */
	atomic_long_t copied_in, copied_out;
	atomic_long_t faults;
	atomic_long_t moves;
} device = {
	.lock = __RWSEM_INITIALIZER(device.lock),
	.own = XARRAY_INIT(device.own, 0),
};

/* A process that has opened the device */
struct process {
	struct mmu_interval_notifier notifier;
	struct mutex lock;		/* while it is held nothing of the process moves */
};

/*
 * What device memory asks of a driver
 */

/* The memory behind a page of the device's */
static struct page **memory_of(const struct page *page)
{
	return &device.memory[hmm_devmem_index(page)];
}

static int copy_in(const struct hmm_devmem_copy *copy)
{
	struct page **memory = memory_of(copy->dst);

	/* Tried for the second time, it may be there already */
	if (!*memory) {
		*memory = alloc_page(GFP_HIGHUSER | __GFP_NOWARN);
		if (!*memory)
			return -ENOMEM;
		atomic_long_inc(&device.nr_behind);
	}
	if (copy->src)
		copy_highpage(*memory, copy->src);
	else
		clear_highpage(*memory);
	atomic_long_inc(&device.copied_in);
	return 0;
}

static int copy_out(const struct hmm_devmem_copy *copy)
{
	copy_highpage(copy->dst, *memory_of(copy->src));
	atomic_long_inc(&device.copied_out);
	return 0;
}

static int test_copy(struct hmm_devmem *devmem,
		     const struct hmm_devmem_copy *pages, unsigned int nr,
		     enum hmm_devmem_direction to)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < nr; i++) {
		if (atomic_dec_if_positive(&fail_copies) >= 0)
			ret = -EIO;
		else
			ret = to == HMM_DEVMEM_TO_DEVICE ? copy_in(&pages[i]) :
							   copy_out(&pages[i]);
	}
	return ret;
}

static vm_fault_t test_fault(struct hmm_devmem *devmem, struct vm_fault *vmf)
{
	atomic_long_inc(&device.faults);
	while (READ_ONCE(hold_faults) && !fatal_signal_pending(current))
		schedule_timeout_uninterruptible(1);
	return hmm_devmem_fault(devmem, vmf);
}

static void test_free(struct hmm_devmem *devmem, struct page *page)
{
	struct page **memory = memory_of(page);

	if (!*memory)
		return;
	__free_page(*memory);
	*memory = NULL;
	atomic_long_dec(&device.nr_behind);
}

static void test_moved(struct hmm_devmem *devmem, unsigned long old_first_pfn)
{
	WARN_ON(hmm_devmem_first_pfn(devmem) == old_first_pfn);
	WARN_ON(atomic_long_read(&device.nr_behind));
	WARN_ON(hmm_devmem_alloc_pages(devmem, 0));
	atomic_long_inc(&device.moves);
}

static const struct hmm_devmem_ops test_ops = {
	.copy = test_copy,
	.fault = test_fault,
	.free = test_free,
	.moved = test_moved,
};

/* The CPU copies, finds the memory without a fault, and it never moves */
static const struct hmm_devmem_ops coherent_ops = {};

/*
 * Migration
 */

static long migrate_area(struct vm_area_struct *vma, unsigned long start,
			 unsigned long end, bool to_device)
{
	if (to_device)
		return hmm_devmem_migrate_to_device(device.devmem, vma, start,
						    end);
	return hmm_devmem_migrate_to_system(device.devmem, vma, start, end);
}

static long migrate(struct process *process, struct hmm_devmem_test_memory *cmd,
		    bool to_device)
{
	struct mm_struct *mm = process->notifier.mm;
	unsigned long addr = cmd->addr, end = cmd->addr + cmd->size;
	struct vm_area_struct *vma;
	long ret = 0;

	if (!PAGE_ALIGNED(cmd->addr | cmd->size) || end < addr)
		return -EINVAL;
	if (!mmget_not_zero(mm))
		return -ESRCH;
	cmd->done = 0;
	mmap_read_lock(mm);
	while (addr < end) {
		vma = vma_lookup(mm, addr);
		if (!vma) {
			ret = -EFAULT;
			break;
		}
		ret = migrate_area(vma, addr, min(end, vma->vm_end), to_device);
		if (ret < 0)
			break;
		cmd->done += ret;
		addr = vma->vm_end;
	}
	mmap_read_unlock(mm);
	mmput(mm);
	return min(ret, 0);
}

/*
 * Access by the device
 */

static bool invalidate(struct mmu_interval_notifier *notifier,
		       const struct mmu_notifier_range *range,
		       unsigned long cur_seq)
{
	struct process *process = container_of(notifier, struct process, notifier);

	if (mmu_notifier_range_blockable(range))
		mutex_lock(&process->lock);
	else if (!mutex_trylock(&process->lock))
		return false;
	mmu_interval_set_seq(notifier, cur_seq);
	mutex_unlock(&process->lock);
	return true;
}

static const struct mmu_interval_notifier_ops notifier_ops = {
	.invalidate = invalidate,
};

/* 0 with the lock held: @pfn is as it says until the lock is let go */
static int lock_pfn_at(struct process *process, struct hmm_range *range)
{
	struct mm_struct *mm = process->notifier.mm;
	int ret;

	while (true) {
		range->notifier_seq = mmu_interval_read_begin(range->notifier);
		mmap_read_lock(mm);
		ret = hmm_range_fault(range);
		mmap_read_unlock(mm);
		if (fatal_signal_pending(current))
			return -EINTR;
		if (ret == -EBUSY)
			continue;
		if (ret)
			return ret;
		mutex_lock(&process->lock);
		if (!mmu_interval_read_retry(range->notifier,
					     range->notifier_seq))
			return 0;
		mutex_unlock(&process->lock);
	}
}

/* Returns with the lock held, and the page that is at an address as long as it is */
static struct page *lock_page_at(struct process *process, unsigned long addr,
				 bool write)
{
	unsigned long pfn;
	struct hmm_range range = {
		.notifier = &process->notifier,
		.start = ALIGN_DOWN(addr, PAGE_SIZE),
		.end = ALIGN_DOWN(addr, PAGE_SIZE) + PAGE_SIZE,
		.hmm_pfns = &pfn,
		.default_flags = HMM_PFN_REQ_FAULT |
				 (write ? HMM_PFN_REQ_WRITE : 0),
		.dev_private_owner = device.devmem,
	};
	int ret;

	ret = lock_pfn_at(process, &range);
	/*
	 * A page of the device's own is found whether it may be written or not. If
	 * not, it is shared, or read-only: let the CPU's fault decide.
	 */
	if (!ret && write && !(pfn & HMM_PFN_WRITE)) {
		mutex_unlock(&process->lock);
		range.dev_private_owner = NULL;
		ret = lock_pfn_at(process, &range);
	}
	if (ret)
		return ERR_PTR(ret);
	return hmm_pfn_to_page(pfn);
}

static int access_page(struct process *process, unsigned long addr, void *buffer,
		       size_t size, bool write)
{
	struct page *page = lock_page_at(process, addr, write), *memory;

	if (IS_ERR(page))
		return PTR_ERR(page);
	memory = is_device_private_page(page) ? *memory_of(page) : page;
	if (write)
		memcpy_to_page(memory, offset_in_page(addr), buffer, size);
	else
		memcpy_from_page(buffer, memory, offset_in_page(addr), size);
	/* The CPU's page tables do not know of it */
	if (write)
		set_page_dirty(page);
	mutex_unlock(&process->lock);
	return 0;
}

static long access(struct process *process, struct hmm_devmem_test_memory *cmd,
		   bool write)
{
	void __user *from = u64_to_user_ptr(cmd->buffer);
	size_t done = 0, size;
	void *buffer;
	int ret = 0;

	if (cmd->addr + cmd->size < cmd->addr)
		return -EINVAL;
	if (!mmget_not_zero(process->notifier.mm))
		return -ESRCH;
	buffer = (void *)__get_free_page(GFP_KERNEL);
	if (!buffer)
		ret = -ENOMEM;
	for (; !ret && done < cmd->size; done += size) {
		const unsigned long addr = cmd->addr + done;

		size = min(cmd->size - done, PAGE_SIZE - offset_in_page(addr));
		if (write && copy_from_user(buffer, from + done, size))
			ret = -EFAULT;
		if (!ret)
			ret = access_page(process, addr, buffer, size, write);
		if (!ret && !write && copy_to_user(from + done, buffer, size))
			ret = -EFAULT;
	}
	free_page((unsigned long)buffer);
	mmput(process->notifier.mm);
	return ret;
}

static int add_exclusively(struct mm_struct *mm,
			   struct hmm_devmem_test_memory *cmd)
{
	const unsigned long start = ALIGN_DOWN(cmd->addr, PAGE_SIZE);
	struct page *page = NULL;
	u64 *word;
	int ret;

	mmap_read_lock(mm);
	ret = make_device_exclusive_range(mm, start, start + PAGE_SIZE, &page,
					  &device);
	mmap_read_unlock(mm);
	if (ret < 0)
		return ret;
	if (!page)
		return -EAGAIN;
	/* As long as the page is locked no CPU can have it back */
	word = kmap_local_page(page) + offset_in_page(cmd->addr);
	cmd->done = *word;
	*word += cmd->size;
	kunmap_local(word);
	unlock_page(page);
	put_page(page);
	return 0;
}

/* Somebody may have the page locked for a moment; or it is of a file, or a huge page's */
#define EXCLUSIVE_JIFFIES	(5 * HZ)

static long atomic_access(struct process *process, struct hmm_devmem_test_memory *cmd)
{
	const unsigned long end = jiffies + EXCLUSIVE_JIFFIES;
	struct mm_struct *mm = process->notifier.mm;
	int ret;

	if (!IS_ALIGNED(cmd->addr, sizeof(u64)))
		return -EINVAL;
	/* A coherent device has atomic operations; excluded pages could not be evicted */
	if (coherent)
		return -EOPNOTSUPP;
	if (!mmget_not_zero(mm))
		return -ESRCH;
	do {
		ret = fatal_signal_pending(current) ? -EINTR :
						      add_exclusively(mm, cmd);
		cond_resched();
	} while (ret == -EAGAIN && time_before(jiffies, end));
	mmput(mm);
	return ret == -EAGAIN ? -EBUSY : ret;
}

/*
 * The device's life
 */

static struct hmm_devmem *add_coherent(u64 size)
{
	struct hmm_devmem *devmem;

	device.res = request_mem_region(coherent, size, "hmm_devmem");
	if (!device.res)
		return ERR_PTR(-EBUSY);
	devmem = hmm_devmem_add_resource(&coherent_ops, device.dev, device.res);
	if (IS_ERR(devmem))
		release_mem_region(coherent, size);
	return devmem;
}

static struct hmm_devmem *add_private(const struct hmm_devmem_test_add *cmd)
{
	const struct hmm_devmem_constraints constraints = {
		.min = cmd->min,
		.max = cmd->max,
		.align = cmd->align,
		.bottom_up = cmd->bottom_up,
	};
	struct hmm_devmem *devmem;

	devmem = hmm_devmem_add(&test_ops, device.dev, cmd->size, &constraints);
	if (IS_ERR(devmem))
		return devmem;
	device.memory = kvcalloc(devmem->nr_pages, sizeof(*device.memory),
				 GFP_KERNEL);
	if (!device.memory) {
		hmm_devmem_remove(devmem, HMM_DEVMEM_WAIT, NULL);
		return ERR_PTR(-ENOMEM);
	}
	return devmem;
}

static int add(const struct hmm_devmem_test_add *cmd)
{
	struct hmm_devmem *devmem;

	if (device.devmem)
		return -EEXIST;
	devmem = coherent ? add_coherent(cmd->size) : add_private(cmd);
	if (IS_ERR(devmem))
		return PTR_ERR(devmem);
	device.devmem = devmem;
	return 0;
}

static int remove(unsigned int timeout_ms, struct hmm_devmem_users *users)
{
	int ret;

	if (!device.devmem)
		return -ENODEV;
	ret = hmm_devmem_remove(device.devmem, timeout_ms, users);
	if (ret)
		return ret;
	device.devmem = NULL;
	kvfree(device.memory);
	device.memory = NULL;
	if (coherent)
		release_mem_region(device.res->start, resource_size(device.res));
	WARN_ON(atomic_long_read(&device.nr_behind));
	return 0;
}

static int remove_for(struct hmm_devmem_test_remove *cmd)
{
	struct hmm_devmem_users users = {};
	const int ret = remove(cmd->timeout_ms, &users);

	cmd->nr_pages = users.nr_pages;
	cmd->first_pfn = users.first_pfn;
	cmd->pid = users.pid;
	strscpy_pad(cmd->comm, users.comm);
	return ret;
}

static int alloc_pages_for_device(struct hmm_devmem_test_pages *cmd)
{
	struct page *page = hmm_devmem_alloc_pages(device.devmem, cmd->order);
	int ret;

	if (!page)
		return -ENOSPC;
	cmd->index = hmm_devmem_index(page);
	ret = xa_err(xa_store(&device.own, cmd->index, xa_mk_value(cmd->order),
			      GFP_KERNEL));
	if (ret)
		hmm_devmem_free_pages(page, cmd->order);
	return ret;
}

static int free_pages_of_device(unsigned long index)
{
	/* Only one gets it */
	void *order = xa_erase(&device.own, index);

	if (!order)
		return -ENOENT;
	hmm_devmem_free_pages(pfn_to_page(hmm_devmem_first_pfn(device.devmem) +
					  index), xa_to_value(order));
	return 0;
}

static void get_state(struct hmm_devmem_test_state *state)
{
	*state = (struct hmm_devmem_test_state) {
		.copied_in = atomic_long_read(&device.copied_in),
		.copied_out = atomic_long_read(&device.copied_out),
		.faults = atomic_long_read(&device.faults),
		.moves = atomic_long_read(&device.moves),
	};
	if (device.devmem) {
		state->nr_pages = device.devmem->nr_pages;
		state->nr_used = hmm_devmem_nr_used(device.devmem);
		state->first_pfn = hmm_devmem_first_pfn(device.devmem);
	}
}

/*
 * The file
 */

union command {
	struct hmm_devmem_test_memory memory;
	struct hmm_devmem_test_add add;
	struct hmm_devmem_test_remove remove;
	struct hmm_devmem_test_pages pages;
	struct hmm_devmem_test_state state;
};

/* With the lock held for writing */
static long change(unsigned int number, union command *cmd)
{
	return number == HMM_DEVMEM_TEST_ADD ? add(&cmd->add) :
					       remove_for(&cmd->remove);
}

/* With the lock held for reading */
static long use(struct process *process, unsigned int number, union command *cmd)
{
	if (number == HMM_DEVMEM_TEST_STATE) {
		get_state(&cmd->state);
		return 0;
	}
	if (!device.devmem)
		return -ENODEV;
	switch (number) {
	case HMM_DEVMEM_TEST_TO_DEVICE:
		return migrate(process, &cmd->memory, true);
	case HMM_DEVMEM_TEST_TO_SYSTEM:
		return migrate(process, &cmd->memory, false);
	case HMM_DEVMEM_TEST_READ:
		return access(process, &cmd->memory, false);
	case HMM_DEVMEM_TEST_WRITE:
		return access(process, &cmd->memory, true);
	case HMM_DEVMEM_TEST_ATOMIC_ADD:
		return atomic_access(process, &cmd->memory);
	case HMM_DEVMEM_TEST_EVICT:
		return hmm_devmem_evict(device.devmem) ? -EBUSY : 0;
	case HMM_DEVMEM_TEST_ALLOC:
		return alloc_pages_for_device(&cmd->pages);
	case HMM_DEVMEM_TEST_FREE:
		return free_pages_of_device(cmd->pages.index);
	}
	return -ENOTTY;
}

static long test_ioctl(struct file *file, unsigned int number,
		       unsigned long arg)
{
	const size_t size = _IOC_SIZE(number);
	void __user *where = (void __user *)arg;
	union command cmd = {};
	long ret;

	if (size > sizeof(cmd))
		return -ENOTTY;
	if ((number & IOC_IN) && copy_from_user(&cmd, where, size))
		return -EFAULT;
	if (number == HMM_DEVMEM_TEST_ADD || number == HMM_DEVMEM_TEST_REMOVE) {
		guard(rwsem_write)(&device.lock);
		ret = change(number, &cmd);
	} else {
		guard(rwsem_read)(&device.lock);
		ret = use(file->private_data, number, &cmd);
	}
	/* Also what keeps the memory from being removed */
	if ((number & IOC_OUT) && copy_to_user(where, &cmd, size))
		return -EFAULT;
	return ret;
}

static int test_open(struct inode *inode, struct file *file)
{
	struct process *process = kzalloc(sizeof(*process), GFP_KERNEL);
	int ret;

	if (!process)
		return -ENOMEM;
	mutex_init(&process->lock);
	ret = mmu_interval_notifier_insert(&process->notifier, current->mm, 0,
					   ULONG_MAX & PAGE_MASK,
					   &notifier_ops);
	if (ret) {
		kfree(process);
		return ret;
	}
	file->private_data = process;
	return 0;
}

static int test_release(struct inode *inode, struct file *file)
{
	struct process *process = file->private_data;

	mmu_interval_notifier_remove(&process->notifier);
	kfree(process);
	return 0;
}

/* Anonymous memory: only such can move to the device */
static int test_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_SHARED)
		return -EINVAL;
	vma_set_anonymous(vma);
	return 0;
}

static const struct file_operations test_fops = {
	.owner = THIS_MODULE,
	.open = test_open,
	.release = test_release,
	.mmap = test_mmap,
	.unlocked_ioctl = test_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice test_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "hmm_devmem",
	.fops = &test_fops,
	.mode = 0600,
};

static int __init test_init(void)
{
	const struct hmm_devmem_test_add first = { .size = size_mb << 20 };
	int ret;

	device.dev = root_device_register("hmm_devmem");
	if (IS_ERR(device.dev))
		return PTR_ERR(device.dev);
	ret = size_mb ? add(&first) : 0;
	if (ret)
		goto unregister_device;
	/* From now on it may be opened */
	ret = misc_register(&test_misc);
	if (ret)
		goto remove_devmem;
	return 0;

remove_devmem:
	remove(HMM_DEVMEM_WAIT, NULL);
unregister_device:
	root_device_unregister(device.dev);
	return ret;
}
module_init(test_init);

/* Nobody has the file open, but processes may have memory on the device */
static void __exit test_exit(void)
{
	unsigned long index;
	void *order;

	misc_deregister(&test_misc);
	xa_for_each(&device.own, index, order)
		free_pages_of_device(index);
	remove(HMM_DEVMEM_WAIT, NULL);
	root_device_unregister(device.dev);
}
module_exit(test_exit);

MODULE_DESCRIPTION("Test driver of device memory");
MODULE_LICENSE("GPL");

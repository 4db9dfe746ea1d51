// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of devices: a driver adds it, and gets struct pages for it, so that memory
 * of processes can migrate to it and back. If the CPU cannot address the memory, it
 * is at physical addresses that nobody else has; else it is where it is.
 *
 * Adding finds the addresses and makes the pages (hmm_devmem/search.c, range.c);
 * then pages come into use and become free (pages.c, migrate.c), until all of them
 * are moved out (evict.c) and the memory is removed. If real memory wants the
 * addresses, free device memory gives them up (yield.c).
 */

#include <linux/device.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/ioport.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "hmm_devmem/internal.h"

static struct hmm_devmem *create(const struct hmm_devmem_ops *ops,
				 struct device *dev, u64 size)
{
	struct hmm_devmem *devmem;

	/* Bitmaps have no more */
	if (size >> PAGE_SHIFT > INT_MAX)
		return ERR_PTR(-EINVAL);
	devmem = kzalloc(sizeof(*devmem), GFP_KERNEL);
	if (!devmem)
		return ERR_PTR(-ENOMEM);
	devmem->nr_pages = size >> PAGE_SHIFT;
	devmem->used = kvcalloc(BITS_TO_LONGS(devmem->nr_pages), sizeof(long),
				GFP_KERNEL);
	if (!devmem->used) {
		kfree(devmem);
		return ERR_PTR(-ENOMEM);
	}
	devmem->dev = get_device(dev);
	devmem->ops = ops;
	spin_lock_init(&devmem->lock);
	init_waitqueue_head(&devmem->all_free);
	return devmem;
}

static void destroy(struct hmm_devmem *devmem)
{
	put_device(devmem->dev);
	kvfree(devmem->used);
	kfree(devmem);
}

/* Gives @devmem the range, or destroys it */
static struct hmm_devmem *with_range(struct hmm_devmem *devmem,
				     struct hmm_devmem_range *range)
{
	if (IS_ERR(range)) {
		destroy(devmem);
		return ERR_CAST(range);
	}
	hmm_devmem_range_use(devmem, range);
	return devmem;
}

/**
 * hmm_devmem_add() - add device memory that the CPU cannot address
 * @ops: what the driver does; @copy is needed
 * @dev: the device
 * @size: in bytes; rounded up to whole sections
 * @constraints: which physical addresses may stand for it; %NULL for any
 *
 * Addresses at which the firmware may still bring memory are taken last.
 *
 * Context: Process context, without mem_hotplug_lock.
 * Return: the device memory; -EINVAL for a size of 0 or of more than INT_MAX pages,
 * constraints that contradict themselves, or without @copy; -ERANGE if no addresses
 * that meet the constraints are free; -ENOMEM.
 */
struct hmm_devmem *
hmm_devmem_add(const struct hmm_devmem_ops *ops, struct device *dev, u64 size,
	       const struct hmm_devmem_constraints *constraints)
{
	const u64 section = (u64)PAGES_PER_SECTION << PAGE_SHIFT;
	struct hmm_devmem *devmem;

	if (!ops->copy || !size || size > U64_MAX - section)
		return ERR_PTR(-EINVAL);
	if (constraints && hmm_devmem_check_constraints(constraints))
		return ERR_PTR(-EINVAL);
	devmem = create(ops, dev, ALIGN(size, section));
	if (IS_ERR(devmem))
		return devmem;
	if (constraints)
		devmem->constraints = *constraints;
	guard(mutex)(&hmm_devmem_ranges_lock);
	return with_range(devmem,
			  hmm_devmem_range_find(devmem, HMM_DEVMEM_NOWHERE));
}
EXPORT_SYMBOL_GPL(hmm_devmem_add);

/**
 * hmm_devmem_add_resource() - add device memory that the CPU can address coherently
 * @ops: what the driver does; without @copy the CPU copies
 * @dev: the device
 * @res: where it is; claimed by the driver, and remains the driver's
 *
 * Context: Process context, without mem_hotplug_lock.
 * Return: the device memory; -EINVAL if its ends are not multiples of
 * memremap_compat_align(), or it cannot be mapped; -ENXIO if System RAM is there;
 * -EBUSY if other device memory is there; -ENOMEM.
 */
struct hmm_devmem *
hmm_devmem_add_resource(const struct hmm_devmem_ops *ops, struct device *dev,
			const struct resource *res)
{
	struct hmm_devmem *devmem = create(ops, dev, resource_size(res));

	if (IS_ERR(devmem))
		return devmem;
	devmem->coherent = true;
	guard(mutex)(&hmm_devmem_ranges_lock);
	return with_range(devmem, hmm_devmem_range_given(devmem, res));
}
EXPORT_SYMBOL_GPL(hmm_devmem_add_resource);

static void complain(struct hmm_devmem *devmem,
		     const struct hmm_devmem_users *users)
{
	if (users->pid)
		dev_warn(devmem->dev,
			 "%lu pages of device memory are in use, the first is pfn %#lx, some by %s (pid %d)\n",
			 users->nr_pages, users->first_pfn, users->comm,
			 users->pid);
	else
		dev_warn(devmem->dev,
			 "%lu pages of device memory are in use, the first is pfn %#lx\n",
			 users->nr_pages, users->first_pfn);
}

/* Not while it moves to other addresses */
static bool close(struct hmm_devmem *devmem)
{
	guard(mutex)(&hmm_devmem_ranges_lock);
	return hmm_devmem_close(devmem, false);
}

/* How often somebody hears of what keeps device memory that has to go */
#define COMPLAINT_MS	10000

static int evict(struct hmm_devmem *devmem, unsigned int timeout_ms,
		 struct hmm_devmem_users *users)
{
	const bool wait = timeout_ms == HMM_DEVMEM_WAIT;
	int ret;

	do {
		ret = hmm_devmem_evict_all(devmem, wait ? COMPLAINT_MS : timeout_ms,
					   !wait);
		if (!ret)
			return 0;
		hmm_devmem_find_users(devmem, users);
		complain(devmem, users);
		/* What has failed at once will not succeed at once */
		if (wait && ret == -ENOMEM)
			schedule_timeout_uninterruptible(HZ);
	} while (wait);
	return ret;
}

/**
 * hmm_devmem_remove() - remove device memory
 * @devmem: device memory; gone if 0 is returned
 * @timeout_ms: how long to try to move what is in use, in milliseconds;
 *		%HMM_DEVMEM_WAIT to try until it succeeds, saying now and then who
 *		uses the memory
 * @users: gets who still uses it if it cannot be removed; or %NULL
 *
 * No page can be allocated from the beginning on. If it is refused, which is logged
 * with who uses the memory, all is as before but for the pages that have moved. The
 * driver must not be in another function of this device memory's meanwhile, not in
 * this one either; the CPUs may touch pages.
 *
 * Context: Process context, without mmap locks and mem_hotplug_lock.
 * Return: 0; -EBUSY if pages are still in use when the time is over; -EINTR if the
 * process is being killed; -ENOMEM. With %HMM_DEVMEM_WAIT always 0.
 */
int hmm_devmem_remove(struct hmm_devmem *devmem, unsigned int timeout_ms,
		      struct hmm_devmem_users *users)
{
	struct hmm_devmem_users found = {};
	int ret = -EBUSY;

	if (close(devmem)) {
		ret = evict(devmem, timeout_ms, &found);
		if (!ret) {
			scoped_guard(mutex, &hmm_devmem_ranges_lock)
				hmm_devmem_range_remove(devmem->range);
			destroy(devmem);
			return 0;
		}
		hmm_devmem_open(devmem);
	}
	if (users)
		*users = found;
	return ret;
}
EXPORT_SYMBOL_GPL(hmm_devmem_remove);

/* The device goes, whatever is the matter */
static void devm_remove(void *devmem)
{
	WARN_ON(hmm_devmem_remove(devmem, HMM_DEVMEM_WAIT, NULL));
}

/**
 * devm_hmm_devmem_remove() - remove what devm_hmm_devmem_add() has added
 * @devmem: device memory; gone if 0 is returned
 * @timeout_ms: as for hmm_devmem_remove()
 * @users: likewise
 *
 * For a driver that does so before it is unbound, or first of all in its remove():
 * until it returns, pages may still be copied and freed. What the driver needs for
 * that and has allocated with devm after devm_hmm_devmem_add() is otherwise released
 * before the memory is removed. Not while the driver is being unbound elsewhere.
 *
 * Context: As hmm_devmem_remove().
 * Return: as hmm_devmem_remove().
 */
int devm_hmm_devmem_remove(struct hmm_devmem *devmem, unsigned int timeout_ms,
			   struct hmm_devmem_users *users)
{
	struct device *dev = devmem->dev;
	const int ret = hmm_devmem_remove(devmem, timeout_ms, users);

	if (!ret)
		devm_remove_action(dev, devm_remove, devmem);
	return ret;
}
EXPORT_SYMBOL_GPL(devm_hmm_devmem_remove);

static struct hmm_devmem *managed(struct hmm_devmem *devmem, struct device *dev)
{
	int ret;

	if (IS_ERR(devmem))
		return devmem;
	ret = devm_add_action_or_reset(dev, devm_remove, devmem);
	return ret ? ERR_PTR(ret) : devmem;
}

/**
 * devm_hmm_devmem_add() - add device memory until the driver is unbound
 * @ops: as for hmm_devmem_add()
 * @dev: likewise
 * @size: likewise
 * @constraints: likewise
 *
 * It is removed with the device: whoever uses it is moved, and while somebody cannot
 * be moved, removal waits, and says for whom.
 *
 * Context: Process context, without mem_hotplug_lock.
 * Return: as hmm_devmem_add().
 */
struct hmm_devmem *
devm_hmm_devmem_add(const struct hmm_devmem_ops *ops, struct device *dev,
		    u64 size, const struct hmm_devmem_constraints *constraints)
{
	return managed(hmm_devmem_add(ops, dev, size, constraints), dev);
}
EXPORT_SYMBOL_GPL(devm_hmm_devmem_add);

/**
 * devm_hmm_devmem_add_resource() - add device memory that the CPU can address until
 *				    the driver is unbound
 * @ops: as for hmm_devmem_add_resource()
 * @dev: likewise
 * @res: likewise
 *
 * It is removed as that of devm_hmm_devmem_add().
 *
 * Context: Process context, without mem_hotplug_lock.
 * Return: as hmm_devmem_add_resource().
 */
struct hmm_devmem *
devm_hmm_devmem_add_resource(const struct hmm_devmem_ops *ops,
			     struct device *dev, const struct resource *res)
{
	return managed(hmm_devmem_add_resource(ops, dev, res), dev);
}
EXPORT_SYMBOL_GPL(devm_hmm_devmem_add_resource);

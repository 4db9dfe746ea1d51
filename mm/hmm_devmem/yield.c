// SPDX-License-Identifier: GPL-2.0-only
/*
 * Real memory comes to addresses that stand for a device's memory. Those are as
 * good as any other, so that the device's memory makes room if no page of it is in
 * use: it gets other addresses first, and gives these up then.
 */

#include <linux/device.h>
#include <linux/memory_refusal.h>
#include <linux/overflow.h>
#include <linux/pfn.h>

#include "../memory_hotplug/internal.h"
#include "internal.h"

/* Not EEXIST, which ACPI takes for memory that the kernel has already */
static int refuse(struct hmm_devmem *devmem, struct mhp_refusal *refusal,
		  const char *why)
{
	const struct range *range = &devmem->range->pagemap.range;

	return mhp_refuse(refusal, MHP_REFUSED_CONFLICT, -EBUSY, range->start,
			  range_len(range), dev_name(devmem->dev),
			  "memory of the device %s has some of these addresses, %s",
			  dev_name(devmem->dev), why);
}

static int refuse_in_use(struct hmm_devmem *devmem,
			 struct mhp_refusal *refusal)
{
	struct hmm_devmem_users users;
	char why[64];

	hmm_devmem_find_users(devmem, &users);
	if (!users.nr_pages)
		return refuse(devmem, refusal,
			      "and its driver is just about to empty it");
	snprintf(why, sizeof(why), "and %lu of its pages are in use",
		 users.nr_pages);
	return refuse(devmem, refusal, why);
}

static int move(struct hmm_devmem *devmem, const struct range *wanted,
		struct mhp_refusal *refusal)
{
	struct hmm_devmem_range *old = devmem->range, *new;

	if (!old->res)
		return refuse(devmem, refusal, "at which the CPU finds it");
	if (!hmm_devmem_close(devmem, true))
		return refuse_in_use(devmem, refusal);
	new = hmm_devmem_range_find(devmem, *wanted);
	if (IS_ERR(new)) {
		hmm_devmem_open(devmem);
		return refuse(devmem, refusal, PTR_ERR(new) == -ERANGE ?
			      "and its driver wants no others that are free" :
			      "and there is no memory to let it have others");
	}
	dev_info(devmem->dev,
		 "device memory moves from [mem %#llx-%#llx] to [mem %#llx-%#llx]\n",
		 old->pagemap.range.start, old->pagemap.range.end,
		 new->pagemap.range.start, new->pagemap.range.end);
	hmm_devmem_range_use(devmem, new);
	if (devmem->ops->moved)
		devmem->ops->moved(devmem, PHYS_PFN(old->pagemap.range.start));
	hmm_devmem_range_remove(old);
	hmm_devmem_open(devmem);
	return 0;
}

static int move_all(const struct range *wanted, struct mhp_range_op *op)
{
	struct hmm_devmem *devmem;
	bool checked = false;
	unsigned long pfn;
	int ret = 0;

	/* What can move is made of whole sections */
	for (pfn = PHYS_PFN(wanted->start); !ret && pfn <= PHYS_PFN(wanted->end);
	     pfn += PAGES_PER_SECTION) {
		devmem = hmm_devmem_at(pfn);
		if (!devmem)
			continue;
		/* Nothing moves for what cannot come */
		if (!checked)
			ret = mhp_range_check_request(op);
		checked = true;
		if (!ret)
			ret = move(devmem, wanted, &op->t.refusal);
	}
	return ret;
}

/**
 * hmm_devmem_make_room() - make room for real memory
 * @op: the range that is to be added; is told why there is no room
 *
 * Until hmm_devmem_room_taken() is called, nobody gets any addresses for device
 * memory.
 *
 * Context: Process context, device_hotplug_lock held, mem_hotplug_lock not.
 * Return: 0 if no device memory of ours has any of the addresses now; -EBUSY; or what
 * mhp_range_check_request() returns, and nothing has moved.
 */
int hmm_devmem_make_room(struct mhp_range_op *op)
{
	struct range wanted = { .start = op->t.start };

	mutex_lock(&hmm_devmem_ranges_lock);
	/* What cannot be added, like sizes that make no sense, is refused elsewhere */
	if (!op->t.size ||
	    check_add_overflow(op->t.start, op->t.size - 1, &wanted.end) ||
	    wanted.end > mhp_get_pluggable_range(false).end)
		return 0;
	return move_all(&wanted, op);
}

/**
 * hmm_devmem_room_taken() - after hmm_devmem_make_room(), also if that has failed
 *
 * Context: Process context. The addresses are claimed, or it was given up.
 */
void hmm_devmem_room_taken(void)
{
	mutex_unlock(&hmm_devmem_ranges_lock);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why the last DLPAR request about memory was refused, for whoever sits at the
 * management console and sees no log of the partition: /sys/kernel/dlpar_refusal.
 *
 * A request is about many LMBs, and taken back as a whole if it cannot be done.
 * What counts is the first LMB that was refused.
 */

#include <linux/init.h>
#include <linux/kobject.h>
#include <linux/memory_client.h>
#include <linux/memory_refusal.h>
#include <linux/spinlock.h>
#include <linux/sysfs.h>

#include <asm/drmem.h>
#include <asm/fadump.h>
#include <asm/machdep.h>
#include <asm/rtas.h>

#include "dlpar_refusal.h"
#include "lmb_owner.h"

#define WHO	"/sys/kernel/dlpar"

/* Protected by device_hotplug_lock */
static struct mhp_refusal_log asked;
/* How many LMBs could not be put back to where they were */
static unsigned int unrestored;

/**
 * struct shown - what the file shows
 * @first: the first refusal; its error is 0 if there was none
 * @others: how many other LMBs were refused
 * @unrestored: how many LMBs are not as they were
 */
struct shown {
	struct mhp_refusal first;
	unsigned int others;
	unsigned int unrestored;
};

static struct shown last;
static DEFINE_SPINLOCK(last_lock);

static bool is_adding(const struct pseries_hp_errorlog *request)
{
	return request->action == PSERIES_HP_ELOG_ACTION_ADD;
}

static bool is_kept_for_dump(const struct drmem_lmb *lmb)
{
#ifdef CONFIG_FA_DUMP
	return is_fadump_memory_area(lmb->base_addr, drmem_lmb_size());
#else
	return false;
#endif
}

static bool is_fixed(const struct drmem_lmb *lmb)
{
	return lmb->flags & DRCONF_MEM_RESERVED || is_kept_for_dump(lmb);
}

static bool is_there(const struct drmem_lmb *lmb)
{
	return lmb->flags & DRCONF_MEM_ASSIGNED;
}

static void explain_count(const struct pseries_hp_errorlog *request, int error,
			  u32 wanted)
{
	const bool add = is_adding(request);
	struct drmem_lmb *lmb;
	u32 possible = 0;

	for_each_drmem_lmb(lmb)
		possible += !is_fixed(lmb) && is_there(lmb) != add;
	if (possible < wanted)
		mhp_refuse(&asked.first, MHP_REFUSED_ABSENT, error, 0, 0, WHO,
			   "%u LMBs are asked for, and of %u no more than %u can be %s",
			   wanted, drmem_info->n_lmbs, possible,
			   add ? "added" : "removed");
}

static void explain_lmb(const struct drmem_lmb *lmb, enum mhp_refusal_kind kind,
			int error, const char *why)
{
	mhp_refuse(&asked.first, kind, error, lmb->base_addr, drmem_lmb_size(),
		   WHO, "LMB %#x %s", lmb->drc_index, why);
}

static void explain_lmbs(const struct pseries_hp_errorlog *request, int error,
			 u32 index, u32 wanted)
{
	const struct drmem_lmb *end = drmem_info->lmbs + drmem_info->n_lmbs;
	const bool one = request->id_type == PSERIES_HP_ELOG_ID_DRC_INDEX;
	struct drmem_lmb *lmb;

	for_each_drmem_lmb(lmb) {
		if (lmb->drc_index == index)
			break;
	}
	if (wanted > end - lmb) {
		mhp_refuse(&asked.first, MHP_REFUSED_ABSENT, error, 0, 0, WHO,
			   "%u LMBs from %#x on are asked for, there are %td",
			   wanted, index, end - lmb);
		return;
	}
	for (end = lmb + wanted; lmb < end; lmb++) {
		if (is_fixed(lmb))
			explain_lmb(lmb, MHP_REFUSED_OWNED, error,
				    "is reserved, it neither comes nor goes");
		/* Several are asked for whether they are there or not */
		else if (one && is_adding(request) && is_there(lmb))
			explain_lmb(lmb, MHP_REFUSED_CONFLICT, error,
				    "is in the partition already");
		else if (one && !is_adding(request) && !is_there(lmb))
			explain_lmb(lmb, MHP_REFUSED_ABSENT, error,
				    "is not in the partition");
		else if (!is_adding(request) && is_there(lmb) && !lmb_has_block(lmb))
			explain_lmb(lmb, MHP_REFUSED_ABSENT, error,
				    "is not known to the kernel, was it booted with mem=?");
	}
}

/* Where the core refused nothing, the request was wrong or the firmware did not help */
static void explain(const struct pseries_hp_errorlog *request, int error)
{
	u32 wanted = 1;

	switch (request->id_type) {
	case PSERIES_HP_ELOG_ID_DRC_COUNT:
		wanted = be32_to_cpu(request->_drc_u.drc_count);
		explain_count(request, error, wanted);
		break;
	case PSERIES_HP_ELOG_ID_DRC_INDEX:
		explain_lmbs(request, error,
			     be32_to_cpu(request->_drc_u.drc_index), wanted);
		break;
	case PSERIES_HP_ELOG_ID_DRC_IC:
		wanted = be32_to_cpu(request->_drc_u.ic.count);
		explain_lmbs(request, error,
			     be32_to_cpu(request->_drc_u.ic.index), wanted);
		break;
	default:
		mhp_refuse(&asked.first, MHP_REFUSED_INPUT, error, 0, 0, WHO,
			   "LMBs are asked for in a way that the kernel does not know");
	}
	if (!wanted)
		mhp_refuse(&asked.first, MHP_REFUSED_INPUT, error, 0, 0, WHO,
			   "no LMB is asked for");
	mhp_refuse(&asked.first, MHP_REFUSED_ARCH, error, 0, 0, "firmware",
		   is_adding(request) ?
		   "the hypervisor does not give what is asked for, is it in the profile?" :
		   "see the kernel's log");
}

/**
 * dlpar_refusal_begin() - a request about memory begins
 *
 * Context: Process context, device_hotplug_lock held until dlpar_refusal_end().
 */
void dlpar_refusal_begin(void)
{
	unrestored = 0;
	mhp_refusal_log_start(&asked);
}

/**
 * dlpar_refusal_rollback() - the request has failed and takes back what it did
 *
 * What is refused from now on does not explain why it failed, and no signal stops it.
 *
 * Context: As dlpar_refusal_begin().
 */
void dlpar_refusal_rollback(void)
{
	memory_undo_begin();
	mhp_refusal_log_stop();
}

/**
 * dlpar_refusal_undone() - what the request did to an LMB has been taken back
 * @error: an errno if it could not be
 *
 * Context: As dlpar_refusal_begin().
 * Return: @error.
 */
int dlpar_refusal_undone(int error)
{
	unrestored += !!error;
	return error;
}

/**
 * dlpar_refusal_device_tree() - the request is done, and the device tree does not say so
 * @error: why
 *
 * Context: As dlpar_refusal_begin().
 */
void dlpar_refusal_device_tree(int error)
{
	/* If some LMB was refused, that did not stand in the way */
	asked.first = (struct mhp_refusal) {};
	mhp_refuse(&asked.first, MHP_REFUSED_NO_MEMORY, error, 0, 0, WHO,
		   "done, but the partition's device tree does not tell so");
}

/**
 * dlpar_refusal_end() - a request about memory is over
 * @request: the request
 * @error: what the requester gets, 0 or a negative errno
 *
 * Wakes those who poll the file, also after success.
 *
 * Context: As dlpar_refusal_begin().
 */
void dlpar_refusal_end(const struct pseries_hp_errorlog *request, int error)
{
	struct shown now = {};

	memory_undo_end();
	mhp_refusal_log_stop();
	if (error) {
		if (!asked.first.request)
			asked.first.request = is_adding(request) ? "add" : "remove";
		if (!asked.first.error)
			explain(request, error);
		now = (struct shown) {
			.first = asked.first,
			.others = asked.others,
			.unrestored = unrestored,
		};
	}
	spin_lock(&last_lock);
	last = now;
	spin_unlock(&last_lock);
	sysfs_notify(kernel_kobj, NULL, "dlpar_refusal");
}

static ssize_t dlpar_refusal_show(struct kobject *kobj,
				  struct kobj_attribute *attr, char *buf)
{
	struct shown copy;
	int len;

	spin_lock(&last_lock);
	copy = last;
	spin_unlock(&last_lock);
	if (!copy.first.error)
		return sysfs_emit(buf, "none\n");
	len = sysfs_emit(buf, "others=%u unrestored=%u ", copy.others,
			 copy.unrestored);
	len += mhp_refusal_print(&copy.first, buf + len, PAGE_SIZE - len);
	return len + sysfs_emit_at(buf, len, "\n");
}

/* It tells of addresses and of processes */
static struct kobj_attribute dlpar_refusal_attr =
	__ATTR(dlpar_refusal, 0400, dlpar_refusal_show, NULL);

static int __init dlpar_refusal_init(void)
{
	return sysfs_create_file(kernel_kobj, &dlpar_refusal_attr.attr);
}
machine_device_initcall(pseries, dlpar_refusal_init);

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Refusals: who refused a request, where and why, in words for whoever is at
 * the console. They are filled where the cause is known and published once the
 * transition is over: in the block's and in the root's refusal file, as a
 * tracepoint and as a line in the log.
 */

#define pr_fmt(fmt) "memory hotplug: " fmt

#include <linux/ctype.h>
#include <linux/memory.h>
#include <linux/memory_refusal.h>
#include <linux/memory_transition.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include <trace/events/memory_hotplug.h>

#include "internal.h"

static const char * const kind_names[] = {
	[MHP_REFUSED_NOT]	= "none",
	[MHP_REFUSED_INPUT]	= "input",
	[MHP_REFUSED_ALIGNMENT]	= "alignment",
	[MHP_REFUSED_ADDRESS]	= "address",
	[MHP_REFUSED_CONFLICT]	= "conflict",
	[MHP_REFUSED_ABSENT]	= "absent",
	[MHP_REFUSED_ONLINE]	= "online",
	[MHP_REFUSED_OWNED]	= "owned",
	[MHP_REFUSED_LOCKDOWN]	= "lockdown",
	[MHP_REFUSED_NODE]	= "node",
	[MHP_REFUSED_NO_MEMORY]	= "no-memory",
	[MHP_REFUSED_LEAF]	= "leaf",
	[MHP_REFUSED_ARCH]	= "arch",
	[MHP_REFUSED_HOLES]	= "holes",
	[MHP_REFUSED_ZONES]	= "zones",
	[MHP_REFUSED_POISON]	= "poison",
	[MHP_REFUSED_CLIENT]	= "client",
	[MHP_REFUSED_ISOLATION]	= "isolation",
	[MHP_REFUSED_UNMOVABLE]	= "unmovable",
	[MHP_REFUSED_SIGNAL]	= "signal",
	[MHP_REFUSED_TIMEOUT]	= "timeout",
	[MHP_REFUSED_STUCK]	= "stuck",
	[MHP_REFUSED_OFFLINE]	= "offline",
	[MHP_REFUSED_INJECTED]	= "injected",
};

static_assert(ARRAY_SIZE(kind_names) == MHP_REFUSED_KINDS);

static const char * const page_names[] = {
	[MHP_PAGE_NONE]		= "none",
	[MHP_PAGE_RESERVED]	= "reserved",
	[MHP_PAGE_CMA]		= "cma",
	[MHP_PAGE_SLAB]		= "slab",
	[MHP_PAGE_TABLE]	= "page-table",
	[MHP_PAGE_HUGETLB]	= "hugetlb",
	[MHP_PAGE_OFFLINE]	= "offline",
	[MHP_PAGE_POISON]	= "poison",
	[MHP_PAGE_DRIVER]	= "driver",
	[MHP_PAGE_PINNED]	= "pinned",
	[MHP_PAGE_BUSY]		= "busy",
	[MHP_PAGE_FIXED]	= "fixed",
	[MHP_PAGE_NO_TARGET]	= "no-target",
	[MHP_PAGE_ISOLATED]	= "isolated",
	[MHP_PAGE_ZONE_BORDER]	= "zone-border",
	[MHP_PAGE_STRADDLING]	= "straddling",
	[MHP_PAGE_FREE]		= "free",
	[MHP_PAGE_UNKNOWN]	= "unknown",
};

static_assert(ARRAY_SIZE(page_names) == MHP_PAGE_KINDS);

/* Protects what the files show: last_refusal and every block's refusal */
static DEFINE_SPINLOCK(shown_lock);
static struct mhp_refusal last_refusal;

const char *mhp_refusal_kind_name(enum mhp_refusal_kind kind)
{
	return kind < MHP_REFUSED_KINDS ? kind_names[kind] : "unknown";
}

const char *mhp_page_kind_name(enum mhp_page_kind kind)
{
	return kind < MHP_PAGE_KINDS ? page_names[kind] : "unknown";
}

/* What others give us to print stays in its line, and a name in its field */
void mhp_keep_to_one_line(char *text)
{
	for (; *text; text++) {
		if (iscntrl(*text))
			*text = ' ';
	}
}

static void keep_to_one_word(char *text)
{
	for (; *text; text++) {
		if (!isgraph(*text))
			*text = '_';
	}
}

/**
 * mhp_refuse() - say who refuses a request, where and why
 * @refusal: the refusal of the transition; nothing happens if it has a cause
 * @kind: the reason, for programs
 * @error: negative errno for the requester
 * @start: where, physical address in bytes
 * @size: size of the place in bytes, 0 if there is no place to name
 * @by: who refuses; cut after MHP_REFUSAL_BY_LEN - 1 bytes, and made one word
 * @why: the reason and the way out, a printf() format without a newline; cut
 *	 after MHP_REFUSAL_WHY_LEN - 1 bytes
 *
 * Context: Any; does not allocate.
 * Return: @error, so that a caller can return it.
 */
int mhp_refuse(struct mhp_refusal *refusal, enum mhp_refusal_kind kind,
	       int error, u64 start, u64 size, const char *by,
	       const char *why, ...)
{
	va_list args;

	if (refusal->error)
		return error;

	refusal->kind = kind;
	refusal->error = error;
	refusal->start = start;
	refusal->size = size;
	refusal->page = MHP_PAGE_NONE;
	strscpy(refusal->by, by);
	keep_to_one_word(refusal->by);
	va_start(args, why);
	vscnprintf(refusal->why, sizeof(refusal->why), why, args);
	va_end(args);
	mhp_keep_to_one_line(refusal->why);
	return error;
}
EXPORT_SYMBOL_GPL(mhp_refuse);

/**
 * mhp_refusal_publish() - let everybody see why a request failed
 * @refusal: the refusal
 * @mem: the block that was asked for, or NULL
 *
 * A block that cannot get memory to keep its refusal shows none; the root does.
 *
 * Context: Process context, may sleep.
 */
void mhp_refusal_publish(const struct mhp_refusal *refusal,
			 struct memory_block *mem)
{
	struct mhp_refusal *copy = NULL;

	if (mem) {
		copy = kmemdup(refusal, sizeof(*refusal),
			       GFP_KERNEL | __GFP_NOWARN);
		if (!copy)
			pr_warn_ratelimited("no memory to keep a refusal\n");
	}

	spin_lock(&shown_lock);
	last_refusal = *refusal;
	if (mem)
		swap(mem->refusal, copy);
	spin_unlock(&shown_lock);
	kfree(copy);

	mhp_refusal_log_note(refusal);
	trace_mhp_refusal(refusal);
	memory_refusal_uevent(refusal, mem);
	pr_info_ratelimited("%s of [mem %#010llx-%#010llx] refused (%d) by %s: %s\n",
			    refusal->request, refusal->start,
			    mhp_refusal_last(refusal), refusal->error, refusal->by, refusal->why);
}

/**
 * mhp_refusal_forget() - drop a block's refusal, it has succeeded since
 * @mem: the block
 *
 * Context: Any context that may take a spinlock.
 */
void mhp_refusal_forget(struct memory_block *mem)
{
	struct mhp_refusal *old = NULL;

	if (!READ_ONCE(mem->refusal))
		return;
	spin_lock(&shown_lock);
	swap(mem->refusal, old);
	spin_unlock(&shown_lock);
	kfree(old);
}

/**
 * mhp_refusal_release() - free a block's refusal with the block
 * @mem: the block; nobody else can reach it
 */
void mhp_refusal_release(struct memory_block *mem)
{
	kfree(mem->refusal);
}

/**
 * mhp_refusal_print() - print a refusal
 * @refusal: the refusal
 * @buf: where to
 * @size: room there
 *
 * Fields, in an order that does not change, without an end of the line; "why" is
 * the last and reaches to the end.
 *
 * Return: number of characters, without the NUL.
 */
int mhp_refusal_print(const struct mhp_refusal *refusal, char *buf, size_t size)
{
	return scnprintf(buf, size,
			 "error=%d request=%s reason=%s range=%#llx-%#llx by=%s page=%s why=%s",
			 refusal->error, refusal->request,
			 mhp_refusal_kind_name(refusal->kind), refusal->start,
			 mhp_refusal_last(refusal), refusal->by,
			 mhp_page_kind_name(refusal->page), refusal->why);
}

/**
 * mhp_refusal_show() - print the last refusal for sysfs
 * @mem: the block whose last refusal to print, or NULL for the system's
 * @buf: a sysfs buffer
 *
 * Context: May sleep; takes no hotplug lock.
 * Return: number of bytes written.
 */
ssize_t mhp_refusal_show(struct memory_block *mem, char *buf)
{
	struct mhp_refusal copy = {};
	int len;

	spin_lock(&shown_lock);
	if (!mem)
		copy = last_refusal;
	else if (mem->refusal)
		copy = *mem->refusal;
	spin_unlock(&shown_lock);
	if (!copy.error)
		return sysfs_emit(buf, "none\n");
	len = mhp_refusal_print(&copy, buf, PAGE_SIZE);
	return len + sysfs_emit_at(buf, len, "\n");
}

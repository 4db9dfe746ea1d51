// SPDX-License-Identifier: GPL-2.0-only
/*
 * How far a block has come on its way offline, what holds it up, and when it is
 * enough.
 *
 * A page that cannot be moved now may be let go at any moment, so evacuation
 * tries again. It ends with a signal, as it always has; after the time that the
 * user allows; and in a kernel thread, to which nobody can send a signal, after a
 * number of passes in which nothing could be moved. What was in the way then
 * becomes the reason.
 */

#define pr_fmt(fmt) "memory hotplug: " fmt

#include <linux/jiffies.h>
#include <linux/memory.h>
#include <linux/memory_refusal.h>
#include <linux/memory_transition.h>
#include <linux/pfn.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include <linux/sysfs.h>

#include "internal.h"

/* A kernel thread gives up after so many passes in a row that moved nothing */
#define MAX_IDLE_PASSES	100

/* Nobody tells when a page is let go: look again after this while */
#define IDLE_PAUSE_MS	10

/* What a page is, and who uses it, is looked at again after so many passes */
#define LOOK_AGAIN	16

/* For how long a block may go offline, in milliseconds; 0 for ever */
unsigned int mhp_offline_timeout_ms;

/*
 * The evacuation that is under way. mem_hotplug_lock allows for one only; the
 * lock here is for those who read the file of a block.
 */
static DEFINE_SPINLOCK(progress_lock);
static struct {
	struct memory_block *mem;
	unsigned long in_use;
	unsigned long evacuated;
	unsigned long passes;
	unsigned long idle_passes;
	unsigned long at_pfn;
	bool moved;
	u64 deadline;
	bool has_deadline;
	unsigned long logged_pfn;
	struct mhp_obstacle stuck;
} progress;

/**
 * mhp_progress_begin() - the evacuation of a block begins
 * @op: the block
 *
 * The clock starts here.
 */
void mhp_progress_begin(struct mhp_block_op *op)
{
	const unsigned int timeout = READ_ONCE(mhp_offline_timeout_ms);

	spin_lock(&progress_lock);
	memset(&progress, 0, sizeof(progress));
	progress.logged_pfn = ULONG_MAX;
	progress.mem = op->mem;
	progress.has_deadline = timeout;
	progress.deadline = get_jiffies_64() + msecs_to_jiffies(timeout);
	spin_unlock(&progress_lock);
}

/**
 * mhp_progress_end() - the evacuation is over, one way or the other
 */
void mhp_progress_end(void)
{
	spin_lock(&progress_lock);
	progress.mem = NULL;
	spin_unlock(&progress_lock);
}

/**
 * mhp_progress_add() - account what happened to pages of the block
 * @in_use: pages that were found in use, in the first pass
 * @evacuated: pages that are elsewhere now
 */
void mhp_progress_add(unsigned long in_use, unsigned long evacuated)
{
	spin_lock(&progress_lock);
	if (!progress.passes)
		progress.in_use += in_use;
	progress.evacuated += evacuated;
	progress.moved |= evacuated;
	spin_unlock(&progress_lock);
}

/**
 * mhp_progress_at() - a page is about to be moved
 * @pfn: its page frame; to be seen for as long as it waits for its lock
 */
void mhp_progress_at(unsigned long pfn)
{
	WRITE_ONCE(progress.at_pfn, pfn);
}

/**
 * mhp_progress_stuck() - a page could not be moved, the pass goes on
 * @stuck: what it is
 */
void mhp_progress_stuck(const struct mhp_obstacle *stuck)
{
	spin_lock(&progress_lock);
	progress.stuck = *stuck;
	spin_unlock(&progress_lock);
}

/**
 * mhp_progress_pass() - a pass over the block has ended
 * @stuck: what could not be moved; of kind MHP_PAGE_NONE if there is nothing
 *
 * The first time that a page stays over a whole pass a line in the log names it.
 */
void mhp_progress_pass(const struct mhp_obstacle *stuck)
{
	spin_lock(&progress_lock);
	progress.passes++;
	progress.idle_passes = progress.moved ? 0 : progress.idle_passes + 1;
	progress.moved = false;
	progress.stuck = *stuck;
	spin_unlock(&progress_lock);

	if (!stuck->kind || !progress.idle_passes ||
	    progress.logged_pfn == stuck->pfn)
		return;
	progress.logged_pfn = stuck->pfn;
	pr_info_ratelimited("%s is held up at %#llx: %s\n",
			    dev_name(&progress.mem->dev), PFN_PHYS(stuck->pfn),
			    stuck->what);
}

/**
 * mhp_progress_stuck_at() - is it the same page that held up the last pass?
 * @pfn: its page frame
 *
 * Return: what it is, or NULL if it was another, or if it is time to look again.
 */
const struct mhp_obstacle *mhp_progress_stuck_at(unsigned long pfn)
{
	const struct mhp_obstacle *stuck = &progress.stuck;

	if (!stuck->kind || pfn - stuck->pfn >= stuck->nr_pages ||
	    progress.passes % LOOK_AGAIN == 0)
		return NULL;
	return stuck;
}

/* Only the thread that evacuates changes what is looked at here */
static int give_up(struct mhp_block_op *op, enum mhp_refusal_kind kind,
		   int error, const char *why)
{
	struct mhp_refusal *refusal = &op->t.refusal;

	if (progress.stuck.kind)
		return mhp_refuse_obstacle(refusal, kind, error,
					   &progress.stuck, why);
	return mhp_refuse_walk(&op->t, kind, error, "%s", why);
}

/* Kernel threads and drivers have never heard of a time limit */
static int timeout_error(const struct mhp_block_op *op)
{
	if (current->flags & PF_KTHREAD || op->mem->hotplug.for_driver)
		return -EBUSY;
	return -ETIMEDOUT;
}

/* Nobody can send it a signal, or one has come and does not matter */
static bool is_deaf(void)
{
	return current->flags & PF_KTHREAD ||
	       (mhp_undoing() && signal_pending(current));
}

/**
 * mhp_progress_check() - is it enough?
 * @op: the block
 *
 * Return: 0 to go on; -EINTR; -EBUSY; -ETIMEDOUT if a process asked.
 */
int mhp_progress_check(struct mhp_block_op *op)
{
	char why[64];

	/* User space has come to rely on any signal, not just a fatal one */
	if (signal_pending(current) && !is_deaf()) {
		snprintf(why, sizeof(why), "a signal to %s (pid %d) ended it",
			 current->comm, task_pid_nr(current));
		return give_up(op, MHP_REFUSED_SIGNAL, -EINTR, why);
	}
	if (progress.has_deadline &&
	    time_after_eq64(get_jiffies_64(), progress.deadline))
		return give_up(op, MHP_REFUSED_TIMEOUT, timeout_error(op),
			       "hotplug/offline_timeout_ms is over");
	if (is_deaf() && progress.idle_passes >= MAX_IDLE_PASSES)
		return give_up(op, MHP_REFUSED_STUCK, -EBUSY,
			       "nothing could be moved any more");
	return 0;
}

/**
 * mhp_progress_wait() - wait before the next pass if the last moved nothing
 *
 * A signal ends it, unless what a request has done is taken back.
 */
void mhp_progress_wait(void)
{
	if (!progress.idle_passes)
		cond_resched();
	else if (is_deaf())
		schedule_timeout_uninterruptible(msecs_to_jiffies(IDLE_PAUSE_MS));
	else
		schedule_timeout_interruptible(msecs_to_jiffies(IDLE_PAUSE_MS));
}

/**
 * mhp_progress_show() - print how far a block has come
 * @mem: the block
 * @buf: a sysfs buffer
 *
 * Return: number of bytes written.
 */
ssize_t mhp_progress_show(struct memory_block *mem, char *buf)
{
	typeof(progress) now;
	ssize_t len;

	spin_lock(&progress_lock);
	now = progress;
	spin_unlock(&progress_lock);
	if (now.mem != mem)
		return sysfs_emit(buf, "idle\n");

	len = sysfs_emit(buf, "evacuated=%lu in-use=%lu passes=%lu at=%#llx ",
			 now.evacuated, now.in_use, now.passes,
			 PFN_PHYS(now.at_pfn));
	if (!now.stuck.kind)
		return len + sysfs_emit_at(buf, len, "page=none\n");
	return len + sysfs_emit_at(buf, len, "page=%s range=%#llx-%#llx why=%s\n",
				   mhp_page_kind_name(now.stuck.kind),
				   PFN_PHYS(now.stuck.pfn),
				   PFN_PHYS(now.stuck.pfn +
					    now.stuck.nr_pages) - 1,
				   now.stuck.what);
}

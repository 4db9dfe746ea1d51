// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is refused to somebody in the course of a larger request, over many places:
 * the first refusal, and how many there were besides.
 */

#include <linux/memory_refusal.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

#include "internal.h"

/* Protects active_log and what it points to */
static DEFINE_SPINLOCK(log_lock);
static struct mhp_refusal_log *active_log;

/**
 * mhp_refusal_log_start() - collect what is refused to this task from now on
 * @log: where
 *
 * Context: Process context, device_hotplug_lock held until mhp_refusal_log_stop().
 */
void mhp_refusal_log_start(struct mhp_refusal_log *log)
{
	*log = (struct mhp_refusal_log) { .task = current };
	spin_lock(&log_lock);
	active_log = log;
	spin_unlock(&log_lock);
}

/**
 * mhp_refusal_log_stop() - the request is over, or takes back what it has done
 *
 * Context: As mhp_refusal_log_start().
 */
void mhp_refusal_log_stop(void)
{
	spin_lock(&log_lock);
	active_log = NULL;
	spin_unlock(&log_lock);
}

/* Of what is published. The same place may be asked twice in a row and counts once */
void mhp_refusal_log_note(const struct mhp_refusal *refusal)
{
	struct mhp_refusal_log *log;

	spin_lock(&log_lock);
	log = active_log;
	if (log && log->task == current) {
		if (!log->first.error)
			log->first = *refusal;
		else if (refusal->start != log->last)
			log->others++;
		log->last = refusal->start;
	}
	spin_unlock(&log_lock);
}

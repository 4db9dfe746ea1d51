// SPDX-License-Identifier: GPL-2.0-only
/*
 * A transition walks a table of states, one step at a time, up or down. When a
 * step fails the walk turns round and takes back exactly the steps that were
 * done. The walk knows nothing of memory; the steps know nothing of each other.
 */

#include <linux/atomic.h>
#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "internal.h"

#define CREATE_TRACE_POINTS
#include <trace/events/memory_hotplug.h>

EXPORT_TRACEPOINT_SYMBOL_GPL(mhp_refusal);

const char *mhp_state_name(const struct mhp_table *table, unsigned int state)
{
	return state < table->nr_states ? table->steps[state].name : "unknown";
}

bool mhp_step_may_fail(const struct mhp_step *step, bool up)
{
	return up ? step->try_up : step->try_down;
}

/**
 * mhp_refuse_walk() - tell why a step of a walk fails
 * @t: the walk
 * @kind: the reason, for programs
 * @error: negative errno for the requester
 * @why: the reason and the way out, a printf() format
 *
 * For refusals by the core itself that concern all of the walk's memory.
 *
 * Return: @error.
 */
int mhp_refuse_walk(struct mhp_transition *t, enum mhp_refusal_kind kind,
		    int error, const char *why, ...)
{
	struct va_format vaf = { .fmt = why };
	va_list args;

	va_start(args, why);
	vaf.va = &args;
	mhp_refuse(&t->refusal, kind, error, t->start, t->size, "core", "%pV",
		   &vaf);
	va_end(args);
	return error;
}

#ifdef CONFIG_MEMORY_HOTPLUG_FAIL
/* The failure of a range is global: there is no place of its own for it yet */
atomic_t mhp_range_fail;

/*
 * An armed failure is one word, so that it is armed by a store and fires by a
 * compare-and-exchange; neither needs a lock that a walk holds.
 */
#define FAIL_STATE	GENMASK(7, 0)
#define FAIL_UP		BIT(8)
#define FAIL_ARMED	BIT(9)
#define FAIL_FIRED	BIT(10)
#define FAIL_ERRNO	GENMASK(27, 16)

static int find_state(const struct mhp_table *table, const char *name)
{
	unsigned int state;

	for (state = 0; state < table->nr_states; state++) {
		if (!strcmp(table->steps[state].name, name))
			return state;
	}
	return -EINVAL;
}

/**
 * mhp_fail_arm() - make the next walk fail at a step, once
 * @table: the table that is walked
 * @fail: where the walk looks whether it shall fail
 * @buf: "<state> up|down [errno]", or "none"; the errno may be negative or
 *	 positive and is EIO if left out
 *
 * Context: Any; does not wait for a walk under way.
 * Return: 0, or -EINVAL if @buf does not name a step that may fail.
 */
int mhp_fail_arm(const struct mhp_table *table, atomic_t *fail, const char *buf)
{
	char name[32], direction[8];
	int state, errnum = EIO, fields;
	bool up;

	if (sysfs_streq(buf, "none")) {
		atomic_set(fail, 0);
		return 0;
	}
	fields = sscanf(buf, "%31s %7s %d", name, direction, &errnum);
	if (fields < 2)
		return -EINVAL;
	state = find_state(table, name);
	if (state < 0)
		return state;
	up = !strcmp(direction, "up");
	if (!up && strcmp(direction, "down"))
		return -EINVAL;
	if (!mhp_step_may_fail(&table->steps[state], up))
		return -EINVAL;
	if (errnum < 0)
		errnum = -errnum;
	if (!errnum || errnum > FIELD_MAX(FAIL_ERRNO))
		return -EINVAL;

	atomic_set(fail, FAIL_ARMED | (up ? FAIL_UP : 0) |
		   FIELD_PREP(FAIL_STATE, state) |
		   FIELD_PREP(FAIL_ERRNO, errnum));
	return 0;
}

/**
 * mhp_fail_show() - tell which failure is armed and whether it has fired
 * @table: the table that is walked
 * @fail: the failure
 * @buf: a sysfs buffer
 *
 * Return: number of bytes written.
 */
ssize_t mhp_fail_show(const struct mhp_table *table, atomic_t *fail, char *buf)
{
	unsigned int word = atomic_read(fail);

	if (!word)
		return sysfs_emit(buf, "none\n");
	return sysfs_emit(buf, "%s %s -%lu %s\n",
			  mhp_state_name(table, FIELD_GET(FAIL_STATE, word)),
			  word & FAIL_UP ? "up" : "down",
			  FIELD_GET(FAIL_ERRNO, word),
			  word & FAIL_FIRED ? "fired" : "armed");
}

static int injected_failure(struct mhp_transition *t, unsigned int state,
			    bool up)
{
	unsigned int word, fired;
	int error;

	if (!t->fail)
		return 0;
	word = atomic_read(t->fail);
	if (!(word & FAIL_ARMED) || !!(word & FAIL_UP) != up ||
	    FIELD_GET(FAIL_STATE, word) != state)
		return 0;
	fired = (word & ~FAIL_ARMED) | FAIL_FIRED;
	if (atomic_cmpxchg(t->fail, word, fired) != word)
		return 0;

	error = -(int)FIELD_GET(FAIL_ERRNO, word);
	return mhp_refuse_walk(t, MHP_REFUSED_INJECTED, error,
			       "a test made %s %s fail",
			       t->table->steps[state].name, up ? "up" : "down");
}
#else
static int injected_failure(struct mhp_transition *t, unsigned int state,
			    bool up)
{
	return 0;
}
#endif /* CONFIG_MEMORY_HOTPLUG_FAIL */

static int run_step(struct mhp_transition *t, const struct mhp_step *step,
		    bool up)
{
	int ret = 0;

	if (mhp_step_may_fail(step, up)) {
		ret = injected_failure(t, step - t->table->steps, up);
		if (!ret)
			ret = up ? step->try_up(t) : step->try_down(t);
	} else if (up && step->up) {
		step->up(t);
	} else if (!up && step->down) {
		step->down(t);
	}
	return ret;
}

/* Take back what run_step(@step, @up) did */
static void undo_step(struct mhp_transition *t, const struct mhp_step *step,
		      bool up)
{
	void (*undo)(struct mhp_transition *t);

	if (up)
		undo = step->undo_up ?: step->down;
	else
		undo = step->undo_down ?: step->up;
	if (undo)
		undo(t);
}

static int traced_step(struct mhp_transition *t, const struct mhp_step *step,
		       bool up, bool undo)
{
	const bool traced = trace_mhp_step_enabled();
	ktime_t begin = 0;
	int ret = 0;

	if (traced)
		begin = ktime_get();
	if (undo)
		undo_step(t, step, up);
	else
		ret = run_step(t, step, up);
	if (traced)
		trace_mhp_step(t->table->name, step->name, up, undo, t->start,
			       t->size,
			       ktime_to_ns(ktime_sub(ktime_get(), begin)), ret);
	return ret;
}

static void set_state(struct mhp_transition *t, unsigned int state)
{
	t->state = state;
	if (t->shown)
		WRITE_ONCE(*t->shown, state);
}

/**
 * mhp_walk() - walk from the present state to another
 * @t: the transition; its table and state are set
 * @target: the state to reach
 *
 * Step s leads from state s - 1 to state s on the way up and back on the way
 * down. If a step fails, those that were done are undone, and the refusal says
 * why; a step that left no reason gets a general one.
 *
 * Context: May sleep; the locks that the steps want are held.
 * Return: 0, or the errno of the step that failed; then the state is what it
 * was before.
 */
int mhp_walk(struct mhp_transition *t, unsigned int target)
{
	const struct mhp_step *steps = t->table->steps;
	const unsigned int from = t->state;
	const bool up = target > from;
	const struct mhp_step *failed;
	int ret;

	while (t->state != target) {
		failed = &steps[up ? t->state + 1 : t->state];
		ret = traced_step(t, failed, up, false);
		if (ret)
			goto undo;
		set_state(t, up ? t->state + 1 : t->state - 1);
	}
	return 0;

undo:
	while (t->state != from) {
		const unsigned int step = up ? t->state : t->state + 1;

		traced_step(t, &steps[step], up, true);
		set_state(t, up ? t->state - 1 : t->state + 1);
	}
	if (!t->refusal.error)
		mhp_refuse_walk(t, ret == -ENOMEM ? MHP_REFUSED_NO_MEMORY :
						    MHP_REFUSED_ARCH,
				ret, "%s could not be %s", failed->name,
				up ? "reached" : "left");
	return ret;
}

static ssize_t table_show(const struct mhp_table *table, char *buf, ssize_t at)
{
	ssize_t len = 0;
	unsigned int i;

	for (i = 0; i < table->nr_states; i++) {
		const struct mhp_step *step = &table->steps[i];

		len += sysfs_emit_at(buf, at + len, "%s %u %s up %s down %s\n",
				     table->name, i, step->name,
				     mhp_step_may_fail(step, true) ?
				     "may-fail" : "cannot-fail",
				     mhp_step_may_fail(step, false) ?
				     "may-fail" : "cannot-fail");
	}
	return len;
}

/**
 * mhp_states_show() - list both tables
 * @buf: a sysfs buffer
 *
 * One line for each state, lowest first: table, number, name, and for each
 * direction whether the step may fail.
 *
 * Return: number of bytes written.
 */
ssize_t mhp_states_show(char *buf)
{
	ssize_t len = table_show(&mhp_range_table, buf, 0);

	return len + table_show(&mhp_block_table, buf, len);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A memory notifier of the older kind that refuses what it is told to.
 *
 * Parameters:
 *
 *   event:	prepare_online, going_online or going_offline: what it refuses
 *   error:	with which errno, a positive number; 0: it refuses nothing
 *   priority:	when it is called, see linux/memory.h
 *   seen:	the events so far, one a line; writing forgets them
 *   hold:	the event that it does not let go on until this is written again
 */

#include <linux/memory.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/wait.h>

#define MAX_SEEN	128

static const struct {
	unsigned long event;
	const char *name;
} names[] = {
	{ MEM_PREPARE_ONLINE,	"prepare_online" },
	{ MEM_FINISH_OFFLINE,	"finish_offline" },
	{ MEM_GOING_ONLINE,	"going_online" },
	{ MEM_CANCEL_ONLINE,	"cancel_online" },
	{ MEM_ONLINE,		"online" },
	{ MEM_GOING_OFFLINE,	"going_offline" },
	{ MEM_CANCEL_OFFLINE,	"cancel_offline" },
	{ MEM_OFFLINE,		"offline" },
};

static char event[16];
module_param_string(event, event, sizeof(event), 0600);

static unsigned int error;
module_param(error, uint, 0600);

static int priority;
module_param(priority, int, 0400);

static const char *seen[MAX_SEEN];
static unsigned int nr_seen;
static DEFINE_MUTEX(lock);

static char held[16];
static DEFINE_SPINLOCK(held_lock);
static DECLARE_WAIT_QUEUE_HEAD(let_go);

static const char *name_of(unsigned long what)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (names[i].event == what)
			return names[i].name;
	}
	return "unknown";
}

static bool is_held(const char *name)
{
	bool is;

	spin_lock(&held_lock);
	is = sysfs_streq(held, name);
	spin_unlock(&held_lock);
	return is;
}

static int refuse_event(struct notifier_block *nb, unsigned long what,
			void *data)
{
	const char *name = name_of(what);

	mutex_lock(&lock);
	if (nr_seen < MAX_SEEN)
		seen[nr_seen++] = name;
	mutex_unlock(&lock);
	if (wait_event_interruptible(let_go, !is_held(name)))
		return notifier_from_errno(-EINTR);
	/* What a shell writes may end in a newline */
	if (error && sysfs_streq(event, name))
		return notifier_from_errno(-error);
	return NOTIFY_OK;
}

static struct notifier_block notifier = {
	.notifier_call = refuse_event,
};

static int seen_get(char *buffer, const struct kernel_param *kp)
{
	int i, len = 0;

	mutex_lock(&lock);
	for (i = 0; i < nr_seen; i++)
		len += sysfs_emit_at(buffer, len, "%s\n", seen[i]);
	mutex_unlock(&lock);
	return len;
}

static int seen_set(const char *val, const struct kernel_param *kp)
{
	mutex_lock(&lock);
	nr_seen = 0;
	mutex_unlock(&lock);
	return 0;
}

static const struct kernel_param_ops seen_ops = {
	.get = seen_get,
	.set = seen_set,
};
module_param_cb(seen, &seen_ops, NULL, 0600);

static int hold_set(const char *val, const struct kernel_param *kp)
{
	ssize_t len;

	spin_lock(&held_lock);
	len = strscpy(held, val);
	spin_unlock(&held_lock);
	wake_up(&let_go);
	return len < 0 ? len : 0;
}

static int hold_get(char *buffer, const struct kernel_param *kp)
{
	int len;

	spin_lock(&held_lock);
	len = sysfs_emit(buffer, "%s\n", held);
	spin_unlock(&held_lock);
	return len;
}

static const struct kernel_param_ops hold_ops = {
	.get = hold_get,
	.set = hold_set,
};
module_param_cb(hold, &hold_ops, NULL, 0600);

static int __init mhp_notifier_init(void)
{
	notifier.priority = priority;
	return register_memory_notifier(&notifier);
}
module_init(mhp_notifier_init);

static void __exit mhp_notifier_exit(void)
{
	unregister_memory_notifier(&notifier);
}
module_exit(mhp_notifier_exit);

MODULE_DESCRIPTION("Memory notifier that refuses what it is told to, for tests");
MODULE_LICENSE("GPL");

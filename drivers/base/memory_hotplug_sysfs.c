// SPDX-License-Identifier: GPL-2.0-only
/*
 * The directories hotplug/ of /sys/devices/system/memory and of each memory
 * block: where a block is on its way, who refused what and why, what would keep
 * it from going offline. And the uevents that carry a refusal.
 *
 * No file of a block may wait for device_hotplug_lock, cpu_hotplug_lock or
 * mem_hotplug_lock: removing the block waits for its files under all of them.
 */

#define pr_fmt(fmt) "memory hotplug: " fmt

#include <linux/cleanup.h>
#include <linux/device.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/memory.h>
#include <linux/memory_refusal.h>
#include <linux/memory_transition.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "memory_block.h"

/* memoryN/hotplug/ */
static ssize_t block_step_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	const u8 state = READ_ONCE(to_memory_block(dev)->hotplug.state);

	return sysfs_emit(buf, "%s\n", mhp_state_name(&mhp_block_table, state));
}

static struct device_attribute dev_attr_block_step =
	__ATTR(state, 0444, block_step_show, NULL);

static ssize_t block_refusal_show(struct device *dev,
				  struct device_attribute *attr, char *buf)
{
	return mhp_refusal_show(to_memory_block(dev), buf);
}

/* Tells addresses and processes, like all that says why: not for everybody */
static struct device_attribute dev_attr_block_refusal =
	__ATTR(refusal, 0400, block_refusal_show, NULL);

#ifdef CONFIG_MEMORY_HOTREMOVE
static ssize_t block_progress_show(struct device *dev,
				   struct device_attribute *attr, char *buf)
{
	return mhp_progress_show(to_memory_block(dev), buf);
}

static struct device_attribute dev_attr_block_progress =
	__ATTR(progress, 0400, block_progress_show, NULL);

static ssize_t block_check_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	return mhp_check_show(to_memory_block(dev), buf);
}

static struct device_attribute dev_attr_block_check =
	__ATTR(check, 0400, block_check_show, NULL);
#endif /* CONFIG_MEMORY_HOTREMOVE */

#ifdef CONFIG_MEMORY_HOTPLUG_FAIL
static ssize_t block_fail_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	return mhp_fail_show(&mhp_block_table,
			     &to_memory_block(dev)->hotplug.fail, buf);
}

static ssize_t block_fail_store(struct device *dev,
				struct device_attribute *attr, const char *buf,
				size_t count)
{
	return mhp_fail_arm(&mhp_block_table,
			    &to_memory_block(dev)->hotplug.fail, buf) ?: count;
}

static struct device_attribute dev_attr_block_fail =
	__ATTR(fail, 0644, block_fail_show, block_fail_store);
#endif /* CONFIG_MEMORY_HOTPLUG_FAIL */

static struct attribute *block_hotplug_attrs[] = {
	&dev_attr_block_step.attr,
	&dev_attr_block_refusal.attr,
#ifdef CONFIG_MEMORY_HOTREMOVE
	&dev_attr_block_progress.attr,
	&dev_attr_block_check.attr,
#endif
#ifdef CONFIG_MEMORY_HOTPLUG_FAIL
	&dev_attr_block_fail.attr,
#endif
	NULL
};

const struct attribute_group memory_block_hotplug_group = {
	.name = "hotplug",
	.attrs = block_hotplug_attrs,
};

/* /sys/devices/system/memory/hotplug/ */
static ssize_t states_show(struct kobject *kobj, struct kobj_attribute *attr,
			   char *buf)
{
	return mhp_states_show(buf);
}

static struct kobj_attribute states_attr = __ATTR_RO(states);

static ssize_t refusal_show(struct kobject *kobj, struct kobj_attribute *attr,
			    char *buf)
{
	return mhp_refusal_show(NULL, buf);
}

static struct kobj_attribute refusal_attr = __ATTR_RO_MODE(refusal, 0400);

#ifdef CONFIG_MEMORY_HOTREMOVE
static ssize_t offline_timeout_ms_show(struct kobject *kobj,
				       struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(mhp_offline_timeout_ms));
}

static ssize_t offline_timeout_ms_store(struct kobject *kobj,
					struct kobj_attribute *attr,
					const char *buf, size_t count)
{
	unsigned int timeout;
	int ret = kstrtouint(buf, 0, &timeout);

	if (ret)
		return ret;
	WRITE_ONCE(mhp_offline_timeout_ms, timeout);
	return count;
}

static struct kobj_attribute offline_timeout_ms_attr =
	__ATTR_RW(offline_timeout_ms);
#endif /* CONFIG_MEMORY_HOTREMOVE */

#ifdef CONFIG_MEMORY_HOTPLUG_FAIL
static ssize_t fail_show(struct kobject *kobj, struct kobj_attribute *attr,
			 char *buf)
{
	return mhp_fail_show(&mhp_range_table, &mhp_range_fail, buf);
}

static ssize_t fail_store(struct kobject *kobj, struct kobj_attribute *attr,
			  const char *buf, size_t count)
{
	return mhp_fail_arm(&mhp_range_table, &mhp_range_fail, buf) ?: count;
}

static struct kobj_attribute fail_attr = __ATTR_RW(fail);
#endif /* CONFIG_MEMORY_HOTPLUG_FAIL */

static struct attribute *root_hotplug_attrs[] = {
	&states_attr.attr,
	&refusal_attr.attr,
#ifdef CONFIG_MEMORY_HOTREMOVE
	&offline_timeout_ms_attr.attr,
#endif
#ifdef CONFIG_MEMORY_HOTPLUG_FAIL
	&fail_attr.attr,
#endif
	NULL
};
ATTRIBUTE_GROUPS(root_hotplug);

/* It stays for as long as the kernel runs */
static void release_nothing(struct kobject *kobj)
{
}

static const struct kobj_type hotplug_ktype = {
	.release = release_nothing,
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = root_hotplug_groups,
};

static struct kobject hotplug_kobj;

/*
 * A kset of its own makes uevents come from hotplug/ with a subsystem of their
 * own: programs take what is on the memory bus for a memory block.
 */
static const struct kset_uevent_ops hotplug_uevent_ops;
static struct kset hotplug_kset = {
	.uevent_ops = &hotplug_uevent_ops,
};

/**
 * memory_hotplug_dir_init() - make /sys/devices/system/memory/hotplug
 * @root: the directory in which it appears
 *
 * Return: 0 or a negative errno.
 */
int __init memory_hotplug_dir_init(struct kobject *root)
{
	int ret;

	kset_init(&hotplug_kset);
	hotplug_kset.kobj.ktype = &hotplug_ktype;
	ret = kobject_set_name(&hotplug_kset.kobj, "memory_hotplug");
	if (ret)
		return ret;
	hotplug_kobj.kset = &hotplug_kset;
	return kobject_init_and_add(&hotplug_kobj, &hotplug_ktype, root,
				    "hotplug");
}

/* Longer than any refusal, and short enough for every listener */
#define REFUSAL_TEXT_LEN	768

/**
 * struct refusal_event - a uevent to be sent
 * @list: its place among those that wait
 * @mem: the block that it is about, with a reference, or NULL
 * @by: who refused
 * @text: the refusal as in the refusal files
 */
struct refusal_event {
	struct list_head list;
	struct memory_block *mem;
	char by[MHP_REFUSAL_BY_LEN + sizeof("MEMORY_REFUSED_BY=")];
	char text[REFUSAL_TEXT_LEN];
};

/* They wait until device_hotplug_lock is dropped, which protects this */
static LIST_HEAD(waiting_events);

/* Lets the uevent of a block's removal be the block's last one */
static DEFINE_MUTEX(removal_lock);

static void send_refusal(struct refusal_event *event)
{
	struct kobject *kobj = event->mem ? &event->mem->dev.kobj :
					    &hotplug_kobj;
	char *envp[3] = { event->text, event->by };
	int ret = 0;

	scoped_guard(mutex, &removal_lock)
		if (!event->mem || !event->mem->hotplug.leaving)
			ret = kobject_uevent_env(kobj, KOBJ_CHANGE, envp);
	if (ret)
		pr_warn_ratelimited("no uevent for a refusal (%d)\n", ret);
	if (event->mem)
		put_device(&event->mem->dev);
	kfree(event);
}

/**
 * memory_refusals_leave() - a block is about to be removed
 * @mem: the block; no uevent of a refusal comes from it any more
 */
void memory_refusals_leave(struct memory_block *mem)
{
	guard(mutex)(&removal_lock);
	mem->hotplug.leaving = true;
}

/**
 * memory_refusals_take() - take the refusals that nobody has been told of
 * @refusals: an empty list
 *
 * Context: device_hotplug_lock held.
 */
void memory_refusals_take(struct list_head *refusals)
{
	list_splice_init(&waiting_events, refusals);
}

/**
 * memory_refusals_send() - tell user space of refusals, and free them
 * @refusals: from memory_refusals_take()
 *
 * Context: Process context, may sleep; device_hotplug_lock has been dropped.
 */
void memory_refusals_send(struct list_head *refusals)
{
	struct refusal_event *event, *next;

	list_for_each_entry_safe(event, next, refusals, list)
		send_refusal(event);
}

/**
 * memory_refusal_uevent() - tell user space that a request was refused
 * @refusal: the refusal
 * @mem: the block that was asked for, or NULL; then device_hotplug_lock is held
 *
 * A caller who holds device_hotplug_lock sends it by dropping the lock.
 *
 * Context: Process context, may sleep.
 */
void memory_refusal_uevent(const struct mhp_refusal *refusal,
			   struct memory_block *mem)
{
	static const char name[] = "MEMORY_REFUSED=";
	struct refusal_event *event;

	event = kzalloc(sizeof(*event), GFP_KERNEL | __GFP_NOWARN);
	if (!event) {
		pr_warn_ratelimited("no memory for the uevent of a refusal\n");
		return;
	}
	event->mem = mem;
	if (mem)
		get_device(&mem->dev);
	snprintf(event->by, sizeof(event->by), "MEMORY_REFUSED_BY=%s",
		 refusal->by);
	strscpy(event->text, name);
	mhp_refusal_print(refusal, event->text + strlen(name),
			  sizeof(event->text) - strlen(name));
	if (device_hotplug_locked())
		list_add_tail(&event->list, &waiting_events);
	else
		send_refusal(event);
}

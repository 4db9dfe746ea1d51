// SPDX-License-Identifier: GPL-2.0-only
/*
 * Touches physical memory through the linear map, also where there may be none.
 *
 * Parameters:
 *
 *   mapped:	"<address> <size>" counts the pages that can be read; read the
 *		result from the same file: "<readable> <all>"
 *   watch:	"<address> <size> <address> <size>" has a thread on each CPU read
 *		both ranges over and over: the first stays, the second comes and
 *		goes meanwhile. Anything else ends it
 *   lost:	how many times a page of the first could not be read
 *   rounds:	how often all of them have read all
 */

#include <linux/cpu.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/percpu.h>
#include <linux/pfn.h>
#include <linux/sched.h>
#include <linux/sysfs.h>
#include <linux/uaccess.h>

static unsigned long readable, all;

static bool can_read(unsigned long long address)
{
	unsigned long word;

	return !copy_from_kernel_nofault(&word, __va(address), sizeof(word));
}

static int mapped_set(const char *val, const struct kernel_param *kp)
{
	unsigned long long start, size, at;

	if (sscanf(val, "%lli %lli", &start, &size) != 2)
		return -EINVAL;
	readable = 0;
	all = 0;
	for (at = start; at < start + size; at += PAGE_SIZE) {
		readable += can_read(at);
		all++;
		cond_resched();
	}
	return 0;
}

static int mapped_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%lu %lu\n", readable, all);
}

static const struct kernel_param_ops mapped_ops = {
	.set = mapped_set,
	.get = mapped_get,
};
module_param_cb(mapped, &mapped_ops, NULL, 0600);

static unsigned long long stays, stays_size, comes, comes_size;
static atomic_long_t nr_lost, nr_rounds;
static DEFINE_PER_CPU(struct task_struct *, watcher);

static int watch(void *unused)
{
	unsigned long long at;

	while (!kthread_should_stop()) {
		for (at = 0; at < stays_size; at += PAGE_SIZE) {
			if (!can_read(stays + at))
				atomic_long_inc(&nr_lost);
		}
		for (at = 0; at < comes_size; at += PAGE_SIZE)
			can_read(comes + at);
		atomic_long_inc(&nr_rounds);
		cond_resched();
	}
	return 0;
}

static void stop_watching(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		if (per_cpu(watcher, cpu))
			kthread_stop(per_cpu(watcher, cpu));
		per_cpu(watcher, cpu) = NULL;
	}
}

static int start_watching(void)
{
	struct task_struct *task;
	unsigned int cpu;

	atomic_long_set(&nr_lost, 0);
	atomic_long_set(&nr_rounds, 0);
	for_each_online_cpu(cpu) {
		task = kthread_create_on_cpu(watch, NULL, cpu, "mhp_touch/%u");
		if (IS_ERR(task)) {
			stop_watching();
			return PTR_ERR(task);
		}
		per_cpu(watcher, cpu) = task;
		wake_up_process(task);
	}
	return 0;
}

static int watch_set(const char *val, const struct kernel_param *kp)
{
	stop_watching();
	if (sscanf(val, "%lli %lli %lli %lli", &stays, &stays_size, &comes,
		   &comes_size) != 4)
		return 0;
	return start_watching();
}

static const struct kernel_param_ops watch_ops = { .set = watch_set };
module_param_cb(watch, &watch_ops, NULL, 0200);

static int long_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%ld\n",
			  atomic_long_read((atomic_long_t *)kp->arg));
}

static const struct kernel_param_ops long_ops = { .get = long_get };
module_param_cb(lost, &long_ops, &nr_lost, 0400);
module_param_cb(rounds, &long_ops, &nr_rounds, 0400);

static int __init touch_init(void)
{
	return 0;
}
module_init(touch_init);

static void __exit touch_exit(void)
{
	stop_watching();
}
module_exit(touch_exit);

MODULE_DESCRIPTION("Reads memory that may not be mapped, for tests");
MODULE_LICENSE("GPL");

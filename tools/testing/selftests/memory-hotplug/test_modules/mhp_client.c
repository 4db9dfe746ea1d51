// SPDX-License-Identifier: GPL-2.0-only
/*
 * A client of memory hotplug that keeps book of what it is told.
 *
 * The parameter "outstanding" shows, in memory blocks, what the events seen so
 * far add up to. A transition that failed leaves all of it as it was: each event
 * has been taken back by the one that cancels it.
 */

#include <linux/memory.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/notifier.h>
#include <linux/spinlock.h>
#include <linux/sysfs.h>

/* What a client believes about memory, each on until the contrary is heard */
enum belief {
	ACCESSIBLE,	/* PREPARE_ONLINE until FINISH_OFFLINE */
	EXPECTED,	/* GOING_ONLINE until CANCEL_ONLINE or OFFLINE */
	IN_USE,		/* ONLINE until OFFLINE */
	LEAVING,	/* GOING_OFFLINE until CANCEL_OFFLINE or OFFLINE */
	BELIEFS
};

static const char * const belief_names[] = {
	[ACCESSIBLE]	= "accessible",
	[EXPECTED]	= "expected",
	[IN_USE]	= "in-use",
	[LEAVING]	= "leaving",
};

static long blocks[BELIEFS];
static DEFINE_SPINLOCK(lock);

static int believe(struct notifier_block *nb, unsigned long event, void *data)
{
	spin_lock(&lock);
	switch (event) {
	case MEM_PREPARE_ONLINE:
		blocks[ACCESSIBLE]++;
		break;
	case MEM_FINISH_OFFLINE:
		blocks[ACCESSIBLE]--;
		break;
	case MEM_GOING_ONLINE:
		blocks[EXPECTED]++;
		break;
	case MEM_CANCEL_ONLINE:
		blocks[EXPECTED]--;
		break;
	case MEM_ONLINE:
		blocks[IN_USE]++;
		break;
	case MEM_GOING_OFFLINE:
		blocks[LEAVING]++;
		break;
	case MEM_CANCEL_OFFLINE:
		blocks[LEAVING]--;
		break;
	case MEM_OFFLINE:
		blocks[EXPECTED]--;
		blocks[IN_USE]--;
		blocks[LEAVING]--;
		break;
	}
	spin_unlock(&lock);
	return NOTIFY_OK;
}

static struct notifier_block client = {
	.notifier_call = believe,
};

static int outstanding_get(char *buffer, const struct kernel_param *kp)
{
	int i, len = 0;

	spin_lock(&lock);
	for (i = 0; i < BELIEFS; i++)
		len += sysfs_emit_at(buffer, len, "%s%s=%ld", i ? " " : "",
				     belief_names[i], blocks[i]);
	spin_unlock(&lock);
	return len + sysfs_emit_at(buffer, len, "\n");
}

static const struct kernel_param_ops outstanding_ops = {
	.get = outstanding_get,
};
module_param_cb(outstanding, &outstanding_ops, NULL, 0444);

static int __init client_init(void)
{
	return register_memory_notifier(&client);
}
module_init(client_init);

static void __exit client_exit(void)
{
	unregister_memory_notifier(&client);
}
module_exit(client_exit);

MODULE_DESCRIPTION("Client of memory hotplug that keeps book of its events");
MODULE_LICENSE("GPL");

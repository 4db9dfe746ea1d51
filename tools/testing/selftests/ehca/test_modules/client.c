// SPDX-License-Identifier: GPL-2.0-only
/*
 * The adapter comes and goes, and what tests write and read, in
 * /sys/kernel/debug/ehca_traffic:
 *
 *   hold:	a user of that name, who has a protection domain and does nothing
 *   release:	it goes; "all": all of them
 *   place:	"<address> <size>": buffers are there from now on; "0 0": anywhere
 *   run:	rc, uc, ud, violations, retries, states, completions or port, once; or
 *		stream, until a signal
 *   result:	"transfers <n> bytes <n>" so far, and after a newline what was not as
 *		it has to be, the first of it since the last run began
 *   events:	"<n> <what>", a line for each kind, since the adapter came
 *
 * A write takes as long as it takes; a signal ends it, and so does the adapter's
 * going.
 */

#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "traffic.h"

/* What is run uses the adapter; one at a time. Outside of adapter_lock. */
static DEFINE_MUTEX(run_lock);
/* Protects the adapter and the users who hold it */
static DEFINE_MUTEX(adapter_lock);
static struct ib_device *the_device;
static bool device_goes;

/* Protects what follows */
static DEFINE_SPINLOCK(result_lock);
static char doing[64], complaint[200];
static u64 nr_transfers, nr_bytes;

static DECLARE_WAIT_QUEUE_HEAD(news);
static struct dentry *dir;

/**
 * now() - tell what is done, for complaints about it
 * @fmt: what
 */
void now(const char *fmt, ...)
{
	va_list args;

	spin_lock_irq(&result_lock);
	va_start(args, fmt);
	vscnprintf(doing, sizeof(doing), fmt, args);
	va_end(args);
	spin_unlock_irq(&result_lock);
}

/**
 * complain() - describe what is not as it has to be
 * @fmt: how
 *
 * Context: Any.
 * Return: -EPROTO.
 */
int complain(const char *fmt, ...)
{
	unsigned long flags;
	va_list args;
	int len;

	spin_lock_irqsave(&result_lock, flags);
	if (!*complaint) {
		len = scnprintf(complaint, sizeof(complaint), "%s: ", doing);
		va_start(args, fmt);
		vscnprintf(complaint + len, sizeof(complaint) - len, fmt, args);
		va_end(args);
	}
	spin_unlock_irqrestore(&result_lock, flags);
	return -EPROTO;
}

/**
 * transfers_count() - note that data has arrived as it has to be
 * @bytes: how much
 */
void transfers_count(u64 bytes)
{
	spin_lock_irq(&result_lock);
	nr_transfers++;
	nr_bytes += bytes;
	spin_unlock_irq(&result_lock);
}

bool has_to_end(void)
{
	return READ_ONCE(device_goes);
}

void wake_up_all_waiting(void)
{
	wake_up_all(&news);
}

/**
 * wait_for_news() - wait until something is so
 * @flag: what; who sets it calls wake_up_all_waiting()
 *
 * A signal ends it, and so does the adapter's going.
 *
 * Return: 0, -EINTR, or -ESHUTDOWN if the adapter goes.
 */
int wait_for_news(const bool *flag)
{
	const int ret = wait_event_interruptible(news, READ_ONCE(*flag) ||
						 has_to_end());

	if (ret)
		return -EINTR;
	return READ_ONCE(*flag) ? 0 : -ESHUTDOWN;
}

static int hold(char *name)
{
	int ret = -ENODEV;

	mutex_lock(&adapter_lock);
	if (the_device && !device_goes)
		ret = users_add(the_device, name);
	mutex_unlock(&adapter_lock);
	return ret;
}

static int release(char *name)
{
	int ret = 0;

	mutex_lock(&adapter_lock);
	if (!strcmp(name, "all"))
		users_remove_all();
	else
		ret = users_remove(name);
	mutex_unlock(&adapter_lock);
	return ret;
}

static int place(char *text)
{
	u64 start, size;
	int ret;

	if (sscanf(text, "%lli %lli", &start, &size) != 2)
		return -EINVAL;
	mutex_lock(&run_lock);
	ret = buffers_place(start, size);
	mutex_unlock(&run_lock);
	return ret;
}

static const struct {
	const char *name;
	int (*function)(struct ib_device *device);
} runs[] = {
	{ "rc", run_rc },
	{ "uc", run_uc },
	{ "ud", run_ud },
	{ "stream", run_stream },
	{ "violations", run_violations },
	{ "retries", run_retries },
	{ "states", run_states },
	{ "completions", run_completions },
	{ "port", run_port },
};

static int run(char *name)
{
	int ret = -ENODEV;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(runs) && strcmp(runs[i].name, name); i++)
		;
	if (i == ARRAY_SIZE(runs))
		return -EINVAL;
	if (mutex_lock_interruptible(&run_lock))
		return -EINTR;
	spin_lock_irq(&result_lock);
	*complaint = '\0';
	spin_unlock_irq(&result_lock);
	now("%s", name);
	/* Who takes the adapter away waits for run_lock */
	if (the_device && !has_to_end())
		ret = runs[i].function(the_device);
	if (ret)
		complain("%pe", ERR_PTR(ret));
	mutex_unlock(&run_lock);
	return ret;
}

static void show_result(struct seq_file *m)
{
	spin_lock_irq(&result_lock);
	seq_printf(m, "transfers %llu bytes %llu\n%s", nr_transfers, nr_bytes,
		   complaint);
	spin_unlock_irq(&result_lock);
}

/**
 * struct file_kind - a file of ours
 * @name: its name
 * @write: what happens to what is written; 0, or a negative errno
 * @show: what is read
 */
struct file_kind {
	const char *name;
	int (*write)(char *line);
	void (*show)(struct seq_file *m);
};

static const struct file_kind kinds[] = {
	{ "hold", hold, NULL },
	{ "release", release, NULL },
	{ "place", place, NULL },
	{ "run", run, NULL },
	{ "result", NULL, show_result },
	{ "events", NULL, events_show },
};

static int file_show(struct seq_file *m, void *unused)
{
	const struct file_kind *kind = m->private;

	if (!kind->show)
		return -EINVAL;
	kind->show(m);
	return 0;
}

static int file_open(struct inode *inode, struct file *file)
{
	return single_open(file, file_show, inode->i_private);
}

static ssize_t file_write(struct file *file, const char __user *buf, size_t len,
			  loff_t *pos)
{
	const struct file_kind *kind = file_inode(file)->i_private;
	char *line;
	int ret;

	if (!kind->write || len > PAGE_SIZE)
		return -EINVAL;
	line = memdup_user_nul(buf, len);
	if (IS_ERR(line))
		return PTR_ERR(line);
	ret = kind->write(strim(line));
	kfree(line);
	return ret ?: len;
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.open = file_open,
	.read = seq_read,
	.write = file_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static int add_device(struct ib_device *device)
{
	int ret = -EOPNOTSUPP;

	mutex_lock(&adapter_lock);
	if (!the_device && device->phys_port_cnt >= 2) {
		device_goes = false;
		the_device = device;
		events_listen(device);
		ret = 0;
	}
	mutex_unlock(&adapter_lock);
	return ret;
}

static void remove_device(struct ib_device *device, void *data)
{
	mutex_lock(&adapter_lock);
	WRITE_ONCE(device_goes, true);
	users_remove_all();
	mutex_unlock(&adapter_lock);
	wake_up_all_waiting();
	mutex_lock(&run_lock);
	events_ignore();
	mutex_lock(&adapter_lock);
	the_device = NULL;
	mutex_unlock(&adapter_lock);
	mutex_unlock(&run_lock);
}

static struct ib_client client = {
	.name = "ehca_traffic",
	.add = add_device,
	.remove = remove_device,
};

static int __init traffic_init(void)
{
	unsigned int i;
	int ret;

	ret = ib_register_client(&client);
	if (ret)
		return ret;
	dir = debugfs_create_dir("ehca_traffic", NULL);
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		debugfs_create_file(kinds[i].name, 0600, dir, (void *)&kinds[i],
				    &operations);
	return 0;
}
module_init(traffic_init);

static void __exit traffic_exit(void)
{
	debugfs_remove(dir);
	ib_unregister_client(&client);
}
module_exit(traffic_exit);

MODULE_DESCRIPTION("User of an InfiniBand adapter whose traffic is checked, for tests");
MODULE_LICENSE("GPL");

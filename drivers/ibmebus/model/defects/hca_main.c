// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver of eHCA that has defects, in /sys/kernel/debug/ebus_hca_defects/defects,
 * which is used as the file of the driver of eHEA is, see main.c.
 */

#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <asm/ibmebus.h>

#include "hca_defects.h"

#define LINE_LEN	64

static const struct hca_defect * const all[] = {
	hca_memory_defects, hca_entry_defects, hca_call_defects, hca_qp_defects,
};

/* There is one adapter at most */
static u64 adapter;
static struct dentry *dir;

/* Protects what has been kept of a defect, and the adapter while one is committed */
static DEFINE_MUTEX(lock);
static struct hca_rig *kept;

static const struct hca_defect *find(const char *name)
{
	const struct hca_defect *defect;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(all); i++) {
		for (defect = all[i]; defect->name; defect++) {
			if (!strcmp(defect->name, name))
				return defect;
		}
	}
	return NULL;
}

static void drop_kept(void)
{
	lockdep_assert_held(&lock);
	hca_rig_destroy(kept);
	kept = NULL;
}

/* A call must not do what it is for */
static int try(const struct hca_defect *defect, struct hca_rig *rig)
{
	long rc;

	if (!defect->call)
		return defect->commit(rig);
	rc = hca_rig_call(defect->call(rig));
	return rc == H_SUCCESS || rc == H_PAGE_REGISTERED ? -EPROTO : 0;
}

static int commit(const struct hca_defect *defect, u64 address)
{
	struct hca_rig *rig;
	int ret;

	lockdep_assert_held(&lock);
	drop_kept();
	rig = hca_rig_create(adapter, address);
	if (IS_ERR(rig))
		return PTR_ERR(rig);
	ret = try(defect, rig);
	if (defect->stays && !ret)
		kept = rig;
	else
		hca_rig_destroy(rig);
	return ret;
}

static ssize_t write(struct file *file, const char __user *buf, size_t len,
		     loff_t *pos)
{
	char line[LINE_LEN] = {}, *name, *rest;
	const struct hca_defect *defect;
	u64 address = 0;
	int ret;

	if (len >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, buf, len))
		return -EFAULT;
	rest = strim(line);
	name = strsep(&rest, " ");
	defect = find(name);
	if (!defect || (rest && kstrtou64(rest, 0, &address)))
		return -EINVAL;
	ret = mutex_lock_interruptible(&lock);
	if (ret)
		return ret;
	ret = commit(defect, address);
	mutex_unlock(&lock);
	return ret ?: len;
}

static int list(struct seq_file *m, void *unused)
{
	const struct hca_defect *defect;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(all); i++) {
		for (defect = all[i]; defect->name; defect++)
			seq_printf(m, "%s %s\n", defect->name, defect->oracle ?: "-");
	}
	return 0;
}

static int open(struct inode *inode, struct file *file)
{
	return single_open(file, list, NULL);
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.open = open,
	.read = seq_read,
	.write = write,
	.llseek = seq_lseek,
	.release = single_release,
};

static int probe(struct platform_device *device)
{
	if (of_property_read_u64(device->dev.of_node, "ibm,hca-handle", &adapter))
		return -ENODEV;
	dir = debugfs_create_dir("ebus_hca_defects", NULL);
	debugfs_create_file("defects", 0600, dir, NULL, &operations);
	return 0;
}

static void remove(struct platform_device *device)
{
	debugfs_remove(dir);
	mutex_lock(&lock);
	drop_kept();
	mutex_unlock(&lock);
}

static const struct of_device_id ids[] = {
	{ .name = "lhca", .compatible = "IBM,lhca" },
	{}
};

static struct platform_driver driver = {
	.driver = {
		.name = "ebus_hca_defects",
		.owner = THIS_MODULE,
		.of_match_table = ids,
	},
	.probe = probe,
	.remove_new = remove,
};

static int __init hca_defects_init(void)
{
	return ibmebus_register_driver(&driver);
}
module_init(hca_defects_init);

static void __exit hca_defects_exit(void)
{
	ibmebus_unregister_driver(&driver);
}
module_exit(hca_defects_exit);

MODULE_DESCRIPTION("Driver of an eHCA adapter that has known defects, for tests");
MODULE_LICENSE("GPL");

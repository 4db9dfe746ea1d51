// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver that has defects: it binds to the adapter as others do, and commits them
 * when it is told to, in /sys/kernel/debug/ebus_defects/defects. Read, the file has
 * "<defect> <oracle>" of each, oracle being what notices it, or "-". Written to, with
 * "<defect> [<physical address>]", it commits that one.
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

#include "defects.h"

#define NAME_LEN	32

/**
 * struct defects - the driver's part of an adapter
 * @handle: of the adapter
 * @dir: in debugfs
 * @lock: protects @kept, and has one defect committed at a time
 * @kept: of a defect that stays
 */
struct defects {
	u64 handle;
	struct dentry *dir;
	struct mutex lock;	/* one defect at a time */
	struct rig *kept;
};

static const struct defect * const lists[] = {
	memory_defects, entry_defects, call_defects,
};

static const struct defect *find(const char *name)
{
	const struct defect *defect;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		for (defect = lists[i]; defect->name; defect++) {
			if (!strcmp(defect->name, name))
				return defect;
		}
	}
	return NULL;
}

/* The firmware must not do what it is asked for */
static int refused(struct ebus_hcall call)
{
	const long rc = ebus_hcall(&call);

	return rc == H_SUCCESS || rc == H_PAGE_REGISTERED ? -EPROTO : 0;
}

static int commit(struct defects *defects, const struct defect *defect,
		  u64 address)
{
	struct rig *rig;
	int ret;

	lockdep_assert_held(&defects->lock);
	rig_destroy(defects->kept);
	defects->kept = NULL;
	rig = rig_create(defects->handle, address);
	if (IS_ERR(rig))
		return PTR_ERR(rig);
	ret = defect->call ? refused(defect->call(rig)) : defect->commit(rig);
	if (defect->stays)
		defects->kept = rig;
	else
		rig_destroy(rig);
	return ret;
}

static ssize_t write(struct file *file, const char __user *buf, size_t len,
		     loff_t *pos)
{
	struct defects *defects = file_inode(file)->i_private;
	const struct defect *defect;
	char name[NAME_LEN], *line;
	u64 address = 0;
	int ret;

	if (len > PAGE_SIZE)
		return -EINVAL;
	line = memdup_user_nul(buf, len);
	if (IS_ERR(line))
		return PTR_ERR(line);
	ret = sscanf(line, "%31s %lli", name, &address);
	kfree(line);
	defect = ret >= 1 ? find(name) : NULL;
	if (!defect)
		return -EINVAL;
	ret = mutex_lock_killable(&defects->lock);
	if (ret)
		return ret;
	ret = commit(defects, defect, address);
	mutex_unlock(&defects->lock);
	return ret ?: len;
}

static int show(struct seq_file *m, void *unused)
{
	const struct defect *defect;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		for (defect = lists[i]; defect->name; defect++)
			seq_printf(m, "%s %s\n", defect->name,
				   defect->oracle ?: "-");
	}
	return 0;
}

static int open(struct inode *inode, struct file *file)
{
	return single_open(file, show, NULL);
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
	struct defects *defects;

	defects = devm_kzalloc(&device->dev, sizeof(*defects), GFP_KERNEL);
	if (!defects)
		return -ENOMEM;
	if (of_property_read_u64(device->dev.of_node, "ibm,hea-handle",
				 &defects->handle))
		return -ENODEV;
	mutex_init(&defects->lock);
	platform_set_drvdata(device, defects);
	defects->dir = debugfs_create_dir("ebus_defects", NULL);
	debugfs_create_file("defects", 0600, defects->dir, defects, &operations);
	return 0;
}

static void remove(struct platform_device *device)
{
	struct defects *defects = platform_get_drvdata(device);

	debugfs_remove(defects->dir);
	rig_destroy(defects->kept);
	mutex_destroy(&defects->lock);
}

static const struct of_device_id adapter_ids[] = {
	{ .name = "lhea", .compatible = "IBM,lhea" },
	{}
};

static struct platform_driver driver = {
	.driver = {
		.name = "ebus_defects",
		.owner = THIS_MODULE,
		.of_match_table = adapter_ids,
	},
	.probe = probe,
	.remove_new = remove,
};

static int __init defects_init(void)
{
	return ibmebus_register_driver(&driver);
}
module_init(defects_init);

static void __exit defects_exit(void)
{
	ibmebus_unregister_driver(&driver);
}
module_exit(defects_exit);

MODULE_DESCRIPTION("Driver of an eHEA adapter that has known defects, for tests");
MODULE_LICENSE("GPL");

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The drivers that have defects: each binds to its adapter as others do, and commits
 * them when it is told to. See file.h.
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

#include "file.h"

#define NAME_LEN	32

/**
 * struct defects - a driver's part of an adapter
 * @kind: of adapter
 * @adapter: its handle
 * @dir: in debugfs
 * @lock: protects @kept, and has one defect committed at a time
 * @kept: rig of a defect that stays
 */
struct defects {
	const struct defects_kind *kind;
	u64 adapter;
	struct dentry *dir;
	struct mutex lock;	/* one defect at a time */
	void *kept;
};

static const struct defect_head *find(const struct defects_kind *kind,
				      const char *name)
{
	const struct defect_head *defect;
	unsigned int n = 0;

	do {
		defect = kind->defect(n++);
	} while (defect && strcmp(defect->name, name));
	return defect;
}

/**
 * defects_refused() - make a call that the firmware must not do
 * @call: the call
 *
 * Return: 0, or -EPROTO if it has done what it was asked for.
 */
int defects_refused(struct ebus_hcall call)
{
	const long rc = ebus_hcall(&call);

	return rc == H_SUCCESS || rc == H_PAGE_REGISTERED ? -EPROTO : 0;
}

static void drop_kept(struct defects *defects)
{
	lockdep_assert_held(&defects->lock);
	if (defects->kept)
		defects->kind->rig_destroy(defects->kept);
	defects->kept = NULL;
}

static int commit(struct defects *defects, const struct defect_head *defect,
		  u64 address)
{
	const struct defects_kind *kind = defects->kind;
	void *rig;
	int ret;

	drop_kept(defects);
	rig = kind->rig_create(defects->adapter, address);
	if (IS_ERR(rig))
		return PTR_ERR(rig);
	ret = kind->commit(defect, rig);
	if (defect->stays && !ret)
		defects->kept = rig;
	else
		kind->rig_destroy(rig);
	return ret;
}

static ssize_t write(struct file *file, const char __user *buf, size_t len,
		     loff_t *pos)
{
	struct defects *defects = file_inode(file)->i_private;
	const struct defect_head *defect;
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
	defect = ret >= 1 ? find(defects->kind, name) : NULL;
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
	const struct defects *defects = m->private;
	const struct defect_head *defect;
	unsigned int n = 0;

	while ((defect = defects->kind->defect(n++)))
		seq_printf(m, "%s %s\n", defect->name, defect->oracle ?: "-");
	return 0;
}

static int open(struct inode *inode, struct file *file)
{
	return single_open(file, show, inode->i_private);
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.open = open,
	.read = seq_read,
	.write = write,
	.llseek = seq_lseek,
	.release = single_release,
};

/**
 * defects_probe() - have the file of an adapter
 * @device: the adapter
 * @kind: what it is
 *
 * Return: 0 or an errno.
 */
int defects_probe(struct platform_device *device, const struct defects_kind *kind)
{
	struct defects *defects;

	defects = devm_kzalloc(&device->dev, sizeof(*defects), GFP_KERNEL);
	if (!defects)
		return -ENOMEM;
	if (of_property_read_u64(device->dev.of_node, kind->property,
				 &defects->adapter))
		return -ENODEV;
	defects->kind = kind;
	mutex_init(&defects->lock);
	platform_set_drvdata(device, defects);
	defects->dir = debugfs_create_dir(kind->dir, NULL);
	debugfs_create_file("defects", 0600, defects->dir, defects, &operations);
	return 0;
}

/**
 * defects_remove() - the undo of defects_probe(), and of what has been kept
 * @device: the adapter
 */
void defects_remove(struct platform_device *device)
{
	struct defects *defects = platform_get_drvdata(device);

	debugfs_remove(defects->dir);
	mutex_lock(&defects->lock);
	drop_kept(defects);
	mutex_unlock(&defects->lock);
	mutex_destroy(&defects->lock);
}

static int __init defects_init(void)
{
	int ret;

	ret = ibmebus_register_driver(&hea_defects_driver);
	if (ret)
		return ret;
	ret = ibmebus_register_driver(&hca_defects_driver);
	if (ret)
		ibmebus_unregister_driver(&hea_defects_driver);
	return ret;
}
module_init(defects_init);

static void __exit defects_exit(void)
{
	ibmebus_unregister_driver(&hca_defects_driver);
	ibmebus_unregister_driver(&hea_defects_driver);
}
module_exit(defects_exit);

MODULE_DESCRIPTION("Drivers of eHEA and eHCA adapters that have known defects, for tests");
MODULE_LICENSE("GPL");

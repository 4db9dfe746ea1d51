// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver that has defects: it binds to adapters as others do, and commits them when
 * it is told to. See file.h.
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
 * struct defects - the driver's part of an adapter
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

static int probe(struct platform_device *device)
{
	struct defects *defects;

	defects = devm_kzalloc(&device->dev, sizeof(*defects), GFP_KERNEL);
	if (!defects)
		return -ENOMEM;
	defects->kind = of_device_get_match_data(&device->dev);
	if (of_property_read_u64(device->dev.of_node, defects->kind->property,
				 &defects->adapter))
		return -ENODEV;
	mutex_init(&defects->lock);
	platform_set_drvdata(device, defects);
	defects->dir = debugfs_create_dir(defects->kind->dir, NULL);
	debugfs_create_file("defects", 0600, defects->dir, defects, &operations);
	return 0;
}

static void remove(struct platform_device *device)
{
	struct defects *defects = platform_get_drvdata(device);

	debugfs_remove(defects->dir);
	mutex_lock(&defects->lock);
	drop_kept(defects);
	mutex_unlock(&defects->lock);
	mutex_destroy(&defects->lock);
}

static const struct of_device_id adapter_ids[] = {
	{ .name = "lhea", .compatible = "IBM,lhea", .data = &hea_defects_kind },
	{ .name = "lhca", .compatible = "IBM,lhca", .data = &hca_defects_kind },
	{}
};

static struct platform_driver driver = {
	.driver = {
		.name = "ebus_defects",
		.owner = THIS_MODULE,
		.of_match_table = adapter_ids,
	},
	.probe = probe,
	.remove = remove,
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

MODULE_DESCRIPTION("Driver of eHEA and eHCA adapters that has known defects, for tests");
MODULE_LICENSE("GPL");

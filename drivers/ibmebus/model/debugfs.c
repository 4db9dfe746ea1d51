// SPDX-License-Identifier: GPL-2.0-only
/*
 * What tests read and write, below /sys/kernel/debug/ebus_model/.
 */

#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "hca.h"

static struct dentry *dir;

/**
 * struct file_kind - a file of ours
 * @name: its name
 * @show: what is read
 * @write: what happens to what is written; 0, or a negative errno
 *
 * Context: hea_lock held.
 */
struct file_kind {
	const char *name;
	void (*show)(struct seq_file *m);
	int (*write)(char *line);
};

static int reset_oracle(char *line)
{
	hea_oracle_reset();
	return 0;
}

static int reset_calls(char *line)
{
	hea_calls_reset();
	return 0;
}

static int reset_frames(char *line)
{
	hea_frames_reset();
	return 0;
}

static int reset_stops(char *line)
{
	hea_stops_reset();
	return 0;
}

static void show_link(struct seq_file *m)
{
	unsigned int i;

	lockdep_assert_held(&hea_lock);
	for (i = 1; i <= hea_nr_ports; i++)
		seq_printf(m, "%u %s\n", i, hea_port_find(i)->link ? "up" : "down");
}

/* "<port> <word>", the word one of two; the port, or an errno pointer */
static struct hea_port *port_and_word(const char *line, const char *no,
				      const char *yes, bool *is_yes)
{
	struct hea_port *port;
	unsigned int number;
	char word[8];

	if (sscanf(line, "%u %7s", &number, word) != 2 ||
	    (strcmp(word, no) && strcmp(word, yes)))
		return ERR_PTR(-EINVAL);
	lockdep_assert_held(&hea_lock);
	port = hea_port_find(number);
	*is_yes = !strcmp(word, yes);
	return port ?: ERR_PTR(-ENODEV);
}

static int write_link(char *line)
{
	struct hea_port *port;
	bool up;

	port = port_and_word(line, "down", "up", &up);
	if (!IS_ERR(port))
		hea_port_link(port, up);
	return PTR_ERR_OR_ZERO(port);
}

static void show_stall(struct seq_file *m)
{
	unsigned int i;

	lockdep_assert_held(&hea_lock);
	for (i = 1; i <= hea_nr_ports; i++)
		seq_printf(m, "%u %s\n", i,
			   hea_port_find(i)->stalled ? "on" : "off");
}

static int write_stall(char *line)
{
	struct hea_port *port;
	bool on;

	port = port_and_word(line, "off", "on", &on);
	if (!IS_ERR(port))
		hea_port_stall(port, on);
	return PTR_ERR_OR_ZERO(port);
}

static int fail_qp(struct hea_port *port, unsigned int nr)
{
	struct hea_qp *qp = nr < hea_nr_qps ? hea_qp_find(port->qpn[nr]) : NULL;

	return qp && hea_qp_fail(qp) ? 0 : -ENODEV;
}

static int write_malfunction(char *line)
{
	unsigned int number, nr = 0;
	struct hea_port *port;
	char what[8];

	if (sscanf(line, "%7s %u %u", what, &number, &nr) < 2)
		return -EINVAL;
	lockdep_assert_held(&hea_lock);
	port = hea_port_find(number);
	if (!port)
		return -ENODEV;
	if (!strcmp(what, "qp"))
		return fail_qp(port, nr);
	if (!strcmp(what, "port"))
		hea_notify_port(port, EVENT_PORT);
	else if (!strcmp(what, "adapter"))
		hea_notify_port(port, EVENT_ADAPTER);
	else
		return -EINVAL;
	return 0;
}

static int reset_messages(char *line)
{
	hca_messages_reset();
	return 0;
}

static void show_hca_link(struct seq_file *m)
{
	const struct hca_port *port;
	unsigned int i;

	lockdep_assert_held(&hea_lock);
	for (i = 1; i <= HCA_NR_PORTS; i++) {
		port = hca_port_find(i);
		seq_printf(m, "%u %s %s\n", i, port->link ? "up" : "down",
			   port->active ? "active" : "inactive");
	}
}

static int write_hca_link(char *line)
{
	struct hca_port *port;
	unsigned int number;
	char state[8];

	if (sscanf(line, "%u %7s", &number, state) != 2 ||
	    (strcmp(state, "up") && strcmp(state, "down")))
		return -EINVAL;
	lockdep_assert_held(&hea_lock);
	port = hca_port_find(number);
	if (!port)
		return -ENODEV;
	hca_port_link(port, !strcmp(state, "up"));
	return 0;
}

static int break_object(unsigned int index, enum hea_type type)
{
	struct hea_object *object = hea_find_index(index);

	if (!object || object->type != type)
		return -ENODEV;
	if (type == HCA_CQ)
		hca_cq_break(container_of(object, struct hea_cq, object));
	else
		hca_qp_break(container_of(object, struct hca_qp, object));
	return 0;
}

static int write_hca_malfunction(char *line)
{
	unsigned int number, value = 0;
	struct hca_port *port;
	char what[12];

	if (sscanf(line, "%11s %u %u", what, &number, &value) < 2)
		return -EINVAL;
	lockdep_assert_held(&hea_lock);
	if (!strcmp(what, "cq"))
		return break_object(number, HCA_CQ);
	if (!strcmp(what, "qp"))
		return break_object(number, HCA_QP);
	port = hca_port_find(number);
	if (!port)
		return -ENODEV;
	if (!strcmp(what, "lid") && value && value <= 0xbfff)
		hca_port_move(port, value);
	else if (!strcmp(what, "adapter"))
		hca_notify_port(port, HCA_EVENT_ADAPTER);
	else if (!strcmp(what, "reregister") && port->active)
		hca_notify_port(port, HCA_EVENT_PORT_OTHER);
	else
		return -EINVAL;
	return 0;
}

static u8 peeked[64];
static unsigned int nr_peeked;

static int write_hca_memory(char *line)
{
	unsigned int key, len;
	u64 io;

	lockdep_assert_held(&hea_lock);
	nr_peeked = 0;
	if (sscanf(line, "%x %llx %u", &key, &io, &len) != 3 || len > sizeof(peeked))
		return -EINVAL;
	if (!hca_mr_peek(key, io, peeked, len))
		return -EFAULT;
	nr_peeked = len;
	return 0;
}

static void show_hca_memory(struct seq_file *m)
{
	lockdep_assert_held(&hea_lock);
	seq_write(m, peeked, nr_peeked);
}

static const struct file_kind kinds[] = {
	/* "<kind> <count>" of everything wrong, "# <text>" of the first 16; 0 resets */
	{ "oracle", hea_oracle_show, reset_oracle },
	/* "<opcode> <count>"; 0 resets */
	{ "calls", hea_calls_show, reset_calls },
	/* "<what> <count>": sent = delivered + all drop_*; 0 resets */
	{ "frames", hea_frames_show, reset_frames },
	/* For how long queue pairs were stopped, and how often; 0 resets */
	{ "stops", hea_stops_show, reset_stops },
	/* Planned failures, and how often they fired; see hea_faults_plan() */
	{ "fail", hea_faults_show, hea_faults_plan },
	/* "<port> up|down" */
	{ "link", show_link, write_link },
	/* "<port> on|off": it sends nothing, and says nothing */
	{ "stall", show_stall, write_stall },
	/* What frames the ports take */
	{ "filter", hea_ports_show, NULL },
	/* "port <port>", "adapter <port>" or "qp <port> [<number of the QP>]" */
	{ "malfunction", NULL, write_malfunction },
	/* All objects of the firmware's: "<type> <handle> users <count>" */
	{ "objects", hea_objects_show, NULL },
	/* eHCA: "<what> <count>" of messages; 0 resets */
	{ "hca_messages", hca_messages_show, reset_messages },
	/* eHCA: "<port> up|down" of the wire, and whether the port is active */
	{ "hca_link", show_hca_link, write_hca_link },
	/*
	 * eHCA: "qp <index>", "cq <index>", "adapter <port>", "reregister <port>" or
	 * "lid <port> <LID>"; an index is the last 16 bits of a handle
	 */
	{ "hca_malfunction", NULL, write_hca_malfunction },
	/* eHCA: "<key> <address> <length>" in a region, up to 64 bytes; these bytes */
	{ "hca_memory", show_hca_memory, write_hca_memory },
};

static int show(struct seq_file *m, void *unused)
{
	const struct file_kind *kind = m->private;
	unsigned long flags;

	if (!kind->show)
		return 0;
	spin_lock_irqsave(&hea_lock, flags);
	kind->show(m);
	spin_unlock_irqrestore(&hea_lock, flags);
	return 0;
}

static int open(struct inode *inode, struct file *file)
{
	return single_open(file, show, inode->i_private);
}

static ssize_t write(struct file *file, const char __user *buf, size_t len,
		     loff_t *pos)
{
	const struct file_kind *kind = file_inode(file)->i_private;
	unsigned long flags;
	char *line;
	int ret;

	if (!kind->write || len > PAGE_SIZE)
		return -EINVAL;
	line = memdup_user_nul(buf, len);
	if (IS_ERR(line))
		return PTR_ERR(line);
	spin_lock_irqsave(&hea_lock, flags);
	ret = kind->write(strim(line));
	spin_unlock_irqrestore(&hea_lock, flags);
	kfree(line);
	return ret ?: len;
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.open = open,
	.read = seq_read,
	.write = write,
	.llseek = seq_lseek,
	.release = single_release,
};

void hea_debugfs_init(void)
{
	unsigned int i;

	dir = debugfs_create_dir("ebus_model", NULL);
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		debugfs_create_file(kinds[i].name, 0600, dir, (void *)&kinds[i],
				    &operations);
}

void hea_debugfs_exit(void)
{
	debugfs_remove(dir);
}

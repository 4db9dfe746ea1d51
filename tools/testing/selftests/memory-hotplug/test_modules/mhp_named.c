// SPDX-License-Identifier: GPL-2.0-only
/*
 * Named clients of memory hotplug, as many as wanted, which keep book of what
 * they are told and refuse or wait when they shall. Parameters:
 *
 *   add:	"<name> <priority> [query] [batch] [replay] [follow]"
 *   del:	"<name>"
 *   refuse:	"<name> <event> <errno> [<why>]": refuse an event from now on, with
 *		a reason if there is one; an errno of 0 ends it. "query" answers
 *		as going_offline would
 *   wait:	"<name> <event>": stay in the callback of that event
 *   go:	end all waiting
 *   record:	what they were told, one call a line; writing forgets it
 *
 * Events are named as the callbacks of struct memory_client. The words of "add"
 * say which of the optional callbacks a client has; one that only follows cannot
 * refuse.
 */

#include <linux/list.h>
#include <linux/memory.h>
#include <linux/memory_client.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/pfn.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/wait.h>

#define NAME_LEN	64
#define EVENT_LEN	16
#define WHY_LEN		300

struct named {
	struct memory_client client;
	struct list_head list;
	char name[NAME_LEN];
	char refused[EVENT_LEN];
	int error;
	char why[WHY_LEN];
	char awaited[EVENT_LEN];
};

/* Changed under the lock of the module's parameters, read by callbacks, too */
static LIST_HEAD(clients);

static DEFINE_MUTEX(lock);
static char record[PAGE_SIZE];
static size_t record_len;
static bool waiting;
static DECLARE_WAIT_QUEUE_HEAD(going_on);

static struct named *to_named(struct memory_client *client)
{
	return container_of(client, struct named, client);
}

static __printf(1, 2) void note(const char *format, ...)
{
	va_list args;

	mutex_lock(&lock);
	va_start(args, format);
	record_len += vscnprintf(record + record_len,
				 sizeof(record) - record_len, format, args);
	va_end(args);
	mutex_unlock(&lock);
}

static void note_event(struct named *named, const char *name,
		       const struct memory_event *event)
{
	note("%s %s %#llx+%#llx nid=%d", named->name, name,
	     PFN_PHYS(event->start_pfn), PFN_PHYS(event->nr_pages), event->nid);
	if (event->nr_memmap_pages)
		note(" memmap=%#llx+%#llx", PFN_PHYS(event->memmap_start_pfn),
		     PFN_PHYS(event->nr_memmap_pages));
	if (event->batch)
		note(" batch=%#llx+%#llx", PFN_PHYS(event->batch->start_pfn),
		     PFN_PHYS(event->batch->nr_pages));
	note("\n");
}

static int decide(struct named *named, const char *name,
		  struct memory_event *event)
{
	if (!named->error || strcmp(named->refused, name))
		return 0;
	if (*named->why)
		memory_refuse(event, "%s", named->why);
	return -named->error;
}

static int called(struct memory_client *client, const char *name,
		  struct memory_event *event)
{
	struct named *named = to_named(client);

	note_event(named, name, event);
	if (!strcmp(named->awaited, name))
		wait_event(going_on, !READ_ONCE(waiting));
	return decide(named, name, event);
}

static int prepare_online(struct memory_client *client,
			  struct memory_event *event)
{
	return called(client, __func__, event);
}

static void finish_offline(struct memory_client *client,
			   struct memory_event *event)
{
	called(client, __func__, event);
}

static int going_online(struct memory_client *client,
			struct memory_event *event)
{
	return called(client, __func__, event);
}

static void cancel_online(struct memory_client *client,
			  struct memory_event *event)
{
	called(client, __func__, event);
}

static void online(struct memory_client *client,
		   struct memory_event *event)
{
	called(client, __func__, event);
}

static int going_offline(struct memory_client *client,
			 struct memory_event *event)
{
	return called(client, __func__, event);
}

static void cancel_offline(struct memory_client *client,
			   struct memory_event *event)
{
	called(client, __func__, event);
}

static void offline(struct memory_client *client,
		    struct memory_event *event)
{
	called(client, __func__, event);
}

/* As it would do in earnest */
static int query_offline(struct memory_client *client,
			 struct memory_event *event)
{
	struct named *named = to_named(client);

	note_event(named, __func__, event);
	return decide(named, "going_offline", event);
}

static void batch_begin(struct memory_client *client,
			const struct memory_batch *batch)
{
	note("%s %s %#llx+%#llx %s\n", client->name, __func__,
	     PFN_PHYS(batch->start_pfn), PFN_PHYS(batch->nr_pages),
	     batch->online ? "online" : "offline");
}

static void batch_end(struct memory_client *client,
		      const struct memory_batch *batch)
{
	note("%s %s %#llx+%#llx %s\n", client->name, __func__,
	     PFN_PHYS(batch->start_pfn), PFN_PHYS(batch->nr_pages),
	     batch->online ? "online" : "offline");
}

static int replay(struct memory_client *client, unsigned long start_pfn,
		  unsigned long nr_pages)
{
	note("%s %s %#llx+%#llx\n", client->name, __func__,
	     PFN_PHYS(start_pfn), PFN_PHYS(nr_pages));
	return 0;
}

static struct named *find(const char *name)
{
	struct named *named;

	list_for_each_entry(named, &clients, list) {
		if (!strcmp(named->name, name))
			return named;
	}
	return NULL;
}

static void equip(struct named *named, const char *words)
{
	struct memory_client *client = &named->client;

	client->online = online;
	client->offline = offline;
	client->finish_offline = finish_offline;
	client->cancel_online = cancel_online;
	client->cancel_offline = cancel_offline;
	if (!strstr(words, "follow")) {
		client->prepare_online = prepare_online;
		client->going_online = going_online;
		client->going_offline = going_offline;
	}
	if (strstr(words, "query"))
		client->query_offline = query_offline;
	if (strstr(words, "batch")) {
		client->batch_begin = batch_begin;
		client->batch_end = batch_end;
	}
	if (strstr(words, "replay"))
		client->replay = replay;
}

static int add_set(const char *val, const struct kernel_param *kp)
{
	struct named *named;
	int ret, end = 0;

	named = kzalloc(sizeof(*named), GFP_KERNEL);
	if (!named)
		return -ENOMEM;
	ret = -EINVAL;
	if (sscanf(val, "%63s %d%n", named->name, &named->client.priority,
		   &end) != 2)
		goto failed;
	ret = -EEXIST;
	if (find(named->name))
		goto failed;
	named->client.name = named->name;
	equip(named, val + end);
	ret = memory_client_register(&named->client);
	if (ret)
		goto failed;
	list_add(&named->list, &clients);
	return 0;

failed:
	kfree(named);
	return ret;
}

static void del(struct named *named)
{
	memory_client_unregister(&named->client);
	list_del(&named->list);
	kfree(named);
}

static int del_set(const char *val, const struct kernel_param *kp)
{
	struct named *named;
	char name[NAME_LEN];

	named = sscanf(val, "%63s", name) == 1 ? find(name) : NULL;
	if (!named)
		return -ENOENT;
	del(named);
	return 0;
}

static int refuse_set(const char *val, const struct kernel_param *kp)
{
	char name[NAME_LEN], event[EVENT_LEN];
	struct named *named;
	int error, end = 0;

	if (sscanf(val, "%63s %15s %d%n", name, event, &error, &end) != 3)
		return -EINVAL;
	named = find(name);
	if (!named)
		return -ENOENT;
	strscpy(named->refused, event);
	strscpy(named->why, skip_spaces(val + end));
	named->error = error;
	return 0;
}

static int wait_set(const char *val, const struct kernel_param *kp)
{
	char name[NAME_LEN], event[EVENT_LEN];
	struct named *named;

	if (sscanf(val, "%63s %15s", name, event) != 2)
		return -EINVAL;
	named = find(name);
	if (!named)
		return -ENOENT;
	WRITE_ONCE(waiting, true);
	strscpy(named->awaited, event);
	return 0;
}

static void go(void)
{
	struct named *named;

	list_for_each_entry(named, &clients, list)
		named->awaited[0] = '\0';
	WRITE_ONCE(waiting, false);
	wake_up_all(&going_on);
}

static int go_set(const char *val, const struct kernel_param *kp)
{
	go();
	return 0;
}

static int record_get(char *buffer, const struct kernel_param *kp)
{
	int len;

	mutex_lock(&lock);
	len = sysfs_emit(buffer, "%.*s", (int)record_len, record);
	mutex_unlock(&lock);
	return len;
}

static int record_set(const char *val, const struct kernel_param *kp)
{
	mutex_lock(&lock);
	record_len = 0;
	mutex_unlock(&lock);
	return 0;
}

static const struct kernel_param_ops add_ops = { .set = add_set };
static const struct kernel_param_ops del_ops = { .set = del_set };
static const struct kernel_param_ops refuse_ops = { .set = refuse_set };
static const struct kernel_param_ops wait_ops = { .set = wait_set };
static const struct kernel_param_ops go_ops = { .set = go_set };
static const struct kernel_param_ops record_ops = {
	.get = record_get,
	.set = record_set,
};
module_param_cb(add, &add_ops, NULL, 0200);
module_param_cb(del, &del_ops, NULL, 0200);
module_param_cb(refuse, &refuse_ops, NULL, 0200);
module_param_cb(wait, &wait_ops, NULL, 0200);
module_param_cb(go, &go_ops, NULL, 0200);
module_param_cb(record, &record_ops, NULL, 0600);

static int __init mhp_named_init(void)
{
	return 0;
}
module_init(mhp_named_init);

static void __exit mhp_named_exit(void)
{
	struct named *named, *next;

	go();
	list_for_each_entry_safe(named, next, &clients, list)
		del(named);
}
module_exit(mhp_named_exit);

MODULE_DESCRIPTION("Named clients of memory hotplug, for tests");
MODULE_LICENSE("GPL");

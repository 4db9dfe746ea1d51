// SPDX-License-Identifier: GPL-2.0-only
/*
 * Adding and removing memory by hand: "probe" and its mirror "remove" take
 * "<address> [<size>]", the size being one block if left out.
 */

#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/memory.h>
#include <linux/memory_refusal.h>
#include <linux/memory_transition.h>
#include <linux/security.h>
#include <linux/string.h>

#include "memory_block.h"

/* Room for two numbers of 64 bits in any base, and white space */
#define REQUEST_LEN	160

static int parse_request(const char *buf, u64 *start, u64 *size)
{
	char text[REQUEST_LEN], *rest, *word;
	int ret;

	if (strscpy(text, buf) < 0)
		return -EINVAL;
	rest = strim(text);
	word = strsep(&rest, " \t");
	ret = kstrtoull(word, 0, start);
	if (ret || !rest)
		return ret;
	return kstrtoull(skip_spaces(rest), 0, size);
}

/**
 * struct hand_request - what can be written
 * @name: how a refusal calls it
 * @action: what it does
 * @too_large: errno for a number that does not fit into 64 bits
 */
struct hand_request {
	const char *name;
	int (*action)(u64 start, u64 size);
	int too_large;
};

static int refuse(const struct hand_request *request,
		  enum mhp_refusal_kind kind, int error, u64 start, u64 size,
		  const char *by, const char *why)
{
	struct mhp_refusal refusal = { .request = request->name };

	mhp_refuse(&refusal, kind, error, start, size, by, "%s", why);
	mhp_refusal_publish(&refusal, NULL);
	return error;
}

/* There may be neither of the files */
static ssize_t __maybe_unused by_hand(const struct hand_request *request,
				      const char *buf, size_t count)
{
	u64 start, size = memory_block_size_bytes();
	int ret;

	ret = parse_request(buf, &start, &size);
	if (ret)
		return refuse(request, MHP_REFUSED_INPUT,
			      ret == -ERANGE ? request->too_large : ret, 0, 0,
			      "core",
			      "write \"<address> [<size>]\" in bytes, decimal or 0x...");
	ret = security_locked_down(LOCKDOWN_DEV_MEM);
	if (ret)
		return refuse(request, MHP_REFUSED_LOCKDOWN, ret, start, size,
			      "lockdown",
			      "a locked down kernel does not trust addresses from user space");
	ret = lock_device_hotplug_sysfs();
	if (ret)
		return ret;
	ret = request->action(start, size);
	unlock_device_hotplug();
	return ret ?: count;
}

#ifdef CONFIG_ARCH_MEMORY_PROBE
static ssize_t probe_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t count)
{
	static const struct hand_request request = {
		.name = "add",
		.action = mhp_probe_range,
		.too_large = -ERANGE,
	};

	return by_hand(&request, buf, count);
}
static DEVICE_ATTR_WO(probe);
#endif

#ifdef CONFIG_MEMORY_HOTREMOVE
static ssize_t remove_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t count)
{
	static const struct hand_request request = {
		.name = "remove",
		.action = mhp_remove_range,
		.too_large = -EINVAL,
	};

	return by_hand(&request, buf, count);
}
static DEVICE_ATTR_WO(remove);
#endif

static struct attribute *by_hand_attrs[] = {
#ifdef CONFIG_ARCH_MEMORY_PROBE
	&dev_attr_probe.attr,
#endif
#ifdef CONFIG_MEMORY_HOTREMOVE
	&dev_attr_remove.attr,
#endif
	NULL
};

const struct attribute_group memory_by_hand_group = {
	.attrs = by_hand_attrs,
};

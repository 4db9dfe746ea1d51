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

static int refuse_input(const char *request)
{
	struct mhp_refusal refusal = { .request = request };

	mhp_refuse(&refusal, MHP_REFUSED_INPUT, -EINVAL, 0, 0, "core",
		   "write \"<address> [<size>]\" in bytes, decimal or 0x...");
	mhp_refusal_publish(&refusal, NULL);
	return -EINVAL;
}

static int check_lockdown(const char *request, u64 start, u64 size)
{
	struct mhp_refusal refusal = { .request = request };
	const int ret = security_locked_down(LOCKDOWN_DEV_MEM);

	if (!ret)
		return 0;
	mhp_refuse(&refusal, MHP_REFUSED_LOCKDOWN, ret, start, size,
		   "lockdown",
		   "a locked down kernel does not trust addresses from user space");
	mhp_refusal_publish(&refusal, NULL);
	return ret;
}

static ssize_t by_hand(const char *request, int (*action)(u64 start, u64 size),
		       const char *buf, size_t count)
{
	u64 start, size = memory_block_size_bytes();
	int ret;

	if (parse_request(buf, &start, &size))
		return refuse_input(request);
	ret = check_lockdown(request, start, size);
	if (ret)
		return ret;
	ret = lock_device_hotplug_sysfs();
	if (ret)
		return ret;
	ret = action(start, size);
	unlock_device_hotplug();
	return ret ?: count;
}

#ifdef CONFIG_ARCH_MEMORY_PROBE
ssize_t memory_probe_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t count)
{
	return by_hand("add", mhp_probe_range, buf, count);
}
#endif

#ifdef CONFIG_MEMORY_HOTREMOVE
ssize_t memory_remove_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t count)
{
	return by_hand("remove", mhp_remove_range, buf, count);
}
#endif

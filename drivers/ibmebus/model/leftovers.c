// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a kernel that ends has left with the firmware: the next one would find it in
 * use, after a restart or when it takes the dump of one that crashed.
 */

#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/reboot.h>
#include <linux/string.h>
#include <linux/types.h>

#include <asm/byteorder.h>
#include <asm/hvcall.h>

#include "model.h"

static unsigned int count_objects(void)
{
	unsigned int type, nr = 0;

	for (type = 0; type < NR_HEA_TYPES; type++)
		nr += hea_count(type);
	return nr;
}

/* Drivers have had their turn before */
static int at_restart(struct notifier_block *notifier, unsigned long action,
		      void *data)
{
	if (action == SYS_RESTART)
		pr_info("ebus_model: %u objects at the restart\n",
			count_objects());
	return NOTIFY_DONE;
}

static struct notifier_block restart_notifier = {
	.notifier_call = at_restart,
	.priority = INT_MIN,
};

int hea_leftovers_init(void)
{
	return register_reboot_notifier(&restart_notifier);
}

void hea_leftovers_exit(void)
{
	unregister_reboot_notifier(&restart_notifier);
}

/*
 * To the hypervisor's console, the first (PAPR's H_PUT_TERM_CHAR; that 0 means it: QEMU's
 * hw/char/spapr_vty.c): of a kernel that crashes, nothing else gets there.
 */
static void say(const char *text, size_t len)
{
	__be64 word[2];
	size_t n;
	long rc;

	while (len) {
		n = min(len, sizeof(word));
		memcpy(word, text, n);
		rc = plpar_hcall_norets(H_PUT_TERM_CHAR, 0, n,
					be64_to_cpu(word[0]),
					be64_to_cpu(word[1]));
		if (rc == H_BUSY)
			continue;
		if (rc != H_SUCCESS)
			return;
		text += n;
		len -= n;
	}
}

/**
 * hea_leftovers_at_crash() - say what a kernel that crashes has left so far
 *
 * Nobody knows which call is its last, so this is for after each.
 *
 * Context: Any.
 */
void hea_leftovers_at_crash(void)
{
	unsigned int port, nr = 0;
	char text[80];

	for (port = 1; port <= hea_nr_ports; port++)
		nr += hea_port_find(port)->nr_bcmc;
	say(text, scnprintf(text, sizeof(text),
			    "ebus_model: %u objects and %u addresses at the crash\r\n",
			    count_objects(), nr));
}

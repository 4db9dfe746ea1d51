// SPDX-License-Identifier: GPL-2.0-only
/*
 * What became of messages between queue pairs of eHCA.
 */

#include <linux/seq_file.h>

#include "hca.h"

static const char * const names[NR_FATES] = {
	[FATE_SENT] = "sent",
	[FATE_FAILED] = "failed",
	[FATE_PURGED] = "purged",
	[FATE_RNR] = "rnr",
	[FATE_RETRY] = "retry",
	[DROP_HCA_PORT] = "drop_port",
	[DROP_HCA_QP] = "drop_qp",
	[DROP_HCA_PKEY] = "drop_pkey",
	[DROP_HCA_QKEY] = "drop_qkey",
	[DROP_HCA_NO_RECEIVE] = "drop_no_receive",
	[DROP_HCA_REFUSED] = "drop_refused",
};

/* Protected by hea_lock */
static u64 counts[NR_FATES];

void hca_message(enum hca_fate fate)
{
	lockdep_assert_held(&hea_lock);
	counts[fate]++;
}

/* Those that are dropped have been sent, too */
void hca_messages_show(struct seq_file *m)
{
	unsigned int i;

	lockdep_assert_held(&hea_lock);
	for (i = 0; i < NR_FATES; i++)
		seq_printf(m, "%s %llu\n", names[i], counts[i]);
}

/* From 0 again */
void hca_messages_reset(void)
{
	lockdep_assert_held(&hea_lock);
	memset(counts, 0, sizeof(counts));
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What real hardware would destroy without a word is noticed and counted here, and
 * the first of it described.
 */

#include <linux/atomic.h>
#include <linux/seq_file.h>
#include <linux/sprintf.h>
#include <linux/stdarg.h>

#include "model.h"

#define NR_TEXTS	16
#define TEXT_LEN	160

static const char * const names[NR_ORACLES] = {
	[ORACLE_NO_TRANSLATION] = "no_translation",
	[ORACLE_WRONG_KEY] = "wrong_key",
	[ORACLE_WRONG_ACCESS] = "wrong_access",
	[ORACLE_WRONG_PD] = "wrong_pd",
	[ORACLE_INCOMPLETE_MR] = "incomplete_mr",
	[ORACLE_OFFLINE_PAGE] = "offline_page",
	[ORACLE_FREE_PAGE] = "free_page",
	[ORACLE_FOREIGN_PAGE] = "foreign_page",
	[ORACLE_HELD_PAGE] = "held_page",
	[ORACLE_NOT_RAM] = "not_ram",
	[ORACLE_FREED_OBJECT] = "freed_object",
	[ORACLE_BAD_ARGUMENT] = "bad_argument",
	[ORACLE_BAD_WQE] = "bad_wqe",
	[ORACLE_OVERRUN] = "overrun",
	[ORACLE_CONTEXT] = "context",
};

/* Protects everything below; innermost */
static DEFINE_SPINLOCK(oracle_lock);
static u64 counts[NR_ORACLES];
static char texts[NR_TEXTS][TEXT_LEN];
static unsigned int nr_texts;

/**
 * hea_oracle() - note that something is wrong
 * @kind: what
 * @fmt: a description
 *
 * Context: Any.
 */
void hea_oracle(enum hea_oracle kind, const char *fmt, ...)
{
	unsigned long flags;
	va_list args;
	int len;

	spin_lock_irqsave(&oracle_lock, flags);
	counts[kind]++;
	if (nr_texts < NR_TEXTS) {
		len = scnprintf(texts[nr_texts], TEXT_LEN, "%s: ", names[kind]);
		va_start(args, fmt);
		vscnprintf(texts[nr_texts] + len, TEXT_LEN - len, fmt, args);
		va_end(args);
		nr_texts++;
	}
	spin_unlock_irqrestore(&oracle_lock, flags);
}

/**
 * hea_oracle_show() - all counters that there are, and the descriptions
 * @m: where to print them
 */
void hea_oracle_show(struct seq_file *m)
{
	unsigned long flags;
	unsigned int i;

	spin_lock_irqsave(&oracle_lock, flags);
	for (i = 0; i < NR_ORACLES; i++)
		seq_printf(m, "%s %llu\n", names[i], counts[i]);
	for (i = 0; i < nr_texts; i++)
		seq_printf(m, "# %s\n", texts[i]);
	spin_unlock_irqrestore(&oracle_lock, flags);
}

/* Forgets everything */
void hea_oracle_reset(void)
{
	unsigned long flags;

	spin_lock_irqsave(&oracle_lock, flags);
	memset(counts, 0, sizeof(counts));
	nr_texts = 0;
	spin_unlock_irqrestore(&oracle_lock, flags);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Plans of failures: which call is to fail, when, and how. A failing call does
 * nothing, as if the firmware had refused it at once.
 */

#include <linux/kstrtox.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "model.h"

#define NR_PLANS	16

/**
 * struct plan - a failure to come
 * @any: whatever the opcode
 * @opcode: which call fails
 * @rc: what it returns
 * @wait: so many calls still succeed
 * @every: so many calls succeed in between, over and over; 0: none
 * @times: so often it still fails; not used with @every
 * @fired: so often it has failed
 */
struct plan {
	bool any;
	unsigned long opcode;
	long rc;
	unsigned long wait;
	unsigned long every;
	unsigned long times;
	unsigned long fired;
};

/* Protects the plans; innermost */
static DEFINE_SPINLOCK(plan_lock);
static struct plan plans[NR_PLANS];
static unsigned int nr_plans;

static const struct {
	const char *name;
	long rc;
} codes[] = {
	{ "H_BUSY", H_BUSY },
	{ "H_PAGE_REGISTERED", H_PAGE_REGISTERED },
	{ "H_LONG_BUSY_ORDER_1_MSEC", H_LONG_BUSY_ORDER_1_MSEC },
	{ "H_LONG_BUSY_ORDER_10_MSEC", H_LONG_BUSY_ORDER_10_MSEC },
	{ "H_LONG_BUSY_ORDER_100_MSEC", H_LONG_BUSY_ORDER_100_MSEC },
	{ "H_LONG_BUSY_ORDER_1_SEC", H_LONG_BUSY_ORDER_1_SEC },
	{ "H_HARDWARE", H_HARDWARE },
	{ "H_FUNCTION", H_FUNCTION },
	{ "H_PARAMETER", H_PARAMETER },
	{ "H_NO_MEM", H_NO_MEM },
	{ "H_AUTHORITY", H_AUTHORITY },
	{ "H_RESOURCE", H_RESOURCE },
	{ "H_ADAPTER_PARM", H_ADAPTER_PARM },
	{ "H_NOT_ENOUGH_RESOURCES", H_NOT_ENOUGH_RESOURCES },
	{ "H_R_STATE", H_R_STATE },
};

static bool find_code(const char *name, long *rc)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		if (!strcmp(codes[i].name, name)) {
			*rc = codes[i].rc;
			return true;
		}
	}
	return !kstrtol(name, 0, rc);
}

static bool applies(const struct plan *plan, unsigned long opcode)
{
	return (plan->any || plan->opcode == opcode) &&
	       (plan->every || plan->times);
}

/* Whether it is this call's turn */
static bool fires(struct plan *plan)
{
	if (plan->wait) {
		plan->wait--;
		return false;
	}
	if (plan->every)
		plan->wait = plan->every;
	else
		plan->times--;
	plan->fired++;
	return true;
}

/**
 * hea_fault() - what a call is to fail with
 * @opcode: the call
 *
 * Context: Any.
 * Return: H_SUCCESS if it is not to fail.
 */
long hea_fault(unsigned long opcode)
{
	long rc = H_SUCCESS;
	unsigned long flags;
	unsigned int i;

	spin_lock_irqsave(&plan_lock, flags);
	for (i = 0; i < nr_plans && rc == H_SUCCESS; i++) {
		if (applies(&plans[i], opcode) && fires(&plans[i]))
			rc = plans[i].rc;
	}
	spin_unlock_irqrestore(&plan_lock, flags);
	return rc;
}

static int add(const struct plan *plan)
{
	unsigned long flags;
	int ret = -ENOSPC;

	spin_lock_irqsave(&plan_lock, flags);
	if (nr_plans < NR_PLANS) {
		plans[nr_plans++] = *plan;
		ret = 0;
	}
	spin_unlock_irqrestore(&plan_lock, flags);
	return ret;
}

/**
 * hea_faults_plan() - plan a failure
 * @line: "<opcode> <n> <rc> [<times>]": the n-th call from now on fails, and those
 *	  after it, so many together. "busy <opcode> <k> <rc>": each k-th call
 *	  fails. "clear": no failures any more. The opcode is a name, a number or
 *	  "any", rc a name or a number
 *
 * Return: 0, or a negative errno.
 */
int hea_faults_plan(char *line)
{
	char *word[5] = {}, *rest = strim(line);
	struct plan plan = { .times = 1 };
	unsigned int nr = 0, first;
	unsigned long n;

	while (nr < ARRAY_SIZE(word) && rest) {
		word[nr] = strsep(&rest, " ");
		nr += word[nr][0] != '\0';
	}
	if (nr == 1 && !strcmp(word[0], "clear")) {
		hea_faults_clear();
		return 0;
	}
	first = nr && !strcmp(word[0], "busy");
	if (rest || nr < first + 3 || nr > 4)
		return -EINVAL;
	plan.any = !strcmp(word[first], "any");
	if ((!plan.any && !hea_call_find(word[first], &plan.opcode)) ||
	    kstrtoul(word[first + 1], 0, &n) || n <= first ||
	    !find_code(word[first + 2], &plan.rc) || plan.rc == H_SUCCESS)
		return -EINVAL;
	if (!first && nr == 4 && (kstrtoul(word[3], 0, &plan.times) || !plan.times))
		return -EINVAL;
	plan.wait = n - 1;
	plan.every = first ? n - 1 : 0;
	return add(&plan);
}

/* What is planned, and what has happened of it */
void hea_faults_show(struct seq_file *m)
{
	unsigned long flags;
	unsigned int i;

	spin_lock_irqsave(&plan_lock, flags);
	for (i = 0; i < nr_plans; i++) {
		const struct plan *plan = &plans[i];

		seq_printf(m, "%s rc %ld wait %lu every %lu times %lu fired %lu\n",
			   plan->any ? "any" : hea_call_name(plan->opcode),
			   plan->rc, plan->wait,
			   plan->every ? plan->every + 1 : 0,
			   plan->every ? 0 : plan->times, plan->fired);
	}
	spin_unlock_irqrestore(&plan_lock, flags);
}

/* No more failures */
void hea_faults_clear(void)
{
	unsigned long flags;

	spin_lock_irqsave(&plan_lock, flags);
	nr_plans = 0;
	spin_unlock_irqrestore(&plan_lock, flags);
}

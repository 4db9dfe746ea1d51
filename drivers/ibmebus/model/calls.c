// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hypervisor calls of eHEA and of eHCA, in one table. Four of them both have; the
 * adapter's handle tells whose it is.
 */

#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/kstrtox.h>
#include <linux/printk.h>
#include <linux/seq_file.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "hca.h"

/**
 * struct kind - a hypervisor call
 * @opcode: its number
 * @name: its name in asm/hvcall.h
 * @allocates: it is for process context, and takes hea_lock itself
 * @hea: what answers it for eHEA; NULL if that does not have it
 * @hca: what answers it for eHCA; NULL if that does not have it
 */
struct kind {
	unsigned long opcode;
	const char *name;
	bool allocates;
	long (*hea)(struct ebus_hcall *call);
	long (*hca)(struct ebus_hcall *call);
};

#define KIND(_name, _hea, _hca)						\
	{ .opcode = _name, .name = #_name, .hea = _hea, .hca = _hca }
#define KIND_ALLOC(_name, _hea, _hca)					\
	{ .opcode = _name, .name = #_name, .allocates = true,		\
	  .hea = _hea, .hca = _hca }

static const struct kind kinds[] = {
	KIND_ALLOC(H_ALLOC_HEA_RESOURCE, hea_call_alloc, NULL),
	KIND_ALLOC(H_ALLOC_RESOURCE, NULL, hea_call_alloc),
	KIND(H_REGISTER_HEA_RPAGES, hea_call_register_pages, NULL),
	KIND(H_REGISTER_RPAGES, NULL, hea_call_register_pages),
	KIND_ALLOC(H_REGISTER_SMR, hea_call_register_smr, hea_call_register_smr),
	KIND(H_FREE_RESOURCE, hea_call_free, hea_call_free),
	KIND(H_DISABLE_AND_GET_HEA, hea_call_disable_and_get, NULL),
	KIND(H_DISABLE_AND_GET, NULL, hca_call_disable_and_get),
	KIND(H_QUERY_HEA, hea_call_query_adapter, NULL),
	KIND(H_QUERY_HCA, NULL, hca_call_query_adapter),
	KIND(H_QUERY_HEA_PORT, hea_call_query_port, NULL),
	KIND(H_QUERY_PORT, NULL, hca_call_query_port),
	KIND(H_MODIFY_HEA_PORT, hea_call_modify_port, NULL),
	KIND(H_MODIFY_PORT, NULL, hca_call_modify_port),
	KIND(H_QUERY_HEA_QP, hea_call_query_qp, NULL),
	KIND(H_QUERY_QP, NULL, hca_call_query_qp),
	KIND(H_MODIFY_HEA_QP, hea_call_modify_qp, NULL),
	KIND(H_MODIFY_QP, NULL, hca_call_modify_qp),
	KIND(H_REG_BCMC, hea_call_reg_bcmc, NULL),
	KIND(H_DEREG_BCMC, hea_call_dereg_bcmc, NULL),
	KIND(H_RESET_EVENTS, hea_call_reset_events, hea_call_reset_events),
	KIND(H_ERROR_DATA, hea_call_error_data, hca_call_error_data),
	KIND(H_QUERY_MR, NULL, hea_call_query_mr),
	KIND(H_DEFINE_AQP1, NULL, hca_call_define_aqp1),
	KIND(H_QUERY_INT_STATE, NULL, hca_call_query_int_state),
};

static atomic64_t counts[ARRAY_SIZE(kinds)];
static atomic64_t nr_unknown;

static const struct kind *find(unsigned long opcode)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].opcode == opcode)
			return &kinds[i];
	}
	return NULL;
}

/* Whether there is such an adapter, and it has such a call */
static bool has(const struct kind *kind, u64 adapter)
{
	if (adapter == HEA_HANDLE)
		return kind->hea;
	return adapter == HCA_HANDLE && hca_present && kind->hca;
}

static long answer(const struct kind *kind, struct ebus_hcall *call)
{
	return call->arg[0] == HCA_HANDLE ? kind->hca(call) : kind->hea(call);
}

static long no_answer(const struct kind *kind, u64 adapter)
{
	hea_oracle(ORACLE_BAD_ARGUMENT, "%s: not for adapter %llx", kind->name,
		   adapter);
	return H_ADAPTER_PARM;	/* assumed */
}

/* Who holds the lock when a kernel crashes has been stopped, and never lets go of it */
static void break_lock_at_crash(void)
{
	unsigned long flags;
	unsigned int ms;

	if (!oops_in_progress)
		return;
	for (ms = 0; !spin_trylock_irqsave(&hea_lock, flags); ms++) {
		if (ms == 1000)
			spin_lock_init(&hea_lock);
		mdelay(1);
	}
	spin_unlock_irqrestore(&hea_lock, flags);
}

/**
 * hea_call() - answer a hypervisor call
 * @call: opcode and arguments; the answer is put there, too
 *
 * Context: Any. Calls that allocate are for process context.
 * Return: H_SUCCESS or another of the firmware's codes.
 */
long hea_call(struct ebus_hcall *call)
{
	const struct kind *kind = find(call->opcode);
	unsigned long flags;
	long rc;

	memset(call->out, 0, sizeof(call->out));
	/* PAPR's answer to an opcode that the hypervisor does not know */
	if (!kind) {
		atomic64_inc(&nr_unknown);
		return H_FUNCTION;
	}
	atomic64_inc(&counts[kind - kinds]);
	rc = hea_fault(call->opcode);
	if (rc != H_SUCCESS)
		return rc;
	if (!has(kind, call->arg[0]))
		return no_answer(kind, call->arg[0]);
	if (kind->allocates)
		return hea_may_sleep(kind->name) ? answer(kind, call) : H_HARDWARE;
	break_lock_at_crash();
	spin_lock_irqsave(&hea_lock, flags);
	rc = answer(kind, call);
	spin_unlock_irqrestore(&hea_lock, flags);
	if (unlikely(oops_in_progress))
		hea_leftovers_at_crash();
	return rc;
}

/**
 * hea_call_find() - the opcode of a name
 * @name: as in asm/hvcall.h, or a number
 * @opcode: where to put it
 *
 * Return: whether there is such a call.
 */
bool hea_call_find(const char *name, unsigned long *opcode)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!strcmp(kinds[i].name, name)) {
			*opcode = kinds[i].opcode;
			return true;
		}
	}
	return !kstrtoul(name, 0, opcode) && find(*opcode);
}

/* The opposite of hea_call_find() */
const char *hea_call_name(unsigned long opcode)
{
	const struct kind *kind = find(opcode);

	return kind ? kind->name : "any";
}

/* How often each has been called */
void hea_calls_show(struct seq_file *m)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		seq_printf(m, "%s %lld\n", kinds[i].name,
			   atomic64_read(&counts[i]));
	seq_printf(m, "unknown %lld\n", atomic64_read(&nr_unknown));
}

/* Counts from 0 again */
void hea_calls_reset(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		atomic64_set(&counts[i], 0);
	atomic64_set(&nr_unknown, 0);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hypervisor calls of eHEA: 14 opcodes, one table.
 */

#include <linux/atomic.h>
#include <linux/kstrtox.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "model.h"

struct kind {
	unsigned long opcode;
	const char *name;
	bool allocates;		/* and takes hea_lock itself */
	long (*answer)(struct ebus_hcall *call);
};

#define KIND(_name, _answer)						\
	{ .opcode = _name, .name = #_name, .answer = _answer }
#define KIND_ALLOC(_name, _answer)					\
	{ .opcode = _name, .name = #_name, .allocates = true, .answer = _answer }

static const struct kind kinds[] = {
	KIND_ALLOC(H_ALLOC_HEA_RESOURCE, hea_call_alloc),
	KIND(H_REGISTER_HEA_RPAGES, hea_call_register_pages),
	KIND_ALLOC(H_REGISTER_SMR, hea_call_register_smr),
	KIND(H_FREE_RESOURCE, hea_call_free),
	KIND(H_DISABLE_AND_GET_HEA, hea_call_disable_and_get),
	KIND(H_QUERY_HEA, hea_call_query_adapter),
	KIND(H_QUERY_HEA_PORT, hea_call_query_port),
	KIND(H_MODIFY_HEA_PORT, hea_call_modify_port),
	KIND(H_QUERY_HEA_QP, hea_call_query_qp),
	KIND(H_MODIFY_HEA_QP, hea_call_modify_qp),
	KIND(H_REG_BCMC, hea_call_reg_bcmc),
	KIND(H_DEREG_BCMC, hea_call_dereg_bcmc),
	KIND(H_RESET_EVENTS, hea_call_reset_events),
	KIND(H_ERROR_DATA, hea_call_error_data),
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
	if (!kind) {
		atomic64_inc(&nr_unknown);
		return H_FUNCTION;
	}
	atomic64_inc(&counts[kind - kinds]);
	rc = hea_fault(call->opcode);
	if (rc != H_SUCCESS)
		return rc;
	if (call->arg[0] != HEA_HANDLE) {
		hea_oracle(ORACLE_BAD_ARGUMENT, "%s: no adapter %lx",
			   kind->name, call->arg[0]);
		return H_ADAPTER_PARM;	/* assumed */
	}
	if (kind->allocates)
		return hea_may_sleep(kind->name) ? kind->answer(call) : H_HARDWARE;
	spin_lock_irqsave(&hea_lock, flags);
	rc = kind->answer(call);
	spin_unlock_irqrestore(&hea_lock, flags);
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

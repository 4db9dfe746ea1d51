/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _MM_MEMORY_HOTPLUG_MAPPER_H
#define _MM_MEMORY_HOTPLUG_MAPPER_H

#include <linux/sched.h>
#include <linux/types.h>

struct folio;

/**
 * struct mhp_mapper - a process that maps a folio
 * @comm: its name, as it was
 * @pid: its number, as init sees it
 */
struct mhp_mapper {
	char comm[TASK_COMM_LEN];
	pid_t pid;
};

bool mhp_folio_mapper(struct folio *folio, struct mhp_mapper *mapper);

#endif /* _MM_MEMORY_HOTPLUG_MAPPER_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process that maps a folio, to name it to whoever wants the folio gone.
 */

#include <linux/mm.h>
#include <linux/rmap.h>
#include <linux/sched/signal.h>

#include "mapper.h"

/* The thread that is the process may have ended before others */
static bool find_task(const struct mm_struct *mm, struct mhp_mapper *mapper)
{
	struct task_struct *process, *thread;

	guard(rcu)();
	for_each_process_thread(process, thread) {
		if (READ_ONCE(thread->mm) != mm)
			continue;
		get_task_comm(mapper->comm, process);
		mapper->pid = task_pid_nr(process);
		return true;
	}
	return false;
}

/* For rmap_walk(): false ends it */
static bool find_mapper(struct folio *folio, struct vm_area_struct *vma,
			unsigned long address, void *arg)
{
	DEFINE_FOLIO_VMA_WALK(walk, folio, vma, address, 0);

	if (!page_vma_mapped_walk(&walk))
		return true;
	page_vma_mapped_walk_done(&walk);
	return !find_task(vma->vm_mm, arg);
}

/**
 * mhp_folio_mapper() - find a process that maps a folio
 * @folio: the folio, locked
 * @mapper: gets the process
 *
 * Context: Process context.
 * Return: whether one was found; also not if that would mean to wait.
 */
bool mhp_folio_mapper(struct folio *folio, struct mhp_mapper *mapper)
{
	struct rmap_walk_control walk = {
		.rmap_one = find_mapper,
		.anon_lock = folio_lock_anon_vma_read,
		/* Nobody shall wait for the sake of words */
		.try_lock = true,
		.arg = mapper,
	};

	mapper->pid = 0;
	if (folio_mapped(folio))
		rmap_walk(folio, &walk);
	return mapper->pid;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * mem_hotplug_lock: whoever changes zones, nodes or sections holds it for
 * writing; get_online_mems() keeps all of that as it is.
 *
 * Order: device_hotplug_lock, cpu_hotplug_lock (read), mem_hotplug_lock.
 */

#include <linux/cpu.h>
#include <linux/device.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/memory_client.h>
#include <linux/mmdebug.h>
#include <linux/percpu-rwsem.h>

#include "internal.h"

DEFINE_STATIC_PERCPU_RWSEM(mem_hotplug_lock);

/**
 * get_online_mems() - keep memory from going online or offline
 *
 * Context: Process context, may sleep. Not inside mem_hotplug_begin().
 */
void get_online_mems(void)
{
	percpu_down_read(&mem_hotplug_lock);
}

/* For those who must not wait: a reader of a block's files holds up its removal */
bool mhp_try_get_online_mems(void)
{
	return percpu_down_read_trylock(&mem_hotplug_lock);
}

/**
 * put_online_mems() - the end of get_online_mems()
 */
void put_online_mems(void)
{
	percpu_up_read(&mem_hotplug_lock);
}

/**
 * mem_hotplug_begin() - be the only one to change the memory layout
 *
 * Keeps CPUs where they are, too: pages cached on a CPU are to be drained.
 *
 * Context: Process context, may sleep.
 */
void mem_hotplug_begin(void)
{
	cpus_read_lock();
	percpu_down_write(&mem_hotplug_lock);
}

/* Between mem_hotplug_begin() and mem_hotplug_done() */
void mhp_assert_locked(void)
{
	lockdep_assert_cpus_held();
	lockdep_assert_held_write(&mem_hotplug_lock);
}

/*
 * Who adds, removes, onlines or offlines memory holds this first of all locks.
 * ACPI does not while it brings up the memory that is there at boot.
 */
void mhp_assert_requested(void)
{
	VM_WARN_ON_ONCE(system_state == SYSTEM_RUNNING &&
			!device_hotplug_locked());
}

/**
 * memory_requests_try_hold() - let no request begin to change memory
 *
 * For whoever would make the taking back of a request fail that he comes in the middle
 * of: between two blocks of it, none is changing. He may hold locks of his own, so he
 * cannot wait for its end, and nobody tells of that. Only for a moment.
 *
 * Context: Process context.
 * Return: true if there is none under way; memory_requests_release() follows.
 */
bool memory_requests_try_hold(void)
{
	return trylock_device_hotplug();
}
EXPORT_SYMBOL_GPL(memory_requests_try_hold);

/**
 * memory_requests_release() - the end of memory_requests_try_hold()
 *
 * Context: Process context, may sleep.
 */
void memory_requests_release(void)
{
	unlock_device_hotplug();
}
EXPORT_SYMBOL_GPL(memory_requests_release);

/**
 * mem_hotplug_done() - the end of mem_hotplug_begin()
 */
void mem_hotplug_done(void)
{
	percpu_up_write(&mem_hotplug_lock);
	cpus_read_unlock();
}

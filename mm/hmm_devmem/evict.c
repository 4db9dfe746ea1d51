// SPDX-License-Identifier: GPL-2.0-only
/*
 * Getting everybody out of a device's memory, and saying who does not go.
 */

#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/rmap.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/swap.h>

#include "../internal.h"
#include "../memory_hotplug/mapper.h"
#include "../migrate_device.h"
#include "internal.h"

/* A page may be locked for a moment, or its users refer to it for one */
#define RETRY_JIFFIES	(HZ / 50 ?: 1)

/* In search of one that a process has, so many pages in use are looked at */
#define LOOK_AT_MOST	65536

/* Names a process that maps a page, if there is one, and it means no waiting */
static bool find_mapper(unsigned long pfn, struct hmm_devmem_users *users)
{
	struct folio *folio = page_folio(pfn_to_page(pfn));
	struct mhp_mapper mapper;

	if (!folio_try_get(folio))
		return false;
	if (folio_mapped(folio) && folio_trylock(folio)) {
		if (mhp_folio_mapper(folio, &mapper)) {
			users->pid = mapper.pid;
			strscpy(users->comm, mapper.comm);
		}
		folio_unlock(folio);
	}
	folio_put(folio);
	return users->pid;
}

/**
 * hmm_devmem_find_users() - say who uses device memory
 * @devmem: device memory
 * @users: gets how many pages, which is the first, and a process that maps some
 */
void hmm_devmem_find_users(struct hmm_devmem *devmem,
			   struct hmm_devmem_users *users)
{
	const unsigned long first_pfn = hmm_devmem_first_pfn(devmem);
	unsigned long index = hmm_devmem_next_used(devmem, 0);
	unsigned int i;

	memset(users, 0, sizeof(*users));
	users->nr_pages = hmm_devmem_nr_used(devmem);
	if (index == devmem->nr_pages)
		return;
	users->first_pfn = first_pfn + index;
	/* The first may be the driver's own */
	for (i = 0; i < LOOK_AT_MOST && index < devmem->nr_pages; i++) {
		if (find_mapper(first_pfn + index, users))
			break;
		cond_resched();
		index = hmm_devmem_next_used(devmem, index + 1);
	}
}

/* Pages on their way out */
struct eviction {
	struct hmm_devmem_batch batch;
	struct anon_vma *anon_vmas[HMM_DEVMEM_BATCH];
};

/*
 * While a page is unmapped its processes may exit, and nothing else keeps the
 * anon_vma that leads to where it has to be mapped again.
 */
static void lock_batch(struct eviction *e, unsigned long pfn, unsigned long nr)
{
	struct folio *folio;
	unsigned long i;

	for (i = 0; i < nr; i++) {
		folio = page_folio(pfn_to_page(pfn + i));
		e->batch.src[i] = 0;
		e->anon_vmas[i] = NULL;
		if (!folio_try_get(folio))
			continue;
		if (!folio_trylock(folio)) {
			folio_put(folio);
			continue;
		}
		/* None if no process maps it: the driver's own, or about to be free */
		e->anon_vmas[i] = folio_get_anon_vma(folio);
		if (!e->anon_vmas[i]) {
			folio_unlock(folio);
			folio_put(folio);
			continue;
		}
		e->batch.src[i] = migrate_pfn(pfn + i) | MIGRATE_PFN_MIGRATE;
	}
}

static void evict_batch(struct hmm_devmem *devmem, struct eviction *e,
			unsigned long index, unsigned long nr)
{
	unsigned long i;

	lock_batch(e, hmm_devmem_first_pfn(devmem) + index, nr);
	migrate_device_unmap(e->batch.src, nr, NULL);
	hmm_devmem_copy_to_system(devmem, &e->batch, nr);
	migrate_device_pages(e->batch.src, e->batch.dst, nr);
	migrate_device_finalize(e->batch.src, e->batch.dst, nr);
	for (i = 0; i < nr; i++)
		if (e->anon_vmas[i])
			put_anon_vma(e->anon_vmas[i]);
}

/* How long to try */
struct limit {
	unsigned long end;		/* in jiffies */
	bool killable;
};

static int check_limit(const struct limit *limit)
{
	if (limit->killable && fatal_signal_pending(current))
		return -EINTR;
	return time_after(jiffies, limit->end) ? -EBUSY : 0;
}

/* Every page in use, once */
static int evict_once(struct hmm_devmem *devmem, struct eviction *e,
		      const struct limit *limit)
{
	unsigned long index = 0, nr;
	int ret = 0;

	while (!ret) {
		index = hmm_devmem_next_used(devmem, index);
		if (index >= devmem->nr_pages)
			break;
		nr = min(devmem->nr_pages - index, HMM_DEVMEM_BATCH);
		evict_batch(devmem, e, index, nr);
		index += nr;
		cond_resched();
		ret = check_limit(limit);
	}
	return ret;
}

/*
 * A page that was locked in memory may be nobody's any more but for a batch of some
 * CPU's, in which it waits for others.
 */
static int evict_and_drain(struct hmm_devmem *devmem, struct eviction *e,
			   const struct limit *limit)
{
	const int ret = evict_once(devmem, e, limit);

	if (ret || !hmm_devmem_nr_used(devmem))
		return ret;
	lru_add_drain_all();
	return evict_once(devmem, e, limit);
}

/**
 * hmm_devmem_evict() - move what the processes have in device memory back
 * @devmem: device memory
 *
 * Every page that can move does; others may come in meanwhile.
 *
 * Context: Process context, without mmap locks.
 * Return: the number of pages in use afterwards, or all if there is no memory for
 * the attempt.
 */
unsigned long hmm_devmem_evict(struct hmm_devmem *devmem)
{
	struct eviction *e = kvmalloc(sizeof(*e), GFP_KERNEL);
	const struct limit none = { .end = jiffies + MAX_JIFFY_OFFSET };

	hmm_devmem_begin_evicting(devmem);
	/* If they are just moving, none is in use */
	if (e)
		evict_and_drain(devmem, e, &none);
	hmm_devmem_end_evicting(devmem);
	kvfree(e);
	return hmm_devmem_nr_used(devmem);
}
EXPORT_SYMBOL_GPL(hmm_devmem_evict);

/* Until a page is worth another look */
static int wait_a_moment(struct hmm_devmem *devmem, bool killable)
{
	long left;

	if (!killable) {
		wait_event_timeout(devmem->all_free,
				   !hmm_devmem_nr_used(devmem), RETRY_JIFFIES);
		return 0;
	}
	left = wait_event_killable_timeout(devmem->all_free,
					   !hmm_devmem_nr_used(devmem),
					   RETRY_JIFFIES);
	return left < 0 ? -EINTR : 0;
}

/**
 * hmm_devmem_evict_all() - move everything out of device memory
 * @devmem: device memory that is closed, see hmm_devmem_close()
 * @timeout_ms: how long to try, in milliseconds
 * @killable: a signal that kills the process ends it
 *
 * Context: Process context, without mmap locks.
 * Return: 0 and no page is in use; -EBUSY if some still were at the end; -EINTR;
 * -ENOMEM.
 */
int hmm_devmem_evict_all(struct hmm_devmem *devmem, unsigned int timeout_ms,
			 bool killable)
{
	const struct limit limit = {
		.end = jiffies + msecs_to_jiffies(timeout_ms),
		.killable = killable,
	};
	struct eviction *e;
	int ret;

	if (!hmm_devmem_nr_used(devmem))
		return 0;
	e = kvmalloc(sizeof(*e), GFP_KERNEL);
	if (!e)
		return -ENOMEM;
	ret = evict_and_drain(devmem, e, &limit);
	while (!ret && hmm_devmem_nr_used(devmem)) {
		ret = wait_a_moment(devmem, killable) ?: check_limit(&limit);
		if (!ret)
			ret = evict_and_drain(devmem, e, &limit);
	}
	kvfree(e);
	return hmm_devmem_nr_used(devmem) ? ret : 0;
}

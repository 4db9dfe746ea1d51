// SPDX-License-Identifier: GPL-2.0-only
/*
 * The Xen balloon: the domain has as much memory as it is told to have. A thread works
 * towards the target. Pages that the domain gives back to Xen stay in the balloon, and are
 * what it fills first when it may have more; when there are no more of them, memory is
 * added. When it has to shrink, memory that was added goes first, in whole blocks.
 */

#define pr_fmt(fmt) "xen: balloon: " fmt

#include <linux/errno.h>
#include <linux/freezer.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/memblock.h>
#include <linux/memory_hotplug.h>
#include <linux/memory_section_ops.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/swap.h>
#include <linux/sysctl.h>
#include <linux/wait.h>

#include <asm/xen/hypercall.h>
#include <asm/xen/hypervisor.h>

#include <xen/features.h>
#include <xen/interface/memory.h>
#include <xen/interface/xen.h>
#include <xen/page.h>
#include <xen/xen.h>

#include "balloon.h"

#undef MODULE_PARAM_PREFIX
#define MODULE_PARAM_PREFIX "xen."

static uint balloon_boot_timeout __read_mostly = 180;
module_param(balloon_boot_timeout, uint, 0444);
MODULE_PARM_DESC(balloon_boot_timeout,
		 "Seconds without progress after which a domain panics that has to shrink while it boots (default: 180)");

/* See balloon.h. Taken inside of the hotplug locks, which nobody may wait for with it */
DEFINE_MUTEX(balloon_mutex);

struct balloon_stats balloon_stats = {
	.schedule_delay = 1,
	.max_schedule_delay = 32,
	.retry_count = 1,
	.max_retry_count = 4,
};
EXPORT_SYMBOL_GPL(balloon_stats);

/* For pages that are lent, should memory be added rather than taken from the kernel? */
static int hotplug_unpopulated;

/**
 * enum progress - how far the thread got in one go
 * @REACHED: there is nothing to do
 * @MOVED: nearer to the target
 * @WAITING: others have what is missing, and may give it back at any time
 * @STUCK: Xen has no memory to give, or the kernel none to spare, just now
 * @GIVEN_UP: not this target
 */
enum progress {
	REACHED,
	MOVED,
	WAITING,
	STUCK,
	GIVEN_UP,
};

/* How the last go ended; the thread's own, but balloon_wait_finish() looks */
static enum progress progress = REACHED;

static DECLARE_WAIT_QUEUE_HEAD(thread_wait);
/* Counts the targets that were set; never 0, which no block has refused to go for */
static atomic_t requests = ATOMIC_INIT(1);

static long credit(void)
{
	return READ_ONCE(balloon_stats.target_pages) -
	       balloon_stats.current_pages;
}

/* Nobody is to be killed, or to wait for long, so that the domain can shrink */
#define GFP_SHRINK	(GFP_HIGHUSER | __GFP_NOWARN | __GFP_NORETRY | \
			 __GFP_NOMEMALLOC)

/* An extent that is backed goes to the page allocator */
#ifdef CONFIG_MEMORY_HOTPLUG
static void give_to_kernel(unsigned long pfn, unsigned int order)
{
	generic_online_page(pfn_to_page(pfn), order);
}
#else
static void give_to_kernel(unsigned long pfn, unsigned int order)
{
	const unsigned long end_pfn = pfn + (1UL << order);

	for (; pfn < end_pfn; pfn++) {
		__ClearPageOffline(pfn_to_page(pfn));
		free_reserved_page(pfn_to_page(pfn));
	}
}
#endif

/* Xen is asked for extents that are in the balloon; those it does not give go back */
static unsigned long fill(const unsigned long *pfns, unsigned int nr,
			  unsigned int order)
{
	const unsigned int done = balloon_populate(pfns, nr, order);
	unsigned int i;

	for (i = 0; i < done; i++)
		give_to_kernel(pfns[i], order);
	for (; i < nr; i++)
		balloon_map_add(pfns[i], 1UL << order);
	balloon_stats.current_pages += (unsigned long)done << order;
	return (unsigned long)done << order;
}

/* Protected by balloon_mutex: what is on its way into the balloon or out of it */
static unsigned long batch[BALLOON_BATCH];

static enum progress grow(unsigned long nr_pages)
{
	unsigned int nr = 0;

	if (nr_pages >= 1UL << BALLOON_ORDER &&
	    balloon_map_take(BALLOON_ORDER, batch) &&
	    fill(batch, 1, BALLOON_ORDER))
		return MOVED;
	while (nr < min(nr_pages, BALLOON_BATCH) &&
	       balloon_map_take(0, &batch[nr]))
		nr++;
	return fill(batch, nr, 0) ? MOVED : STUCK;
}

/*
 * Memory that the balloon has added is the first choice: a page of it that is in the
 * balloon does not keep its section from going. Elsewhere it would, and so none is taken
 * where pages have to be movable.
 */
static struct page *alloc_extent(gfp_t gfp, unsigned int order)
{
	struct page *page;

	if (gfp & __GFP_HIGHMEM && balloon_map_has_hot()) {
		page = alloc_pages(gfp | __GFP_MOVABLE, order);
		if (!page || balloon_map_is_hot(page_to_pfn(page)))
			return page;
		__free_pages(page, order);
	}
	return alloc_pages(gfp, order);
}

/* Takes an extent from the kernel; returns 0 or -ENOMEM */
static int take_from_kernel(gfp_t gfp, unsigned int order, unsigned long *pfn)
{
	struct page *page;

	/* There is always another way than a large extent */
	if (order)
		gfp |= __GFP_NORETRY | __GFP_NOWARN;
	page = alloc_extent(gfp, order);
	if (!page)
		return -ENOMEM;
	*pfn = page_to_pfn(page);
	if (balloon_map_prepare(*pfn, false)) {
		__free_pages(page, order);
		return -ENOMEM;
	}
	if (order)
		split_page(page, order);
	adjust_managed_page_count(page, -(1L << order));
	balloon_scrub(*pfn, 1UL << order);
	return 0;
}

static void set_offline(unsigned long pfn, unsigned int order)
{
	const unsigned long end_pfn = pfn + (1UL << order);

	for (; pfn < end_pfn; pfn++)
		__SetPageOffline(pfn_to_page(pfn));
}

/* Extents that have been taken from the kernel go to Xen, and into the balloon */
static bool empty(const unsigned long *pfns, unsigned int nr,
		  unsigned int order)
{
	unsigned long done, left, gone, pfn;
	unsigned int i;

	/* What maps them temporarily looks at the frames behind them */
	kmap_flush_unused();
	for (i = 0; i < nr; i++)
		set_offline(pfns[i], order);
	done = balloon_depopulate(pfns, nr, order);
	left = done;
	for (i = 0; i < nr; i++) {
		gone = min(left, 1UL << order);
		left -= gone;
		balloon_map_add(pfns[i], gone);
		for (pfn = pfns[i] + gone; pfn < pfns[i] + (1UL << order); pfn++)
			give_to_kernel(pfn, 0);
	}
	balloon_stats.current_pages -= done;
	return done;
}

static enum progress shrink(unsigned long nr_pages, gfp_t gfp)
{
	unsigned int nr = 0;

	if (nr_pages >= 1UL << BALLOON_ORDER &&
	    !take_from_kernel(gfp, BALLOON_ORDER, batch))
		return empty(batch, 1, BALLOON_ORDER) ? MOVED : STUCK;
	while (nr < min(nr_pages, BALLOON_BATCH) &&
	       !take_from_kernel(gfp, 0, &batch[nr]))
		nr++;
	return nr && empty(batch, nr, 0) ? MOVED : STUCK;
}

/* How many pages the domain would have to have more of, to be filled or lent */
static long pages_missing(void)
{
	return balloon_stats.target_pages + balloon_stats.target_unpopulated -
	       balloon_stats.total_pages;
}

/* The balloon is empty, and there is more to come. Called without balloon_mutex */
static enum progress add_memory_for(long nr_pages)
{
	int ret;

	if (nr_pages <= 0)
		return WAITING;
	ret = balloon_sections_add(nr_pages);
	if (!ret)
		return MOVED;
	if (ret == -ENOMEM)
		return STUCK;
	if (ret == -ENOSPC)
		pr_warn("there are no physical addresses for %ld MiB more, the domain stays as large as it is\n",
			nr_pages >> (20 - PAGE_SHIFT));
	else
		pr_warn("%ld MiB more cannot be added (%d)\n",
			nr_pages >> (20 - PAGE_SHIFT), ret);
	return GIVEN_UP;
}

static enum progress go_up(void)
{
	long missing;

	scoped_guard(mutex, &balloon_mutex) {
		const long nr_pages = credit();

		if (nr_pages <= 0)
			return MOVED;
		if (balloon_map_nr())
			return grow(nr_pages);
		if (!IS_ENABLED(CONFIG_XEN_BALLOON_MEMORY_HOTPLUG)) {
			balloon_stats.target_pages =
				balloon_stats.current_pages +
				balloon_stats.target_unpopulated;
			return GIVEN_UP;
		}
		missing = pages_missing();
	}
	return add_memory_for(missing);
}

static enum progress go_down(unsigned int request)
{
	/* The kernel keeps what it needs; what it can spare may be less than asked */
	const long spare = si_mem_available();
	const long nr_pages = min(-credit(), spare);
	enum progress now;

	if (spare <= 0)
		return STUCK;
	if (nr_pages <= 0 || balloon_sections_shrink(nr_pages, request))
		return MOVED;
	guard(mutex)(&balloon_mutex);
	if (credit() >= 0)
		return MOVED;
	now = shrink(min(nr_pages, -credit()), GFP_SHRINK);
	/* The last that it can spare is not taken as soon as it is there */
	if (nr_pages == spare && nr_pages < totalreserve_pages)
		return STUCK;
	return now;
}

static enum progress go(unsigned int request)
{
	const long nr_pages = credit();

	if (nr_pages > 0)
		return go_up();
	if (nr_pages < 0)
		return go_down(request);
	/* One may stay, so that a target that moves to and fro costs nothing */
	balloon_sections_prune(1, request);
	return REACHED;
}

/* Twice as long before each time, and not for ever */
static enum progress count_tries(enum progress now, unsigned int request)
{
	struct balloon_stats *stats = &balloon_stats;

	if (now == WAITING)
		return now;
	if (now != STUCK) {
		stats->schedule_delay = 1;
		stats->retry_count = 1;
		return now;
	}
	stats->retry_count++;
	if (stats->max_retry_count == RETRY_UNLIMITED ||
	    stats->retry_count <= stats->max_retry_count) {
		stats->schedule_delay = min(stats->schedule_delay * 2,
					    stats->max_schedule_delay);
		return now;
	}
	stats->schedule_delay = 1;
	stats->retry_count = 1;
	/* What Xen never backed is of no use */
	balloon_sections_prune(0, request);
	return GIVEN_UP;
}

static long patience(void)
{
	switch (progress) {
	case MOVED:
		return 0;
	case WAITING:
		return HZ;
	case STUCK:
		return balloon_stats.schedule_delay * HZ;
	default:
		/* Should others have got what was missing, or have given it back */
		return 3600L * HZ;
	}
}

/* Is there something new since the thread has seen this? */
static bool has_work(unsigned int request, long left)
{
	return atomic_read(&requests) != request || kthread_should_stop() ||
	       credit() != (progress == REACHED ? 0 : left);
}

static int balloon_thread(void *unused)
{
	unsigned int request = 0;
	long left = 0;

	set_freezable();
	while (!kthread_should_stop()) {
		wait_event_freezable_timeout(thread_wait,
					     has_work(request, left),
					     patience());
		/* There may be no end of work */
		try_to_freeze();
		request = atomic_read(&requests);
		WRITE_ONCE(progress, count_tries(go(request), request));
		left = credit();
		cond_resched();
	}
	return 0;
}

/**
 * balloon_set_new_target() - say how much memory the domain shall have
 * @target: the number of pages
 *
 * A target that was given up is tried again.
 *
 * Context: Any context.
 */
void balloon_set_new_target(unsigned long target)
{
	WRITE_ONCE(balloon_stats.target_pages, target);
	if (!atomic_inc_return(&requests))
		atomic_inc(&requests);
	wake_up(&thread_wait);
}
EXPORT_SYMBOL_GPL(balloon_set_new_target);

/* More pages to lend; called with balloon_mutex held, which it may drop */
static int get_pages_to_lend(unsigned int nr_pages)
{
	const long missing = pages_missing();
	enum progress got = STUCK;

	if (READ_ONCE(hotplug_unpopulated) && missing > 0) {
		mutex_unlock(&balloon_mutex);
		got = add_memory_for(missing);
		mutex_lock(&balloon_mutex);
	}
	if (got == MOVED)
		return 0;
	if (si_mem_available() < nr_pages)
		return -ENOMEM;
	return shrink(nr_pages, GFP_USER) == MOVED ? 0 : -ENOMEM;
}

/*
 * A page from the balloon that the kernel maps; returns 0, -EAGAIN if there is none, or
 * -ENOMEM
 */
static int lend_page(struct page **page)
{
	unsigned long pfn;

	if (!balloon_map_take(0, &pfn))
		return -EAGAIN;
	*page = pfn_to_page(pfn);
	if (PageHighMem(*page)) {
		balloon_map_add(pfn, 1);
		return -EAGAIN;
	}
#ifdef CONFIG_XEN_HAVE_PVMMU
	if (!xen_feature(XENFEAT_auto_translated_physmap) &&
	    xen_alloc_p2m_entry(pfn)) {
		balloon_map_add(pfn, 1);
		return -ENOMEM;
	}
#endif
	__ClearPageOffline(*page);
	return 0;
}

static void take_back(unsigned int nr_pages, struct page **pages)
{
	unsigned int i;

	for (i = 0; i < nr_pages; i++) {
		if (!pages[i])
			continue;
		__SetPageOffline(pages[i]);
		balloon_map_add(page_to_pfn(pages[i]), 1);
		/* Its section is on its way offline, and was held up by it perhaps */
		if (balloon_map_is_closed(page_to_pfn(pages[i])))
			mem_section_let_go_page(pages[i]);
	}
}

/**
 * xen_alloc_ballooned_pages() - borrow pages that nothing is behind
 * @nr_pages: how many
 * @pages: filled
 *
 * For foreign memory to be mapped at their addresses.
 *
 * Context: Process context, may sleep; takes balloon_mutex, and device_hotplug_lock if
 * the sysctl xen.balloon.hotplug_unpopulated is set.
 * Return: 0 or -ENOMEM, and then none is borrowed.
 */
int xen_alloc_ballooned_pages(unsigned int nr_pages, struct page **pages)
{
	unsigned int done = 0;
	int ret = 0;

	guard(mutex)(&balloon_mutex);
	balloon_stats.target_unpopulated += nr_pages;
	while (done < nr_pages && !ret) {
		ret = lend_page(&pages[done]);
		if (!ret)
			done++;
		else if (ret == -EAGAIN)
			ret = get_pages_to_lend(nr_pages - done);
	}
	if (ret) {
		take_back(done, pages);
		balloon_stats.target_unpopulated -= nr_pages;
		wake_up(&thread_wait);
	}
	return ret;
}
EXPORT_SYMBOL(xen_alloc_ballooned_pages);

/**
 * xen_free_ballooned_pages() - give back what xen_alloc_ballooned_pages() lent
 * @nr_pages: how many
 * @pages: the pages; NULL for one that is none
 *
 * Context: Process context, may sleep.
 */
void xen_free_ballooned_pages(unsigned int nr_pages, struct page **pages)
{
	guard(mutex)(&balloon_mutex);
	take_back(nr_pages, pages);
	balloon_stats.target_unpopulated -= nr_pages;
	wake_up(&thread_wait);
}
EXPORT_SYMBOL(xen_free_ballooned_pages);

/* Pages that the domain was started with and Xen does not back */
static int __init add_boot_pages(unsigned long pfn, unsigned long end_pfn)
{
	unsigned long i, nr;

	for (; pfn < end_pfn; pfn += nr) {
		nr = balloon_map_chunk(pfn, end_pfn);
		if (balloon_map_prepare(pfn, false))
			return -ENOMEM;
		for (i = pfn; i < pfn + nr; i++) {
			__ClearPageReserved(pfn_to_page(i));
			__SetPageOffline(pfn_to_page(i));
		}
		balloon_map_add(pfn, nr);
	}
	return 0;
}

/* @append: the domain's size is known without them */
static int __init add_boot_regions(bool append)
{
	unsigned long start_pfn, end_pfn, nr_pages;
	unsigned int i;
	int ret;

	guard(mutex)(&balloon_mutex);
	for (i = 0; i < XEN_EXTRA_MEM_MAX_REGIONS; i++) {
		start_pfn = xen_extra_mem[i].start_pfn;
		/* mem= may leave some of them without struct pages */
		end_pfn = min(start_pfn + xen_extra_mem[i].n_pfns, max_pfn);
		if (start_pfn >= end_pfn)
			continue;
		nr_pages = end_pfn - start_pfn;
		if (!append && nr_pages >= balloon_stats.current_pages) {
			WARN(1, "more pages are not backed than the domain has");
			return -ERANGE;
		}
		ret = add_boot_pages(start_pfn, end_pfn);
		if (ret)
			return ret;
		if (append) {
			balloon_stats.total_pages += nr_pages;
		} else {
			balloon_stats.current_pages -= nr_pages;
			balloon_stats.target_pages -= nr_pages;
		}
	}
	return 0;
}

/*
 * How many pages Xen backs, without those that it does not. In a domain that translates
 * its addresses, they count as memory of the kernel's.
 */
static long __init pages_at_boot(bool *append)
{
	domid_t self = DOMID_SELF;
	long nr_pages = 0;

	*append = true;
	if (xen_initial_domain())
		nr_pages = HYPERVISOR_memory_op(XENMEM_current_reservation,
						&self);
	if (nr_pages > 0)
		return nr_pages;
	if (xen_pv_domain())
		return min_t(long, max_pfn, (long)xen_start_info->nr_pages -
					    (long)xen_released_pages);
	*append = false;
	return (long)get_num_physpages() - (long)xen_unpopulated_pages;
}

#ifdef CONFIG_XEN_BALLOON_MEMORY_HOTPLUG
static struct ctl_table balloon_table[] = {
	{
		.procname	= "hotplug_unpopulated",
		.data		= &hotplug_unpopulated,
		.maxlen		= sizeof(hotplug_unpopulated),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ZERO,
		.extra2		= SYSCTL_ONE,
	},
};

static void __init add_sysctl(void)
{
	register_sysctl_init("xen/balloon", balloon_table);
}
#else
static void __init add_sysctl(void)
{
}
#endif

static int __init balloon_init(void)
{
	struct task_struct *task;
	long nr_pages;
	bool append;
	int ret;

	if (!xen_domain())
		return -ENODEV;
	nr_pages = pages_at_boot(&append);
	if (nr_pages <= 0) {
		WARN(1, "more pages are not backed than the domain has");
		return -ERANGE;
	}
	balloon_stats.current_pages = nr_pages;
	balloon_stats.target_pages = nr_pages;
	balloon_stats.total_pages = nr_pages;
	add_sysctl();
	ret = add_boot_regions(append);
	if (ret)
		return ret;

	task = kthread_run(balloon_thread, NULL, "xen-balloon");
	if (IS_ERR(task)) {
		pr_err("no thread for the balloon: the domain stays as large as it is\n");
		return PTR_ERR(task);
	}
	xen_balloon_init();
	return 0;
}
subsys_initcall(balloon_init);

/*
 * A domain that was started with less memory than it has addresses for must not touch
 * what is missing, which it would if user space ran before the balloon has it all.
 */
static int __init balloon_wait_finish(void)
{
	unsigned long last_change = jiffies;
	long left, before = 0;

	if (!xen_domain())
		return -ENODEV;
	if (xen_pv_domain() || !credit())
		return 0;

	pr_notice("waiting until the domain has shrunk\n");
	while ((left = credit()) < 0) {
		if (left != before) {
			before = left;
			last_change = jiffies;
		}
		if (READ_ONCE(progress) == GIVEN_UP) {
			pr_warn_once("%ld pages still have to go\n", -left);
			if (time_after_eq(jiffies, last_change +
						   HZ * balloon_boot_timeout))
				panic("the domain cannot shrink to its size\n");
		}
		schedule_timeout_interruptible(HZ / 10);
	}
	pr_notice("the domain has shrunk\n");
	return 0;
}
late_initcall_sync(balloon_wait_finish);

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages that keep memory from going offline, made and undone through the
 * module's parameters:
 *
 *   put:  "<kind> <address> <size>": make one, with a page in [address, address + size)
 *   drop: undo them all
 *   held: "<kind> <address> <size>" of each, in bytes
 *
 * Kinds:
 *
 *   pin	a reference to a page that a process uses
 *   dma	a page pinned as for direct memory access; its address is that in
 *		the process that writes
 *   lock	the lock of a page that a process uses
 *   slab	a page of our own slab cache, "mhp_obstacle"
 *   kernel	a page that only we know of
 *   table	a page that is marked as a page table
 *   offline	a page as a balloon keeps it, with a reference
 *   driver	a page that can be moved, if only we let it
 *   contig	the page block as an allocation of contiguous memory isolates it:
 *		under way for as long as there is a locked page in the range
 *   churn	none in the end: contiguous pages that are allocated and freed many
 *		times, whose owner relies on nobody else having a reference
 *   split	none in the end: the kernel's map of the range in single pages, so
 *		that who takes a page out of the map needs no page table for that
 *   hog	all free memory of the range's node, outside of ZONE_MOVABLE, in
 *		chunks of the size that is given in place of the range's; but for
 *		48 MiB, which the rest of the system has to live on
 *   drain	the same, and nothing is left
 *
 * What the kernel allocates goes to the range by allocating until a page lies in
 * it and giving back the others; in ZONE_MOVABLE, where the kernel allocates
 * nothing, by alloc_contig_range().
 */

#include <linux/gfp.h>
#include <linux/limits.h>
#include <linux/list.h>
#include <linux/memory_hotplug.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/nodemask.h>
#include <linux/pagemap.h>
#include <linux/pfn.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/workqueue.h>
#ifdef CONFIG_X86
#include <asm/set_memory.h>
#endif

/* Above the watermarks, so that nobody is killed for want of memory */
#define HOG_LEAVES	(3 * SZ_16M)

#define CHURN_TIMES	100
#define CHURN_ATTEMPTS	5000
#define CHURN_PAGES	4096

#define QUIET	(__GFP_NOWARN | __GFP_NORETRY)

struct place {
	unsigned long start_pfn;
	unsigned long end_pfn;
	int nid;
};

struct obstacle {
	struct list_head list;
	const struct kind *kind;
	struct page *page;
	unsigned int order;
	void *object;
	struct list_head pages;
	struct work_struct work;
	int result;
};

/**
 * struct kind - a way to be in the way
 * @name: its name
 * @make: fills an obstacle; returns 0 or an errno
 * @undo: takes it back
 */
struct kind {
	const char *name;
	int (*make)(struct obstacle *obstacle, const struct place *place);
	void (*undo)(struct obstacle *obstacle);
};

/* Protected by the lock of the module's parameters */
static LIST_HEAD(obstacles);
static struct kmem_cache *cache;

static bool is_inside(const struct place *place, const struct page *page)
{
	return page_to_pfn(page) >= place->start_pfn &&
	       page_to_pfn(page) < place->end_pfn;
}

static void free_list(struct list_head *pages, unsigned int order)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, pages, lru) {
		list_del(&page->lru);
		__free_pages(page, order);
	}
}

/* A page of the range that was free; NULL if it cannot be had */
static struct page *allocate_until_inside(const struct place *place)
{
	struct page *page;
	LIST_HEAD(others);

	for (;;) {
		page = alloc_pages_node(place->nid, GFP_KERNEL | __GFP_THISNODE |
					QUIET, 0);
		if (!page || is_inside(place, page))
			break;
		list_add(&page->lru, &others);
		cond_resched();
	}
	free_list(&others, 0);
	return page;
}

static struct page *allocate_there(const struct place *place)
{
	unsigned long pfn;

	for (pfn = place->start_pfn; pfn < place->end_pfn; pfn++) {
		if (!alloc_contig_range(pfn, pfn + 1, MIGRATE_MOVABLE,
					GFP_KERNEL))
			return pfn_to_page(pfn);
		cond_resched();
	}
	return NULL;
}

static int make_kernel(struct obstacle *obstacle, const struct place *place)
{
	const struct page *first = pfn_to_page(place->start_pfn);

	if (page_zonenum(first) == ZONE_MOVABLE)
		obstacle->page = allocate_there(place);
	else
		obstacle->page = allocate_until_inside(place);
	return obstacle->page ? 0 : -ENOMEM;
}

static void undo_kernel(struct obstacle *obstacle)
{
	__free_page(obstacle->page);
}

static int make_table(struct obstacle *obstacle, const struct place *place)
{
	const int ret = make_kernel(obstacle, place);

	if (!ret)
		__SetPageTable(obstacle->page);
	return ret;
}

static void undo_table(struct obstacle *obstacle)
{
	__ClearPageTable(obstacle->page);
	__free_page(obstacle->page);
}

static int make_offline(struct obstacle *obstacle, const struct place *place)
{
	const int ret = make_kernel(obstacle, place);

	if (!ret)
		__SetPageOffline(obstacle->page);
	return ret;
}

static void undo_offline(struct obstacle *obstacle)
{
	__ClearPageOffline(obstacle->page);
	__free_page(obstacle->page);
}

static bool refuse_to_isolate(struct page *page, isolate_mode_t mode)
{
	return false;
}

static int refuse_to_migrate(struct page *to, struct page *from,
			     enum migrate_mode mode)
{
	return -EBUSY;
}

static void refuse_to_putback(struct page *page)
{
}

static const struct movable_operations mhp_obstacle_driver = {
	.isolate_page = refuse_to_isolate,
	.migrate_page = refuse_to_migrate,
	.putback_page = refuse_to_putback,
};

static int make_driver(struct obstacle *obstacle, const struct place *place)
{
	const int ret = make_kernel(obstacle, place);

	if (ret)
		return ret;
	lock_page(obstacle->page);
	__SetPageMovable(obstacle->page, &mhp_obstacle_driver);
	unlock_page(obstacle->page);
	return 0;
}

static void undo_driver(struct obstacle *obstacle)
{
	lock_page(obstacle->page);
	__ClearPageMovable(obstacle->page);
	unlock_page(obstacle->page);
	__free_page(obstacle->page);
}

/* With a reference; NULL if no page of the range is used by a process */
static struct folio *find_used(const struct place *place)
{
	struct folio *folio;
	unsigned long pfn;
	struct page *page;

	for (pfn = place->start_pfn; pfn < place->end_pfn; pfn++) {
		cond_resched();
		page = pfn_to_online_page(pfn);
		if (!page)
			continue;
		folio = page_folio(page);
		if (!folio_try_get(folio))
			continue;
		if (page_folio(page) == folio && folio_mapped(folio))
			return folio;
		folio_put(folio);
	}
	return NULL;
}

static int make_pin(struct obstacle *obstacle, const struct place *place)
{
	struct folio *folio = find_used(place);

	if (!folio)
		return -ENOENT;
	obstacle->page = &folio->page;
	obstacle->order = folio_order(folio);
	return 0;
}

static void undo_pin(struct obstacle *obstacle)
{
	put_page(obstacle->page);
}

static int make_dma(struct obstacle *obstacle, const struct place *place)
{
	const int ret = pin_user_pages_fast(PFN_PHYS(place->start_pfn), 1,
					    FOLL_WRITE, &obstacle->page);

	if (ret < 0)
		return ret;
	return ret == 1 ? 0 : -EFAULT;
}

static void undo_dma(struct obstacle *obstacle)
{
	unpin_user_page(obstacle->page);
}

static int make_lock(struct obstacle *obstacle, const struct place *place)
{
	const int ret = make_pin(obstacle, place);

	if (!ret) {
		lock_page(obstacle->page);
		put_page(obstacle->page);
	}
	return ret;
}

static void undo_lock(struct obstacle *obstacle)
{
	unlock_page(obstacle->page);
}

/* Objects of one page and more have pages of their own */
struct object {
	struct object *next;
	char rest[PAGE_SIZE];
};

static int make_slab(struct obstacle *obstacle, const struct place *place)
{
	struct object *object, *others = NULL;

	for (;;) {
		object = kmem_cache_alloc_node(cache, GFP_KERNEL |
					       __GFP_THISNODE | QUIET,
					       place->nid);
		if (!object || is_inside(place, virt_to_page(object)))
			break;
		object->next = others;
		others = object;
		cond_resched();
	}
	obstacle->object = object;
	if (object) {
		obstacle->page = virt_to_head_page(object);
		obstacle->order = compound_order(obstacle->page);
	}
	while (others) {
		object = others;
		others = object->next;
		kmem_cache_free(cache, object);
	}
	kmem_cache_shrink(cache);
	return obstacle->object ? 0 : -ENOMEM;
}

static void undo_slab(struct obstacle *obstacle)
{
	kmem_cache_free(cache, obstacle->object);
	kmem_cache_shrink(cache);
}

/* Waits for the locked page with the page block isolated, and has it then */
static void allocate_contiguous(struct work_struct *work)
{
	struct obstacle *obstacle = container_of(work, struct obstacle, work);
	const unsigned long pfn = page_to_pfn(obstacle->page);

	obstacle->result = alloc_contig_range(pfn, pfn + 1, MIGRATE_MOVABLE,
					      GFP_KERNEL);
}

static int make_contig(struct obstacle *obstacle, const struct place *place)
{
	const struct obstacle *other;

	list_for_each_entry(other, &obstacles, list) {
		if (other->kind->make == make_lock &&
		    is_inside(place, other->page)) {
			obstacle->page = other->page;
			INIT_WORK(&obstacle->work, allocate_contiguous);
			queue_work(system_unbound_wq, &obstacle->work);
			return 0;
		}
	}
	return -ENOENT;
}

static void undo_contig(struct obstacle *obstacle)
{
	flush_work(&obstacle->work);
	if (!obstacle->result)
		__free_page(obstacle->page);
}

/*
 * free_contig_range() warns of pages that are still in use. That others have some
 * of them for a moment, for a process that begins or ends, is no fault.
 */
static int make_churn(struct obstacle *obstacle, const struct place *place)
{
	const unsigned long start_pfn = place->start_pfn;
	unsigned int attempts, times = 0;
	int ret;

	for (attempts = 0; attempts < CHURN_ATTEMPTS; attempts++) {
		cond_resched();
		ret = alloc_contig_range(start_pfn, start_pfn + CHURN_PAGES,
					 MIGRATE_MOVABLE, GFP_KERNEL);
		if (ret == -EBUSY)
			continue;
		if (ret)
			return ret;
		cond_resched();
		free_contig_range(start_pfn, CHURN_PAGES);
		if (++times == CHURN_TIMES)
			return 0;
	}
	return -EBUSY;
}

static void undo_nothing(struct obstacle *obstacle)
{
}

/* The pages that were taken last */
static void give_back(struct obstacle *obstacle, unsigned long nr_pages)
{
	unsigned long chunks = nr_pages >> obstacle->order;
	struct page *page;

	while (chunks-- && !list_empty(&obstacle->pages)) {
		page = list_first_entry(&obstacle->pages, struct page, lru);
		list_del(&page->lru);
		__free_pages(page, obstacle->order);
	}
}

static int make_drain(struct obstacle *obstacle, const struct place *place)
{
	struct page *page;

	obstacle->order = get_order(PFN_PHYS(place->end_pfn - place->start_pfn));
	if (obstacle->order > MAX_PAGE_ORDER)
		return -EINVAL;
	for (;;) {
		page = alloc_pages_node(place->nid, GFP_KERNEL | __GFP_THISNODE |
					QUIET, obstacle->order);
		if (!page)
			return 0;
		list_add(&page->lru, &obstacle->pages);
		cond_resched();
	}
}

#ifdef CONFIG_X86
/* Changes a page of each chunk, and changes it back: what was split stays split */
static int make_split(struct obstacle *obstacle, const struct place *place)
{
	struct page *page;
	int ret = 0;

	obstacle->order = pageblock_order;
	while ((page = alloc_pages_node(place->nid, GFP_KERNEL | __GFP_THISNODE |
					QUIET, pageblock_order)))
		list_add(&page->lru, &obstacle->pages);
	list_for_each_entry(page, &obstacle->pages, lru) {
		const unsigned long address = (unsigned long)page_address(page);

		if (is_inside(place, page) && !ret)
			ret = set_memory_uc(address, 1) ?:
			      set_memory_wb(address, 1);
	}
	free_list(&obstacle->pages, pageblock_order);
	return ret;
}
#else
static int make_split(struct obstacle *obstacle, const struct place *place)
{
	return -EOPNOTSUPP;
}
#endif

static int make_hog(struct obstacle *obstacle, const struct place *place)
{
	const int ret = make_drain(obstacle, place);

	give_back(obstacle, PHYS_PFN(HOG_LEAVES));
	return ret;
}

static void undo_hog(struct obstacle *obstacle)
{
	free_list(&obstacle->pages, obstacle->order);
}

static const struct kind kinds[] = {
	{ "pin",	make_pin,	undo_pin },
	{ "dma",	make_dma,	undo_dma },
	{ "lock",	make_lock,	undo_lock },
	{ "slab",	make_slab,	undo_slab },
	{ "kernel",	make_kernel,	undo_kernel },
	{ "table",	make_table,	undo_table },
	{ "offline",	make_offline,	undo_offline },
	{ "driver",	make_driver,	undo_driver },
	{ "contig",	make_contig,	undo_contig },
	{ "churn",	make_churn,	undo_nothing },
	{ "split",	make_split,	undo_nothing },
	{ "hog",	make_hog,	undo_hog },
	{ "drain",	make_drain,	undo_hog },
};

static const struct kind *find_kind(const char *name)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	}
	return NULL;
}

static int put_set(const char *val, const struct kernel_param *kp)
{
	unsigned long long start, size;
	struct place place = { .nid = NUMA_NO_NODE };
	struct obstacle *obstacle;
	const struct kind *kind;
	char name[16];
	int ret;

	if (sscanf(val, "%15s %lli %lli", name, &start, &size) != 3 || !size)
		return -EINVAL;
	place.start_pfn = PHYS_PFN(start);
	place.end_pfn = PHYS_PFN(start + size);
	kind = find_kind(name);
	if (!kind)
		return -EINVAL;
	if (kind->make != make_dma) {
		if (!pfn_to_online_page(place.start_pfn))
			return -ENXIO;
		place.nid = page_to_nid(pfn_to_page(place.start_pfn));
	}

	obstacle = kzalloc(sizeof(*obstacle), GFP_KERNEL);
	if (!obstacle)
		return -ENOMEM;
	INIT_LIST_HEAD(&obstacle->pages);
	obstacle->kind = kind;
	ret = kind->make(obstacle, &place);
	if (ret)
		kfree(obstacle);
	else
		list_add_tail(&obstacle->list, &obstacles);
	return ret;
}

static void drop_all(void)
{
	struct obstacle *obstacle, *next;

	list_for_each_entry_safe(obstacle, next, &obstacles, list) {
		obstacle->kind->undo(obstacle);
		list_del(&obstacle->list);
		kfree(obstacle);
	}
}

static int drop_set(const char *val, const struct kernel_param *kp)
{
	drop_all();
	return 0;
}

static int held_get(char *buffer, const struct kernel_param *kp)
{
	struct obstacle *obstacle;
	int len = 0;

	list_for_each_entry(obstacle, &obstacles, list) {
		if (!obstacle->page)
			len += sysfs_emit_at(buffer, len, "%s 0 %zu\n",
					     obstacle->kind->name,
					     list_count_nodes(&obstacle->pages) *
					     (PAGE_SIZE << obstacle->order));
		else
			len += sysfs_emit_at(buffer, len, "%s %#llx %lu\n",
					     obstacle->kind->name,
					     PFN_PHYS(page_to_pfn(obstacle->page)),
					     PAGE_SIZE << obstacle->order);
	}
	return len;
}

static const struct kernel_param_ops put_ops = { .set = put_set };
static const struct kernel_param_ops drop_ops = { .set = drop_set };
static const struct kernel_param_ops held_ops = { .get = held_get };
module_param_cb(put, &put_ops, NULL, 0200);
module_param_cb(drop, &drop_ops, NULL, 0200);
module_param_cb(held, &held_ops, NULL, 0400);

static int __init obstacle_init(void)
{
	cache = kmem_cache_create("mhp_obstacle", sizeof(struct object), 0,
				  SLAB_NO_MERGE, NULL);
	return cache ? 0 : -ENOMEM;
}
module_init(obstacle_init);

static void __exit obstacle_exit(void)
{
	drop_all();
	kmem_cache_destroy(cache);
}
module_exit(obstacle_exit);

MODULE_DESCRIPTION("Pages that keep memory from going offline, for tests");
MODULE_LICENSE("GPL");

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Obstacles: what a page is that keeps a block from going offline, in words for
 * whoever is at the console.
 *
 * What page flags and reference counts tell is certain. Who has allocated a page
 * is only known with page_owner; without it nothing is guessed.
 */

#include <linux/hugetlb.h>
#include <linux/ioport.h>
#include <linux/memory_hotplug.h>
#include <linux/memory_refusal.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/page-isolation.h>
#include <linux/page_owner.h>
#include <linux/pagemap.h>
#include <linux/pfn.h>
#include <linux/secretmem.h>
#include <linux/slab.h>
#include <linux/stackdepot.h>
#include <linux/string.h>

#include "../slab.h"
#include "internal.h"
#include "mapper.h"

/* Names that processes give themselves are among what is printed */
__printf(3, 4)
static void describe(struct mhp_obstacle *obstacle, enum mhp_page_kind kind,
		     const char *what, ...)
{
	va_list args;

	obstacle->kind = kind;
	va_start(args, what);
	vscnprintf(obstacle->what, sizeof(obstacle->what), what, args);
	va_end(args);
	mhp_keep_to_one_line(obstacle->what);
}

__printf(2, 3)
static void describe_more(struct mhp_obstacle *obstacle, const char *what, ...)
{
	const size_t len = strlen(obstacle->what);
	va_list args;

	va_start(args, what);
	vscnprintf(obstacle->what + len, sizeof(obstacle->what) - len, what,
		   args);
	va_end(args);
	mhp_keep_to_one_line(obstacle->what);
}

/**
 * arch_reserved_for() - what has a page been reserved for at boot?
 * @addr: an address in it
 *
 * An architecture that knows more than /proc/iomem overrides this.
 *
 * Return: its name, or %NULL.
 */
const char * __weak arch_reserved_for(phys_addr_t addr)
{
	return NULL;
}

static void describe_reserved(struct mhp_obstacle *obstacle, struct page *page)
{
	const phys_addr_t addr = PFN_PHYS(page_to_pfn(page));
	const char *what = arch_reserved_for(addr);
	char name[32];

	if (what)
		describe(obstacle, MHP_PAGE_RESERVED, "reserved page of %s",
			 what);
	else if (iomem_name_in_ram(addr, addr + PAGE_SIZE - 1, name,
				   sizeof(name)))
		describe(obstacle, MHP_PAGE_RESERVED,
			 "reserved page of \"%s\", see /proc/iomem", name);
	else
		describe(obstacle, MHP_PAGE_RESERVED,
			 "reserved page: allocated at boot, or kept by the firmware");
}

/* The cache is only compared with those that exist: it may be gone already */
static void describe_slab(struct mhp_obstacle *obstacle, struct folio *folio)
{
	const struct kmem_cache *cache = READ_ONCE(folio_slab(folio)->slab_cache);
	const struct kmem_cache *known;

	describe(obstacle, MHP_PAGE_SLAB, "slab page");
	mutex_lock(&slab_mutex);
	list_for_each_entry(known, &slab_caches, list) {
		if (known == cache)
			describe_more(obstacle, " of cache %s", known->name);
	}
	mutex_unlock(&slab_mutex);
}

/* A folio that is locked keeps its mapping, and the mapping its inode */
static void add_locked_owner(struct mhp_obstacle *obstacle, struct folio *folio)
{
	struct mhp_mapper mapper;
	const struct inode *inode;

	if (folio_test_anon(folio)) {
		describe_more(obstacle, ", anonymous memory");
	} else if (folio->mapping) {
		inode = folio->mapping->host;
		describe_more(obstacle, ", inode %lu of %s", inode->i_ino,
			      inode->i_sb->s_type->name);
	}
	if (mhp_folio_mapper(folio, &mapper))
		describe_more(obstacle, " of %s (pid %d)", mapper.comm,
			      mapper.pid);
}

/**
 * mhp_folio_get() - keep a folio of user space or the page cache
 * @page: one of its pages
 *
 * Other pages are left alone: whoever has allocated them may rely on being the
 * only one to have a reference, as virtio-mem does.
 *
 * Return: the folio with a reference; NULL if it is no such folio, or is just
 * being freed.
 */
struct folio *mhp_folio_get(struct page *page)
{
	struct folio *folio;

	if (!PageLRU(page) && !PageHuge(page))
		return NULL;
	folio = page_folio(page);
	if (!folio_try_get(folio))
		return NULL;
	if (page_folio(page) == folio &&
	    (folio_test_lru(folio) || folio_test_hugetlb(folio)))
		return folio;
	folio_put(folio);
	return NULL;
}

static void add_owner(struct mhp_obstacle *obstacle, struct folio *folio)
{
	if (!folio_trylock(folio))
		return;
	add_locked_owner(obstacle, folio);
	folio_unlock(folio);
}

/**
 * mhp_folio_is_fixed() - does the file to which a folio belongs forbid migration?
 * @folio: the folio; the caller has a reference
 *
 * Return: whether it does; false if the folio is locked by somebody else.
 */
bool mhp_folio_is_fixed(struct folio *folio)
{
	struct address_space *mapping;
	bool fixed = false;

	/* Such folios are kept from reclaim, too */
	if (!folio_test_unevictable(folio) || !folio_trylock(folio))
		return false;
	mapping = folio_test_anon(folio) ? NULL : folio->mapping;
	if (mapping)
		fixed = mapping_inaccessible(mapping) ||
			secretmem_mapping(mapping);
	folio_unlock(folio);
	return fixed;
}

/**
 * mhp_extra_references() - references to a folio that migration does not expect
 * @folio: a folio of user space or the page cache; the caller has a reference,
 *	   and it is not on a list of isolated folios
 *
 * What maps a folio, the page cache and the swap cache let go when it is
 * migrated. Others do not: direct I/O, a pipe, RDMA, VFIO.
 *
 * Return: their number; as all counts are read one by one, it may be wrong for a
 * folio that is in use.
 */
int mhp_extra_references(struct folio *folio)
{
	int expected = folio_mapcount(folio);

	if (folio_test_swapcache(folio) ||
	    (folio->mapping && !folio_test_anon(folio)))
		expected += folio_nr_pages(folio);
	if (folio_test_private(folio))
		expected++;
	return folio_ref_count(folio) - expected - 1;
}

static const char *plural(int n)
{
	return n == 1 ? "" : "s";
}

/* A small folio counts a pin for DMA as many references, see page_maybe_dma_pinned() */
static void describe_pins(struct mhp_obstacle *obstacle, struct folio *folio,
			  const char *what, int extra)
{
	const int mappings = folio_mapcount(folio);

	if (!folio_test_large(folio) && extra >= GUP_PIN_COUNTING_BIAS) {
		extra /= GUP_PIN_COUNTING_BIAS;
		describe(obstacle, MHP_PAGE_PINNED, "%s pinned %d time%s for DMA",
			 what, extra, plural(extra));
		return;
	}
	describe(obstacle, MHP_PAGE_PINNED,
		 "%s pinned by %d reference%s beyond its %d mapping%s", what,
		 extra, plural(extra), mappings, plural(mappings));
}

static void describe_lru(struct mhp_obstacle *obstacle, struct folio *folio)
{
	const int extra = mhp_extra_references(folio);

	if (mhp_folio_is_fixed(folio))
		describe(obstacle, MHP_PAGE_FIXED,
			 "page of a file that does not let its pages be moved");
	else if (folio_test_writeback(folio))
		describe(obstacle, MHP_PAGE_BUSY, "page under writeback");
	else if (extra > 0)
		describe_pins(obstacle, folio, "page", extra);
	else if (folio_test_locked(folio))
		describe(obstacle, MHP_PAGE_BUSY, "page locked");
	else
		describe(obstacle, MHP_PAGE_BUSY, "page in use");
	add_owner(obstacle, folio);
}

static void describe_hugetlb(struct mhp_obstacle *obstacle, struct folio *folio)
{
	const int extra = mhp_extra_references(folio);
	char what[48];

	snprintf(what, sizeof(what), "huge page of %lu kB",
		 folio_size(folio) / SZ_1K);
	if (extra > 0)
		describe_pins(obstacle, folio, what, extra);
	else
		describe(obstacle, MHP_PAGE_HUGETLB, "%s", what);
	add_owner(obstacle, folio);
}

/* The allocator's own functions, which are at the top of every trace */
static bool is_allocator(unsigned long address)
{
	static const char * const prefixes[] = {
		"post_alloc_hook", "prep_new_page", "get_page_from_freelist",
		"__alloc_pages", "alloc_pages", "get_free_pages",
		"__folio_alloc", "folio_alloc", "get_zeroed_page",
	};
	char name[64];
	int i;

	snprintf(name, sizeof(name), "%ps", (void *)address);
	for (i = 0; i < ARRAY_SIZE(prefixes); i++) {
		if (str_has_prefix(name, prefixes[i]))
			return true;
	}
	return false;
}

/* The innermost functions that asked for the page */
static void add_trace(struct mhp_obstacle *obstacle, depot_stack_handle_t trace)
{
	const unsigned int max_shown = 4;
	unsigned int nr, i = 0, shown;
	unsigned long *entries;

	nr = stack_depot_fetch(trace, &entries);
	while (i < nr && is_allocator(entries[i]))
		i++;
	for (shown = 0; i < nr && shown < max_shown; i++, shown++)
		describe_more(obstacle, "%s%ps", shown ? " < " : ", at ",
			      (void *)entries[i]);
}

/* A page that came from the allocator, and that is all that the page tells */
static void describe_unknown(struct mhp_obstacle *obstacle, struct page *page,
			     int references)
{
	struct page_owner_origin origin;

	if (page_owner_get(page, &origin)) {
		describe(obstacle, MHP_PAGE_UNKNOWN, "allocated by %s (pid %d)",
			 origin.comm, origin.pid);
		add_trace(obstacle, origin.trace);
	} else {
		describe(obstacle, MHP_PAGE_UNKNOWN,
			 "unknown allocation, references %d, flags %pGp; boot with page_owner=on to see whose",
			 references, &page->flags);
	}
}

/* The caller has a reference */
static void describe_folio(struct mhp_obstacle *obstacle, struct folio *folio)
{
	obstacle->pfn = folio_pfn(folio);
	obstacle->nr_pages = folio_nr_pages(folio);
	if (folio_test_hugetlb(folio))
		describe_hugetlb(obstacle, folio);
	else if (folio_contain_hwpoisoned_page(folio))
		describe(obstacle, MHP_PAGE_POISON,
			 "page with a hardware error, still in use");
	else
		describe_lru(obstacle, folio);
}

/* No reference is taken: the page's type and its count say what there is to say */
static void describe_page(struct mhp_obstacle *obstacle, struct page *page)
{
	struct folio *folio = page_folio(page);
	const int references = folio_ref_count(folio);
	unsigned long ops;

	if (folio_test_slab(folio)) {
		describe_slab(obstacle, folio);
	} else if (PageHuge(page)) {
		describe(obstacle, MHP_PAGE_HUGETLB,
			 "free huge page that hugetlbfs has promised to somebody");
	} else if (PageBuddy(page)) {
		describe(obstacle, MHP_PAGE_FREE, "page that has been freed since");
	} else if (PageTable(page)) {
		describe(obstacle, MHP_PAGE_TABLE, "page table");
	} else if (__PageMovable(page)) {
		ops = (unsigned long)READ_ONCE(page->mapping);
		describe(obstacle, MHP_PAGE_DRIVER,
			 "page of the driver behind %ps",
			 (void *)(ops & ~PAGE_MAPPING_FLAGS));
	} else if (PageOffline(page)) {
		describe(obstacle, MHP_PAGE_OFFLINE,
			 "offline page that its driver, a balloon, does not give up");
	} else if (PageHWPoison(page)) {
		describe(obstacle, MHP_PAGE_POISON,
			 "page with a hardware error, still in use");
	} else if (!references) {
		describe(obstacle, MHP_PAGE_FREE, "page that is just being freed");
	} else if (READ_ONCE(folio->mapping)) {
		describe(obstacle, MHP_PAGE_BUSY,
			 "page of %s on its way to or from an LRU list",
			 folio_test_anon(folio) ? "a process" : "a file");
	} else {
		describe_unknown(obstacle, page, references);
	}
}

/**
 * mhp_obstacle_describe() - tell what a page is
 * @obstacle: filled
 * @pfn: its page frame
 *
 * Context: Process context, may sleep; mem_hotplug_lock is held.
 */
void mhp_obstacle_describe(struct mhp_obstacle *obstacle, unsigned long pfn)
{
	struct page *page = pfn_to_page(pfn);
	struct folio *folio;

	obstacle->pfn = pfn;
	obstacle->nr_pages = 1;
	if (PageReserved(page)) {
		describe_reserved(obstacle, page);
		return;
	}
	if (is_migrate_cma_page(page)) {
		describe(obstacle, MHP_PAGE_CMA,
			 "page of an area of the contiguous memory allocator (CMA)");
		return;
	}
	folio = mhp_folio_get(page);
	if (!folio) {
		describe_page(obstacle, page);
		return;
	}
	describe_folio(obstacle, folio);
	folio_put(folio);
}

/**
 * mhp_obstacle_no_target() - tell that there is nowhere to move a page to
 * @obstacle: filled
 * @pfn: its page frame
 *
 * Context: As mhp_obstacle_describe().
 */
void mhp_obstacle_no_target(struct mhp_obstacle *obstacle, unsigned long pfn)
{
	mhp_obstacle_describe(obstacle, pfn);
	if (obstacle->kind == MHP_PAGE_HUGETLB)
		describe_more(obstacle,
			      ", and none is free elsewhere; free one, or raise nr_hugepages");
	else
		describe(obstacle, MHP_PAGE_NO_TARGET,
			 "no memory elsewhere to move the page to");
}

/**
 * mhp_obstacle_set() - an obstacle that is not in the page itself
 * @obstacle: filled
 * @pfn: where it is
 * @kind: MHP_PAGE_ISOLATED, _ZONE_BORDER or _STRADDLING
 */
void mhp_obstacle_set(struct mhp_obstacle *obstacle, unsigned long pfn,
		      enum mhp_page_kind kind)
{
	static const char * const words[MHP_PAGE_KINDS] = {
		[MHP_PAGE_ISOLATED]	= "page block isolated by somebody else, try again",
		[MHP_PAGE_ZONE_BORDER]	= "page block in which another zone begins",
		[MHP_PAGE_STRADDLING]	= "unmovable large page across the block's border",
	};

	obstacle->pfn = pfn;
	obstacle->nr_pages = kind == MHP_PAGE_ISOLATED ||
			     kind == MHP_PAGE_ZONE_BORDER ?
			     pageblock_nr_pages : 1;
	describe(obstacle, kind, "%s", words[kind]);
}

/**
 * mhp_refuse_obstacle() - refuse because of a page
 * @refusal: the refusal
 * @kind: the reason, for programs
 * @error: negative errno
 * @obstacle: the page
 * @what: what happened, if the page is only what it was held up by; or NULL
 *
 * Return: @error.
 */
int mhp_refuse_obstacle(struct mhp_refusal *refusal, enum mhp_refusal_kind kind,
			int error, const struct mhp_obstacle *obstacle,
			const char *what)
{
	if (refusal->error)
		return error;
	mhp_refuse(refusal, kind, error, PFN_PHYS(obstacle->pfn),
		   PFN_PHYS(obstacle->nr_pages), "core", "%s%s%s", what ?: "",
		   what ? "; held up by: " : "", obstacle->what);
	refusal->page = obstacle->kind;
	return error;
}

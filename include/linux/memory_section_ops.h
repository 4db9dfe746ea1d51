/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the sections of a range come into use is the business of whoever added the
 * range. A provider passes operations and data of its own when it adds memory; both
 * belong to each section of the range until the section is removed.
 */
#ifndef _LINUX_MEMORY_SECTION_OPS_H
#define _LINUX_MEMORY_SECTION_OPS_H

#include <linux/memory_hotplug.h>
#include <linux/mm_types.h>
#include <linux/page-flags.h>
#include <linux/page_ref.h>
#include <linux/types.h>

struct module;

/**
 * enum mem_section_by - who brings sections online, or takes them offline
 * @MEM_SECTION_BY_ANYBODY: the policy for new memory when they are added, then
 *			    whoever writes to the state of their memory block
 * @MEM_SECTION_BY_USER: as before, but the policy is not asked
 * @MEM_SECTION_BY_PROVIDER: the provider alone
 * @MEM_SECTION_BY_NOBODY: nobody; for going offline only
 */
enum mem_section_by {
	MEM_SECTION_BY_ANYBODY,
	MEM_SECTION_BY_USER,
	MEM_SECTION_BY_PROVIDER,
	MEM_SECTION_BY_NOBODY,
};

/**
 * struct mem_section_ops - how sections of a provider are used
 * @name: the provider, in one word
 * @res_name: how /proc/iomem calls the memory: "System RAM (<provider>)" for what
 *	      only its provider can find, also after kexec; NULL for "System RAM"
 * @advice: what to do instead of a request that is refused; or NULL
 * @owner: the module, which cannot go while there are such sections
 * @online_by: who brings them online
 * @offline_by: who takes them offline
 * @hidden: user space sees no memory blocks for them; then @online_by and
 *	    @offline_by must not be users
 * @prefers_movable: they join ZONE_MOVABLE as long as that keeps the ratio
 *		     memory_hotplug.auto_movable_ratio, whatever the policy is
 * @backs_pages: the provider gets what backs the pages, from a hypervisor for
 *		 example, and needs nothing else behind the addresses
 * @online: decide about pages that come online: a chunk of 1 << @order, all
 *	    PageOffline() with a reference count of 1. The provider keeps them, or
 *	    gives them to the page allocator with generic_online_page(), now or
 *	    later. NULL if all pages go to the allocator at once.
 * @let_go: the sections are about to go offline; the pages that the provider keeps
 *	    there lose their reference, see mem_section_let_go_page(), and stay as
 *	    they are until @hold_again or @offlined. Returns 0 or an errno, and then
 *	    has changed nothing. NULL if the provider keeps no pages.
 * @hold_again: the sections stay online: @let_go is taken back
 * @offlined: the sections are offline, and nobody uses a page of them; what backs
 *	      them may go. Their struct pages must not be looked at. May be NULL.
 * @check_remove: the sections are offline and shall be removed. Returns 0, or an
 *		  errno as long as what backs them has not gone: then they stay, and
 *		  come online again if offline_and_remove_memory() took them offline.
 *		  Gets all of their pages, those that hold their memmap as well. May be
 *		  NULL.
 *
 * All functions are called in process context, with device_hotplug_lock and, for
 * writing, mem_hotplug_lock held, for a memory block at a time. They may sleep. They
 * must not wait for anybody who waits for memory hotplug.
 *
 * A page that the provider keeps is never touched by anybody else: /proc/kcore reads
 * zeros, dumps and hibernation leave it out.
 */
struct mem_section_ops {
	const char *name;
	const char *res_name;
	const char *advice;
	struct module *owner;
	enum mem_section_by online_by;
	enum mem_section_by offline_by;
	bool hidden;
	bool prefers_movable;
	bool backs_pages;
	void (*online)(struct page *page, unsigned int order, void *data);
	int (*let_go)(unsigned long start_pfn, unsigned long nr_pages,
		      void *data);
	void (*hold_again)(unsigned long start_pfn, unsigned long nr_pages,
			   void *data);
	void (*offlined)(unsigned long start_pfn, unsigned long nr_pages,
			 void *data);
	int (*check_remove)(unsigned long start_pfn, unsigned long nr_pages,
			    void *data);
};

/**
 * mem_section_let_go_page() - a page that its provider keeps may go offline
 * @page: the page
 *
 * For &mem_section_ops.let_go.
 */
static inline void mem_section_let_go_page(struct page *page)
{
	VM_WARN_ON_ONCE_PAGE(!PageOffline(page) || !page_count(page), page);
	page_ref_dec(page);
}

/**
 * mem_section_hold_page() - a page that was let go is kept again
 * @page: the page
 *
 * For &mem_section_ops.hold_again.
 */
static inline void mem_section_hold_page(struct page *page)
{
	VM_WARN_ON_ONCE_PAGE(!PageOffline(page), page);
	page_ref_inc(page);
}

#ifdef CONFIG_MEMORY_HOTPLUG
/**
 * struct mem_section_range - memory that a provider adds
 * @nid: its node, or a memory group with MHP_NID_IS_MGID
 * @start: first byte, aligned to the size of a memory block
 * @size: size in bytes, a multiple of the size of a memory block
 * @res: the resource that covers it, if the provider has claimed the addresses; it
 *	 belongs to the core once they are added. NULL to have them claimed.
 * @flags: MHP_*
 * @ops: how its sections are used
 * @data: passed to the functions of @ops
 */
struct mem_section_range {
	int nid;
	u64 start;
	u64 size;
	struct resource *res;
	mhp_t flags;
	const struct mem_section_ops *ops;
	void *data;
};

extern const struct mem_section_ops mem_section_generic_ops;

int mem_sections_add(const struct mem_section_range *range);
int mem_sections_online(u64 start, u64 size, enum mmop online_type);
#endif

#endif /* _LINUX_MEMORY_SECTION_OPS_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of a device, with struct pages, that process memory can migrate to and
 * back; see Documentation/mm/hmm-devmem.rst.
 */
#ifndef _LINUX_HMM_DEVMEM_H
#define _LINUX_HMM_DEVMEM_H

#include <linux/limits.h>
#include <linux/mm_types.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>

struct device;
struct hmm_devmem;
struct hmm_devmem_range;
struct mhp_range_op;
struct range;
struct resource;
struct vm_fault;

/**
 * struct hmm_devmem_copy - a page to be copied
 * @dst: where to; locked, and nobody else sees it
 * @src: where from; locked, and nobody writes to it; %NULL to fill @dst with zeros
 */
struct hmm_devmem_copy {
	struct page *dst;
	struct page *src;
};

/**
 * enum hmm_devmem_direction - which way pages are copied
 * @HMM_DEVMEM_TO_DEVICE: into the device's memory
 * @HMM_DEVMEM_TO_SYSTEM: out of it
 */
enum hmm_devmem_direction {
	HMM_DEVMEM_TO_DEVICE,
	HMM_DEVMEM_TO_SYSTEM
};

/**
 * struct hmm_devmem_ops - what only the driver can do
 * @copy: Copy @nr pages, and return when the destination has them: 0, or an errno if
 *	  not all of them. They are then tried one by one; one that cannot be copied stays
 *	  where it is, and if the CPU needs it, the process gets a SIGBUS. Called with the
 *	  mmap lock of a process held, or with none, but never in atomic context. Needed
 *	  for memory that the CPU cannot address.
 * @fault: The CPU has touched a page of the device's. Optional: hmm_devmem_fault() is
 *	   called without it, and is what it has to end with: nothing else can move the
 *	   very page that was touched.
 * @free: A page is no longer in use. Optional. Any context, may not sleep.
 * @moved: The device's memory now has page frames from hmm_devmem_first_pfn() on
 *	   instead of @old_first_pfn. None of its pages is in use, and none can be
 *	   allocated before it returns. Optional: who names pages by hmm_devmem_index()
 *	   need not know. Process context; may sleep, and may take no lock under which the
 *	   driver adds or removes device memory. May be called before hmm_devmem_add() has
 *	   returned, when @drvdata is still %NULL.
 */
struct hmm_devmem_ops {
	int (*copy)(struct hmm_devmem *devmem,
		    const struct hmm_devmem_copy *pages, unsigned int nr,
		    enum hmm_devmem_direction to);
	vm_fault_t (*fault)(struct hmm_devmem *devmem, struct vm_fault *vmf);
	void (*free)(struct hmm_devmem *devmem, struct page *page);
	void (*moved)(struct hmm_devmem *devmem, unsigned long old_first_pfn);
};

/**
 * struct hmm_devmem_constraints - which physical addresses will do
 * @min: lowest
 * @max: highest; 0 for any
 * @align: of the first, a power of two; sections are aligned to at least their size
 * @bottom_up: begin at @min; normally the search begins at @max
 */
struct hmm_devmem_constraints {
	u64 min;
	u64 max;
	u64 align;
	bool bottom_up;
};

/**
 * struct hmm_devmem_users - who keeps device memory from being removed
 * @nr_pages: pages in use
 * @first_pfn: the first of them
 * @pid: a process that has some of them mapped; 0 if none has, or none was found
 * @comm: that process's name
 */
struct hmm_devmem_users {
	unsigned long nr_pages;
	unsigned long first_pfn;
	pid_t pid;
	char comm[TASK_COMM_LEN];
};

/**
 * struct hmm_devmem - memory of a device
 * @dev: the device
 * @ops: what its driver does
 * @drvdata: for the driver
 * @nr_pages: size in pages
 *
 * It is also the owner of its pages: what goes into dev_private_owner of a struct
 * hmm_range, and comes with MMU_NOTIFY_MIGRATE.
 */
struct hmm_devmem {
	struct device *dev;
	const struct hmm_devmem_ops *ops;
	void *drvdata;
	unsigned long nr_pages;

	/* private: */
	struct hmm_devmem_constraints constraints;
	struct hmm_devmem_range *range;
	unsigned long first_pfn;
	bool coherent;			/* the CPU can address it */
	spinlock_t lock;		/* protects what follows */
	unsigned long *used;		/* a bit for each page */
	unsigned long nr_used;
	unsigned long lowest_free;	/* no page before it is free */
	unsigned int nr_evicting;	/* who look at all pages; they do not move */
	bool closed;			/* no page may be allocated */
	wait_queue_head_t all_free;
};

/* For hmm_devmem_remove(): until it is removed */
#define HMM_DEVMEM_WAIT		UINT_MAX

#ifdef CONFIG_HMM_DEVMEM
struct hmm_devmem *
hmm_devmem_add(const struct hmm_devmem_ops *ops, struct device *dev, u64 size,
	       const struct hmm_devmem_constraints *constraints);
struct hmm_devmem *
hmm_devmem_add_resource(const struct hmm_devmem_ops *ops, struct device *dev,
			const struct resource *res);
int hmm_devmem_remove(struct hmm_devmem *devmem, unsigned int timeout_ms,
		      struct hmm_devmem_users *users);
int devm_hmm_devmem_remove(struct hmm_devmem *devmem, unsigned int timeout_ms,
			   struct hmm_devmem_users *users);
struct hmm_devmem *
devm_hmm_devmem_add(const struct hmm_devmem_ops *ops, struct device *dev,
		    u64 size, const struct hmm_devmem_constraints *constraints);
struct hmm_devmem *
devm_hmm_devmem_add_resource(const struct hmm_devmem_ops *ops,
			     struct device *dev, const struct resource *res);

struct page *hmm_devmem_alloc_pages(struct hmm_devmem *devmem,
				    unsigned int order);
void hmm_devmem_free_pages(struct page *page, unsigned int order);
struct hmm_devmem *hmm_devmem_of(const struct page *page);
unsigned long hmm_devmem_first_pfn(const struct hmm_devmem *devmem);
unsigned long hmm_devmem_index(const struct page *page);
unsigned long hmm_devmem_nr_used(struct hmm_devmem *devmem);

long hmm_devmem_migrate_to_device(struct hmm_devmem *devmem,
				  struct vm_area_struct *vma,
				  unsigned long start, unsigned long end);
long hmm_devmem_migrate_to_system(struct hmm_devmem *devmem,
				  struct vm_area_struct *vma,
				  unsigned long start, unsigned long end);
vm_fault_t hmm_devmem_fault(struct hmm_devmem *devmem, struct vm_fault *vmf);
unsigned long hmm_devmem_evict(struct hmm_devmem *devmem);

/* For the core of memory hotplug */
bool hmm_devmem_has(u64 addr);
int hmm_devmem_make_room(struct mhp_range_op *op);
void hmm_devmem_room_taken(void);
#else
static inline bool hmm_devmem_has(u64 addr)
{
	return false;
}

static inline int hmm_devmem_make_room(struct mhp_range_op *op)
{
	return 0;
}

static inline void hmm_devmem_room_taken(void)
{
}
#endif /* CONFIG_HMM_DEVMEM */

/**
 * hmm_devmem_set_page_data() - remember something of a page of the driver's own
 * @page: a page of the device's, in use
 * @data: what; %NULL when the page is allocated
 */
static inline void hmm_devmem_set_page_data(struct page *page, void *data)
{
	page->zone_device_data = data;
}

/**
 * hmm_devmem_page_data() - what hmm_devmem_set_page_data() was told
 * @page: a page of the device's, in use or just being freed
 *
 * Return: the data.
 */
static inline void *hmm_devmem_page_data(const struct page *page)
{
	return page->zone_device_data;
}

#endif /* _LINUX_HMM_DEVMEM_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _MM_MIGRATE_DEVICE_H
#define _MM_MIGRATE_DEVICE_H

struct page;

/*
 * What migrate_device_range() does once the pages are locked: each that is still to
 * migrate afterwards has its mappings replaced; others are as before, and unlocked.
 */
unsigned long migrate_device_unmap(unsigned long *src_pfns,
				   unsigned long npages,
				   struct page *fault_page);

#endif /* _MM_MIGRATE_DEVICE_H */

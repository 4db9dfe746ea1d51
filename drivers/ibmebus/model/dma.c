// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory as the adapter reaches it: by physical address, whatever there is. Access
 * to what should not be accessed is noted, and not done: tests go on. It never makes an
 * oops: memory may go offline, and away, at the same time.
 */

#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/uaccess.h>

#include "model.h"

/**
 * hea_online_page() - the page of an address
 * @phys: a physical address
 *
 * Return: NULL if the memory is not online.
 */
struct page *hea_online_page(u64 phys)
{
	return pfn_to_online_page(PHYS_PFN(phys));
}

/* Whether the adapter may access the page that has @phys */
static bool check(u64 phys, const char *what)
{
	struct page *page = hea_online_page(phys);

	if (!page) {
		hea_oracle(ORACLE_OFFLINE_PAGE, "%s %llx", what, phys);
		return false;
	}
	/* What is in use has a reference, free pages have none */
	if (folio_ref_count(page_folio(page)))
		return true;
	hea_oracle(ORACLE_FREE_PAGE, "%s %llx", what, phys);
	return false;
}

/* As copy_to_kernel_nofault(), which is not for modules */
static bool write_nofault(u8 *to, const u8 *from, size_t len)
{
	pagefault_disable();
	while (len >= sizeof(u64) && IS_ALIGNED((unsigned long)to, sizeof(u64))) {
		__put_kernel_nofault(to, from, u64, fault);
		to += sizeof(u64);
		from += sizeof(u64);
		len -= sizeof(u64);
	}
	for (; len; len--)
		__put_kernel_nofault(to++, from++, u8, fault);
	pagefault_enable();
	return true;
fault:
	pagefault_enable();
	return false;
}

/**
 * hea_dma_read() - read memory
 * @to: buffer
 * @phys: address
 * @len: bytes
 *
 * Context: Any.
 * Return: false if it could not be read.
 */
bool hea_dma_read(void *to, u64 phys, size_t len)
{
	size_t chunk;

	for (; len; len -= chunk) {
		chunk = min_t(size_t, len, PAGE_SIZE - offset_in_page(phys));
		if (!check(phys, "read"))
			return false;
		if (copy_from_kernel_nofault(to, __va(phys), chunk)) {
			hea_oracle(ORACLE_OFFLINE_PAGE, "read fault %llx", phys);
			return false;
		}
		to += chunk;
		phys += chunk;
	}
	return true;
}

/**
 * hea_dma_write() - write memory
 * @phys: address
 * @from: buffer
 * @len: bytes
 *
 * A doubleword that is aligned is written at once.
 *
 * Context: Any.
 * Return: false if it could not be written.
 */
bool hea_dma_write(u64 phys, const void *from, size_t len)
{
	size_t chunk;

	for (; len; len -= chunk) {
		chunk = min_t(size_t, len, PAGE_SIZE - offset_in_page(phys));
		if (!check(phys, "write"))
			return false;
		if (!write_nofault(__va(phys), from, chunk)) {
			hea_oracle(ORACLE_OFFLINE_PAGE, "write fault %llx", phys);
			return false;
		}
		from += chunk;
		phys += chunk;
	}
	return true;
}

/**
 * hea_dma_is_buffer() - whether memory can be a receive buffer
 * @phys: address
 * @len: bytes, within a page of the adapter's
 *
 * Drivers of networks receive into memory of the kernel's: never into a page of a
 * process or of a file.
 *
 * Return: false if it is such a page, which is noted.
 */
bool hea_dma_is_buffer(u64 phys, size_t len)
{
	struct page *page = hea_online_page(phys);

	if (!page || !folio_test_lru(page_folio(page)))
		return true;
	hea_oracle(ORACLE_FOREIGN_PAGE, "receive of %zu bytes into %llx", len,
		   phys);
	return false;
}

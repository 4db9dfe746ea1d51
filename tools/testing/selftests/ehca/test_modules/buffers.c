// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory with a pattern in it, anywhere or in a place that a test has chosen: memory
 * that came after the adapter, for example.
 */

#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "traffic.h"

#define POISON	0xa5

/* Protected by client.c's run_lock */
static unsigned long place_start_pfn, place_end_pfn;

/**
 * buffers_place() - choose where buffers are from now on
 * @start: physical address in bytes
 * @size: in bytes; 0 for anywhere
 *
 * Return: 0 or -EINVAL.
 */
int buffers_place(u64 start, u64 size)
{
	if (!IS_ALIGNED(start | size, BUFFER_SIZE))
		return -EINVAL;
	place_start_pfn = PHYS_PFN(start);
	place_end_pfn = PHYS_PFN(start + size);
	return 0;
}

static struct page *alloc_there(void)
{
	const unsigned long nr = 1UL << BUFFER_ORDER;
	unsigned long pfn;

	for (pfn = place_start_pfn; pfn < place_end_pfn; pfn += nr) {
		if (!alloc_contig_range(pfn, pfn + nr, MIGRATE_MOVABLE,
					GFP_KERNEL | __GFP_NOWARN))
			return pfn_to_page(pfn);
		cond_resched();
	}
	return NULL;
}

static void free_pages_of(struct page *page)
{
	const unsigned long pfn = page_to_pfn(page);

	if (pfn >= place_start_pfn && pfn < place_end_pfn)
		free_contig_range(pfn, 1UL << BUFFER_ORDER);
	else
		__free_pages(page, BUFFER_ORDER);
}

/**
 * buffer_alloc() - make a buffer that the adapter reaches
 * @buffer: the buffer
 * @device: the adapter
 *
 * Return: 0, -ENOMEM, or -EPROTO if the adapter does not reach it.
 */
int buffer_alloc(struct buffer *buffer, struct ib_device *device)
{
	const bool anywhere = place_start_pfn == place_end_pfn;
	struct page *page;
	u64 dma;

	/* Each page of it has to be seen to be somebody's */
	page = anywhere ? alloc_pages(GFP_KERNEL | __GFP_COMP, BUFFER_ORDER) :
			  alloc_there();
	if (!page)
		return -ENOMEM;
	dma = ib_dma_map_page(device, page, 0, BUFFER_SIZE, DMA_BIDIRECTIONAL);
	if (ib_dma_mapping_error(device, dma)) {
		free_pages_of(page);
		return complain("page %#lx has no address for the adapter",
				page_to_pfn(page));
	}
	*buffer = (struct buffer) { .device = device, .page = page, .dma = dma };
	return 0;
}

/* Or do nothing, if there is none */
void buffer_free(struct buffer *buffer)
{
	if (!buffer->page)
		return;
	ib_dma_unmap_page(buffer->device, buffer->dma, BUFFER_SIZE,
			  DMA_BIDIRECTIONAL);
	free_pages_of(buffer->page);
	buffer->page = NULL;
}

/* Sebastiano Vigna's splitmix64: every bit depends on every bit */
static u64 pattern(u64 x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}

/* What a byte of the pattern is; the word that it is part of is kept from the last one */
static u8 pattern_byte(u64 seed, size_t at, u64 *word, bool first)
{
	if (first || at % 8 == 0)
		*word = pattern(seed + at / 8);
	return *word >> (at % 8 * 8);
}

static void for_cpu(struct buffer *buffer)
{
	ib_dma_sync_single_for_cpu(buffer->device, buffer->dma, BUFFER_SIZE,
				   DMA_BIDIRECTIONAL);
}

static void for_adapter(struct buffer *buffer)
{
	ib_dma_sync_single_for_device(buffer->device, buffer->dma, BUFFER_SIZE,
				      DMA_BIDIRECTIONAL);
}

/**
 * buffer_fill() - fill it with a pattern
 * @buffer: the buffer
 * @size: so much of it
 * @seed: which
 */
void buffer_fill(struct buffer *buffer, size_t size, u64 seed)
{
	u8 *data = page_address(buffer->page);
	u64 word = 0;
	size_t i;

	for_cpu(buffer);
	for (i = 0; i < size; i++)
		data[i] = pattern_byte(seed, i, &word, !i);
	for_adapter(buffer);
}

/**
 * buffer_poison() - fill it with what no pattern is
 * @buffer: the buffer
 * @offset: from here on
 * @size: so much of it
 */
void buffer_poison(struct buffer *buffer, size_t offset, size_t size)
{
	for_cpu(buffer);
	memset(page_address(buffer->page) + offset, POISON, size);
	for_adapter(buffer);
}

/**
 * buffer_check() - see that a pattern is in it, and nothing around that
 * @buffer: the buffer, which had been poisoned
 * @offset: where the pattern has to be
 * @size: how much of it
 * @seed: which pattern
 * @seed_offset: what of the pattern comes first
 *
 * Return: 0 or -EPROTO.
 */
int buffer_check(struct buffer *buffer, size_t offset, size_t size, u64 seed,
		 size_t seed_offset)
{
	const u8 *data = page_address(buffer->page);
	const u8 *end = data + offset + size;
	u64 word = 0;
	size_t i;

	for_cpu(buffer);
	for (i = 0; i < size; i++) {
		if (data[offset + i] != pattern_byte(seed, seed_offset + i, &word, !i))
			return complain("byte %zu of %zu is %#x", i, size,
					data[offset + i]);
	}
	if (memchr_inv(data, POISON, offset) ||
	    memchr_inv(end, POISON, BUFFER_SIZE - offset - size))
		return complain("memory around %zu bytes at %zu has changed",
				size, offset);
	return 0;
}

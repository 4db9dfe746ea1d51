// SPDX-License-Identifier: GPL-2.0-only
/*
 * A firmware that knows memory regions and nothing else, for KUnit.
 */

#include <linux/ebus/mr.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "fake_firmware.h"

/* KUnit runs one test after the other */
static struct fake_firmware *firmware;

static long wrong(struct fake_firmware *fake)
{
	fake->wrong++;
	return H_PARAMETER;
}

static struct fake_mr *find(struct fake_firmware *fake, u64 handle)
{
	const u64 nr = handle - FAKE_HANDLE;

	return nr < FAKE_MRS && fake->mr[nr].used ? &fake->mr[nr] : NULL;
}

static u64 bytes_of_page(const struct fake_mr *mr)
{
	return BIT_ULL(mr->page_shift);
}

/* Gives it a handle and keys; NULL if there are too many */
static struct fake_mr *add(struct fake_firmware *fake, struct ebus_hcall *call,
			   const struct fake_mr *as)
{
	struct fake_mr *mr = fake->mr;
	u64 nr;

	if (fake_firmware_regions(fake) >= fake->most)
		return NULL;
	while (mr->used)
		mr++;
	*mr = *as;
	mr->used = true;
	nr = mr - fake->mr;
	fake->allocs++;
	call->out[0] = FAKE_HANDLE + nr;
	call->out[2] = FAKE_KEY + nr;
	call->out[3] = FAKE_RKEY + nr;
	return mr;
}

static struct fake_mr described(const struct ebus_hcall *call, u64 io,
				u64 access, u32 pd)
{
	return (struct fake_mr) {
		.io = io,
		.access = (access >> 32) & 0xffffff,
		.page_shift = EBUS_MR_PAGE_SHIFT + 4 * (access >> 56),
		.pd = pd,
	};
}

static long alloc_mr(struct fake_firmware *fake, struct ebus_hcall *call)
{
	const bool hea = call->opcode == H_ALLOC_HEA_RESOURCE;
	struct fake_mr new = described(call, call->arg[2], call->arg[4],
				       call->arg[5]);
	struct fake_mr *mr;

	new.length = call->arg[3];
	if (call->arg[1] != 5 || !new.length ||
	    new.page_shift > EBUS_MR_PAGE_SHIFT_MAX ||
	    (hea && (new.page_shift != EBUS_MR_PAGE_SHIFT ||
		     (new.io | new.length) % EBUS_MR_PAGE_SIZE)))
		return wrong(fake);
	if (fake->max_length && new.length > fake->max_length)
		return H_PARAMETER;
	mr = add(fake, call, &new);
	if (!mr)
		return H_NOT_ENOUGH_RESOURCES;
	mr->all_pages = DIV_ROUND_UP_ULL((mr->io & (bytes_of_page(mr) - 1)) +
					 mr->length, bytes_of_page(mr));
	mr->page = kvcalloc(mr->all_pages, sizeof(u64), GFP_KERNEL);
	return mr->page ? H_SUCCESS : wrong(fake);
}

static long share_mr(struct fake_firmware *fake, struct ebus_hcall *call)
{
	struct fake_mr new = described(call, call->arg[2], call->arg[3],
				       call->arg[4]);
	struct fake_mr *origin = find(fake, call->arg[1]);

	if (!origin || origin->origin || origin->nr_pages < origin->all_pages ||
	    new.page_shift != origin->page_shift ||
	    (new.io ^ origin->io) & (bytes_of_page(origin) - 1))
		return wrong(fake);
	new.length = origin->length;
	new.origin = origin;
	if (!add(fake, call, &new))
		return H_NOT_ENOUGH_RESOURCES;
	origin->sharers++;
	return H_SUCCESS;
}

static long register_pages(struct fake_firmware *fake, struct ebus_hcall *call)
{
	struct fake_mr *mr = find(fake, call->arg[2]);
	const u64 count = call->arg[4];
	const u64 *list = count == 1 ? (u64 *)&call->arg[3] :
				       phys_to_virt(call->arg[3]);
	u64 i;

	if (!mr || mr->origin || !count || count > EBUS_MR_PAGES_PER_CALL ||
	    call->arg[3] % EBUS_MR_PAGE_SIZE ||
	    call->arg[1] != (mr->page_shift - EBUS_MR_PAGE_SHIFT) / 4 << 8 ||
	    mr->nr_pages + count > mr->all_pages)
		return wrong(fake);
	for (i = 0; i < count; i++) {
		if (list[i] & (bytes_of_page(mr) - 1))
			return wrong(fake);
		mr->page[mr->nr_pages++] = list[i];
	}
	return mr->nr_pages == mr->all_pages ? H_SUCCESS : H_PAGE_REGISTERED;
}

/* By force, where the adapter knows that; not what others share, however */
static long free_mr(struct fake_firmware *fake, struct ebus_hcall *call)
{
	struct fake_mr *mr = find(fake, call->arg[1]);

	if (!mr)
		return wrong(fake);
	if (mr->sharers)
		return H_RESOURCE;
	if (mr->origin)
		mr->origin->sharers--;
	kvfree(mr->page);
	*mr = (struct fake_mr) {};
	fake->frees++;
	return H_SUCCESS;
}

static bool is_to_fail(struct fake_firmware *fake, unsigned long opcode)
{
	if (fake->fail_opcode && opcode != fake->fail_opcode)
		return false;
	fake->calls++;
	return fake->fail_nr && fake->calls >= fake->fail_from &&
	       fake->calls - fake->fail_from < fake->fail_nr;
}

static long hcall(struct ebus_hcall *call)
{
	struct fake_firmware *fake = firmware;

	if (fake->before)
		fake->before(call);
	if (is_to_fail(fake, call->opcode))
		return fake->fail_rc;
	if (call->arg[0] != FAKE_ADAPTER)
		return wrong(fake);
	switch (call->opcode) {
	case H_ALLOC_RESOURCE:
	case H_ALLOC_HEA_RESOURCE:
		return alloc_mr(fake, call);
	case H_REGISTER_RPAGES:
	case H_REGISTER_HEA_RPAGES:
		return register_pages(fake, call);
	case H_REGISTER_SMR:
		return share_mr(fake, call);
	case H_FREE_RESOURCE:
		return free_mr(fake, call);
	default:
		return wrong(fake);
	}
}

static const struct ebus_firmware ops = { .hcall = hcall };

/**
 * fake_firmware_init() - let the fake answer until the test ends
 * @test: the test
 *
 * Return: the fake.
 */
struct fake_firmware *fake_firmware_init(struct kunit *test)
{
	firmware = kunit_kzalloc(test, sizeof(*firmware), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, firmware);
	firmware->most = FAKE_MRS;
	KUNIT_ASSERT_EQ(test, 0, ebus_firmware_set(&ops));
	return firmware;
}

/**
 * fake_firmware_exit() - the end of fake_firmware_init()
 * @test: the test, which fails if a region is left or a rule was broken
 */
void fake_firmware_exit(struct kunit *test)
{
	unsigned int i;

	KUNIT_EXPECT_EQ(test, 0, fake_firmware_regions(firmware));
	KUNIT_EXPECT_EQ(test, 0, firmware->wrong);
	for (i = 0; i < FAKE_MRS; i++)
		kvfree(firmware->mr[i].page);
	ebus_firmware_clear(&ops);
}

/**
 * fake_firmware_fail() - let calls fail
 * @fake: the fake
 * @nth: the first of them, 1 for the next call
 * @nr: how many, 0 for none
 * @rc: what they answer
 */
void fake_firmware_fail(struct fake_firmware *fake, unsigned int nth,
			unsigned int nr, long rc)
{
	fake->fail_from = fake->calls + nth;
	fake->fail_nr = nr;
	fake->fail_rc = rc;
}

/**
 * fake_firmware_regions() - how many regions there are
 * @fake: the fake
 *
 * Return: that.
 */
unsigned int fake_firmware_regions(const struct fake_firmware *fake)
{
	unsigned int i, nr = 0;

	for (i = 0; i < FAKE_MRS; i++)
		nr += fake->mr[i].used;
	return nr;
}

/**
 * fake_firmware_mr() - the region that has a key
 * @fake: the fake
 * @key: local or remote
 *
 * Return: the region, or NULL.
 */
const struct fake_mr *fake_firmware_mr(const struct fake_firmware *fake, u32 key)
{
	const u32 nr = key - (key < FAKE_RKEY ? FAKE_KEY : FAKE_RKEY);

	return nr < FAKE_MRS && fake->mr[nr].used ? &fake->mr[nr] : NULL;
}

/**
 * fake_firmware_translate() - where an adapter would write to
 * @fake: the fake
 * @key: of a region
 * @io: an address in it
 *
 * Return: the address of memory, or U64_MAX if there is none.
 */
u64 fake_firmware_translate(const struct fake_firmware *fake, u32 key, u64 io)
{
	const struct fake_mr *mr = fake_firmware_mr(fake, key), *pages;
	u64 size, offset;

	if (!mr || io - mr->io >= mr->length)
		return U64_MAX;
	pages = mr->origin ?: mr;
	size = bytes_of_page(pages);
	offset = io - mr->io + (pages->io & (size - 1));
	if (offset / size >= pages->nr_pages)
		return U64_MAX;
	return pages->page[offset / size] + (offset & (size - 1));
}

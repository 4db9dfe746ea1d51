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

static long alloc_mr(struct fake_firmware *fake, struct ebus_hcall *call)
{
	const u64 length = call->arg[3];
	struct fake_mr *mr = fake->mr;

	if (call->arg[1] != 5 || !length || length % EBUS_MR_PAGE_SIZE ||
	    call->arg[2] % EBUS_MR_PAGE_SIZE)
		return wrong(fake);
	if (fake_firmware_regions(fake) >= fake->most)
		return H_NOT_ENOUGH_RESOURCES;
	while (mr->used)
		mr++;
	*mr = (struct fake_mr) {
		.used = true,
		.io = call->arg[2],
		.length = length,
		.page = kvcalloc(length / EBUS_MR_PAGE_SIZE, sizeof(u64),
				 GFP_KERNEL),
	};
	if (!mr->page)
		return wrong(fake);
	fake->allocs++;
	call->out[0] = FAKE_HANDLE + (mr - fake->mr);
	call->out[2] = FAKE_KEY + (mr - fake->mr);
	return H_SUCCESS;
}

static long register_pages(struct fake_firmware *fake, struct ebus_hcall *call)
{
	struct fake_mr *mr = find(fake, call->arg[2]);
	const u64 count = call->arg[4];
	const u64 *list = count == 1 ? (u64 *)&call->arg[3] :
				       phys_to_virt(call->arg[3]);
	u64 i, all;

	if (!mr || !count || count > EBUS_MR_PAGES_PER_CALL ||
	    call->arg[3] % EBUS_MR_PAGE_SIZE)
		return wrong(fake);
	all = mr->length / EBUS_MR_PAGE_SIZE;
	if (mr->nr_pages + count > all)
		return wrong(fake);
	for (i = 0; i < count; i++)
		mr->page[mr->nr_pages++] = list[i];
	return mr->nr_pages == all ? H_SUCCESS : H_PAGE_REGISTERED;
}

static long free_mr(struct fake_firmware *fake, struct ebus_hcall *call)
{
	struct fake_mr *mr = find(fake, call->arg[1]);

	if (!mr)
		return wrong(fake);
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

	if (is_to_fail(fake, call->opcode))
		return fake->fail_rc;
	if (call->arg[0] != FAKE_ADAPTER)
		return wrong(fake);
	switch (call->opcode) {
	case H_ALLOC_HEA_RESOURCE:
		return alloc_mr(fake, call);
	case H_REGISTER_HEA_RPAGES:
		return register_pages(fake, call);
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
 * fake_firmware_translate() - where an adapter would write to
 * @fake: the fake
 * @key: of a region
 * @io: an address in it
 *
 * Return: the address of memory, or U64_MAX if there is none.
 */
u64 fake_firmware_translate(const struct fake_firmware *fake, u32 key, u64 io)
{
	const u32 nr = key - FAKE_KEY;
	const struct fake_mr *mr = nr < FAKE_MRS ? &fake->mr[nr] : NULL;
	const u64 offset = mr ? io - mr->io : 0;

	if (!mr || !mr->used || offset >= mr->nr_pages * EBUS_MR_PAGE_SIZE)
		return U64_MAX;
	return mr->page[offset / EBUS_MR_PAGE_SIZE] + offset % EBUS_MR_PAGE_SIZE;
}

// SPDX-License-Identifier: GPL-2.0-only
/* Pauses between packets: never too short for the rate that is to be kept to. */

#include <kunit/test.h>

#include "../ehca.h"
#include "../qp.h"

/* The link, as the port has it */
static u8 width, speed;

static int fake_query_port(struct ib_device *ib, u32 port, struct ib_port_attr *attr)
{
	attr->active_width = width;
	attr->active_speed = speed;
	return 0;
}

static int fake_rate_to_mult(enum ib_rate rate)
{
	switch (rate) {
	case IB_RATE_2_5_GBPS:
		return 1;
	case IB_RATE_10_GBPS:
		return 4;
	case IB_RATE_60_GBPS:
		return 24;
	default:
		return -1;
	}
}

#define ib_query_port fake_query_port
#define ib_rate_to_mult fake_rate_to_mult
#include "../ah.c"

static u8 pauses_of(struct kunit *test, enum ib_rate rate, bool may_sleep)
{
	u8 pauses;

	KUNIT_EXPECT_EQ(test, 0, ehca_pauses(NULL, 1, rate, may_sleep, &pauses));
	return pauses;
}

/* Whoever may not ask pauses at least as long as who does, whatever the link. */
static void pauses_are_long_enough(struct kunit *test)
{
	static const struct {
		u8 width, speed;
		enum ib_rate rate;
		u8 pauses;
	} cases[] = {
		{ IB_WIDTH_1X, IB_SPEED_SDR, IB_RATE_2_5_GBPS, 0 },
		{ IB_WIDTH_4X, IB_SPEED_SDR, IB_RATE_2_5_GBPS, 3 },
		{ IB_WIDTH_4X, IB_SPEED_SDR, IB_RATE_60_GBPS, 0 },
		{ IB_WIDTH_12X, IB_SPEED_SDR, IB_RATE_10_GBPS, 2 },
		{ IB_WIDTH_12X, IB_SPEED_DDR, IB_RATE_10_GBPS, 5 },
		{ IB_WIDTH_12X, IB_SPEED_DDR, IB_RATE_60_GBPS, 0 },
		{ IB_WIDTH_12X, IB_SPEED_QDR, IB_RATE_2_5_GBPS, 47 },
		{ IB_WIDTH_12X, IB_SPEED_QDR, IB_RATE_PORT_CURRENT, 0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		width = cases[i].width;
		speed = cases[i].speed;
		KUNIT_EXPECT_EQ(test, cases[i].pauses,
				pauses_of(test, cases[i].rate, true));
		KUNIT_EXPECT_GE(test, pauses_of(test, cases[i].rate, false),
				cases[i].pauses);
	}
}

static void impossible_rates(struct kunit *test)
{
	u8 pauses;

	KUNIT_EXPECT_EQ(test, -EINVAL,
			ehca_pauses(NULL, 1, U8_MAX, false, &pauses));
	width = IB_WIDTH_4X;
	speed = 0;
	KUNIT_EXPECT_EQ(test, -ENETDOWN,
			ehca_pauses(NULL, 1, IB_RATE_10_GBPS, true, &pauses));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(pauses_are_long_enough),
	KUNIT_CASE(impossible_rates),
	{}
};

static struct kunit_suite suite = {
	.name = "ehca_ah",
	.test_cases = cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("KUnit tests of an eHCA adapter's address handles");
MODULE_LICENSE("GPL");

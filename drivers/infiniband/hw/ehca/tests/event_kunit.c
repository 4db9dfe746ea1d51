// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events: whom each is told to, and as what. Most of them the firmware's model never
 * raises; here the adapter is played.
 */

#include <kunit/test.h>
#include <linux/string.h>

#include "../cq.h"
#include "../ehca.h"
#include "../qp.h"

#define QP_TOKEN	77
#define CQ_TOKEN	78
#define MAX_TOLD	4

/* Whom something has been told to */
enum whom {
	NOBODY, QP_USER, QP_BROKEN, CQ_USER, CQ_BROKEN, CLIENTS, AQP1
};

struct told {
	enum whom whom;
	enum ib_event_type type;
	u32 port;
};

/*
 * struct rig - what has events, and what became of them
 * @gone: the tokens have been taken away
 * @held: references to what tokens stand for
 */
static struct rig {
	struct ehca_adapter adapter;
	struct ehca_qp qp;
	struct ehca_cq cq;
	bool gone;
	int held;
	unsigned int nr_told;
	struct told told[MAX_TOLD];
} *rig;

static void note(enum whom whom, enum ib_event_type type, u32 port)
{
	if (rig->nr_told < MAX_TOLD)
		rig->told[rig->nr_told] = (struct told) { whom, type, port };
	rig->nr_told++;
}

static struct ehca_named *fake_get(struct ehca_names *names, u32 token)
{
	const bool is_qp = names == &rig->adapter.qps;

	if (rig->gone || token != (is_qp ? QP_TOKEN : CQ_TOKEN))
		return NULL;
	rig->held++;
	return is_qp ? &rig->qp.named : &rig->cq.named;
}

static void fake_put(struct ehca_named *named)
{
	rig->held--;
}

static void fake_qp_failed(struct ehca_qp *qp)
{
	note(QP_BROKEN, 0, 0);
}

static void fake_cq_event(struct ehca_cq *cq)
{
	note(CQ_USER, 0, 0);
}

static void fake_cq_error(struct ehca_cq *cq)
{
	note(CQ_BROKEN, 0, 0);
}

static int fake_error_data(struct ehca_adapter *adapter, u64 resource, void *block)
{
	return -EBUSY;
}

static int fake_aqp1_start(struct ehca_aqp1 *aqp1)
{
	note(AQP1, 0, 0);
	return 0;
}

static void fake_dispatch_event(const struct ib_event *event)
{
	note(CLIENTS, event->event, event->element.port_num);
}

static void qp_user(struct ib_event *event, void *context)
{
	note(context == rig ? QP_USER : NOBODY, event->event, 0);
}

/* What is tested, with all that it calls played */
#define ehca_names_get fake_get
#define ehca_named_put fake_put
#define ehca_qp_failed fake_qp_failed
#define ehca_cq_event fake_cq_event
#define ehca_cq_error fake_cq_error
#define ehca_fw_error_data fake_error_data
#define ehca_aqp1_start fake_aqp1_start
#define ib_dispatch_event fake_dispatch_event
#define ibdev_info(ib, ...) ((void)(ib))
#define ibdev_warn(ib, ...) ((void)(ib))
#define ibdev_err(ib, ...) ((void)(ib))
#undef ibdev_dbg
#define ibdev_dbg(ib, ...) ((void)(ib))
#undef ibdev_warn_ratelimited
#define ibdev_warn_ratelimited(ib, ...) ((void)(ib))
#undef ibdev_err_ratelimited
#define ibdev_err_ratelimited(ib, ...) ((void)(ib))
#include "../event.c"

static int init(struct kunit *test)
{
	rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, rig);
	rig->adapter.nr_ports = 2;
	rig->qp.ib.device = &rig->adapter.ib;
	rig->qp.ib.event_handler = qp_user;
	rig->qp.ib.qp_context = rig;
	return 0;
}

static u64 event_of(enum eqe_code code, u32 token)
{
	return FIELD_PREP(EQE_CODE, (u64)code) | FIELD_PREP(EQE_TOKEN, (u64)token);
}

static void happen(u64 event)
{
	rig->nr_told = 0;
	ehca_eq_event(&rig->adapter, event);
}

static void expect_told(struct kunit *test, const struct told *want, unsigned int nr)
{
	unsigned int i;

	KUNIT_ASSERT_EQ(test, nr, rig->nr_told);
	for (i = 0; i < nr; i++) {
		KUNIT_EXPECT_EQ(test, want[i].whom, rig->told[i].whom);
		KUNIT_EXPECT_EQ(test, want[i].type, rig->told[i].type);
		KUNIT_EXPECT_EQ(test, want[i].port, rig->told[i].port);
	}
	KUNIT_EXPECT_EQ(test, 0, rig->held);
}

#define EXPECT_TOLD(test, ...) do {					\
	const struct told want[] = { __VA_ARGS__ };			\
									\
	expect_told(test, want, ARRAY_SIZE(want));			\
} while (0)

static void expect_silence(struct kunit *test)
{
	expect_told(test, NULL, 0);
}

/* Each of them of nobody who is there, too: it comes while its object is taken apart */
static void of_queue_pairs(struct kunit *test)
{
	static const enum eqe_code errors[] = { EQE_QP_ERROR, EQE_QP_ERROR_QUEUE };
	unsigned int i;

	happen(event_of(EQE_COMM_ESTABLISHED, QP_TOKEN));
	EXPECT_TOLD(test, { QP_USER, IB_EVENT_COMM_EST });
	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		happen(event_of(errors[i], QP_TOKEN));
		EXPECT_TOLD(test, { QP_BROKEN }, { QP_USER, IB_EVENT_QP_FATAL });
		happen(event_of(errors[i], QP_TOKEN + 1));
		expect_silence(test);
	}
	rig->qp.ib.event_handler = NULL;
	happen(event_of(EQE_QP_ERROR, QP_TOKEN));
	EXPECT_TOLD(test, { QP_BROKEN });
	rig->gone = true;
	happen(event_of(EQE_QP_ERROR, QP_TOKEN));
	expect_silence(test);
}

/* Firmware raises these without a reason, too */
static void only_to_who_has_asked(struct kunit *test)
{
	happen(event_of(EQE_SQ_DRAINED, QP_TOKEN));
	expect_silence(test);
	happen(event_of(EQE_PATH_MIGRATED, QP_TOKEN));
	expect_silence(test);
	rig->qp.tells_drained = true;
	happen(event_of(EQE_SQ_DRAINED, QP_TOKEN));
	EXPECT_TOLD(test, { QP_USER, IB_EVENT_SQ_DRAINED });
	rig->qp.has_alternate = true;
	happen(event_of(EQE_PATH_MIGRATED, QP_TOKEN));
	EXPECT_TOLD(test, { QP_USER, IB_EVENT_PATH_MIG });
}

static void of_completion_queues(struct kunit *test)
{
	/* A completion: there is no code, even if these bits say something */
	happen(EQE_COMPLETION | event_of(EQE_CQ_ERROR, CQ_TOKEN));
	EXPECT_TOLD(test, { CQ_USER });
	happen(event_of(EQE_CQ_ERROR, CQ_TOKEN));
	EXPECT_TOLD(test, { CQ_BROKEN });
	happen(event_of(EQE_CQ_ERROR_QUEUE, CQ_TOKEN));
	EXPECT_TOLD(test, { CQ_BROKEN });
	rig->gone = true;
	happen(EQE_COMPLETION | event_of(0, CQ_TOKEN));
	expect_silence(test);
	happen(event_of(EQE_CQ_ERROR, CQ_TOKEN));
	expect_silence(test);
}

static void of_nobody(struct kunit *test)
{
	static const u32 codes[] = {
		0, EQE_MR_ERROR, EQE_MR_ACCESS, EQE_EQ_ERROR, EQE_KEY_MISMATCH,
		EQE_UNAFFILIATED, 0x3f,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		happen(event_of(codes[i], QP_TOKEN));
		expect_silence(test);
	}
}

static void notify(enum neqe_code code, u32 port, u64 more)
{
	rig->nr_told = 0;
	ehca_neq_event(&rig->adapter, FIELD_PREP(NEQE_CODE, (u64)code) |
				      FIELD_PREP(NEQE_PORT, (u64)port) | more);
}

static void of_ports(struct kunit *test)
{
	notify(NEQE_PORT_STATE, 2, NEQE_PORT_UP);
	EXPECT_TOLD(test, { AQP1 }, { CLIENTS, IB_EVENT_PORT_ACTIVE, 2 });
	notify(NEQE_PORT_STATE, 1, 0);
	EXPECT_TOLD(test, { CLIENTS, IB_EVENT_PORT_ERR, 1 });
	notify(NEQE_PORT_CHANGE, 1, NEQE_DISRUPTIVE);
	EXPECT_TOLD(test, { CLIENTS, IB_EVENT_PORT_ERR, 1 }, { AQP1 },
		    { CLIENTS, IB_EVENT_PORT_ACTIVE, 1 });
	notify(NEQE_PORT_CHANGE, 2, 0);
	EXPECT_TOLD(test, { CLIENTS, IB_EVENT_LID_CHANGE, 2 },
		    { CLIENTS, IB_EVENT_PKEY_CHANGE, 2 },
		    { CLIENTS, IB_EVENT_GID_CHANGE, 2 },
		    { CLIENTS, IB_EVENT_SM_CHANGE, 2 });
	notify(NEQE_OTHER, 1, FIELD_PREP(NEQE_WHICH, (u64)NEQE_REREGISTER));
	EXPECT_TOLD(test, { CLIENTS, IB_EVENT_CLIENT_REREGISTER, 1 });
	notify(NEQE_OTHER, 1, 0);
	expect_silence(test);
	notify(NEQE_MALFUNCTION, 0, 0);
	EXPECT_TOLD(test, { CLIENTS, IB_EVENT_DEVICE_FATAL, 0 });
	notify(NEQE_TRACE_STOPPED, 0, 0);
	expect_silence(test);
}

/* The driver has a table of them */
static void of_ports_that_are_not_there(struct kunit *test)
{
	static const enum neqe_code codes[] = {
		NEQE_PORT_STATE, NEQE_PORT_CHANGE, NEQE_OTHER,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		notify(codes[i], 0, NEQE_PORT_UP);
		expect_silence(test);
		notify(codes[i], rig->adapter.nr_ports + 1, NEQE_PORT_UP);
		expect_silence(test);
		notify(codes[i], 255, NEQE_PORT_UP);
		expect_silence(test);
	}
}

static struct kunit_case event_cases[] = {
	KUNIT_CASE(of_queue_pairs),
	KUNIT_CASE(only_to_who_has_asked),
	KUNIT_CASE(of_completion_queues),
	KUNIT_CASE(of_nobody),
	KUNIT_CASE(of_ports),
	KUNIT_CASE(of_ports_that_are_not_there),
	{}
};

static struct kunit_suite event_suite = {
	.name = "ehca_event",
	.init = init,
	.test_cases = event_cases,
};

kunit_test_suite(event_suite);

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The adapters themselves: a thread that finds what doorbells have been rung for, does it
 * after a random delay, and raises interrupts.
 */

#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/prandom.h>
#include <linux/wait.h>

#include "hca.h"

/* It takes a while once in so many frames, on average */
#define DELAY_ONCE_IN	4

static struct task_struct *thread;
static DECLARE_WAIT_QUEUE_HEAD(wait);
static atomic_t work;
static struct rnd_state rnd;	/* of the thread's alone */

/**
 * hea_engine_wake() - there is something to do
 *
 * Context: Any.
 */
void hea_engine_wake(void)
{
	atomic_set(&work, 1);
	wake_up(&wait);
}

/* Between the fetch of a descriptor and its use: as long as hardware might take */
static void dawdle(void)
{
	const unsigned int max = READ_ONCE(hea_max_delay_us);
	unsigned int us;

	if (!max || prandom_u32_state(&rnd) % DELAY_ONCE_IN)
		return;
	us = 1 + prandom_u32_state(&rnd) % max;
	usleep_range(us, us + us / 4 + 1);
}

/* One step of either adapter; false if there was nothing to do */
static bool step(void)
{
	const bool hea = hea_transmit_fetch(), hca = hca_requester_fetch();

	if (!hea && !hca)
		return false;
	dawdle();
	if (hea)
		hea_transmit_send();
	if (hca)
		hca_requester_send();
	hea_raise_interrupts();
	cond_resched();
	return true;
}

static int engine(void *unused)
{
	while (!kthread_should_stop()) {
		wait_event_interruptible_hrtimeout(wait, atomic_xchg(&work, 0) ||
						   kthread_should_stop(),
						   hca_requester_due());
		while (!kthread_should_stop() && step())
			;
		hea_raise_interrupts();
		hea_free_discarded();
	}
	return 0;
}

int hea_engine_start(void)
{
	prandom_seed_state(&rnd, hea_seed);
	thread = kthread_run(engine, NULL, "ebus_model");
	return PTR_ERR_OR_ZERO(thread);
}

void hea_engine_stop(void)
{
	kthread_stop(thread);
}

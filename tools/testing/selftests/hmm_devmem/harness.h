/* SPDX-License-Identifier: GPL-2.0-only */
/* The harness, with time for a debug kernel in an emulated machine. */
#ifndef SELFTESTS_HMM_DEVMEM_HARNESS_H
#define SELFTESTS_HMM_DEVMEM_HARNESS_H

#include "../kselftest_harness.h"

#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	300	/* seconds for a case */

#endif

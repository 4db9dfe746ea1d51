// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is tested: the part of the driver that needs neither the RDMA core nor the
 * adapter's platform, built into the kernel, where the driver may be a module.
 */

#include "../ram.c"
#include "../region.c"
#include "../max_mr.c"
#include "../veto.c"
#include "../user_pages.c"

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A locked down kernel takes no addresses from user space.

DIR=$(dirname "$(readlink -f "$0")")
. "$DIR/common.sh"

probe_and_remove_are_refused()
{
	before=$(snapshot)
	refuses EPERM probe "$(at 0)" && says hotplug lockdown &&
	refuses EPERM remove "$(at 0)" && says hotplug lockdown && same "$before"
}

nothing_is_told_about_memory()
{
	refuses EPERM remove 0x0 && says hotplug lockdown
}

the_input_is_read_first()
{
	refuses EINVAL probe nothing && refuses EINVAL remove nothing
}

need_our_files
grep -q -F -e '[integrity]' -e '[confidentiality]' /sys/kernel/security/lockdown 2> /dev/null ||
	skip_all "the kernel is not locked down: boot with lsm=lockdown lockdown=integrity"
need_spare 1

run_tests probe_and_remove_are_refused nothing_is_told_about_memory the_input_is_read_first

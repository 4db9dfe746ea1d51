#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Memory that the direct map maps by a leaf of 1 GiB goes as a whole, or not.

DIR=$(dirname "$(readlink -f "$0")")
. "$DIR/common.sh"

GIB=$((1 << 30))

TABLES=/sys/kernel/debug/kernel_page_tables

# How many leaves of 1 GiB the direct map has
leaves()
{
	if grep -q DirectMap1G /proc/meminfo; then
		awk '$1 == "DirectMap1G:" { print $2 / 1048576 }' /proc/meminfo
	else
		# Of those that ptdump joins, the size stands first: 1G, 2G
		awk '/^---\[/ { linear = /Linear/ }
		     linear && / PUD .* BLK / { leaves += $2 } END { print leaves + 0 }' "$TABLES"
	fi
}

has_such_leaves()
{
	grep -q DirectMap1G /proc/meminfo ||
		awk '/ PUD .* BLK / { found = 1 } END { exit !found }' "$TABLES" 2> /dev/null
}

whole()
{
	echo "$(hex $GIB_START) $(hex $GIB)"
}

# n-th block of the GiB
piece()
{
	hex $((GIB_START + $1 * BLOCK))
}

probing_makes_a_leaf()
{
	before=$(leaves)
	takes probe "$(whole)" || return 1
	[ "$(leaves)" = $((before + 1)) ] || note "$(leaves) leaves of 1 GiB, before $before"
}

# refused_with_whole <text>
refused_with_whole()
{
	before=$(snapshot)
	refuses EBUSY remove "$1" && says hotplug leaf &&
	matches hotplug/refusal "*$(hex $GIB_START)-$(hex $((GIB_START + GIB - 1)))*" &&
	same "$before"
}

first_middle_and_last_block_are_refused()
{
	refused_with_whole "$(piece 0)" && refused_with_whole "$(piece 3)" &&
	refused_with_whole "$(piece $((GIB / BLOCK - 1)))"
}

half_is_refused()
{
	refused_with_whole "$(piece 0) $(hex $((GIB / 2)))" &&
	refused_with_whole "$(hex $((GIB_START + GIB / 2))) $(hex $((GIB / 2)))"
}

a_block_goes_online_and_offline()
{
	block=memory$((GIB_START / BLOCK + 3))
	takes "$block/state" online_movable && takes "$block/state" offline
}

the_whole_is_removed()
{
	before=$(leaves)
	takes remove "$(whole)" || return 1
	[ "$(leaves)" = $((before - 1)) ] || note "$(leaves) leaves of 1 GiB, before $before"
}

need_our_files
need_spare $((GIB / BLOCK))
GIB_START=$(((SPARE + GIB - 1) / GIB * GIB))
[ $((GIB_START + GIB)) -le $((SPARE + SPARE_BLOCKS * BLOCK)) ] ||
	skip_all "no whole GiB among the memory to probe"
has_such_leaves || skip_all "no leaves of 1 GiB on this machine"

run_tests probing_makes_a_leaf first_middle_and_last_block_are_refused half_is_refused \
	a_block_goes_online_and_offline the_whole_is_removed

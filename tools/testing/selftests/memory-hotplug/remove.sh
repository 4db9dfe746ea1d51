#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Adding and removing memory by hand: probe and remove, whole or not at all.

DIR=$(dirname "$(readlink -f "$0")")
. "$DIR/common.sh"

BAD_INPUT="nothing
0x
0x12g
-1
0x100000000,0x8000000
0x100000000 0x8000000 1
0x100000000 size
0x100000000 -1"

# range <first> <blocks>: what probe and remove take
range()
{
	echo "$(at "$1") $(hex $(($2 * BLOCK)))"
}

# refused_unchanged <errno> <reason> <file> <text>
refused_unchanged()
{
	before=$(snapshot)
	refuses "$1" "$3" "$4" && says hotplug "$2" && same "$before"
}

# refused_by_both <errno> <reason> <text>
refused_by_both()
{
	refused_unchanged "$1" "$2" probe "$3" && refused_unchanged "$1" "$2" remove "$3"
}

one_block()
{
	before=$(snapshot)
	takes probe "$(at 0)" && exists 0 && gone 1 && reads "$(name 0)/state" offline &&
	takes remove "$(at 0)" && gone 0 && same "$before"
}

address_in_decimal_and_white_space()
{
	takes probe "$SPARE" && takes remove " $(at 0)	$BLOCK
" && gone 0
}

several_blocks()
{
	before=$(snapshot)
	takes probe "$(range 0 4)" && exists 0 && exists 3 && gone 4 &&
	takes remove "$(range 0 4)" && gone 0 && gone 3 && same "$before"
}

unreadable_input()
{
	bad=$(echo "$BAD_INPUT" | while read -r text; do
		for file in probe remove; do
			refuses EINVAL $file "$text"
			says hotplug input
		done
	done)
	[ -z "$bad" ] || { echo "$bad"; return 1; }
	refused_by_both EINVAL input "
"
}

# The errno of probe is as old as probe
a_number_that_is_too_large()
{
	refused_unchanged ERANGE input probe 0x10000000000000000 &&
	refused_unchanged EINVAL input remove 0x10000000000000000 &&
	refused_unchanged EINVAL input remove "$(at 0) 0x10000000000000000"
}

input_that_is_too_long()
{
	refused_by_both EINVAL input "$(printf '%0200d' 1)"
}

unaligned()
{
	refused_by_both EINVAL alignment "$(hex $((SPARE + 4096)))" &&
	refused_by_both EINVAL alignment "$(at 0) $(hex $((BLOCK + 4096)))" &&
	refused_by_both EINVAL alignment "$(hex $((SPARE + BLOCK / 2))) $(hex $BLOCK)"
}

empty()
{
	refused_by_both EINVAL alignment "$(at 0) 0"
}

overflow()
{
	last=0xffffffff$(printf %08x $((0x100000000 - BLOCK)))
	refused_by_both EINVAL alignment "$last $(hex $((2 * BLOCK)))"
}

beyond_what_can_be_mapped()
{
	refused_unchanged E2BIG address probe 0x4000000000000000
}

probe_what_is_there()
{
	takes probe "$(at 1)" || return 1
	refused_unchanged EEXIST conflict probe "$(at 1)" &&
	refused_unchanged EEXIST conflict probe "$(range 0 3)" &&
	gone 0 && gone 2 && takes remove "$(at 1)"
}

remove_while_online()
{
	takes probe "$(range 0 3)" && takes "$(name 2)/state" online_movable || return 1
	refused_unchanged EBUSY online remove "$(at 2)" &&
	refused_unchanged EBUSY online remove "$(range 0 3)" &&
	matches hotplug/refusal "*range=$(at 2)-*" && matches hotplug/refusal "*$(name 2)*" &&
	takes "$(name 2)/state" offline && takes remove "$(range 0 3)"
}

remove_what_is_not_there()
{
	refused_unchanged ENOENT absent remove "$(at 0)" &&
	refused_unchanged ENOENT absent remove "$(range 0 4)" &&
	refused_unchanged ENOENT absent remove 0x4000000000000000
}

remove_what_is_partly_not_there()
{
	takes probe "$(range 1 2)" || return 1
	refused_unchanged ENOENT absent remove "$(range 0 3)" &&
	refused_unchanged ENOENT absent remove "$(range 2 2)" &&
	refused_unchanged ENOENT absent remove "$(range 0 4)" &&
	takes remove "$(range 1 2)"
}

several_probes_in_one_remove()
{
	before=$(snapshot)
	takes probe "$(at 0)" && takes probe "$(range 1 2)" && takes probe "$(at 3)" &&
	takes remove "$(range 0 4)" && same "$before"
}

part_of_a_probe()
{
	before=$(snapshot)
	takes probe "$(range 0 4)" && takes remove "$(at 1)" && exists 0 && gone 1 && exists 2 &&
	takes remove "$(at 3)" && takes remove "$(at 0)" && takes remove "$(at 2)" &&
	same "$before"
}

parts_of_two_probes_in_one_remove()
{
	before=$(snapshot)
	takes probe "$(range 0 2)" && takes probe "$(range 2 2)" &&
	takes remove "$(range 1 2)" && exists 0 && gone 1 && gone 2 && exists 3 &&
	takes probe "$(range 1 2)" && takes remove "$(range 0 4)" && same "$before"
}

# A removed range is not mapped any more and can be used again
used_and_removed_and_used_again()
{
	for i in 1 2; do
		takes probe "$(range 0 2)" && takes "$(name 0)/state" online_movable &&
		takes "$(name 1)/state" online_movable && takes "$(name 0)/state" offline &&
		takes "$(name 1)/state" offline && takes remove "$(range 0 2)" || return 1
	done
}

probe_that_goes_online_by_itself()
{
	before=$(snapshot)
	takes auto_online_blocks online_movable && takes probe "$(range 0 2)" &&
	reads "$(name 0)/state" online && reads "$(name 1)/valid_zones" Movable &&
	takes "$(name 0)/state" offline && takes "$(name 1)/state" offline &&
	takes auto_online_blocks offline && takes remove "$(range 0 2)" && same "$before"
}

need_our_files
[ -f $MEMORY/remove ] || skip_all "no $MEMORY/remove"
need_spare 5
# The tests take blocks one by one, which a leaf of the direct map must not bind
# together, so they stay within a GiB
[ $((SPARE_BLOCKS * BLOCK)) -le $((1 << 30)) ] || SPARE_BLOCKS=$(((1 << 30) / BLOCK))

# Page tables of the first memory at these addresses stay
put probe "$(range 0 4)" > /dev/null && put remove "$(range 0 4)" > /dev/null

run_tests one_block address_in_decimal_and_white_space several_blocks unreadable_input \
	a_number_that_is_too_large input_that_is_too_long unaligned empty overflow \
	beyond_what_can_be_mapped probe_what_is_there remove_while_online \
	remove_what_is_not_there remove_what_is_partly_not_there several_probes_in_one_remove \
	part_of_a_probe parts_of_two_probes_in_one_remove used_and_removed_and_used_again \
	probe_that_goes_online_by_itself

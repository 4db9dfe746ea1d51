#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Every file below /sys/devices/system/memory: what it says, what it takes, what
# it refuses.

DIR=$(dirname "$(readlink -f "$0")")
. "$DIR/common.sh"

MODES="probe 200
remove 200
block_size_bytes 444
auto_online_blocks 644
hotplug/states 444
hotplug/refusal 400
hotplug/offline_timeout_ms 644
hotplug/fail 644"

BLOCK_MODES="state 644
phys_index 444
removable 444
phys_device 444
valid_zones 444
online 644
hotplug/state 444
hotplug/refusal 400
hotplug/progress 400
hotplug/check 400
hotplug/fail 644"

# modes <directory> <list>
modes()
{
	bad=$(echo "$2" | while read -r file mode; do
		found=$(stat -c %a "$MEMORY/$1/$file")
		[ "$found" = "$mode" ] || echo "# $1/$file has mode $found instead of $mode"
	done)
	[ -z "$bad" ] || { echo "$bad"; return 1; }
}

modes_of_the_files()
{
	modes . "$MODES" && modes "$(name 0)" "$BLOCK_MODES"
}

files_without_a_store_or_show()
{
	for file in block_size_bytes hotplug/states hotplug/refusal "$(name 0)/phys_index" \
		    "$(name 0)/removable" "$(name 0)/phys_device" "$(name 0)/valid_zones" \
		    "$(name 0)/hotplug/state" "$(name 0)/hotplug/refusal" \
		    "$(name 0)/hotplug/progress" "$(name 0)/hotplug/check"; do
		refuses EACCES "$file" 1 || return 1
	done
	reads probe EACCES && reads remove EACCES
}

block_size_bytes()
{
	# A power of two
	[ $BLOCK -gt 0 ] && [ $((BLOCK & (BLOCK - 1))) = 0 ] || return 1
	reads block_size_bytes "$(printf %x $BLOCK)"
}

auto_online_blocks()
{
	for type in online online_kernel online_movable offline; do
		takes auto_online_blocks $type && reads auto_online_blocks $type || return 1
	done
	for type in on online_foo Online 1 "online " "offline online" "
"; do
		refuses EINVAL auto_online_blocks "$type" || return 1
		reads auto_online_blocks offline || return 1
	done
}

# Numbers from 0 in each table, names of their own, the first state is never reached
list_of_states()
{
	bad=$(awk '
	NF != 7 || $4 != "up" || $6 != "down" || $5 !~ /^(may|cannot)-fail$/ ||
	$7 !~ /^(may|cannot)-fail$/ { print "# not understood: " $0 }
	($1 != "range" && $1 != "block") || $2 != next_number[$1]++ { print "# out of order: " $0 }
	seen[$1, $3]++ { print "# twice: " $0 }
	$2 == 0 && ($5 != "cannot-fail" || $7 != "cannot-fail") { print "# a step to nowhere: " $0 }
	END { if (!next_number["range"] || !next_number["block"]) print "# a table is missing" }
	' $MEMORY/hotplug/states)
	[ -z "$bad" ] || { echo "$bad"; return 1; }
}

# Each direction ends in steps that cannot fail: going online from the last that
# may fail, going offline below it
point_of_no_return()
{
	bad=$(awk '
	{ up[$1, $2] = $5; down[$1, $2] = $7; last[$1] = $2 }
	END {
		for (table in last) {
			if (up[table, last[table]] != "cannot-fail")
				print "# " table ": the last step up may fail"
			if (down[table, 1] != "cannot-fail")
				print "# " table ": the last step down may fail"
		}
	}' $MEMORY/hotplug/states)
	[ -z "$bad" ] || { echo "$bad"; return 1; }
}

# arms <table> <directory>: every step that may fail is taken, no other
arms()
{
	bad=$(awk -v table="$1" '$1 == table { print $3, "up", $5; print $3, "down", $7 }' \
		$MEMORY/hotplug/states | while read -r state direction may; do
		result=$(put "$2/fail" "$state $direction 5")
		case $may in
		may-fail) wanted=ok shown="$state $direction -5 armed" ;;
		*) wanted=EINVAL shown=none ;;
		esac
		[ "$result" = $wanted ] || echo "# $state $direction: $result instead of $wanted"
		reads "$2/fail" "$shown"
		put "$2/fail" none > /dev/null
	done)
	[ -z "$bad" ] || { echo "$bad"; return 1; }
}

hotplug_fail_takes_what_may_fail()
{
	arms range hotplug && arms block "$(name 0)/hotplug"
}

errno_of_fail()
{
	takes hotplug/fail "mapped up" && reads hotplug/fail "mapped up -5 armed" &&
	takes hotplug/fail "mapped up -12" && reads hotplug/fail "mapped up -12 armed" &&
	takes hotplug/fail "mapped up 12" && reads hotplug/fail "mapped up -12 armed" &&
	takes hotplug/fail none && reads hotplug/fail none
}

bad_input_to_fail()
{
	takes hotplug/fail "mapped up 12" || return 1
	for text in mapped "mapped sideways" "nowhere up" "up mapped" "mapped up 0" \
		    "mapped up 4096" "mapped up -4096" "prepared up" "absent up" "
"; do
		refuses EINVAL hotplug/fail "$text" || return 1
		reads hotplug/fail "mapped up -12 armed" || return 1
	done
	for text in "claimed up" "mapped up" "offline down" none_such; do
		refuses EINVAL "$(name 0)/hotplug/fail" "$text" || return 1
	done
	takes hotplug/fail none && reads "$(name 0)/hotplug/fail" none
}

state()
{
	file=$(name 0)/state
	reads "$file" offline || return 1
	for text in on off 1 going-offline online_foo "online offline" "
"; do
		refuses EINVAL "$file" "$text" && reads "$file" offline || return 1
	done
	refuses EINVAL "$file" offline &&
	takes "$file" online_movable && reads "$file" online &&
	refuses EINVAL "$file" online && refuses EINVAL "$file" online_kernel &&
	reads "$file" online && takes "$file" offline && reads "$file" offline
}

online()
{
	file=$(name 0)/online
	takes "$(name 0)/state" online_movable && reads "$file" 1 &&
	takes "$file" 0 && reads "$file" 0 && reads "$(name 0)/state" offline &&
	refuses EINVAL "$file" maybe
}

phys_index()
{
	reads "$(name 0)/phys_index" "$(printf %08x $((SPARE / BLOCK)))"
}

removable_and_phys_device()
{
	reads "$(name 0)/removable" 1 && reads "$(name 0)/phys_device" 0
}

valid_zones()
{
	file=$(name 0)/valid_zones
	matches "$file" "*Normal*" && matches "$file" "*Movable*" &&
	takes "$(name 0)/state" online_movable && reads "$file" Movable &&
	takes "$(name 0)/state" offline && matches "$file" "*Normal*"
}

# What the kernel has put into its zone by then cannot be moved: going offline
# again may be refused
kernel_online_types()
{
	for type in online_kernel online; do
		takes "$(name 1)/state" $type && reads "$(name 1)/valid_zones" Normal || return 1
		case $(put "$(name 1)/state" offline) in
		ok) ;;
		EBUSY) break ;;
		*) return 1 ;;
		esac
	done
}

hotplug_state()
{
	file=$(name 0)/hotplug/state
	reads "$file" offline && takes "$(name 0)/state" online_movable && reads "$file" online &&
	takes "$(name 0)/state" offline && reads "$file" offline
}

# What a block says of itself while nothing happens to it
progress_and_check()
{
	reads "$(name 0)/hotplug/progress" idle &&
	matches "$(name 0)/hotplug/check" "error=-22 request=offline reason=offline *" &&
	takes "$(name 0)/state" online_movable && reads "$(name 0)/hotplug/progress" idle &&
	reads "$(name 0)/hotplug/check" ok && takes "$(name 0)/state" offline &&
	reads "$(name 0)/hotplug/progress" idle
}

offline_timeout_ms()
{
	file=hotplug/offline_timeout_ms
	reads $file 0 && takes $file 5000 && reads $file 5000 || return 1
	for text in -1 soon 1s "1 2" "
"; do
		refuses EINVAL $file "$text" && reads $file 5000 || return 1
	done
	refuses ERANGE $file 4294967296 && takes $file 0 && reads $file 0
}

# A block's refusal stays until the block has done what it was asked for
refusal_of_a_block()
{
	file=$(name 0)/hotplug/refusal
	takes "$(name 0)/hotplug/fail" "accepted up 67" &&
	refuses ENOLINK "$(name 0)/state" online_movable &&
	says "$(name 0)/hotplug" injected && matches "$file" "error=-67 request=online *" &&
	reads "$(name 0)/hotplug/fail" "accepted up -67 fired" &&
	reads "$(name 0)/hotplug/state" offline &&
	says hotplug injected &&
	takes "$(name 0)/state" online_movable && reads "$file" none &&
	takes "$(name 0)/state" offline && reads "$file" none &&
	takes "$(name 0)/hotplug/fail" none
}

# An armed failure waits for its step, and fires once
fail_fires_once()
{
	takes "$(name 0)/hotplug/fail" "occupied down 67" &&
	takes "$(name 0)/state" online_movable &&
	reads "$(name 0)/hotplug/fail" "occupied down -67 armed" &&
	refuses ENOLINK "$(name 0)/state" offline &&
	takes "$(name 0)/state" offline &&
	reads "$(name 0)/hotplug/fail" "occupied down -67 fired" &&
	takes "$(name 0)/hotplug/fail" none
}

links_between_block_and_node()
{
	for node in "$MEMORY/$(name 0)"/node*; do
		[ -d "$node/$(name 0)" ] || { note "$node has no link back"; return 1; }
		return 0
	done
}

poison_files_refuse_bad_input()
{
	[ -f $MEMORY/soft_offline_page ] || return 0
	for file in soft_offline_page hard_offline_page; do
		refuses EINVAL $file page && refuses EINVAL $file 0x || return 1
		refuses ENXIO $file 0xffffffffff000 || return 1
	done
}

crash_hotplug()
{
	[ ! -f $MEMORY/crash_hotplug ] || matches crash_hotplug "[01]"
}

need_our_files
need_spare 2
[ -f $MEMORY/hotplug/fail ] || skip_all "no CONFIG_MEMORY_HOTPLUG_FAIL"
[ "$(put probe "$(at 0) $(hex $((2 * BLOCK)))")" = ok ] ||
	skip_all "the kernel does not take $(at 0): $(get hotplug/refusal)"

run_tests modes_of_the_files files_without_a_store_or_show block_size_bytes auto_online_blocks \
	list_of_states point_of_no_return hotplug_fail_takes_what_may_fail errno_of_fail \
	bad_input_to_fail state online phys_index removable_and_phys_device \
	valid_zones hotplug_state progress_and_check offline_timeout_ms \
	refusal_of_a_block fail_fires_once \
	links_between_block_and_node poison_files_refuse_bad_input crash_hotplug \
	kernel_online_types

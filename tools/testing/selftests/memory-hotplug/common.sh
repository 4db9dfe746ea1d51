# SPDX-License-Identifier: GPL-2.0
# What the shell tests of memory hotplug share. The sourcing script sets DIR.

. "$DIR/../kselftest/ktap_helpers.sh"

MEMORY=/sys/devices/system/memory

skip_all()
{
	ktap_print_header
	ktap_skip_all "$*"
	exit "$KSFT_SKIP"
}

need_our_files()
{
	[ -d $MEMORY/hotplug ] || skip_all "no $MEMORY/hotplug"
	[ "$(id -u)" = 0 ] || skip_all "not root"
}

put()
{
	"$DIR/mhp" put "$MEMORY/$1" "$2"
}

get()
{
	"$DIR/mhp" get "$MEMORY/$1"
}

note()
{
	ktap_print_msg "$*"
	return 1
}

# takes <file> <text>: writing it succeeds
takes()
{
	result=$(put "$1" "$2")
	[ "$result" = ok ] || note "writing \"$2\" to $1: $result; $(get hotplug/refusal)"
}

# refuses <errno> <file> <text>
refuses()
{
	result=$(put "$2" "$3")
	[ "$result" = "$1" ] || note "writing \"$3\" to $2: $result instead of $1"
}

# reads <file> <text>
reads()
{
	found=$(get "$1")
	[ "$found" = "$2" ] || note "$1 reads \"$found\" instead of \"$2\""
}

# matches <file> <shell pattern>
matches()
{
	found=$(get "$1")
	case $found in
	$2) ;;
	*) note "$1 reads \"$found\", which does not match $2" ;;
	esac
}

# says <directory> <reason>: the refusal there gives this reason
says()
{
	matches "$1/refusal" "error=-[0-9]* request=* reason=$2 range=0x*-0x* by=?* page=?* why=?*"
}

hex()
{
	printf '0x%x' "$1"
}

# What a transition can change; taken into a variable, compared by same()
snapshot()
{
	"$DIR/mhp" snapshot
}

# same <snapshot>: nothing has changed since
same()
{
	now=$(snapshot)
	[ "$now" = "$1" ] && return 0
	{ echo "$1" | sed 's/^/was /'; echo "$now" | sed 's/^/now /'; } |
		sort -k 2 | uniq -u -f 1 | sed 's/^/# /'
	return 1
}

BLOCK=$((0x$(cat $MEMORY/block_size_bytes 2> /dev/null || echo 0)))

# Sets SPARE and SPARE_BLOCKS: memory that the kernel does not use, for probe
find_spare()
{
	SPARE=
	SPARE_BLOCKS=0
	[ -w $MEMORY/probe ] || [ -f $MEMORY/probe ] || return 1
	for line in $("$DIR/mhp" spare | tr ' ' ','); do
		blocks=$((${line#*,} / BLOCK))
		if [ "$blocks" -gt "$SPARE_BLOCKS" ]; then
			SPARE=$((${line%,*}))
			SPARE_BLOCKS=$blocks
		fi
	done
	[ -n "$SPARE" ]
}

# at <n>: the address of the n-th spare block
at()
{
	hex $((SPARE + $1 * BLOCK))
}

# name <n>: the memoryN of the n-th spare block
name()
{
	echo memory$(((SPARE + $1 * BLOCK) / BLOCK))
}

exists()
{
	[ -d "$MEMORY/$(name "$1")" ] || note "$(name "$1") does not exist"
}

gone()
{
	[ ! -d "$MEMORY/$(name "$1")" ] || note "$(name "$1") exists"
}

# Takes away all that the test may have added, whatever state that is in
restore_spare()
{
	block=0
	put hotplug/fail none > /dev/null
	while [ -n "$SPARE" ] && [ "$block" -lt "$SPARE_BLOCKS" ]; do
		if [ -d "$MEMORY/$(name $block)" ]; then
			put "$(name $block)/state" offline > /dev/null
			put remove "$(at $block)" > /dev/null
		fi
		block=$((block + 1))
	done
	# What only goes as a whole
	put remove "$(at 0) $(hex $((SPARE_BLOCKS * BLOCK)))" > /dev/null
	put auto_online_blocks "$POLICY" > /dev/null
}

need_spare()
{
	[ "$(find_spare && echo "$SPARE_BLOCKS" || echo 0)" -ge "$1" ] && find_spare ||
		skip_all "no $1 blocks of memory to probe in one piece: boot with mem="
	POLICY=$(get auto_online_blocks)
	trap restore_spare EXIT
	trap 'exit 1' INT TERM HUP
	put auto_online_blocks offline > /dev/null
}

# run_tests <function>...: each is one test, named by its function
run_tests()
{
	ktap_print_header
	ktap_set_plan $#
	for test in "$@"; do
		ktap_test_result "$(echo "$test" | tr _ ' ')" "$test"
	done
	ktap_finished
}

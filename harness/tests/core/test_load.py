# SPDX-License-Identifier: GPL-2.0
"""Memory that comes and goes while others are at it: writers, readers, signals, and processes short of memory."""

import re
import signal

import pytest

from harness import memory, selftests
from harness.refusals import Refusal, parse

MIB = 1 << 20
START = 4 << 30


def probe(g, count):
    """Probe this many blocks in one piece; their ids."""
    size = memory.block_size(g)
    memory.auto_online(g, "offline")
    assert selftests.put(g, "probe", f"{START:#x} {count * size:#x}") == "ok", memory.refusal(g)
    return [START // size + i for i in range(count)]


CHUNK = 1 << 30                 # of a range that comes, after which the lock is let go
TRACING = "/sys/kernel/tracing"
PERCPU = 1 << 4                 # LCB_F_PERCPU: the kind of lock that mem_hotplug_lock is


def waits_within(trace, first, last):
    """How often the trace's other process began to wait and had the lock between these two steps of a range."""
    begin, end = (next(i for i, line in enumerate(trace) if f"range {step}" in line) for step in (first, last))
    waits = re.findall(r"contention_(begin|end): (\w+)", "\n".join(trace[begin:end]))
    return sum(what == "begin" and after == ("end", lock) for (what, lock), after in zip(waits, waits[1:]))


@pytest.mark.slow_on_debug
def test_others_have_the_lock_while_a_range_comes(spare_guest):
    """A process that wants mem_hotplug_lock all the time gets it between the chunks.

    In how many of them depends on how often it runs, so there are more ranges until it has waited often enough.
    """
    with spare_guest(mem="36G") as g:
        memory.auto_online(g, "offline")
        image = next(start for start, _, name, _ in memory.iomem(g) if name == "Kernel code")
        g.run(f"dmesg -n 1; cd {TRACING}/events; "
              "for i in begin end; do echo 'comm == \"again\"' > lock/contention_$i/filter; done; "
              f"echo 'comm == \"again\" && flags & {PERCPU}' > lock/contention_begin/filter; "
              "for i in lock/contention_begin lock/contention_end memory_hotplug/mhp_step; do echo 1 > $i/enable; done")
        reader = g.spawn(f"again {memory.SYSFS}/soft_offline_page {image:#x}")
        assert "first: -1" in reader.wait_output("first:", 30)
        chunks = 32
        coming = going = 0
        for _ in range(10):
            g.run(f"echo > {TRACING}/trace")
            for request in ("probe", "remove"):
                assert selftests.put(g, request, f"{START:#x} {chunks * CHUNK:#x}") == "ok", memory.refusal(g)
            trace = g.run(f"cat {TRACING}/trace").splitlines()
            coming += waits_within(trace, "node-ready up", "registered up")
            going += waits_within(trace, "listed down", "mapped down")
            if min(coming, going) > 2:
                break
        reader.close_input()
        assert reader.wait()[0] == 0
        assert min(coming, going) > 2, "\n".join(trace)


@pytest.mark.slow_on_debug
def test_the_process_that_adds_is_killed(spare_guest):
    """All of the range comes or nothing; what has come when the process is killed goes again."""
    with spare_guest(mem="36G") as g:
        chunks, size = 32, 32 * CHUNK
        memory.auto_online(g, "offline")
        assert selftests.put(g, "probe", f"{START:#x} {size:#x}") == "ok", memory.refusal(g)
        assert selftests.put(g, "remove", f"{START:#x} {size:#x}") == "ok", memory.refusal(g)
        before = selftests.snapshot(g)
        interrupted = 0
        # It may have added the rest before it is killed
        for attempt in range(8 * chunks):
            if interrupted > 2 and attempt >= chunks:
                break
            enough = 1 + attempt % (chunks - 1)
            g.run(f"killed {memory.SYSFS}/probe '{START:#x} {size:#x}' {enough * CHUNK // 4096 // 64}")
            blocks = memory.blocks_in(g, START, START + size)
            assert len(blocks) in (0, size // memory.block_size(g))
            if blocks:
                assert selftests.put(g, "remove", f"{START:#x} {size:#x}") == "ok", memory.refusal(g)
            else:
                interrupted += 1
                assert parse(memory.refusal(g)) == Refusal(
                    error=-4, request="add", reason="signal", first=START, last=START + size - 1, by="core",
                    page="none", why="the process that asks for it is being killed")
            assert not selftests.difference(before, selftests.snapshot(g))
        assert interrupted > 2


def remove(g, count):
    return selftests.put(g, "remove", f"{START:#x} {count * memory.block_size(g):#x}")


def cycle(block, times):
    """A shell loop that brings a block online and takes it offline; ends with the first refusal."""
    put, state = selftests.program("mhp") + " put", f"{memory.SYSFS}/memory{block}/state"
    return (f"for i in $(seq {times}); do {put} {state} online_movable || exit 1; "
            f"{put} {state} offline || exit 2; done")


def test_blocks_in_parallel(spare_guest):
    """Eight processes, each with a block of its own."""
    with spare_guest() as g:
        blocks = probe(g, 8)
        for block in blocks:
            memory.set_state(g, [block], "online_movable")
            memory.set_state(g, [block], "offline")
        before = selftests.snapshot(g)
        workers = [g.spawn(cycle(block, 10)) for block in blocks]
        for worker in workers:
            status, output = worker.wait(180)
            assert status == 0, output
        assert not selftests.difference(before, selftests.snapshot(g))
        assert remove(g, 8) == "ok"


# Where a device does not suspend by itself, autosuspend_delay_ms is there and cannot be read
READER = f"""
until [ -e /tmp/enough ]; do
    for file in $(find {memory.SYSFS} /sys/devices/system/node -type f -perm -400 \\! -name autosuspend_delay_ms); do
        cat $file > /tmp/out.$$ 2> /tmp/error.$$ || grep -q -e 'No such file' -e 'No such device' /tmp/error.$$ ||
            {{ echo $file: $(cat /tmp/error.$$); exit 1; }}
    done
    cat /proc/zoneinfo /proc/iomem /proc/pagetypeinfo > /tmp/out.$$
    rounds=$((rounds + 1))
done
echo read $rounds times
"""


def test_readers_while_blocks_come_and_go(spare_guest):
    with spare_guest(smp=4) as g:
        readers = [g.spawn(READER) for _ in range(2)]
        size = memory.block_size(g)
        memory.auto_online(g, "online_movable")
        put = selftests.program("mhp") + " put"
        g.run(f"""
            for i in 1 2 3 4 5 6 7 8 9 10; do
                {put} {memory.SYSFS}/probe '{START:#x} {2 * size:#x}' &&
                {put} {memory.SYSFS}/memory{START // size}/state offline &&
                {put} {memory.SYSFS}/memory{START // size + 1}/state offline &&
                {put} {memory.SYSFS}/remove '{START:#x} {2 * size:#x}' || exit 1
            done""", timeout=180)
        g.run("touch /tmp/enough")
        for reader in readers:
            status, output = reader.wait(120)
            assert status == 0, output
            assert re.search(r"read [1-9]\d* times", output), "the readers were at work meanwhile"


def pinned_block(g):
    """A block with a page that is movable and cannot be moved; (block, the process that holds it)."""
    size = memory.block_size(g)
    block, = probe(g, 1)
    memory.set_state(g, [block], "online_movable")
    holder = g.spawn(f"pin {START:#x} {START + size:#x}")
    assert "pinned" in holder.wait_output("pinned"), holder.output
    return block, holder


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGUSR1])
def test_a_signal_ends_going_offline(spare_guest, number):
    """Without a signal it would try for ever; with one the block is online as before."""
    with spare_guest() as g:
        block, holder = pinned_block(g)
        before = selftests.snapshot(g)
        step = f"{memory.SYSFS}/memory{block}/hotplug/state"
        writer = g.spawn(f"exec {selftests.program('mhp')} put {memory.SYSFS}/memory{block}/state offline")
        g.run(f"until [ $(cat {step}) = occupied ]; do :; done")
        assert writer.status is None
        writer.kill(number)
        status, output = writer.wait(30)
        assert (status, output.strip()) == (1, "EINTR")
        text = memory.refusal(g, block)
        assert text.startswith("error=-4 request=offline reason=signal ") and "mhp" in text, text
        assert g.run(f"cat {step}").strip() == "online"
        assert not selftests.difference(before, selftests.snapshot(g))

        # Once the page is let go the block goes
        holder.close_input()
        assert holder.wait()[0] == 0
        assert selftests.put(g, f"memory{block}/state", "offline") == "ok", memory.refusal(g, block)
        assert remove(g, 1) == "ok"


@pytest.mark.slow_on_debug
def test_offline_waits_until_a_page_is_let_go(spare_guest):
    """Nobody has to write again: the attempt that met the pinned page succeeds."""
    with spare_guest() as g:
        block, holder = pinned_block(g)
        writer = g.spawn(f"{selftests.program('mhp')} put {memory.SYSFS}/memory{block}/state offline")
        g.run(f"until [ $(cat {memory.SYSFS}/memory{block}/hotplug/state) = occupied ]; do :; done")
        holder.close_input()
        assert holder.wait()[0] == 0
        assert writer.wait(60) == (0, "ok\n")


@pytest.mark.slow_on_debug
def test_offline_when_memory_is_short(spare_guest):
    """Processes that use most of the memory, and one that never stops allocating: nothing breaks."""
    with spare_guest() as g:
        count = 4
        blocks = probe(g, count)
        memory.set_state(g, blocks, "online_movable")
        size = memory.block_size(g)
        # Room for what one block holds and for the churn; a debugging kernel keeps freed memory back
        available = memory.available_kib(g) // 1024
        load = g.spawn(f"fill {available - 2 * size // MIB - 200} {START:#x} {START + count * size:#x}")
        load.wait_output("filled:", 120)
        churn = g.spawn("""until [ -e /tmp/enough ]; do
            dd if=/dev/zero of=/tmp/churn bs=1M count=64 2> /dev/null; rm /tmp/churn; done""")
        memory.set_state(g, blocks[:1], "offline", timeout=180)
        g.run("touch /tmp/enough")
        assert churn.wait(60)[0] == 0
        load.write("check\n")
        assert "intact:" in load.wait_output("intact:", 120), load.output
        load.close_input()
        assert load.wait(60)[0] == 0
        memory.set_state(g, blocks[1:], "offline", timeout=180)
        assert remove(g, count) == "ok"

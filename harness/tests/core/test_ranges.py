# SPDX-License-Identifier: GPL-2.0
"""Memory that comes and goes as a range: what its blocks share, and what is left when one of them fails."""

import re

import pytest

from harness import memory, selftests
from harness.refusals import parse

pytestmark = pytest.mark.slow_on_debug

MIB = 1 << 20
START = 4 << 30
PROVIDER = "/sys/module/mhp_provider/parameters"
BLOCKS = 8
OTHERS = 4096                   # pages that other processes and the page cache may have in a range


def add(g, start, size, state="online_movable"):
    """A driver adds a range that comes online by itself; the ids of its blocks."""
    memory.auto_online(g, state)
    assert selftests.put(g, f"{PROVIDER}/add", f"0 {start:#x} {size:#x}", 120) == "ok", memory.refusal(g)
    memory.auto_online(g, "offline")
    return sorted(memory.blocks_in(g, start, start + size))


def take(g, start, size, timeout=300):
    return selftests.put(g, f"{PROVIDER}/take", f"{start:#x} {size:#x}", timeout)


def fill(g, mib, start, size):
    """A process that uses so much; and how many of its pages lie in the range."""
    load = g.spawn(f"fill {mib} {start:#x} {start + size:#x}")
    told = load.wait_output("filled:", 180)
    return load, int(re.search(r"(\d+) in the range", told)[1])


def end(load):
    load.write("check\n")
    assert "intact:" in load.wait_output("intact:", 180), load.output
    load.close_input()
    assert load.wait(60)[0] == 0


def test_each_page_is_moved_once(spare_guest):
    """Out of a zone that goes as a whole nothing moves to where it would have to go again."""
    with spare_guest() as g:
        selftests.load(g, "mhp_provider")
        size = BLOCKS * memory.block_size(g)
        add(g, START, size)
        load, inside = fill(g, size // MIB * 3 // 8, START, size)
        assert inside > size // memory.page_size(g) // 4
        before = memory.pages_migrated(g)
        assert take(g, START, size) == "ok", memory.refusal(g)
        assert inside <= memory.pages_migrated(g) - before <= inside + OTHERS
        end(load)


def test_what_stays_of_a_zone_is_used_first(spare_guest):
    """Half of ZONE_MOVABLE goes: what is in use there moves to the other half, at once."""
    with spare_guest() as g:
        selftests.load(g, "mhp_provider")
        size = BLOCKS // 2 * memory.block_size(g)
        add(g, START, size)
        load, inside = fill(g, size // MIB // 2, START, size)
        assert inside > size // memory.page_size(g) // 4
        stays = START + size
        add(g, stays, size)
        before = memory.pages_migrated(g)
        assert take(g, START, size) == "ok", memory.refusal(g)
        assert inside <= memory.pages_migrated(g) - before <= inside + OTHERS
        end(load)
        assert take(g, stays, size) == "ok", memory.refusal(g)


def test_offline_fails_in_the_middle(spare_guest):
    """At each step that may fail, at a block in the middle of memory in use: all of it is online again."""
    with spare_guest() as g:
        selftests.load(g, "mhp_provider")
        size = BLOCKS * memory.block_size(g)
        blocks = add(g, START, size)
        load, _ = fill(g, size // MIB // 4, START, size)
        before = memory.zones(g)
        steps = re.findall(r"^block \d+ ([\w-]+) up \S+ down may-fail$",
                           g.run(f"cat {memory.SYSFS}/hotplug/states"), re.MULTILINE)
        assert len(steps) >= 4, steps
        fail = f"memory{blocks[BLOCKS // 2]}/hotplug/fail"
        for step in steps:
            assert selftests.put(g, fail, f"{step} down 5") == "ok"
            assert take(g, START, size) == "EIO"
            assert g.run(f"cat {memory.SYSFS}/{fail}").split()[-1] == "fired"
            assert memory.blocks_in(g, START, START + size) == dict.fromkeys(blocks, "online"), step
            assert memory.zones(g) == before, step
            # A page block that stayed isolated would be named
            assert {g.run(f"cat {memory.SYSFS}/memory{block}/hotplug/check") for block in blocks} == {"ok\n"}, step
        end(load)
        assert take(g, START, size) == "ok", memory.refusal(g)


def has_shadow(g):
    return g.sh("zcat /proc/config.gz | grep -q ^CONFIG_KASAN=y")[0] == 0


@pytest.mark.slow_on_debug
def test_an_allocation_fails_in_the_middle(spare_guest, kernel_fault):
    """Adding with auto-online: all of the range comes, or nothing. Once the zone has had memory before, coming online
    needs none that could fail, but for KASAN's shadow: then the range is online up to the block that says so."""
    with spare_guest(kernel_fault) as g:
        selftests.load(g, "mhp_provider")
        size = BLOCKS * memory.block_size(g)
        g.run("for i in failslab fail_page_alloc; do echo N > /sys/kernel/debug/$i/ignore-gfp-wait; "
              "echo 0 > /sys/kernel/debug/$i/verbose; done; echo 0 > /sys/kernel/debug/fail_page_alloc/min-order")
        add(g, START, size)                 # what the first time leaves for good
        assert take(g, START, size) == "ok"
        before = memory.zones(g)
        seen, nth, left = set(), 1, "0"
        while left == "0":
            memory.auto_online(g, "online_movable")
            result = g.sh(f"echo {nth} > /proc/self/fail-nth; echo '0 {START:#x} {size:#x}' > {PROVIDER}/add; "
                          "echo $?; cat /proc/$$/fail-nth")[1].split()
            left = result[-1]
            states = memory.blocks_in(g, START, START + size)
            seen.add((len(states), *sorted(set(states.values()))))
            assert len(states) in (0, BLOCKS), states
            offline = [block for block in sorted(states) if states[block] == "offline"]
            if offline:
                assert offline == sorted(states)[-len(offline):], states
                assert parse(memory.refusal(g, offline[0])).reason in ("no-memory", "client")
            if states:
                assert take(g, START, size) == "ok", memory.refusal(g)
            assert memory.zones(g) == before
            nth += 1 if nth < 20 else 23
        expected = {(0,), (BLOCKS, "online")}
        assert expected <= seen if has_shadow(g) else expected == seen, seen

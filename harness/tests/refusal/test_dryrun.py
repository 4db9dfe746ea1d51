# SPDX-License-Identifier: GPL-2.0
"""memoryN/hotplug/check against what happens then, in cases that a seed decides; see harness/guest/dryrun.c.

SEED=n repeats a run.
"""

import os
import random
import re

import pytest

from harness import memory, selftests
from harness.tests.refusal.conftest import Field, boot

HOT = {"pinned by pipe", "pinned by module", "isolated", "slab", "kernel", "table", "offline", "kernel, movable",
       "table, movable", "offline, movable", "no room", "hugetlb, no target", "hugetlb, reserved", "client refuses"}
UNKNOWN = {"client unknown", "driver unknown"}
BOOT = {"holes", "zones", "reserved", "cma"}
GOES = {"empty", "empty normal", "used", "used, locked", "used, huge", "used by two", "used by a file", "hugetlb free",
        "hugetlb used", "client agrees", "client follows", "free boot memory"}
HOLE = 0x108000000
PATIENCE_MS = 30000


def seed():
    return int(os.environ.get("SEED") or random.randrange(1 << 32))


def outcome(output):
    """({kind: (cases, bad)}, false ok, false obstacle, of how many)"""
    kinds = {name: (int(cases), int(bad))
             for name, cases, bad in re.findall(r"^kind (.*): (\d+) cases, (\d+) bad$", output, re.M)}
    found = re.search(r"^false ok (\d+); false obstacle (\d+); of (\d+), \d+ s$", output, re.M)
    assert found, output
    return kinds, *map(int, found.groups())


def run(g, times, removable, blocks, timeout):
    number = seed()
    print(f"SEED={number}")
    words = " ".join(f"{name}={value}" for name, value in blocks)
    status, output = g.sh(f"dryrun {number} {times} {removable} {PATIENCE_MS} {words}", timeout)
    print(output)
    assert status == 0, output
    return outcome(output)


def hot_blocks(field):
    return [("movable", f"{field.movable}-{field.movable + 3}"), ("normal", f"{field.normal}-{field.normal + 2}"),
            ("drain", field.base)]


def run_hot(image, times, removable, timeout, load=None):
    with boot(image) as g:
        field = Field(g)
        if load:
            load(g)
        return run(g, times, removable, hot_blocks(field), timeout)


def run_boot(image, times, removable, timeout):
    """Boot memory, which cannot be made at will: the same few blocks over and over."""
    append = f"movablecore=1000M hugetlb_cma=1G memmap=4K${HOLE + 0x1000000:#x}"
    with boot(image, nodes=None, mem="6G", append=append) as g:
        selftests.load(g, "mhp_obstacle", "mhp_named")
        size = memory.block_size(g)
        said = {block: g.run(f"cat {memory.SYSFS}/memory{block}/hotplug/check").splitlines()[0]
                for block in memory.blocks(g)}
        last = max(said)                                # where the kernel allocates at boot
        blocks = [("holes", HOLE // size), ("reserved", last),
                  ("cma", int(re.search(r"cma: Reserved 1024 MiB at (0x\w+)", g.console())[1], 16) // size)]
        blocks += [("zones", block) for block, text in said.items() if " reason=zones " in text]
        # Debugging may have taken something of every block
        blocks += [("free", block) for block in range(last - 3, last) if said[block] == "ok"][:1]
        return run(g, times, removable, blocks, timeout)


def is_right(result, wanted, times):
    kinds, false_ok, false_obstacle, _ = result
    assert not false_ok and not false_obstacle
    assert {name: bad for name, (_, bad) in kinds.items() if bad} == {}
    assert wanted <= kinds.keys()
    assert all(cases >= times for name, (cases, _) in kinds.items() if name not in GOES)


@pytest.mark.slow_on_debug
def test_some(kernel_ours):
    is_right(run_hot(kernel_ours, 2, 22, 300), HOT | UNKNOWN | GOES - {"free boot memory"}, 2)


def test_some_of_boot_memory(kernel_ours):
    is_right(run_boot(kernel_ours, 2, 4, 100), BOOT, 2)


@pytest.mark.full
@pytest.mark.measure                        # the debug kernel takes half an hour; it has test_some
def test_many(kernel_ours):
    """Each obstacle 30 times, and 210 blocks that can go."""
    hot = run_hot(kernel_ours, 30, 200, 1800)
    is_right(hot, HOT | UNKNOWN | GOES - {"free boot memory"}, 30)
    cold = run_boot(kernel_ours, 30, 10, 300)
    is_right(cold, BOOT, 30)
    assert hot[3] + cold[3] >= 500
    assert sum(cases for kinds, *_ in (hot, cold) for name, (cases, _) in kinds.items() if name in GOES) >= 200


CHURN = """until [ -e /tmp/enough ]; do
    dd if=/dev/zero of=/tmp/churn.$$ bs=64k count=300 2> /dev/null
    cat /tmp/churn.$$ | gzip -1 > /dev/null
    rm /tmp/churn.$$
done"""


@pytest.mark.measure
def test_under_load(kernel_ours):
    """Memory that is used and freed all the time: the rates are reported; more answers are right than wrong."""
    kinds, false_ok, false_obstacle, total = run_hot(
        kernel_ours, 5, 100, 900, lambda g: [g.spawn(CHURN) for _ in range(2)])
    print(f"under load: {false_ok} of {total} falsely ok, {false_obstacle} falsely refused")
    assert (false_ok + false_obstacle) * 2 < total

# SPDX-License-Identifier: GPL-2.0
"""No memory elsewhere: for what a block holds, for huge pages, for the memory map of what is to be added."""

import re

import pytest

from harness import memory, refusals, selftests
from harness.refusals import Refusal, parse
from harness.tests.refusal.conftest import OBSTACLE

MIB = 1 << 20
START, COUNT = 4 << 30, 16
LIMIT_MS = 500


@pytest.fixture
def tight(guest, kernel_ours):
    """A guest on one node whose free memory a test may take, but for a block of 128 MiB."""
    with guest(kernel=kernel_ours, files=selftests.files(kernel_ours), mem="4G", append="mem=2G") as g:
        selftests.load(g, "mhp_obstacle")
        g.run(f"echo offline > {memory.SYSFS}/auto_online_blocks; echo {LIMIT_MS} > "
              f"{memory.SYSFS}/hotplug/offline_timeout_ms")
        yield g


@pytest.fixture
def watch(tight):
    with refusals.Watch(tight) as watch:
        yield watch


def online(g):
    block = START // memory.block_size(g)
    assert selftests.put(g, "probe", f"{START:#x}") == "ok", memory.refusal(g)
    memory.set_state(g, [block], "online_movable")
    return block


def hog(g):
    """Take what is free in chunks of 4 MiB; smaller ones are left for the guest to live on."""
    assert selftests.put(g, f"{OBSTACLE}/put", f"hog {128 * MIB:#x} {4 * MIB:#x}") == "ok"


def drop(g):
    assert selftests.put(g, f"{OBSTACLE}/drop", "all") == "ok"


def end(process):
    process.close_input()
    assert process.wait()[0] == 0


def check(g, block):
    return parse(g.run(f"cat {memory.SYSFS}/memory{block}/hotplug/check").splitlines()[0])


def no_room(g, block, what):
    """What the dry run says of a block of which it knows before that it does not fit elsewhere."""
    said = check(g, block)
    found = re.fullmatch(rf"{what} in the block: (\d+); room for them elsewhere: (\d+)", said.why)
    assert found and int(found[1]) > int(found[2]), said
    size = memory.block_size(g)
    assert said == Refusal(error=-16, request="offline", reason="no-memory", first=START, last=START + size - 1, by="core",
                           page="no-target", why=said.why)


def has_no_target(refusal):
    assert (refusal.error, refusal.reason, refusal.by, refusal.page) == (-110, "timeout", "core", "no-target"), refusal
    assert refusal.why.startswith("hotplug/offline_timeout_ms is over; held up by: no memory elsewhere to move "), refusal


def test_pages_that_fit_nowhere(tight, watch):
    block = online(tight)
    load = tight.spawn(f"fill 100 {START:#x} {START + memory.block_size(tight):#x}")
    load.wait_output("filled:", 120)
    hog(tight)
    no_room(tight, block, "pages in use")
    refusal = watch.offline_refused("ETIMEDOUT", block)
    has_no_target(refusal)
    assert refusal.size == 4096 and refusal.first // memory.block_size(tight) == block
    drop(tight)
    assert selftests.put(tight, f"memory{block}/state", "offline") == "ok"
    load.write("check\n")
    assert "intact:" in load.wait_output("intact:", 120), load.output
    end(load)


def test_huge_pages_that_fit_nowhere(tight, watch):
    """All are used, and no memory is free to make another of."""
    block = online(tight)
    hog(tight)
    tight.run("echo 40 > /proc/sys/vm/nr_hugepages")
    assert "HugePages_Total:      40" in tight.run("cat /proc/meminfo")
    process = tight.spawn("huge 40 used")
    assert "40 pages used" in process.wait_output("used"), process.output
    no_room(tight, block, "pages in use")
    refusal = watch.offline_refused("ETIMEDOUT", block)
    has_no_target(refusal)
    end(process)
    tight.run("echo 0 > /proc/sys/vm/nr_hugepages")
    assert selftests.put(tight, f"memory{block}/state", "offline") == "ok"


def test_huge_pages_that_are_promised(tight, watch):
    """Free ones, which somebody has reserved: they cannot be dissolved."""
    block = online(tight)
    hog(tight)
    tight.run("echo 40 > /proc/sys/vm/nr_hugepages")
    process = tight.spawn("huge 40 reserved")
    assert "40 pages reserved" in process.wait_output("reserved"), process.output
    no_room(tight, block, "huge pages of hugetlbfs")
    size = memory.block_size(tight)
    refusal = watch.offline_refused("EBUSY", block)
    assert refusal == Refusal(error=-16, request="offline", reason="unmovable", first=START, last=START + size - 1,
                              by="core", page=refusal.page,
                              why="a free huge page of hugetlbfs is reserved, it could not be dissolved; free others, "
                                  "or raise nr_hugepages")
    end(process)
    assert selftests.put(tight, f"memory{block}/state", "offline") == "ok"
    tight.run("echo 0 > /proc/sys/vm/nr_hugepages")


def test_a_memory_map_that_fits_nowhere(tight, watch):
    """Sixteen blocks want 32 MiB of it."""
    hog(tight)
    size = COUNT * memory.block_size(tight)
    refusal = watch.refused("ENOMEM", "probe", f"{START:#x} {size:#x}")
    assert refusal == Refusal(error=-12, request="add", reason="no-memory", first=START, last=START + size - 1, by="core",
                              page="none", why="no memory for struct pages or page tables")
    drop(tight)
    assert selftests.put(tight, "probe", f"{START:#x} {size:#x}") == "ok", memory.refusal(tight)

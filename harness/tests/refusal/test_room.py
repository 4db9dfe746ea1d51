# SPDX-License-Identifier: GPL-2.0
"""No memory elsewhere: for what a block holds, for huge pages, for the memory map of what is to be added."""

import re

import pytest

from harness import memory, refusals, selftests
from harness.refusals import Refusal, parse
from harness.tests.refusal.conftest import OBSTACLE, PROBED

MIB = 1 << 20
LIMIT_MS = 1000
HUGE_PAGES = "/proc/sys/vm/nr_hugepages"


@pytest.fixture
def block(field):
    field.online(field.movable, "online_movable")
    yield field.movable
    field.guest.run(f"echo 0 > {HUGE_PAGES}")
    field.drop()
    field.timeout(0)
    field.offline(field.movable)


@pytest.fixture
def cornered(field, block):
    """A block whose pages may go to the other node only, on which nothing is free."""
    field.drain(field.base)
    field.timeout(LIMIT_MS)
    return block


def says_no_room(lines, what):
    """What a dry run prints of a block that does not fit elsewhere."""
    said = parse(lines[0])
    found = re.fullmatch(rf"{what} in the block: (\d+); room for them elsewhere: (\d+)", said.why)
    assert found and int(found[1]) > int(found[2]), said
    assert said == Refusal(error=-16, request="offline", reason="no-memory", first=said.first, last=said.last,
                           by="core", page="no-target", why=said.why)


def is_without_target(refusal, block, size, page, why):
    assert (refusal.error, refusal.reason, refusal.by, refusal.page) == (-110, "timeout", "core", page), refusal
    assert re.fullmatch("hotplug/offline_timeout_ms is over; held up by: " + why, refusal.why), refusal
    assert refusal.first // size == block


def test_pages_that_fit_nowhere(field, watch, cornered):
    load = field.fill(100, cornered)
    says_no_room(field.check(cornered), "pages in use")
    is_without_target(watch.offline_refused("ETIMEDOUT", cornered), cornered, field.size, "no-target",
                      "no memory elsewhere to move the page to")
    # Now there is room
    field.drop()
    field.timeout(0)
    assert field.check(cornered) == ["ok"]
    field.offline(cornered)
    load.write("check\n")
    assert "intact:" in load.wait_output("intact:", 120), load.output
    field.end(load)
    field.online(cornered, "online_movable")


def huge(field, count, how):
    field.guest.run(f"echo {count} > {HUGE_PAGES}")
    assert re.search(rf"HugePages_Total: +{count}\n", field.guest.run("cat /proc/meminfo"))
    process = field.guest.spawn(f"huge {count} {how}")
    assert f"{count} pages {how}" in process.wait_output(how), process.output
    return process


def test_huge_pages_that_fit_nowhere(field, watch, cornered):
    """All are used, and no memory is free to make another of."""
    process = huge(field, 40, "used")
    says_no_room(field.check(cornered), "pages in use")
    refusal = watch.offline_refused("ETIMEDOUT", cornered)
    is_without_target(refusal, cornered, field.size, "hugetlb",
                      r"huge page of 2048 kB, anonymous memory of huge \(pid \d+\), and none is free elsewhere; "
                      r"free one, or raise nr_hugepages")
    assert refusal.size == 2 * MIB
    field.end(process)


def test_huge_pages_that_are_promised(field, watch, block):
    """Free ones, which somebody has reserved: they cannot be dissolved."""
    process = huge(field, 40, "reserved")
    says_no_room(field.check(block), "huge pages of hugetlbfs")
    refusal = watch.offline_refused("EBUSY", block)
    assert refusal == Refusal(error=-16, request="offline", reason="unmovable", first=refusal.first, last=refusal.last,
                              by="core", page="hugetlb", why="free huge page that hugetlbfs has promised to somebody")
    assert refusal.first // field.size == block
    field.end(process)


@pytest.fixture
def tight(guest, kernel_ours):
    """A guest on one node; hog() leaves it no more than it needs to live."""
    with guest(kernel=kernel_ours, files=selftests.files(kernel_ours), mem="8G", append="mem=2G") as g:
        selftests.load(g, "mhp_obstacle")
        memory.auto_online(g, "offline")
        yield g


def hog(g):
    assert selftests.put(g, f"{OBSTACLE}/put", f"hog {128 * MIB:#x} {4 * MIB:#x}") == "ok"


def drop(g):
    assert selftests.put(g, f"{OBSTACLE}/drop", "all") == "ok"


def test_a_dry_run_on_the_only_node(tight):
    """Where pages may stay on their node its free memory counts, but not that of the block."""
    block = PROBED // memory.block_size(tight)
    check = f"cat {memory.SYSFS}/memory{block}/hotplug/check"
    assert selftests.put(tight, "probe", f"{PROBED:#x}") == "ok", memory.refusal(tight)
    memory.set_state(tight, [block], "online_movable")
    hog(tight)
    assert tight.run(check) == "ok\n"
    load = tight.spawn(f"fill 100 {PROBED:#x} {PROBED + memory.block_size(tight):#x}")
    assert "25600 in the range" in load.wait_output("filled:", 120)
    says_no_room(tight.run(check).splitlines(), "pages in use")
    drop(tight)
    assert tight.run(check) == "ok\n"
    load.close_input()
    assert load.wait()[0] == 0


RATIO = "/proc/sys/vm/lowmem_reserve_ratio"


def test_memory_that_is_kept_for_others(tight):
    """What a zone keeps from those who could have memory of a higher one is free, and yet no room for them."""
    size = memory.block_size(tight)
    block = PROBED // size
    assert selftests.put(tight, "probe", f"{PROBED:#x}") == "ok", memory.refusal(tight)
    memory.set_state(tight, [block], "online_movable")
    load = tight.spawn(f"fill 20 {PROBED:#x} {PROBED + size:#x}")
    assert "5120 in the range" in load.wait_output("filled:", 120)
    hog(tight)
    check = f"cat {memory.SYSFS}/memory{block}/hotplug/check"
    assert tight.run(check) == "ok\n"

    ratio = tight.run(f"cat {RATIO}").split()
    tight.run(f"echo {' '.join('1' for _ in ratio)} > {RATIO}")
    says_no_room(tight.run(check).splitlines(), "pages in use")
    assert selftests.put(tight, "hotplug/offline_timeout_ms", f"{LIMIT_MS}") == "ok"
    assert selftests.put(tight, f"memory{block}/state", "offline") == "ETIMEDOUT"
    assert parse(memory.refusal(tight, block)).page == "no-target"

    tight.run(f"echo {' '.join(ratio)} > {RATIO}")
    assert selftests.put(tight, "hotplug/offline_timeout_ms", "0") == "ok"
    assert tight.run(check) == "ok\n"
    assert selftests.put(tight, f"memory{block}/state", "offline") == "ok"
    drop(tight)
    load.close_input()
    assert load.wait()[0] == 0


@pytest.mark.measure                        # what KASAN takes can be what is left: then processes are killed
def test_a_memory_map_that_fits_nowhere(tight):
    """Forty blocks want 80 MiB of it."""
    with refusals.Watch(tight) as watch:
        hog(tight)
        size = 40 * memory.block_size(tight)
        refusal = watch.refused("ENOMEM", "probe", f"{PROBED:#x} {size:#x}")
        assert refusal == Refusal(error=-12, request="add", reason="no-memory", first=PROBED, last=PROBED + size - 1,
                                  by="core", page="none", why="no memory for struct pages or page tables")
        drop(tight)
        assert selftests.put(tight, "probe", f"{PROBED:#x} {size:#x}") == "ok", memory.refusal(tight)

# SPDX-License-Identifier: GPL-2.0
"""Pages that keep a block from going offline: each kind is made, and the whole line of the refusal checked."""

import re

import pytest

from harness import memory
from harness.refusals import Refusal

pytestmark = pytest.mark.slow_on_debug

BUSY = -16
UNKNOWN = (r"unknown allocation, references 1, flags 0x[0-9a-f]+\(.*\); "
           r"boot with page_owner=on to see whose")
LIMIT_MS = 1000
TIMED_OUT = "hotplug/offline_timeout_ms is over; held up by: "
PINNED = r"page pinned by 1 reference beyond its 1 mapping, anonymous memory of pin \(pid \d+\)"


def expect(refusal, why, **wanted):
    """All fields of a refusal; `why` may be a pattern."""
    pattern = why if isinstance(why, re.Pattern) else re.compile(re.escape(why))
    assert pattern.fullmatch(refusal.why), refusal.why
    assert refusal == Refusal(**{"error": BUSY, "request": "offline", "reason": "unmovable", "by": "core",
                                 "why": refusal.why, **wanted})


def place(address, size=4096):
    return {"first": address, "last": address + size - 1}


@pytest.fixture
def normal(field):
    """A block of ZONE_NORMAL in which there is nothing yet."""
    field.online(field.normal, "online_kernel")
    yield field.normal
    field.drop()
    field.offline(field.normal)


@pytest.fixture
def movable(field):
    field.online(field.movable, "online_movable")
    yield field.movable
    field.drop()
    field.timeout(0)
    field.offline(field.movable)
    assert memory.refusal(field.guest, field.movable) == "none", "success ends a refusal"


@pytest.mark.parametrize("kind, page, why", [
    ("slab", "slab", "slab page of cache mhp_obstacle"),
    ("kernel", "unknown", re.compile(UNKNOWN)),
    ("table", "page-table", "page table"),
    ("offline", "offline", "offline page that its driver, a balloon, does not give up"),
], ids=["slab", "kernel", "table", "offline"])
def test_in_a_normal_block(field, watch, normal, kind, page, why):
    address, _ = field.in_block(kind, normal)
    expect(watch.offline_refused("EBUSY", normal), why, page=page, **place(address))
    assert field.state(normal) == "online"


def test_offline_page_in_a_movable_block(field, watch, movable):
    address, _ = field.in_block("offline", movable)
    expect(watch.offline_refused("EBUSY", movable), "offline page that its driver, a balloon, does not give up",
           page="offline", **place(address))


@pytest.mark.parametrize("kind, page, why", [
    ("kernel", "unknown", UNKNOWN),
    ("table", "page-table", "page table"),
    ("driver", "driver", r"page of the driver behind mhp_obstacle_driver \[mhp_obstacle\]"),
], ids=["kernel", "table", "driver"])
def test_in_a_movable_block(field, watch, movable, kind, page, why):
    """6.12 takes everything there for movable, and would try for ever."""
    address, _ = field.in_block(kind, movable)
    field.timeout(LIMIT_MS)
    expect(watch.offline_refused("ETIMEDOUT", movable), re.compile(TIMED_OUT + why), error=-110, reason="timeout",
           page=page, **place(address))


def test_pinned_by_a_module(field, watch, movable):
    process, address = field.use(movable, "loosely")
    field.obstacle("pin", address, 4096)
    field.timeout(LIMIT_MS)
    expect(watch.offline_refused("ETIMEDOUT", movable),
           re.compile(TIMED_OUT + PINNED), error=-110, reason="timeout", page="pinned", **place(address))
    field.end(process)


def test_pinned_by_a_pipe(field, watch, movable):
    process, address = field.pin(movable)
    field.timeout(LIMIT_MS)
    expect(watch.offline_refused("ETIMEDOUT", movable),
           re.compile(TIMED_OUT + PINNED), error=-110, reason="timeout", page="pinned", **place(address))
    field.end(process)


def test_pinned_for_dma(field, watch, movable):
    process, address = field.use(movable, "dma")
    field.timeout(LIMIT_MS)
    expect(watch.offline_refused("ETIMEDOUT", movable),
           re.compile(TIMED_OUT + r"page pinned 1 time for DMA, anonymous memory of pin \(pid \d+\)"), error=-110,
           reason="timeout", page="pinned", **place(address))
    field.drop()
    field.end(process)


def test_a_signal(field, watch, movable):
    process, address = field.pin(movable)
    writer = field.spawn_offline(movable)
    field.await_file(movable, "hotplug/progress", "page=pinned")
    writer.kill(2)
    assert writer.wait(30) == (1, "EINTR\n")
    refusal = watch.said(movable)
    expect(refusal, re.compile(r"a signal to mhp \(pid \d+\) ended it; held up by: " + PINNED), error=-4,
           reason="signal", page="pinned", **place(address))
    field.end(process)


def test_isolated_by_somebody_else(field, watch, movable):
    """An allocation of contiguous memory is under way: it waits for a page that is locked."""
    process, address = field.use(movable, "loosely")
    field.obstacle("lock", address, 4096)
    field.in_block("contig", movable)
    field.await_file(movable, "hotplug/check", "page=isolated")
    first = address // (2 << 20) * (2 << 20)
    expect(watch.offline_refused("EBUSY", movable),
           "page block isolated by somebody else, try again", reason="isolation", page="isolated",
           **place(first, 2 << 20))
    field.drop()
    field.end(process)


@pytest.fixture
def full_node(field):
    """Node 1 with nothing free outside of one block, so that what is allocated there lies in that block."""
    field.drain(field.base)
    field.online(field.normal, "online_kernel")
    yield field.normal
    field.drop()
    field.settle()
    field.offline(field.normal)


@pytest.mark.parametrize("what, page, why", [("pipes", "unknown", UNKNOWN), ("tables", "page-table", "page table")],
                         ids=["pipes", "tables"])
def test_of_a_process(field, watch, full_node, what, page, why):
    process = field.guest.spawn(f"unmovable 1 8192 {what}")
    assert "holding 8192 KiB" in process.wait_output("holding"), process.output
    refusal = watch.offline_refused("EBUSY", full_node)
    expect(refusal, re.compile(why), page=page, **place(refusal.first))
    assert field.start(full_node) <= refusal.first < field.start(full_node + 1)
    field.end(process)


def test_a_dry_run_keeps_no_page(field, movable):
    """Who allocates a page may rely on nobody else having a reference to it; the kernel warns of one."""
    check = field.guest.spawn(f"until [ -e /tmp/enough ]; do cat {field.file(movable, 'hotplug/check')}; done")
    for _ in range(100):
        field.in_block("churn", movable)
        if check.output.count("\n") > 3:
            break
    field.guest.run("touch /tmp/enough")
    status, output = check.wait()
    assert status == 0 and output.count("\n") > 3, output

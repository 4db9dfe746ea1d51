# SPDX-License-Identifier: GPL-2.0
"""Requests that are refused for what they ask, and blocks for what they are: the whole line of each refusal."""

import re

import pytest

from harness import memory, refusals
from harness.refusals import Refusal
from harness.tests.refusal.conftest import PROBED, PROVIDER, boot

GIB = 1 << 30
EPERM, ENOENT, ENOMEM, EBUSY, EEXIST, EINVAL, ERANGE, E2BIG, ENOLINK, EHWPOISON = (
    -1, -2, -12, -16, -17, -22, -34, -7, -67, -133)


def expect(refusal, request, error, reason, start, size, why, by="core", page="none"):
    """All fields; `why` is a pattern."""
    assert re.fullmatch(why, refusal.why), refusal.why
    assert refusal == Refusal(error=error, request=request, reason=reason, first=start, last=start + max(size, 1) - 1,
                              by=by, page=page, why=refusal.why)


@pytest.mark.parametrize("name, request_name", [("probe", "add"), ("remove", "remove")])
def test_ranges_that_are_none(field, watch, name, request_name):
    size = field.size
    for text, errno, error, reason, start, length, why in [
            ("memory", "EINVAL", EINVAL, "input", 0, 0, r'write "<address> \[<size>\]" in bytes, decimal or 0x\.\.\.'),
            (f"{PROBED + 4096:#x}", "EINVAL", EINVAL, "alignment", PROBED + 4096, size,
             f"address and size must be multiples of the block size {size:#x}"),
            (f"{PROBED:#x} {size + 1:#x}", "EINVAL", EINVAL, "alignment", PROBED, size + 1,
             f"address and size must be multiples of the block size {size:#x}"),
            (f"{PROBED:#x} 0", "EINVAL", EINVAL, "alignment", PROBED, 0, "the range is empty"),
            (f"{2**64 - size:#x} {2 * size:#x}", "EINVAL", EINVAL, "alignment", 2**64 - size, 0,
             f"the range wraps around, its size is {2 * size:#x}")]:
        expect(watch.refused(errno, name, text), request_name, error, reason, start, length, why)
    too_large = ("ERANGE", ERANGE) if name == "probe" else ("EINVAL", EINVAL)
    expect(watch.refused(too_large[0], name, f"0x1{0:016x}"), request_name, too_large[1], "input", 0, 0,
           r'write "<address> .*')


def test_address_that_cannot_be_mapped(field, watch):
    start = 1 << 60
    expect(watch.refused("E2BIG", "probe", f"{start:#x}"), "add", E2BIG, "address", start, field.size,
           "the kernel cannot map these addresses")


def test_conflicts(field, watch):
    """With memory, and with devices: by the name that one of them has in /proc/iomem."""
    size = field.size
    for start in (PROBED, 4 * GIB - size):
        names = {name for first, end, name, _ in memory.iomem(field.guest) if first < start + size and end > start}
        refusal = watch.refused("EEXIST", "probe", f"{start:#x}")
        name = refusal.why.split('"')[1]
        assert name in names
        expect(refusal, "add", EEXIST, "conflict", start, size,
               f'"{re.escape(name)}" has some of these addresses, see /proc/iomem')


def test_absent_and_online(field, watch):
    size = field.size
    start = PROBED + 5 * size
    expect(watch.refused("ENOENT", "remove", f"{start:#x}"), "remove", ENOENT, "absent", start, size,
           f"there is no memory block at {start:#x}")
    field.online(field.movable, "online_movable")
    expect(watch.refused("EBUSY", "remove", f"{PROBED:#x} {2 * size:#x}"), "remove", EBUSY, "online", PROBED, size,
           f'memory{field.movable} is not offline; write "offline" to its state first')
    field.offline(field.movable)


def test_owned(field, watch):
    start, size = field.start(field.normal), field.size
    refusal = watch.refused("EPERM", "remove", f"{start:#x}")
    found = re.fullmatch(r"(\w+)_\[mhp_provider\]", refusal.by)
    assert found, "the function that has added it, and its module"
    expect(refusal, "remove", EPERM, "owned", start, size,
           rf"memory{field.normal} was added by {found[1]} \[mhp_provider\]; let that remove it", by=refusal.by)


def test_node_that_cannot_be(field, watch):
    start, size = PROBED + 4 * field.size, field.size
    expect(watch.refused("EINVAL", f"{PROVIDER}/add", f"9 {start:#x} {size:#x}"), "add", EINVAL, "node", start, size,
           "node 9 is not possible on this machine")


def test_injected(field, watch):
    """Of a range and of a block; a block's success ends its refusal, and not that of the whole."""
    size, block = field.size, field.movable
    start = PROBED + 4 * size
    assert field.put("hotplug/fail", "mapped up 67") == "ok"
    expect(watch.refused("ENOLINK", "probe", f"{start:#x}"), "add", ENOLINK, "injected", start, size,
           "a test made mapped up fail")
    assert field.put(f"memory{block}/hotplug/fail", "accepted up 67") == "ok"
    refusal = watch.refused("ENOLINK", f"memory{block}/state", "online_movable", block)
    expect(refusal, "online", ENOLINK, "injected", field.start(block), size, "a test made accepted up fail")
    field.online(block, "online_movable")
    assert memory.refusal(field.guest, block) == "none"
    assert memory.refusal(field.guest) == str(refusal)
    field.offline(block)


def test_poison(field, watch):
    block = field.movable
    field.online(block, "online_movable")
    assert field.put("hard_offline_page", f"{field.start(block) + (64 << 20):#x}") == "ok"
    field.offline(block)
    expect(watch.refused("EHWPOISON", f"memory{block}/state", "online_movable", block), "online", EHWPOISON, "poison",
           field.start(block), field.size, "the block has 1 pages with hardware errors")
    # Removed and probed it knows nothing of that
    assert field.put("remove", f"{field.start(block):#x}") == "ok"
    field.probe(field.start(block), 1)


def test_memory_that_was_there_at_boot(kernel_ours):
    """Holes, a block in two zones, pages that were reserved at boot, and an area of the CMA, which is of 1 GiB."""
    hole = 0x108000000
    append = f"movablecore=1000M hugetlb_cma=1G memmap=4K${hole + 0x1000000:#x}"
    with boot(kernel_ours, nodes=None, mem="6G", append=append) as g, refusals.Watch(g) as watch:
        size = memory.block_size(g)
        rows = g.run(f"cd {memory.SYSFS}; grep -H . memory*/valid_zones").split()
        zones = {int(re.search(r"\d+", row)[0]): row.split(":")[1] for row in rows}
        last = max(zones)

        block = hole // size
        expect(watch.offline_refused("EINVAL", block), "offline", EINVAL, "holes", hole, size,
               "the block has memory holes, it cannot go offline")

        block, = (number for number, zone in zones.items() if zone == "none" and number > 1)
        expect(watch.offline_refused("EINVAL", block), "offline", EINVAL, "zones", block * size, size,
               "the block belongs to several zones or nodes, it cannot go offline")

        assert zones[last] == "Movable"
        refusal = watch.offline_refused("EBUSY", last)
        expect(refusal, "offline", EBUSY, "unmovable", refusal.first, 4096,
               "reserved page: allocated at boot, or kept by the firmware", page="reserved")
        assert refusal.first // size == last

        area = int(re.search(r"cma: Reserved 1024 MiB at (0x[0-9a-f]+)", g.console())[1], 16)
        expect(watch.offline_refused("EBUSY", area // size), "offline", EBUSY, "unmovable", area, 4096,
               r"page of an area of the contiguous memory allocator \(CMA\)", page="cma")

        # And the log has a line of each
        assert (f"memory hotplug: offline of [mem {area:#010x}-{area + 4095:#010x}] refused (-16) by core: "
                "page of an area of the contiguous memory allocator (CMA)") in g.console()

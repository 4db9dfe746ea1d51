# SPDX-License-Identifier: GPL-2.0
"""The base's virtio-mem driver, unmodified, on our kernel: the host resizes the guest's memory over QMP.

What a resize does to the blocks and zones is compared with the base's kernel, step by step. The driver
adds and removes memory itself, so `remove` by hand is refused in its name, and its own way still works
afterwards.
"""

import math

import pytest

from harness import memory

MIB = 1 << 20
DEVICE = ("-object", "memory-backend-ram,id=vmem,size=1G",
          "-device", "virtio-mem-pci,id=vm0,memdev=vmem,node=0,requested-size=0")
GUEST = {"mem": "1G", "maxmem": "4G", "extra": DEVICE, "append": "memhp_default_state=online_movable"}
STEPS = (512, 1024, 192, 832, 0)            # MiB; 192: not a whole number of blocks


def resize(g, mib, timeout=60):
    """Ask for a size and wait until the guest has it."""
    g.monitor.forget(lambda event: event["event"] == "MEMORY_DEVICE_SIZE_CHANGE")
    g.qmp("qom-set", path="/machine/peripheral/vm0", property="requested-size", value=mib * MIB)
    if g.qmp("qom-get", path="/machine/peripheral/vm0", property="size") != mib * MIB:
        g.wait_event("MEMORY_DEVICE_SIZE_CHANGE", timeout, id="vm0", size=mib * MIB)


def resize_unused(g, mib, timeout=60):
    """The same of memory that nobody uses, and until the driver has done with its blocks, of which it needs no more."""
    resize(g, mib, timeout)
    size, (start, end) = memory.block_size(g), region(g)
    others = sum(not start <= block * size < end for block in memory.blocks(g))
    memory.wait_online(g, others + math.ceil(mib * MIB / size), timeout)


def region(g):
    """[start, end) of the device's memory."""
    device, = [entry["data"] for entry in g.qmp("query-memory-devices") if entry["type"] == "virtio-mem"]
    return device["memaddr"], device["memaddr"] + device["max-size"]


def picture(g, before):
    """What a resize may change: the device's blocks, and the zones as far as they differ from before."""
    zones = memory.zones(g)
    movable = zones.get((0, "Movable"), {})
    return {
        "blocks": memory.blocks_in(g, *region(g)),
        "present": {zone: counts["present"] - before.get(zone, {}).get("present", 0)
                    for zone, counts in zones.items()},
        "movable": {name: movable.get(name) for name in ("managed", "spanned", "start_pfn")},
        "iomem": [row for row in memory.iomem(g) if row[0] >= region(g)[0]],
    }


def history(guest, kernel):
    """A picture after each step."""
    with guest(kernel, **GUEST) as g:
        before = memory.zones(g)
        pictures = []
        for size in STEPS:
            resize_unused(g, size)
            pictures.append(picture(g, before))
        return pictures


def test_resize_as_on_the_base(guest, kernel_ours, kernel_stock):
    ours, base = history(guest, kernel_ours), history(guest, kernel_stock)
    for size, here, there in zip(STEPS, ours, base):
        assert here == there, f"after the resize to {size} MiB"
    assert len(ours[1]["blocks"]) == 8 and set(ours[1]["blocks"].values()) == {"online"}
    assert ours[-1]["blocks"] == {}


def test_resize_under_load(guest):
    """A process uses the memory while it shrinks; its pages move, its data stays."""
    with guest(**GUEST) as g:
        resize(g, 1024)
        start, end = region(g)
        load = g.spawn(f"fill 1100 {start:#x} {end:#x}")
        assert "in the range" in load.wait_output("\n", 120)
        inside = int(load.output.split(",")[2].split()[0])
        assert inside > 64 * 256                # it has taken at least a quarter of what is there
        checks = 0
        for size in (768, 1024, 704):
            resize(g, size, 120)
            load.write("check\n")
            checks += 1
            text = load.wait_until(lambda output: output.count("intact") == checks, 120)
            assert text.count("intact") == checks, text
        load.close_input()
        assert load.wait(60)[0] == 0, load.output
        resize_unused(g, 0, 120)
        assert memory.blocks_in(g, start, end) == {}


def ranges(g):
    """`remove` requests for one block and for all of the device's blocks."""
    size = memory.block_size(g)
    ids = sorted(memory.blocks_in(g, *region(g)))
    return [f"{ids[0] * size:#x}", f"{ids[0] * size:#x} {len(ids) * size:#x}"]


@pytest.mark.parametrize("state", ["online_movable", "offline"])
def test_remove_by_hand_is_refused(guest, state):
    with guest(**GUEST) as g:
        resize_unused(g, 1024)
        ids = sorted(memory.blocks_in(g, *region(g)))
        if state == "offline":
            memory.set_state(g, ids, "offline")
        before = memory.blocks(g)
        for request in ranges(g):
            status, message = memory.write(g, "remove", request)
            assert status and "Operation not permitted" in message
            assert "by=virtio_mem" in memory.refusal(g)
            assert memory.blocks(g) == before
        if state == "offline":
            memory.set_state(g, ids, "online_movable")
        resize_unused(g, 0)
        assert memory.blocks_in(g, *region(g)) == {}
        assert not [row for row in memory.iomem(g) if "virtio_mem" in row[2]]

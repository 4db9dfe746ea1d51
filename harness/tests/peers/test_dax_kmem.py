# SPDX-License-Identifier: GPL-2.0
"""The base's dax and kmem drivers, unmodified, on our kernel: memory for a special purpose becomes a node's memory.

Each step of its life is compared with the base's kernel: the blocks, the zones, the resources, the nodes and the
memory tiers. CXL regions reach memory hotplug by the same two drivers and no other way, so none is emulated.
"""

import pytest

from harness import dax, memory

TIERS = "/sys/devices/virtual/memory_tiering"


def picture(g):
    """What the driver and memory hotplug have to agree on."""
    blocks = memory.blocks_in(g, dax.START, dax.START + dax.SIZE)
    found = memory.zones(g)
    return {
        "blocks": blocks,
        "nodes": g.run("cd /sys/devices/system/node && grep . online has_memory has_normal_memory"),
        "zones of its node": {zone: numbers for zone, numbers in found.items() if zone[0] == dax.NODE},
        "present": {zone: numbers["present"] for zone, numbers in found.items()},
        "iomem": [row for row in memory.iomem(g) if row[0] >= dax.START],
        "valid zones": [g.run(f"cat {memory.SYSFS}/memory{block}/valid_zones") for block in sorted(blocks)],
        "tiers": g.run(f"cd {TIERS} && grep . memory_tier*/nodelist"),
        "kmem": [line.split("] ")[1] for line in g.run("dmesg").splitlines() if "kmem dax0.0" in line],
    }


def life(g):
    """A picture after each step."""
    pictures = {}

    def step(name, command=None):
        if command:
            command()
        pictures[name] = picture(g)

    def blocks():
        return sorted(memory.blocks_in(g, dax.START, dax.START + dax.SIZE))

    memory.auto_online(g, "offline")
    dax.create(g)
    step("unbound")
    step("bound", lambda: dax.bind(g))
    step("some for the kernel", lambda: memory.set_state(g, blocks()[:1], "online_kernel"))
    step("the rest movable", lambda: memory.set_state(g, blocks()[1:], "online_movable"))
    step("offline", lambda: memory.set_state(g, reversed(blocks()), "offline"))
    step("unbound again", lambda: dax.unbind(g))
    memory.auto_online(g, "online_movable")
    step("bound and online", lambda: dax.bind(g))
    # Too early: the memory stays, and the driver says so
    step("unbound while online", lambda: dax.unbind(g))
    step("offline without a driver", lambda: memory.set_state(g, blocks(), "offline"))
    return pictures


def test_life_as_on_the_base(guest, kernel_ours, kernel_stock):
    with guest(kernel_ours, **dax.GUEST) as g:
        ours = life(g)
    with guest(kernel_stock, **dax.GUEST) as g:
        base = life(g)
    for step, there in base.items():
        assert ours[step] == there, step
    size = dax.SIZE >> 27
    assert [len(ours[step]["blocks"]) for step in ("bound", "unbound again", "unbound while online")] == [size, 0, size]
    assert "cannot be hotremoved" in ours["unbound while online"]["kmem"][-1]
    assert ours["unbound again"] == ours["unbound"]


@pytest.mark.parametrize("module", ["kmem", "dax_hmem"])
def test_module_leaves(guest, module):
    """Its memory goes with it, if it is offline."""
    with guest(**dax.GUEST) as g:
        memory.auto_online(g, "offline")
        dax.create(g)
        before = memory.blocks(g)
        dax.bind(g)
        assert len(memory.blocks(g)) > len(before)
        g.run(f"rmmod {module}")
        assert memory.blocks(g) == before
        assert not [row for row in memory.iomem(g) if "kmem" in row[2]]

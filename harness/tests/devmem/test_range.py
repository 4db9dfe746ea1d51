# SPDX-License-Identifier: GPL-2.0
"""Which physical addresses stand for device memory, and what happens when real memory wants them."""

import pytest

from harness import devmem, memory

pytestmark = pytest.mark.slow_on_debug

GIB = 1 << 30
ROOM = {"mem": "3G", "maxmem": "16G", "slots": 4}


@pytest.fixture
def device(guest, kernel_ours):
    def make(kernel=kernel_ours, **options):
        return guest(kernel=kernel, modules=[devmem.MODULE], files=devmem.files(kernel), **{**ROOM, **options})
    return make


def dimm_address(g):
    """Where the first DIMM comes, known from one that has gone again."""
    memory.auto_online(g, "offline")
    g.plug_dimm("first")
    address = g.qmp("query-memory-devices")[0]["data"]["addr"]
    assert g.unplug_dimm("first")
    return address


def ranges(g):
    """Of device memory, by /proc/iomem."""
    return [(start, end) for start, end, name, _ in memory.iomem(g) if name == "hmm_devmem"]


def test_hot_pluggable_addresses_are_used_last(device):
    """Above what the firmware has declared, unless the constraints leave nothing else."""
    with device() as g:
        first = dimm_address(g)
        end = first + 13 * GIB              # maxmem less what is there
        devmem.load(g)
        size = devmem.state(g).pages * memory.page_size(g)
        assert ranges(g)[0][0] >= end
        devmem.ask(g, "remove")
        # From below: there is as much room behind what is declared
        assert devmem.ask(g, f"add {size} {first} 0 0 bottom-up") == ""
        assert devmem.state(g).start >= end
        devmem.ask(g, "remove")
        assert devmem.ask(g, f"add {size} {first} {first + 4 * size - 1}") == ""
        assert devmem.state(g).start == first + 3 * size
        devmem.unload(g)


def confine(g, address, most=0):
    """Device memory that begins at the address of the next DIMM; it may move to what is not above most, or anywhere."""
    devmem.load(g, 0)
    if most:
        assert devmem.ask(g, f"add 1 {address} {most} 0 bottom-up") == ""
    else:
        # Nothing else is free when it is added: the firmware's declaration counts
        assert devmem.ask(g, f"add 1 {address} {address + 4 * GIB - 1} 0 bottom-up") == ""
    now = devmem.state(g)
    assert now.start == address and now.moves == 0
    return now


def refused(g, address):
    """ACPI tells the firmware that the DIMM has come all the same: it is there, and has no driver."""
    g.plug_dimm("d0", size="1G", check=False)
    assert not memory.blocks_in(g, address, address + GIB)


def test_a_dimm_comes_and_it_moves(device):
    """All pages free: the DIMM gets the addresses, and the device's memory is as good as before."""
    with device() as g:
        address = dimm_address(g)
        was = confine(g, address)
        size = was.pages * memory.page_size(g)
        assert g.plug_dimm("d0", size="1G")
        now = devmem.state(g)
        assert now.moves == 1 and now.pages == was.pages
        assert address + GIB <= now.start < address + 4 * GIB
        assert ranges(g) == [(now.start, now.start + size)]
        blocks = memory.blocks_in(g, address, address + GIB)
        assert len(blocks) * memory.block_size(g) == GIB
        memory.set_state(g, blocks, "online_movable")
        held = devmem.hold(g, 100)
        assert devmem.state(g).used == 100
        held.close_input()
        assert held.wait(60)[0] == 0
        assert g.unplug_dimm("d0")
        devmem.unload(g)
        assert not ranges(g)


def test_a_dimm_comes_where_pages_are_in_use(device):
    """The DIMM is refused, naming the device and the pages; when they are free, it may come."""
    with device() as g:
        address = dimm_address(g)
        was = confine(g, address)
        held = devmem.hold(g, 100)
        refused(g, address)
        why = memory.refusal(g)
        assert "reason=conflict" in why and "by=hmm_devmem" in why
        assert "memory of the device hmm_devmem has some of these addresses, and 100 of its pages are in use" in why
        assert devmem.state(g) == was._replace(used=100)
        held.close_input()
        assert held.wait(60)[0] == 0            # what it had there was intact
        assert g.unplug_dimm("d0")
        assert g.plug_dimm("d1", size="1G")
        assert devmem.state(g).moves == 1
        devmem.unload(g)


def test_a_dimm_comes_and_there_is_no_other_place(device):
    """The constraints leave no other addresses."""
    with device() as g:
        address = dimm_address(g)
        was = confine(g, address, most=address + GIB - 1)
        refused(g, address)
        assert "its driver wants no others that are free" in memory.refusal(g)
        assert devmem.state(g) == was
        held = devmem.hold(g, 100)
        held.close_input()
        assert held.wait(60)[0] == 0
        assert g.unplug_dimm("d0")
        assert devmem.ask(g, "remove") == ""
        assert g.plug_dimm("d1", size="1G")
        devmem.unload(g)

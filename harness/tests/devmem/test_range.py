# SPDX-License-Identifier: GPL-2.0
"""Which physical addresses stand for device memory, and what happens when real memory wants them."""

import os
import re

import pytest

from harness import devmem, memory, selftests
from harness.dlpar import refusal

pytestmark = pytest.mark.slow_on_debug

PROVIDER = "/sys/module/mhp_provider/parameters"
GIB = 1 << 30
DIMM = 1 * GIB
# They may be free again when they are counted
IN_USE = re.compile("and [1-9][0-9]* of its pages are in use|and its driver is just about to empty it")
# What comes with DLPAR is online at once: not for what could never leave it again
ROOM = {"mem": "3G", "maxmem": "16G", "slots": 4, "append": "movable_node"}


@pytest.fixture
def device(guest, kernel_ours):
    def make(kernel=kernel_ours, **options):
        return guest(kernel=kernel, modules=[devmem.MODULE],
                     files={**devmem.files(kernel), **selftests.files(kernel)}, **{**ROOM, **options})
    return make


def plug(g, name, check=True):
    """A DIMM; True if the kernel has added it."""
    return g.plug_dimm(name, size=f"{DIMM >> 20}M", check=check)


def dimm_address(g):
    """Where the first DIMM comes, known from one that has gone again."""
    memory.auto_online(g, "offline")
    assert plug(g, "first")
    address = g.qmp("query-memory-devices")[0]["data"]["addr"]
    assert g.unplug_dimm("first", timeout=120)
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


@pytest.mark.expected_skip("memmap= is x86's")
@pytest.mark.skipif(os.environ.get("TEST_ARCH", "x86_64") != "x86_64", reason="memmap= is x86's")
def test_a_hole_in_ram_is_used_last(device):
    """The firmware has declared it together with the RAM around it; nobody else has it."""
    hole, size = 1 * GIB, GIB // 4
    with device(append=f"{ROOM['append']} memmap={size:#x}%{hole:#x}-1") as g:
        assert not [row for row in memory.iomem(g) if row[0] < hole + size and row[1] > hole]
        devmem.load(g, 0)
        assert devmem.ask(g, "add 1 0 0 0 bottom-up") == ""
        assert devmem.state(g).start >= max(end for _, end, name, _ in memory.iomem(g) if name == "System RAM")
        devmem.ask(g, "remove")
        assert devmem.ask(g, f"add 1 0 {hole + size - 1}") == ""
        assert hole <= devmem.state(g).start < hole + size
        devmem.unload(g)


def inside(g, address):
    """An address in a DIMM, so that what comes of it before has to go again: DLPAR adds it by LMBs, one block each."""
    return address + 2 * memory.block_size(g)


def refused(g, address):
    """The DIMM is there for the firmware all the same; the kernel has nothing of it, and says why."""
    before = selftests.snapshot(g)
    # ACPI has no word for a device that came and has no driver
    assert plug(g, "d0", check=False) != g.has_dlpar
    assert not memory.blocks_in(g, address, address + DIMM)
    assert not selftests.difference(before, selftests.snapshot(g))
    why = memory.refusal(g)
    if g.has_dlpar:
        others, unrestored, told = refusal(g)
        assert (others, unrestored, str(told)) == (0, 0, why)
    return why


def comes(g, address):
    """The same DIMM, once more."""
    assert g.unplug_dimm("d0", timeout=120)
    assert plug(g, "d1")
    assert len(memory.blocks_in(g, address, address + DIMM)) * memory.block_size(g) == DIMM


def moves_for_a_dimm(g, address, start):
    """Device memory that looks for addresses from below goes before each LMB of a DIMM, and returns to none."""
    return (address + DIMM - start) // memory.block_size(g) if g.has_dlpar else 1


def test_a_dimm_comes_and_it_moves(device):
    """All pages free: the DIMM gets the addresses, and the device's memory is as good as before."""
    with device() as g:
        address = dimm_address(g)
        # Nothing else is free when it is added: the firmware's declaration counts
        was = devmem.confine(g, inside(g, address), address + 4 * GIB - 1)
        size = was.pages * memory.page_size(g)
        assert plug(g, "d0")
        now = devmem.state(g)
        assert now.moves == moves_for_a_dimm(g, address, was.start) and now.pages == was.pages
        assert address + DIMM <= now.start < address + 4 * GIB
        assert ranges(g) == [(now.start, now.start + size)]
        blocks = memory.blocks_in(g, address, address + DIMM)
        assert len(blocks) * memory.block_size(g) == DIMM
        if not g.has_dlpar:
            memory.set_state(g, blocks, "online_movable")
        assert set(memory.blocks_in(g, address, address + DIMM).values()) == {"online"}
        held = devmem.hold(g, 100)
        assert devmem.state(g).used == 100
        held.close_input()
        assert held.wait(60)[0] == 0
        assert g.unplug_dimm("d0", timeout=120)
        devmem.unload(g)
        assert not ranges(g)


def test_a_dimm_comes_where_pages_are_in_use(device):
    """The DIMM is refused, naming the device and the pages; when they are free, it may come."""
    with device() as g:
        address = dimm_address(g)
        was = devmem.confine(g, inside(g, address), address + 4 * GIB - 1)
        held = devmem.hold(g, 100)
        why = refused(g, address)
        assert "reason=conflict" in why and "by=hmm_devmem" in why
        assert "memory of the device hmm_devmem has some of these addresses, and 100 of its pages are in use" in why
        assert devmem.state(g) == was._replace(used=100)
        held.close_input()
        assert held.wait(60)[0] == 0            # what it had there was intact
        comes(g, address)
        assert devmem.state(g).moves == moves_for_a_dimm(g, address, was.start)
        devmem.unload(g)


def test_a_dimm_comes_and_there_is_no_other_place(device):
    """The constraints leave no other addresses."""
    with device() as g:
        address = dimm_address(g)
        start = inside(g, address)
        was = devmem.confine(g, start, start + memory.block_size(g) - 1)
        assert "its driver wants no others that are free" in refused(g, address)
        assert devmem.state(g) == was
        held = devmem.hold(g, 100)
        held.close_input()
        assert held.wait(60)[0] == 0
        assert devmem.ask(g, "remove") == ""
        comes(g, address)
        devmem.unload(g)


def test_it_moves_between_two_uses(device):
    """Processes have memory on the device now and then: real memory comes when they have none, and they miss nothing."""
    with device() as g:
        start, block = inside(g, dimm_address(g)), memory.block_size(g)
        devmem.confine(g, start, start + 4 * GIB - 1)
        selftests.load(g, "mhp_provider")
        users = [g.spawn(f"{devmem.program('devmem')} use {pages}") for pages in (1, 50)]
        for _ in range(500):
            where = f"{devmem.state(g).start:#x} {block:#x}"
            answer = selftests.put(g, f"{PROVIDER}/add", f"0 {where}")
            if answer == "ok":
                assert selftests.put(g, f"{PROVIDER}/take", where) == "ok"
            else:
                assert answer == "EBUSY" and IN_USE.search(memory.refusal(g)), memory.refusal(g)
            if devmem.state(g).moves >= 20:
                break
        assert devmem.state(g).moves >= 20
        for user in users:
            assert user.status is None, user.output
            user.close_input()
            assert user.wait(60)[0] == 0 and int(user.output) > 0, user.output
        devmem.unload(g)


def test_it_does_not_move_for_what_cannot_be_added(device):
    """Not whole blocks, no node, and addresses of which others have some."""
    with device() as g:
        address = dimm_address(g)
        was = devmem.confine(g, inside(g, address), address + 4 * GIB - 1)
        selftests.load(g, "mhp_provider")
        block = memory.block_size(g)
        for request, errno in ((f"0 {was.start:#x} {block // 2:#x}", "EINVAL"),
                               (f"0 {was.start:#x} 0", "E2BIG"),
                               (f"9999 {was.start:#x} {block:#x}", "EINVAL"),
                               (f"0 0 {was.start + block:#x}", "EEXIST"),
                               (f"0 0 {was.start + block // 2:#x}", "EEXIST")):
            assert selftests.put(g, f"{PROVIDER}/add", request) == errno
            assert devmem.state(g) == was
        # And for what can be it does
        assert selftests.put(g, f"{PROVIDER}/add", f"0 {was.start:#x} {block:#x}") == "ok"
        assert devmem.state(g).moves == 1
        devmem.unload(g)

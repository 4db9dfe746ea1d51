# SPDX-License-Identifier: GPL-2.0
"""Kernels with other pages and other page tables: the short suite.

The CPU decides at run time whether addresses of 52 bits and their levels are used; a Cortex-A72 has 48.
"""

import pytest

from harness import devmem, memory, selftests
from harness.ptdump import tables

pytestmark = [pytest.mark.full, pytest.mark.own_kernel]

GIB = 1 << 30
START = 16 * GIB
# Kernel, CPU, and how many bits of an address are used then
KERNELS = [("64k-pages", "max", 52), ("64k-pages", "cortex-a72", 48), ("16k-pages", "max", 47), ("5-levels", "max", 52),
           ("5-levels", "cortex-a72", 48)]


@pytest.fixture(params=KERNELS, ids=lambda kernel: "-".join(kernel[:2]))
def other_guest(guest, kernel_named, request):
    variant, cpu, _ = request.param
    image = kernel_named(variant)

    def make(files=(), **options):
        return guest(kernel=image, files={**selftests.files(image), **dict(files)}, extra=("-cpu", cpu), **options)
    make.image = image
    return make


def put(g, file, start, size):
    assert selftests.put(g, file, f"{start:#x} {size:#x}") == "ok", memory.refusal(g)


@pytest.fixture
def address_bits(request):
    return request.node.callspec.params["other_guest"][2]


def test_kunit(other_guest, record_ktap):
    with other_guest(kunit=True) as g:
        record_ktap(g.kunit())


@pytest.mark.parametrize("rodata", ["on", "full"])
def test_probe_and_remove(other_guest, rodata, address_bits):
    """By blocks and as a whole; used in between; the tables are as before, and were as large as they may be."""
    with other_guest(mem="34G", append=f"mem=2G rodata={rodata}") as g:
        size = memory.block_size(g)
        before = tables(g)
        assert before[1].startswith(f"{(1 << 64) - (1 << address_bits):#x}-"), before[1]
        for _ in range(5):
            put(g, "probe", START, 16 * GIB)
            assert tables(g) != before
            put(g, "remove", START, 16 * GIB)
            for block in range(4):
                put(g, "probe", START + block * size, size)
            memory.set_state(g, [START // size + 1], "online_movable")
            g.run(f"fill 64 {START:#x} {START + 4 * size:#x} < /dev/null")
            memory.set_state(g, [START // size + 1], "offline")
            for block in (2, 0, 1, 3):
                put(g, "remove", START + block * size, size)
            assert tables(g) == before


def test_a_dimm(other_guest):
    with other_guest(mem="2G", maxmem="8G", slots=1) as g:
        memory.auto_online(g, "online_movable")
        total = memory.total_kib(g)
        for _ in range(2):
            assert g.plug_dimm("d", size="2G")
            assert memory.total_kib(g) - total == 2 * GIB >> 10
            assert g.unplug_dimm("d")
            assert memory.total_kib(g) == total


DEVICE = "/sys/module/mhp_device/parameters"
SUBSECTION = 2 << 20


def test_device_memory_that_shares_struct_pages(other_guest):
    """The struct pages of several subsections lie in one page: it goes with the last of them, in every order."""
    pieces = [(START + i * SUBSECTION, SUBSECTION) for i in (1, 2, 3, 30)]
    with other_guest(mem="34G", append="mem=2G") as g:
        selftests.load(g, "mhp_device")
        g.run(f"echo '0 {START + 2 * GIB:#x} {SUBSECTION:#x}' > {DEVICE}/map")      # tables above stay
        before = tables(g)
        for order in ((0, 1, 2, 3), (3, 2, 1, 0), (1, 3, 0, 2), (2, 0, 3, 1)):
            for start, size in pieces:
                g.run(f"echo '0 {start:#x} {size:#x}' > {DEVICE}/map")
            full = tables(g)
            for number in order:
                start, size = pieces[number]
                g.run(f"echo '{start:#x} {size:#x}' > {DEVICE}/unmap")
                g.run(f"echo '0 {start:#x} {size:#x}' > {DEVICE}/map")
                assert tables(g) == full
            for number in order:
                start, size = pieces[number]
                g.run(f"echo '{start:#x} {size:#x}' > {DEVICE}/unmap")
            assert tables(g) == before


def test_memory_of_a_device(other_guest, record_ktap):
    with other_guest(modules=[devmem.MODULE], files=devmem.files(other_guest.image), mem="4G") as g:
        devmem.load(g)
        record_ktap(devmem.one_thing_at_a_time(g))
        devmem.unload(g)

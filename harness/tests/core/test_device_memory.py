# SPDX-License-Identifier: GPL-2.0
"""Device memory in a section that has boot memory, too: in a hole of it, or behind its end.

The section is online and shared. Its holes have had struct pages since boot, which device memory takes over
and never gives back. None of this may change what is known of the zones, or make anybody who looks for a struct
page find the device's.
"""

import pytest

from harness import dax, memory, selftests

pytestmark = pytest.mark.slow_on_debug

MIB = 1 << 20
SUBSECTION = 2 * MIB
PAGE = 4096
SHARED = 1792 * MIB                         # a block that is one section, well below the initrd
PARAMETERS = "/sys/module/mhp_device/parameters"
NO_PAGE = f"{1 << 20:016x}"                 # /proc/kpageflags: KPF_NOPAGE

# (kernel command line, where the shared section has no memory, device memory)
PLACES = {
    "in a hole": (f"mem=2G {dax.set_aside(1808 * MIB, 32 * MIB)}",
                  range(1808 * MIB, 1840 * MIB), range(1816 * MIB, 1832 * MIB)),
    # Up to the next 64 MiB the kernel keeps the addresses behind the end of RAM to itself
    "behind the end": ("mem=1808M", range(1808 * MIB, 1920 * MIB), range(1856 * MIB, 1984 * MIB)),
}


def subsections_without_pages(g):
    """Addresses of the shared block's subsections where the kernel finds no struct page; each wholly or not."""
    size = memory.block_size(g)
    lines = g.run(f"dd if=/proc/kpageflags bs=8 skip={SHARED // PAGE} count={size // PAGE} 2> /dev/null | "
                  f"od -A n -v -t x8 -w8 | awk '{{ n += $1 == \"{NO_PAGE}\" }} "
                  f"NR % {SUBSECTION // PAGE} == 0 {{ print n; n = 0 }}'").split()
    assert len(lines) == size // SUBSECTION and set(lines) <= {"0", str(SUBSECTION // PAGE)}, lines
    return {SHARED + number * SUBSECTION for number, count in enumerate(lines) if count != "0"}


def zones_but_device(found):
    return {key: value for key, value in found.items() if key[1] != "Device"}


def look(g):
    """What device memory does not change."""
    block = f"memory{SHARED // memory.block_size(g)}"
    assert selftests.put(g, f"{block}/state", "offline") == "EINVAL"
    refusal = memory.refusal(g, block.removeprefix("memory"))
    contiguity = zones_but_device(memory.contiguity(g))
    for zone, numbers in contiguity.items():
        assert numbers.counted == numbers.scanned, zone
    return refusal, contiguity, zones_but_device(memory.zones(g)), subsections_without_pages(g)


def device(g, what, where):
    """Tell the driver to map or unmap its memory."""
    node = "0 " if what == "map" else ""
    assert selftests.put(g, f"{PARAMETERS}/{what}", f"{node}{where.start:#x} {len(where):#x}") == "ok"


@pytest.mark.parametrize("place", PLACES)
def test_shared_section(guest, kernel_ours, place):
    append, hole, where = PLACES[place]
    with guest(kernel=kernel_ours, files=selftests.files(kernel_ours), mem="3G", append=f"{append} nokaslr") as g:
        selftests.load(g, "mhp_device")
        before = look(g)
        refusal, contiguity, _, without = before
        assert "reason=holes" in refusal
        assert without == {address for address in range(hole.start, hole.stop, SUBSECTION)}
        # Page blocks are subsections here: a hole has never counted, and one at the end is not in the span
        missing = len(hole) // PAGE if place == "in a hole" else 0
        dma32 = contiguity[0, "DMA32"]
        assert dma32.counted == dma32.spanned - missing and dma32.contiguous == (missing == 0)

        for _ in range(2):
            device(g, "map", where)
            spanned = memory.zones(g)[0, "Device"]["spanned"]
            assert spanned * PAGE == len(where)
            assert look(g) == before
            assert not memory.contiguity(g)[0, "Device"].contiguous
            device(g, "unmap", where)
            assert look(g) == before


def a_block_goes_and_comes(g):
    """Take some block of DMA32 offline and bring it back, whichever can."""
    size = memory.block_size(g)
    for block in sorted(memory.blocks_in(g, 256 * MIB, SHARED)):
        if g.sh(f"timeout 20 sh -c 'echo offline > {memory.SYSFS}/memory{block}/state'")[0] == 0:
            memory.set_state(g, [block], "online_kernel")
            assert g.run(f"cat {memory.SYSFS}/memory{block}/valid_zones").split() == ["DMA32"]
            return
    pytest.fail(f"no block of {size >> 20} MiB below {SHARED:#x} goes offline")


@pytest.mark.full
@pytest.mark.measure
def test_hole_that_counted(guest, kernel_page_blocks):
    """A page block of two subsections counts if the first of them is memory; the device takes the second.

    From then on a scan does not find the page block, and the zone is not contiguous, whatever happens around it.
    """
    start = 1810 * MIB
    image = kernel_page_blocks
    with guest(kernel=image, files=selftests.files(image), mem="3G",
               append=f"mem=2G {dax.set_aside(start, SUBSECTION)} nokaslr") as g:
        selftests.load(g, "mhp_device")

        def dma32():
            return memory.contiguity(g)[0, "DMA32"]

        before = dma32()
        assert before.contiguous and before.counted == before.spanned == before.scanned
        a_block_goes_and_comes(g)
        assert dma32() == before

        where = range(start, start + SUBSECTION)
        device(g, "map", where)
        lost = before._replace(contiguous=0, scanned=before.scanned - 2 * SUBSECTION // PAGE)
        assert dma32() == lost
        a_block_goes_and_comes(g)
        assert dma32() == lost
        device(g, "unmap", where)
        assert dma32() == lost
        a_block_goes_and_comes(g)
        assert dma32() == lost

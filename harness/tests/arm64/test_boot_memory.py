# SPDX-License-Identifier: GPL-2.0
"""Memory that was there at boot: what keeps it from going is named, and the rest goes."""

import re

import pytest

from harness import memory, refusals, selftests
from harness.refusals import parse

GIB = 1 << 30
LIMIT = "/proc/sys/kernel/kexec_load_limit_reboot"
GIGANTIC = "/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages"


def offline_all(g):
    """Take every block offline that lets go; ({block: refusal} of the others, blocks that went)."""
    refused, gone = {}, []
    for block in sorted(memory.blocks(g)):
        if selftests.put(g, f"memory{block}/state", "offline") == "ok":
            gone.append(block)
        else:
            refused[block] = parse(memory.refusal(g, block))
    return refused, gone


# From a device tree QEMU puts the kernel into the first block and the rest into the second, the initrd in front. Of each
# one page is named; a kernel with KASAN has slabs all over, which may be found before these.
@pytest.mark.own_kernel
@pytest.mark.parametrize("acpi, append, names", [
    (False, "crashkernel=128M", ["the kernel", "the device tree", '"Crash kernel", see /proc/iomem']),
    (False, "retain_initrd", ["the kernel", "the initial ramdisk, see retain_initrd"]),
    (True, "", ["the firmware"]),
])
def test_what_stays_is_named(guest, kernel_named, acpi, append, names):
    kernel = kernel_named("fault")
    with guest(kernel=kernel, mem="4G", append=f"{append} nokaslr", acpi=acpi, files=selftests.files(kernel)) as g:
        refused, gone = offline_all(g)
        assert len(gone) > len(refused)
        told = [re.sub(r"^reserved page of |^the block has a hole at \w+ for |, it cannot go offline$", "", refusal.why)
                for refusal in refused.values()]
        assert set(names) <= set(told), told
        assert not [refusal for refusal in refused.values() if refusal.page == "unknown"]


@pytest.fixture
def pages_guest(guest, kernel_ours):
    """Its linear map is made of pages, so that blocks can go one by one."""
    def make(append=""):
        return guest(mem="4G", append=f"rodata=full {append}", acpi=False,
                     files={**selftests.files(kernel_ours), "/boot/Image": kernel_ours})
    return make


def is_kept_for_kexec(g, block):
    with refusals.Watch(g) as watch:
        refusal = watch.refused("EBUSY", "remove", f"{block * memory.block_size(g):#x}")
    return refusal.reason == "arch" and "kexec_load_limit_reboot" in refusal.why


def test_the_rest_goes(pages_guest):
    """What is offline can be removed once no kernel can be started by kexec, and comes back by probe."""
    with pages_guest() as g:
        before = memory.total_kib(g)
        _, gone = offline_all(g)
        size = memory.block_size(g)
        assert is_kept_for_kexec(g, gone[0])
        g.run("kexecload /boot/Image")
        assert is_kept_for_kexec(g, gone[0])
        g.run(f"kexecload; echo 0 > {LIMIT}")
        for block in gone:
            assert selftests.put(g, "remove", f"{block * size:#x}") == "ok", memory.refusal(g)
        assert not memory.blocks(g).keys() & set(gone)
        for block in gone:
            assert selftests.put(g, "probe", f"{block * size:#x}") == "ok", memory.refusal(g)
        memory.set_state(g, gone, "online")
        assert abs(memory.total_kib(g) - before) < size // 1024


def test_a_loaded_kernel_keeps_it(pages_guest):
    """Also when no other can be loaded."""
    with pages_guest() as g:
        _, gone = offline_all(g)
        g.run(f"kexecload /boot/Image; echo 0 > {LIMIT}")
        assert is_kept_for_kexec(g, gone[0])


def test_what_was_reserved_and_freed(pages_guest):
    """A huge page from boot stays listed as reserved when it is free; memory can be taken out of it all the same."""
    with pages_guest("hugepagesz=1G hugepages=1") as g:
        size = memory.block_size(g)
        # But for its first page it is listed as one
        end = next(end for start, end, name, _ in memory.iomem(g) if name == "reserved" and end - start == GIB - 4096)
        start = end - GIB
        g.run(f"echo 0 > {GIGANTIC}; echo 0 > {LIMIT}")
        blocks = range(start // size, end // size)
        for block in (blocks[-1], blocks[0], *blocks[1:-1]):
            memory.set_state(g, [block], "offline")
            assert selftests.put(g, "remove", f"{block * size:#x}") == "ok", memory.refusal(g)
        assert not [row for row in memory.iomem(g) if row[0] < end and row[1] > start]

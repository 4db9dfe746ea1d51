# SPDX-License-Identifier: GPL-2.0
"""Who else on a partition has to do with memory that comes and goes: CMM, the IOMMU, the memory's own memmap."""

import re

from harness import memory
from harness.dlpar import drc_index, request
from harness.tests.ppc64.conftest import LMB, plug, states

CMM = "/sys/devices/system/cmm/cmm0"
LOANED_MIB = 640
PATTERN = b"what the disk says\n"
DISK_BYTES = 1 << 20


def loaned_kib(g):
    return int(g.run(f"cat {CMM}/loaned_kb"))


def loan(g, mib):
    """Have the hypervisor ask for so much, and wait until it has it; the balloon looks once a second."""
    g.run(f"echo {mib << 10} > {CMM}/simulate_loan_target_kb")
    g.run(f"until [ $(cat {CMM}/loaned_kb) = {mib << 10} ]; do :; done", 120)


def test_pages_on_loan(partition):
    """CMM's pages leave memory that goes, stay on loan elsewhere, and can be had back."""
    with partition(modules=["cmm"]) as g:
        g.run("modprobe cmm simulate=1 delay=1 hotplug_delay=0")
        total = memory.total_kib(g)
        blocks = plug(g)
        loan(g, LOANED_MIB)
        assert request(g, f"memory remove indexed-count 2 {drc_index(blocks[0])}") == ""
        assert loaned_kib(g) == LOANED_MIB << 10
        assert memory.total_kib(g) == total - (LOANED_MIB << 10)
        loan(g, LOANED_MIB // 2)
        # It has not been left with its lock: blocks go and come, and so does what is on loan
        assert request(g, "memory add count 2") == ""
        loan(g, LOANED_MIB)
        loan(g, 0)
        assert memory.total_kib(g) == total + 2 * LMB // 1024
        g.run("rmmod cmm")
        assert g.unplug_dimm("dimm0", timeout=120)


def read_by_disk(g, block):
    """What a disk writes to a page of the block."""
    return g.run(f"dmaread {block * LMB:#x} {(block + 1) * LMB:#x} /dev/vda").encode()


def test_direct_window_of_the_iommu(partition, tmp_path):
    """A device behind it reaches memory that has come, each time it has come."""
    content = (PATTERN * (DISK_BYTES // len(PATTERN) + 1))[:DISK_BYTES]
    disk = tmp_path / "disk"
    disk.write_bytes(content)
    extra = ("-blockdev", f"driver=file,node-name=disk,filename={disk},read-only=on",
             "-device", "virtio-blk-pci,drive=disk,disable-legacy=on,iommu_platform=on")
    with partition(extra=extra) as g:
        assert re.search(r"virtio-pci .*direct mapping: 1", g.console()), "the disk has no direct window"
        wanted = content[:memory.page_size(g)]
        blocks = plug(g)
        assert [read_by_disk(g, block) for block in blocks] == [wanted] * 2
        assert request(g, f"memory remove index {drc_index(blocks[1])}") == ""
        assert read_by_disk(g, blocks[0]) == wanted
        assert request(g, f"memory add index {drc_index(blocks[1])}") == ""
        assert read_by_disk(g, blocks[1]) == wanted
        assert g.unplug_dimm("dimm0", timeout=120)
        assert states(g, blocks) == {"gone"}


def test_memmap_on_memory(partition):
    """With a radix tree the struct pages of an LMB lie in it; with hash tables 6.12 does not do that."""
    with partition(append="movable_node memory_hotplug.memmap_on_memory=force") as g:
        own = "Radix" in g.run("grep MMU /proc/cpuinfo")
        total = memory.total_kib(g)
        blocks = plug(g)
        zone = memory.zones(g)[(0, "Movable")]
        kept = zone["present"] - zone["managed"]
        assert zone["present"] * memory.page_size(g) == len(blocks) * LMB
        assert (kept > 0) == own, kept
        assert memory.total_kib(g) - total == zone["managed"] * memory.page_size(g) // 1024
        for words in (f"remove index {drc_index(blocks[0])}", "add count 1", "remove count 2", "add count 2"):
            assert request(g, f"memory {words}") == ""
        assert memory.zones(g)[(0, "Movable")]["managed"] == zone["managed"]
        assert g.unplug_dimm("dimm0", timeout=120)
        assert memory.total_kib(g) == total

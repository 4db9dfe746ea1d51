# SPDX-License-Identifier: GPL-2.0
"""A PV domain's page tables belong to Xen, too: those of memory that goes must be given back before they are used."""

import pytest

from harness import memory, xen

pytestmark = [pytest.mark.own_kernel]

BOOT_KIB = 1 << 20
MORE_KIB = 1 << 20              # with 4 KiB pages alone: 512 page tables, and 4096 pages of memmap
KEPT_KIB = 64 << 10             # of free memory, for everybody else


def write_free_memory(g):
    """What was a page table and is still read-only would be an oops."""
    free = int(g.run("awk '/^MemFree/ { print $2 }' /proc/meminfo"))
    g.run(f"head -c {free - KEPT_KIB}K /dev/zero > /tmp/all; rm /tmp/all", 120)


@pytest.mark.parametrize("rounds", [3, pytest.param(50, marks=pytest.mark.full)])
def test_tables_of_removed_memory_can_be_used(guest, kernel_named, rounds):
    with guest(kernel=kernel_named("ours"), mem="4G", dom0=f"{BOOT_KIB >> 10}M") as g:
        assert g.run("cat /sys/hypervisor/type") == "xen\n"
        boot = memory.blocks(g)
        for _ in range(rounds):
            xen.resize(g, BOOT_KIB + MORE_KIB)
            assert len(memory.blocks(g)) > len(boot)
            xen.resize(g, BOOT_KIB)
            # One may be kept in part
            xen.wait_hot(g, memory.block_size(g) >> 10)
            assert len(memory.blocks(g)) <= len(boot) + 1
            write_free_memory(g)

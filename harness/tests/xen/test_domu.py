# SPDX-License-Identifier: GPL-2.0
"""As administrators have it: a domain that xl starts and resizes; xenstore tells its balloon."""

import re

import pytest

from harness import domu, memory, xen

pytestmark = [pytest.mark.own_kernel]

SMALL = 256                     # in MiB
AT_REST = 1 << 10               # KiB: a PVH domain has a few pages less than it is told to have
# Xen's page tables of a PVH domain that grows beyond the size it was made for, see memory-hotplug-xen.rst
PAGE_TABLES = "shadow_memory = 16\n"


@pytest.fixture
def dom0(guest, kernel_named):
    def make(variant="ours"):
        image = kernel_named(variant)
        return guest(kernel=image, files=domu.dom0_files(image), mem="4G", dom0="768M")
    return make


def resize(dom0, domain, mib, less):
    domu.resize(dom0, domain, mib, less)
    assert domu.size_mib(dom0, domain) == mib


@pytest.mark.parametrize("kind", ["pv", pytest.param("pvh", marks=pytest.mark.full)])
def test_xl(dom0, kind):
    """Grown beyond what it was started with and shrunk, while a process uses its memory."""
    with dom0() as g:
        domu.start_servants(g)
        d = domu.DomU(g, kind=kind, mib=SMALL, more=PAGE_TABLES)
        less = (SMALL << 10) - xen.current_kib(d)
        assert 0 <= less < AT_REST
        total = memory.total_kib(d)
        resize(g, d, 1024, less)
        hot = [(start, end) for start, end, name, _ in memory.iomem(d) if name == xen.RES_NAME]
        d.run(f"mkfifo /tmp/in; fill 64 {hot[0][0]:#x} {hot[-1][1]:#x} < /tmp/in > /tmp/out 2>&1 & exec 3> /tmp/in; "
              "until grep -q filled: /tmp/out; do :; done")
        assert int(re.search(r"(\d+) in the range", d.run("cat /tmp/out"))[1])
        for mib in (SMALL, 1024, SMALL, 1536, SMALL):
            resize(g, d, mib, less)
            assert memory.total_kib(d) - total == (mib - SMALL) << 10
            if mib == SMALL:
                xen.wait_hot(d, memory.block_size(d) >> 10)
            else:
                assert xen.hot_kib(d) >= (mib - SMALL) << 10
            assert set(memory.blocks(d).values()) == {"online"}
        d.run("echo check >&3; until grep -q intact: /tmp/out; do :; done; exec 3>&-; wait")


@pytest.mark.full
def test_xen_lacks_page_tables(dom0):
    """What it cannot take back from a PVH domain is not lost: all agree on the size, and the domain grows again."""
    with dom0() as g:
        domu.start_servants(g)
        d = domu.DomU(g, kind="pvh", mib=SMALL)
        less = (SMALL << 10) - xen.current_kib(d)
        total = memory.total_kib(d) - xen.current_kib(d)
        resize(g, d, 2048, less)
        d.run(f"echo 2 > {xen.BALLOON}/max_retry_count; echo 1 > {xen.BALLOON}/max_schedule_delay")
        g.run(f"xl mem-set {d.name} {SMALL}")
        # Until it has given up: the size does not change any more
        d.run("last=0; until read now < %s && [ $now = $last ]; do last=$now; sleep 10; done"
              % f"{xen.BALLOON}/info/current_kb", 240)
        left = xen.current_kib(d)
        assert SMALL << 10 < left < 2048 << 10
        assert domu.size_mib(g, d) == (left + less) >> 10 and memory.total_kib(d) - left == total
        assert set(memory.blocks(d).values()) == {"online"}
        resize(g, d, 2048, less)
        assert memory.total_kib(d) - xen.current_kib(d) == total
        assert "intact:" in d.run("echo check | fill 1200 0 0", 300)


@pytest.mark.parametrize("variant, added", [("ours", True), ("xen-no-unpopulated", False)])
@pytest.mark.full
def test_pages_of_boot_come_first(dom0, variant, added):
    """Without unpopulated-alloc, which wants them: addresses that the domain was started with, and never lose."""
    with dom0(variant) as g:
        domu.start_servants(g)
        d = domu.DomU(g, mib=SMALL, maxmem=2 * SMALL)
        blocks = memory.blocks(d)
        resize(g, d, 2 * SMALL, 0)
        assert bool(xen.hot_kib(d)) == added
        for mib in (1024, SMALL, 1024, SMALL):
            resize(g, d, mib, 0)
            if mib == SMALL:
                xen.wait_hot(d, memory.block_size(d) >> 10)
                assert blocks.keys() <= memory.blocks(d).keys()
            else:
                assert xen.hot_kib(d) >= (mib - 2 * SMALL) << 10

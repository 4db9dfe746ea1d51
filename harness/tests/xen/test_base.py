# SPDX-License-Identifier: GPL-2.0
"""The base's balloon on the same Xen: where it waits for somebody, and what it takes."""

import time

import pytest

from harness import memory, xen

pytestmark = [pytest.mark.own_kernel, pytest.mark.full]

BOOT_MIB = 512
SMALL, LARGE = BOOT_MIB << 10, 1536 << 10


@pytest.fixture
def dom0(guest, kernel_named):
    def make(variant):
        return guest(kernel=kernel_named(variant), mem="4G", dom0=f"{BOOT_MIB}M")
    return make


def test_base_waits_for_user_space(dom0):
    """Sections are there, and offline: each that somebody brings online is filled, and no other."""
    with dom0("stock-xen") as g:
        xen.resize(g, SMALL)
        memory.auto_online(g, "offline")
        blocks = memory.blocks(g)
        xen.set_target(g, LARGE)
        g.run(f"until [ $(ls -d {memory.SYSFS}/memory[0-9]* | wc -l) -gt {len(blocks)} ]; do :; done", 60)
        new = sorted(memory.blocks(g).keys() - blocks.keys())
        assert {memory.blocks(g)[block] for block in new} == {"offline"} and xen.current_kib(g) == SMALL
        memory.set_state(g, new[:1], "online")
        filled = SMALL + (memory.block_size(g) >> 10)
        g.run(f"until [ $(cat {xen.BALLOON}/info/current_kb) = {filled} ]; do :; done", 120)
        assert xen.current_kib(g) == filled < LARGE


def steps(g):
    """Seconds to grow and to shrink by 1 GiB, the second time."""
    memory.auto_online(g, "online")
    for target in (SMALL, LARGE, SMALL):
        xen.resize(g, target)
    taken = []
    for target in (LARGE, SMALL):
        start = time.monotonic()
        xen.resize(g, target)
        taken.append(time.monotonic() - start)
    return taken


def test_no_slower_than_base(dom0):
    with dom0("xen") as g:
        ours = steps(g)
    with dom0("stock-xen") as g:
        base = steps(g)
    for name, mine, theirs in zip(("grow", "shrink"), ours, base):
        print(f"{name}: {mine:.1f} s, the base {theirs:.1f} s: {mine / theirs:.2f}")
    assert ours[0] <= base[0] / 2 and ours[1] <= base[1], (ours, base)

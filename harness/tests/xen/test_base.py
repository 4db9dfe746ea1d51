# SPDX-License-Identifier: GPL-2.0
"""The base's balloon on the same Xen: where it waits for somebody, and what it takes."""

import time

import pytest

from harness import memory, xen

pytestmark = [pytest.mark.own_kernel, pytest.mark.full, pytest.mark.alone]

BOOT_MIB = 512
SMALL, LARGE = BOOT_MIB << 10, 1536 << 10


@pytest.fixture
def dom0(guest, kernel_named):
    def make(variant):
        return guest(kernel=kernel_named(variant), mem="4G", dom0=f"{BOOT_MIB}M")
    return make


def test_base_waits_for_user_space(dom0):
    """Sections are there, and offline: each that somebody brings online is filled, and no other."""
    with dom0("stock") as g:
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


STEPS = {"grow": LARGE, "shrink": SMALL, "grow again": LARGE, "shrink again": SMALL}


def timed(g):
    """{step: seconds}; the first growth is where the base adds sections, too."""
    memory.auto_online(g, "online")
    xen.resize(g, SMALL)
    taken = {}
    for step, target in STEPS.items():
        start = time.monotonic()
        xen.resize(g, target)
        taken[step] = time.monotonic() - start
    return taken


def least(steps, name):
    return min(seconds for step, seconds in steps.items() if step.startswith(name))


def test_no_slower_than_base(dom0):
    with dom0("ours") as g:
        ours = timed(g)
    with dom0("stock") as g:
        base = timed(g)
    for step in STEPS:
        print(f"{step}: {ours[step]:.1f} s, the base {base[step]:.1f} s: {ours[step] / base[step]:.2f}")
    assert ours["grow"] <= base["grow"] / 2 and ours["grow again"] <= base["grow again"], (ours, base)
    # Most of it goes into clearing pages, by both; two runs of the same differ by a few percent
    assert least(ours, "shrink") <= 1.05 * least(base, "shrink"), (ours, base)

# SPDX-License-Identifier: GPL-2.0
"""What a block costs does not depend on how much memory there is, and never more than on the base's kernel.

The guest's clock counts instructions (-icount), so the numbers hardly differ from run to run, whatever
else the machine does. That a rescan of the zone would be noticed shows the base's kernel: its
online cost grows with every block, which test_base_grows asserts.
"""

import functools
import statistics

import pytest

from harness.qemu import Guest

pytestmark = pytest.mark.measure

FIRST = 0x140000000
BLOCKS = 256
GIB_PER_BLOCK = 1 / 8
STEPS = ("online", "offline")


@functools.lru_cache(maxsize=None)
def cost(kernel, blocks):
    """{step: ([instructions per block], instructions until idle)}"""
    memory = f"{int(blocks * GIB_PER_BLOCK) + 6}G"
    with Guest(kernel=kernel, mem=memory, smp=1, append="mem=4G nokaslr", extra=("-icount", "shift=0,sleep=off"),
               timeout=300) as guest:
        lines = guest.run(f"blockcost {FIRST:#x} {blocks}", timeout=900).splitlines()
    each, busy = {}, {}
    for step, index, value in map(str.split, lines):
        if index == "busy":
            busy[step] = int(value)
        else:
            each.setdefault(step, []).append(int(value))
    return {step: (each[step], busy[step]) for step in each}


def growth(kernel, step):
    """Cost of a block around number 256 against one around number 8."""
    each, _ = cost(kernel, BLOCKS)[step]
    return statistics.median(each[-9:]) / statistics.median(each[4:13])


@pytest.mark.parametrize("step", STEPS)
def test_block_256_costs_as_block_8(kernel_ours, step):
    assert growth(kernel_ours, step) <= 1.1


def test_base_grows(kernel_stock):
    assert growth(kernel_stock, "online") > 1.1


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("blocks", [8, 64, BLOCKS])
def test_no_more_than_base(kernel_ours, kernel_stock, step, blocks):
    ours, base = (cost(kernel, blocks)[step][1] for kernel in (kernel_ours, kernel_stock))
    assert ours <= 1.01 * base

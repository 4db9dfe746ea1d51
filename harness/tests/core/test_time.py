# SPDX-License-Identifier: GPL-2.0
"""Time, against the base's kernel of the same configuration: no block takes longer, however many came before it.

The kernels are booted by turns, so that what else the machine does hits both; see test_cost.py for instructions.
"""

import statistics

import pytest

from harness.qemu import Guest
from harness.tests.core.test_cost import BLOCKS, FIRST, GIB_PER_BLOCK, STEPS

pytestmark = [pytest.mark.full, pytest.mark.measure]

BOOTS = 7
SIZES = (8, 64, BLOCKS)
AROUND = 8                                  # blocks that are taken for one size


def one_boot(kernel):
    """{(step, size): nanoseconds for one of the blocks that come last at that size}"""
    with Guest(kernel=kernel, mem=f"{int(BLOCKS * GIB_PER_BLOCK) + 6}G", append="mem=4G nokaslr") as guest:
        lines = guest.run(f"blockcost {FIRST:#x} {BLOCKS}", timeout=600).splitlines()
    each = {}
    for step, index, value in map(str.split, lines):
        if index != "busy":
            each.setdefault(step, []).append(int(value))
    return {(step, size): statistics.median(each[step][size - AROUND:size]) for step in STEPS for size in SIZES}


@pytest.fixture(scope="module")
def times(kernel_ours, kernel_stock):
    """{kernel: [what each boot gave]}"""
    found = {kernel_ours: [], kernel_stock: []}
    for _ in range(BOOTS):
        for kernel, rounds in found.items():
            rounds.append(one_boot(kernel))
    return found


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("size", SIZES)
def test_no_longer_than_base(times, kernel_ours, kernel_stock, step, size):
    ours, base = (statistics.median(boot[step, size] for boot in times[kernel])
                  for kernel in (kernel_ours, kernel_stock))
    print(f"{step} of block {size}: {ours / base:.3f} of the base's time")
    assert ours <= 1.05 * base

# SPDX-License-Identifier: GPL-2.0
"""Time, against the base's kernel of the same configuration: no block takes longer, however many came before it.

The kernels are booted by turns, so that what else the machine does hits both; see test_cost.py for instructions.
"""

import statistics

import pytest

from harness import costs
from harness.tests.core.test_cost import BLOCKS

pytestmark = [pytest.mark.full, pytest.mark.measure, pytest.mark.alone]

BOOTS = 7
SIZES = (8, 64, BLOCKS)
STEPS = ("online", "offline")               # adding makes more files than the base does


def one_boot(kernel):
    """{(step, size): nanoseconds for one of the blocks that come last at that size}"""
    with costs.guest(kernel, BLOCKS, smp=2, extra=()) as guest:
        each, _ = costs.of_blocks(guest, BLOCKS)
    return {(step, size): costs.settled(each, size)[step] for step in STEPS for size in SIZES}


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

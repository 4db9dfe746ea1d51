# SPDX-License-Identifier: GPL-2.0
"""What a block costs does not depend on how much memory there is, and never more than on the base's kernel.

The guest's clock counts instructions (-icount), so the numbers hardly differ from run to run, whatever
else the machine does. That a scan of the zone would be noticed is shown with a module that does one for each
block, and with the base's kernel, which does one when a block goes online.
"""

import functools
import statistics

import pytest

from harness import costs

pytestmark = pytest.mark.measure

BLOCKS = 256
STEPS = ("add", "online", "offline")


@functools.lru_cache(maxsize=None)
def cost(kernel, blocks, *modules):
    """{step: ([instructions per block], instructions until idle)}"""
    each, busy = costs.count(kernel, blocks, *modules)
    return {step: (each[step], busy[step]) for step in each}


def growth(kernel, step, *modules):
    """Cost of a block around number 256 against one around number 8."""
    each, _ = cost(kernel, BLOCKS, *modules)[step]
    return statistics.median(each[-9:]) / statistics.median(each[4:13])


def flat(ratio):
    """Blocks that cost less and less do as little: the zone shrinks with each that goes offline."""
    return 1 / 1.1 <= ratio <= 1.1


@pytest.mark.parametrize("step", STEPS)
def test_block_256_costs_as_block_8(kernel_ours, step):
    assert flat(growth(kernel_ours, step))


@pytest.mark.parametrize("step", ["online", "offline"])
def test_a_scan_of_the_zone_would_be_noticed(kernel_ours, step):
    assert not flat(growth(kernel_ours, step, "mhp_scan"))


@pytest.mark.full
def test_boot_and_allocations_cost_as_in_the_base(kernel_ours, kernel_stock):
    """With 2,048 blocks."""
    ours, base = (costs.boot(kernel) for kernel in (kernel_ours, kernel_stock))
    for what in base:
        print(f"{what}: {ours[what] / base[what]:.4f} of the base's instructions")
        assert ours[what] <= 1.02 * base[what], what


def test_base_grows(kernel_stock):
    assert growth(kernel_stock, "online") > 1.1


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("blocks", [8, 64, BLOCKS])
def test_no_more_than_base(kernel_ours, kernel_stock, step, blocks):
    ours, base = (cost(kernel, blocks)[step][1] for kernel in (kernel_ours, kernel_stock))
    assert ours <= 1.01 * base

# SPDX-License-Identifier: GPL-2.0
"""The base's memory-hotplug kselftest, unmodified, on our kernel.

The script takes blocks offline and brings them back, then does so with errors injected into the clients'
chain. It runs at its default ratio, and at the largest ratio of blocks that the base's kernel gets
through in the same guest. A message that it skips something is a failure.
"""

import math
import re

import pytest

from harness import foreign, kernel
from harness.paths import BASE
from harness.qemu import Guest

SCRIPT = BASE / "tools/testing/selftests/memory-hotplug/mem-on-off-test.sh"
GUEST = {
    "mem": "1G", "maxmem": "4G", "slots": 2,
    "append": "nokaslr movable_node memhp_default_state=online",
    "modules": ["memory-notifier-error-inject"],
}
TRIALS = 3


def files(image):
    bash = foreign.program("bash-static", "bin/bash-static", kernel.arch_of(image).name)
    return {"/bin/bash": bash, "/test/mem-on-off-test.sh": SCRIPT}


class Run:
    """One run of the script: its status, and how many blocks it took offline of how many."""

    def __init__(self, g, ratio=None):
        self.status, self.output = g.sh(f"/test/mem-on-off-test.sh {f'-r {ratio}' if ratio is not None else ''}", 180)
        self.offlined = self.output.count("-> Success")
        self.blocks = int(re.search(r"out of (\d+) memory block", self.output)[1])
        self.skipped = re.findall(r"skip (?:all|extra) tests.*", self.output)
        self.injected = "Test with memory notifier error injection" in self.output and not self.skipped

    @property
    def passed(self):
        return self.status == 0 and self.injected


def plugged(g):
    g.plug_dimm("d0", size="512M")
    g.plug_dimm("d1", size="512M")
    return g


@pytest.fixture(scope="module")
def largest_ratio(kernel_stock):
    """The largest ratio that the base's kernel passes: what it can take offline at all, then tried."""
    with Guest(kernel_stock, files=files(kernel_stock), **GUEST) as g:
        everything = Run(plugged(g), 100)
        assert everything.injected, everything.output
    most = everything.offlined
    for blocks in range(most, max(most - TRIALS, 0), -1):
        ratio = math.floor(100 * blocks / everything.blocks)
        with Guest(kernel_stock, files=files(kernel_stock), **GUEST) as g:
            if Run(plugged(g), ratio).passed:
                return ratio, blocks
    pytest.fail(f"the base's kernel passes with none of {TRIALS} ratios below {most} of {everything.blocks} blocks")


def test_default_ratio(guest, kernel_ours):
    with guest(kernel_ours, files=files(kernel_ours), **GUEST) as g:
        run = Run(plugged(g))
        assert run.passed, run.output
        assert run.offlined >= 1


def test_largest_ratio_of_the_base(guest, kernel_ours, largest_ratio):
    ratio, blocks = largest_ratio
    with guest(kernel_ours, files=files(kernel_ours), **GUEST) as g:
        run = Run(plugged(g), ratio)
        assert run.passed, run.output
        assert run.offlined == blocks

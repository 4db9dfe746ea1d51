# SPDX-License-Identifier: GPL-2.0
"""The n-th allocation fails, for every n of adding a block and of bringing it online."""

import pytest

from harness import selftests
from harness.allocations import Allocations


@pytest.mark.slow_on_debug
def test_every_allocation_fails_once(guest, kernel_fault, record_ktap):
    """Clean success or clean failure for each, in every way of adding memory, and nothing left allocated."""
    with guest(kernel=kernel_fault, files=selftests.files(kernel_fault),
               append="mem=2G memory_hotplug.memmap_on_memory=1",
               nodes=[{"mem": "3G", "cpus": "0-1"}, {"mem": "2G"}]) as g:
        selftests.load(g, "mhp_client", "mhp_provider")
        # What the first time allocates for good is there then
        g.ktap(f"{selftests.program('states')} -q -r 2", timeout=120)
        with Allocations(g, "fail-nth") as allocations:
            results = g.ktap(selftests.program("fail-nth"), timeout=1800)
    record_ktap(results)
    assert not allocations.live, f"still allocated: {dict(allocations.live)}"

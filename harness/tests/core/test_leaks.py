# SPDX-License-Identifier: GPL-2.0
"""Leaks, looked for by kmemleak: what is allocated and to which nothing points any more."""

import pytest

from harness import selftests
from harness.tests.core.test_selftests import SPARE


@pytest.mark.full
def test_states_without_a_leak(guest, kernel_debug, record_ktap):
    """Every state fails, in every way of adding memory, and then kmemleak has nothing to report."""
    options = {**SPARE, "append": f"{SPARE['append']} memory_hotplug.memmap_on_memory=1 kmemleak=on page_owner=on"}
    with guest(kernel=kernel_debug, files=selftests.files(kernel_debug), **options) as g:
        selftests.load(g, "mhp_client", "mhp_provider")
        leaks = "/sys/kernel/debug/kmemleak"
        g.run(f"test -e {leaks} || mount -t debugfs debugfs /sys/kernel/debug")
        g.run(f"echo scan=off > {leaks}; echo scan > {leaks}; echo clear > {leaks}", timeout=120)
        results = g.ktap(f"{selftests.program('states')} -r 2", timeout=300)
        # An object counts once two scans have missed it
        for _ in range(3):
            g.run(f"{selftests.program('mhp')} settle; echo scan > {leaks}", timeout=120)
        found = g.run(f"cat {leaks}")
        # Two rounds tell nothing of a slope; that is for test_states, on a kernel without debugging
        record_ktap([result for result in results if "slope" not in result[1]])
        assert not found, found

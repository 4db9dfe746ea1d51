# SPDX-License-Identifier: GPL-2.0
"""The core's suite on a kernel that checks itself: KASAN, lockdep, DEBUG_VM, poisoned pages, kmemleak.

The tests are those of harness/tests/core, with another kernel. What they find there they find here; what is
new is that the kernel complains, and a complaint ends the guest.
"""

import pytest

from harness import selftests
from harness.tests.core.test_dimms import (dimm_guest, test_a_client_that_refuses_auto_online,  # noqa: F401
                                           test_dimms_on_two_nodes, test_memmap_on_memory,
                                           test_unplug_moves_what_a_process_has_there,
                                           test_unplug_waits_for_an_unmovable_page)
from harness.tests.core.test_load import (spare_guest, test_a_signal_ends_going_offline,  # noqa: F401
                                          test_blocks_in_parallel, test_readers_while_blocks_come_and_go)
from harness.tests.core.test_owned import (test_boot_memory_that_nobody_owns, test_driver,  # noqa: F401
                                           test_virtio_mem)
from harness.tests.core.test_selftests import SPARE


@pytest.fixture(scope="module")
def kernel_ours(kernel_debug):
    return kernel_debug


@pytest.mark.parametrize("name", ["files.sh", "remove.sh", "leaf.sh", "fail-nth"])
def test_selftest(guest, kernel_debug, record_ktap, name):
    with guest(kernel=kernel_debug, files=selftests.files(kernel_debug), **SPARE) as g:
        selftests.load(g, "mhp_client", "mhp_provider")
        record_ktap(g.ktap(selftests.program(name), timeout=300))


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
        record_ktap(results)
        assert not found, found

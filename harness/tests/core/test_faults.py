# SPDX-License-Identifier: GPL-2.0
"""The n-th allocation fails, for every n of adding a block and of bringing it online."""

from harness import selftests


def test_every_allocation_fails_once(guest, kernel_fault, record_ktap):
    with guest(kernel=kernel_fault, files=selftests.files(kernel_fault), append="mem=2G memory_hotplug.memmap_on_memory=1",
               nodes=[{"mem": "3G", "cpus": "0-1"}, {"mem": "2G"}]) as g:
        selftests.load(g, "mhp_client", "mhp_provider")
        record_ktap(g.ktap(selftests.program("fail-nth"), timeout=300))

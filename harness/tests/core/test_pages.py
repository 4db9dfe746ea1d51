# SPDX-License-Identifier: GPL-2.0
"""Pages that are not like the others: poisoned ones, and huge ones of hugetlbfs."""

import re

import pytest

from harness import memory, selftests

pytestmark = pytest.mark.slow_on_debug

START = 4 << 30


def online_block(g):
    memory.auto_online(g, "offline")
    assert selftests.put(g, "probe", f"{START:#x}") == "ok", memory.refusal(g)
    block = START // memory.block_size(g)
    memory.set_state(g, [block], "online_movable")
    return block


def poisoned_kib(g):
    return int(re.search(r"HardwareCorrupted:\s+(\d+)", g.run("cat /proc/meminfo"))[1])


@pytest.mark.parametrize("how", ["hard_offline_page", "soft_offline_page"])
def test_poisoned_page(spare_guest, how):
    """The block goes offline, must not come online again, and forgets its poison when it is removed."""
    with spare_guest() as g:
        block = online_block(g)
        assert selftests.put(g, how, f"{START + 0x4000000:#x}") == "ok"
        assert poisoned_kib(g) == 4
        assert selftests.put(g, f"memory{block}/state", "offline") == "ok", memory.refusal(g, block)
        assert selftests.put(g, f"memory{block}/state", "online_movable") == "EHWPOISON"
        text = memory.refusal(g, block)
        assert text.startswith("error=-133 request=online reason=poison "), text
        assert selftests.put(g, "remove", f"{START:#x}") == "ok", memory.refusal(g)
        assert poisoned_kib(g) == 0
        online_block(g)


def huge(g, name):
    return int(re.search(rf"HugePages_{name}:\s+(\d+)", g.run("cat /proc/meminfo"))[1])


def test_free_huge_pages_are_dissolved(spare_guest):
    """They are given up for the block; the ones elsewhere stay."""
    with spare_guest() as g:
        block = online_block(g)
        g.run("echo 40 > /proc/sys/vm/nr_hugepages")
        assert huge(g, "Total") == 40
        assert selftests.put(g, f"memory{block}/state", "offline") == "ok", memory.refusal(g, block)
        assert huge(g, "Total") == huge(g, "Free") < 40
        g.run("echo 0 > /proc/sys/vm/nr_hugepages")
        assert huge(g, "Total") == 0
        assert selftests.put(g, "remove", f"{START:#x}") == "ok", memory.refusal(g)

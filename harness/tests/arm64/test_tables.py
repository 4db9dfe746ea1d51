# SPDX-License-Identifier: GPL-2.0
"""The kernel's page tables of hot memory: there when it is, gone with it, and nothing beside it is touched."""

import re

import pytest

from harness import memory, selftests
from harness.ptdump import LINEAR_END, tables

GIB = 1 << 30
START, SIZE = 4 * GIB, GIB
TOUCH = "/sys/module/mhp_touch/parameters"


def readable(g, start, size):
    """(pages that can be read, all of them)"""
    g.run(f"echo '{start:#x} {size:#x}' > {TOUCH}/mapped")
    return tuple(map(int, g.run(f"cat {TOUCH}/mapped").split()))


def put(g, file, start, size):
    assert selftests.put(g, file, f"{start:#x} {size:#x}") == "ok", memory.refusal(g)


# Kernel command line, and what a GiB is mapped with then
MAPS = {"rodata=on": "PUD", "rodata=full": "PTE", "rodata=on debug_pagealloc=on": "PTE"}


def levels(lines):
    """Of the leaves among lines of ptdump; what is not mapped has no attributes."""
    return {match[1] for line in lines if (match := re.search(r" (P\w\w) +(?:RW|ro) ", line))}


def lasting(g, append):
    """The tables, but for what debug_pagealloc has of pages while they are free: that they are mapped."""
    lines = tables(g)
    return lines[lines.index(LINEAR_END):] if "debug_pagealloc" in append else lines


@pytest.mark.parametrize("append", MAPS)
def test_tables_are_as_before(spare_guest, append):
    """After 200 rounds in blocks, from above and from below, and as a whole."""
    with spare_guest(append=append) as g:
        size = memory.block_size(g)
        before, then = lasting(g, append), tables(g)
        for number in range(200):
            if number % 10 == 0:
                put(g, "probe", START, SIZE)
                now = tables(g)
                come = set(now[:now.index(LINEAR_END)]) - set(then[:then.index(LINEAR_END)])
                assert levels(come) == {MAPS[append]}
                put(g, "remove", START, SIZE)
            else:
                put(g, "probe", START + number % 8 * size, size)
                put(g, "remove", START + number % 8 * size, size)
            if number % 20 == 0:
                assert lasting(g, append) == before, number
        assert lasting(g, append) == before


@pytest.mark.parametrize("append", ["rodata=on", "rodata=full"])
def test_what_is_removed_faults(spare_guest, append):
    """And its neighbours do not, while two CPUs read all of them."""
    with spare_guest(append=append) as g:
        selftests.load(g, "mhp_touch")
        size = memory.block_size(g)
        for block in (0, 1, 2):
            put(g, "probe", START + block * size, size)
        pages = size // 4096
        assert readable(g, START, 4 * size) == (3 * pages, 4 * pages)
        for stays, comes in ((0, 1), (2, 1), (1, 2), (1, 0)):
            g.run(f"echo '{START + stays * size:#x} {size:#x} {START + comes * size:#x} {size:#x}' > {TOUCH}/watch")
            for _ in range(10):
                put(g, "remove", START + comes * size, size)
                put(g, "probe", START + comes * size, size)
            put(g, "remove", START + comes * size, size)
            assert readable(g, START + comes * size, size) == (0, pages)
            assert readable(g, START + stays * size, size) == (pages, pages)
            g.run(f"echo end > {TOUCH}/watch")
            assert int(g.run(f"cat {TOUCH}/rounds")) > 0
            assert g.run(f"cat {TOUCH}/lost").strip() == "0"
            put(g, "probe", START + comes * size, size)

# SPDX-License-Identifier: GPL-2.0
"""LMBs that come back to addresses that device memory has by now, asked for from inside the partition.

What comes with a DIMM is in devmem/test_range.py.
"""

import pytest

from harness import devmem, memory, selftests
from harness.dlpar import drc_index, refusal, request
from harness.tests.ppc64.conftest import LMB, plug, states

LMBS = 4


@pytest.fixture
def partition(guest, kernel_ours):
    def make(**options):
        return guest(kernel=kernel_ours, modules=[devmem.MODULE],
                     files={**devmem.files(kernel_ours), **selftests.files(kernel_ours)},
                     **{"mem": "3G", "maxmem": "8G", "slots": 4, "append": "movable_node", **options})
    return make


def away(g):
    """The LMBs of a DIMM, which the partition has given back, and the request for all of them."""
    blocks = plug(g, lmbs=LMBS)
    assert not request(g, f"memory remove indexed-count {LMBS} {drc_index(blocks[0])}")
    return blocks, f"memory add indexed-count {LMBS} {drc_index(blocks[0])}"


def let_go(held):
    held.close_input()
    assert held.wait(60)[0] == 0                # what it had on the device was intact


def refused(g, words, block):
    """As if it had not been asked for, and the console is told whose memory it is."""
    before = selftests.snapshot(g)
    assert request(g, words)
    others, unrestored, told = refusal(g)
    assert (others, unrestored) == (0, 0)
    assert (told.reason, told.by, told.first // LMB) == ("conflict", "hmm_devmem", block), told
    assert not selftests.difference(before, selftests.snapshot(g))
    return told.why


@pytest.mark.full
def test_lmbs_come_back_and_it_moves(partition):
    """Out of the way of one after the other, and as little as possible."""
    with partition() as g:
        blocks, words = away(g)
        was = devmem.confine(g, blocks[1] * LMB, (blocks[-1] + 2) * LMB - 1)
        assert not request(g, f"memory add index {drc_index(blocks[2])}")
        assert devmem.state(g) == was
        assert not request(g, f"memory add index {drc_index(blocks[1])}")
        assert devmem.state(g) == was._replace(start=blocks[3] * LMB, moves=1)
        assert not request(g, words)
        assert devmem.state(g) == was._replace(start=(blocks[3] + 1) * LMB, moves=2)
        assert states(g, blocks) == {"online"}
        held = devmem.hold(g, 100)
        assert g.unplug_dimm("dimm0", timeout=120)
        let_go(held)
        devmem.unload(g)


def test_lmbs_come_back_where_pages_are_in_use(partition):
    """Of several LMBs those before the one that is refused go again; of a number, others are taken instead."""
    with partition() as g:
        blocks, words = away(g)
        was = devmem.confine(g, blocks[2] * LMB, (blocks[-1] + 2) * LMB - 1)
        held = devmem.hold(g, 100)
        for asked in (words, f"memory add index {drc_index(blocks[2])}", f"memory add count {LMBS}"):
            why = refused(g, asked, blocks[2])
            assert why == "memory of the device hmm_devmem has some of these addresses, and 100 of its pages are in use"
            assert devmem.state(g) == was._replace(used=100)
            assert states(g, blocks) == {"gone"}
        assert not request(g, f"memory add count {LMBS - 1}")
        assert states(g, [blocks[2]]) == {"gone"} and memory.blocks(g).keys() >= set(blocks) - {blocks[2]}
        assert devmem.state(g) == was._replace(used=100)
        let_go(held)
        assert not request(g, words)
        assert devmem.state(g).moves == 1 and states(g, blocks) == {"online"}
        devmem.unload(g)
        assert g.unplug_dimm("dimm0", timeout=120)


@pytest.mark.full
def test_the_constraints_leave_no_other_place(partition):
    with partition() as g:
        blocks, words = away(g)
        was = devmem.confine(g, blocks[1] * LMB, (blocks[1] + 1) * LMB - 1)
        assert "its driver wants no others that are free" in refused(g, words, blocks[1])
        assert devmem.state(g) == was
        assert devmem.ask(g, "remove") == ""
        assert not request(g, words)
        assert states(g, blocks) == {"online"}
        devmem.unload(g)

# SPDX-License-Identifier: GPL-2.0
"""A partition to which LMBs come and from which they go: each a memory block of 256 MiB."""

import pytest

from harness import ehca, ehea, memory, selftests

LMB = 256 << 20


def states(g, blocks):
    now = memory.blocks(g)
    return {now.get(block, "gone") for block in blocks}


def plug(g, name="dimm0", lmbs=2, **options):
    """A DIMM of so many LMBs; the blocks that came."""
    before = memory.blocks(g)
    assert g.plug_dimm(name, size=f"{lmbs * LMB >> 20}M", **options)
    blocks = sorted(memory.blocks(g).keys() - before.keys())
    assert len(blocks) == lmbs and states(g, blocks) == {"online"}
    return blocks


@pytest.fixture
def partition(guest, kernel_ours):
    """What comes is for movable pages only, as whoever wants it back boots."""
    def make(append="movable_node", **options):
        return guest(kernel=kernel_ours, files=selftests.files(kernel_ours),
                     **{"mem": "2G", "maxmem": "8G", "slots": 4, "append": append, **options})
    return make


@pytest.fixture
def adapter(guest, kernel_ours):
    """A partition with drivers of eHEA, and a model of its firmware."""
    def make(append="movable_node", **options):
        return guest(kernel=kernel_ours, files=ehea.files(kernel_ours), modules=ehea.MODULES,
                     **{"mem": "2G", "maxmem": "8G", "slots": 4, "append": append, **options})
    return make


@pytest.fixture
def channel(guest, kernel_ours):
    """A partition with drivers of eHCA and eHEA, a model of their firmware, and users of the one and the other."""
    def make(append="movable_node", **options):
        return guest(kernel=kernel_ours, files=ehca.files(kernel_ours), modules=ehca.MODULES,
                     **{"mem": "2G", "maxmem": "8G", "slots": 4, "append": append, **options})
    return make

# SPDX-License-Identifier: GPL-2.0
"""A partition to which LMBs come and from which they go: each a memory block of 256 MiB."""

import contextlib

import pytest

from harness import ehca, ehea, memory, selftests
from harness.dlpar import drc_index, request
from harness.qemu import DLPAR

LMB = 256 << 20
NOTIFIER = "/sys/module/mhp_notifier/parameters"


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


def in_turn(blocks):
    """Requests that take each LMB out, and bring it back."""
    return [f"{verb} index {drc_index(block)}" for verb, order in (("remove", blocks[::-1]), ("add", blocks))
            for block in order]


@contextlib.contextmanager
def online_and_nobody_told(g, blocks):
    """Meanwhile all that is movable is in one of the blocks, which is online, and what old notifiers are not told yet.

    So are the files in /hot.
    """
    for block in blocks:
        assert not request(g, f"memory remove index {drc_index(block)}")
    g.run(f"insmod {selftests.program('mhp_notifier')}.ko priority=1 && echo online > {NOTIFIER}/hold")
    adding = g.spawn(f"echo 'memory add index {drc_index(blocks[0])}' > {DLPAR}")
    g.run(f"until grep -qx online {NOTIFIER}/seen; do :; done && mkdir -p /hot && mount -t tmpfs tmpfs /hot")
    yield
    g.run(f"echo > {NOTIFIER}/hold")
    status, output = adding.wait()
    assert not status, output


# The processor of the second has no memory but what comes
LATER_NODE = [{"mem": "2G", "cpus": "0"}, {"cpus": "1"}]


def flood_above_a_block(g, driver):
    """A port receives more than it can into kernel memory above a block that may go: the block, and the traffic."""
    block, = plug(g, "dimm0", lmbs=1, node=0)
    above, = plug(g, "dimm1", lmbs=1, node=1)
    memory.set_state(g, [above], "offline")
    memory.set_state(g, [above], "online_kernel")
    # More frames can be on their way than there are receive descriptors, and arrive while they are posted
    wire = ehea.Wire(g, ehea.load(g, driver, model="max_delay_us=0", options="sq_entries=1023 rq2_entries=127"))
    # Who delivers frames polls for them; buffers are of its node
    g.run("taskset -p 2 $(pidof ebus_model)")
    nets = range(1, 6)
    for net in nets:
        for side in (0, 1):
            wire.run(side, f"ip addr add {ehea.address(side, net)}/24 dev {wire.names[side]}")
    flows = [ehea.udp(wire, side=0, net=net) for net in nets]
    for flow in flows:
        flow.flows()
    return block, flows


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
    def make(append="movable_node", files=(), **options):
        return guest(kernel=kernel_ours, files={**ehea.files(kernel_ours), **dict(files)}, modules=ehea.MODULES,
                     **{"mem": "2G", "maxmem": "8G", "slots": 4, "append": append, **options})
    return make


@pytest.fixture
def channel(guest, kernel_ours):
    """A partition with drivers of eHCA and eHEA, a model of their firmware, and users of the one and the other."""
    def make(append="movable_node", **options):
        return guest(kernel=kernel_ours, files=ehca.files(kernel_ours), modules=ehca.MODULES,
                     **{"mem": "2G", "maxmem": "8G", "slots": 4, "append": append, **options})
    return make

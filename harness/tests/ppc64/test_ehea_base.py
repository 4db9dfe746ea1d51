# SPDX-License-Identifier: GPL-2.0
"""6.12's driver of eHEA on the model: what it does to the adapter when memory changes is noticed.

The model would otherwise prove nothing about ours. That it adds a block twice when offlining is cancelled which nobody
told it of cannot be seen here: our core cancels for those who have agreed.
"""

import re

from harness import ehea
from harness.dlpar import drc_index, request
from harness.marks import MORE
from harness.tests.ppc64.conftest import LATER_NODE, LMB, flood_above_a_block, in_turn, online_and_nobody_told, plug

pytestmark = MORE


def test_memory_changes_under_traffic(adapter):
    """All queues stop for each block, and descriptors go on naming regions that are gone."""
    with adapter() as g:
        # A slow adapter: descriptors wait for longer than the driver does
        wire = ehea.Wire(g, ehea.load(g, ehea.BASE, model="max_delay_us=20000"))
        blocks = plug(g)
        flows = ehea.tcp(wire), ehea.udp(wire)
        ehea.reset(g, "stops")
        for _ in range(30):
            for verb in ("remove", "add"):
                assert not request(g, f"memory {verb} index {drc_index(blocks[1])}")
            if ehea.wrong(g):
                break
        for flow in flows:
            flow.sender.kill()
            flow.receiver.kill()
        seen = ehea.wrong(g)
        assert seen, "nothing was noticed"
        assert ehea.stops(g)["stops"] >= 2, ehea.stops(g)
        print(f"\n6.12: {seen}")


def test_a_page_list_is_refused(adapter):
    """The region is not there, the change of memory goes on as if it were; nothing passes from then on."""
    with adapter() as g:
        wire = ehea.Wire(g, ehea.load(g, ehea.BASE))
        blocks = plug(g)
        wire.ping()
        ehea.fail(g, "H_REGISTER_HEA_RPAGES 5 H_HARDWARE")
        assert not request(g, f"memory remove index {drc_index(blocks[1])}")
        assert "freed_object" in ehea.wrong(g), ehea.wrong(g)
        assert wire.sh(0, f"ping -c 1 -W 5 {wire.other(0)}")[0]


def test_a_region_is_not_freed(adapter):
    """Memory that is removed is still within reach of the adapter."""
    with adapter() as g:
        ehea.Wire(g, ehea.load(g, ehea.BASE)).ping()
        blocks = plug(g)
        ehea.fail(g, "H_FREE_RESOURCE 1 H_HARDWARE 20")
        request(g, f"memory remove index {drc_index(blocks[1])}")
        assert "held_page" in ehea.wrong(g), ehea.wrong(g)


def test_memory_is_in_use_before_it_is_registered(adapter):
    """It registers a block when the block's pages may have been allocated, sent and put to use already."""
    with adapter() as g:
        wire = ehea.Wire(g, ehea.load(g, ehea.BASE))
        with online_and_nobody_told(g, plug(g)):
            ehea.reset(g, "oracle")
            flow = ehea.tcp(wire, where="/hot")
            g.run(f"until grep -q '^no_translation [1-9]' {ehea.MODEL}/oracle; do :; done")
            assert set(ehea.wrong(g)) == {"no_translation", "texts"}, ehea.wrong(g)
            flow.sender.kill()
            flow.receiver.kill()


def written_to(g):
    """Blocks in which the adapter has written to memory that is not for it."""
    lines = [line for line in ehea.wrong(g).get("texts", ()) if re.match(r"# (free|offline|foreign)_page: [wr]", line)]
    return {int(re.search(r"\w+$", line)[0], 16) // LMB for line in lines if "read" not in line}


def remove_what_is_below(adapter):
    """Whether it has written to that, rather than to nothing or into a wrong region, after which no frame arrives."""
    with adapter(nodes=LATER_NODE) as g:
        block, _ = flood_above_a_block(g, ehea.BASE)
        # It is in the middle of posting most of the time
        g.run("echo 1000 > /sys/module/ebus_model/parameters/alloc_delay_us")
        for words in in_turn([block]) * 5:
            assert not request(g, f"memory {words}")
            if ehea.wrong(g):
                print(f"\n6.12: {ehea.wrong(g)}")
                break
        return block in written_to(g)


def test_a_block_below_goes(adapter):
    """It counts blocks anew before queues stop: what is posted in between names memory of the block that goes."""
    assert any(remove_what_is_below(adapter) for _ in range(8))

# SPDX-License-Identifier: GPL-2.0
"""A kernel of ours boots, and shows its memory as blocks."""

from harness import memory


def test_boot(guest):
    with guest(mem="2G", smp=2) as g:
        assert g.run("echo ready") == "ready\n"
        size = memory.block_size(g)
        blocks = memory.blocks(g)
        ram = {start // size for start, _, name, _ in memory.iomem(g) if name == "System RAM"}
        assert ram <= blocks.keys() and (2 << 30) <= len(blocks) * size <= (2 << 30) + size
        assert set(blocks.values()) == {"online"}


def test_dimm_appears_and_leaves(guest):
    with guest(mem="1G", maxmem="4G", slots=1, append="movable_node") as g:
        memory.auto_online(g, "offline")
        before = memory.blocks(g)
        g.plug_dimm("d0", size="1G")
        new = {block: state for block, state in memory.blocks(g).items() if block not in before}
        assert len(new) * memory.block_size(g) == 1 << 30
        assert set(new.values()) == {"online" if g.has_dlpar else "offline"}
        assert g.unplug_dimm("d0")
        assert memory.blocks(g) == before

# SPDX-License-Identifier: GPL-2.0
"""To which zone a block goes: what the user says, and what the two policies choose for who says nothing."""

import pytest

from harness import memory, selftests

pytestmark = pytest.mark.slow_on_debug

MIB = 1 << 20
START = 4 << 30
PARAMETERS = "/sys/module/memory_hotplug/parameters"
ADD = "/sys/module/mhp_provider/parameters/add"


def add(g, size, words="", state="offline"):
    """Let a driver add memory, whose blocks become that by themselves; their ids."""
    known = memory.blocks(g)
    memory.auto_online(g, state)
    start = START + g.added if hasattr(g, "added") else START
    g.added = start + size - START
    assert selftests.put(g, ADD, f"0 {start:#x} {size:#x} {words}") == "ok", memory.refusal(g)
    return sorted(memory.blocks(g).keys() - known.keys())


def zones_of(g, blocks):
    return [g.run(f"cat {memory.SYSFS}/memory{block}/valid_zones").strip() for block in blocks]


def online(g, blocks, state="online"):
    memory.set_state(g, blocks, state)
    return zones_of(g, blocks)


def test_contig_zones(spare_guest):
    """The user's word holds; without it a block goes where its neighbours are, or to the kernel."""
    with spare_guest() as g:
        selftests.load(g, "mhp_provider")
        assert g.run(f"cat {PARAMETERS}/online_policy").strip() == "contig-zones"
        blocks = add(g, 1024 * MIB)
        assert zones_of(g, blocks)[0].split()[0] == "Normal"
        assert online(g, blocks[:1], "online_kernel") == ["Normal"]
        assert online(g, blocks[1:2]) == ["Normal"]
        assert online(g, blocks[4:5], "online_movable") == ["Movable"]
        assert online(g, blocks[7:8], "online_movable") == ["Movable"]
        assert zones_of(g, blocks[5:6]) == ["Movable Normal"], "between movable blocks"
        assert online(g, blocks[5:6]) == ["Movable"]
        assert online(g, blocks[6:7]) == ["Movable"]
        zone = memory.zones(g)[(0, "Movable")]
        assert zone["present"] == zone["spanned"] == 4 * memory.block_size(g) // 4096


@pytest.mark.parametrize("words, wanted", [
    ("", ["Movable"] * 4 + ["Normal"] * 4),             # block by block until the ratio is reached
    ("group", ["Normal"] * 8),                          # a group that does not fit as a whole stays together
])
def test_auto_movable(spare_guest, words, wanted):
    with spare_guest() as g:
        selftests.load(g, "mhp_provider")
        # 2 GiB less some reserved MiB, so that four blocks of 128 MiB fit and a fifth does not
        g.run(f"echo auto-movable > {PARAMETERS}/online_policy; echo 26 > {PARAMETERS}/auto_movable_ratio")
        assert online(g, add(g, 1024 * MIB, words)) == wanted


@pytest.mark.parametrize("words", ["", "group"])
def test_auto_movable_by_itself(spare_guest, words):
    """A range that comes online in one go is put where its blocks would be, one by one."""
    with spare_guest() as g:
        selftests.load(g, "mhp_provider")
        g.run(f"echo auto-movable > {PARAMETERS}/online_policy; echo 26 > {PARAMETERS}/auto_movable_ratio")
        at_once = zones_of(g, add(g, 1024 * MIB, words, "online"))
    with spare_guest() as g:
        selftests.load(g, "mhp_provider")
        g.run(f"echo auto-movable > {PARAMETERS}/online_policy; echo 26 > {PARAMETERS}/auto_movable_ratio")
        assert at_once == online(g, add(g, 1024 * MIB, words))


def test_auto_movable_group_that_fits(spare_guest):
    with spare_guest() as g:
        selftests.load(g, "mhp_provider")
        g.run(f"echo auto-movable > {PARAMETERS}/online_policy; echo 26 > {PARAMETERS}/auto_movable_ratio")
        assert online(g, add(g, 512 * MIB, "group")) == ["Movable"] * 4
        # Now the ratio is used up, also for a group that would be small enough alone
        assert online(g, add(g, 256 * MIB, "group")) == ["Normal"] * 2
        # The user's word is above the policy
        assert online(g, add(g, 128 * MIB), "online_movable") == ["Movable"]


def test_auto_online_follows_the_policy(spare_guest):
    with spare_guest() as g:
        g.run(f"echo auto-movable > {PARAMETERS}/online_policy")
        size = memory.block_size(g)
        for number, (state, zone) in enumerate([("online", "Movable"), ("online_kernel", "Normal"),
                                                ("online_movable", "Movable")]):
            memory.auto_online(g, state)
            start = START + number * size
            assert selftests.put(g, "probe", f"{start:#x}") == "ok"
            assert zones_of(g, [start // size]) == [zone]


def test_bad_parameters(spare_guest):
    with spare_guest() as g:
        for name, text in [("online_policy", "none"), ("auto_movable_ratio", "-1"), ("auto_movable_ratio", "much")]:
            before = g.run(f"cat {PARAMETERS}/{name}")
            assert selftests.put(g, f"{PARAMETERS}/{name}", text) == "EINVAL"
            assert g.run(f"cat {PARAMETERS}/{name}") == before
        assert selftests.put(g, f"{PARAMETERS}/memmap_on_memory", "1") == "EACCES"

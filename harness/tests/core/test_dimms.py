# SPDX-License-Identifier: GPL-2.0
"""DIMMs that come and go through ACPI, on a node that has memory and on one that has none."""

import re

import pytest

from harness import memory, selftests

MIB = 1 << 20
NODES = [{"mem": "1G", "cpus": "0-1"}, {}]


@pytest.fixture
def dimm_guest(guest, kernel_ours):
    def make(append="", **options):
        return guest(kernel=kernel_ours, files=selftests.files(kernel_ours), nodes=NODES, maxmem="8G", slots=6,
                     append=append, **options)
    return make


def plug(g, id, size, node):
    """Plug a DIMM; the ids of its blocks."""
    known = memory.blocks(g)
    g.plug_dimm(id, size=size, node=node)
    return sorted(memory.blocks(g).keys() - known.keys())


def node_of(g, block):
    return int(g.run(f"basename {memory.SYSFS}/memory{block}/node*").removeprefix("node"))


def mask(g, name):
    return g.run(f"cat /sys/devices/system/node/{name}").strip()


def warm_up(g):
    """What the first memory of a node leaves allocated for good is there afterwards."""
    for node in (0, 1):
        memory.set_state(g, plug(g, f"warm{node}", "256M", node), "online_movable")
        assert g.unplug_dimm(f"warm{node}")


@pytest.mark.measure                        # what debugging allocates may lie in the kernel's block of node 1
def test_dimms_on_two_nodes(dimm_guest):
    with dimm_guest() as g:
        memory.auto_online(g, "offline")
        warm_up(g)
        assert mask(g, "has_memory") == "0"
        before = selftests.snapshot(g)
        total = memory.total_kib(g)

        a = plug(g, "a", "512M", 0)
        b = plug(g, "b", "512M", 1)
        c = plug(g, "c", "256M", 1)
        size = memory.block_size(g)
        assert [len(blocks) * size for blocks in (a, b, c)] == [512 * MIB, 512 * MIB, 256 * MIB]
        assert {node_of(g, block) for block in a} == {0}
        assert {node_of(g, block) for block in b + c} == {1}
        assert mask(g, "has_memory") == "0"

        memory.set_state(g, b[:1], "online_kernel")
        assert mask(g, "has_memory") == mask(g, "has_normal_memory") == "0-1"
        memory.set_state(g, a + b[1:] + c, "online_movable")
        zones = memory.zones(g)
        assert zones[(1, "Normal")]["present"] * 4096 == size
        assert zones[(1, "Movable")]["present"] * 4096 == 768 * MIB - size
        assert zones[(0, "Movable")]["present"] * 4096 == 512 * MIB
        assert memory.total_kib(g) == total + 1280 * 1024

        # The one in the middle first, so that its neighbours keep their zones and their node
        assert g.unplug_dimm("b")
        assert mask(g, "has_memory") == "0-1" and mask(g, "has_normal_memory") == "0"
        assert (1, "Movable") in memory.zones(g)
        assert g.unplug_dimm("c")
        assert mask(g, "has_memory") == mask(g, "online") == "0"
        assert g.unplug_dimm("a")
        assert not selftests.difference(before, selftests.snapshot(g))


@pytest.mark.slow_on_debug
def test_allocations_in_flight_keep_their_zone(dimm_guest):
    """
    Zones and nodes come and go: the entry of a zonelist that an allocation began with never becomes its end,
    and the zone is before the empty ones again once it has memory.
    """
    with dimm_guest() as g:
        memory.auto_online(g, "offline")
        selftests.load(g, "mhp_zonelist")
        zonelist = "/sys/module/mhp_zonelist/parameters"

        def fallback():
            """The zones that allocations on node 0 try, in their order."""
            return g.run(f"cat {zonelist}/lists").splitlines()[0].split()[1:]

        boot, = fallback()
        # On arm64 node 1 is online without memory, until it loses its first
        online = mask(g, "online")
        for node, zone in 2 * [(0, "Movable"), (1, "Movable"), (1, "Normal")]:
            blocks = plug(g, "z", "128M", node)
            memory.set_state(g, blocks, "online_movable" if zone == "Movable" else "online_kernel")
            expected = [boot, f"1/{zone}"] if node else [f"0/{zone}", boot]
            assert fallback()[:2] == expected
            g.run(f"echo > {zonelist}/hold")
            assert g.unplug_dimm("z")
            online = "0" if node else online
            assert mask(g, "online") == online
            assert g.run(f"cat {zonelist}/lost").strip() == "0", fallback()
            assert fallback()[0] == boot and f"{node}/{zone}" in fallback()[1:]


def test_unplug_moves_what_a_process_has_there(dimm_guest):
    with dimm_guest() as g:
        memory.auto_online(g, "offline")
        blocks = plug(g, "d", "512M", 1)
        memory.set_state(g, blocks, "online_movable")
        size = memory.block_size(g)
        load = g.spawn(f"fill 256 {blocks[0] * size:#x} {(blocks[-1] + 1) * size:#x} 1")
        load.wait_output("filled:")
        assert g.unplug_dimm("d", timeout=120)
        load.write("check\n")
        assert " 0 in the range" in load.wait_output("intact:").split("intact:")[1]
        load.close_input()
        assert load.wait()[0] == 0


@pytest.mark.slow_on_debug
def test_unplug_fills_the_movable_zone_of_another_node_first(guest, kernel_ours):
    """All of a node's ZONE_MOVABLE goes; it has room in other zones, but other nodes have a ZONE_MOVABLE that stays."""
    with guest(kernel=kernel_ours, nodes=[{"mem": "1G", "cpus": "0-1"}, {"mem": "1G"}], maxmem="8G", slots=2) as g:
        memory.auto_online(g, "online_movable")
        stays, _ = plug(g, "stays", "512M", 0), plug(g, "goes", "512M", 1)
        size = memory.block_size(g)
        load = g.spawn(f"fill 256 {stays[0] * size:#x} {(stays[-1] + 1) * size:#x} 1")
        assert " 0 in the range" in load.wait_output("filled:")
        assert g.unplug_dimm("goes", timeout=120)
        load.write("check\n")
        moved = load.wait_output("intact:").split("intact:")[1]
        assert int(re.search(r"(\d+) in the range", moved)[1]) > 256 * MIB // 4096 * 9 // 10, moved
        load.close_input()
        assert load.wait()[0] == 0


# A kernel that records its allocations keeps the records anywhere, also in this node's kernel zone
@pytest.mark.measure
def test_unplug_waits_for_an_unmovable_page(dimm_guest):
    """A kernel page in the DIMM keeps it; once it is freed the DIMM goes."""
    with dimm_guest() as g:
        memory.auto_online(g, "offline")
        blocks = plug(g, "d", "256M", 1)
        memory.set_state(g, blocks, "online_kernel")
        holder = g.spawn("unmovable 1 1024")
        assert "holding 1024 KiB" in holder.wait_output("holding")

        assert not g.unplug_dimm("d")
        states = memory.blocks(g)
        assert {states[block] for block in blocks} == {"online"}, "what went offline is back online"
        refusals = [memory.refusal(g, block) for block in blocks]
        refused = [text for text in refusals if text != "none"]
        assert refused and all("request=offline" in text for text in refused), refusals
        assert any("reason=isolation" in text or "reason=unmovable" in text for text in refused), refusals

        holder.close_input()
        assert holder.wait()[0] == 0
        assert g.unplug_dimm("d", timeout=120)
        assert not memory.blocks(g).keys() & set(blocks)


def test_memmap_on_memory(dimm_guest):
    """The struct pages lie in the DIMM: it gives less memory, and takes none of the memory there was."""
    with dimm_guest(append="memory_hotplug.memmap_on_memory=1") as g:
        memory.auto_online(g, "offline")
        warm_up(g)
        before = selftests.snapshot(g)
        total = memory.total_kib(g)
        blocks = plug(g, "d", "512M", 0)
        size = memory.block_size(g)
        memmap = size // 4096 * 64
        memory.set_state(g, blocks, "online_movable")
        assert memory.total_kib(g) - total == len(blocks) * (size - memmap) // 1024
        zone = memory.zones(g)[(0, "Movable")]
        assert zone["present"] * 4096 == len(blocks) * size
        assert zone["managed"] * 4096 == len(blocks) * (size - memmap)

        for block in blocks:
            assert selftests.put(g, f"memory{block}/state", "offline") == "ok"
            assert selftests.put(g, f"memory{block}/state", "online_movable") == "ok"
        assert g.unplug_dimm("d")
        assert not selftests.difference(before, selftests.snapshot(g))


@pytest.mark.slow_on_debug
def test_a_client_that_refuses_auto_online(guest, kernel_ours):
    """The memory is added all the same, offline, and says who refused."""
    with guest(kernel=kernel_ours, files=selftests.files(kernel_ours), nodes=NODES, maxmem="4G", slots=1,
               modules=["memory-notifier-error-inject"]) as g:
        g.run("modprobe memory-notifier-error-inject")
        inject = "/sys/kernel/debug/notifier-error-inject/memory/actions/MEM_GOING_ONLINE/error"
        g.run(f"test -e {inject} || mount -t debugfs debugfs /sys/kernel/debug")
        g.run(f"echo -12 > {inject}; echo online_movable > {memory.SYSFS}/auto_online_blocks")
        blocks = plug(g, "d", "256M", 1)
        states = memory.blocks(g)
        assert len(blocks) == 2 and {states[block] for block in blocks} == {"offline"}
        # The first refusal ends it, as in 6.12
        text = memory.refusal(g, blocks[0])
        assert text.startswith("error=-12 request=online reason=client "), text
        assert memory.refusal(g, blocks[1]) == "none"
        g.run(f"echo 0 > {inject}")
        memory.set_state(g, blocks, "online_movable")
        assert g.unplug_dimm("d")
        g.run("rmmod memory-notifier-error-inject")

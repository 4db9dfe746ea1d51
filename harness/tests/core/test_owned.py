# SPDX-License-Identifier: GPL-2.0
"""Memory that somebody else has brought is not removed by hand, and then goes the way of its owner."""

import pytest

from harness import dax, memory, selftests

pytestmark = pytest.mark.slow_on_debug

MIB = 1 << 20
SPARE_START = 4 << 30


def refused_as_owned(g, blocks):
    """`remove` of the first block, and of all: EPERM, nothing changed; returns the refusal."""
    size = memory.block_size(g)
    before = selftests.snapshot(g)
    for text in (f"{blocks[0] * size:#x}", f"{blocks[0] * size:#x} {len(blocks) * size:#x}"):
        assert selftests.put(g, "remove", text) == "EPERM"
        refusal = memory.refusal(g)
        assert refusal.startswith("error=-1 request=remove reason=owned "), refusal
    assert not selftests.difference(before, selftests.snapshot(g))
    return refusal


def new_blocks(g, known):
    return sorted(memory.blocks(g).keys() - known.keys())


@pytest.mark.parametrize("state", ["offline", "online_movable"])
def test_acpi(guest, kernel_ours, state):
    with guest(kernel=kernel_ours, files=selftests.files(kernel_ours), mem="1G", maxmem="4G", slots=1) as g:
        memory.auto_online(g, state)
        known = memory.blocks(g)
        g.plug_dimm("d", size="256M")
        refusal = refused_as_owned(g, new_blocks(g, known))
        device = refusal.split(" by=")[1].split()[0]
        assert device.startswith("PNP0C80:") and "eject" in refusal
        assert g.sh(f"test -w /sys/bus/acpi/devices/{device}/eject")[0] == 0, "the way out that it names is there"
        assert g.unplug_dimm("d")
        assert memory.blocks(g) == known


def test_acpi_by_the_way_out(guest, kernel_ours):
    """What the refusal says to do is done, word for word."""
    with guest(kernel=kernel_ours, files=selftests.files(kernel_ours), mem="1G", maxmem="4G", slots=1) as g:
        memory.auto_online(g, "offline")
        known = memory.blocks(g)
        g.plug_dimm("d", size="256M")
        refusal = refused_as_owned(g, new_blocks(g, known))
        g.run(refusal.split("eject that: ")[1])
        g.wait_event("DEVICE_DELETED", device="d")
        assert memory.blocks(g) == known


def test_virtio_mem(guest, kernel_ours):
    with guest(kernel=kernel_ours, files=selftests.files(kernel_ours), mem="1G", maxmem="4G", slots=1,
               extra=["-object", "memory-backend-ram,id=backend,size=1G", "-device",
                      "virtio-mem-pci,id=vmem,memdev=backend,node=0,requested-size=0"]) as g:
        memory.auto_online(g, "online_movable")
        known = memory.blocks(g)
        g.qmp("qom-set", path="/machine/peripheral/vmem", property="requested-size", value=256 * MIB)
        g.wait_event("MEMORY_DEVICE_SIZE_CHANGE", id="vmem", size=256 * MIB)
        memory.wait_online(g, len(known) + 2)
        blocks = new_blocks(g, known)
        assert "virtio_mem" in refused_as_owned(g, blocks)
        g.qmp("qom-set", path="/machine/peripheral/vmem", property="requested-size", value=0)
        g.wait_event("MEMORY_DEVICE_SIZE_CHANGE", id="vmem", size=0)
        memory.wait_online(g, len(known))
        assert memory.blocks(g) == known


@pytest.mark.parametrize("own_memmap", [False, True])
def test_dax_kmem(guest, kernel_ours, own_memmap):
    """The driver that removes it is unbound by hand. CXL regions are dax devices too, and go the same way."""
    options = {**dax.GUEST, "append": dax.GUEST["append"] + " memory_hotplug.memmap_on_memory=1"}
    with guest(kernel=kernel_ours, files=selftests.files(kernel_ours), **options) as g:
        memory.auto_online(g, "offline")
        dax.create(g)
        known = memory.blocks(g)
        assert selftests.put(g, f"{dax.DEVICE}/memmap_on_memory", str(int(own_memmap))) == "ok"
        for state in ("offline", "online_movable"):
            dax.bind(g)
            blocks = new_blocks(g, known)
            assert len(blocks) * memory.block_size(g) == dax.SIZE
            if state != "offline":
                memory.set_state(g, blocks, state)
                zone = memory.zones(g)[dax.NODE, "Movable"]
                assert (zone["managed"] < zone["present"]) == own_memmap
            refusal = refused_as_owned(g, blocks)
            assert " by=kmem " in refusal and "let that remove it" in refusal
            if state != "offline":          # the driver takes no memory that is in use
                memory.set_state(g, blocks, "offline")
            dax.unbind(g)
            assert memory.blocks(g) == known


@pytest.mark.parametrize("words", ["", "managed", "group", "managed group memmap"])
def test_driver(guest, kernel_ours, words):
    with guest(kernel=kernel_ours, files=selftests.files(kernel_ours), mem="4G",
               append="mem=2G memory_hotplug.memmap_on_memory=1") as g:
        selftests.load(g, "mhp_provider")
        memory.auto_online(g, "offline")
        known = memory.blocks(g)
        where = f"{SPARE_START:#x} {256 * MIB:#x}"
        add, remove = (f"/sys/module/mhp_provider/parameters/{name}" for name in ("add", "remove"))
        assert selftests.put(g, add, f"0 {where} {words}") == "ok", memory.refusal(g)
        blocks = new_blocks(g, known)
        assert "mhp_provider" in refused_as_owned(g, blocks) or "managed" not in words
        memory.set_state(g, blocks, "online_movable")
        assert selftests.put(g, remove, where) == "EBUSY"
        assert memory.refusal(g).startswith("error=-16 request=remove reason=online ")
        memory.set_state(g, blocks, "offline")
        assert selftests.put(g, remove, where) == "ok"
        assert memory.blocks(g) == known

        # And once more in one step, from online, when the driver leaves
        assert selftests.put(g, add, f"0 {where} {words}") == "ok"
        memory.set_state(g, blocks, "online_movable")
        g.run("rmmod mhp_provider")
        assert memory.blocks(g) == known


def resources(g):
    """{address: what it lies in} of the resources of mhp_resource"""
    found, above = {}, {}
    for first, _, name, depth in memory.iomem(g):
        above[depth] = name
        if name == "mhp_resource":
            found[first] = above[depth - 1]
    return found


def insert_resources(g, *addresses):
    g.run(f"insmod {selftests.program('mhp_resource')}.ko at={','.join(map(hex, addresses))}")
    found = resources(g)
    assert found == dict.fromkeys(addresses, "System RAM")
    return found


def test_boot_memory_that_nobody_owns(guest, kernel_ours):
    """It may go, as far as leaves of the direct map let it, leaves no trace for kexec, and can come back.

    What the kernel allocates at boot lies at the top of the memory, well above the GiB that goes, and its image
    below 4 GiB. Resources on both sides stay what they are: physical KASLR could have put the image there.
    """
    start, gib = 5 << 30, 1 << 30
    with guest(kernel=kernel_ours, files=selftests.files(kernel_ours), mem="6G",
               append="movablecore=3328M nokaslr") as g:
        memory.auto_online(g, "offline")
        blocks = sorted(memory.blocks_in(g, start, start + gib))
        assert len(blocks) * memory.block_size(g) == gib
        memory.set_state(g, blocks, "offline", timeout=120)
        assert selftests.put(g, "remove", f"{start:#x}") == "EBUSY"
        assert "reason=leaf" in memory.refusal(g)

        insert_resources(g, start + gib // 2)
        assert selftests.put(g, "remove", f"{start:#x} {gib:#x}") == "EBUSY"
        assert "reason=conflict" in memory.refusal(g) and "mhp_resource" in memory.refusal(g)
        g.run("rmmod mhp_resource")
        beside = insert_resources(g, start - MIB, start + gib)
        assert selftests.put(g, "remove", f"{start:#x} {gib:#x}") == "ok", memory.refusal(g)
        assert resources(g) == beside
        g.run("rmmod mhp_resource")
        assert not resources(g)

        assert not memory.blocks_in(g, start, start + gib)
        for first, end, name, _ in memory.iomem(g):
            assert name != "System RAM" or end <= start or first >= start + gib
        entries = g.run("cd /sys/firmware/memmap; "
                        "for i in *; do cat $i/start $i/end $i/type | tr '\\n' ' '; echo; done")
        for first, last, *kind in (line.split() for line in entries.splitlines()):
            assert kind != ["System", "RAM"] or int(last, 16) < start or int(first, 16) >= start + gib, entries

        assert selftests.put(g, "probe", f"{start:#x} {gib:#x}") == "ok", memory.refusal(g)
        memory.set_state(g, blocks, "online_movable")

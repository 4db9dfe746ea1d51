# SPDX-License-Identifier: GPL-2.0
"""The kselftests of tools/testing/selftests/memory-hotplug, in guests that have what they want.

RAM above mem= is there to be probed: 3 GiB, of which the lower belongs to node 0. Node 1 has no memory at
boot; a driver of the tests adds its memory.
"""

import pytest

from harness import memory, selftests
from harness.allocations import Allocations

SPARE = {"nodes": [{"mem": "3G", "cpus": "0-1"}, {"mem": "2G"}], "append": "mem=2G"}
ROUNDS = 30


def booted(guest, image, append=""):
    return guest(kernel=image, files=selftests.files(image), nodes=SPARE["nodes"],
                 append=f"{SPARE['append']} {append}")


def test_makefile_names_them(kernel_ours):
    selftests.files(kernel_ours)            # assembles and builds
    names = set(selftests.test_names("memory-hotplug"))
    assert names == {"mem-on-off-test.sh", "files.sh", "remove.sh", "leaf.sh", "lockdown.sh", "states", "fail-nth"}


@pytest.mark.parametrize("name, append", [
    pytest.param("files.sh", "", marks=pytest.mark.slow_on_debug),
    pytest.param("remove.sh", "", marks=pytest.mark.slow_on_debug),
    pytest.param("leaf.sh", "", marks=pytest.mark.not_on("ppc64")),
    ("lockdown.sh", "lsm=lockdown lockdown=integrity"),
])
def test_script(guest, kernel_ours, record_ktap, name, append):
    with booted(guest, kernel_ours, append) as g:
        record_ktap(g.ktap(selftests.program(name), timeout=400))


def run_states(guest, image, rounds):
    """All providers, nodes and zones: probed, by a driver to a bare node, and with its memmap on itself."""
    with booted(guest, image, "memory_hotplug.memmap_on_memory=1") as g:
        selftests.load(g, "mhp_client", "mhp_provider")
        results = g.ktap(f"{selftests.program('states')} -r {rounds}", timeout=120 + 4 * rounds)
    names = " ".join(name for _, name, _ in results)
    for wanted in ("probed node 0", "plain node 1 online_movable", "plain node 1 online_kernel", "kept node 0",
                   "managed memmap"):
        assert wanted in names
    return results


@pytest.mark.measure
def test_states(guest, kernel_ours, record_ktap):
    record_ktap(run_states(guest, kernel_ours, ROUNDS))


@pytest.mark.full
@pytest.mark.measure
def test_states_long(guest, kernel_ours, record_ktap):
    record_ktap(run_states(guest, kernel_ours, 200))


@pytest.mark.measure
def test_states_of_a_dimm_with_its_own_memmap(guest, kernel_ours, record_ktap):
    """The block table alone, on a block that ACPI has added."""
    with guest(kernel=kernel_ours, files=selftests.files(kernel_ours), mem="1G", maxmem="4G", slots=1,
               append="memory_hotplug.memmap_on_memory=1") as g:
        selftests.load(g, "mhp_client")
        memory.auto_online(g, "offline")
        g.plug_dimm("d0", size="256M")
        block = next(number for number, state in memory.blocks(g).items() if state == "offline")
        record_ktap(g.ktap(f"{selftests.program('states')} -b {block} -r 20"))
        assert g.unplug_dimm("d0")


TRACED = 4                                  # rounds that states measures; it makes one more before


def do_rounds(g, count):
    """Whatever the program concludes from counting after so few, which other allocations disturb."""
    _, output = g.sh(f"{selftests.program('states')} -q -r {count}", timeout=120)
    assert f"no slope over {count} rounds" in output, output


@pytest.mark.measure
def test_no_object_is_left_behind(guest, kernel_ours):
    """Exact where counting is not: which functions have allocated what nobody has freed since, by name."""
    with booted(guest, kernel_ours, "memory_hotplug.memmap_on_memory=1") as g:
        selftests.load(g, "mhp_client", "mhp_provider")
        do_rounds(g, 2)
        with Allocations(g, "states") as allocations:
            do_rounds(g, TRACED)
    kept = {name: count for name, count in allocations.live.items() if count >= TRACED}
    assert not kept, f"still allocated after {TRACED} rounds: {kept}"

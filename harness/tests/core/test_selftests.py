# SPDX-License-Identifier: GPL-2.0
"""The kselftests of tools/testing/selftests/memory-hotplug, in guests that have what they want.

RAM above mem= is there to be probed: 3 GiB, of which the lower belongs to node 0. Node 1 has no memory at
boot; a driver of the tests adds its memory.
"""

import collections
import re

import pytest

from harness import memory, selftests

SPARE = {"nodes": [{"mem": "3G", "cpus": "0-1"}, {"mem": "2G"}], "append": "mem=2G"}
ROUNDS = 40




def booted(guest, image, append=""):
    return guest(kernel=image, files=selftests.files(image), nodes=SPARE["nodes"],
                 append=f"{SPARE['append']} {append}")


def test_makefile_names_them(kernel_ours):
    selftests.files(kernel_ours)            # assembles and builds
    names = set(selftests.test_names("memory-hotplug"))
    assert names == {"mem-on-off-test.sh", "files.sh", "remove.sh", "leaf.sh", "lockdown.sh", "states", "fail-nth"}


@pytest.mark.parametrize("name, append", [
    ("files.sh", ""), ("remove.sh", ""), ("leaf.sh", ""), ("lockdown.sh", "lsm=lockdown lockdown=integrity")])
def test_script(guest, kernel_ours, record_ktap, name, append):
    with booted(guest, kernel_ours, append) as g:
        record_ktap(g.ktap(selftests.program(name), timeout=120))


def run_states(guest, image, rounds):
    """All providers, nodes and zones: probed, by a driver to a bare node, and with its memmap on itself."""
    with booted(guest, image, "memory_hotplug.memmap_on_memory=1") as g:
        selftests.load(g, "mhp_client", "mhp_provider")
        results = g.ktap(f"{selftests.program('states')} -r {rounds}", timeout=120 + 4 * rounds)
    names = " ".join(name for _, name, _ in results)
    for wanted in ("probed node 0", "plain node 1 online_movable", "plain node 1 online_kernel", "managed memmap"):
        assert wanted in names
    return results


def test_states(guest, kernel_ours, record_ktap):
    record_ktap(run_states(guest, kernel_ours, ROUNDS))


@pytest.mark.full
def test_states_long(guest, kernel_ours, record_ktap):
    record_ktap(run_states(guest, kernel_ours, 200))


def test_states_of_a_dimm_with_its_own_memmap(guest, kernel_ours, record_ktap):
    """The block table alone, on a block that ACPI has added."""
    with guest(kernel=kernel_ours, files=selftests.files(kernel_ours), mem="1G", maxmem="4G", slots=1,
               append="memory_hotplug.memmap_on_memory=1") as g:
        selftests.load(g, "mhp_client")
        g.run(f"echo offline > {memory.SYSFS}/auto_online_blocks")
        g.plug_dimm("d0", size="256M")
        block = next(number for number, state in memory.blocks(g).items() if state == "offline")
        record_ktap(g.ktap(f"{selftests.program('states')} -b {block} -r 4"))
        assert g.unplug_dimm("d0")


TRACED = 4                                  # rounds that states measures; it makes one more before

# Allocations whose end is not to be seen in the trace, or need not come
UNSEEN = {"kernfs_fop_open": "kfree_rcu() frees in bulk, without an event",
          "sparse_add_section": "kfree_rcu() too",
          "alloc_inode": "cached", "__d_alloc": "cached"}


def live_objects(trace):
    """{function: how many of the objects it has allocated are still there}, from the kmem events of a trace."""
    live = {}
    for line in trace.splitlines():
        event = re.search(r" (kmalloc|kmem_cache_alloc|kfree|kmem_cache_free): .*?ptr=(\S+)", line)
        if not event:
            continue
        if "alloc" in event[1]:
            live[event[2]] = re.search(r"call_site=([\w.]+)", line)[1]
        else:
            live.pop(event[2], None)
    return collections.Counter(live.values())


def test_no_object_is_left_behind(guest, kernel_ours):
    """Exact where counting is not: which functions have allocated what nobody has freed since, by name."""
    tracing = "/sys/kernel/tracing"
    with booted(guest, kernel_ours, "memory_hotplug.memmap_on_memory=1") as g:
        selftests.load(g, "mhp_client", "mhp_provider")
        # Only what the test itself allocates; what it frees may be freed by anybody, after a grace period
        g.run(f"""
            set -e
            test -d {tracing}/events || mount -t tracefs tracefs {tracing}
            {selftests.program('states')} -q -r 2 > /tmp/first || cat /tmp/first
            {selftests.program('mhp')} settle
            cd {tracing}
            echo 100000 > buffer_size_kb
            for event in kmalloc kmem_cache_alloc; do echo 'comm == "states"' > events/kmem/$event/filter; done
            for event in kmalloc kmem_cache_alloc kfree kmem_cache_free; do echo 1 > events/kmem/$event/enable; done
            {selftests.program('states')} -q -r {TRACED} > /tmp/second || cat /tmp/second
            {selftests.program('mhp')} settle
            {selftests.program('mhp')} settle
            echo 0 > tracing_on""", timeout=180)
        lost = g.run(f"cat {tracing}/per_cpu/cpu*/stats | grep -E '^(overrun|dropped events)'")
        assert not re.search(r": [1-9]", lost), f"the trace is not whole: {lost}"
        trace = g.run(f"cat {tracing}/trace", timeout=180)
    live = live_objects(trace)
    kept = {name: count for name, count in live.items() if count >= TRACED and name not in UNSEEN}
    assert not kept, f"still allocated after {TRACED} rounds: {kept}"

# SPDX-License-Identifier: GPL-2.0
"""zone->contiguous is kept by counting. The oracle is the scan of the whole zone that it replaces.

A random walk brings blocks online and offline, adds and removes them, and after every step compares the flag
and the count of every zone with what the scan finds. The guest has boot memory in a kernel zone and in
ZONE_MOVABLE, RAM to probe inside and above DMA32, and a DIMM on a second node whose blocks hold their own memmap.
"""

import collections
import random

import pytest

from harness import memory

pytestmark = pytest.mark.slow_on_debug

# -m 3G puts 2 GiB below the hole for devices and 1 GiB above 4 GiB; the kernel takes the first one only.
GUEST = {"maxmem": "8G", "slots": 2, "nodes": [{"mem": "3G", "cpus": "0-1"}, {}],
         "append": "mem=1G movablecore=512M memory_hotplug.memmap_on_memory=1"}
PROBED = [(1 << 30, 2 << 30), (4 << 30, 5 << 30)]
DIMM = "d0"


class Walk:
    def __init__(self, g, seed):
        self.g, self.random = g, random.Random(seed)
        memory.auto_online(g, "offline")
        self.size = memory.block_size(g)
        self.boot = set(memory.blocks(g))
        self.probed = {block for start, end in PROBED for block in range(start // self.size, end // self.size)}
        self.plugged = False
        self.done = collections.Counter()       # (what, succeeded): times
        self.flags = collections.defaultdict(set)
        self.history = []

    def actions(self, states):
        """Everything that can be asked for, as (what, block)."""
        for block, state in states.items():
            if state == "online":
                yield "offline", block
            else:
                for kind in ("online", "online_kernel", "online_movable"):
                    yield kind, block
                if block in self.probed:
                    yield "remove", block
        for block in self.probed - set(states):
            yield "probe", block

    def act(self, what, block):
        """True if it was done; a refusal is as good, if everything is as it was."""
        if what == "plug":
            self.g.plug_dimm(DIMM, size="1G", node=1)
            self.plugged = True
            return True
        if what == "unplug":
            self.plugged = not self.g.unplug_dimm(DIMM)
            return not self.plugged
        if what in ("probe", "remove"):
            return self.g.sh(f"echo {block * self.size:#x} > {memory.SYSFS}/{what}")[0] == 0
        # A signal ends what waits for a page that somebody holds
        return self.g.sh(f"timeout 20 sh -c 'echo {what} > {memory.SYSFS}/memory{block}/state'")[0] == 0

    def choose(self):
        if self.random.random() < 0.04:
            return ("unplug" if self.plugged else "plug"), None
        return self.random.choice(sorted(self.actions(memory.blocks(self.g))))

    def compare(self):
        found = memory.contiguity(self.g)
        assert found, "no zone at all"
        for (node, zone), (contiguous, counted, spanned, scanned) in found.items():
            where = f"node {node} zone {zone} after {self.history[-12:]}"
            assert counted == scanned, f"{where}: counted {counted}, a scan finds {scanned}"
            assert contiguous == (scanned == spanned and spanned > 0), \
                f"{where}: contiguous {contiguous}, a scan finds {scanned} of {spanned}"
            self.flags[zone].add(contiguous)

    def step(self):
        what, block = self.choose()
        self.history.append((what, block))
        done = self.act(what, block)
        origin = "boot" if block in self.boot else "probed" if block in self.probed else "dimm"
        self.done[origin, what, done] += 1
        self.compare()


def walk(guest, seed, steps):
    with guest(smp=2, name=f"contiguity-{seed}", timeout=300, **GUEST) as g:
        w = Walk(g, seed)
        w.compare()
        # Something of each kind is there from the beginning, and a hole in each zone
        assert w.act("plug", None)
        dimm, low, high = min(set(memory.blocks(g)) - w.boot), min(w.probed), max(w.probed)
        for what, block in [("online_movable", dimm), ("online_kernel", dimm + 1), ("online_kernel", dimm + 3),
                            ("probe", low), ("online", low), ("probe", low + 2), ("online_kernel", low + 2),
                            ("probe", high), ("online_movable", high)]:
            assert w.act(what, block), f"{what} {block}: {memory.refusal(g)}"
            w.compare()
        on_dimm = memory.zones(g)[1, "Movable"]
        assert on_dimm["managed"] < on_dimm["present"], "the DIMM's blocks do not hold their own memmap"
        for _ in range(steps):
            w.step()
        return w


def check_coverage(w):
    """A walk that did not get anywhere proves nothing."""
    for kind in [("boot", "offline", True), ("probed", "probe", True), ("probed", "remove", True),
                 ("probed", "online_kernel", True), ("probed", "online_movable", True), ("probed", "offline", True),
                 ("dimm", "online_movable", True), ("dimm", "online_kernel", True), ("dimm", "offline", True)]:
        assert w.done[kind], f"{kind} never happened in {dict(w.done)}"
    for zone in ("Normal", "Movable"):
        assert w.flags[zone] == {0, 1}, f"zone {zone} was never seen both contiguous and not"
    # What the kernel itself has there may keep all of its blocks online
    assert 1 in w.flags["DMA32"]


def test_contiguity(guest):
    check_coverage(walk(guest, seed=1, steps=120))


@pytest.mark.full
@pytest.mark.parametrize("seed", range(2, 6))
def test_contiguity_long(guest, seed):
    check_coverage(walk(guest, seed, steps=600))

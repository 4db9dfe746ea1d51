# SPDX-License-Identifier: GPL-2.0
"""Guests with spare memory, and with modules that stand in its way."""

import re

import pytest

from harness import memory, refusals, selftests
from harness.qemu import Guest

GIB = 1 << 30
# 2 GiB that the kernel has at boot; one to be probed on the same node, two for a driver on a bare node
NODES = [{"mem": "3G", "cpus": "0-1"}, {"mem": "2G"}]
PROBED, DRIVEN = 4 * GIB, 5 * GIB
OBSTACLE, NAMED, NOTIFIER, PROVIDER = (f"/sys/module/{name}/parameters" for name in (
    "mhp_obstacle", "mhp_named", "mhp_notifier", "mhp_provider"))


class Field:
    """A guest with blocks of both kinds: `movable` on node 0, `normal` on node 1, which has no CPU.

    The kernel's own allocations on node 1 lie in `base`, before or after it takes to the others.
    """

    def __init__(self, guest):
        self.guest = guest
        self.size = memory.block_size(guest)
        memory.auto_online(guest, "offline")
        selftests.load(guest, "mhp_obstacle", "mhp_named", "mhp_provider")
        self.probe(PROBED, 4)
        assert self.put(f"{PROVIDER}/add", f"1 {DRIVEN:#x} {4 * self.size:#x}") == "ok", memory.refusal(guest)
        self.movable = PROBED // self.size
        self.base = DRIVEN // self.size
        self.normal = self.base + 1
        self.spare = self.movable + 4       # and what follows: memory that nobody has added
        memory.set_state(guest, [self.base], "online_kernel")

    def probe(self, start, count):
        assert self.put("probe", f"{start:#x} {count * self.size:#x}") == "ok", memory.refusal(self.guest)

    def put(self, name, text):
        return selftests.put(self.guest, name, text)

    def start(self, block):
        return block * self.size

    def online(self, block, state):
        memory.set_state(self.guest, [block], state)

    def offline(self, block):
        assert self.put(f"memory{block}/state", "offline") == "ok", memory.refusal(self.guest, block)

    def state(self, block):
        return self.guest.run(f"cat {memory.SYSFS}/memory{block}/state").strip()

    def obstacle(self, kind, start, size):
        """Let the module put an obstacle into [start, start + size); (its address, its size)."""
        assert self.put(f"{OBSTACLE}/put", f"{kind} {start:#x} {size:#x}") == "ok", kind
        *_, last = self.guest.run(f"cat {OBSTACLE}/held").splitlines()
        name, address, length = last.split()
        assert name == kind
        return int(address, 16), int(length)

    def drop(self):
        assert self.put(f"{OBSTACLE}/drop", "all") == "ok"

    def settle(self):
        """Give back what is only cached, like the slabs of what a process had."""
        self.guest.run(f"{selftests.program('mhp')} settle")

    def timeout(self, milliseconds):
        assert self.put("hotplug/offline_timeout_ms", f"{milliseconds}") == "ok"

    def check(self, block):
        """The lines of the dry run."""
        return self.guest.run(f"cat {memory.SYSFS}/memory{block}/hotplug/check").splitlines()

    def fill(self, mib, block):
        """A process with memory that lies in the block, as much of it as fits."""
        start = self.start(block)
        process = self.guest.spawn(f"fill {mib} {start:#x} {start + self.size:#x}")
        assert "filled:" in process.wait_output("filled:", 120), process.output
        return process

    def in_block(self, kind, block):
        return self.obstacle(kind, self.start(block), self.size)

    def drain(self, block):
        """Take all free memory of the block's node, other than ZONE_MOVABLE."""
        self.obstacle("drain", self.start(block), 4096)

    def use(self, block, how=""):
        """A process that uses a page of the block, see harness/guest/pin.c; (the process, the page's address)."""
        start = self.start(block)
        process = self.guest.spawn(f"pin {start:#x} {start + self.size:#x} {how}")
        output = process.wait_output("\n")
        assert re.match("(pinned|used) 0x", output), output
        return process, int(output.split()[1], 16)

    def pin(self, block):
        return self.use(block)

    def file(self, block, name):
        return f"{memory.SYSFS}/memory{block}/{name}"

    def await_file(self, block, name, text):
        """Read a file of the block until it has this text."""
        self.guest.run(f"until grep -q '{text}' {self.file(block, name)}; do :; done")

    def spawn_offline(self, block):
        """A process that takes the block offline, and may be signalled."""
        return self.guest.spawn(f"exec {selftests.program('mhp')} put {self.file(block, 'state')} offline")

    @staticmethod
    def end(process):
        process.close_input()
        assert process.wait()[0] == 0, process.output


def boot(image, append="", nodes=NODES, **options):
    """A guest with spare memory for a Field; with nodes=None, one that has all of its memory at boot."""
    return Guest(image, files=selftests.files(image), nodes=nodes, append=f"mem=2G {append}" if nodes else append,
                 **options)


@pytest.fixture(scope="module")
def shared_field(kernel_ours):
    with boot(kernel_ours) as guest:
        yield Field(guest)


@pytest.fixture
def field(shared_field):
    """The module's guest; what a test has put in the way is gone afterwards."""
    yield shared_field
    shared_field.drop()
    shared_field.timeout(0)


@pytest.fixture
def watch(field):
    with refusals.Watch(field.guest) as watch:
        yield watch

# SPDX-License-Identifier: GPL-2.0
"""The balloon of a domain under Xen, and what Xen, the balloon and the kernel say of the domain's size."""

import base64
import collections
import re
import struct
import time

from . import memory
from .paths import HarnessError
from .timeouts import scaled

BALLOON = "/sys/devices/system/xen_memory/xen_memory0"
RES_NAME = "System RAM (xen-balloon)"

# Waits without starting a program, each of which is hundreds of hypercalls in a PV domain
SETTLE = f"until read now < {BALLOON}/info/current_kb && [ $now = %d ]; do :; done"

Sizes = collections.namedtuple("Sizes", "xen balloon total")        # in KiB


def parse(line):
    return Sizes(*map(int, re.fullmatch(r"xen (\d+) balloon (\d+) total (\d+)", line.strip()).groups()))


def sizes(guest):
    return parse(guest.run("xenpages"))


def current_kib(guest):
    return int(guest.run(f"cat {BALLOON}/info/current_kb"))


def set_target(guest, kib):
    guest.run(f"echo {kib} > {BALLOON}/target_kb")


def resize(guest, kib, timeout=300):
    """Set the target and wait until the domain has its size."""
    set_target(guest, kib)
    guest.run(SETTLE % kib, timeout)


def hot_kib(guest):
    """What the balloon has added, by the resource tree."""
    return sum(end - start for start, end, name, _ in memory.iomem(guest) if name == RES_NAME) >> 10


def wait_hot(guest, most_kib, timeout=60):
    """Until no more than that is there of what the balloon has added: the last block goes when its pages have gone."""
    end = time.monotonic() + scaled(timeout)
    while hot_kib(guest) > most_kib:
        if time.monotonic() > end:
            raise HarnessError(f"{hot_kib(guest)} KiB of hot memory stay: {memory.refusal(guest)}")


# Of what xentrace writes, see xen/include/public/trace.h: the class of a PV domain's hypercalls, and such a record
TRACE_CALLS, TRACE_CALL = 0x201000, 0x20100d
TRACE_LOST = 0x1f001
HYPERCALLS = {1: "mmu_update", 12: "memory_op", 13: "multicall", 14: "update_va_mapping", 26: "mmuext_op"}


def parse_trace(data):
    """A Counter of the hypercalls in a trace, those that deal with memory by their names; "lost" if some are."""
    found, at = collections.Counter(), 0
    while at < len(data):
        head, = struct.unpack_from("<I", data, at)
        at += 12 if head >> 31 else 4               # with the time, or without
        extra = head >> 28 & 7
        if head & 0xfffffff == TRACE_LOST:
            found["lost"] += 1
        elif head & 0xffffeff == TRACE_CALL:
            number, = struct.unpack_from("<I", data, at)
            found[HYPERCALLS.get(number & 0xfffff, "other")] += 1
        at += 4 * extra
    return found


def count_hypercalls(dom0, cmd, timeout=300):
    """Those of dom0, by Xen's own trace, while a shell command line runs; starting the shell is among them."""
    trace = dom0.spawn(f"exec xentrace -D -S 2048 -e {TRACE_CALLS:#x} /tmp/trace")
    dom0.run("until [ -s /tmp/trace ]; do :; done")
    dom0.run(cmd, timeout)
    trace.kill()
    trace.wait()
    found = parse_trace(base64.b64decode(dom0.run("base64 /tmp/trace && rm /tmp/trace")))
    if found["lost"]:
        raise HarnessError("xentrace has lost records")
    return found


def count_resize(dom0, kib):
    """Hypercalls that a new size takes, those of the shell that sets it taken off."""
    idle = count_hypercalls(dom0, f"echo {current_kib(dom0)} > {BALLOON}/target_kb; {SETTLE % current_kib(dom0)}")
    return count_hypercalls(dom0, f"echo {kib} > {BALLOON}/target_kb; {SETTLE % kib}") - idle

# SPDX-License-Identifier: GPL-2.0
"""What one memory block after the other costs in a guest: nanoseconds, or instructions where its clock counts them."""

import collections
import re
import statistics

from . import selftests
from .qemu import Guest

FIRST = 5 << 30                             # where hot memory begins: above mem= and the hole below 4 GiB
COUNTING = ("-icount", "shift=0,sleep=off")
SETTLED = 8                                 # blocks whose median is what one costs


def guest(kernel, blocks, boot_gib=4, **options):
    """Has room for so many blocks of 128 MiB from FIRST on. Unless told otherwise its one CPU counts instructions."""
    return Guest(kernel=kernel, **{"mem": f"{FIRST // (1 << 30) + 1 + blocks // 8}G", "smp": 1,
                                   "append": f"mem={boot_gib}G nokaslr", "extra": COUNTING, "timeout": 300, **options})


def of_blocks(guest, blocks, first=FIRST, words="", timeout=3600):
    """({step: [of each block]}, {step: until idle, all of them}); see harness/guest/blockcost.c."""
    each, busy = collections.defaultdict(list), {}
    for line in guest.run(f"blockcost {first:#x} {blocks} {words}", timeout=timeout).splitlines():
        step, index, value = line.split()
        if index == "busy":
            busy[step] = int(value)
        else:
            each[step].append(int(value))
    return each, busy


def count(kernel, blocks, *modules):
    """The same in instructions, in a guest of its own that has loaded these test modules."""
    with guest(kernel, blocks, files=selftests.files(kernel)) as g:
        for module in modules:
            selftests.load(g, module)
        return of_blocks(g, blocks)


def boot(kernel, gib=256):
    """{what: instructions} of a guest with so much memory from the start: to init, and for a process to use 256 MiB."""
    now = "sed -n 's/^now at \\([0-9]*\\) nsecs$/\\1/p' /proc/timer_list"
    with Guest(kernel=kernel, mem=f"{gib + 1}G", smp=1, append="nokaslr", extra=COUNTING, timeout=600) as g:
        begun = re.search(r"\[ *(\d+)\.(\d{6})\] Run /init as init process", g.run("dmesg"))
        before, after = g.run(f"{now}; fill 256 0 0 < /dev/null > /dev/null; {now}").split()
    return {"boot to init": int(begun[1] + begun[2]) * 1000, "256 MiB used by a process": int(after) - int(before)}


def settled(each, size=None):
    """{step: of one block when there are so many, or all of them}"""
    return {step: statistics.median(values[:size][-SETTLED:]) for step, values in each.items()}

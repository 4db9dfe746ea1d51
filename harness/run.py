# SPDX-License-Identifier: GPL-2.0
"""`make run`: one DIMM's life in a running kernel, told step by step.

First through ACPI, or DLPAR on POWER: plugged, used, refused to a request it does not belong to, emptied
under load, taken out. Then by hand, with RAM that the kernel was kept from seeing at boot (mem=). Every step
checks what it claims; the first that does not hold ends the story with exit status 1.
"""

import re
import textwrap
import time

from . import dlpar, domu, kernel, memory, xen
from .qemu import DLPAR, Guest, GuestError
from .paths import shown

MIB, GIB = 1 << 20, 1 << 30
DIMM_BYTES = 2 * GIB
BOOT_LIMIT = 2 * GIB            # mem=
# Where a machine of 4 GiB has RAM above that
HAND_STARTS = {"x86_64": 4 * GIB, "arm64": 4 * GIB, "ppc64": 2 * GIB, "ppc64le": 2 * GIB}
HAND_BYTES = GIB
LOAD_MIB, HAND_LOAD_MIB = 512, 128
LMBS_BYTES, LMBS_LOAD_MIB = 512 * MIB, 192
DOM0_MIB, DOM0_MORE_MIB, DOM0_LOAD_MIB = 512, 1024, 192
DOMU_MIB, DOMU_LARGE_MIB = 256, 1024
INDENT = " " * 8


class StoryError(Exception):
    """A step did not do what it is there to show."""


def expect(condition, what):
    if not condition:
        raise StoryError(what)


class Story:
    """Prints each step with its duration, and the memory the kernel has after it."""

    def __init__(self, guest, number=0):
        self.guest, self.number = guest, number

    def heading(self, text):
        print(f"\n{text}\n", flush=True)

    def step(self, title, action):
        """Run a step and return what its action returns: what came out, or a list of lines about that.

        The first line stands beside the title.
        """
        self.number += 1
        start = time.monotonic()
        result = action()
        seconds = time.monotonic() - start
        total = memory.total_kib(self.guest) // 1024
        first, *more = result if isinstance(result, list) else [result]
        print(f"{self.number:3}. {title:<46} {seconds:6.2f} s  {total:5} MiB  {first}", flush=True)
        for line in more:
            print(textwrap.fill(line, 110, initial_indent=INDENT, subsequent_indent=INDENT + "  ",
                                break_long_words=False, break_on_hyphens=False), flush=True)
        return result


def id_range(ids):
    return f"memory{min(ids)}..memory{max(ids)}"


def of_range(start, end):
    return f"[{start:#x}, {end:#x})"


def refused(guest, name, text, errno_text):
    """Write what must be refused; the lines to show."""
    status, message = memory.write(guest, name, text)
    expect(status != 0, f"writing {text} to {name} was not refused")
    expect(errno_text in message, f"refused with another error than {errno_text}: {message.strip()}")
    why = memory.refusal(guest)
    expect(why, "the refusal has no text")
    return [errno_text] + why.splitlines()


class Range:
    """Memory that has just come, all in one state, as the kernel shows it."""

    def __init__(self, guest, start, end, state):
        self.guest, self.start, self.end, self.state = guest, start, end, state
        blocks = memory.blocks_in(guest, start, end)
        self.ids = sorted(blocks)
        expect(len(blocks) * memory.block_size(guest) == end - start, f"blocks that appeared: {self.ids}")
        expect(set(blocks.values()) == {state}, f"the blocks are {set(blocks.values())}")

    def __str__(self):
        return f"{len(self.ids)} blocks appeared, {id_range(self.ids)}, {self.state}: {of_range(self.start, self.end)}"

    @property
    def words(self):
        return f"{self.start:#x} {self.end - self.start:#x}"

    def online(self):
        movable = memory.zones(self.guest).get((0, "Movable"), {}).get("present", 0)
        memory.set_state(self.guest, self.ids, "online_movable")
        pages = memory.zones(self.guest)[(0, "Movable")]["present"] - movable
        expect(pages * memory.page_size(self.guest) == self.end - self.start,
               f"zone Movable grew by {pages} pages only")
        return f"zone Movable has {pages} pages more"

    def offline(self):
        # Highest first: pages that leave one block would else settle in the next to go.
        memory.set_state(self.guest, reversed(self.ids), "offline", timeout=120)
        return f"{id_range(self.ids)} empty and offline"

    def gone(self):
        inside = [name for start, end, name, _ in memory.iomem(self.guest)
                  if start < self.end and end > self.start and name == "System RAM"]
        expect(not inside, f"/proc/iomem still has {of_range(self.start, self.end)}")
        expect(not memory.blocks_in(self.guest, self.start, self.end), "/sys still has its blocks")
        page = memory.page_size(self.guest)
        for (node, zone), counts in memory.zones(self.guest).items():
            first = counts.get("start_pfn", 0) * page
            last = first + counts["spanned"] * page
            expect(not counts["spanned"] or last <= self.start or first >= self.end,
                   f"zone {zone} of node {node} still spans it")
        return "gone from /proc/iomem, /sys and /proc/zoneinfo"


class Load:
    """harness/guest/fill.c at work in the range."""

    def __init__(self, guest, where, mib):
        self.guest, self.where, self.mib = guest, where, mib
        self.command, self.seen = None, 0

    def _next(self, verdict):
        self.seen += 1
        lines = re.compile(rf"{verdict}: .*\n")
        found = lines.findall(self.command.wait_until(lambda output: len(lines.findall(output)) >= self.seen))
        expect(len(found) >= self.seen, f"the process ended: {self.command.output.strip()}")
        line = found[-1].strip()
        return line, int(re.search(r"(\d+) in the range", line)[1])

    def start(self):
        self.command = self.guest.spawn(f"fill {self.mib} {self.where.start:#x} {self.where.end:#x}")
        line, inside = self._next("filled")
        self.seen = 0
        expect(inside * memory.page_size(self.guest) >= self.mib * MIB * 9 // 10,
               f"the process does not use the new memory: {line}")
        return line

    def check(self, empty):
        self.command.write("check\n")
        line, inside = self._next("intact")
        expect(not empty or inside == 0, f"pages left behind: {line}")
        return f"pattern {line}"

    def stop(self):
        self.command.close_input()
        status, output = self.command.wait()
        expect(status == 0, f"the process failed: {output.strip()}")


def plug(guest, size, state):
    """Add a DIMM, whose blocks come in this state; its Range."""
    known = memory.blocks(guest)
    guest.plug_dimm("dimm0", size=f"{size // MIB}M")
    start = min(memory.blocks(guest).keys() - known.keys()) * memory.block_size(guest)
    return Range(guest, start, start + size, state)


def unplug(guest):
    expect(guest.unplug_dimm("dimm0", timeout=120), "the guest refused to give the DIMM back")
    return "the guest let it go, QEMU says DEVICE_DELETED"


def through_acpi(guest, story):
    story.heading("Through ACPI: a DIMM of 2 GiB")
    before = memory.total_kib(guest)
    where = story.step("plug it (device_add over QMP)", lambda: plug(guest, DIMM_BYTES, "offline"))
    load = Load(guest, where, LOAD_MIB)
    story.step("online, movable", where.online)
    story.step(f"a process fills {LOAD_MIB} MiB with a pattern", load.start)
    story.step("the process checks it", lambda: load.check(empty=False))
    story.step("remove by hand: refused, it is the firmware's",
               lambda: refused(guest, "remove", where.words, "Operation not permitted"))
    story.step("offline under that load", where.offline)
    story.step("the process checks again", lambda: load.check(empty=True))

    story.step("unplug it (device_del over QMP)", lambda: unplug(guest))
    story.step("look for what is left", where.gone)
    load.stop()
    expect(memory.total_kib(guest) == before, f"MemTotal was {before} KiB, is {memory.total_kib(guest)} KiB")


def by_hand(guest, story):
    story.heading("By hand: RAM above mem=, no firmware involved")
    before = memory.total_kib(guest)
    start = HAND_STARTS[guest.options.arch]

    def probe():
        status, message = memory.write(guest, "probe", f"{start:#x} {HAND_BYTES:#x}")
        expect(status == 0, f"probe: {message.strip()}")
        return Range(guest, start, start + HAND_BYTES, "offline")

    where = story.step("probe 1 GiB", probe)
    load = Load(guest, where, HAND_LOAD_MIB)
    story.step("online, movable", where.online)
    story.step(f"a process fills {HAND_LOAD_MIB} MiB with a pattern", load.start)
    story.step("remove: refused, it is online",
               lambda: refused(guest, "remove", where.words, "Device or resource busy"))
    story.step("offline under that load", where.offline)
    story.step("the process checks again", lambda: load.check(empty=True))

    def remove():
        status, message = memory.write(guest, "remove", where.words)
        expect(status == 0, f"remove: {message.strip()} {memory.refusal(guest)}")
        return "removed"

    story.step("remove", remove)
    story.step("look for what is left", where.gone)
    load.stop()
    expect(memory.total_kib(guest) == before, f"MemTotal was {before} KiB, is {memory.total_kib(guest)} KiB")


def through_dlpar(guest, story):
    story.heading("DLPAR: a DIMM of 512 MiB, which arrives as LMBs")
    before = memory.total_kib(guest)
    where = story.step("the hypervisor adds it (device_add over QMP)", lambda: plug(guest, LMBS_BYTES, "online"))
    index = dlpar.drc_index(where.ids[0])
    load = Load(guest, where, LMBS_LOAD_MIB)
    story.step(f"a process fills {LMBS_LOAD_MIB} MiB with a pattern", load.start)
    story.step("the process checks it", lambda: load.check(empty=False))
    story.step("remove by hand: refused, it is DLPAR's",
               lambda: refused(guest, "remove", where.words, "Operation not permitted"))

    def request(words):
        why = dlpar.request(guest, words)
        expect(not why, f"{words}: {why}")
        return f"echo {words} > {DLPAR}"

    def too_many():
        why = dlpar.request(guest, "memory remove count 5")
        expect(why, "five LMBs were removed")
        return [f"cat {DLPAR}_refusal", why]

    story.step("an LMB is removed, from inside", lambda: request(f"memory remove index {index}"))
    story.step("and added again", lambda: request(f"memory add index {index}"))
    story.step("too many are refused", too_many)

    story.step("the hypervisor takes it (device_del over QMP)", lambda: unplug(guest))
    story.step("the process checks again", lambda: load.check(empty=True))
    story.step("look for what is left", where.gone)
    load.stop()
    expect(memory.total_kib(guest) == before, f"MemTotal was {before} KiB, is {memory.total_kib(guest)} KiB")


def balloon_grows(guest):
    known = memory.blocks(guest)
    xen.resize(guest, (DOM0_MIB + DOM0_MORE_MIB) << 10)
    size = memory.block_size(guest)
    new = sorted(memory.blocks(guest).keys() - known.keys())
    expect(new, "no memory block appeared")
    return Range(guest, new[0] * size, (new[-1] + 1) * size, "online")


def account(guest):
    """What Xen, the balloon and the kernel say."""
    now = xen.sizes(guest)
    expect(now.xen == now.balloon, f"Xen has given {now.xen} KiB, the balloon counts {now.balloon} KiB")
    return f"Xen counts {now.xen >> 10} MiB, the balloon as many"


def balloon_shrinks(guest, where):
    xen.resize(guest, DOM0_MIB << 10)
    left = memory.blocks_in(guest, where.start, where.end)
    expect(len(left) <= 1, f"blocks are left: {sorted(left)}: {memory.refusal(guest)}")
    return f"{len(where.ids) - len(left)} blocks of {len(where.ids)} are gone, one may stay for the next time"


def through_balloon(guest, story):
    story.heading(f"A domain of {DOM0_MIB} MiB under Xen, which its balloon enlarges")
    xen.resize(guest, DOM0_MIB << 10)
    before = xen.sizes(guest)
    where = story.step(f"{DOM0_MORE_MIB} MiB more (target_kb)", lambda: balloon_grows(guest))
    story.step("who says what", lambda: account(guest))
    load = Load(guest, where, DOM0_LOAD_MIB)
    story.step(f"a process fills {DOM0_LOAD_MIB} MiB with a pattern", load.start)
    story.step("the process checks it", lambda: load.check(empty=False))
    story.step("probe: refused, only Xen has memory",
               lambda: refused(guest, "probe", f"{64 * GIB:#x}", "Operation not permitted"))
    story.step("offline by hand: refused, it is the balloon's",
               lambda: refused(guest, f"memory{where.ids[0]}/state", "offline", "Operation not permitted"))
    story.step("as small as before, under that load", lambda: balloon_shrinks(guest, where))
    story.step("who says what", lambda: account(guest))
    story.step("the process checks again", lambda: load.check(empty=True))
    load.stop()
    after = xen.sizes(guest)
    expect(after == before, f"it was {before}, it is {after}")


def through_xl(guest, story):
    story.heading(f"A domain of {DOMU_MIB} MiB that xl starts in there, with the same kernel")
    domu.start_servants(guest)
    domain = domu.DomU(guest, mib=DOMU_MIB)
    story = Story(domain, story.number)

    def resize(mib):
        domu.resize(guest, domain, mib)
        return (f"xl list says {domu.size_mib(guest, domain)} MiB, there are {len(memory.blocks(domain))} blocks, "
                f"{xen.hot_kib(domain) >> 10} MiB the balloon's")

    story.step("as it was started", lambda: resize(DOMU_MIB))
    story.step(f"xl mem-max and mem-set {DOMU_LARGE_MIB}", lambda: resize(DOMU_LARGE_MIB))
    story.step(f"xl mem-set {DOMU_MIB}", lambda: resize(DOMU_MIB))


SPARE = {"mem": "4G", "append": f"mem={BOOT_LIMIT // MIB}M"}
DIMMS = {"maxmem": "8G", "slots": 2}
# What each boot shows. On arm64 the kernel boots with ACPI or from a device tree, see commandline.has_acpi().
BOOTS = {
    "x86_64": [({**SPARE, **DIMMS}, (through_acpi, by_hand))],
    "arm64": [({"mem": "2G", **DIMMS}, (through_acpi,)), (SPARE, (by_hand,))],
    "ppc64": [({"mem": "2G", "append": "movable_node", **DIMMS}, (through_dlpar,)), (SPARE, (by_hand,))],
}
BOOTS["ppc64le"] = BOOTS["ppc64"]
XEN_BOOTS = [({"mem": "4G", "dom0": f"{DOM0_MIB}M"}, (through_balloon, through_xl))]


def tell(image, name, options, parts):
    with Guest(image, smp=2, name=name, **options) as guest:
        print(f"Linux {guest.agent.release} in a guest of 2 CPUs, up in {guest.boot_seconds:.1f} s, "
              f"MemTotal {memory.total_kib(guest) // 1024} MiB")
        expect(not guest.sh(f"test -e {memory.SYSFS}/remove")[0],
               f"{shown(image)} has no {memory.SYSFS}/remove: not a kernel of ours")
        memory.auto_online(guest, "offline")
        story = Story(guest)
        for part in parts:
            part(guest, story)


def main(image, under_xen=False):
    start = time.monotonic()
    try:
        boots = XEN_BOOTS if under_xen else BOOTS[kernel.arch_of(image).name]
        files = domu.dom0_files(image) if under_xen else {}
        for number, (options, parts) in enumerate(boots, 1):
            tell(image, f"run-{number}", {**options, "files": files}, parts)
    except (StoryError, GuestError) as error:
        print(f"\nfailed: {error}")
        return 1
    print(f"\nMemory as before, no complaint of the kernel. {time.monotonic() - start:.0f} s in all; "
          "consoles: build/logs/run-*.log")
    return 0

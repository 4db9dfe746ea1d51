# SPDX-License-Identifier: GPL-2.0
"""`make bench`: what memory hotplug costs, ours against the base's kernel of the same configuration.

Both are booted by turns in the same kind of guest, so that whatever else the machine does hits both. Every
round of a case yields one number for each step; harness/benchreport.py makes medians, ratios and plots of them.
"""

import collections
import dataclasses
import math
import os
import re
import statistics
import time

from . import benchreport, costs, kernel, memory, selftests
from .paths import BUILD, HarnessError
from .qemu import TRACING, Guest

OUT = BUILD / "bench"
GIB = 1 << 30
PROVIDER, FLOOR = (f"/sys/module/{name}/parameters" for name in ("mhp_provider", "mhp_floor"))
STEP_EVENT = f"{TRACING}/events/memory_hotplug/mhp_step"
FILLED = (25, 50, 75)                       # percent of memory in use, in the last part
STEP = re.compile(r"mhp_step: (\w+) ([\w-]+) (up|down) start=\S+ size=\S+ duration_ns=(\d+) result=0")


@dataclasses.dataclass(frozen=True)
class Case:
    gib: int                # of memory that comes and goes
    cpus: int

    @property
    def boot_gib(self):
        """Enough for the struct pages of what comes, and for the content of what goes."""
        return 4 + math.ceil(self.gib * 5 / 256)

    @property
    def first(self):
        """Where it begins: above boot memory, which has a hole of a GiB below 4 GiB at most."""
        return (self.boot_gib + 2) * GIB

    def guest(self, image, **options):
        defaults = {"smp": self.cpus, "mem": f"{self.boot_gib + self.gib + 2}G",
                    "append": f"mem={self.boot_gib}G nokaslr", "files": selftests.files(image), "timeout": 300}
        return Guest(image, **{**defaults, **options})


def timed(guest, file, text=None):
    words = f" '{text}'" if text is not None else ""
    return int(guest.run(f"timed {file}{words}", timeout=1800))


def touch_boot_memory(guest):
    """Once, so that no step pays for what the host does when a guest first writes to a page."""
    guest.run(f"fill {(memory.available_kib(guest) >> 10) - 256} 0 0 < /dev/null", timeout=900)


def ranges(guest, case):
    """{step: ns}, all of it at once as a driver does it; and the floor."""
    where = f"{case.first:#x} {case.gib * GIB:#x}"
    found = {}
    selftests.load(guest, "mhp_provider", "mhp_floor")
    memory.auto_online(guest, "offline")
    timed(guest, f"{PROVIDER}/add", f"0 {where}")
    floors = []
    for _ in range(6):                      # the first touches the memory
        guest.run(f"echo '{where}' > {FLOOR}/write", timeout=600)
        floors.append(int(guest.run(f"cat {FLOOR}/ns")))
    found["floor"] = statistics.median(floors[1:])
    timed(guest, f"{PROVIDER}/take", where)
    memory.auto_online(guest, "online_movable")
    found["range add+online"] = timed(guest, f"{PROVIDER}/add", f"0 {where}")
    found["range offline+remove"] = timed(guest, f"{PROVIDER}/take", where)
    if guest.sh(f"test -e {STEP_EVENT}")[0] == 0:
        found["memmap written"] = written(guest, where)
    return found


def written(guest, where):
    """ns in which the struct pages of a range are written, of all its blocks together."""
    guest.run(f"echo 20000 > {TRACING}/buffer_size_kb; echo 1 > {STEP_EVENT}/enable")
    timed(guest, f"{PROVIDER}/add", f"0 {where}")
    guest.run(f"echo 0 > {STEP_EVENT}/enable")
    trace = guest.run(f"grep 'block in-zone up' {TRACING}/trace", timeout=600)
    timed(guest, f"{PROVIDER}/take", where)
    return sum(int(value) for *_, value in STEP.findall(trace))


def dimm(image, case):
    """{step: ns} of one DIMM by ACPI, with auto-online: until the guest has told the firmware, or given it back."""
    with case.guest(image, mem=f"{case.boot_gib}G", append="nokaslr", maxmem=f"{case.boot_gib + case.gib + 1}G",
                    slots=1) as guest:
        touch_boot_memory(guest)
        memory.auto_online(guest, "online_movable")
        begin = time.monotonic_ns()
        guest.plug_dimm("d", size=f"{case.gib}G", timeout=1800)
        plugged = time.monotonic_ns()
        if not guest.unplug_dimm("d", timeout=1800):
            raise HarnessError(f"the guest did not give the DIMM back\n{guest.tail()}")
        return {"DIMM plug": plugged - begin, "DIMM unplug": time.monotonic_ns() - plugged}


def measure(image, case):
    """{step: ns} of the boots of one round."""
    begin = time.monotonic_ns()
    with case.guest(image) as guest:
        found = {"boot": time.monotonic_ns() - begin}
        touch_boot_memory(guest)
        each, _ = costs.of_blocks(guest, case.gib * GIB // memory.block_size(guest), case.first)
    found |= {step: sum(values) for step, values in each.items()}
    found |= {f"{step}, last block": ns for step, ns in costs.settled(each).items()}
    with case.guest(image) as guest:
        touch_boot_memory(guest)
        found |= ranges(guest, case)
    return found | dimm(image, case)


def instructions(image, blocks, *modules):
    """{step: instructions for one block}"""
    return costs.settled(costs.count(image, blocks, *modules)[0])


def states(image, blocks=32):
    """{"table direction state": instructions for one block}: where they go."""
    with costs.guest(image, blocks) as guest:
        guest.run(f"echo 20000 > {TRACING}/buffer_size_kb; echo 1 > {STEP_EVENT}/enable")
        costs.of_blocks(guest, blocks)
        trace = guest.run(f"cat {TRACING}/trace")
    found = collections.defaultdict(list)
    for table, state, direction, value in STEP.findall(trace):
        found[f"{table} {direction} {state}"].append(int(value))
    return {key: statistics.median(values) for key, values in found.items()}


def overhead(image, blocks=16):
    """{what: instructions}: what a notifier adds to a block's way, and what reading a block's files takes."""
    alone, notified = instructions(image, blocks), instructions(image, blocks, "mhp_notifier")
    found = {f"a notifier more, {step}": notified[step] - alone[step] for step in ("online", "offline")}
    with costs.guest(image, blocks) as guest:
        guest.run(f"echo {costs.FIRST:#x} > {memory.SYSFS}/probe")
        block = f"{memory.SYSFS}/memory{costs.FIRST // memory.block_size(guest)}"
        for file in ("state", "valid_zones", "removable"):
            found[f"reading {file}"] = statistics.median(timed(guest, f"{block}/{file}") for _ in range(9))
    return found


def in_use(image, case, percent):
    """(ns, pages copied) to take memory offline of which so much is used, in blocks."""
    size = case.gib * GIB
    with case.guest(image) as guest:
        selftests.load(guest, "mhp_provider")
        memory.auto_online(guest, "online_movable")
        timed(guest, f"{PROVIDER}/add", f"0 {case.first:#x} {size:#x}")
        load = guest.spawn(f"fill {size * percent // 100 >> 20} {case.first:#x} {case.first + size:#x}")
        load.wait_output("filled:", 600)
        before = memory.pages_migrated(guest)
        ns = timed(guest, f"{PROVIDER}/take", f"{case.first:#x} {size:#x}")
        pages = memory.pages_migrated(guest) - before
        load.close_input()
        load.wait()
    return ns, pages


def numbers(name, default):
    try:
        return [int(word) for word in os.environ.get(name, default).split()]
    except ValueError:
        raise HarnessError(f"{name} is a list of numbers, not {os.environ[name]!r}") from None


def main():
    sizes = numbers("SIZES", "8 32 64 128 256")
    rounds, = numbers("ROUNDS", "7")
    images = {"base": kernel.image_of("x86_64", "stock"), "ours": kernel.image_of("x86_64", "ours")}
    OUT.mkdir(parents=True, exist_ok=True)
    results = {"rounds": rounds, "cases": [], "in use": [], "instructions": {}, "overhead": {}, "boot": {},
               "states": {}}

    for number in range(rounds):
        for case in (Case(gib, cpus) for gib in sizes for cpus in (1, 2)):
            for name, image in images.items():
                begin = time.monotonic()
                found = measure(image, case)
                results["cases"].append({"kernel": name, **dataclasses.asdict(case), "ns": found})
                print(f"  round {number + 1} of {rounds}: {case.gib} GiB, {case.cpus} CPU, {name}: "
                      f"{time.monotonic() - begin:.0f} s", flush=True)
        for percent in FILLED:
            for name, image in images.items():
                ns, pages = in_use(image, Case(2, 2), percent)
                results["in use"].append({"kernel": name, "percent": percent, "ns": ns, "pages": pages})
        benchreport.save(OUT, results)
    for blocks in (8, 64, 256):
        results["instructions"][blocks] = {name: instructions(image, blocks) for name, image in images.items()}
    results["overhead"] = {name: overhead(image) for name, image in images.items()}
    results["boot"] = {name: costs.boot(image) for name, image in images.items()}
    results["states"] = states(images["ours"])
    benchreport.save(OUT, results)
    text = benchreport.text(results)
    (OUT / "report.txt").write_text(text)
    print(text)
    benchreport.plot(OUT, results)
    return 0

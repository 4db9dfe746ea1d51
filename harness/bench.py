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

from . import benchreport, kernel, selftests
from .paths import BUILD, HarnessError
from .qemu import Guest

OUT = BUILD / "bench"
GIB = 1 << 30
TRACING = "/sys/kernel/tracing"
PROVIDER, FLOOR = (f"/sys/module/{name}/parameters" for name in ("mhp_provider", "mhp_floor"))
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


def timed(guest, file, text):
    return int(guest.run(f"timed {file} '{text}'", timeout=1800))


def per_block(guest, case):
    """{step: [ns of each block]}, one block after the other through the files of sysfs."""
    size = int(guest.run("cat /sys/devices/system/memory/block_size_bytes"), 16)
    each = collections.defaultdict(list)
    for line in guest.run(f"blockcost {case.first:#x} {case.gib * GIB // size}", timeout=3600).splitlines():
        step, index, value = line.split()
        if index != "busy":
            each[step].append(int(value))
    return each


def ranges(guest, case):
    """{step: ns}, all of it at once as a driver does it; and the floor."""
    where = f"{case.first:#x} {case.gib * GIB:#x}"
    found = {}
    selftests.load(guest, "mhp_provider", "mhp_floor")
    auto = "/sys/devices/system/memory/auto_online_blocks"
    guest.run(f"echo offline > {auto}")
    timed(guest, f"{PROVIDER}/add", f"0 {where}")
    floors = []
    for _ in range(6):                      # the first touches the memory
        guest.run(f"echo '{where}' > {FLOOR}/write", timeout=600)
        floors.append(int(guest.run(f"cat {FLOOR}/ns")))
    found["floor"] = statistics.median(floors[1:])
    timed(guest, f"{PROVIDER}/take", where)
    guest.run(f"echo online_movable > {auto}")
    found["range add+online"] = timed(guest, f"{PROVIDER}/add", f"0 {where}")
    found["range offline+remove"] = timed(guest, f"{PROVIDER}/take", where)
    return found


def measure(image, case):
    """{step: ns} of one boot."""
    begin = time.monotonic()
    with case.guest(image) as guest:
        found = {"boot": int((time.monotonic() - begin) * 1e9)}
        each = per_block(guest, case)
    for step, values in each.items():
        found[step] = sum(values)
        found[f"{step}, last block"] = statistics.median(values[-8:])
    with case.guest(image) as guest:
        found.update(ranges(guest, case))
    return found


def instructions(image, blocks):
    """{step: instructions for one block}, on one CPU whose clock counts them."""
    with Guest(image, mem=f"{6 + blocks // 8}G", smp=1, append="mem=4G nokaslr",
               extra=("-icount", "shift=0,sleep=off"), timeout=300) as guest:
        lines = guest.run(f"blockcost {5 * GIB:#x} {blocks}", timeout=1800).splitlines()
    each = collections.defaultdict(list)
    for step, index, value in map(str.split, lines):
        if index != "busy":
            each[step].append(int(value))
    return {step: statistics.median(values[-8:]) for step, values in each.items()}


def states(image, blocks=32):
    """{(table, direction, state): instructions for one block}: where the time goes."""
    with Guest(image, mem=f"{6 + blocks // 8}G", smp=1, append="mem=4G nokaslr",
               extra=("-icount", "shift=0,sleep=off"), timeout=300) as guest:
        guest.run(f"echo 20000 > {TRACING}/buffer_size_kb; echo 1 > {TRACING}/events/memory_hotplug/mhp_step/enable")
        guest.run(f"blockcost {5 * GIB:#x} {blocks}", timeout=1800)
        trace = guest.run(f"cat {TRACING}/trace")
    found = collections.defaultdict(list)
    for table, state, direction, value in STEP.findall(trace):
        found[table, direction, state].append(int(value))
    return {key: statistics.median(values) for key, values in found.items()}


def in_use(image, case, percent):
    """(ns, pages copied) to take memory offline of which so much is used, in blocks."""
    size = case.gib * GIB
    with case.guest(image) as guest:
        selftests.load(guest, "mhp_provider")
        guest.run("echo online_movable > /sys/devices/system/memory/auto_online_blocks")
        timed(guest, f"{PROVIDER}/add", f"0 {case.first:#x} {size:#x}")
        load = guest.spawn(f"fill {size * percent // 100 >> 20} {case.first:#x} {case.first + size:#x}")
        load.wait_output("filled:", 600)
        copied = "awk '/pgmigrate_success/ { print $2 }' /proc/vmstat"
        before = int(guest.run(copied))
        ns = timed(guest, f"{PROVIDER}/take", f"{case.first:#x} {size:#x}")
        pages = int(guest.run(copied)) - before
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
    results = {"rounds": rounds, "cases": [], "in use": [], "instructions": {}, "states": {}}

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
    results["states"] = {" ".join(key): value for key, value in states(images["ours"]).items()}
    benchreport.save(OUT, results)
    text = benchreport.text(results)
    (OUT / "report.txt").write_text(text)
    print(text)
    benchreport.plot(OUT, results)
    return 0

# SPDX-License-Identifier: GPL-2.0
"""What `make bench` has measured, as a table, as JSON, and as a plot of the cost of one block."""

import json
import statistics
import subprocess

from .paths import HarnessError, shown

STEPS = ("add", "online", "offline", "remove", "add, last block", "online, last block", "offline, last block",
         "remove, last block", "range add+online", "memmap written", "range offline+remove", "DIMM plug", "DIMM unplug",
         "boot")
AGAINST_FLOOR = ("online", "range add+online")

PLOT = """
set terminal {terminal}
set output '{output}'
set title 'One more block of memory, when so much has come before (2 CPUs)'
set xlabel 'GiB'
set ylabel 'ms for a block'
set logscale xy
set key left top
set grid
plot {curves}
"""


def save(out, results):
    (out / "results.json").write_text(json.dumps(results, indent=1) + "\n")


def of(results, kernel, gib, cpus, step):
    return [case["ns"][step] for case in results["cases"]
            if (case["kernel"], case["gib"], case["cpus"]) == (kernel, gib, cpus) and step in case["ns"]]


def cell(values):
    """The median in ms, and how far the half of the values lies around it."""
    if len(values) < 2:
        return f"{values[0] / 1e6:10.2f} ms         "
    low, _, high = statistics.quantiles(values, n=4)
    middle = statistics.median(values)
    return f"{middle / 1e6:10.2f} ms +-{(high - low) / 2 / middle:5.1%}"


def sizes(results):
    return sorted({(case["gib"], case["cpus"]) for case in results["cases"]})


def times(results):
    yield f"{'':34s}{'base':>22s}{'ours':>22s}  base/ours  ours/floor"
    for gib, cpus in sizes(results):
        yield f"{gib} GiB, {cpus} CPU{'s' if cpus > 1 else ''}"
        floor = statistics.median(of(results, "ours", gib, cpus, "floor"))
        yield f"  {'floor':32s}{'':22s}{cell(of(results, 'ours', gib, cpus, 'floor')):>22s}"
        for step in STEPS:
            base, ours = (of(results, kernel, gib, cpus, step) for kernel in ("base", "ours"))
            # The base has no way to remove one block by hand, and no tracepoints
            ratio = f"{statistics.median(base) / statistics.median(ours):9.2f}" if base else " " * 9
            against = f"{statistics.median(ours) / floor:10.2f}" if step in AGAINST_FLOOR else ""
            yield f"  {step:32s}{cell(base) if base else '':>22s}{cell(ours):>22s}  {ratio}  {against}"


def in_use(results):
    yield "2 GiB taken offline while in use, 2 CPUs"
    for percent in sorted({row["percent"] for row in results["in use"]}):
        rows = {kernel: [row for row in results["in use"] if (row["kernel"], row["percent"]) == (kernel, percent)]
                for kernel in ("base", "ours")}
        ns = {kernel: [row["ns"] for row in found] for kernel, found in rows.items()}
        pages = {kernel: statistics.median(row["pages"] for row in found) for kernel, found in rows.items()}
        ratio = statistics.median(ns["base"]) / statistics.median(ns["ours"])
        yield (f"  {percent:3d} % in use{'':20s}{cell(ns['base']):>22s}{cell(ns['ours']):>22s}  {ratio:9.2f}  "
               f"pages copied: {pages['base']:.0f}, {pages['ours']:.0f}")


def instructions(results):
    yield f"instructions for one block, 1 CPU{'':12s}{'base':>12s}{'ours':>12s}  base/ours"
    for blocks, found in results["instructions"].items():
        for step in ("add", "online", "offline"):
            base, ours = found["base"][step], found["ours"][step]
            yield f"  {step}, with {blocks} blocks{'':20s}{base:12.0f}{ours:12.0f}  {base / ours:9.2f}"


def overhead(results):
    yield f"instructions, 1 CPU{'':25s}{'base':>14s}{'ours':>14s}"
    for part in ("overhead", "boot"):
        for what, base in results[part]["base"].items():
            yield f"  {what:42s}{base:14.0f}{results[part]['ours'][what]:14.0f}"


def states(results):
    yield "where they go, for one block of ours"
    for name, value in sorted(results["states"].items(), key=lambda item: -item[1]):
        if value >= 1000:
            yield f"  {name:42s}{value:12.0f}"


def median(results, kernel, gib, cpus, *steps):
    """ns of the steps together; None if that has not been measured."""
    found = [of(results, kernel, gib, cpus, step) for step in steps]
    return sum(statistics.median(values) for values in found) if all(found) else None


def ratio(one, other):
    return one / other if one and other else None


def reached(results):
    """(what, how much of it there must be at least, how much there is), for all that has been measured."""
    def base_to_ours(gib, *steps):
        return ratio(*(median(results, kernel, gib, 2, *steps) for kernel in ("base", "ours")))

    def ours(gib, *steps, cpus=2):
        return median(results, "ours", gib, cpus, *steps)

    last = max((gib for gib, _ in sizes(results)), default=0)
    yield "add + online of 64 GiB by files, base/ours", 4, base_to_ours(64, "add", "online")
    yield "add + online of 256 GiB by files, base/ours", 12, base_to_ours(256, "add", "online")
    yield "offline of 256 GiB by files, base/ours", 12, base_to_ours(256, "offline")
    yield "add + online of 64 GiB as a range, base/ours", 6, base_to_ours(64, "range add+online")
    for step in ("online", "offline"):
        yield (f"{step} of a block, at 8 GiB/at 256 GiB", 1 / 1.1,
               ratio(ours(8, f"{step}, last block"), ours(256, f"{step}, last block")))
    yield "the floor/add + online as a range", 1 / 3, ratio(ours(last, "floor"), ours(last, "range add+online"))
    yield ("writing the memmap, 1 CPU/2 CPUs", 1.5,
           ratio(ours(last, "memmap written", cpus=1), ours(last, "memmap written")))
    yield "offline of 64 GiB as a range, base/ours", 4, base_to_ours(64, "range offline+remove")
    yield ("offline of 64 GiB, by files/as a range", 2,
           ratio(ours(64, "offline", "remove"), ours(64, "range offline+remove")))
    for percent in (25, 50, 75):
        rows = {kernel: [row for row in results["in use"] if (row["kernel"], row["percent"]) == (kernel, percent)]
                for kernel in ("base", "ours")}
        for what, least in (("ns", 1 / 1.05), ("pages", 1)):
            yield (f"offline of memory {percent} % in use, {what}, base/ours", least,
                   ratio(*(statistics.median(row[what] for row in found) for found in rows.values())))
    for blocks, found in results["instructions"].items():
        for step in ("add", "online", "offline"):
            yield (f"instructions, {step} with {blocks} blocks, base/ours", 1,
                   ratio(found["base"][step], found["ours"][step]))
    for what, base in results["boot"]["base"].items():
        yield f"instructions, {what}, base/ours", 1 / 1.02, ratio(base, results["boot"]["ours"][what])


def targets(results):
    yield f"what is to be reached{'':37s}{'at least':>10s}{'reached':>10s}"
    for what, least, value in reached(results):
        if value:
            yield f"  {what:56s}{least:10.2f}{value:10.2f}{'' if value >= least else '  MISSED'}"


def text(results):
    parts = (times, in_use, instructions, overhead, states, targets)
    return "\n\n".join("\n".join(part(results)) for part in parts) + "\n"


def plot(out, results):
    """PNG and SVG, by gnuplot."""
    curves = []
    for step in ("online", "offline"):
        for kernel in ("base", "ours"):
            data = out / f"{step}-{kernel}.dat"
            rows = [(gib, of(results, kernel, gib, cpus, f"{step}, last block"))
                    for gib, cpus in sizes(results) if cpus == 2]
            data.write_text("".join(f"{gib} {statistics.median(values) / 1e6}\n" for gib, values in rows if values))
            curves.append(f"'{data}' with linespoints title '{step}, {kernel}'")
    for terminal, name in (("pngcairo size 900,600", "block.png"), ("svg size 900,600", "block.svg")):
        script = PLOT.format(terminal=terminal, output=out / name, curves=", ".join(curves))
        done = subprocess.run(["gnuplot"], input=script, capture_output=True, text=True, check=False)
        if done.returncode:
            raise HarnessError(f"gnuplot failed: {done.stderr.strip()}")
        print(shown(out / name))

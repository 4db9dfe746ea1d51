# SPDX-License-Identifier: GPL-2.0
"""What a guest says about its memory: blocks, zones, the resource tree, totals."""

import collections
import re

SYSFS = "/sys/devices/system/memory"

Contiguity = collections.namedtuple("Contiguity", "contiguous counted spanned scanned")


def block_size(guest):
    return int(guest.run(f"cat {SYSFS}/block_size_bytes"), 16)


def page_size(guest):
    return 1024 * int(guest.run("awk '/KernelPageSize/ { print $2; exit }' /proc/self/smaps"))


def blocks(guest):
    """{block id: state}"""
    lines = guest.run(f"cd {SYSFS} && grep -H . memory*/state").splitlines()
    return {int(line.split("/")[0].removeprefix("memory")): line.split(":")[1] for line in lines}


def blocks_in(guest, start, end):
    """{block id: state} of the blocks that lie in [start, end)."""
    size = block_size(guest)
    return {block: state for block, state in blocks(guest).items() if start <= block * size < end}


def set_state(guest, ids, state, timeout=60):
    """Write a state to blocks, one after the other; the first refusal raises."""
    guest.run("set -e; " + "".join(f"echo {state} > {SYSFS}/memory{block}/state; " for block in ids), timeout)


def wait_online(guest, number, timeout=60):
    """Until there are so many blocks and all of them are online."""
    guest.run(f"cd {SYSFS}; until [ $(ls -d memory[0-9]* | wc -l) = {number} ] && "
              f"[ $(cat memory[0-9]*/state 2> /dev/null | grep -cx online) = {number} ]; do :; done", timeout)


def auto_online(guest, state):
    """What blocks that are added from now on become by themselves."""
    guest.run(f"echo {state} > {SYSFS}/auto_online_blocks")


def available_kib(guest):
    return int(guest.run("awk '/MemAvailable/ { print $2 }' /proc/meminfo"))


def pages_migrated(guest):
    """Since boot."""
    return int(guest.run("awk '/pgmigrate_success/ { print $2 }' /proc/vmstat"))


def total_kib(guest):
    return int(re.search(r"MemTotal:\s+(\d+)", guest.run("cat /proc/meminfo"))[1])


def iomem(guest):
    """[(start, end, name, depth)] of /proc/iomem, end exclusive."""
    rows = []
    for line in guest.run("cat /proc/iomem").splitlines():
        match = re.match(r"( *)([0-9a-f]+)-([0-9a-f]+) : (.*)", line)
        rows.append((int(match[2], 16), int(match[3], 16) + 1, match[4], len(match[1]) // 2))
    return rows


def zones(guest):
    """{(node, zone): {"present": pages, "managed": ..., "spanned": ..., "start_pfn": ...}}"""
    found, current = {}, None
    for line in guest.run("cat /proc/zoneinfo").splitlines():
        if match := re.match(r"Node (\d+), zone +(\w+)", line):
            current = found.setdefault((int(match[1]), match[2]), {})
        elif match := re.match(r" +(present|managed|spanned|start_pfn:?) +(\d+)", line):
            current[match[1].rstrip(":")] = int(match[2])
    return found


def contiguity(guest):
    """{(node, zone): numbers} of zone->contiguous: what counting says, and what a scan of the zone finds."""
    text = guest.run("cat /sys/kernel/debug/memory_hotplug/contiguity")
    rows = re.findall(r"node (\d+) zone (\w+) contiguous (\d) counted (\d+) spanned (\d+) scanned (\d+)", text)
    return {(int(node), zone): Contiguity(*map(int, numbers)) for node, zone, *numbers in rows}


def refusal(guest, block=None):
    """The text of the last refusal, of a block or of the whole."""
    where = f"memory{block}/hotplug" if block is not None else "hotplug"
    return guest.run(f"cat {SYSFS}/{where}/refusal").strip()


def write(guest, name, text, timeout=60):
    """(status, message) of writing to a file below /sys/devices/system/memory."""
    return guest.sh(f"echo {text} > {SYSFS}/{name}", timeout)

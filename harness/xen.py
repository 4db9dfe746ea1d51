# SPDX-License-Identifier: GPL-2.0
"""The balloon of a domain under Xen, and what Xen, the balloon and the kernel say of the domain's size."""

import collections
import re

BALLOON = "/sys/devices/system/xen_memory/xen_memory0"
RES_NAME = "System RAM (xen-balloon)"

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
    guest.run(f"until [ $(cat {BALLOON}/info/current_kb) = {kib} ]; do :; done", timeout)

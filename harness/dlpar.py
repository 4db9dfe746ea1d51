# SPDX-License-Identifier: GPL-2.0
"""DLPAR of memory from inside the partition, as drmgr does it, and what the partition says of it."""

import re

from .qemu import DLPAR, GuestError
from .refusals import parse

TEXT = re.compile(r"others=(\d+) unrestored=(\d+) (.*)")


def why(guest):
    """Why the last request was refused, whoever made it; "" if it was not."""
    text = guest.run(f"cat {DLPAR}_refusal").strip()
    return "" if text == "none" else text


def request(guest, words):
    """Ask for LMBs to come or go; why() it was refused."""
    status, output = guest.sh(f"echo {words} > {DLPAR}")
    text = why(guest)
    if bool(status) != bool(text):
        raise GuestError(f"{words}: status {status}, {output.strip()}, refusal {text}", status, output)
    return text


def refusal(guest):
    """(others, unrestored, the first refusal) of the last request"""
    found = TEXT.fullmatch(why(guest))
    if not found:
        raise GuestError(f"not a refusal of DLPAR: {why(guest)}")
    return int(found[1]), int(found[2]), parse(found[3])


def drc_index(lmb):
    """The hypervisor's name for the LMB of that number."""
    return f"{0x80000000 | lmb:#x}"

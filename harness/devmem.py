# SPDX-License-Identifier: GPL-2.0
"""The test driver of device memory in a guest, through the programs of its kselftest collection."""

import collections
import re

from . import selftests

COLLECTION = "hmm_devmem"
MODULE = "test_hmm_devmem"

State = collections.namedtuple("State", "pages used start moves")


def files(image):
    return selftests.files(image, COLLECTION)


def program(name):
    return selftests.program(name, COLLECTION)


def one_thing_at_a_time(guest):
    """Results of the selftests that find the device's memory unused and leave it so."""
    return [result for name in ("use", "kinds", "remove") for result in guest.ktap(program(name), timeout=1200)]


def load(guest, size_mb=64):
    guest.run(f"modprobe {MODULE} size_mb={size_mb}", 120)


def unload(guest):
    guest.run(f"rmmod {MODULE}", 120)


def state(guest):
    line = guest.run(f"{program('devmem')} state")
    return State(*(int(number, 0) for number in re.findall(r"\w+ (0x\w+|\d+)", line)))


def ask(guest, words):
    """What the program says to its arguments; "" if all went well."""
    return guest.sh(f"{program('devmem')} {words}", 120)[1].strip()


def hold(guest, pages):
    """A process that keeps so many pages on the device; close_input() lets them go."""
    process = guest.spawn(f"{program('devmem')} hold {pages}")
    process.wait_output("held", 60)
    return process


def confine(guest, start, last):
    """A section of device memory at this address, where real memory may come; what it is then.

    It may move to what is above and not above `last`, the nearest first.
    """
    load(guest, 0)
    assert ask(guest, f"add 1 {start} {last} 0 bottom-up") == ""
    now = state(guest)
    assert now.start == start and now.moves == 0
    return now

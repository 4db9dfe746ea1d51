# SPDX-License-Identifier: GPL-2.0
"""What a dry run costs against the real thing, in instructions; see harness/tests/core/test_cost.py."""

import statistics

import pytest

from harness.qemu import Guest
from harness.tests.core.test_cost import FIRST

pytestmark = pytest.mark.measure

BLOCKS = 32


def test_a_dry_run_is_cheap(kernel_ours):
    """Cheap enough to be polled: less than a tenth of going offline, for a block that nobody uses."""
    with Guest(kernel=kernel_ours, mem="8G", smp=1, append="mem=3G nokaslr", extra=("-icount", "shift=0,sleep=off"),
               timeout=300) as guest:
        lines = guest.run(f"blockcost {FIRST:#x} {BLOCKS} online_movable check", timeout=600).splitlines()
    each = {}
    for step, index, value in map(str.split, lines):
        if index != "busy":
            each.setdefault(step, []).append(int(value))
    check, offline = (statistics.median(each[step]) for step in ("check", "offline"))
    print(f"instructions: check {check}, offline {offline}, {check / offline:.4f} of it")
    assert check < offline / 10

# SPDX-License-Identifier: GPL-2.0
"""What a dry run costs against the real thing, in instructions; see harness/tests/core/test_cost.py."""

import statistics

import pytest

from harness import costs

pytestmark = pytest.mark.measure

BLOCKS = 32


def test_a_dry_run_is_cheap(kernel_ours):
    """Cheap enough to be polled: less than a tenth of going offline, for a block that nobody uses.

    What it takes to read or write any file of the block does not count.
    """
    with costs.guest(kernel_ours, BLOCKS, boot_gib=3) as guest:
        each, _ = costs.of_blocks(guest, BLOCKS, words="online_movable check")
    read = statistics.median(each["read"])
    check, offline = (statistics.median(each[step]) - read for step in ("check", "offline"))
    print(f"instructions: check {check}, offline {offline}, {check / offline:.4f} of it")
    assert check < offline / 10

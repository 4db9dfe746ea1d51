# SPDX-License-Identifier: GPL-2.0
"""What adding and removing memory costs beside the base's code for arm64, in instructions."""

import pytest

from harness import costs, memory, selftests

pytestmark = [pytest.mark.full, pytest.mark.own_kernel]

GIB = 1 << 30
START, SIZE = 8 * GIB, 8 * GIB
PROVIDER = "/sys/module/mhp_provider/parameters"


def cost(guest, kernel):
    """Of 8 GiB that a driver adds and removes, the second time."""
    with guest(kernel=kernel, files=selftests.files(kernel), mem="16G", smp=1, append="mem=2G nokaslr",
               extra=costs.COUNTING) as g:
        selftests.load(g, "mhp_provider")
        memory.auto_online(g, "offline")
        for _ in range(2):
            told = (g.run(f"timed {PROVIDER}/add '0 {START:#x} {SIZE:#x}'"),
                    g.run(f"timed {PROVIDER}/remove '{START:#x} {SIZE:#x}'"))
    return {"add": int(told[0]), "remove": int(told[1])}


def test_no_more_than_base(guest, kernel_named):
    ours, base = (cost(guest, kernel_named(variant)) for variant in ("ours", "stock"))
    for what in base:
        print(f"{what}: {ours[what] / base[what]:.3f} of the base's instructions")
    assert sum(ours.values()) <= 1.05 * sum(base.values()), (ours, base)

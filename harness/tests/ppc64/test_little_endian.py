# SPDX-License-Identifier: GPL-2.0
"""A little-endian kernel, once: it is what distributions for POWER have, and the tests run big-endian."""

import pytest

from harness import memory, selftests
from harness.dlpar import drc_index, refusal, request
from harness.tests.ppc64.conftest import LMB, plug, states

pytestmark = [pytest.mark.full, pytest.mark.own_kernel]


@pytest.fixture
def kernel_little(kernel_named):
    return kernel_named("fault", "ppc64le")


def test_kunit(guest, kernel_little, record_ktap):
    with guest(kernel=kernel_little, kunit=True) as g:
        assert g.run("uname -m") == "ppc64le\n"
        record_ktap(g.kunit())


def test_dlpar(guest, kernel_little):
    """The firmware's numbers are big-endian all the same."""
    with guest(kernel=kernel_little, files=selftests.files(kernel_little), mem="2G", maxmem="8G", slots=1,
               append="movable_node") as g:
        total = memory.total_kib(g)
        blocks = plug(g)
        load = g.spawn(f"fill 128 {blocks[0] * LMB:#x} {(blocks[-1] + 1) * LMB:#x}")
        load.wait_output("filled")
        assert request(g, f"memory remove index {drc_index(blocks[1])}") == ""
        assert request(g, "memory remove count 5")
        assert refusal(g)[2].reason == "absent"
        assert request(g, f"memory add indexed-count 2 {drc_index(blocks[0])}") == ""
        load.write("check\n")
        assert "intact" in load.wait_output("intact")
        assert g.unplug_dimm("dimm0", timeout=120)
        assert states(g, blocks) == {"gone"} and memory.total_kib(g) == total

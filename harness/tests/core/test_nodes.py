# SPDX-License-Identifier: GPL-2.0
"""Memory that is probed joins the node that the firmware says it belongs to, and only one node at a time."""

import pytest

from harness import memory, selftests

pytestmark = pytest.mark.slow_on_debug

GIB = 1 << 30
HALF = GIB // 2


@pytest.fixture
def boundary(guest, kernel_ours):
    """(guest, where its second node begins): a GiB at the end of RAM, which mem= keeps from the kernel, as it does
    with a GiB of the first."""
    with guest(kernel=kernel_ours, files=selftests.files(kernel_ours),
               nodes=[{"mem": "3G", "cpus": "0-1"}, {"mem": "1G"}], append="mem=2G") as g:
        memory.auto_online(g, "offline")
        spare = [line.split() for line in g.run(f"{selftests.program('mhp')} spare").splitlines()]
        yield g, max(int(start, 16) + int(size, 16) for start, size in spare) - GIB


def belongs_to(g, start, node):
    return g.sh(f"test -d {memory.SYSFS}/memory{start // memory.block_size(g)}/node{node}")[0] == 0


def test_probe_over_the_end_of_a_node(boundary):
    g, second = boundary
    before = selftests.snapshot(g)
    assert selftests.put(g, "probe", f"{second - HALF:#x} {GIB:#x}") == "EINVAL"
    refusal = memory.refusal(g)
    assert refusal.startswith("error=-22 request=add reason=node ") and f"{second:#x}" in refusal, refusal
    assert not selftests.difference(before, selftests.snapshot(g))

    for start, node in ((second - HALF, 0), (second, 1)):
        assert selftests.put(g, "probe", f"{start:#x} {HALF:#x}") == "ok", memory.refusal(g)
        assert belongs_to(g, start, node)
    # What came by two probes, to two nodes, may go by one remove
    assert selftests.put(g, "remove", f"{second - HALF:#x} {GIB:#x}") == "ok", memory.refusal(g)
    assert not memory.blocks_in(g, second - HALF, second + HALF)


def test_probe_where_no_node_is(boundary):
    """Of addresses that the firmware does not know the node is that of the first memory."""
    g, second = boundary
    assert selftests.put(g, "probe", f"{second + 4 * GIB:#x}") == "ok", memory.refusal(g)
    assert belongs_to(g, second + 4 * GIB, 0)
    assert selftests.put(g, "remove", f"{second + 4 * GIB:#x}") == "ok", memory.refusal(g)

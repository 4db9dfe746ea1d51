# SPDX-License-Identifier: GPL-2.0
"""Memory that is probed joins the node that the firmware says it belongs to, and only one node at a time."""

from harness import memory, selftests

GIB = 1 << 30
HOLE, BOUNDARY = 4608 << 20, 5 * GIB        # memmap= takes 1 GiB out of both nodes' memory


def test_probe_over_the_end_of_a_node(guest, kernel_ours):
    with guest(kernel=kernel_ours, files=selftests.files(kernel_ours),
               nodes=[{"mem": "3G", "cpus": "0-1"}, {"mem": "1G"}], append="memmap=1G%4608M-1") as g:
        memory.auto_online(g, "offline")
        before = selftests.snapshot(g)
        assert selftests.put(g, "probe", f"{HOLE:#x} {GIB:#x}") == "EINVAL"
        refusal = memory.refusal(g)
        assert refusal.startswith("error=-22 request=add reason=node ") and f"{BOUNDARY:#x}" in refusal, refusal
        assert not selftests.difference(before, selftests.snapshot(g))

        size = memory.block_size(g)
        for start, node in ((HOLE, 0), (BOUNDARY, 1)):
            assert selftests.put(g, "probe", f"{start:#x} {GIB // 2:#x}") == "ok", memory.refusal(g)
            assert g.sh(f"test -d {memory.SYSFS}/memory{start // size}/node{node}")[0] == 0
        # What came by two probes, to two nodes, may go by one remove
        assert selftests.put(g, "remove", f"{HOLE:#x} {GIB:#x}") == "ok", memory.refusal(g)
        assert not memory.blocks_in(g, HOLE, HOLE + GIB)

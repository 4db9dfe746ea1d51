# SPDX-License-Identifier: GPL-2.0
"""DLPAR of memory: by the hypervisor's events and by /sys/kernel/dlpar; and why it was refused.

A DIMM of QEMU's is a row of LMBs.
"""

import re

import pytest

from harness import memory, selftests
from harness.dlpar import drc_index, refusal, request, why
from harness.marks import MORE
from harness.qemu import DLPAR
from harness.refusals import parse
from harness.tests.ppc64.conftest import LMB, NOTIFIER, plug, states

OBSTACLE = "/sys/module/mhp_obstacle/parameters"
TIME_LIMIT = "hotplug/offline_timeout_ms"


def pin(g, block):
    """A process that keeps a page of the block where it is, until its input ends."""
    holder = g.spawn(f"pin {block * LMB:#x} {(block + 1) * LMB:#x}")
    assert "pinned" in holder.wait_output("pinned"), holder.output
    return holder


def let_go(holder):
    holder.close_input()
    assert holder.wait()[0] == 0


def test_both_ways(partition):
    with partition() as g:
        assert g.run(f"cat {DLPAR}") == "memory,cpu,dt\n"
        assert not why(g)
        total = memory.total_kib(g)
        blocks = plug(g)
        first, second = blocks
        for words, left in ((f"remove index {drc_index(second)}", {first}), ("add count 1", set(blocks)),
                            (f"remove indexed-count 2 {drc_index(first)}", set()),
                            (f"add indexed-count 2 {drc_index(first)}", set(blocks)),
                            ("remove count 2", set()), (f"add index {drc_index(second)}", {second}),
                            (f"add index {drc_index(first)}", set(blocks))):
            assert not request(g, f"memory {words}")
            assert memory.blocks(g).keys() & set(blocks) == left, words
        assert memory.total_kib(g) - total == 2 * LMB >> 10
        assert g.unplug_dimm("dimm0", timeout=120)
        assert memory.total_kib(g) == total


@pytest.mark.parametrize("out", [[0], [1], [0, 1]])
def test_unplug_of_what_is_out_of_use(partition, out):
    """What was removed from inside the hypervisor gets when it asks for it, and not before."""
    with partition() as g:
        blocks = plug(g)
        for lmb in out:
            assert not request(g, f"memory remove index {drc_index(blocks[lmb])}")
        assert g.unplug_dimm("dimm0", timeout=120)
        assert not why(g) and states(g, blocks) == {"gone"}


def test_bad_requests(partition):
    """Each says what was wrong with it, and changes nothing."""
    with partition() as g:
        first, second = plug(g)
        assert not request(g, f"memory remove index {drc_index(second)}")
        before = selftests.snapshot(g)
        for words, error, reason, text in (
                ("remove count 2", "EINVAL", "absent",
                 r"2 LMBs are asked for, and of \d+ no more than 1 can be removed"),
                ("add count 100", "EINVAL", "absent",
                 r"100 LMBs are asked for, and of \d+ no more than \d+ can be added"),
                ("add count 0", "EINVAL", "input", "no LMB is asked for"),
                ("remove index 0", "EINVAL", "owned", "LMB 0x0 is reserved, it neither comes nor goes"),
                (f"add index {drc_index(first)}", "EPERM", "conflict",
                 f"LMB {drc_index(first)} is in the partition already"),
                (f"remove index {drc_index(second)}", "EINVAL", "absent",
                 f"LMB {drc_index(second)} is not in the partition"),
                (f"add index {drc_index(second + 2)}", "EINVAL", "arch",
                 "the hypervisor does not give what is asked for, .*"),
                ("add index 0x12345", "EINVAL", "absent", "1 LMBs from 0x12345 on are asked for, there are 0")):
            assert selftests.put(g, DLPAR, f"memory {words}") == error, words
            others, unrestored, told = refusal(g)
            assert (others, unrestored) == (0, 0)
            assert told.reason == reason and re.fullmatch(text, told.why), told
            assert told.request == words.split()[0]
        assert not selftests.difference(before, selftests.snapshot(g))
        # What cannot be read is no request
        text = why(g)
        assert selftests.put(g, DLPAR, "memory add bogus") == "EINVAL"
        assert why(g) == text


def test_not_by_hand(partition):
    """What DLPAR keeps book of, it says so; and of what the firmware has reserved."""
    with partition() as g:
        assert selftests.put(g, "remove", f"{max(memory.blocks(g)) * LMB:#x}") == "EPERM"
        assert "only firmware" in memory.refusal(g)
        blocks = plug(g)
        assert not request(g, f"memory remove index {drc_index(blocks[1])}")
        memory.set_state(g, [blocks[0]], "offline")
        for name, block in (("remove", blocks[0]), ("probe", blocks[1])):
            assert selftests.put(g, name, f"{block * LMB:#x}") == "EPERM"
            told = parse(memory.refusal(g))
            assert told.reason == "owned" and DLPAR in told.why + told.by, told


def test_a_page_that_stays(partition):
    """The request is taken back exactly, whichever LMB it was, and says which page it was."""
    with partition() as g:
        blocks = plug(g, lmbs=3)
        assert selftests.put(g, TIME_LIMIT, "2000") == "ok"
        for held in blocks:
            holder = pin(g, held)
            before = selftests.snapshot(g)
            assert request(g, f"memory remove indexed-count 3 {drc_index(blocks[0])}")
            others, unrestored, told = refusal(g)
            assert (others, unrestored) == (0, 0)
            assert told.reason == "timeout" and held * LMB <= told.first < (held + 1) * LMB, told
            assert re.search(r"anonymous memory of pin \(pid \d+\)", told.why), told
            assert not selftests.difference(before, selftests.snapshot(g))
            let_go(holder)
        assert not request(g, f"memory remove indexed-count 3 {drc_index(blocks[0])}")


@pytest.mark.parametrize("verb", ["remove", "add"])
def test_killed_in_the_middle(partition, verb):
    """What is there by then is taken back all the same, to a node that has no other memory, too."""
    with partition(nodes=[{"mem": "2G", "cpus": "0-1"}, {}]) as g:
        blocks = plug(g, lmbs=1, node=1) + plug(g, "dimm1", lmbs=7)
        wanted = f"indexed-count 8 {drc_index(blocks[0])}"
        first = f"[ -d {memory.SYSFS}/memory{blocks[0]} ]"
        before, after, reverse = ("online", "gone", "add") if verb == "remove" else ("gone", "online", "remove")
        for _ in range(20):
            if states(g, blocks) != {before}:
                assert not request(g, f"memory {reverse} {wanted}")
            # When the first LMB has changed, the last may have, too: then once more
            g.run(f"echo memory {verb} {wanted} > {DLPAR} & "
                  f"{'while' if verb == 'remove' else 'until'} {first}; do :; done; kill -9 $!; wait $! || :", 60)
            now = states(g, blocks)
            assert now in ({before}, {after}), (now, why(g))
            if now == {before}:
                break
        assert now == {before} and refusal(g)[1] == 0 and refusal(g)[2].reason == "signal", why(g)
        assert g.sh("cat /proc/[0-9]*/comm 2> /dev/null | grep -x kswapd1")[0] == (1 if before == "gone" else 0)
        assert not request(g, f"memory {verb} {wanted}")


def test_put_back_as_it_was(partition):
    """Offline, movable where the kernel would not choose that, and whatever the policy for new memory is."""
    # The kernel must not settle in them before the test has put them where it wants them
    with partition(append="memory_hotplug.online_policy=auto-movable",
                   nodes=[{"mem": "1G", "cpus": "0-1"}, {"mem": "1G"}]) as g:
        selftests.load(g, "mhp_obstacle")
        blocks = plug(g, lmbs=4, node=1)
        memory.set_state(g, blocks[:2], "offline")
        memory.set_state(g, [blocks[1]], "online_kernel")
        g.run("echo contig-zones > /sys/module/memory_hotplug/parameters/online_policy")
        assert selftests.put(g, TIME_LIMIT, "2000") == "ok"
        assert selftests.put(g, f"{OBSTACLE}/put", f"kernel {blocks[-1] * LMB:#x} {LMB:#x}") == "ok"
        for policy in ("offline", "online", "online_movable"):
            memory.auto_online(g, policy)
            before = selftests.snapshot(g)
            assert request(g, f"memory remove indexed-count 4 {drc_index(blocks[0])}")
            others, unrestored, told = refusal(g)
            assert (others, unrestored, told.first // LMB) == (0, 0, blocks[-1])
            assert not selftests.difference(before, selftests.snapshot(g))
        memory.auto_online(g, "offline")
        assert selftests.put(g, f"{OBSTACLE}/drop", "all") == "ok"


def test_lmbs_behind_mem(partition):
    """The partition has them, the kernel was told not to use them: by hand they come, and go."""
    with partition(append="movable_node mem=1G") as g:
        block = max(memory.blocks(g)) + 1
        assert request(g, f"memory add index {drc_index(block)}")
        for name in ("probe", "remove"):
            assert selftests.put(g, name, f"{block * LMB:#x}") == "ok", memory.refusal(g)


def test_a_page_of_the_kernel(partition):
    """Without movable_node the kernel uses what comes, and nothing moves that away."""
    with partition(append="", nodes=[{"mem": "1G", "cpus": "0-1"}, {"mem": "1G"}]) as g:
        selftests.load(g, "mhp_obstacle")
        blocks = plug(g, node=1)
        assert "Normal" in g.run(f"cat {memory.SYSFS}/memory{blocks[0]}/valid_zones")
        for kind, page in (("slab", "slab"), ("kernel", "unknown")):
            assert selftests.put(g, f"{OBSTACLE}/put", f"{kind} {blocks[1] * LMB:#x} {LMB:#x}") == "ok"
            before = selftests.snapshot(g)
            assert request(g, f"memory remove index {drc_index(blocks[1])}")
            told = refusal(g)[2]
            assert (told.reason, told.page, told.first // LMB) == ("unmovable", page, blocks[1]), told
            assert not selftests.difference(before, selftests.snapshot(g))
            assert selftests.put(g, f"{OBSTACLE}/drop", "all") == "ok"


def test_the_first_of_several(partition):
    """Of a number of LMBs, each is tried; the first is told, and how many there were besides."""
    with partition() as g:
        blocks = plug(g, lmbs=4)
        assert selftests.put(g, TIME_LIMIT, "2000") == "ok"
        holders = [pin(g, block) for block in blocks[1:3]]
        before = selftests.snapshot(g)
        assert request(g, "memory remove count 3")
        others, unrestored, told = refusal(g)
        assert (others, unrestored) == (1, 0)
        assert told.first // LMB == blocks[1], told
        assert not selftests.difference(before, selftests.snapshot(g))
        assert not request(g, "memory remove count 2")
        for holder in holders:
            let_go(holder)
        assert not request(g, "memory remove count 2")


@pytest.mark.parametrize("event, request_name", [("going_offline", "remove"), ("going_online", "add")])
def test_a_client_that_refuses(partition, event, request_name):
    with partition() as g:
        blocks = plug(g)
        if request_name == "add":
            assert not request(g, "memory remove count 2")
        selftests.load(g, "mhp_notifier")
        before = selftests.snapshot(g)
        g.run(f"echo {event} > {NOTIFIER}/event; echo 12 > {NOTIFIER}/error")
        assert request(g, f"memory {request_name} count 2")
        others, unrestored, told = refusal(g)
        assert others >= 1 and unrestored == 0
        assert told.reason == "client" and "mhp_notifier" in told.by and told.error == -12, told
        assert not selftests.difference(before, selftests.snapshot(g))
        g.run(f"echo 0 > {NOTIFIER}/error")
        assert not request(g, f"memory {request_name} count 2")
        assert states(g, blocks) == ({"online"} if request_name == "add" else {"gone"})


@pytest.mark.parametrize("lmb", [0, 1])
def test_the_hypervisor_hears_of_a_refusal(partition, lmb):
    """Also of the first LMB: the unplug does not stay pending, and the next one is done."""
    with partition() as g:
        blocks = plug(g)
        holder = pin(g, blocks[lmb])
        assert not g.unplug_dimm("dimm0", timeout=120)
        assert states(g, blocks) == {"online"}
        assert refusal(g)[2].first // LMB == blocks[lmb]
        let_go(holder)
        assert g.unplug_dimm("dimm0", timeout=120)
        assert states(g, blocks) == {"gone"}


def test_what_the_hypervisor_adds_is_refused(partition):
    with partition() as g:
        selftests.load(g, "mhp_notifier")
        known = memory.blocks(g)
        g.run(f"echo going_online > {NOTIFIER}/event; echo 12 > {NOTIFIER}/error")
        assert not g.plug_dimm("dimm0", size="512M", check=False)
        assert "mhp_notifier" in refusal(g)[2].by
        assert memory.blocks(g) == known
        g.run(f"echo 0 > {NOTIFIER}/error")
        assert not request(g, "memory add count 2")
        assert g.unplug_dimm("dimm0", timeout=120)


def test_two_nodes(partition):
    with partition(nodes=[{"mem": "1G", "cpus": "0-1"}, {"mem": "1G"}]) as g:
        for node in (0, 1):
            for block in plug(g, f"dimm{node}", node=node):
                g.run(f"test -d {memory.SYSFS}/memory{block}/node{node}")
        for node in (1, 0):
            assert g.unplug_dimm(f"dimm{node}", timeout=120)


@pytest.mark.parametrize("rounds", [5, pytest.param(50, marks=MORE)])
def test_rounds_under_pressure(partition, rounds):
    """By both ways and by blocks, while a process has its memory there; nothing of it is lost, and all is as before."""
    with partition() as g:
        total = memory.total_kib(g)
        load = g.spawn(f"fill 1024 0 {8 << 30:#x}")
        load.wait_output("filled")
        for number in range(1, rounds + 1):
            first, second = plug(g)
            memory.set_state(g, [second], "offline")
            assert not request(g, f"memory remove index {drc_index(first)}")
            memory.set_state(g, [second], "online_movable")
            assert not request(g, f"memory add index {drc_index(first)}")
            load.write("check\n")
            load.wait_until(lambda output, number=number: output.count("intact") >= number)
            assert load.output.count("intact") == number, load.output
            assert g.unplug_dimm("dimm0", timeout=120)
            assert memory.total_kib(g) == total
        load.close_input()
        assert load.wait()[0] == 0

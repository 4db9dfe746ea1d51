# SPDX-License-Identifier: GPL-2.0
"""The driver of eHCA when the firmware refuses, is busy, or reports that something broke."""

import pytest

from harness import ehca, ehea, selftests
from harness.dlpar import drc_index, refusal, request
from harness.tests.ppc64.conftest import plug
from harness.tests.ppc64.test_ehca import loaded, nothing_wrong
from harness.tests.ppc64.test_ehea_faults import fired


def each_call_fails(g, attempt, undo=lambda succeeded: None, call="any", rc="H_HARDWARE"):
    """Let the first call of an attempt fail, then the second, and so on until none is left to fail; their number.

    attempt() says whether it succeeded. After undo(succeeded) the firmware has the objects that it had before.
    """
    before, number = ehca.objects(g), 0
    while True:
        number += 1
        ehea.fail(g, f"{call} {number} {rc}")
        succeeded = attempt()
        has_failed = fired(g)
        undo(succeeded)
        assert ehca.objects(g) == before, (call, number, ehca.objects(g), before)
        if not has_failed:
            assert succeeded, (call, number)
            return number - 1


def calls_of(g, attempt):
    """{call: how many of them it makes}"""
    ehea.reset(g, "calls")
    assert attempt()
    return {call: number for call, number in ehea.counters(g, "calls").items() if number}


def modprobe(g):
    g.run("modprobe ehca")
    return ehca.is_there(g)


def test_probe(channel):
    """Whichever call fails, there is no adapter, or one that works; and nothing is left when the driver goes."""
    with channel() as g:
        ehca.load_model(g)
        assert each_call_fails(g, lambda: modprobe(g), lambda _: g.run("rmmod ehca")) > 10
        ehca.load(g)
        ehca.run(g, "ud")
        nothing_wrong(g)


@pytest.mark.full
def test_again_and_again(channel):
    """The driver, and the adapter, a hundred times; with users, and traffic now and then."""
    with channel() as g:
        ehca.load_model(g)
        ehca.load(g)
        objects = ehca.objects(g)
        for number in range(100):
            assert ehca.hold(g, "storage") == "ok"
            if number % 10 == 0:
                ehca.run(g, "ud")
            if number % 2:
                ehca.probe(g, ehca.remove(g))
            else:
                g.run("rmmod ehca_traffic; rmmod ehca")
                assert not ehca.objects(g)
                ehca.load(g)
            assert ehca.objects(g) == objects
        nothing_wrong(g)


def test_user_in_the_kernel(channel):
    """Whichever call fails, there is no user, and memory may go."""
    with channel() as g:
        block = loaded(g)[1]

        def attempt():
            return ehca.hold(g, "storage") == "ok"

        def undo(succeeded):
            if succeeded:
                ehca.release(g)

        assert each_call_fails(g, attempt, undo) >= 3
        for verb in ("remove", "add"):
            assert not request(g, f"memory {verb} index {drc_index(block)}")
        assert attempt()
        ehca.release(g)
        nothing_wrong(g)


def test_region_of_a_process(channel):
    with channel() as g:
        ehca.load(g)
        process = ehca.Regions(g)
        handles = []

        def attempt():
            answer = process.ask(f"register {3 << 20}").split()
            if answer[0] == "ok":
                handles.append(answer[1])
            return answer[0] == "ok"

        def undo(succeeded):
            if succeeded:
                process.deregister(handles.pop())

        assert each_call_fails(g, attempt, undo) >= 2
        process.end()
        nothing_wrong(g)


@pytest.mark.parametrize("what", ["ud", pytest.param("rc", marks=pytest.mark.full)])
def test_queues(channel, what):
    """Whichever call of those that make queues fails, whoever asked for them is told, and nothing is left."""
    with channel() as g:
        ehca.load(g)
        # With a user, so that the calls for all of memory are not among them
        assert ehca.hold(g, "storage") == "ok"

        def attempt():
            return selftests.put(g, f"{ehca.CLIENT}/run", what) == "ok"

        calls = calls_of(g, attempt)
        # Each interrupt makes one, and another if that fails
        del calls["H_QUERY_INT_STATE"]
        assert len(calls) > 4, calls
        for call in calls:
            # What the firmware does not stop and free stays; but it may want to be asked again
            rc = {"H_FREE_RESOURCE": "H_R_STATE",
                  "H_DISABLE_AND_GET": "H_LONG_BUSY_ORDER_1_MSEC"}.get(call, "H_HARDWARE")
            assert each_call_fails(g, attempt, call=call, rc=rc) >= calls[call], call
        nothing_wrong(g)


@pytest.mark.full
@pytest.mark.parametrize("call", ["H_DISABLE_AND_GET", "H_FREE_RESOURCE"])
def test_a_queue_that_stays(channel, call):
    """The adapter may go on writing to it: nobody gets its memory, and everything else goes on."""
    with channel() as g:
        ehca.load(g)
        assert ehca.hold(g, "storage") == "ok"
        before = ehca.objects(g)
        ehea.fail(g, f"{call} 1 H_HARDWARE")
        ehca.run(g, "ud")
        assert fired(g) == 1
        kept = ehca.objects(g)
        assert kept["hca_QP"] == before["hca_QP"] + 1 and "cannot free queue pair" in g.run("dmesg")
        ehca.run(g, "rc")
        ehca.release(g)
        g.run("rmmod ehca_traffic; rmmod ehca")
        assert ehca.objects(g)["hca_QP"] == 1
        ehca.load(g)
        ehca.run(g, "rc")
        nothing_wrong(g)


@pytest.mark.full
def test_busy_firmware(channel):
    """Each third call has to be made again."""
    with channel() as g:
        block = plug(g)[1]
        ehca.load_model(g)
        ehea.fail(g, "busy any 3 H_LONG_BUSY_ORDER_1_MSEC")
        ehca.load(g)
        for what in ehca.RUNS:
            ehca.run(g, what)
        for verb in ("remove", "add"):
            assert not request(g, f"memory {verb} index {drc_index(block)}")
            ehca.run(g, "rc")
        g.run("rmmod ehca_traffic; rmmod ehca")
        assert fired(g) > 100
        assert not ehca.objects(g)
        nothing_wrong(g)


def test_memory_that_is_not_freed(channel):
    """The region of all memory stays when the firmware does not free it: refused, and told; then it is freed."""
    with channel() as g:
        block = loaded(g)[1]
        before = ehca.objects(g)
        assert ehca.hold(g, "storage") == "ok"
        # The user's own region goes first
        ehea.fail(g, "H_FREE_RESOURCE 2 H_R_STATE 50")
        ehca.release(g)
        assert request(g, f"memory remove index {drc_index(block)}")
        told = refusal(g)[2]
        assert told.by.startswith("ehca") and "still holds memory of former users. Repeat" in told.why, told
        ehea.fail(g, "clear")
        assert not request(g, f"memory remove index {drc_index(block)}")
        assert ehca.objects(g) == before
        nothing_wrong(g)

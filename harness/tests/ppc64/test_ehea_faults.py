# SPDX-License-Identifier: GPL-2.0
"""Our eHEA driver when the firmware refuses, is busy, or reports that something broke."""

import pytest

from harness import ehea, selftests
from harness.dlpar import drc_index, refusal, request
from harness.tests.ppc64.conftest import plug, states

# Queues so short that a port comes up with few calls, each of which can be made to fail
SHORT = "rq1_entries=127 rq2_entries=127 rq3_entries=127 sq_entries=127"


def fired(g):
    """How many planned failures have happened; the plan is forgotten."""
    text = g.run(f"cat {ehea.MODEL}/fail").split()
    ehea.fail(g, "clear")
    return int(text[text.index("fired") + 1])


@pytest.mark.parametrize("call, numbers", [
    pytest.param("H_ALLOC_HEA_RESOURCE", [1], marks=pytest.mark.full), ("H_REGISTER_HEA_RPAGES", [1, 2, 127, 128])])
@pytest.mark.parametrize("model", ["", pytest.param("max_num_mrs=4", marks=pytest.mark.full)], ids=["many", "few"])
def test_memory_is_refused(adapter, call, numbers, model):
    """By name, with everything as it was; the next request is served."""
    with adapter() as g:
        wire = ehea.Wire(g, ehea.load(g, model=model))
        first, second = plug(g)
        assert not request(g, f"memory remove index {drc_index(second)}")
        before = selftests.snapshot(g), ehea.objects(g)
        for number in numbers:
            ehea.fail(g, f"{call} {number} H_HARDWARE")
            assert request(g, f"memory add index {drc_index(second)}")
            _, unrestored, told = refusal(g)
            assert told.reason == "client" and told.by.startswith("ehea:") and not unrestored, told
            assert fired(g) == 1
            assert not selftests.difference(before[0], selftests.snapshot(g)) and ehea.objects(g) == before[1]
            wire.ping()
        assert not request(g, f"memory add index {drc_index(second)}")
        if model:
            # What is left of the window has to be registered before the block may go
            ehea.fail(g, f"{call} 1 H_HARDWARE")
            assert request(g, f"memory remove index {drc_index(second)}")
            assert refusal(g)[2].by.startswith("ehea:") and fired(g) == 1
            assert states(g, [first, second]) == {"online"}
        assert not request(g, f"memory remove index {drc_index(second)}")
        wire.ping()
        assert not ehea.wrong(g), ehea.wrong(g)


@pytest.mark.full
def test_a_region_is_not_freed_at_once(adapter):
    with adapter() as g:
        ehea.Wire(g, ehea.load(g)).ping()
        first, second = plug(g)
        regions = ehea.objects(g)["MR"]
        ehea.fail(g, "H_FREE_RESOURCE 1 H_R_STATE")
        assert not request(g, f"memory remove index {drc_index(second)}")
        assert fired(g) == 1 and ehea.objects(g)["MR"] == regions - 1
        assert not ehea.wrong(g), ehea.wrong(g)


def test_port_does_not_come_up(adapter):
    """Whichever call fails: nothing is left of the attempt."""
    with adapter() as g:
        names = ehea.load(g, options=SHORT)
        before = ehea.objects(g)
        tries = 0
        while True:
            tries += 1
            ehea.fail(g, f"any {tries} H_HARDWARE")
            status, output = g.sh(f"ip link set {names[0]} up")
            if not fired(g):
                break
            assert not status or ehea.objects(g) == before, (tries, output, ehea.objects(g), before)
            g.run(f"ip link set {names[0]} down")
            assert ehea.objects(g) == before, (tries, ehea.objects(g))
        assert tries > 20 and not status
        g.run(f"ip link set {names[0]} down")
        ehea.Wire(g, names).ping()
        assert not ehea.wrong(g), ehea.wrong(g)


@pytest.mark.full
def test_adapter_is_not_there(adapter):
    """Whichever call of its probe fails, nothing is left when the driver goes."""
    with adapter() as g:
        g.run("modprobe ebus_model")
        ehea.reset(g, "calls")
        ehea.load(g)
        calls = ehea.calls(g)
        g.run("rmmod ehea")
        assert calls > 1000 and not ehea.objects(g)
        for number in [*range(1, 8), 100, 129, 130, calls // 2, *range(calls - 12, calls + 1)]:
            ehea.fail(g, f"any {number} H_HARDWARE")
            g.run("modprobe ehea")
            fired(g)
            g.run("rmmod ehea")
            assert not ehea.objects(g), number
        ehea.Wire(g, ehea.load(g)).ping()
        assert not ehea.wrong(g), ehea.wrong(g)


@pytest.mark.full
def test_busy_firmware(adapter):
    """Each third call has to be made again."""
    with adapter() as g:
        g.run("modprobe ebus_model")
        ehea.fail(g, "busy any 3 H_LONG_BUSY_ORDER_1_MSEC")
        wire = ehea.Wire(g, ehea.load(g, options=SHORT))
        flow = ehea.udp(wire)
        first, second = plug(g)
        for words in (f"remove index {drc_index(second)}", f"add index {drc_index(second)}"):
            assert not request(g, f"memory {words}")
            flow.flows()
        flow.stop()
        g.run("rmmod ehea")
        assert fired(g) > 100
        assert not ehea.objects(g) and not ehea.wrong(g), ehea.wrong(g)


@pytest.mark.parametrize("what", ["qp 1", *(pytest.param(what, marks=pytest.mark.full)
                                                    for what in ("port 1", "adapter 1"))])
def test_malfunction(adapter, what):
    """A queue that broke is made anew, and traffic goes on."""
    with adapter() as g:
        wire = ehea.Wire(g, ehea.load(g))
        flow = ehea.udp(wire, side=0)
        flow.flows()
        g.run(f"echo {what} > {ehea.MODEL}/malfunction")
        if not what.startswith("qp"):
            g.run("rmmod ehea; ! grep -q ^ehea /proc/modules")
            names = ehea.load(g)
            ehea.Wire(g, names).ping()
            return
        flow.flows(10 * ehea.STEP)
        flow.stop()
        assert not ehea.wrong(g), ehea.wrong(g)


@pytest.mark.full
def test_link(adapter):
    """The carrier follows the wire."""
    with adapter() as g:
        wire = ehea.Wire(g, ehea.load(g, options="prop_carrier_state=1"))
        carrier = f"cat /sys/class/net/{wire.names[0]}/carrier"
        port = g.run(f"cat /sys/class/net/{wire.names[0]}/device/log_port_id")
        for state, value in (("down", "0"), ("up", "1")) * 2:
            g.run(f"echo {port} {state} > {ehea.MODEL}/link")
            g.run(f"until [ $({carrier}) = {value} ]; do :; done", timeout=20)
        wire.ping()

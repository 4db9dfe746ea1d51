# SPDX-License-Identifier: GPL-2.0
"""Our eHEA driver on a model of its firmware: traffic while memory, interfaces and the driver itself come and go.

The model sees what hardware would not survive; every frame that was sent has arrived or was dropped for a reason.
"""

import pathlib
import re

import pytest

from harness import ehea, selftests
from harness.dlpar import drc_index, refusal, request
from harness.marks import MORE
from harness.qemu import DLPAR, GuestDied
from harness.tests.ppc64.conftest import (LATER_NODE, NOTIFIER, flood_above_a_block, in_turn,
                                         online_and_nobody_told, plug, states)

PATH = "/sys/bus/ibmebus"


def streams(wire):
    """TCP one way, from a file that lies in hot memory if there is some, and UDP the other way."""
    wire.g.run("mkdir -p /hot && mount -t tmpfs tmpfs /hot")
    return ehea.tcp(wire, mib=64, where="/hot"), ehea.udp(wire)


def all_flow(flows):
    for flow in flows:
        flow.flows()


def finish(g, flows, but=()):
    """The end of the traffic: nothing was wrong, and nothing was dropped but for reasons of that kind."""
    for flow in flows:
        flow.stop()
    assert not ehea.wrong(g), ehea.wrong(g)
    drops = ehea.account(g)
    assert not (set(drops) & set(ehea.OUR_DROPS)) - set(but), drops
    if not but:
        # Ports have been up all the time
        assert ehea.missed(flows) <= sum(drops.values()), drops
        assert not any(flow.ends[1]["late"] for flow in flows)
        for told in (ehea.ethtool(wire, side, "stats") for wire in ehea.wires(flows) for side in (0, 1)):
            assert not {name: number for name, number in told.items()
                        if re.fullmatch(r"tx\d+_(copied|dropped|unmapped)", name) and number}


@pytest.mark.parametrize("model", ["", "bare_eqs=1"])
def test_ports(adapter, model):
    """Both ports come up, frames of all sizes pass both ways."""
    with adapter() as g:
        wire = ehea.Wire(g, ehea.load(g, model=model), mtu=9000)
        for side in (0, 1):
            for size in (1, 56, 180, 220, 1000, 1400, 4000, 8972, 20000):
                wire.ping(side, size)
        assert not ehea.wrong(g) and not ehea.account(g)


@pytest.mark.parametrize("rounds", [2, pytest.param(30, marks=MORE)])
def test_lmbs(adapter, rounds):
    with adapter() as g:
        wire = ehea.Wire(g, ehea.load(g))
        blocks = plug(g)
        flows = streams(wire)
        for words in in_turn(blocks) * rounds:
            assert not request(g, f"memory {words}")
            all_flow(flows)
        finish(g, flows)
        assert not ehea.stops(g)["stops"]


@pytest.mark.full
def test_own_memmap(adapter):
    """Blocks that were there before the driver, and have their memmap in them: it goes with them (radix only)."""
    with adapter(append="movable_node memory_hotplug.memmap_on_memory=force") as g:
        blocks = plug(g)
        wire = ehea.Wire(g, ehea.load(g))
        regions = ehea.objects(g)["MR"]
        flows = streams(wire)
        for number in (1, 2):
            for block in blocks:
                assert not request(g, f"memory remove index {drc_index(block)}")
            all_flow(flows)
            assert ehea.objects(g)["MR"] == regions - len(blocks), number
            for block in blocks:
                assert not request(g, f"memory add index {drc_index(block)}")
            all_flow(flows)
        finish(g, flows)


@pytest.mark.full
def test_dimms(adapter):
    """What the hypervisor gives and takes, several LMBs together."""
    with adapter() as g:
        wire = ehea.Wire(g, ehea.load(g))
        plug(g, "other", lmbs=1)
        flows = streams(wire)
        for _ in range(2):
            plug(g, lmbs=2)
            all_flow(flows)
            assert g.unplug_dimm("dimm0", timeout=120)
            all_flow(flows)
        finish(g, flows)
        assert not ehea.stops(g)["stops"]


# More than two ports have for their receive buffers: a window for all LMBs of a few GiB, and one to spare
@pytest.mark.parametrize("regions", [4, pytest.param(6, marks=MORE)])
def test_few_regions(adapter, regions):
    """Blocks share regions, which change while queues run."""
    with adapter() as g:
        wire = ehea.Wire(g, ehea.load(g, model=f"max_num_mrs={regions}"))
        blocks = plug(g)
        flows = streams(wire)
        for words in in_turn(blocks):
            assert not request(g, f"memory {words}")
            all_flow(flows)
            assert ehea.objects(g)["MR"] <= regions
        finish(g, flows)
        assert not ehea.stops(g)["stops"]


# The receive buffers of two ports need two, RAM two more to change piece by piece
@pytest.mark.parametrize("regions", [1, *(pytest.param(regions, marks=MORE) for regions in (2, 3))])
def test_single_region(adapter, regions):
    """Queues stop for each change, and go on."""
    with adapter() as g:
        wire = ehea.Wire(g, ehea.load(g, model=f"max_num_mrs={regions}"))
        blocks = plug(g)
        flows = streams(wire)
        ehea.reset(g, "stops")
        for words in in_turn(blocks):
            assert not request(g, f"memory {words}")
            all_flow(flows)
        assert ehea.objects(g)["MR"] == 1
        stopped = ehea.stops(g)
        assert stopped["stops"] and stopped["stopped_us"], stopped
        finish(g, flows, but=("qp_disabled", "no_receive_descriptor"))


def test_no_region_left(adapter):
    """A block that has no region is refused, by name, and comes when the adapter has gone."""
    with adapter() as g:
        ehea.load(g, model="max_num_mrs=12 max_mr_size=268435456")
        plug(g, lmbs=1)
        assert not g.plug_dimm("more", size="1G", check=False)
        _, _, told = refusal(g)
        assert told.reason == "client" and told.by.startswith("ehea"), told
        assert "no region left" in told.why and PATH in told.why, told
        g.run("rmmod ehea")
        assert not request(g, "memory add count 4")
        assert not ehea.objects(g)


@pytest.mark.full
def test_memory_is_registered_before_it_is_in_use(adapter):
    """As soon as a page can be allocated it can be sent; 6.12's driver cannot, see test_ehea_base.py."""
    with adapter() as g:
        wire = ehea.Wire(g, ehea.load(g))
        with online_and_nobody_told(g, plug(g)):
            flow = ehea.tcp(wire, where="/hot")
            flow.flows(8 * ehea.STEP)
        finish(g, [flow])


@pytest.mark.full
def test_receive_descriptors_name_their_memory(adapter):
    """Blocks below come and go while descriptors are posted.

    6.12's driver writes into the block that goes, see test_ehea_base.py.
    """
    with adapter(nodes=LATER_NODE) as g:
        block, flows = flood_above_a_block(g, ehea.OURS)
        for words in in_turn([block]) * 20:
            assert not request(g, f"memory {words}")
        # More is sent than is polled for
        finish(g, flows, but=["no_receive_descriptor"])


@pytest.mark.full
@pytest.mark.parametrize("event", ["going_offline", "going_online"])
def test_another_refuses(adapter, event):
    """Before us, and after us: the map stays as it is, whoever was asked first."""
    with adapter() as g:
        wire = ehea.Wire(g, ehea.load(g))
        first, second = plug(g)
        if event == "going_online":
            assert not request(g, f"memory remove index {drc_index(second)}")
        flows = streams(wire)
        regions = ehea.objects(g)["MR"]
        verb = "remove" if event == "going_offline" else "add"
        for priority in (100, -100):
            g.run(f"insmod {selftests.program('mhp_notifier')}.ko priority={priority}")
            g.run(f"echo {event} > {NOTIFIER}/event; echo 12 > {NOTIFIER}/error")
            for _ in range(3):
                assert request(g, f"memory {verb} index {drc_index(second)}")
                all_flow(flows)
            assert ehea.objects(g)["MR"] == regions
            g.run("rmmod mhp_notifier")
        assert not request(g, f"memory {verb} index {drc_index(second)}")
        all_flow(flows)
        finish(g, flows)
        assert states(g, [first]) == {"online"}


def test_interfaces_go_down_and_change(adapter):
    """While memory comes and goes.

    Without TCP: what it has sent, and nobody has acknowledged, it keeps, and the pages stay where they are.
    """
    with adapter() as g:
        wire = ehea.Wire(g, ehea.load(g))
        blocks = plug(g)
        flows = ehea.udp(wire, side=0), ehea.udp(wire, side=1)
        for number, words in enumerate(in_turn(blocks) * 2):
            side = number % 2
            loop = g.spawn(f"exec {wire.inside(side)}sh -c 'while :; do ip link set {wire.names[side]} down; "
                           f"ip link set {wire.names[side]} mtu {1400 + 100 * number}; "
                           f"ip link set {wire.names[side]} up; echo up; done'")
            loop.wait_output("up\nup\n")
            assert not request(g, f"memory {words}")
            loop.kill()
            loop.wait()
            wire.up(side)
        for side in (0, 1):
            wire.run(side, f"ip link set {wire.names[side]} mtu 1500")
        all_flow(flows)
        finish(g, flows, but=("qp_disabled", "no_receive_descriptor"))


@pytest.mark.full
@pytest.mark.parametrize("how", ["module", "adapter"])
def test_driver_goes_and_comes_back(adapter, how):
    """With traffic, between changes of memory; it leaves no object of the firmware's."""
    with adapter() as g:
        names = ehea.load(g)
        blocks = plug(g)
        path = g.run(f"cat {PATH}/devices/*/devspec | head -n 1").strip()
        for words in in_turn(blocks):
            wire = ehea.Wire(g, names)
            flow = ehea.udp(wire, side=0)
            flow.flows()
            if how == "module":
                g.run("rmmod ehea")
            else:
                g.run(f"echo {path} > {PATH}/remove")
            flow.sender.kill()
            flow.receiver.kill()
            flow.sender.wait()
            flow.receiver.wait()
            wire.close()
            assert not ehea.objects(g)
            assert not request(g, f"memory {words}")
            if how == "module":
                names = ehea.load(g)
            else:
                g.run(f"echo {path} > {PATH}/probe")
                names = sorted(name for name in ehea.interfaces(g) if name.startswith("eth"))
        assert not ehea.wrong(g), ehea.wrong(g)


def test_files(adapter):
    """drmgr asks for the capabilities before it moves memory; ports come and go by number."""
    with adapter() as g:
        names = ehea.load(g)
        assert g.run(f"cat {PATH}/drivers/ehea/capabilities") == "7"
        device = g.run(f"ls -d {PATH}/drivers/ehea/*lhea*").strip()
        ids = [g.run(f"cat /sys/class/net/{name}/device/log_port_id") for name in names]
        assert sorted(ids) == ["1", "2"]
        for name, mode in ((f"{device}/probe_port", "200"), (f"{device}/remove_port", "200"),
                           (f"{PATH}/drivers/ehea/capabilities", "444"),
                           (f"/sys/class/net/{names[1]}/device/log_port_id", "444")):
            assert g.run(f"stat -c %a {name}").strip() == mode, name
        assert re.fullmatch(r"port\d+", g.run(f"basename $(readlink -f /sys/class/net/{names[0]}/device)").strip())
        for name, text in (("probe_port", ids[0]), ("probe_port", "9"), ("remove_port", "9"), ("remove_port", "x")):
            assert selftests.put(g, f"{device}/{name}", text) == "EINVAL", (name, text)
        g.run(f"echo {ids[0]} > {device}/remove_port")
        assert len(ehea.interfaces(g)) == 2
        assert selftests.put(g, f"{device}/remove_port", ids[0]) == "EINVAL"
        g.run(f"echo {ids[0]} > {device}/probe_port")
        ehea.Wire(g, sorted(name for name in ehea.interfaces(g) if name.startswith("eth"))).ping()


@pytest.mark.full
def test_crash(adapter, kernel_ours):
    """In the middle of traffic and of a change: the kernel that takes the dump finds an adapter that does nothing."""
    with adapter(mem="3G", append="movable_node crashkernel=512M",
                 files={"boot/vmlinux": pathlib.Path(kernel_ours)}) as g:
        wire = ehea.Wire(g, ehea.load(g))
        block = plug(g, lmbs=1)[0]
        for flow in streams(wire):
            flow.flows()
        program = selftests.program("crash-kernel", ehea.COLLECTION)
        g.run(f"{program} /boot/vmlinux 'console=hvc0 maxcpus=1 panic=-1'", timeout=60)
        # What its window will then be is registered beside what it is
        g.run(f"insmod {selftests.program('mhp_notifier')}.ko priority=-1 && echo going_offline > {NOTIFIER}/hold")
        g.spawn(f"echo 'memory remove index {drc_index(block)}' > {DLPAR}")
        g.run(f"until grep -qx going_offline {NOTIFIER}/seen; do :; done")
        g.expect_death = True
        with pytest.raises(GuestDied):
            g.run("echo c > /proc/sysrq-trigger", timeout=120)
        *_, crash, dump = g.console().split("] Linux version")
        left = re.findall(r"ebus_model: (\d+) objects and (\d+) addresses at the crash", crash)
        assert left[0] != left[-1] == ("0", "0"), left
        assert "elfcorehdr=" in dump and "Unable to mount root" in dump, dump


@pytest.mark.own_kernel
def test_cost(adapter):
    """4 LMBs on 2 GiB: the calls for each, ours beside those of the driver of 6.12; and that RAM does not matter."""
    def calls_of(driver, mem="2G"):
        with adapter(mem=mem) as g:
            wire = ehea.Wire(g, ehea.load(g, driver))
            wire.ping()
            ehea.reset(g, "calls", "stops")
            plug(g, lmbs=4)
            added, stopped = ehea.calls(g), ehea.stops(g)["stops"]
            if driver == ehea.OURS:
                assert not ehea.wrong(g) and not stopped
            return added / 4

    ours, more_ram, base = calls_of(ehea.OURS), calls_of(ehea.OURS, "4G"), calls_of(ehea.BASE)
    print(f"\ncalls of the firmware for each LMB: {ours:.0f}, with twice the RAM {more_ram:.0f}; 6.12: {base:.0f}")
    assert ours <= 140 and abs(more_ram - ours) < 2
    assert base > 1000


def seconds_for(g, flow, size):
    """How long it takes until so many bytes more have arrived, by the guest's clock."""
    def now():
        return float(g.run("cut -d' ' -f1 /proc/uptime"))
    begin = now()
    flow.flows(size, timeout=300)
    return now() - begin


@pytest.mark.full
@pytest.mark.own_kernel
@pytest.mark.alone
def test_throughput(adapter):
    """Traffic while LMBs come and go, beside the same traffic while none does.

    The adapter sets the pace, not the CPUs that emulate it, and which the changes need as well.
    """
    with adapter() as g:
        wire = ehea.Wire(g, ehea.load(g, model="max_delay_us=20000"))
        script = "; ".join(f"echo memory {words} > {DLPAR} || exit" for words in in_turn(plug(g, lmbs=4)))
        flow = ehea.tcp(wire)
        flow.flows()
        control, changes = [], []
        for _ in range(5):
            control.append(seconds_for(g, flow, 24 << 20))
            loop = g.spawn(f"while echo round; do {script}; done")
            loop.wait_output("round\nround\n", timeout=120)
            changes.append(seconds_for(g, flow, 24 << 20))
            loop.wait_output("round\n" * 3, timeout=120)
            loop.kill()
            loop.wait()
        finish(g, [flow])
        # What else this machine does only makes it slower
        ratio = min(control) / min(changes)
        print(f"\nthroughput beside the control: {ratio:.2f} ({control}, {changes})")
        assert ratio >= 0.9

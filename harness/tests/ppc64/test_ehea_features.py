# SPDX-License-Identifier: GPL-2.0
"""What our eHEA driver does besides passing frames: VLANs, multicast, ethtool, several queues.

One guest for all; each test has a new model and loads the driver anew, which leaves nothing when it goes.
"""

import contextlib
import re
import signal
import time

import pytest

from harness import ehea, memory, selftests
from harness.allocations import Allocations
from harness.dlpar import drc_index, refusal, request
from harness.ehea import ethtool
from harness.marks import MORE
from harness.qemu import Guest, GuestDied
from harness.tests.ppc64.conftest import in_turn, plug
from harness.tests.ppc64.test_dlpar import let_go, pin
from harness.timeouts import scaled

BROADCAST = "ff:ff:ff:ff:ff:ff"
GROUP, OTHER_GROUP = "01:00:5e:01:00:00", "01:00:5e:02:00:00"
NOBODY = "02:00:00:00:00:99"
# What IPv4 joins on each interface that is up
ALL_HOSTS = "01:00:5e:00:00:01"
# Multicast addresses that a port of the model's may register, but for that one
MAX_GROUPS = 61


@pytest.fixture(scope="module")
def shared_guest(kernel_ours):
    with Guest(kernel_ours, files=ehea.files(kernel_ours), modules=ehea.MODULES, mem="2G", maxmem="8G", slots=4,
               append="movable_node page_owner=on") as g:
        yield g


@pytest.fixture
def lmbs(shared_guest):
    """Two blocks that may come and go."""
    g = shared_guest
    blocks = plug(g)
    yield blocks
    # Each may be out of the partition, and then is not in a request of the hypervisor's
    assert g.unplug_dimm("dimm0", timeout=120)


@contextlib.contextmanager
def driver(g, model="", options="", but=()):
    """The driver on a new model; the names of its interfaces. In the end nothing was wrong, and nothing is left."""
    try:
        yield sorted(ehea.load(g, model=model, options=options), key=lambda name: port_of(g, name))
        assert not ehea.wrong(g), ehea.wrong(g)
        drops = ehea.account(g)
        assert not (set(drops) & set(ehea.OUR_DROPS)) - set(but), drops
        g.run("! grep -q '^ehea ' /proc/modules || rmmod ehea")
        assert not ehea.objects(g)
        assert not g.run(f"cat {ehea.MODEL}/filter")
    finally:
        with contextlib.suppress(GuestDied):
            g.sh(f"for program in traffic frames; do killall -q -9 $program; done; echo clear > {ehea.MODEL}/fail; "
                 "rmmod ehea; rmmod ebus_model")


def mac(port):
    """The model's."""
    return f"02:0e:0e:0e:00:{port:02x}"


def port_of(g, name):
    """The number of a port whose interface is here."""
    return int(g.run(f"cat /sys/class/net/{name}/device/log_port_id"))


def await_filter(g, port, *lines):
    """Wait until a port that is up takes exactly the frames that these lines of the model's file say, and broadcast."""
    wanted = "\n".join(sorted(f"{port} {line}" for line in ("vlan 0", *lines)))
    g.run(f"""until [ "$(grep '^{port} ' {ehea.MODEL}/filter | grep -v 'type [123]$' | sort)" = '{wanted}' ]
              do :; done""", timeout=20)


def registered(address, type=4):
    """As the model tells it: once for frames without a tag, once for those with any."""
    return [f"address {address.replace(':', '')} type {type | tag:x}" for tag in (1, 2)]


class Taker:
    """Who takes frames at one side of a wire."""

    def __init__(self, wire, side, *groups):
        self.wire, self.side = wire, side
        self.command = wire.spawn(side, f"{selftests.program('frames', ehea.COLLECTION)} take {wire.names[side]} "
                                        + " ".join(groups))
        assert self.command.wait_output("\n") == "ready\n", self.command.output
        self.seen = len(self.command.output)

    def takes(self, *frames):
        """What of these frames arrives: a broadcast behind them is the end."""
        program = selftests.program("frames", ehea.COLLECTION)
        name = self.wire.names[1 - self.side]
        self.wire.run(1 - self.side, f"{program} send {name} {' '.join(frames)} {BROADCAST}")
        end = f"{BROADCAST} -\n"
        text = self.command.wait_until(lambda output: end in output[self.seen:])[self.seen:]
        assert self.command.status is None, text
        self.seen += text.index(end) + len(end)
        return text[:text.index(end)].splitlines()

    def close(self):
        self.command.close_input()
        assert not self.command.wait()[0], self.command.output


def add_vlan(wire, side, vid, net):
    wire.run(side, f"ip link add link {wire.names[side]} name vlan{vid} type vlan id {vid}")
    wire.run(side, f"ip addr add {ehea.address(side, net)}/24 dev vlan{vid}")
    wire.run(side, f"ip link set vlan{vid} up")


def break_queues(g, port):
    """The port makes new ones."""
    stops = ehea.stops(g)["stops"]
    g.run(f"echo qp {port} > {ehea.MODEL}/malfunction")
    g.run(f"until [ $(awk '{{ n += $4 }} END {{ print n }}' {ehea.MODEL}/stops) -gt {stops} ]; do :; done", timeout=30)


def test_vlan(shared_guest):
    """Frames pass in their VLAN and in no other; so they do when ports have gone down, or broken."""
    g = shared_guest
    with driver(g, but=("qp_disabled", "no_receive_descriptor")) as names:
        wire = ehea.Wire(g, names, mtu=9000)
        for side in (0, 1):
            add_vlan(wire, side, 5, net=5)
        add_vlan(wire, 0, 4094, net=6)
        await_filter(g, 1, "vlan 5", "vlan 4094", *registered(ALL_HOSTS))
        await_filter(g, 2, "vlan 5", *registered(ALL_HOSTS))
        for size in (1, 56, 180, 1400, 8972, 20000):
            wire.ping(0, size, net=5)
        taker, there = Taker(wire, 1), mac(2)
        assert taker.takes(f"{there}/5", f"{there}/4094", f"{there}/7", f"{there}/4") == [f"{there} 5"]
        assert ehea.counters(g, "frames")["drop_vlan_filter"] == 3
        flows = ehea.tcp(wire, net=5), ehea.udp(wire, net=5)
        for _ in range(2):
            for flow in flows:
                flow.flows()
            break_queues(g, 1)
        for side in (0, 1):
            wire.down(side)
            wire.up(side)
        for flow in flows:
            flow.flows()
            flow.stop()
        wire.ping(net=5)
        wire.run(1, "ip link del vlan5")
        await_filter(g, 2, *registered(ALL_HOSTS))
        assert taker.takes(f"{there}/5", there) == [f"{there} -"]
        taker.close()
        wire.run(0, "ip link del vlan5")
        wire.run(0, "ip link del vlan4094")
        wire.close()


def test_multicast(shared_guest):
    """Groups that somebody has joined, and no others; all if they are too many."""
    g = shared_guest
    with driver(g) as names:
        wire = ehea.Wire(g, names)
        always = registered(ALL_HOSTS)
        frames = GROUP, OTHER_GROUP, NOBODY
        taken = {frame: f"{frame} -" for frame in frames}
        everything = registered("00:00:00:00:00:00", type=12)

        def joined(expected, lines, *groups):
            taker = Taker(wire, 1, *groups)
            await_filter(g, 2, *lines)
            assert taker.takes(*frames) == [taken[frame] for frame in expected]
            return taker

        none = joined([], always)
        some = joined([GROUP], [*always, *registered(GROUP)], GROUP)
        break_queues(g, 2)
        assert some.takes(*frames) == [taken[GROUP]]
        wire.down(1)
        assert not ehea.filters(g, 2)
        wire.up(1)
        await_filter(g, 2, *always, *registered(GROUP))
        assert some.takes(*frames) == [taken[GROUP]]
        some.close()
        await_filter(g, 2, *always)
        joined([GROUP, OTHER_GROUP], everything, "allmulti").close()
        joined([GROUP, OTHER_GROUP], everything, GROUP, "allmulti").close()
        await_filter(g, 2, *always)
        full = joined([OTHER_GROUP], [*always, *(line for number in range(MAX_GROUPS)
                                      for line in registered(f"{OTHER_GROUP[:-2]}{number:02x}"))],
                      f"{OTHER_GROUP}+{MAX_GROUPS - 1}")
        joined([GROUP, OTHER_GROUP], everything, GROUP).close()
        full.close()
        joined(frames, [*everything, "promiscuous"], "promiscuous").close()
        await_filter(g, 2, *always)
        none.close()
        wire.close()


def test_addresses_are_refused(shared_guest):
    """Too many frames are taken, not too few; and what the firmware does not let go of is not registered twice."""
    g = shared_guest
    with driver(g) as names:
        wire = ehea.Wire(g, names)
        frames = GROUP, OTHER_GROUP
        always, everything = registered(ALL_HOSTS), registered("00:00:00:00:00:00", type=12)
        for refusals in (1, 2):
            first = Taker(wire, 1, GROUP)
            await_filter(g, 2, *always, *registered(GROUP))
            ehea.fail(g, f"H_REG_BCMC 1 H_NOT_ENOUGH_RESOURCES {refusals}")
            second = Taker(wire, 1, OTHER_GROUP)
            g.run(f"until grep -q 'fired {refusals}' {ehea.MODEL}/fail; do :; done", timeout=20)
            ehea.fail(g, "clear")
            if refusals == 1:
                g.run(f"until grep -q 'type d' {ehea.MODEL}/filter; do :; done", timeout=20)
            else:
                await_filter(g, 2, *everything)
            assert second.takes(*frames) == [f"{frame} -" for frame in frames]
            second.close()
            await_filter(g, 2, *always, *registered(GROUP))
            first.close()
            await_filter(g, 2, *always)
        # Whichever registration fails on the way up, none stays
        for number in (1, 2):
            wire.down(1)
            ehea.fail(g, f"H_REG_BCMC {number} H_HARDWARE")
            status, output = wire.sh(1, f"ip link set {names[1]} up")
            assert status and not ehea.filters(g, 2), output
            ehea.fail(g, "clear")
        wire.up(1)
        ehea.fail(g, "H_DEREG_BCMC 1 H_HARDWARE 3")
        wire.down(1)
        assert len(ehea.filters(g, 2)) == 3, ehea.filters(g, 2)
        wire.up(1)
        await_filter(g, 2, *always)
        wire.ping()
        wire.close()


# Of linux/ethtool.h
FULL, HALF, AUTONEG_OFF, AUTONEG_ON, UNKNOWN = 1, 0, 0, 1, {"speed": -1, "duplex": 255}
TP, FIBRE = 0, 3


def test_ethtool(shared_guest):
    g = shared_guest
    with driver(g, options="sq_entries=255") as names:
        wire = ehea.Wire(g, names)
        told = ethtool(wire, 0, "driver")
        assert told["driver"] == "ehea" and re.fullmatch(r"\S*lhea\S*", told["bus"]), told
        stats = ethtool(wire, 0, "stats")
        assert len(stats) == told["stats"] and stats["resets"] == 0
        assert ethtool(wire, 0, "rings") == {"rx_mini": 1023, "rx": 1023, "rx_jumbo": 511, "tx": 255}
        level = ethtool(wire, 0, "level")["level"]
        assert ethtool(wire, 0, f"level {level ^ 4}")["level"] == level ^ 4
        assert ethtool(wire, 1, "level")["level"] == level

        start = ethtool(wire, 0, "settings")
        assert (start["speed"], start["duplex"], start["autoneg"], start["port"]) == (10000, FULL, AUTONEG_ON, FIBRE)
        for speed, duplex in ((10, HALF), (10, FULL), (100, HALF), (100, FULL), (1000, FULL), (10000, FULL)):
            ethtool(wire, 0, f"set {speed} {duplex} {AUTONEG_OFF}")
            now = ethtool(wire, 0, "settings")
            assert (now["speed"], now["duplex"], now["autoneg"]) == (speed, duplex, AUTONEG_OFF), now
            assert now["port"] == (FIBRE if speed == 10000 else TP), now
            assert ethtool(wire, 0, "link") == {"link": 1}
        ethtool(wire, 0, f"set 100 {FULL} {AUTONEG_OFF}")
        for speed, duplex in ((1000, HALF), (10000, HALF), (2500, FULL), (-1, FULL)):
            ethtool(wire, 0, f"set {speed} {duplex} {AUTONEG_OFF}", error="EINVAL")
            assert ethtool(wire, 0, "settings")["speed"] == 100
        ethtool(wire, 0, "negotiate")
        assert ethtool(wire, 0, "settings") == start
        ethtool(wire, 0, f"set 10 {HALF} {AUTONEG_ON}")
        assert ethtool(wire, 0, "settings") == start
        for code, error in (("H_AUTHORITY", "EPERM"), ("H_HARDWARE", "EIO"), ("H_PARAMETER", "EINVAL")):
            for words in ("negotiate", f"set 100 {FULL} {AUTONEG_OFF}"):
                ehea.fail(g, f"H_MODIFY_HEA_PORT 1 {code}")
                ethtool(wire, 0, words, error=error)
                assert ethtool(wire, 0, "settings") == start
                assert ethtool(wire, 0, "link") == {"link": 1}
        ehea.fail(g, "clear")
        ehea.fail(g, "H_QUERY_HEA_PORT 1 H_HARDWARE")
        ethtool(wire, 0, "settings", error="EIO")
        ehea.fail(g, "clear")
        g.run(f"echo 1 down > {ehea.MODEL}/link")
        g.run(f"until [ $(cat /sys/class/net/{names[0]}/carrier) = 0 ]; do :; done", timeout=20)
        assert ethtool(wire, 0, "settings").items() >= UNKNOWN.items()
        assert ethtool(wire, 0, "link") == {"link": 0}
        g.run(f"echo 1 up > {ehea.MODEL}/link")
        g.run(f"until [ $(cat /sys/class/net/{names[0]}/carrier) = 1 ]; do :; done", timeout=20)
        wire.down(0)
        ethtool(wire, 0, f"set 1000 {FULL} {AUTONEG_OFF}")
        assert ethtool(wire, 0, "link") == {"link": 0}
        wire.up(0)
        wire.ping()
        wire.close()


def counted(wire, side):
    """The driver's counters of a port beside the firmware's, which have the CRC in them."""
    line = wire.run(side, f"grep {wire.names[side]}: /proc/net/dev").split()[1:]
    theirs = ethtool(wire, side, "stats")
    kinds = "unicast", "multicast", "broadcast"
    sent, received = (sum(theirs[f"port_{way}_{kind}"] for kind in kinds) for way in ("tx", "rx"))
    ours = {"rx_bytes": int(line[0]), "rx": int(line[1]), "rx_errors": int(line[2]), "multicast": int(line[7]),
            "tx_bytes": int(line[8]), "tx": int(line[9]), "tx_errors": int(line[10])}
    return ours, {"rx_bytes": theirs["port_rx_octets"] - 4 * received, "rx": received, "rx_errors": 0,
                  "multicast": theirs["port_rx_multicast"], "tx_bytes": theirs["port_tx_octets"] - 4 * sent, "tx": sent,
                  "tx_errors": 0}


def await_same_counts(wire):
    """Until a port's counters are the firmware's: neighbours look for each other, and a frame may be on its way."""
    for side in (0, 1):
        end = time.monotonic() + scaled(20)
        ours, theirs = counted(wire, side)
        while ours != theirs:
            assert time.monotonic() < end, (wire.names[side], ours, theirs)
            ours, theirs = counted(wire, side)


def test_counters(shared_guest):
    """Ours are those of the frames that were on the wire, TSO's among them, whatever the adapter is to do."""
    g = shared_guest
    with driver(g) as names:
        wire = ehea.Wire(g, names)
        taker = Taker(wire, 1, GROUP)
        await_filter(g, 2, *registered(ALL_HOSTS), *registered(GROUP))
        for offloads in ((), ("tso 0",), ("tx 0",), ("sg 0",), ("rx 0", "txvlan 0")):
            for words in offloads:
                ethtool(wire, 0, f"offload {words}")
            flows = ehea.tcp(wire, mib=4), ehea.udp(wire)
            for flow in flows:
                flow.flows()
                flow.stop()
            assert taker.takes(GROUP) == [f"{GROUP} -"]
            await_same_counts(wire)
        assert ehea.counters(g, "frames")["tso"] > 10
        taker.close()
        wire.close()


def test_queues(shared_guest, lmbs):
    """Several for each of four ports: frames go through all of them, while LMBs come and go."""
    g = shared_guest
    with driver(g, model="num_ports=4 num_qps=3") as names:
        assert len(names) == 4
        wires = [ehea.Wire(g, names[2 * net:2 * net + 2], net=net) for net in (0, 1)]
        # The adapter chooses a queue by the addresses
        for wire in wires:
            for net in range(10, 20):
                for side in (0, 1):
                    wire.run(side, f"ip addr add {ehea.address(side, net + 10 * wire.net)}/24 dev {wire.names[side]}")
                wire.ping(net % 2, net=net + 10 * wire.net)
        flows = ehea.udp(wires[0], net=10), ehea.tcp(wires[0], net=11), ehea.udp(wires[1], side=0, net=20)
        for words in in_turn(lmbs):
            assert not request(g, f"memory {words}")
            for flow in flows:
                flow.flows(1 << 18)
        for flow in flows:
            flow.stop()
        for wire in wires:
            for side in (0, 1):
                told = ethtool(wire, side, "stats")
                used = [told[f"rx{queue}_packets"] for queue in range(3)]
                assert all(used), (wire.names[side], used)
                wire.ping(side)
            await_same_counts(wire)
            wire.close()
        assert not ehea.stops(g)["stops"]


# Queues so short that a port comes up with few allocations, each of which can be made to fail
SHORT = "rq1_entries=127 rq2_entries=127 rq3_entries=127 sq_entries=127"
INJECTORS = [f"/sys/kernel/debug/{name}" for name in ("failslab", "fail_page_alloc")]


def function(g, name):
    """[start, end) of a function of the kernel."""
    symbols = [line.split() for line in g.run("awk '$2 ~ /[tT]/ { print $1, $3 }' /proc/kallsyms | sort").splitlines()]
    at = next(i for i, (_, symbol) in enumerate(symbols) if symbol == name)
    return int(symbols[at][0], 16), int(symbols[at + 1][0], 16)


def module(g, name):
    words = g.run(f"grep '^{name} ' /proc/modules").split()
    start = int(words[5], 16)
    return start, start + int(words[1])


def fail_only_below(g, start, end):
    """Of all allocations only those that a function in [start, end) is on the way to."""
    # In kernel/irq/ irqdomain.c and proc.c, which are linked in this order, do not see what they lack, and WARN later
    unseen = [function(g, name)[0] for name in ("irq_domain_associate_locked", "unregister_handler_proc")]
    for injector in INJECTORS:
        g.run(f"cd {injector} && echo N > ignore-gfp-wait && echo 0 > verbose && "
              f"echo {start} > require-start && echo {end} > require-end && "
              f"echo {unseen[0]} > reject-start && echo {unseen[1]} > reject-end")
    g.run(f"cd {INJECTORS[1]} && echo N > ignore-gfp-highmem && echo 0 > min-order")


def pages(g):
    """Pages that the driver, or who it called, has allocated; of slabs anybody may have the other objects."""
    return int(g.run("""cat /sys/kernel/debug/page_owner |
                        awk 'BEGIN { RS = "" } /\\[ehea\\]/ && !/slab/ { n++ } END { print n + 0 }'"""))


def without_each(g, words, step=1):
    """[errno's name or ok] of a request that has failed without each of its allocations: it leaves nothing."""
    objects = g.run(f"wc -l < {ehea.MODEL}/objects").strip()
    output = g.run(f"{selftests.program('fail-nth', ehea.COLLECTION)} {step} {words}", timeout=600)
    *lines, last = (line.split() for line in output.splitlines())
    assert last[1] == "complete", output
    assert {line[2] for line in lines} == {objects}, output
    return [line[1] for line in lines]


def test_a_port_without_an_allocation(shared_guest):
    """Whichever fails on its way up, nothing is left, and the next attempt succeeds."""
    g = shared_guest
    with driver(g, options=SHORT) as names:
        g.run(f"ip link set {names[0]} up && ip link set {names[0]} down")
        fail_only_below(g, *module(g, "ehea"))
        before = pages(g)
        with Allocations(g, "fail-nth") as allocations:
            results = without_each(g, f"up {names[0]}")
        assert results.count("ENOMEM") > 30 and set(results) <= {"ok", "ENOMEM", "ENOSPC"}, results
        assert not allocations.live, allocations.live
        assert pages(g) == before
        wire = ehea.Wire(g, names)
        wire.ping()
        wire.close()


def test_the_wire_is_shared(shared_guest):
    """An entry of TSO is many frames: datagrams of the other port, each an entry, do not wait for as many."""
    g = shared_guest
    with driver(g) as names:
        wire = ehea.Wire(g, names)
        flows = [ehea.tcp(wire), ehea.udp(wire)]
        before = [flow.received()["bytes"] for flow in flows]
        flows[0].flows(16 * ehea.STEP)
        many, few = (flow.received()["bytes"] - number for flow, number in zip(flows, before))
        assert ehea.counters(g, "frames")["tso"]
        # Not as many, as each datagram is a call of its program
        assert few * 3 > many, (few, many)
        for flow in flows:
            flow.stop()
        wire.close()


def test_memory_without_an_allocation(shared_guest, lmbs):
    """An LMB comes and goes, or does not: the map is as before then."""
    g = shared_guest
    with driver(g, model="max_num_mrs=4") as names:
        wire = ehea.Wire(g, names)
        fail_only_below(g, *module(g, "ehea"))
        add, remove = (f"memory {verb} index {drc_index(lmbs[1])}" for verb in ("add", "remove"))
        with Allocations(g, "fail-nth") as allocations:
            # What one program has made is gone when the other has done the same
            results = without_each(g, f"write /sys/kernel/dlpar '{remove}' '{add}'")
            assert not request(g, remove)
            results += without_each(g, f"write /sys/kernel/dlpar '{add}' '{remove}'")
            assert not request(g, add)
        # The device tree keeps properties that were replaced; kernfs numbers its files in nodes of a radix tree
        live = allocations.live.keys() - {"clone_property", "radix_tree_node_alloc.constprop.0"}
        assert not live, allocations.live
        assert results.count("ENOMEM") > 5 and set(results) <= {"ok", "ENOMEM", "ENOSPC"}, results
        wire.ping()
        wire.close()


@pytest.mark.parametrize("step", [17, pytest.param(1, marks=MORE)])
def test_a_driver_without_an_allocation(shared_guest, step):
    """Whichever fails while it is loaded, nothing is left when it goes."""
    g = shared_guest
    with driver(g):
        module_file = g.run("modinfo -n ehea 2>/dev/null || find /lib/modules -name ehea.ko").strip()
        g.run("rmmod ehea")
        fail_only_below(g, *function(g, "do_init_module"))
        with Allocations(g, "fail-nth") as allocations:
            results = without_each(g, f"load {module_file} '{SHORT}'", step)
        assert len(results) > 30 and set(results) <= {"ok", "ENOMEM", "EINVAL"}, results
        assert not allocations.live, allocations.live
        wire = ehea.Wire(g, sorted(ehea.load(g)))
        wire.ping()
        wire.close()


def test_receive_buffers_are_kept(shared_guest):
    """As long as the firmware keeps their region, though it is not complete."""
    g = shared_guest
    with driver(g, options=SHORT) as names:
        up, down = (f"ip link set {names[0]} {state}" for state in ("up", "down"))
        before = ehea.objects(g)
        ehea.reset(g, "calls")
        g.run(up)
        # The last that needs pages is the region of the receive buffers
        pages_calls = ehea.counters(g, "calls")["H_REGISTER_HEA_RPAGES"]
        g.run(down)
        ehea.fail(g, f"H_REGISTER_HEA_RPAGES {pages_calls} H_HARDWARE")
        ehea.fail(g, "H_FREE_RESOURCE 1 H_HARDWARE 2")
        assert g.sh(up)[0]
        assert ehea.objects(g) == before
        ehea.fail(g, "clear")
        ehea.Wire(g, names).ping()


def await_resets(wire, side, number):
    """Wait until a port has been reset so often."""
    program = f"{selftests.program('ethtool', ehea.COLLECTION)} {wire.names[side]} stats"
    wire.g.run(f"until [ $({wire.inside(side)}{program} | awk '$1 == \"resets\" {{ print $2 }}') -ge {number} ]; do :; "
               "done", timeout=60)


def stall(wire, side, on):
    """The port sends nothing any more, though there are frames with descriptors to be sent; or goes on."""
    g = wire.g
    g.run(f"echo {side + 1} {'on' if on else 'off'} > {ehea.MODEL}/stall")
    if on:
        # The driver's counter is ahead of the firmware's
        program = f"{selftests.program('ethtool', ehea.COLLECTION)} {wire.names[side]} stats"
        ahead = "/^tx0_packets/ { n += $2 } /^port_tx_.*cast/ { n -= $2 } END { exit n < 2 }"
        g.run(f"until {wire.inside(side)}{program} | awk '{ahead}'; do :; done", timeout=20)


def test_a_queue_hangs_while_memory_goes(shared_guest, lmbs):
    """The block goes all the same; the port has new queues then."""
    g = shared_guest
    with driver(g, but=("qp_disabled", "no_receive_descriptor")) as names:
        wire = ehea.Wire(g, names)
        for side in (0, 1):
            wire.run(side, f"ip addr add {ehea.address(side, 1)}/24 dev {wire.names[side]}")
        # The other port has always something to send; how slow the first is does not matter to it
        flow, other = ehea.udp(wire, side=0), ehea.udp(wire, side=1, net=1)
        flow.flows()
        other.flows()
        g.run("dmesg -c > /dev/null")
        stall(wire, 0, True)
        assert not request(g, f"memory remove index {drc_index(lmbs[1])}")
        assert "queue 0 hangs" in g.run("dmesg -c")
        # Before its watchdog sees the new queues hang, too
        stall(wire, 0, False)
        await_resets(wire, 0, 1)
        flow.flows()
        assert not request(g, f"memory add index {drc_index(lmbs[1])}")
        flow.flows()
        other.flows()
        flow.stop()
        other.stop()
        assert ethtool(wire, 0, "stats")["resets"] == 1
        assert ethtool(wire, 1, "stats")["resets"] == 0
        wire.close()


@pytest.mark.full
def test_watchdog(shared_guest):
    """A queue that does not go on is made anew."""
    g = shared_guest
    with driver(g, but=("qp_disabled", "no_receive_descriptor")) as names:
        wire = ehea.Wire(g, names)
        flow = ehea.udp(wire, side=0)
        for number in (1, 2):
            flow.flows()
            stall(wire, 0, True)
            await_resets(wire, 0, number)
            stall(wire, 0, False)
        flow.flows()
        flow.stop()
        assert ethtool(wire, 1, "stats")["resets"] == 0
        wire.close()


def test_single_region_is_not_freed(shared_guest, lmbs):
    """Queues stay stopped, or memory does not come; they go on with the next change."""
    g = shared_guest
    remove, add = (f"memory {verb} index {drc_index(lmbs[1])}" for verb in ("remove", "add"))
    with driver(g, model="max_num_mrs=1", but=("qp_disabled", "no_receive_descriptor")) as names:
        wire = ehea.Wire(g, names)
        g.run("dmesg -c > /dev/null")
        frees = {}
        for words in (remove, add):
            ehea.reset(g, "calls")
            assert not request(g, words)
            # The region is the last that is freed
            frees[words] = ehea.counters(g, "calls")["H_FREE_RESOURCE"]
            wire.ping()
        # It is tried twice, the second time by force; and all that once more
        ehea.fail(g, f"H_FREE_RESOURCE {frees[remove]} H_HARDWARE 2")
        assert not request(g, remove)
        wire.ping()
        assert not request(g, add)
        ehea.fail(g, f"H_FREE_RESOURCE {frees[remove]} H_HARDWARE 4")
        assert not request(g, remove)
        assert "queues stay stopped" in g.run("dmesg -c")
        assert set(ehea.wrong(g)) == {"held_page", "texts"}, ehea.wrong(g)
        ehea.reset(g, "oracle")
        assert {line["stopped_now"] for line in map(ehea.parse, g.run(f"cat {ehea.MODEL}/stops").splitlines())} == {1}
        # Ports that are not there are no harm
        wire.down(1)
        wire.up(1)
        ehea.fail(g, "clear")
        assert not request(g, add)
        wire.ping()
        assert not request(g, remove)
        ehea.fail(g, f"H_FREE_RESOURCE {frees[add]} H_HARDWARE 2")
        assert request(g, add)
        assert refusal(g)[2].by.startswith("ehea:")
        ehea.fail(g, "clear")
        wire.ping()
        assert not request(g, add)
        wire.ping()
        wire.close()


def test_driver_goes_while_memory_is_on_its_way(shared_guest, lmbs):
    """The region that was made for when the block is gone goes with the driver."""
    g = shared_guest
    with driver(g, model="max_num_mrs=4") as names:
        ehea.Wire(g, names).ping()
        holder = pin(g, lmbs[1])
        regions = ehea.objects(g)["MR"]
        going = g.spawn(f"exec {selftests.program('mhp')} put {memory.SYSFS}/memory{lmbs[1]}/state offline")
        try:
            g.run(f"until [ $(grep -c ^MR {ehea.MODEL}/objects) -gt {regions} ]; do :; done", timeout=20)
            g.run("rmmod ehea")
            assert not ehea.objects(g)
        finally:
            going.kill(signal.SIGINT)
            assert going.wait()[1].strip() == "EINTR"
            let_go(holder)


def test_address(shared_guest):
    """A port that has another address, or keeps its own if the firmware refuses it."""
    g = shared_guest
    with driver(g) as names:
        wire = ehea.Wire(g, names)
        taker, first, second = Taker(wire, 1), mac(2), NOBODY
        frames = first, second
        for call, number in (("H_MODIFY_HEA_PORT", 1), ("H_REG_BCMC", 1), ("H_REG_BCMC", 2)):
            ehea.fail(g, f"{call} {number} H_HARDWARE")
            assert wire.sh(1, f"ip link set {names[1]} address {second}")[0]
            ehea.fail(g, "clear")
            assert taker.takes(*frames) == [f"{first} -"], (call, number)
            assert first in wire.run(1, f"ip link show {names[1]}")
        assert wire.sh(1, f"ip link set {names[1]} address {GROUP}")[0]
        wire.run(1, f"ip link set {names[1]} address {second}")
        assert taker.takes(*frames) == [f"{second} -"]
        wire.ping()
        wire.down(1)
        # Of a port that is down, too
        wire.run(1, f"ip link set {names[1]} address {first}")
        wire.up(1)
        assert taker.takes(*frames) == [f"{first} -"]
        wire.run(0, f"ip neigh flush dev {names[0]}")
        wire.ping()
        taker.close()
        wire.close()


def test_parameters(shared_guest):
    g = shared_guest
    with driver(g, model="num_qps=3", options="use_mcs=0 sq_entries=1000") as names:
        wire = ehea.Wire(g, names)
        for net in range(10, 20):
            for side in (0, 1):
                wire.run(side, f"ip addr add {ehea.address(side, net)}/24 dev {names[side]}")
            wire.ping(net=net)
        assert not [name for name in ethtool(wire, 0, "stats") if name.startswith(("rx1_", "tx1_"))]
        wire.close()
        g.run("rmmod ehea")
        for name, least, most in (("sq_entries", 127, 32767), ("rq1_entries", 127, 32767),
                                  ("rq2_entries", 127, 16383), ("rq3_entries", 127, 16383)):
            for value in (least - 1, most + 1, -1):
                status, output = g.sh(f"modprobe ehea {name}={value}")
                assert status and "Invalid argument" in output, (name, value, output)
        assert not ehea.objects(g)

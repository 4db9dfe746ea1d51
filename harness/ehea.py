# SPDX-License-Identifier: GPL-2.0
"""An eHEA adapter that is made up, the wire between its two ports, and traffic on it that is checked.

The model of the firmware is a module, see drivers/ibmebus/model/; the ports are in two network namespaces.
"""

import os
import re

from . import selftests

COLLECTION = "ehea"
MODEL = "/sys/kernel/debug/ebus_model"
DEFECTS = "/sys/kernel/debug/ebus_defects/defects"
OURS, BASE, BAD = "ehea", "ehea_6_12", "ebus_defects"
MODULES = ["ebus_model", OURS, BASE, BAD]
TCP, UDP = 5001, 5002
# Bytes that show that traffic goes on: each thousand takes a kernel with KASAN some 5 ms
STEP = 1 << 18 if os.environ.get("TEST_KERNEL") == "debug" else 1 << 20
# What the hardware does with a frame that a driver must not be the cause of
OUR_DROPS = ("no_translation", "wrong_key", "qp_disabled", "no_receive_descriptor")


def address(side, net=0):
    return f"10.9.{net}.{side + 1}"


def files(image):
    """The programs, for Guest(files=...)."""
    return {**selftests.files(image), **selftests.files(image, COLLECTION)}


def counters(g, name):
    """{what: number} of one of the model's files."""
    return numbers(g.run(f"cat {MODEL}/{name}").splitlines())


def numbers(lines):
    return {line.split()[0]: int(line.split()[1]) for line in lines if not line.startswith("#")}


def reset(g, *names):
    g.run(" && ".join(f"echo 0 > {MODEL}/{name}" for name in names))


def wrong(g):
    """What the model has seen that hardware would not have survived; empty if nothing."""
    lines = g.run(f"cat {MODEL}/oracle").splitlines()
    seen = {what: number for what, number in numbers(lines).items() if number}
    return {**seen, "texts": [line for line in lines if line.startswith("#")]} if seen else {}


def defects(g):
    """What the driver that has defects can do: {defect: the oracle that it is for, None if nothing is wrong}."""
    pairs = [line.split() for line in g.run(f"cat {DEFECTS}").splitlines()]
    return {defect: oracle if oracle != "-" else None for defect, oracle in pairs}


def objects(g):
    """The objects that drivers have made, by kind: {kind: number}."""
    kinds = [line.split()[0] for line in g.run(f"cat {MODEL}/objects").splitlines()]
    return {kind: kinds.count(kind) for kind in kinds}


def filters(g, port):
    """What frames a port takes, as the firmware knows it."""
    lines = [line.split(" ", 1) for line in g.run(f"cat {MODEL}/filter").splitlines()]
    return [text for number, text in lines if int(number) == port]


def calls(g):
    """Calls of the firmware since they were reset."""
    return sum(counters(g, "calls").values())


def fail(g, plan):
    """A failure that is to come, see faults.c; "clear" for none."""
    g.run(f"echo '{plan}' > {MODEL}/fail")


def load(g, driver=OURS, model="", options=""):
    """The model, and a driver on it; the names of its interfaces."""
    if "ebus_model" not in g.run("cat /proc/modules"):
        g.run(f"modprobe ebus_model {model}")
    before = set(interfaces(g))
    g.run(f"modprobe {driver} {options}")
    return sorted(set(interfaces(g)) - before)


def interfaces(g):
    return g.run("ls /sys/class/net").split()


class Wire:
    """Two ports, each in a namespace of its own: side 0 in the guest's, side 1 in another. Each wire has its net."""

    def __init__(self, g, names, mtu=1500, net=0):
        self.g, self.names, self.net = g, names, net
        self.holder = g.spawn("exec unshare -n sh -c 'echo $$; exec cat'")
        self.pid = int(self.holder.wait_until(lambda text: text.endswith("\n")))
        g.run(f"ip link set {names[1]} netns {self.pid}")
        for side in (0, 1):
            self.run(side, "ip link set lo up")
            self.run(side, f"ip link set {names[side]} mtu {mtu}")
            self.up(side)

    def inside(self, side):
        """What to put before a command on that side."""
        return f"nsenter -t {self.pid} -n " if side else ""

    def run(self, side, line, **options):
        return self.g.run(f"{self.inside(side)}{line}", **options)

    def sh(self, side, line, **options):
        return self.g.sh(f"{self.inside(side)}{line}", **options)

    def spawn(self, side, line):
        return self.g.spawn(f"exec {self.inside(side)}{line}")

    def up(self, side):
        self.run(side, f"ip addr replace {address(side, self.net)}/24 dev {self.names[side]}")
        self.run(side, f"ip link set {self.names[side]} up")

    def down(self, side):
        self.run(side, f"ip link set {self.names[side]} down")

    def ping(self, side=0, size=56, net=None):
        self.run(side, f"ping -c 1 -W 5 -s {size} {self.other(side, net)}")

    def other(self, side, net=None):
        """The address at the other end, of the wire's net or of another that it has."""
        return address(1 - side, self.net if net is None else net)

    def know_other(self, side, net=None):
        """Its hardware address, for good: frames that wait for it may be overtaken by the first that need not."""
        name = self.names[1 - side]
        hardware = re.search(r"link/ether (\S+)", self.run(1 - side, f"ip link show dev {name}"))[1]
        self.run(side, f"arp -s {self.other(side, net)} {hardware}")

    def port_offset(self, net=None):
        """Nets share the guest's ports."""
        return 10 * (self.net if net is None else net)

    def close(self):
        self.holder.close_input()
        self.holder.wait()


def parse(line):
    words = line.split()
    return {words[i]: int(words[i + 1]) for i in range(0, len(words), 2)}


class Stream:
    """A sender on one side and a receiver on the other."""

    def __init__(self, wire, sender, receiver, side):
        program = selftests.program("traffic", COLLECTION)
        self.wire, self.ends = wire, None
        self.receiver = wire.spawn(1 - side, f"{program} {receiver}")
        self.receiver.wait_output("\n")
        self.sender = wire.spawn(side, f"{program} {sender}")
        self.sender.wait_output("\n")

    @staticmethod
    def _ask(command, line="", timeout=60):
        lines = command.output.count("\n")
        command.write(f"{line}\n")
        text = command.wait_until(lambda output: output.count("\n") > lines, timeout)
        # "<what is wrong> at <number>" comes in between
        assert command.status is None and " at " not in text, text
        return parse(text.splitlines()[lines])

    def received(self):
        """What the receiver has so far: {what: number}."""
        return self._ask(self.receiver)

    def flows(self, more=STEP, timeout=60):
        """Wait until so many bytes more have arrived."""
        self._ask(self.receiver, more, timeout)

    def stop(self):
        """(sent, received) in the end, which is all right with both."""
        self.ends = ends = []
        for command in (self.sender, self.receiver):
            command.close_input()
            status, output = command.wait(60)
            assert not status, output
            ends.append(parse(output.splitlines()[-1]))
        return ends


def tcp(wire, side=0, mib=16, where="/tmp", net=None):
    to, port = wire.other(side, net), TCP + wire.port_offset(net)
    return Stream(wire, f"tcp-send {to} {port} {where}/pattern{port}-{side} {mib}", f"tcp-serve {port}", side)


def udp(wire, side=1, size=1400, net=None):
    wire.know_other(side, net)
    to, port = wire.other(side, net), UDP + wire.port_offset(net)
    return Stream(wire, f"udp-send {to} {port} {size}", f"udp-serve {port}", side)


def account(g):
    """Each frame that was sent has arrived, or was dropped for a reason that is counted: the reasons."""
    frames = counters(g, "frames")
    drops = {what.removeprefix("drop_"): number for what, number in frames.items()
             if what.startswith("drop_") and number}
    assert frames["sent"] == frames["delivered"] + sum(drops.values()), frames
    assert frames["posted"] == frames["wqes"] + frames["freed"] + frames["pending"], frames
    return drops


def ethtool(wire, side, words, error=None):
    """What one of our programs tells of a port: {name: value}; or that it is refused with that errno."""
    status, output = wire.sh(side, f"{selftests.program('ethtool', COLLECTION)} {wire.names[side]} {words}")
    if error:
        assert (status, output.strip()) == (1, error), output
        return None
    assert not status, output
    pairs = [line.split(" ", 1) for line in output.splitlines()]
    return {name: int(value) if re.fullmatch(r"-?\d+", value) else value for name, value in pairs}


def wires(flows):
    """What they go over, each once."""
    return list({id(flow.wire): flow.wire for flow in flows}.values())


def udp_errors(wire):
    """Datagrams that have arrived, and which no socket had room for."""
    return sum(int(line.split()[3]) for side in (0, 1)
               for line in wire.run(side, "grep '^Udp: [0-9]' /proc/net/snmp").splitlines())


def missed(flows):
    """Datagrams of flows that have ended which no socket has seen, nor turned away."""
    return sum(flow.ends[1]["missing"] for flow in flows) - sum(map(udp_errors, wires(flows)))


def stops(g):
    """How often and for how long queues were stopped while their port was up: {"stops": n, "stopped_us": n}."""
    ports = [parse(line) for line in g.run(f"cat {MODEL}/stops").splitlines()]
    return {what: sum(port[what] for port in ports) for what in ("stops", "stopped_us")}

# SPDX-License-Identifier: GPL-2.0
"""An eHEA adapter that is made up, the wire between its two ports, and traffic on it that is checked.

The model of the firmware is a module, see drivers/ibmebus/model/; the ports are in two network namespaces.
"""

from . import selftests
from .qemu import scaled

COLLECTION = "ehea"
MODEL = "/sys/kernel/debug/ebus_model"
OURS, BASE = "ehea", "ehea_6_12"
MODULES = ["ebus_model", OURS, BASE]
ADDRESSES = "10.9.0.1", "10.9.0.2"
TCP, UDP = 5001, 5002
# What the hardware does with a frame that a driver must not be the cause of
OUR_DROPS = ("no_translation", "wrong_key", "qp_disabled", "no_receive_descriptor")


def files(image):
    """The programs, for Guest(files=...)."""
    return {**selftests.files(image), **selftests.files(image, COLLECTION)}


def counters(g, name):
    """{what: number} of one of the model's files."""
    pairs = [line.split() for line in g.run(f"cat {MODEL}/{name}").splitlines() if not line.startswith("#")]
    return {pair[0]: int(pair[1]) for pair in pairs}


def reset(g, *names):
    for name in names:
        g.run(f"echo 0 > {MODEL}/{name}")


def wrong(g):
    """What the model has seen that hardware would not have survived; empty if nothing."""
    seen = {what: number for what, number in counters(g, "oracle").items() if number}
    texts = [line for line in g.run(f"cat {MODEL}/oracle").splitlines() if line.startswith("#")]
    return {**seen, "texts": texts} if seen else {}


def objects(g):
    """The objects that drivers have made, by kind: {kind: number}."""
    kinds = [line.split()[0] for line in g.run(f"cat {MODEL}/objects").splitlines()]
    return {kind: kinds.count(kind) for kind in kinds}


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
    """Two ports, each in a namespace of its own: side 0 in the guest's, side 1 in another."""

    def __init__(self, g, names, mtu=1500):
        self.g, self.names = g, names
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

    def spawn(self, side, line):
        return self.g.spawn(f"exec {self.inside(side)}{line}")

    def up(self, side):
        self.run(side, f"ip addr replace {ADDRESSES[side]}/24 dev {self.names[side]}")
        self.run(side, f"ip link set {self.names[side]} up")

    def down(self, side):
        self.run(side, f"ip link set {self.names[side]} down")

    def ping(self, side=0, size=56):
        self.run(side, f"ping -c 1 -W 5 -s {size} {ADDRESSES[1 - side]}")

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
        self.receiver = wire.spawn(1 - side, f"{program} {receiver}")
        self.receiver.wait_output("\n")
        self.sender = wire.spawn(side, f"{program} {sender}")
        self.sender.wait_output("\n")

    @staticmethod
    def _ask(command, line="", timeout=60):
        lines = command.output.count("\n")
        command.write(f"{line}\n")
        text = command.wait_until(lambda output: output.count("\n") > lines, timeout)
        assert command.status is None, text
        return parse(text.splitlines()[lines])

    def received(self):
        """What the receiver has so far: {what: number}."""
        return self._ask(self.receiver)

    def flows(self, more=1 << 20, timeout=60):
        """Wait until so many bytes more have arrived."""
        self._ask(self.receiver, more, scaled(timeout))

    def stop(self):
        """(sent, received) in the end, which is all right with both."""
        ends = []
        for command in (self.sender, self.receiver):
            command.close_input()
            status, output = command.wait(60)
            assert not status, output
            ends.append(parse(output.splitlines()[-1]))
        return ends


def tcp(wire, side=0, mib=16, where="/tmp"):
    return Stream(wire, f"tcp-send {ADDRESSES[1 - side]} {TCP} {where}/pattern{side} {mib}", f"tcp-serve {TCP}", side)


def udp(wire, side=1, size=1400):
    return Stream(wire, f"udp-send {ADDRESSES[1 - side]} {UDP} {size}", f"udp-serve {UDP}", side)


def account(g):
    """Each frame that was sent has arrived, or was dropped for a reason that is counted: the reasons."""
    frames = counters(g, "frames")
    drops = {what.removeprefix("drop_"): number for what, number in frames.items()
             if what.startswith("drop_") and number}
    assert frames["sent"] == frames["delivered"] + sum(drops.values()), frames
    return drops


def stops(g):
    """How often and for how long queues were stopped while their port was up: {"stops": n, "stopped_us": n}."""
    ports = [parse(line) for line in g.run(f"cat {MODEL}/stops").splitlines()]
    return {what: sum(port[what] for port in ports) for what in ("stops", "stopped_us")}

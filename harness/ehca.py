# SPDX-License-Identifier: GPL-2.0
"""An eHCA adapter that is made up, users of it in the kernel and in user space, and what they may do.

The model of the firmware is that of eHEA, see ehea.py; users in the kernel are those of a module, ehca_traffic.
"""

import re

from . import ehea, selftests

COLLECTION = "ehca"
CLIENT = "/sys/kernel/debug/ehca_traffic"
BUS = "/sys/bus/ibmebus"
UVERBS = "/dev/infiniband/uverbs0"
MODULES = ["ebus_model", "ehca", "ehea", "ib_ipoib", "ib_uverbs"]
RUNS = ("rc", "uc", "ud", "violations", "retries", "states", "completions")

# What the operator reads, down to the way out
VETO = re.compile(r"adapter (?P<adapter>\S+) at (?P<location>\S+) \(DRC (?P<drc>[^)]+)\), ports 1 and 2: "
                  r"used by (?P<users>.+)\. Stop these users, or remove the adapter from the partition at the HMC, "
                  r"then repeat")


def files(image):
    """The programs, for Guest(files=...)."""
    return {**ehea.files(image), **selftests.files(image, COLLECTION)}


def load_model(g, options=""):
    g.run(f"modprobe ebus_model hca=1 {options}")


def load(g, model="", hca=1):
    """The model, the driver on it, and users of the adapter."""
    if "ebus_model" not in g.run("cat /proc/modules"):
        g.run(f"modprobe ebus_model hca={hca} {model}")
    g.run("modprobe ib_uverbs; modprobe ehca")
    if is_there(g):
        await_active(g)
    if "ehca_traffic" not in g.run("cat /proc/modules"):
        g.run(f"insmod {selftests.program('ehca_traffic.ko', COLLECTION)}")


def await_active(g):
    """Until both ports are active, which they are some time after they have what it takes."""
    g.run("until [ $(cat /sys/class/infiniband/ehca0/ports/*/state | grep -c ACTIVE) = 2 ]; do :; done", 60)


def is_there(g):
    return "ehca0" in g.run("ls /sys/class/infiniband", check=False)


def path(g):
    """Of the adapter in the device tree, as the bus wants it."""
    return g.run(f"cat {BUS}/devices/*lhca*/devspec").strip()


def remove(g):
    """What happens in the partition when the HMC takes the adapter; returns its path."""
    where = path(g)
    g.run(f"echo {where} > {BUS}/remove")
    return where


def probe(g, where):
    g.run(f"echo {where} > {BUS}/probe")
    await_active(g)


# Users in the kernel

def hold(g, name):
    """"ok" or the errno's name."""
    return selftests.put(g, f"{CLIENT}/hold", name)


def release(g, name="all"):
    assert selftests.put(g, f"{CLIENT}/release", name) == "ok"


def place(g, address=0, size=0):
    """Where the buffers of runs are from now on."""
    assert selftests.put(g, f"{CLIENT}/place", f"{address:#x} {size:#x}") == "ok"


def result(g):
    """({what: number}, the complaint or "")"""
    numbers, complaint = g.run(f"cat {CLIENT}/result").split("\n", 1)
    return ehea.parse(numbers), complaint


def wait_for_event(g, what, number=1):
    """Wait until that has happened so often."""
    g.run(f"until awk -v n={number} '/^[0-9]+ {what}$/ && $1 >= n {{ found = 1 }} END {{ exit !found }}' "
          f"{CLIENT}/events; do :; done", 60)


def run(g, what, timeout=120):
    """Run it, and nothing may be wrong with it; what it has transferred."""
    before, _ = result(g)
    status = selftests.put(g, f"{CLIENT}/run", what, timeout)
    after, complaint = result(g)
    assert status == "ok", f"{what}: {status}: {complaint}"
    return {key: after[key] - before[key] for key in after}


class Stream:
    """RC traffic in the background, until it is stopped."""

    def __init__(self, g):
        self.g = g
        self.command = g.spawn(f"exec {selftests.program('mhp')} put {CLIENT}/run stream")
        self.flows()

    def flows(self, transfers=20, timeout=60):
        """Wait for some more of it."""
        goal = result(self.g)[0]["transfers"] + transfers
        self.g.run(f"while :; do read -r _ n _ < {CLIENT}/result; [ $n -lt {goal} ] || break; done", timeout)

    def ended(self):
        """How it ended, by itself: "ok" or the errno's name."""
        return self.command.wait()[1].strip()

    def stop(self):
        self.command.kill()
        self.command.wait()
        # Whoever comes next waits for the run's end
        place(self.g)
        # By name, where the kernel has names of errors
        assert result(self.g)[1].endswith((": -EINTR", ": -4")), result(self.g)


# Users in user space

class Regions:
    """A process with memory regions, see regions.c."""

    def __init__(self, g, device=UVERBS):
        self.g = g
        self.command = g.spawn(f"exec {selftests.program('regions', COLLECTION)} {device}")
        self.answers = 0
        self.pid = None
        assert self._answer() == "ok", self.command.output

    def _answer(self):
        output = self.command.wait_until(lambda text: text.count("\n") > self.answers)
        assert output.count("\n") > self.answers, output
        self.answers += 1
        return output.splitlines()[self.answers - 1]

    def ask(self, line):
        """"ok ..." or "error <errno's name>"."""
        self.command.write(f"{line}\n")
        return self._answer()

    def register(self, size, start=None, end=None):
        """(handle, lkey, rkey, physical address of the first page)"""
        where = f" {start:#x} {end:#x}" if end else ""
        words = self.ask(f"register {size}{where}").split()
        assert words[0] == "ok", words
        return tuple(int(word, 0) for word in words[1:])

    def check(self, handle):
        assert self.ask(f"check {handle}") == "ok"

    def deregister(self, handle):
        assert self.ask(f"deregister {handle}") == "ok"

    def end(self):
        """It exits as it is."""
        self.command.close_input()
        assert self.command.wait()[0] == 0, self.command.output


# What is left

def objects(g):
    """The objects that drivers have made, by kind: {kind: number}."""
    return ehea.objects(g)


def indices(g, kind):
    """The objects of a kind, as the model's malfunctions name them."""
    lines = [line.split() for line in g.run(f"cat {ehea.MODEL}/objects").splitlines()]
    return {int(handle, 16) & 0xffff for what, handle, *_ in lines if what == kind}


def veto(text):
    """What a refusal of ours tells: {"adapter", "location", "drc", "users": [names]}."""
    found = VETO.fullmatch(text)
    assert found, f"not what the operator has to read: {text!r}"
    users = re.split(r", | and ", found["users"])
    return {**found.groupdict(), "users": [re.sub(r" \(\d+\)$", "", user) for user in users]}

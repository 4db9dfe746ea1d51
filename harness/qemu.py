# SPDX-License-Identifier: GPL-2.0
"""A guest: QEMU with a kernel of ours, driven through the agent, QMP and the console's log.

Any WARN, oops or panic ends the guest (panic_on_warn, panic=-1, -no-reboot), and with it every call that
waits: it raises GuestDied at once, with the end of the log.
"""

import itertools
import os
import pathlib
import re
import socket
import subprocess
import time

from . import agent, commandline, initramfs, ktap, qmp
from . import kernel as kernels
from .paths import LOGS, shown
from .timeouts import scaled

TAIL_LINES = 60
TROUBLE = re.compile(r"cut here|BUG:|WARNING:|Oops|Kernel panic|KASAN|INFO: .*(stall|blocked)|general protection")
HUNG = re.compile(r"INFO: (task \S+ blocked for more than \d+ seconds)")
BAD_TAINTS = {5: "bad page", 7: "oops", 9: "warning", 14: "soft lockup"}
TRACING = "/sys/kernel/tracing"             # where the guest has tracefs
DLPAR = "/sys/kernel/dlpar"                 # and its refusal, with which a request ends
UNPLUG_ENDS = ("DEVICE_DELETED", "ACPI_DEVICE_OST", "MEM_UNPLUG_ERROR", "DEVICE_UNPLUG_GUEST_ERROR")
OST_EJECT, OST_INSERT, OST_IN_PROGRESS = 3, 1, (0x80 + 4, 0x80 + 5)
names_used = itertools.count()
names_seen = set()


class GuestError(Exception):
    """A command failed in the guest, or the guest refused something."""

    def __init__(self, message, status=None, output=""):
        super().__init__(message)
        self.status, self.output = status, output


class GuestTimeout(GuestError):
    """Something took too long; the guest may be stuck."""


class GuestDied(GuestError):
    """The guest has ended: panic, oops, WARN, or QEMU itself."""


def log_name(name):
    """A file name for the console's log: the running test's, made unique among all processes that run tests."""
    if name:
        name += os.environ.get("PYTEST_XDIST_WORKER", "")
    test = os.environ.get("PYTEST_CURRENT_TEST", "").rsplit(" ", 1)[0].replace("harness/tests/", "")
    stem = re.sub(r"[^\w.-]+", "-", name or test.replace(".py::", "-") or "guest").strip("-")
    unique = stem
    while unique in names_seen:
        unique = f"{stem}-{next(names_used)}"
    names_seen.add(unique)
    return unique


class Guest:
    """One virtual machine, for the duration of a `with`.

    kernel      image to boot, ours if None; modules: True for all of its modules, or names
    mem, maxmem, slots, smp, nodes   its size; nodes: [{"mem": "2G", "cpus": "0-1"}, {}]
    append      kernel command line, extra: QEMU arguments
    files       {path in the guest: file, directory or bytes}; programs: C files, static in /bin
    acpi        boot with ACPI, or from a device tree where the machine can; see commandline.has_acpi()
    port        "virtio" or "serial": what the agent talks over
    dom0        run under Xen, as a dom0 with so much memory
    kunit       run the KUnit suites that the kernel and its modules have
    timeout     seconds until the agent must have answered
    """

    def __init__(self, kernel=None, mem="2G", maxmem=None, slots=0, smp=2, append="", nodes=None, extra=(),
                 modules=None, timeout=120, name=None, files=None, programs=(), acpi=None, port="virtio",
                 accel=None, panic_on_warn=True, dom0=None, kunit=False):
        self.image = pathlib.Path(kernel) if kernel else kernels.image_of()
        self.options = commandline.Options(
            arch=kernels.arch_of(self.image).name, mem=mem, maxmem=maxmem, slots=slots, smp=smp, nodes=nodes,
            extra=tuple(extra), acpi=acpi, port=port, accel=accel, append=append, panic_on_warn=panic_on_warn,
            dom0=dom0, kunit=kunit)
        self.modules, self.files, self.programs = modules, files, programs
        self.boot_timeout = timeout
        self.name = log_name(name)
        self.log = LOGS / f"{self.name}.log"
        self.process = self.agent = self.monitor = None
        self.boot_seconds = None
        self.expect_death = False           # set by a test that ends the guest on purpose
        self.asking = False

    # Life

    def __enter__(self):
        archive = initramfs.make(self.image, self.options.arch, self.modules, self.files, self.programs)
        LOGS.mkdir(parents=True, exist_ok=True)
        self.log.write_bytes(b"")
        agent_here, agent_there = socket.socketpair()
        monitor_here, monitor_there = socket.socketpair()
        command = commandline.build(self.options, self.image, archive, self.log,
                                    agent_there.fileno(), monitor_there.fileno())
        start = time.monotonic()
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            pass_fds=(agent_there.fileno(), monitor_there.fileno()))
        agent_there.close()
        monitor_there.close()
        try:
            try:
                self.monitor = qmp.Qmp(monitor_here)
            except (OSError, EOFError, ValueError):
                raise GuestDied(f"QEMU did not start: {self._qemu_output()}\n{' '.join(command)}") from None
            self.agent = agent.Agent(agent_here, self._died, self._late)
            self.agent.wait_hello(scaled(self.boot_timeout))
        except BaseException:
            self._end()
            raise
        self.boot_seconds = time.monotonic() - start
        return self

    def __exit__(self, kind, value, trace):
        try:
            if kind is None and not self.expect_death:
                self.verify()
        finally:
            self._end()

    def _end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def verify(self):
        """The guest is alive and its kernel found nothing to complain about; also done at exit."""
        taint = int(self.run("cat /proc/sys/kernel/tainted"))
        bad = [what for bit, what in BAD_TAINTS.items() if taint & 1 << bit]
        locks = self.sh("cat /proc/lockdep_stats")[1]
        if re.search(r"debug_locks:\s+0", locks):
            bad.append("lockdep report")
        bad += HUNG.findall(self.console())
        if bad:
            raise GuestError(f"kernel complained: {', '.join(bad)}\n{self.tail()}")

    # The console

    def console(self):
        """The log so far."""
        return self.log.read_text(errors="replace")

    def tail(self):
        """The end of the log, from the first sign of trouble on."""
        lines = self.console().replace("\r", "").splitlines()
        first = next((i for i, line in enumerate(lines) if TROUBLE.search(line)), len(lines))
        start = max(0, min(first - 2, len(lines) - TAIL_LINES)) if first < len(lines) else len(lines) - TAIL_LINES
        chosen = lines[max(0, start):]
        if len(chosen) > 2 * TAIL_LINES:
            chosen = chosen[:TAIL_LINES] + ["..."] + chosen[-TAIL_LINES:]
        return f"--- {shown(self.log)}\n" + "\n".join(chosen) + "\n---"

    def _qemu_output(self):
        if self.process.poll() is None:
            return ""
        return self.process.stdout.read().decode(errors="replace").strip()

    def _died(self, what):
        try:
            self.process.wait(10)           # a dying guest takes a moment to print why
        except subprocess.TimeoutExpired:
            pass
        return GuestDied(f"the guest died during: {what}\n{self._qemu_output()}\n{self.tail()}")

    def _late(self, what, timeout, output):
        if self.agent and self.agent.release and not self.asking:
            self.asking = True
            self.agent.sysrq("w")           # blocked tasks, to the console
            try:
                self.sh("true", timeout=5)  # answered once they are printed, if at all
            except GuestError:
                output += "(the guest does not answer at all)\n"
            self.asking = False
        return GuestTimeout(f"not done in {timeout:.0f} s: {what}\n{output}\n{self.tail()}", output=output)

    # Commands

    def spawn(self, cmd):
        """Start a shell command line; returns a handle (agent.Command)."""
        return self.agent.spawn(cmd)

    def sh(self, cmd, timeout=60):
        """(status, output) of a shell command line."""
        return self.spawn(cmd).wait(timeout)

    def run(self, cmd, timeout=60, check=True):
        """Output of a shell command line, which must succeed unless check=False."""
        status, output = self.sh(cmd, timeout)
        if check and status != 0:
            raise GuestError(f"exit status {status}: {cmd}\n{output}", status, output)
        return output

    def ktap(self, cmd, timeout=120):
        """Run a program that prints KTAP: [(ok|fail|skip, name, detail)]."""
        status, output = self.sh(cmd, timeout)
        try:
            results = ktap.parse(output)
        except ktap.KtapError as error:
            raise GuestError(f"{cmd}: {error} (exit status {status})\n{output}", status, output) from None
        failed = any(verdict == "fail" for verdict, _, _ in results)
        if (status not in (0, 1, 4)) or (status == 1) != failed:
            raise GuestError(f"{cmd}: exit status {status} does not fit its results\n{output}", status, output)
        return results

    def kunit(self):
        """The results of every KUnit suite that has run since boot, from debugfs; Guest(kunit=True) lets them."""
        results = []
        for path in self.run("ls -d /sys/kernel/debug/kunit/*/results").split():
            results += ktap.parse(self.run(f"cat {path}"))
        return results

    # The machine

    def qmp(self, command, **arguments):
        """A QMP command; underscores in argument names stand for dashes."""
        try:
            return self.monitor.command(command, **arguments)
        except EOFError:
            raise self._died(f"QMP {command}") from None

    def wait_event(self, name, timeout=60, **match):
        """The data of the first event of that name (or names, a tuple) whose fields match."""
        wanted = (name,) if isinstance(name, str) else tuple(name)

        def fits(event):
            data = event.get("data", {})
            fields = {**data, **data.get("info", {})} if isinstance(data.get("info", {}), dict) else data
            return event["event"] in wanted and all(fields.get(key) == value for key, value in match.items())

        event = self.monitor.next_event(fits, scaled(timeout))
        if event is None:
            what = f"event {'/'.join(wanted)} {match or ''}"
            raise self._died(what) if self.monitor.closed else self._late(what, timeout, "")
        return {**event.get("data", {}), "event": event["event"]}

    @property
    def has_dlpar(self):
        """DIMMs are brought online, and taken offline, by DLPAR."""
        return commandline.MACHINES[self.options.arch].dlpar

    def plug_dimm(self, id, size="1G", node=0, addr=None, check=True, timeout=60):
        """Plug a DIMM; True once the guest has added it, GuestError (False without check) if it would not."""
        self.qmp("object-add", qom_type="memory-backend-ram", id=f"mem-{id}", size=commandline.size_bytes(size),
                 reserve=False)
        where = {"addr": addr} if addr is not None else {}
        dlpar = self._dlpar_request() if self.has_dlpar else None
        try:
            self.qmp("device_add", driver="pc-dimm", id=id, memdev=f"mem-{id}", node=node, **where)
        except qmp.QmpError:
            self.qmp("object-del", id=f"mem-{id}")
            if dlpar:
                dlpar.kill()
            raise
        if dlpar:
            return self._dlpar_ended(dlpar, id, check, timeout)
        info = self.wait_event("ACPI_DEVICE_OST", timeout, device=id, source=OST_INSERT)["info"]
        if info["status"] and check:
            raise GuestError(f"the guest refused DIMM {id}, _OST status {info['status']:#x}\n{self.tail()}",
                             info["status"])
        return info["status"] == 0

    def _dlpar_request(self):
        """To be called before a request is made, see _dlpar_ended()."""
        request = self.spawn(f"exec awaited {DLPAR}_refusal")
        request.wait_output("waiting")
        return request

    def _dlpar_ended(self, request, what, check, timeout):
        """Wait until the guest is done with a request of the hypervisor; True if it has done it."""
        status, output = request.wait(timeout)
        if status:
            raise GuestError(f"waiting for DLPAR: {output}", status, output)
        refusal = output.removeprefix("waiting\n").strip()
        if check and refusal != "none":
            raise GuestError(f"the guest refused {what}: {refusal}\n{self.tail()}", output=refusal)
        return refusal == "none"

    def unplug_dimm(self, id, timeout=60):
        """Ask for a DIMM back; True once it is gone, False when the guest refused."""
        self.monitor.forget(lambda event: event["event"] in UNPLUG_ENDS and
                            id in (event["data"].get("device"), event["data"].get("info", {}).get("device")))
        if not self.has_dlpar:
            self.qmp("device_del", id=id)
            return self._unplugged(id, timeout)
        # QEMU tells before the guest has put back what it had to
        request = self._dlpar_request()
        self.qmp("device_del", id=id)
        gone = self._unplugged(id, timeout)
        self._dlpar_ended(request, id, False, timeout)
        return gone

    def _unplugged(self, id, timeout):
        """Wait for the outcome that QEMU tells; timeout: without a sign of progress."""
        while True:
            data = self.wait_event(UNPLUG_ENDS, timeout, device=id)
            if data["event"] == "DEVICE_DELETED":
                self.qmp("object-del", id=f"mem-{id}")
                return True
            if data["event"] != "ACPI_DEVICE_OST":
                return False
            if data["info"]["status"] not in (0, *OST_IN_PROGRESS):
                return False

# SPDX-License-Identifier: GPL-2.0
"""What a guest says of a refused request, in every place where it says it.

Watch listens to the uevents and the tracepoint. After each request that was refused said() returns the
refusal, having made sure that the files, the one uevent and the one trace line all tell the same.
"""

import dataclasses
import re

from . import memory, selftests
from .qemu import TRACING

LINE = re.compile(r"error=(?P<error>-\d+) request=(?P<request>\S+) reason=(?P<reason>\S+) "
                  r"range=(?P<first>0x[0-9a-f]+)-(?P<last>0x[0-9a-f]+) by=(?P<by>\S+) page=(?P<page>\S+) "
                  r"why=(?P<why>.+)")
TRACE = re.compile(r" mhp_refusal: (request=.*)")
LONGEST_UEVENT = 1024


@dataclasses.dataclass(frozen=True)
class Refusal:
    error: int
    request: str
    reason: str
    first: int
    last: int
    by: str
    page: str
    why: str

    @property
    def size(self):
        """In bytes; 0 for an address alone, which is printed twice."""
        return self.last + 1 - self.first if self.last > self.first else 0

    @property
    def traced(self):
        """What the tracepoint prints of it."""
        return (f"request={self.request} error={self.error} reason={self.reason} start={self.first:#x} "
                f"size={self.size:#x} by={self.by} page={self.page} why={self.why}")

    def __str__(self):
        return (f"error={self.error} request={self.request} reason={self.reason} range={self.first:#x}-{self.last:#x} "
                f"by={self.by} page={self.page} why={self.why}")


def parse(text):
    """The refusal that a line of the form of hotplug/refusal tells of."""
    found = LINE.fullmatch(text)
    assert found, f"not a refusal: {text!r}"
    fields = found.groupdict()
    return Refusal(**{**fields, "error": int(fields["error"]), "first": int(fields["first"], 16),
                      "last": int(fields["last"], 16)})


def uevents(output):
    """[(header, {variable: value}, size)] of what harness/guest/listen.c has printed completely."""
    found = []
    for text in output.split("\n\n")[:-1]:
        size, header, *lines = text.splitlines() if text.startswith("size=") else (None, None)
        if size is None:
            continue
        assert all("=" in line for line in lines), f"a line that is no variable: {text}"
        found.append((header, dict(line.split("=", 1) for line in lines), int(size.removeprefix("size="))))
    return found


class Watch:
    """with Watch(guest) as watch: ...; at the end, no request has been told of more than once."""

    def __init__(self, guest):
        self.guest, self.seen = guest, 0

    def __enter__(self):
        self.guest.run(f"echo 1 > {TRACING}/events/memory_hotplug/mhp_refusal/enable")
        self.listener = self.guest.spawn("exec listen")
        assert "listening" in self.listener.wait_output("listening"), self.listener.output
        self.traced = len(self._trace())
        return self

    def __exit__(self, kind, value, trace):
        if kind is None:
            # Told of last, so that whatever is told too often has come before it
            assert selftests.put(self.guest, "probe", "0x1") == "EINVAL"
            self.said()
            assert len(self._events()) == self.seen
        self.listener.kill()

    def _trace(self):
        return TRACE.findall(self.guest.run(f"cat {TRACING}/trace"))

    def _events(self):
        return [event for event in uevents(self.listener.output) if "MEMORY_REFUSED" in event[1]]

    def said(self, block=None, requests=1):
        """The refusal of the last of so many requests that were refused since the last call, of a block or a range."""
        text = memory.refusal(self.guest)
        refusal = parse(text)
        assert str(refusal) == text
        if block is not None:
            assert memory.refusal(self.guest, block) == text
        self.seen += requests
        self.listener.wait_until(lambda _: len(self._events()) >= self.seen)
        events = self._events()
        assert len(events) == self.seen, f"{len(events)} uevents for {self.seen} refused requests: {events}"
        header, variables, size = events[-1]
        where = f"/devices/system/memory/{'hotplug' if block is None else f'memory{block}'}"
        assert header == f"change@{where}"
        assert {key: variables.get(key) for key in ("ACTION", "DEVPATH", "SUBSYSTEM", "MEMORY_REFUSED",
                                                    "MEMORY_REFUSED_BY")} == {
            "ACTION": "change", "DEVPATH": where, "SUBSYSTEM": "memory_hotplug" if block is None else "memory",
            "MEMORY_REFUSED": text, "MEMORY_REFUSED_BY": refusal.by}
        assert size <= LONGEST_UEVENT, f"a uevent of {size} bytes"
        traced = self._trace()[self.traced:]
        assert len(traced) == self.seen, f"{len(traced)} lines traced for {self.seen} refused requests"
        assert traced[-1] == refusal.traced
        return refusal

    def refused(self, errno, name, text, block=None):
        """Write to a file what must be refused with this errno's name; the refusal."""
        result = selftests.put(self.guest, name, text)
        assert result == errno, f"{text} to {name}: {result}; {memory.refusal(self.guest, block)}"
        return self.said(block)

    def offline_refused(self, errno, block):
        return self.refused(errno, f"memory{block}/state", "offline", block)

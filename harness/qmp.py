# SPDX-License-Identifier: GPL-2.0
"""A client of QEMU's monitor protocol: commands, and events kept until somebody asks for them."""

import json
import threading
import time

from .timeouts import scaled


class QmpError(Exception):
    """QEMU refused a command."""


class Qmp:
    def __init__(self, sock):
        self.file = sock.makefile("rwb")
        self.lock = threading.Lock()
        self.news = threading.Condition()
        self.replies, self.events = [], []
        self.closed = False
        self.greeting = json.loads(self.file.readline())
        threading.Thread(target=self._read, daemon=True).start()
        self.command("qmp_capabilities")

    def _read(self):
        try:
            for line in self.file:
                message = json.loads(line)
                with self.news:
                    (self.events if "event" in message else self.replies).append(message)
                    self.news.notify_all()
        except (OSError, ValueError):
            pass                            # the connection broke: the same as its end
        with self.news:
            self.closed = True
            self.news.notify_all()

    def command(self, name, timeout=30, **arguments):
        """Run one command; underscores in argument names become the dashes QEMU wants."""
        wanted = {key.replace("_", "-"): value for key, value in arguments.items()}
        with self.lock:
            try:
                self.file.write(json.dumps({"execute": name, "arguments": wanted}).encode() + b"\n")
                self.file.flush()
            except OSError:
                raise EOFError("QEMU has ended") from None
            with self.news:
                self.news.wait_for(lambda: self.replies or self.closed, scaled(timeout))
                if not self.replies:
                    raise EOFError("QEMU has ended" if self.closed else f"no answer to {name} in {timeout} s")
                reply = self.replies.pop(0)
        if "error" in reply:
            raise QmpError(f"{name}: {reply['error']['desc']}")
        return reply["return"]

    def next_event(self, wanted, timeout):
        """Take the first event for which wanted(event) holds; None after the timeout or QEMU's end."""
        end = time.monotonic() + timeout
        with self.news:
            while True:
                for index, event in enumerate(self.events):
                    if wanted(event):
                        return self.events.pop(index)
                left = end - time.monotonic()
                if self.closed or left <= 0:
                    return None
                self.news.wait(left)

    def forget(self, wanted):
        """Drop the events for which wanted(event) holds, so that a later wait sees only new ones."""
        with self.news:
            self.events = [event for event in self.events if not wanted(event)]

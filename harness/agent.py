# SPDX-License-Identifier: GPL-2.0
"""The host's side of the conversation with the guest's agent (harness/guest/agent.c)."""

import itertools
import signal
import struct
import threading

from .timeouts import scaled

RUN, INPUT, KILL, SYSRQ = 1, 2, 3, 4
HELLO, OUTPUT, EXIT = 16, 17, 18

HEADER = struct.Struct("<III")


class Command:
    """A command running in the guest. Output accumulates; status is None until it has ended."""

    def __init__(self, agent, number, line):
        self.agent, self.number, self.line = agent, number, line
        self.chunks = []
        self.status = None

    @property
    def output(self):
        """What it has printed so far."""
        return b"".join(self.chunks).decode(errors="replace")

    def wait(self, timeout=60):
        """(status, output) once it has ended."""
        self.agent.wait(lambda: self.status is not None, scaled(timeout), self)
        return self.status, self.output

    def wait_until(self, condition, timeout=60):
        """All it has printed, as soon as condition(that) holds or the command has ended."""
        self.agent.wait(lambda: self.status is not None or condition(self.output), scaled(timeout), self)
        return self.output

    def wait_output(self, text, timeout=60):
        """All it has printed, as soon as that contains the text or the command has ended."""
        return self.wait_until(lambda output: text in output, timeout)

    def write(self, text):
        """Feed its standard input (less than 64 KiB at a time)."""
        self.agent.send(self.number, INPUT, text.encode())

    def close_input(self):
        self.agent.send(self.number, INPUT, b"")

    def kill(self, number=signal.SIGTERM):
        """Signal the command and all it has started."""
        self.agent.send(self.number, KILL, str(int(number)).encode())


class Agent:
    """died(what) makes the exception to raise once the guest has gone, late(what) the one for a timeout."""

    def __init__(self, sock, died, late):
        self.sock, self.died, self.late = sock, died, late
        self.news = threading.Condition()
        self.writing = threading.Lock()
        self.numbers = itertools.count(1)
        self.commands = {}
        self.release = None
        self.gone = False
        threading.Thread(target=self._read, daemon=True).start()

    def _receive(self, length):
        data = b""
        while len(data) < length:
            more = self.sock.recv(length - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def _read(self):
        try:
            while True:
                length, number, kind = HEADER.unpack(self._receive(HEADER.size))
                data = self._receive(length)
                with self.news:
                    command = self.commands.get(number)
                    if kind == HELLO:
                        self.release = data.decode()
                    elif kind == OUTPUT and command:
                        command.chunks.append(data)
                    elif kind == EXIT and command:
                        command.status = int(data)
                        del self.commands[number]
                    self.news.notify_all()
        except (OSError, EOFError):
            with self.news:
                self.gone = True
                self.news.notify_all()

    def wait(self, condition, timeout, what):
        with self.news:
            self.news.wait_for(lambda: condition() or self.gone, timeout)
            if condition():
                return
            gone = self.gone
        name = getattr(what, "line", what)
        raise self.died(name) if gone else self.late(name, timeout, getattr(what, "output", ""))

    def wait_hello(self, timeout):
        self.wait(lambda: self.release is not None, timeout, "boot")

    def send(self, number, kind, data):
        with self.writing:
            try:
                self.sock.sendall(HEADER.pack(len(data), number, kind) + data)
            except OSError:
                raise self.died(f"frame {kind} for command {number}") from None

    def spawn(self, line):
        command = Command(self, next(self.numbers), line)
        with self.news:
            self.commands[command.number] = command
        self.send(command.number, RUN, line.encode())
        return command

    def sysrq(self, letter):
        self.send(0, SYSRQ, letter.encode())

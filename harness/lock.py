# SPDX-License-Identifier: GPL-2.0
"""What processes share they take turns at: two commands started at once, or tests that run at the same time."""

import contextlib
import fcntl

from .paths import BUILD


@contextlib.contextmanager
def locked(name):
    BUILD.mkdir(exist_ok=True)
    with open(BUILD / f".{name}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield

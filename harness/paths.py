# SPDX-License-Identifier: GPL-2.0
"""Where things are. Nothing else in the package spells out a directory of its own."""

import pathlib

REPO = pathlib.Path(__file__).resolve().parent.parent
BUILD = REPO / "build"
BASE = BUILD / "base"
TREE = BUILD / "tree"
KERNELS = BUILD / "kernel"
LOGS = BUILD / "logs"
CONFIGS = REPO / "configs"
PATCHES = REPO / "patches"
GUEST_SOURCES = REPO / "harness" / "guest"


class HarnessError(Exception):
    """Something the user can understand and act on; shown without a traceback."""


def shown(path):
    """The path as a reader of our output wants it: relative when it lies in the repository."""
    path = pathlib.Path(path)
    return str(path.relative_to(REPO)) if path.is_relative_to(REPO) else str(path)

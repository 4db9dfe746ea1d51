# SPDX-License-Identifier: GPL-2.0
"""The pristine base: Debian's kernel source, unpacked once into build/base, or the tree KSRC= names."""

import hashlib
import os
import pathlib
import re
import shutil
import subprocess

from . import deps
from .lock import locked
from .paths import BASE, BUILD, HarnessError, shown

TARBALL = pathlib.Path("/usr/src") / f"{deps.SOURCE_PACKAGE}.tar.xz"


def version(tree):
    """(major, minor, sublevel) from a kernel tree's Makefile."""
    try:
        head = (tree / "Makefile").read_text()[:400]
        return tuple(int(re.search(rf"^{key} = (\d+)", head, re.M)[1])
                     for key in ("VERSION", "PATCHLEVEL", "SUBLEVEL"))
    except (OSError, TypeError):
        raise HarnessError(f"{shown(tree)} is not a kernel tree") from None


def unpack():
    """Unpack the package's tarball; the directory appears whole or not at all."""
    if not TARBALL.exists():
        raise HarnessError(f"{TARBALL} is missing although {deps.SOURCE_PACKAGE} is installed")
    print(f"unpacking {TARBALL.name} to {shown(BASE)}", flush=True)
    partial = BUILD / "base.partial"
    if partial.exists():
        shutil.rmtree(partial)
    partial.mkdir(parents=True)
    subprocess.run(["tar", "-xf", TARBALL, "-C", partial, "--strip-components=1"], check=True)
    partial.rename(BASE)


def source():
    """The tree to build upon. KSRC= must be a 6.12 tree; else build/base, unpacked when missing."""
    if os.environ.get("KSRC"):
        tree = pathlib.Path(os.environ["KSRC"]).resolve()
        if version(tree)[:2] != (6, 12):
            raise HarnessError(f"KSRC={tree} is Linux {'.'.join(map(str, version(tree)))}, not 6.12")
        return tree
    with locked("base"):
        if not BASE.is_dir():
            unpack()
    return BASE


def is_pristine(tree):
    """Whether the tree is the one we unpacked, which nobody edits."""
    return tree == BASE


def identity(tree):
    """A string that differs between two bases; a tree of the user's is known by its path."""
    status = (tree / "Makefile").stat()
    text = f"{tree} {version(tree)} {status.st_ino} {status.st_mtime_ns}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]

# SPDX-License-Identifier: GPL-2.0
"""The kselftests of the assembled tree, built by their own Makefile and laid out for a guest."""

import functools
import os
import pathlib
import shutil
import subprocess

from . import kernel, memory
from .lock import locked
from .paths import BUILD, TREE, HarnessError, shown

COLLECTION = "memory-hotplug"
IN_GUEST = "/kselftest"                 # the tests find kselftest/ktap_helpers.sh beside their own directory


def run(command, title, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **options)
    if done.returncode:
        raise HarnessError(f"{title} failed:\n{(done.stdout + done.stderr).strip()[-4000:]}")
    return done.stdout


def source(collection):
    return TREE / "tools" / "testing" / "selftests" / collection


def build_programs(collection, arch, out):
    """Static programs, by the Makefile of the collection; its modules want a kernel and are left out."""
    out.mkdir(parents=True, exist_ok=True)
    run(["make", "-s", "-C", source(collection), f"ARCH={arch.kernel_name}", f"CROSS_COMPILE={arch.cross}",
         f"OUTPUT={out}", "TEST_GEN_MODS_DIR=", "USERLDFLAGS=-static",
         "USERCFLAGS=-O2 -Wall -Wextra -Werror -Wno-unused-parameter", "all"], f"building {collection}")
    return {path.name: path for path in out.iterdir() if path.is_file() and os.access(path, os.X_OK)}


def build_modules(collection, image, out):
    """The collection's test modules for one kernel: {name: path}."""
    origin = source(collection) / "test_modules"
    if not origin.is_dir():
        return {}
    objects = kernel.build_directory(image)
    if objects is None:
        raise HarnessError(f"{shown(image)} was not built here, modules cannot be built for it")
    out.mkdir(parents=True, exist_ok=True)
    for path in origin.iterdir():
        if path.name == "Makefile" or path.suffix in (".c", ".h"):
            target = out / path.name
            if not target.exists() or target.read_bytes() != path.read_bytes():
                shutil.copy(path, target)
    arch = kernel.arch_of(image)
    run(["make", "-s", "-C", objects, f"ARCH={arch.kernel_name}", f"CROSS_COMPILE={arch.cross}", f"M={out}",
         f"CC={kernel.compiler(arch)}", "modules"], f"building modules of {collection}")
    return {path.name: path for path in out.glob("*.ko")}


def test_names(collection):
    """What the Makefile says are the collection's tests."""
    listing = run(["make", "-s", "-C", source(collection), f"COLLECTION={collection}", "emit_tests"], collection)
    return [line.split(":", 1)[1] for line in listing.splitlines() if line.startswith(f"{collection}:")]


@functools.lru_cache(maxsize=None)
def files(image, collection=COLLECTION):
    """{path in the guest: path here} of the whole collection, for Guest(files=...)."""
    with locked("selftests"):
        arch = kernel.arch_of(image)
        out = BUILD / "selftests" / (collection if arch.name == "x86_64" else f"{collection}-{arch.name}")
        placed = build_programs(collection, arch, out)
        placed.update(build_modules(collection, image,
                                    BUILD / "selftests" / f"{collection}-{kernel.build_directory(image).name}"))
    placed.update({path.name: path for path in source(collection).glob("*.sh")})
    where = pathlib.PurePosixPath(IN_GUEST) / collection
    found = {str(where / name): path for name, path in placed.items()}
    found[f"{IN_GUEST}/kselftest/ktap_helpers.sh"] = source("kselftest") / "ktap_helpers.sh"
    return found


def program(name, collection=COLLECTION):
    """Where the guest has one of the collection's files."""
    return f"{IN_GUEST}/{collection}/{name}"


def snapshot(guest):
    """Everything in the guest that a transition of memory may change, as lines; see snapshot.c."""
    return guest.run(f"{program('mhp')} snapshot").splitlines()


def difference(before, after):
    """What is in one snapshot only; empty if they are equal."""
    return ([f"was {line}" for line in before if line not in set(after)]
            + [f"now {line}" for line in after if line not in set(before)])


def put(guest, path, text, timeout=60):
    """"ok" or the errno's name of one write to a file below /sys/devices/system/memory, or of any path."""
    where = path if path.startswith("/") else f"{memory.SYSFS}/{path}"
    return guest.sh(f"{program('mhp')} put {where} '{text}'", timeout)[1].strip()


def load(guest, *modules):
    guest.run(" && ".join(f"insmod {program(name)}.ko" for name in modules))

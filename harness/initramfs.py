# SPDX-License-Identifier: GPL-2.0
"""The guest's user space: a cpio archive with busybox, our static programs, modules and whatever a test adds.

Archives are named by what is in them, so guests that need the same share one file.
"""

import hashlib
import os
import pathlib
import stat
import subprocess
import time

from . import foreign, kernel
from .lock import locked
from .paths import BUILD, GUEST_SOURCES, HarnessError, shown

ARCHIVES_KEPT = 24
UNUSED_SECONDS = 3600            # by then no guest is about to boot with it any more
WHOLE_PAGES = 64 << 10           # of any architecture, so that arm64 frees all of it
DIRECTORIES = ("bin", "dev", "lib", "mnt", "proc", "root", "sys", "tmp", "etc")


def compile_static(source, arch="x86_64", flags=()):
    """A static guest program from one C file; returns its path. Recompiled when it or a header beside it changed."""
    source = pathlib.Path(source)
    compiler = kernel.ARCHES[arch].cross + "gcc"
    texts = [path.read_bytes() for path in (source, *sorted(source.parent.glob("*.h")))]
    identity = hashlib.sha256(b"".join(texts) + repr((compiler, tuple(flags))).encode()).hexdigest()[:12]
    program = BUILD / "guest" / arch / f"{source.stem}-{identity}"
    if not program.exists():
        program.parent.mkdir(parents=True, exist_ok=True)
        partial = program.with_name(f"{program.name}.{os.getpid()}")
        done = subprocess.run([compiler, "-static", "-O2", "-Wall", "-Wextra", "-Werror", "-pthread", "-o", partial,
                               source, *flags], capture_output=True, text=True, check=False)
        if done.returncode:
            raise HarnessError(f"{shown(source)} does not compile:\n{done.stderr}")
        partial.rename(program)
    return program


def busybox(arch):
    return foreign.program("busybox-static", "bin/busybox", arch)


def shared_libraries(program):
    """{path in the guest: path here} of what a dynamically linked host program loads."""
    listing = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    words = [word for word in listing.split() if word.startswith("/")]
    return {word: pathlib.Path(word).resolve() for word in words}


def modules(image, wanted):
    """{path in the guest: path here} of the kernel's modules: all of them, or those named and what they need."""
    root = kernel.build_directory(image)
    if root is None:
        raise HarnessError(f"{shown(image)} was not built here, its modules are unknown")
    files = {str(path.relative_to(root / "modroot")): path
             for path in (root / "modroot").rglob("*") if path.is_file() and not path.is_symlink()}
    if wanted is True or wanted == "all":
        return files
    depends = {}
    for path in (path for name, path in files.items() if name.endswith("/modules.dep")):
        for line in path.read_text().splitlines():
            module, needs = line.split(":", 1)
            depends[module] = needs.split()
    names = {pathlib.PurePath(module).name.split(".")[0].replace("-", "_"): module for module in depends}
    keep = set()
    for name in wanted:
        module = names.get(name.replace("-", "_"))
        if module is None:
            raise HarnessError(f"{shown(root)} has no module {name}; it has {' '.join(sorted(names))}")
        keep |= {module, *depends[module]}
    return {name: path for name, path in files.items()
            if "/modules." in name or any(name.endswith("/" + module) for module in keep)}


def parent(name):
    above = str(pathlib.PurePosixPath(name).parent)
    return "" if above == "." else above


class Cpio:
    """A cpio archive of the newc kind, as the kernel unpacks it."""

    def __init__(self):
        self.parts = []
        self.names = set()

    def _add(self, name, mode, data):
        if name in self.names:
            raise HarnessError(f"initramfs: two files named /{name}")
        self.names.add(name)
        fields = [len(self.names), mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0]
        head = b"070701" + b"".join(b"%08x" % field for field in fields) + name.encode() + b"\0"
        self.parts += [head, bytes(-len(head) % 4), data, bytes(-len(data) % 4)]

    def directory(self, name):
        name = name.strip("/")
        if name and name not in self.names:
            self.directory(parent(name))
            self._add(name, stat.S_IFDIR | 0o755, b"")

    def file(self, name, data, mode=0o644):
        name = name.strip("/")
        self.directory(parent(name))
        self._add(name, stat.S_IFREG | mode, data)

    def symlink(self, name, target):
        self._add(name.strip("/"), stat.S_IFLNK | 0o777, target.encode())

    def tree(self, name, path):
        """A file or a directory of the host, with symlinks kept as they are."""
        if path.is_symlink():
            self.directory(parent(name.strip("/")))
            self.symlink(name, os.readlink(path))
        elif path.is_dir():
            self.directory(name)
            for entry in sorted(path.iterdir()):
                self.tree(f"{name.rstrip('/')}/{entry.name}", entry)
        else:
            self.file(name, path.read_bytes(), 0o755 if os.access(path, os.X_OK) else 0o644)

    def bytes(self):
        done = Cpio()
        done._add("TRAILER!!!", 0, b"")
        return b"".join(self.parts + done.parts)


def contents(image, arch, modules_wanted, files, programs):
    """A Cpio with everything a guest gets. files: {path in the guest: path here or bytes}."""
    archive = Cpio()
    for name in DIRECTORIES:
        archive.directory(name)
    for name in ("sbin", "usr"):
        archive.symlink(name, "bin" if name == "sbin" else ".")
    archive.file("init", compile_static(GUEST_SOURCES / "agent.c", arch).read_bytes(), 0o755)
    ours = {source.stem: source for source in sorted(GUEST_SOURCES.glob("*.c")) if source.stem != "agent"}
    ours.update({pathlib.Path(source).stem: pathlib.Path(source) for source in programs})
    for name, source in ours.items():
        archive.file(f"bin/{name}", compile_static(source, arch).read_bytes(), 0o755)
    archive.file("bin/busybox", busybox(arch).read_bytes(), 0o755)
    # The same on each architecture, and this one runs here
    listing = subprocess.run([busybox(foreign.HERE), "--list"], capture_output=True, text=True, check=True).stdout
    for applet in listing.split():
        if f"bin/{applet}" not in archive.names:
            archive.symlink(f"bin/{applet}", "busybox")
    for name, origin in (modules(image, modules_wanted) if modules_wanted else {}).items():
        archive.file(name, origin.read_bytes())
    for name, origin in (files or {}).items():
        if isinstance(origin, bytes):
            archive.file(name, origin, 0o755 if origin.startswith(b"#!") else 0o644)
        elif not pathlib.Path(origin).exists():
            raise HarnessError(f"no such file for the guest: {origin}")
        else:
            archive.tree(name, pathlib.Path(origin))
    return archive


def make(image, arch="x86_64", modules_wanted=None, files=None, programs=()):
    """The path of an archive with this content."""
    data = contents(image, arch, modules_wanted, files, programs).bytes()
    data += bytes(-len(data) % WHOLE_PAGES)
    path = BUILD / "initramfs" / f"{hashlib.sha256(data).hexdigest()[:16]}.cpio"
    with locked("initramfs"):
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_suffix(".partial")
            partial.write_bytes(data)
            partial.rename(path)
        os.utime(path)
        for old in sorted(path.parent.glob("*.cpio"), key=os.path.getmtime)[:-ARCHIVES_KEPT]:
            if os.path.getmtime(old) < time.time() - UNUSED_SECONDS:
                old.unlink()
    return path

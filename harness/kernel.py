# SPDX-License-Identifier: GPL-2.0
"""Kernel builds, out of tree, in build/kernel/<arch>-<variant>/.

A variant is a base or an assembled tree with a set of fragments. What went into a build is recorded as a
stamp; while the stamp holds, the image is used as it is and make is not even started.
"""

import dataclasses
import hashlib
import os
import pathlib
import shutil
import subprocess
import time

from . import assemble, base
from .config import build_environment, configure
from .lock import locked
from .paths import CONFIGS, KERNELS, LOGS, HarnessError, shown

PROGRESS_SECONDS = 10


@dataclasses.dataclass(frozen=True)
class Arch:
    name: str
    kernel_name: str        # what make calls it
    image: str              # path below the build directory
    targets: tuple
    cross: str = ""
    like: str = ""          # the architecture whose configuration this one changes

    @property
    def lineage(self):
        return [self.like, self.name] if self.like else [self.name]


ARCHES = {
    "x86_64": Arch("x86_64", "x86_64", "arch/x86/boot/bzImage", ("bzImage", "modules")),
    "arm64": Arch("arm64", "arm64", "arch/arm64/boot/Image", ("Image", "modules"), "aarch64-linux-gnu-"),
    "ppc64": Arch("ppc64", "powerpc", "vmlinux", ("vmlinux", "modules"), "powerpc64-linux-gnu-"),
    "ppc64le": Arch("ppc64le", "powerpc", "vmlinux", ("vmlinux", "modules"), "powerpc64le-linux-gnu-", like="ppc64"),
}

FRAGMENTS = {               # variant: fragments besides base and architecture
    "ours": ("ours",),
    "stock": (),
    "xen-no-unpopulated": ("ours", "xen-no-unpopulated"),
    "page-blocks": ("ours", "page-blocks"),
    "fault": ("ours", "fault", "kunit", "kunit-ours"),
    "debug": ("ours", "debug", "fault", "kunit", "kunit-ours"),
    "64k-pages": ("ours", "fault", "kunit", "kunit-ours", "64k-pages"),
    "16k-pages": ("ours", "fault", "kunit", "kunit-ours", "16k-pages"),
    "5-levels": ("ours", "fault", "kunit", "kunit-ours", "5-levels"),
    "stock-fault": ("fault",),
    "stock-debug": ("debug", "fault"),
}


@dataclasses.dataclass(frozen=True)
class Build:
    arch: Arch
    variant: str
    extra: tuple = ()       # further fragments, as paths

    @property
    def stock(self):
        return self.variant.split("-")[0] == "stock"

    @property
    def name(self):
        return "-".join([self.arch.name, self.variant, *(path.stem for path in self.extra)])

    @property
    def fragments(self):
        names = [*self.arch.lineage, *FRAGMENTS[self.variant]]
        # What differs on this architecture
        here = [CONFIGS / f"{name}-{arch}.config" for arch in self.arch.lineage for name in names]
        return ([CONFIGS / f"{name}.config" for name in ("base", *names)] + [path for path in here if path.exists()]
                + list(self.extra))


def build_for(arch="x86_64", variant="ours", extra=()):
    if arch not in ARCHES:
        raise HarnessError(f"ARCH={arch} is not one of {' '.join(ARCHES)}")
    if variant not in FRAGMENTS:
        raise HarnessError(f"no kernel variant {variant}; there are {' '.join(FRAGMENTS)}")
    paths = tuple(pathlib.Path(path).resolve() for path in extra)
    for path in paths:
        if not path.is_file():
            raise HarnessError(f"no such fragment: {path}")
    return Build(ARCHES[arch], variant, paths)


def compiler(arch):
    gcc = arch.cross + "gcc"
    return f"ccache {gcc}" if shutil.which("ccache") else gcc


def make_command(build, source, out):
    return ["make", "-C", str(source), f"O={out}", f"ARCH={build.arch.kernel_name}",
            f"CROSS_COMPILE={build.arch.cross}", f"CC={compiler(build.arch)}",
            "KBUILD_BUILD_TIMESTAMP=1970-01-01", "KBUILD_BUILD_USER=mhp", "KBUILD_BUILD_HOST=mhp"]


def stamp_of(build, source, ours):
    """Everything that decides what comes out, or None when the source may change behind our back.

    It does not while tests run, so that their processes share what the first has built.
    """
    if not base.is_pristine(base.source()):
        return os.environ.get("TEST_RUN")
    parts = [base.identity(base.source()), "" if build.stock else ours, str(source), compiler(build.arch),
             subprocess.run([build.arch.cross + "gcc", "-dumpfullversion"], capture_output=True, text=True,
                            check=True).stdout]
    parts += [fragment.read_text() for fragment in build.fragments]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def jobs():
    return os.environ.get("JOBS") or str(os.cpu_count())


def run_make(command, title, log):
    """Run make with its output in a log; a line of progress every so often, all the errors at the end."""
    start = last = time.monotonic()
    count = 0
    with log.open("w", buffering=1) as out, subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
            errors="replace", env=build_environment()) as make:
        for line in make.stdout:
            out.write(line)
            count += line.lstrip().startswith(("CC ", "CC [M]", "AS ", "HOSTCC "))
            now = time.monotonic()
            if now - last >= PROGRESS_SECONDS:
                last = now
                print(f"  {title}: {count} objects, {now - start:.0f} s", flush=True)
    if make.returncode:
        lines = log.read_text().splitlines()
        errors = [line for line in lines if "error:" in line or "Error " in line or "undefined" in line]
        raise HarnessError(f"{title} failed, see {shown(log)}:\n" + "\n".join((errors or lines)[-25:]))
    print(f"  {title}: done, {count} objects, {time.monotonic() - start:.0f} s", flush=True)


def build(wanted):
    """Build if anything changed; returns the image's path."""
    source, ours = base.source(), ""
    suffix = "" if base.is_pristine(source) else f"-{base.identity(source)}"
    if not wanted.stock:
        source, ours = assemble.assemble(source)
    out = KERNELS / (wanted.name + suffix)
    image, stamp_file, log = out / wanted.arch.image, out / "stamp", LOGS / f"build-{out.name}.log"
    with locked(f"kernel-{out.name}"):
        stamp = stamp_of(wanted, source, ours)
        if stamp and image.is_file() and stamp_file.is_file() and stamp_file.read_text() == stamp:
            return image
        stamp_file.unlink(missing_ok=True)
        out.mkdir(parents=True, exist_ok=True)
        LOGS.mkdir(parents=True, exist_ok=True)
        make = make_command(wanted, source, out)
        print(f"building {shown(out)} from {shown(source)}", flush=True)
        configure(make, source, out, wanted.fragments)
        run_make([*make, f"-j{jobs()}", *wanted.arch.targets], out.name, log)
        modules = out / "modroot"
        if modules.exists():
            shutil.rmtree(modules)
        run_make([*make, f"INSTALL_MOD_PATH={modules}", "INSTALL_MOD_STRIP=1", "modules_install"],
                 f"{out.name} modules", log.with_suffix(".modules.log"))
        if stamp:
            stamp_file.write_text(stamp)
    return image


def image_of(arch="x86_64", variant="ours", extra=()):
    return build(build_for(arch, variant, extra))


def arch_of(image):
    """The architecture an image of ours was built for; of one from elsewhere, this machine's."""
    directory = build_directory(image)
    return ARCHES[directory.name.split("-")[0]] if directory else ARCHES["x86_64"]


def build_directory(image):
    """The build directory an image came from, for its modules; None for an image from elsewhere."""
    for parent in pathlib.Path(image).resolve().parents:
        if parent.parent == KERNELS:
            return parent
    return None

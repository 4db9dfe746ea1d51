# SPDX-License-Identifier: GPL-2.0
"""Static programs from Debian's packages.

This machine's own are installed. Those of another architecture are downloaded and unpacked, not installed; and
where Debian has none, busybox is built from its source package, in the configuration of the static package.
"""

import gzip
import os
import pathlib
import subprocess

from . import kernel
from .lock import locked
from .paths import BUILD, HarnessError, shown

HERE = "x86_64"
DEBIAN = {"x86_64": "amd64", "arm64": "arm64", "ppc64le": "ppc64el"}    # what Debian calls it
TARGETS = ("apt-get", "indextargets", "--format", "deb-src $(REPO_URI) $(RELEASE) $(COMPONENT)",
           "Created-By: Packages", "Origin: Debian")


def attempt(command, where):
    """(whether it succeeded, its output, all of that for an error)"""
    done = subprocess.run([str(word) for word in command], cwd=where, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=False)
    return not done.returncode, done.stdout, f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}"


def run(command, where):
    succeeded, output, told = attempt(command, where)
    if not succeeded:
        raise HarnessError(f"failed: {told}")
    return output


def apt(where, options, *words):
    """apt-get, with lists and a cache of its own.

    A mirror may lack one of its lists for a while, so that not all can be had: then what is in the others will do.
    """
    options = [*options, f"Dir::State::lists={where}/lists", f"Dir::Cache={where}/cache"]
    for name in ("lists", "cache/archives"):
        (where / name / "partial").mkdir(parents=True, exist_ok=True)
    command = ["apt-get", "-q", *(word for option in options for word in ("-o", option))]
    _, _, lists = attempt([*command, "update"], where)
    succeeded, _, told = attempt([*command, *words], where)
    if not succeeded:
        raise HarnessError(f"failed: {told}after {lists}")


def download(packages, arch, where):
    """Debian's packages for that architecture, unpacked over each other."""
    print(f"fetching Debian's {' '.join(packages)} for {arch}", flush=True)
    options = [f"APT::Architecture={DEBIAN[arch]}", f"APT::Architectures={DEBIAN[arch]}",
               "Dir::State::status=/dev/null"]
    apt(where, options, "download", *packages)
    for package in packages:
        archive, = where.glob(f"{package}_*.deb")
        run(["dpkg-deb", "-x", archive, where / "files"], where)


def compile_busybox(arch, where):
    """What Debian's busybox-static would be."""
    print(f"building Debian's busybox for {arch}, about a minute", flush=True)
    sources, source, out = where / "sources.list", where / "source", where / "files" / "bin"
    sources.write_text(run(TARGETS, where))
    options = [f"Dir::Etc::SourceList={sources}", "Dir::Etc::SourceParts=-"]
    apt(where, options, "source", "--download-only", "busybox")
    description, = where.glob("busybox_*.dsc")
    run(["dpkg-source", "-x", description, source], where)
    out.mkdir(parents=True)
    (out / ".config").write_text((source / "debian/config/pkg/static").read_text())
    make = ["make", "-C", source, "-s", f"-j{os.cpu_count()}", f"O={out}", f"CROSS_COMPILE={kernel.ARCHES[arch].cross}"]
    run([*make, "oldconfig"], where)
    run([*make, "busybox"], where)


def unpacked(package, arch, *others):
    """The directory that holds the package's files, and those of others that go with it."""
    where = BUILD / "foreign" / arch / package
    done, packages = where / "done", (package, *others)
    with locked(f"foreign-{arch}"):
        if not done.exists() or done.read_text() != " ".join(packages):
            if where.exists():
                run(["rm", "-r", where], BUILD)
            where.mkdir(parents=True)
            if arch in DEBIAN:
                download(packages, arch, where)
            elif package == "busybox-static":
                compile_busybox(arch, where)
            else:
                raise HarnessError(f"there is no {package} for {arch}")
            done.write_text(" ".join(packages))
            print(f"  {shown(where)}", flush=True)
    return where / "files"


def program(package, path, arch):
    """A program of the package, by its path on a machine that has it installed, as this one has."""
    return (pathlib.Path("/") if arch == HERE else unpacked(package, arch)) / path


def xen():
    """Debian's hypervisor, as QEMU's multiboot loader takes it."""
    files = unpacked("xen-hypervisor-4.17-amd64", HERE)
    image = files / "xen"
    with locked("xen"):
        if not image.exists():
            partial = files / "xen.partial"
            partial.write_bytes(gzip.decompress((files / "boot/xen-4.17-amd64.gz").read_bytes()))
            partial.rename(image)
    return image


# What the tools of a dom0 load
XEN_LIBRARIES = ("libxencall1", "libxendevicemodel1", "libxenevtchn1", "libxenforeignmemory1", "libxengnttab1",
                 "libxenhypfs1", "libxenmisc4.17", "libxenstore4", "libxentoolcore1", "libxentoollog1", "libyajl2")


def xen_tools():
    """The directory with Debian's tools of a dom0."""
    return unpacked("xen-utils-4.17", HERE, "xenstore-utils", *XEN_LIBRARIES)

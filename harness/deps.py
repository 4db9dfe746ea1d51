# SPDX-License-Identifier: GPL-2.0
"""The Debian packages each command needs, and how the missing ones get installed.

A machine that has everything is asked nothing and changed in nothing: only what dpkg does not list as
installed is handed to apt-get, in one call.
"""

import os
import shutil
import subprocess

from .paths import REPO, HarnessError

SOURCE_PACKAGE = "linux-source-6.12"

TREE = ("patch", "xz-utils")
BUILD = ("bc", "bison", "ccache", "cpio", "flex", "gcc", "kmod", "libc6-dev", "libelf-dev",
         "libssl-dev", "lz4", "make", "perl", "rsync")
BOOT = ("busybox-static", "qemu-system-x86")
TESTS = ("python3-pytest", "python3-pytest-xdist")
PEERS = ("bash-static",)                # for the guest: what the base's selftests run in
CROSS = ("gcc-aarch64-linux-gnu", "gcc-powerpc64-linux-gnu", "gcc-s390x-linux-gnu")
CHECKS = ("sparse",)
PLOTS = ("gnuplot-nox",)

# For kernels and guests of another architecture: ARCH=
FOREIGN = {
    "arm64": ("gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross", "qemu-system-arm", "qemu-efi-aarch64"),
    "ppc64": ("dpkg-dev", "gcc-powerpc64-linux-gnu", "libc6-dev-ppc64-cross", "qemu-system-ppc"),
    "ppc64le": ("gcc-powerpc64le-linux-gnu", "libc6-dev-ppc64el-cross", "qemu-system-ppc"),
}

NEEDS = {
    "tree": TREE,
    "kernel": TREE + BUILD,
    "run": TREE + BUILD + BOOT,
    "shell": TREE + BUILD + BOOT,
    "test": TREE + BUILD + BOOT + TESTS + PEERS + CROSS + FOREIGN["arm64"] + FOREIGN["ppc64"] + CHECKS,
    "bench": TREE + BUILD + BOOT + PLOTS,
    "check": TREE + BUILD + CHECKS,
}


def pinned_source():
    """The package and version that the file BASE names."""
    words = [line.split() for line in (REPO / "BASE").read_text().splitlines()
             if line.strip() and not line.startswith("#")]
    try:
        (package, version), = words
    except ValueError:
        raise HarnessError("BASE must have one line `package version` besides comments") from None
    return package, version


def installed(packages):
    """The installed versions of those of the packages that dpkg has."""
    found = subprocess.run(
        ["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package} ${Version}\n", *packages],
        capture_output=True, text=True, check=False)
    rows = (line.split() for line in found.stdout.splitlines())
    return {row[1]: row[2] for row in rows if len(row) == 3 and row[0] == "installed"}


def apt_get(*words):
    command = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", *words]
    if os.geteuid() != 0:
        if not shutil.which("sudo"):
            raise HarnessError("packages are missing and this is neither root nor a system with sudo; "
                               "as root: " + " ".join(command[2:]))
        command.insert(0, "sudo")
    print("+ " + " ".join(command), flush=True)
    if subprocess.run(command, check=False).returncode:
        raise HarnessError("failed: " + " ".join(command))


def available(package):
    """Every version of the package that apt can install, newest first."""
    table = subprocess.run(["apt-cache", "madison", package], capture_output=True, text=True, check=False)
    return [line.split("|")[1].strip() for line in table.stdout.splitlines() if line.count("|") >= 2]


def newest_source(package, pinned):
    """`package=version` for apt-get: the pinned version, or the newest 6.12.x there is."""
    versions = available(package)
    if pinned in versions:
        return f"{package}={pinned}"
    usable = [version for version in versions if version.startswith("6.12.")]
    if not usable:
        raise HarnessError(f"apt has no {package}; add bookworm-backports or bookworm-security to "
                           "the sources, or pass KSRC=/path/to/a/6.12/tree")
    print(f"{package} {pinned} is not available any more, taking {usable[0]}", flush=True)
    return f"{package}={usable[0]}"


def ensure(command, with_source=False):
    """Install what the command needs and the machine lacks; with_source: the base's package too."""
    if not shutil.which("dpkg-query"):
        return
    wanted = {*NEEDS.get(command, ()), *FOREIGN.get(os.environ.get("ARCH"), ())}
    if command == "test" and os.environ.get("FULL"):
        wanted.update(FOREIGN["ppc64le"])
    wanted = sorted(wanted)
    have = installed(wanted)
    missing = [package for package in wanted if package not in have]
    source_missing = with_source and not installed([SOURCE_PACKAGE])
    if not missing and not source_missing:
        return
    print("installing: " + " ".join(missing + [SOURCE_PACKAGE] * source_missing), flush=True)
    apt_get("update")
    if source_missing:
        missing.append(newest_source(*pinned_source()))
    apt_get("install", "-y", "--no-install-recommends", *missing)

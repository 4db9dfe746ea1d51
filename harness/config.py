# SPDX-License-Identifier: GPL-2.0
"""Kernel configurations: tinyconfig, fragments on top, and the proof that every requested symbol survived.

Kconfig drops a symbol whose dependencies are not met without a word; a test on such a kernel would pass
for the wrong reason.
"""

import os
import re
import subprocess

from .paths import HarnessError, shown

ASSIGNMENT = re.compile(r"^(CONFIG_\w+)=(.*)$")
UNSET = re.compile(r"^# (CONFIG_\w+) is not set$")


# What our own Makefile exports, or make itself; the kernel's makefiles would take it for theirs.
SETTINGS = ("ARCH", "STOCK", "DEBUG", "VARIANT", "CONFIG", "KSRC", "OUT", "T", "K", "FULL", "ACCEL", "JOBS",
            "TIMEOUT_SCALE", "SIZES", "ROUNDS", "XEN")
FROM_MAKE = ("MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "MAKELEVEL", "MAKEFILES")


def build_environment():
    """The environment for the kernel's makefiles."""
    kept = {name: value for name, value in os.environ.items() if name not in SETTINGS + FROM_MAKE}
    # A compiler that writes what a file depends on saves ccache from preprocessing it, a third of a build from nothing
    return {**kept, "LC_ALL": "C", "CCACHE_NOHASHDIR": "1", "CCACHE_DEPEND": "1"}


def parse(text):
    """{symbol: value}, an unset symbol being n."""
    values = {}
    for line in text.splitlines():
        if match := ASSIGNMENT.match(line):
            values[match[1]] = match[2]
        elif match := UNSET.match(line):
            values[match[1]] = "n"
    return values


def requested(fragments):
    """{symbol: (value, fragment)}; a later fragment wins."""
    return {symbol: (value, fragment) for fragment in fragments
            for symbol, value in parse(fragment.read_text()).items()}


def differences(fragments, dot_config):
    """One line for each requested symbol that has another value in the finished configuration."""
    have = parse(dot_config.read_text())
    return [f"{symbol}={value} ({shown(fragment)}) became {have.get(symbol, 'n')}"
            for symbol, (value, fragment) in requested(fragments).items() if have.get(symbol, "n") != value]


def configure(make, source, out, fragments):
    """Write out/.config. `make` is the command with ARCH and O set; it runs the Kconfig targets."""
    def step(command):
        done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
                              env=build_environment())
        if done.returncode:
            raise HarnessError(f"failed: {' '.join(map(str, command))}\n{done.stdout}{done.stderr}")

    dot_config = out / ".config"
    step([*make, "tinyconfig"])
    step(["sh", source / "scripts/kconfig/merge_config.sh", "-m", "-Q", "-O", out, dot_config, *fragments])
    step([*make, "olddefconfig"])
    lost = differences(fragments, dot_config)
    if lost:
        dot_config.rename(out / "config.rejected")
        raise HarnessError(f"{len(lost)} requested symbols did not survive (see "
                           f"{shown(out / 'config.rejected')}):\n  " + "\n  ".join(lost))

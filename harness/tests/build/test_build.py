# SPDX-License-Identifier: GPL-2.0
"""Configurations that are only built: every user of memory hotplug compiles against our interfaces, silently."""

import pytest

from harness import base, buildonly
from harness.config import parse


@pytest.mark.parametrize("name", buildonly.CONFIGURATIONS)
def test_configuration(name):
    findings = buildonly.problems(name)
    if findings:
        pytest.fail("\n".join(findings), pytrace=False)


def test_every_caller_is_listed():
    missing = buildonly.unlisted_callers(base.source())
    assert not missing, "users of memory hotplug that no configuration builds: " + " ".join(missing)


def test_every_listed_caller_is_built():
    """Each caller in the table is enabled in one of the configurations above; runs after them."""
    built = set()
    for name, configuration in buildonly.CONFIGURATIONS.items():
        config = parse((buildonly.out_directory(name) / ".config").read_text())
        built |= {path[:-2] for path in buildonly.callers(configuration, config)}
    assert built == buildonly.CALLERS.keys()


def test_complaints_are_seen():
    text = ("  CC mm/a.o\n/t/mm/a.c:3:5: warning: unused variable 'x' [-Wunused-variable]\n"
            "WARNING: modpost: vmlinux: section mismatch\nmake[3]: *** [mm/a.o] Error 1\n    3 | int x;\n")
    assert buildonly.complaints(text, "/t") == [
        "mm/a.c:3:5: warning: unused variable 'x' [-Wunused-variable]",
        "WARNING: modpost: vmlinux: section mismatch"]

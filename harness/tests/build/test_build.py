# SPDX-License-Identifier: GPL-2.0
"""Configurations that are only built: every user of memory hotplug compiles against our interfaces, silently."""

import subprocess

import pytest

from harness import base, buildonly


# Which differ least from those that remain, are built whole for other tests, or have little of ours
FULL = {"x86_64-tdx", "x86_64-no-numa", "x86_64-small", "arm64", "arm64-small", "arm64-no-hotremove", "ppc64",
        "ppc64-ehea", "s390x", "x86_64-no-hotremove"}


def build(name, **options):
    findings = buildonly.problems(name, **options)
    if findings:
        pytest.fail("\n".join(findings), pytrace=False)


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.full] if name in FULL else [])
                                  for name in buildonly.CONFIGURATIONS])
def test_configuration(name):
    build(name)


@pytest.mark.full
def test_every_caller_linked():
    build("x86_64", link=True)


def test_every_caller_is_listed():
    missing = buildonly.unlisted_callers(base.source())
    assert not missing, "users of memory hotplug that no configuration builds: " + " ".join(missing)


def test_every_listed_caller_is_built():
    """Each caller in the table is enabled in one of the configurations."""
    built = set()
    for name, configuration in buildonly.CONFIGURATIONS.items():
        built |= {path[:-2] for path in buildonly.callers(configuration, buildonly.values(name))}
    assert built == buildonly.CALLERS.keys()


def test_complaints_are_seen():
    text = ("  CC mm/a.o\n/t/mm/a.c:3:5: warning: unused variable 'x' [-Wunused-variable]\n"
            "WARNING: modpost: vmlinux: section mismatch\nmake[3]: *** [mm/a.o] Error 1\n    3 | int x;\n")
    assert buildonly.complaints(text, "/t") == [
        "mm/a.c:3:5: warning: unused variable 'x' [-Wunused-variable]",
        "WARNING: modpost: vmlinux: section mismatch"]


def test_what_linking_would_find_is_seen(tmp_path):
    """A function of the interface that nobody defines, and one that a module uses but nobody exports."""
    sources = {"core": "void exported(void) {} void hidden(void) {} char __export_symbol_exported;",
               "driver": "void exported(void); void hidden(void); void gone(void); void foreign(void);"
                         "void f(void) { exported(); hidden(); gone(); foreign(); }"}
    for name, text in sources.items():
        subprocess.run(["gcc", "-c", "-x", "c", "-", "-o", tmp_path / f"{name}.o"], input=text, text=True, check=True)
    found = buildonly.unresolved(buildonly.ARCHES["x86_64"], tmp_path, ["core.o", "driver.o"], ["driver.o"],
                                 {"exported", "hidden", "gone"})
    assert found == ["driver.o: gone is defined nowhere", "driver.o: hidden is not exported"]

# SPDX-License-Identifier: GPL-2.0
"""The test of the states is tested: with any one teardown left out it fails, with none it passes."""

import pytest

from harness import memory, mutants, selftests
from harness.qemu import GuestError

pytestmark = [pytest.mark.full, pytest.mark.measure]

ROUNDS = 40                                 # enough for a teardown whose want only shows by counting


@pytest.fixture(scope="module")
def kernel_mutants():
    return mutants.image()


def run_states(guest, image, name):
    """The results; None if the kernel does not survive, or does not come to an end."""
    with guest(kernel=image, files=selftests.files(image), nodes=[{"mem": "3G", "cpus": "0-1"}, {"mem": "2G"}],
               append=f"mem=2G memory_hotplug.memmap_on_memory=1 memory_hotplug.mutant={name}") as g:
        selftests.load(g, "mhp_client", "mhp_provider")
        g.expect_death = True
        try:
            return g.ktap(f"{selftests.program('states')} -r {ROUNDS}", timeout=90)
        except GuestError:
            return None


def test_nothing_left_out(guest, kernel_mutants):
    results = run_states(guest, kernel_mutants, "none")
    assert results and {verdict for verdict, _, _ in results} == {"ok"}


def test_unreachable(guest, kernel_ours):
    """What no test can miss: no step after these may fail, so that they are never undone."""
    with guest(kernel=kernel_ours) as g:
        steps = [line.split() for line in g.run(f"cat {memory.SYSFS}/hotplug/states").splitlines()]
    for state in mutants.UNREACHABLE.values():
        (table, number), = [step[:2] for step in steps if step[2] == state]
        later = [step for step in steps if step[0] == table and int(step[1]) > int(number)]
        assert {step[4] for step in later} == {"cannot-fail"}


@pytest.mark.parametrize("name", mutants.teardowns())
def test_left_out(guest, kernel_mutants, name):
    """A failed result, a WARN, or a transition that never ends."""
    results = run_states(guest, kernel_mutants, name)
    assert results is None or "fail" in {verdict for verdict, _, _ in results}, f"nobody missed {name}"

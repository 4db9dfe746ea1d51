# SPDX-License-Identifier: GPL-2.0
"""What the model of eHCA's firmware is there to notice, it notices: each defect, and nothing but that.

A driver does on purpose what none does all of. What users of an adapter may do, and are told by an error that it was
wrong, is nobody's defect: of that the model must not complain.
"""

import pytest

from harness import ehea, memory, selftests
from harness.tests.ppc64.conftest import LMB, plug

BAD = "ebus_defects"
DEFECTS = "/sys/kernel/debug/ebus_hca_defects/defects"
# What the model sees of eHCA's driver; the others are of keys, which users choose
ORACLES = {"incomplete_mr", "offline_page", "free_page", "held_page", "not_ram", "freed_object", "bad_argument",
           "bad_wqe", "overrun", "context"}
# Defects of memory that goes: it has gone before, or goes while a region still has it
GONE, GOES = "offline_page", "held_page"


@pytest.fixture
def bad(guest, kernel_ours):
    def make():
        return guest(kernel=kernel_ours, files=selftests.files(kernel_ours), modules=["ebus_model", BAD], mem="2G",
                     maxmem="8G", slots=4, append="movable_node")
    return make


def defects(g):
    """{defect: the oracle that it is for, "-" if nothing is wrong}"""
    return dict(line.split() for line in g.run(f"cat {DEFECTS}").splitlines())


def commit(g, defect, oracle, block):
    """What the model sees of it, a defect being about that block of memory or not about memory at all."""
    if oracle == GONE:
        memory.set_state(g, [block], "offline")
    ehea.reset(g, "oracle")
    done = selftests.put(g, DEFECTS, f"{defect} {block * LMB:#x}")
    if oracle == GOES:
        assert not ehea.wrong(g), ehea.wrong(g)
        memory.set_state(g, [block], "offline")
    seen = ehea.wrong(g)
    if done != "ok":
        seen["done"] = done
    if oracle in (GONE, GOES):
        memory.set_state(g, [block], "online")
    return seen


def test_each_fires(bad):
    """One defect for each oracle at least: who has never fired does not prove that there was nothing wrong."""
    with bad() as g:
        g.run(f"modprobe ebus_model hca=1 && modprobe {BAD}")
        block = plug(g)[-1]
        known = defects(g)
        assert set(known.values()) == {"-", *ORACLES} and ORACLES < set(ehea.counters(g, "oracle"))
        other = {}
        for defect, oracle in known.items():
            seen = commit(g, defect, oracle, block)
            if seen.keys() - {"texts"} != {oracle} - {"-"}:
                other[defect] = oracle, seen
        assert not other, "\n".join(f"{defect}: {oracle}, but saw {seen}" for defect, (oracle, seen) in other.items())
        g.run(f"rmmod {BAD}")
        assert not ehea.objects(g)

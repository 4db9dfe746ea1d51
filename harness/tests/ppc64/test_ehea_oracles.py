# SPDX-License-Identifier: GPL-2.0
"""What the model of eHEA's firmware is there to notice, it notices: each defect, and nothing but that.

A driver does on purpose what none does all of; of 6.12's driver see test_ehea_base.py.
"""

from harness import ehea, memory, selftests
from harness.tests.ppc64.conftest import LMB, plug

# Defects of memory that goes: it has gone before, or goes while a region still has it
GONE, GOES = "offline_page", "held_page"


def commit(g, defect, oracle, block):
    """What the model sees of it, a defect being about that block of memory or not about memory at all."""
    if oracle == GONE:
        memory.set_state(g, [block], "offline")
    ehea.reset(g, "oracle", "frames")
    assert selftests.put(g, ehea.DEFECTS, f"{defect} {block * LMB:#x}") == "ok", (defect, ehea.wrong(g))
    if oracle == GOES:
        assert not ehea.wrong(g), ehea.wrong(g)
        memory.set_state(g, [block], "offline")
    seen = ehea.wrong(g)
    if oracle in (GONE, GOES):
        memory.set_state(g, [block], "online")
    return seen


def test_each_fires(adapter):
    """One defect for each oracle at least: who has never fired does not prove that there was nothing wrong."""
    with adapter() as g:
        g.run(f"modprobe ebus_model && modprobe {ehea.BAD}")
        block = plug(g)[-1]
        defects = ehea.defects(g)
        assert set(defects.values()) == {None, *ehea.counters(g, "oracle")}
        other = {}
        for defect, oracle in defects.items():
            seen = commit(g, defect, oracle, block)
            if seen.keys() - {"texts"} != ({oracle} if oracle else set()):
                other[defect] = oracle, seen
            drops = ehea.account(g)
            assert oracle or not drops and ehea.counters(g, "frames")["delivered"] == 1, drops
        assert not other, "\n".join(f"{defect}: {oracle}, but saw {seen}" for defect, (oracle, seen) in other.items())
        g.run(f"rmmod {ehea.BAD}")
        assert not ehea.objects(g)

# SPDX-License-Identifier: GPL-2.0
"""Providers of every kind side by side: one that backs its pages as it likes, and says who does what to its blocks."""

import itertools

import pytest

from harness import memory, selftests
from harness.refusals import parse

MIB = 1 << 20
START = 4 << 30
UNBACKED = "/sys/module/mhp_unbacked/parameters"
BLOCKS = 4


@pytest.fixture
def machine(spare_guest, kernel_fault):
    """The provider of tests is built into the kernel that injects faults."""
    def make(**options):
        return spare_guest(kernel=kernel_fault, **options)
    return make


def ask(g, name, words, timeout=120):
    return selftests.put(g, f"{UNBACKED}/{name}", words, timeout)


def add(g, start, size, kind=""):
    assert ask(g, "add", f"{start:#x} {size:#x} {kind}") == "ok", memory.refusal(g)


def take(g, start, size):
    return ask(g, "take", f"{start:#x} {size:#x}", 300)


def kept(g):
    """{start: pages that the provider keeps}"""
    return {int(start, 16): int(pages) for start, _, pages in
            (line.split() for line in g.run(f"cat {UNBACKED}/kept").splitlines())}


def gained(g, before):
    """In pages, since MemTotal was that many KiB."""
    return (memory.total_kib(g) - before) * 1024 // memory.page_size(g)


def is_empty(g, start, size):
    return g.run(f"kcore {start:#x} {size:#x}", 120) == "zeros\n"


def settled(g):
    """A snapshot, with the watermarks that the first transition after boot recalculates."""
    add(g, START, memory.block_size(g), "movable")
    assert take(g, START, memory.block_size(g)) == "ok"
    return selftests.snapshot(g)


def touch_everything(g):
    """Whoever could come across a page without looking whose it is."""
    g.run("cat /proc/kpageflags /proc/kpagecount > /dev/null; echo 1 > /proc/sys/vm/compact_memory; "
          "echo 3 > /proc/sys/vm/drop_caches", 300)
    mib = memory.available_kib(g) // 1024 - 96
    g.run(f"fill {mib} 0 0 < /dev/null", 300)


def refused(g, file, words, error, by):
    """Nothing has changed, and the refusal names who it was."""
    before = selftests.snapshot(g)
    assert selftests.put(g, file, words) == error
    told = parse(memory.refusal(g))
    assert told.by == by and told.reason == "owned", told
    assert not selftests.difference(before, selftests.snapshot(g))
    return told.why


@pytest.mark.slow_on_debug
def test_unbacked_pages_are_nobodys(machine):
    """Online, in a zone, and touched by none; those that are backed are used, and all go as they came."""
    with machine() as g:
        size = BLOCKS * memory.block_size(g)
        clean, before = settled(g), memory.total_kib(g)
        add(g, START, size, "movable")
        assert set(memory.blocks_in(g, START, START + size).values()) == {"online"}
        assert gained(g, before) == 0
        assert kept(g) == {START: size // memory.page_size(g)}
        assert is_empty(g, START, size)
        touch_everything(g)

        some = size // memory.page_size(g) // 2 + 7
        assert ask(g, "back", f"{START + size // 8:#x} {some}") == "ok"
        assert gained(g, before) == some
        assert kept(g) == {START: size // memory.page_size(g) - some}
        touch_everything(g)
        assert is_empty(g, START, size // 8)
        load = g.spawn(f"fill {size // MIB // 3} {START:#x} {START + size:#x}")
        load.wait_output("filled:", 180)

        assert take(g, START, size) == "ok", memory.refusal(g)
        assert gained(g, before) == 0 and kept(g) == {}
        load.write("check\n")
        assert "intact:" in load.wait_output("intact:", 180), load.output
        load.close_input()
        assert load.wait(60)[0] == 0
        assert not selftests.difference(clean, selftests.snapshot(g))


def test_what_the_provider_does_users_do_not(machine):
    with machine() as g:
        size = memory.block_size(g)
        add(g, START, size)
        block = f"{memory.SYSFS}/memory{START // size}"
        why = refused(g, f"{block}/state", "offline", "EPERM", "mhp_unbacked")
        assert "taken offline by its provider alone" in why and UNBACKED in why
        assert "mhp_unbacked" in g.run(f"cat {block}/hotplug/refusal")
        assert "taken offline by its provider alone" in g.run(f"cat {block}/hotplug/check")
        why = refused(g, f"{memory.SYSFS}/remove", f"{START:#x} {size:#x}", "EPERM", "mhp_unbacked")
        assert "was added by mhp_unbacked" in why
        assert selftests.put(g, f"{memory.SYSFS}/probe", f"{START:#x} {size:#x}") == "EEXIST"
        assert "mhp_unbacked" in memory.refusal(g)
        assert take(g, START, size) == "ok"
        assert selftests.put(g, f"{memory.SYSFS}/probe", f"{START:#x} {size:#x}") == "ok"


@pytest.mark.slow_on_debug
def test_users_decide(machine):
    """The policy for new memory does not bring them online; a user does, and takes them offline again."""
    with machine() as g:
        size = memory.block_size(g)
        memory.auto_online(g, "online")
        add(g, START, size, "user")
        block = START // size
        assert memory.blocks(g)[block] == "offline"
        for _ in range(2):
            memory.set_state(g, [block], "online_movable")
            assert kept(g) == {START: size // memory.page_size(g)}
            memory.set_state(g, [block], "offline")
            assert kept(g) == {START: 0}
        assert take(g, START, size) == "ok"


def test_what_stays(machine):
    with machine() as g:
        size = memory.block_size(g)
        add(g, START, size, "nobody")
        assert take(g, START, size) == "EPERM"
        assert "never goes offline" in memory.refusal(g)
        assert kept(g) == {START: size // memory.page_size(g)}
        assert ask(g, "back", f"{START:#x} 100") == "ok"


@pytest.mark.slow_on_debug
def test_hidden_sections(machine):
    """Online and used, and not a file of them; nor does their removal depend on what can be seen."""
    with machine() as g:
        size = BLOCKS * memory.block_size(g)
        clean, before, blocks = settled(g), memory.total_kib(g), memory.blocks(g)
        add(g, START, size, "hidden movable")
        assert memory.blocks(g) == blocks
        assert not g.run(f"find /sys/devices/system/node -name 'memory{START // memory.block_size(g)}'")
        assert gained(g, before) == 0
        assert ask(g, "back", f"{START:#x} 5000") == "ok"
        assert gained(g, before) == 5000
        touch_everything(g)
        why = refused(g, f"{memory.SYSFS}/remove", f"{START:#x} {size:#x}", "EPERM", "mhp_unbacked")
        assert "was added by mhp_unbacked" in why
        assert selftests.put(g, f"{memory.SYSFS}/probe", f"{START:#x} {size:#x}") == "EEXIST"

        assert ask(g, "refuse", "-16") == "ok"
        assert take(g, START, size) == "EBUSY"
        assert "mhp_unbacked" in memory.refusal(g)
        assert gained(g, before) == 5000
        assert take(g, START, size) == "ok", memory.refusal(g)
        assert memory.total_kib(g) == before
        assert not selftests.difference(clean, selftests.snapshot(g))


# The kernel's own pages may come to lie in the first, so that nothing of it is ever backed
KINDS = ("kernel", "hidden movable", "movable", "plain")


ORDERS = list(itertools.permutations(KINDS))


@pytest.mark.slow_on_debug
@pytest.mark.parametrize("orders", [ORDERS[::7], pytest.param(ORDERS, marks=pytest.mark.full)], ids=["some", "all"])
def test_in_any_order(machine, orders):
    """Of four kinds beside each other, whatever goes first: the others stay as they are."""
    with machine() as g:
        size = memory.block_size(g)
        backed = dict(zip(KINDS, (0, 300, 300, size // memory.page_size(g))))
        where = {kind: START + number * size for number, kind in enumerate(KINDS)}
        clean, before = settled(g), memory.total_kib(g)
        for order in orders:
            for kind, start in where.items():
                if kind == "plain":
                    assert selftests.put(g, f"{memory.SYSFS}/probe", f"{start:#x} {size:#x}") == "ok"
                    memory.set_state(g, [start // size], "online_movable")
                else:
                    add(g, start, size, kind)
                    assert ask(g, "back", f"{start + size // 2:#x} {backed[kind]}") == "ok"
            left = sum(backed.values())
            assert gained(g, before) == left
            for kind in order:
                if kind == "plain":
                    memory.set_state(g, [where[kind] // size], "offline")
                    assert selftests.put(g, f"{memory.SYSFS}/remove", f"{where[kind]:#x} {size:#x}") == "ok"
                else:
                    assert take(g, where[kind], size) == "ok", memory.refusal(g)
                left -= backed[kind]
                assert gained(g, before) == left
        assert not selftests.difference(clean, selftests.snapshot(g))


def failing_steps(g):
    """The states that going offline may fail to leave."""
    return [line.split()[2] for line in g.run(f"cat {memory.SYSFS}/hotplug/states").splitlines()
            if line.startswith("block") and line.endswith("down may-fail")]


@pytest.mark.slow_on_debug
def test_pages_are_held_again(machine):
    """Whatever step fails, the provider keeps what it kept, nobody else gets it, and the next time it goes."""
    with machine() as g:
        size = memory.block_size(g)
        add(g, START, size, "movable")
        assert ask(g, "back", f"{START + size // 4:#x} 1000") == "ok"
        before, total = kept(g), memory.total_kib(g)
        block = f"{memory.SYSFS}/memory{START // size}"
        steps = failing_steps(g)
        assert "held" in steps and "occupied" in steps
        for step in steps:
            g.run(f"echo '{step} down -5' > {block}/hotplug/fail")
            assert take(g, START, size) == "EIO", step
            assert (kept(g), memory.total_kib(g)) == (before, total), step
            # and goes on as if nothing had been
            assert ask(g, "back", f"{START:#x} 1") == "ok", step
            before, total = kept(g), memory.total_kib(g)
        assert ask(g, "refuse", "-11") == "ok"
        assert take(g, START, size) == "EAGAIN"
        assert parse(g.run(f"cat {block}/hotplug/refusal").strip()).by == "mhp_unbacked"
        touch_everything(g)
        assert take(g, START, size) == "ok"


@pytest.mark.slow_on_debug
def test_what_cannot_be_removed_is_online_again(machine):
    """A provider that cannot give up what is behind its memory: nothing has changed, and the next time it goes."""
    with machine() as g:
        clean = settled(g)
        size = 2 * memory.block_size(g)
        add(g, START, size, "movable")
        before = kept(g)
        assert ask(g, "stay", "-11") == "ok"
        assert take(g, START, size) == "EAGAIN"
        told = parse(memory.refusal(g))
        assert told.by == "mhp_unbacked" and "cannot give up what is behind it" in told.why
        assert set(memory.blocks_in(g, START, START + size).values()) == {"online"} and kept(g) == before
        touch_everything(g)
        assert ask(g, "back", f"{START:#x} 1000") == "ok"
        assert take(g, START, size) == "ok", memory.refusal(g)
        assert not selftests.difference(clean, selftests.snapshot(g))


def test_no_callback_sees_pages_that_are_there(spare_guest):
    """Somebody's callback drops all pages it gets: it gets none of probe, and all of who relies on it."""
    with spare_guest(maxmem="8G", slots=1) as g:
        selftests.load(g, "mhp_drop", "mhp_provider")
        size = memory.block_size(g)
        pages = size // memory.page_size(g)
        before = memory.total_kib(g)
        assert selftests.put(g, f"{memory.SYSFS}/probe", f"{START:#x} {size:#x}") == "ok"
        memory.set_state(g, [START // size], "online_movable")
        assert gained(g, before) == pages
        other = START + size
        assert selftests.put(g, "/sys/module/mhp_provider/parameters/add", f"0 {other:#x} {size:#x}") == "ok"
        memory.set_state(g, [other // size], "online_movable")
        assert gained(g, before) == pages
        assert int(g.run("cat /sys/module/mhp_drop/parameters/dropped")) == pages


@pytest.mark.not_on("ppc64")
@pytest.mark.slow_on_debug
def test_no_callback_sees_a_dimm(guest, kernel_ours):
    with guest(kernel=kernel_ours, files=selftests.files(kernel_ours), mem="2G", maxmem="8G", slots=1) as g:
        selftests.load(g, "mhp_drop")
        memory.auto_online(g, "online_movable")
        before = memory.total_kib(g)
        g.plug_dimm("d", size="1G")
        assert gained(g, before) == (1 << 30) // memory.page_size(g)
        assert g.unplug_dimm("d")

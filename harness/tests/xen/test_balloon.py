# SPDX-License-Identifier: GPL-2.0
"""A domain that grows past its boot memory and shrinks again, on a real Xen."""

import re

import pytest

from harness import domu, memory, selftests, xen

pytestmark = [pytest.mark.own_kernel]

MIB = 1 << 10                   # in KiB
GIB = 1 << 20
BOOT = 512 * MIB
ON_THE_WAY = 20                 # sizes that a watcher has to see between the targets, to have watched at all
SMALL, LARGE, LARGER = BOOT, 1536 * MIB, 2048 * MIB


@pytest.fixture
def dom0(guest, kernel_named):
    def make(kernel="ours", mem="4G", files=(), **options):
        image = kernel_named(kernel)
        return guest(kernel=image, files={**selftests.files(image), **dict(files)}, mem=mem, dom0=f"{BOOT // MIB}M",
                     **options)
    return make


def hot_blocks(g):
    size = memory.block_size(g)
    found = {}
    for start, end, name, _ in memory.iomem(g):
        if name == xen.RES_NAME:
            found.update(memory.blocks_in(g, start, end))
    assert len(found) * size >> 10 == xen.hot_kib(g)
    return found


def fill(g, mib, start, end):
    """A process that has filled some memory, part of it in that range, with a pattern; it checks on request."""
    load = g.spawn(f"fill {mib} {start:#x} {end:#x}")
    told = load.wait_output("filled:", 180)
    assert int(re.search(r"(\d+) in the range", told)[1]), told
    return load


@pytest.mark.parametrize("rounds, policy", [(2, "offline"), pytest.param(10, "online", marks=pytest.mark.full)])
def test_grow_and_shrink(dom0, rounds, policy):
    """The target is reached by itself, sections come and go, and all three agree at rest."""
    with dom0() as g:
        memory.auto_online(g, policy)
        xen.resize(g, SMALL)
        rest, block = xen.sizes(g), memory.block_size(g) >> 10
        assert rest.xen == rest.balloon == SMALL
        watch = g.spawn("until [ -e /tmp/enough ]; do xenpages; done")
        xen.resize(g, LARGE)
        load = fill(g, 64, min(hot_blocks(g)) * memory.block_size(g), 1 << 46)
        xen.resize(g, SMALL)
        for target in (LARGE, SMALL, LARGER, SMALL) * rounds:
            before = xen.hot_kib(g)
            xen.resize(g, target)
            now = xen.sizes(g)
            assert now.xen == now.balloon == target
            assert now.total - now.balloon == rest.total - rest.balloon
            if target > SMALL:
                assert xen.hot_kib(g) > before
            else:
                xen.wait_hot(g, block)
            assert set(hot_blocks(g).values()) <= {"online"}
        load.write("check\n")
        assert "intact:" in load.wait_output("intact:", 180), load.output
        load.close_input()
        g.run("touch /tmp/enough")
        assert watch.wait(60)[0] == 0
        # On the way: Xen and the balloon are an extent apart at most, the kernel counts by blocks
        seen = [xen.parse(line) for line in watch.output.splitlines()]
        assert len({now.xen for now in seen}) > ON_THE_WAY
        for now in seen:
            assert abs(now.xen - now.balloon) <= 2 * MIB, now
            assert abs(now.total - now.balloon - rest.total + rest.balloon) <= block, now


@pytest.mark.full
def test_hypercalls(dom0):
    """Of a PV domain's, no more than the work is worth: 513 for 2 MiB is what a page at a time would take."""
    with dom0(files=domu.tools()) as g:
        few = BOOT - 256 * MIB
        xen.resize(g, few)
        for target in (BOOT, few, BOOT):
            calls = xen.count_resize(g, target)
            calls.pop("other", None)
            each = sum(calls.values()) / ((BOOT - few) / (2 * MIB))
            print(f"to {target} KiB, for each 2 MiB: {each:.2f} of {dict(calls)}")
            assert each <= 4


def test_a_second_provider(dom0):
    """It gets its memory from Xen by itself, and whatever the balloon does leaves it alone."""
    start = 64 << 30
    with dom0() as g:
        selftests.load(g, "mhp_populated")
        parameters, size = "/sys/module/mhp_populated/parameters", memory.block_size(g)
        xen.resize(g, SMALL)
        rest = xen.sizes(g)
        assert selftests.put(g, f"{parameters}/add", f"{start:#x} {size:#x}", 120) == "ok", memory.refusal(g)
        assert xen.sizes(g).xen == rest.xen + (size >> 10)
        load = fill(g, 64, start, start + size)
        for target in (LARGE, SMALL):
            xen.resize(g, target)
            now = xen.sizes(g)
            assert now.balloon == target and now.xen == target + (size >> 10)
            assert set(memory.blocks_in(g, start, start + size).values()) == {"online"}
        block = f"{memory.SYSFS}/memory{start // memory.block_size(g)}"
        assert selftests.put(g, f"{block}/state", "offline") == "EPERM"
        assert "by=mhp_populated" in memory.refusal(g)
        load.write("check\n")
        assert "intact:" in load.wait_output("intact:", 180), load.output
        load.close_input()
        assert load.wait(60)[0] == 0
        assert selftests.put(g, f"{parameters}/take", f"{start:#x} {size:#x}", 120) == "ok", memory.refusal(g)
        assert xen.sizes(g) == rest
        g.run("rmmod mhp_populated")


def test_hidden(dom0):
    with dom0(append="xen.balloon_hidden=1") as g:
        xen.resize(g, SMALL)
        blocks, rest = memory.blocks(g), xen.sizes(g)
        xen.resize(g, LARGE)
        assert memory.blocks(g) == blocks and xen.hot_kib(g) >= 7 * GIB // 8
        now = xen.sizes(g)
        assert now.xen == now.balloon == LARGE and now.total - now.balloon == rest.total - rest.balloon
        xen.resize(g, SMALL)
        xen.wait_hot(g, 256 * MIB)


def test_only_xen_has_memory(dom0):
    """What users may not do, they are told how to do."""
    with dom0() as g:
        size = memory.block_size(g)
        assert selftests.put(g, f"{memory.SYSFS}/probe", f"{64 << 30:#x}") == "EPERM"
        assert f"raise {xen.BALLOON}/target_kb" in memory.refusal(g)
        xen.resize(g, SMALL + GIB)
        block = max(hot_blocks(g))
        for file, words in ((f"{memory.SYSFS}/memory{block}/state", "offline"),
                            (f"{memory.SYSFS}/remove", f"{block * size:#x} {size:#x}")):
            assert selftests.put(g, file, words) == "EPERM"
            assert "by=xen-balloon" in memory.refusal(g)
        assert xen.sizes(g).xen == SMALL + GIB


def agree(g, rest):
    """What the domain has, when nothing moves; the same by everybody's count."""
    now = xen.sizes(g)
    assert now.xen == now.balloon and now.total - now.balloon == rest.total - rest.balloon, (now, rest)
    return now.xen


def test_xen_has_no_more(dom0):
    """It is asked again, not for ever; what it never backed goes; and a new target begins anew."""
    with dom0(mem="2G") as g:
        xen.resize(g, SMALL)
        rest, block, blocks = xen.sizes(g), memory.block_size(g) >> 10, len(memory.blocks(g))
        g.run(f"cd {xen.BALLOON}; echo 3 > max_retry_count; echo 1 > max_schedule_delay")
        xen.set_target(g, 4 * GIB)
        # Until no block is there that nothing is behind
        g.run(f"added() {{ echo $((($(ls -d {memory.SYSFS}/memory[0-9]* | wc -l) - {blocks}) * {block})); }}; "
              f"backed() {{ echo $(($(cat {xen.BALLOON}/info/current_kb) - {SMALL})); }}; "
              f"until [ $(backed) -gt {512 * MIB} ] && [ $(($(added) - $(backed))) -lt {block} ]; do :; done", 240)
        assert SMALL < agree(g, rest) < 2 * GIB
        assert int(g.run(f"cat {xen.BALLOON}/target_kb")) == 4 * GIB
        for target in (SMALL, SMALL + GIB, SMALL):
            xen.resize(g, target)
            assert agree(g, rest) == target


@pytest.mark.full
def test_targets_in_a_loop(dom0):
    """Whatever comes in between, under load: in the end the domain is as large as it is told to be."""
    with dom0() as g:
        xen.resize(g, SMALL)
        rest = xen.sizes(g)
        xen.resize(g, LARGE)
        load = g.spawn("fill 128 0 0")
        load.wait_output("filled:", 180)
        for number in range(60):
            xen.set_target(g, SMALL + 256 * MIB + number * 7919 % 1024 * MIB)
        xen.resize(g, SMALL + 512 * MIB)
        assert agree(g, rest) == SMALL + 512 * MIB
        load.write("check\n")
        assert "intact:" in load.wait_output("intact:", 180), load.output
        load.close_input()
        assert load.wait(60)[0] == 0

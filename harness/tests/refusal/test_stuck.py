# SPDX-License-Identifier: GPL-2.0
"""The offline that can never end: it goes on, is watched, and ended by a signal, by time, or by its own rule."""

import re
import signal

import pytest

from harness import memory, refusals, selftests
from harness.tests.refusal.conftest import PROVIDER, boot

MIB = 1 << 20
LIMIT_MS = 1000
PROGRESS = re.compile(r"evacuated=(\d+) in-use=(\d+) passes=(\d+) at=(0x\w+) page=(\S+)"
                      r"(?: range=(0x\w+)-(0x\w+) why=(.*))?")
PINNED = r"page pinned by 1 reference beyond its 1 mapping, anonymous memory of pin \(pid \d+\)"


@pytest.fixture
def stuck(field):
    """A block with 32 MiB in use, and one page of it pinned; (block, the page's address)."""
    block = field.movable
    field.online(block, "online_movable")
    holder, address = field.pin(block)
    load = field.fill(32, block)
    yield block, address
    field.end(load)
    field.end(holder)
    field.timeout(0)
    field.offline(block)
    assert memory.refusal(field.guest, block) == "none"


def progress(text):
    found = PROGRESS.fullmatch(text)
    assert found, text
    evacuated, in_use, passes = map(int, found.groups()[:3])
    return evacuated, in_use, passes, int(found[4], 16), found[5], found[6], found[8]


# Prints what it reads whenever it has changed, until it is told to stop
POLL = "until [ -e /tmp/enough ]; do new=$(cat {}); [ \"$new\" = \"$old\" ] || echo \"$new\"; old=$new; done"


def test_it_goes_on_and_shows_how_far(field, stuck):
    """Nobody but a signal ends it; everything but the pinned page moves meanwhile, and all is as before at the end."""
    block, address = stuck
    g = field.guest
    before = selftests.snapshot(g)
    assert g.run(f"cat {field.file(block, 'hotplug/progress')}") == "idle\n"
    g.run("rm -f /tmp/enough")
    poll = g.spawn(POLL.format(field.file(block, "hotplug/progress")))
    poll.wait_output("idle\n")
    writer = field.spawn_offline(block)
    # For as long as it takes to see that more than one try fails
    poll.wait_until(lambda output: re.search(r"passes=([3-9]\d|\d{3,}) ", output), 120)
    assert writer.status is None
    assert g.run(f"cat {field.file(block, 'hotplug/state')}") == "occupied\n"
    assert field.check(block) == ["busy"]
    assert g.run(f"cat {field.file(block + 1, 'hotplug/progress')}") == "idle\n"
    writer.kill(signal.SIGUSR1)
    assert writer.wait(30) == (1, "EINTR\n")
    poll.wait_until(lambda output: output.count("idle\n") == 2)
    g.run("touch /tmp/enough")
    status, output = poll.wait()
    assert status == 0
    first, *lines, last = output.splitlines()
    assert first == last == "idle"
    seen = [progress(line) for line in lines]
    for numbers in list(zip(*seen))[:3]:
        assert list(numbers) == sorted(numbers)
    assert all(evacuated <= in_use for evacuated, in_use, *_ in seen)
    evacuated, in_use, _, at, page, where, why = seen[-1]
    assert at == address, "the only one that is still tried"
    # Some pages of short-lived processes may be freed instead of moved
    assert 32 * MIB // 4096 <= in_use and in_use - 64 <= evacuated < in_use, output
    assert (page, int(where, 16)) == ("pinned", address) and re.fullmatch(PINNED, why)
    assert not selftests.difference(before, selftests.snapshot(g))


def test_others_are_heard_meanwhile(field, stuck, watch):
    """It keeps device_hotplug_lock for as long as it lasts; a refusal that needed no lock is told of at once."""
    block, _ = stuck
    writer = field.spawn_offline(block)
    field.await_file(block, "hotplug/progress", "page=pinned")
    assert watch.refused("EINVAL", "probe", "here").reason == "input"
    assert writer.status is None
    writer.kill(signal.SIGUSR1)
    assert writer.wait(30) == (1, "EINTR\n")
    assert watch.said(block).reason == "signal"


def test_a_deadline(field, stuck, watch):
    """It is the writer's errno, and everything is undone."""
    block, address = stuck
    before = selftests.snapshot(field.guest)
    field.timeout(LIMIT_MS)
    refusal = watch.offline_refused("ETIMEDOUT", block)
    assert (refusal.reason, refusal.error, refusal.page, refusal.first) == ("timeout", -110, "pinned", address)
    refusal = watch.refused("ETIMEDOUT", f"memory{block}/online", "0", block)
    assert (refusal.reason, refusal.error, refusal.page, refusal.first) == ("timeout", -110, "pinned", address)
    field.timeout(0)
    assert field.state(block) == "online"
    assert not selftests.difference(before, selftests.snapshot(field.guest))


def test_a_deadline_in_the_first_pass(field, stuck, watch):
    """What held it up is named, although nobody has seen all of the block."""
    block, address = stuck
    field.timeout(20)
    refusal = watch.offline_refused("ETIMEDOUT", block)
    assert (refusal.reason, refusal.page, refusal.first) == ("timeout", "pinned", address)


def test_a_deadline_is_enough_for_what_can_go(field):
    """It counts for each block alone, and time that others have used is not held against one."""
    blocks = [field.movable, field.movable + 1]
    for block in blocks:
        field.online(block, "online_movable")
    holder, _ = field.pin(blocks[0])
    field.timeout(8000)
    writer = field.spawn_offline(blocks[0])
    field.await_file(blocks[0], "hotplug/progress", "page=pinned")
    # Waits for the other, whose time this is, and only then has its own
    field.timeout(6000)
    field.offline(blocks[1])
    assert writer.wait() == (1, "ETIMEDOUT\n")
    field.end(holder)
    field.offline(blocks[0])


def test_bad_deadlines(field):
    name = "hotplug/offline_timeout_ms"
    field.timeout(1234)
    for text, errno in [("-1", "EINVAL"), ("soon", "EINVAL"), ("1s", "EINVAL"), ("4294967296", "ERANGE")]:
        assert field.put(name, text) == errno
        assert field.guest.run(f"cat {memory.SYSFS}/{name}") == "1234\n"


def test_a_driver_gets_ebusy(field, watch):
    """Drivers know no ETIMEDOUT; virtio-mem would warn."""
    g, block = field.guest, field.spare
    where = f"{field.start(block):#x} {field.size:#x}"
    assert field.put(f"{PROVIDER}/add", f"0 {where}") == "ok", memory.refusal(g)
    field.online(block, "online_movable")
    holder, address = field.pin(block)
    field.timeout(LIMIT_MS)
    assert field.put(f"{PROVIDER}/take", where) == "EBUSY"
    refusal = watch.said(block)
    assert (refusal.reason, refusal.error, refusal.page, refusal.first) == ("timeout", -16, "pinned", address)
    assert field.state(block) == "online"
    field.end(holder)
    assert field.put(f"{PROVIDER}/take", where) == "ok"


def test_a_page_that_is_locked(field, watch):
    """Migration waits for the lock, the deadline for the migration; meanwhile progress shows what it waits for."""
    block = field.movable
    field.online(block, "online_movable")
    process, address = field.use(block, "loosely")
    field.obstacle("lock", address, 4096)
    field.timeout(LIMIT_MS)
    writer = field.spawn_offline(block)
    field.await_file(block, "hotplug/progress", f"passes=0 at={address:#x} page=none")
    assert writer.status is None
    field.drop()
    status, output = writer.wait(60)
    assert (status, output) in [(0, "ok\n"), (1, "ETIMEDOUT\n")]
    field.end(process)
    if status:
        assert watch.said(block).reason == "timeout"
        field.timeout(0)
        field.offline(block)


def test_eject_of_a_dimm(kernel_ours):
    """Nobody can signal ACPI's thread: it gives up by itself, and the next attempt succeeds."""
    with boot(kernel_ours, nodes=None, mem="1G", maxmem="4G", slots=1) as g, refusals.Watch(g) as watch:
        memory.auto_online(g, "offline")
        known = memory.blocks(g)
        g.plug_dimm("d", size="128M")
        blocks = sorted(memory.blocks(g).keys() - known.keys())
        size = memory.block_size(g)
        memory.set_state(g, blocks, "online_movable")
        start, end = blocks[0] * size, (blocks[-1] + 1) * size
        holder = g.spawn(f"pin {start:#x} {end:#x}")
        address = int(holder.wait_output("\n").split()[1], 16)
        before = selftests.snapshot(g)

        assert not g.unplug_dimm("d"), "refused, by _OST"
        block = address // size
        refusal = watch.said(block, requests=2)     # ACPI asks once more when it was refused
        assert re.fullmatch(
            f"error=-16 request=offline reason=stuck range={address:#x}-{address + 4095:#x} by=core page=pinned "
            f"why=nothing could be moved any more; held up by: {PINNED}", str(refusal)), refusal
        assert set(memory.blocks_in(g, start, end).values()) == {"online"}
        assert not selftests.difference(before, selftests.snapshot(g))

        holder.close_input()
        assert holder.wait()[0] == 0
        assert g.unplug_dimm("d")
        assert memory.blocks(g) == known

# SPDX-License-Identifier: GPL-2.0
"""Clients that refuse, notifiers of the older kind and named ones; what each of them is told, and in which order."""

import pytest

from harness import memory, selftests
from harness.refusals import LONGEST_UEVENT, Refusal
from harness.tests.refusal.conftest import NAMED, NOTIFIER, PROVIDER, boot

ERRNOS = {"EBUSY": 16, "ENOMEM": 12, "EPERM": 1, "EIO": 5, "EINVAL": 22}
# The event at which somebody refuses: what was asked for, and what those before are told instead
EVENTS = {"prepare_online": ("online", "finish_offline"), "going_online": ("online", "cancel_online"),
          "going_offline": ("offline", "cancel_offline")}


@pytest.fixture
def notifier(field):
    """The older kind, called after everybody else's default."""
    selftests.load(field.guest, "mhp_notifier")
    yield NOTIFIER
    field.guest.run("rmmod mhp_notifier")


@pytest.fixture
def named(field):
    """A function that registers a named client; they go at the end."""
    names = []

    def add(name, priority=0, words=""):
        assert field.put(f"{NAMED}/add", f"{name} {priority} {words}") == "ok"
        names.append(name)
    field.put(f"{NAMED}/record", "forget")
    yield add
    for name in names:
        field.put(f"{NAMED}/del", name)


def record(guest):
    """[(client, what it was told, the rest)], in order; forgets it."""
    lines = guest.run(f"cat {NAMED}/record").splitlines()
    selftests.put(guest, f"{NAMED}/record", "forget")
    return [tuple(line.split(" ", 2)) for line in lines]


def calls(field):
    return [(who, what) for who, what, _ in record(field.guest)]


def go(field, block, request):
    return field.put(f"memory{block}/state", "offline" if request == "offline" else "online_movable")


def refused(field, watch, block, request, errno):
    state = "offline" if request == "offline" else "online_movable"
    return watch.refused(errno, f"memory{block}/state", state, block)


def expected(field, block, request, errno, by, why):
    start = field.start(block)
    return Refusal(error=-ERRNOS[errno], request=request, reason="client", first=start, last=start + field.size - 1,
                   by=by, page="none", why=why)


@pytest.fixture
def block(field):
    yield field.movable
    if field.state(field.movable) == "online":
        field.offline(field.movable)


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("errno", ["ENOMEM", "EPERM"])
def test_notifier(field, watch, notifier, block, event, errno):
    """By the name of its function and its module, for want of a better."""
    request, _ = EVENTS[event]
    if request == "offline":
        field.online(block, "online_movable")
    field.guest.run(f"echo {event} > {notifier}/event; echo {ERRNOS[errno]} > {notifier}/error")
    assert refused(field, watch, block, request, errno) == expected(
        field, block, request, errno, "refuse_event[mhp_notifier]",
        f"it refused at {event.upper()} and gave no reason")
    field.guest.run(f"echo 0 > {notifier}/error")
    assert go(field, block, request) == "ok"
    assert memory.refusal(field.guest, block) == "none"


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("why", ["", "device ehca7: 3 queue pairs are in use; end them: ibv_close 7"],
                         ids=["without", "with"])
def test_named_client(field, watch, named, block, event, why):
    request, undo = EVENTS[event]
    if request == "offline":
        field.online(block, "online_movable")
    for name, priority in (("third", 1), ("first", 3), ("second", 2)):
        named(name, priority)
    assert field.put(f"{NAMED}/refuse", f"third {event} 5 {why}") == "ok"
    assert refused(field, watch, block, request, "EIO") == expected(
        field, block, request, "EIO", "third", why or f"it refused at {event.upper()} and gave no reason")
    told = calls(field)
    # Those who had agreed are told in reverse order, who refused is not
    at = told.index(("first", event))
    assert told[at:at + 5] == [("first", event), ("second", event), ("third", event), ("second", undo), ("first", undo)]
    assert field.put(f"{NAMED}/refuse", f"third {event} 0") == "ok"
    assert go(field, block, request) == "ok"


def test_longest_reason(field, watch, named, block):
    """It is cut, stays in its line, and fits into a uevent with the longest name."""
    name = "n" * 60
    named(name)
    why = "one\\ntwo " + "x" * 280
    field.online(block, "online_movable")
    g = field.guest
    g.run(f"printf '%s going_offline 16 {why}' {name} > {NAMED}/refuse")
    refusal = watch.offline_refused("EBUSY", block)
    assert refusal.by == "n" * 47
    assert refusal.why == ("one two " + "x" * 280)[:239]
    assert LONGEST_UEVENT == 1024
    assert field.put(f"{NAMED}/refuse", f"{name} going_offline 0") == "ok"


def test_by_priority_old_and_new(field, watch, notifier, named, block):
    """They stand in one list; a notifier of priority 0 comes between clients of 1 and of -1."""
    named("late", -1)
    named("early", 1)
    field.online(block, "online_movable")
    calls(field)
    assert field.put(f"{NAMED}/refuse", "late going_offline 16") == "ok"
    assert field.put(f"{notifier}/seen", "forget") == "ok"
    assert refused(field, watch, block, "offline", "EBUSY").by == "late"
    assert calls(field) == [("early", "going_offline"), ("late", "going_offline"), ("early", "cancel_offline")]
    assert field.guest.run(f"cat {notifier}/seen").split() == ["going_offline", "cancel_offline"]
    field.guest.run(f"echo going_offline > {notifier}/event; echo 1 > {notifier}/error")
    assert refused(field, watch, block, "offline", "EPERM").by == "refuse_event[mhp_notifier]"
    assert calls(field) == [("early", "going_offline"), ("early", "cancel_offline")]
    field.guest.run(f"echo 0 > {notifier}/error")
    assert field.put(f"{NAMED}/refuse", "late going_offline 0") == "ok"


def test_every_event_of_a_life(field, named, block):
    """There and back, and each with the block's place; a single block is a batch of its own."""
    named("witness", 0, "batch")
    field.online(block, "online_movable")
    field.offline(block)
    extent = f"{field.start(block):#x}+{field.size:#x}"
    where = f"{extent} nid=0 batch={extent}"
    assert record(field.guest) == [
        ("witness", "batch_begin", f"{extent} online"), ("witness", "prepare_online", where),
        ("witness", "going_online", where), ("witness", "online", where), ("witness", "batch_end", f"{extent} online"),
        ("witness", "batch_begin", f"{extent} offline"), ("witness", "going_offline", where),
        ("witness", "offline", where), ("witness", "finish_offline", where),
        ("witness", "batch_end", f"{extent} offline")]


def test_a_failure_after_everybody_agreed(field, named, block):
    """Pages that cannot be moved: all are cancelled, in reverse order, and a batch that fails ends."""
    field.online(block, "online_movable")
    named("second", 1, "batch")
    named("first", 2)
    holder, _ = field.pin(block)
    field.timeout(1000)
    assert field.put(f"memory{block}/state", "offline") == "ETIMEDOUT"
    assert calls(field) == [("second", "batch_begin"), ("first", "going_offline"), ("second", "going_offline"),
                            ("second", "cancel_offline"), ("first", "cancel_offline"), ("second", "batch_end")]
    field.timeout(0)
    field.end(holder)


def test_batches(field, named):
    """What comes and goes in one request is announced with its extent, each block with its place in it."""
    g, count = field.guest, 3
    start, size = field.start(field.spare), field.size
    named("driver", 0, "batch")
    where = f"{start:#x} {count * size:#x}"
    extent = f"{start:#x}+{count * size:#x}"
    memory.auto_online(g, "online_movable")
    assert field.put(f"{PROVIDER}/add", f"0 {where}") == "ok", memory.refusal(g)
    memory.auto_online(g, "offline")
    each = [f"{start + i * size:#x}+{size:#x} nid=0 batch={extent}" for i in range(count)]
    events = [("driver", what, where) for where in each for what in ("prepare_online", "going_online", "online")]
    assert record(field.guest) == [("driver", "batch_begin", f"{extent} online"), *events,
                             ("driver", "batch_end", f"{extent} online")]

    # The one in the middle refuses: those before come back, in a batch of their own or one by one
    middle = f"memory{field.spare + 1}"
    holder, _ = field.pin(field.spare + 1)
    field.timeout(3000)
    assert field.put(f"{PROVIDER}/take", where) == "EBUSY"
    told = record(field.guest)
    offline = told[:told.index(("driver", "batch_end", f"{extent} offline")) + 1]
    assert offline == [("driver", "batch_begin", f"{extent} offline"),
                       *[("driver", what, each[0]) for what in ("going_offline", "offline", "finish_offline")],
                       ("driver", "going_offline", each[1]), ("driver", "cancel_offline", each[1]),
                       ("driver", "batch_end", f"{extent} offline")]
    back = [what for _, what, _ in told[len(offline):] if "batch" not in what]
    assert back == ["prepare_online", "going_online", "online"]
    assert g.run(f"cat {memory.SYSFS}/{middle}/state") == "online\n"
    field.timeout(0)
    field.end(holder)

    assert field.put(f"{PROVIDER}/take", where) == "ok"
    events = [("driver", what, where) for where in each for what in ("going_offline", "offline", "finish_offline")]
    assert record(field.guest) == [("driver", "batch_begin", f"{extent} offline"), *events,
                             ("driver", "batch_end", f"{extent} offline")]


def test_batch_of_a_dimm(kernel_ours):
    """ACPI ejects it block by block, and yet as one."""
    with boot(kernel_ours, nodes=None, mem="1G", maxmem="4G", slots=1) as g:
        selftests.load(g, "mhp_named")
        memory.auto_online(g, "online_movable")
        assert selftests.put(g, f"{NAMED}/add", "driver 0 batch") == "ok"
        known, size = memory.blocks(g), memory.block_size(g)
        g.plug_dimm("d", size="384M")
        blocks = sorted(memory.blocks(g).keys() - known.keys())
        extent = f"{blocks[0] * size:#x}+{384 << 20:#x}"
        each = [f"{block * size:#x}+{size:#x} nid=0 batch={extent}" for block in blocks]
        assert len(each) > 1
        for request, events in (("online", ("prepare_online", "going_online", "online")),
                                ("offline", ("going_offline", "offline", "finish_offline"))):
            assert record(g) == [("driver", "batch_begin", f"{extent} {request}"),
                                 *[("driver", event, where) for where in each for event in events],
                                 ("driver", "batch_end", f"{extent} {request}")]
            if request == "online":
                assert g.unplug_dimm("d")
        assert selftests.put(g, f"{NAMED}/del", "driver") == "ok"


def ranges(field):
    return [tuple(int(number, 16) for number in rest.split("+"))
            for _, what, rest in record(field.guest) if what == "replay"]


def test_replay(field, named, block):
    """The RAM that is online, as large ranges, lowest first; nothing of what is offline or has holes."""
    field.online(block, "online_movable")
    named("late", 0, "replay")
    found = ranges(field)
    ends = [start + size for start, size in found]
    assert found == sorted(found) and all(end < start for end, (start, _) in zip(ends, found[1:]))
    states = memory.blocks(field.guest)
    told = {at // field.size for start, size in found for at in range(start, start + size, field.size)}
    with_holes = {0, max(number for number in states if number * field.size < 2 << 30)}
    assert told == {number for number, state in states.items() if state == "online"} - with_holes
    assert (field.start(block), field.size) in found
    field.offline(block)
    assert ("late", "offline") in calls(field)


@pytest.fixture
def stuck_offline(field, block):
    """An offline that is under way for as long as the test wants; (block, its writer)."""
    field.online(block, "online_movable")
    holder, _ = field.pin(block)
    writers = []

    def begin():
        writers.append(field.spawn_offline(block))
        field.await_file(block, "hotplug/progress", "page=pinned")
        return writers[0]
    yield begin, holder
    if holder.status is None:
        field.end(holder)


def test_coming_and_going_meanwhile(field, named, block, stuck_offline):
    """Registering and leaving do not wait for an offline; it cancels who was asked and is still there."""
    begin, _ = stuck_offline
    for name, priority in (("third", 1), ("second", 2), ("first", 3)):
        named(name, priority)
    writer = begin()
    named("newcomer", 2)
    assert field.put(f"{NAMED}/del", "second") == "ok"
    assert writer.status is None
    assert calls(field) == [(name, "going_offline") for name in ("first", "second", "third")]
    writer.kill(2)
    assert writer.wait() == (1, "EINTR\n")
    assert calls(field) == [("third", "cancel_offline"), ("first", "cancel_offline")]


def test_a_newcomer_is_told_of_success(field, named, block, stuck_offline):
    begin, holder = stuck_offline
    writer = begin()
    named("newcomer")
    field.end(holder)
    assert writer.wait() == (0, "ok\n")
    assert calls(field) == [("newcomer", "offline"), ("newcomer", "finish_offline")]


def test_replay_waits(field, named, block, stuck_offline):
    """Who wants the RAM replayed gets it when the block has arrived, and no event of that block."""
    begin, holder = stuck_offline
    writer = begin()
    client = field.guest.spawn(f"{selftests.program('mhp')} put {NAMED}/add 'late 0 replay'")
    field.guest.run("until grep -q get_online_mems /proc/[0-9]*/stack 2> /dev/null || "
                    "[ $(cat /proc/[0-9]*/comm | grep -c ^mhp$) -ge 2 ]; do :; done")
    assert client.status is None and writer.status is None
    field.end(holder)
    assert writer.wait() == (0, "ok\n")
    assert client.wait() == (0, "ok\n")
    told = record(field.guest)
    assert {what for _, what, _ in told} == {"replay"}
    assert all(field.start(block) != int(rest.split("+")[0], 16) for _, _, rest in told)
    assert field.put(f"{NAMED}/del", "late") == "ok"


def test_a_module_is_unloaded_while_a_block_goes(field, block, stuck_offline):
    """It had agreed, is gone when it would be cancelled, and is not called again."""
    begin, _ = stuck_offline
    g = field.guest
    selftests.load(g, "mhp_notifier", "mhp_client")
    writer = begin()
    assert g.run(f"cat {NOTIFIER}/seen").split() == ["going_offline"]
    g.run("rmmod mhp_notifier")
    assert writer.status is None
    writer.kill(2)
    assert writer.wait() == (1, "EINTR\n")
    assert "leaving=0" in g.run("cat /sys/module/mhp_client/parameters/outstanding"), "who stayed was cancelled"
    g.run("rmmod mhp_client")


@pytest.mark.parametrize("refuses", [False, True])
def test_a_module_is_unloaded_during_an_event(field, named, block, refuses):
    """Leaving waits for the event that is being sent, and no longer; the module is there until then."""
    g = field.guest
    field.online(block, "online_movable")
    selftests.load(g, "mhp_notifier")
    named("slow", -1)
    assert field.put(f"{NAMED}/wait", "slow going_offline") == "ok"
    if refuses:
        assert field.put(f"{NAMED}/refuse", "slow going_offline 5") == "ok"
    writer = field.spawn_offline(block)
    g.run(f"until grep -q 'slow going_offline' {NAMED}/record; do :; done")
    assert g.run(f"cat {NOTIFIER}/seen").split() == ["going_offline"]
    leaver = g.spawn("rmmod mhp_notifier")
    g.run("until grep -q '^mhp_notifier .* Unloading' /proc/modules; do :; done")
    assert leaver.status is None and writer.status is None
    assert field.put(f"{NAMED}/go", "on") == "ok"
    assert writer.wait() == ((1, "EIO\n") if refuses else (0, "ok\n"))
    assert leaver.wait()[0] == 0
    assert g.sh("test -d /sys/module/mhp_notifier")[0] != 0
    assert field.put(f"{NAMED}/refuse", "slow going_offline 0") == "ok"

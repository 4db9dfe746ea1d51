# SPDX-License-Identifier: GPL-2.0
"""The driver of eHCA on a model of its firmware: traffic, and memory that comes and goes, or does not.

Only users in the kernel refuse memory; the refusal says who they are and what the operator can do, and doing that
helps.
"""

import re
import signal

import pytest

from harness import ehca, ehea, memory, selftests
from harness.dlpar import drc_index, refusal, request
from harness.marks import MORE
from harness.qemu import GuestDied
from harness.refusals import Watch, parse
from harness.tests.ppc64.conftest import LMB, plug, states

TIME_LIMIT = "hotplug/offline_timeout_ms"


def both_ways(blocks):
    """Requests that take each LMB out, and bring it back, with the block."""
    return [(f"{verb} index {drc_index(block)}", block)
            for verb, order in (("remove", blocks[::-1]), ("add", blocks)) for block in order]


def loaded(g, lmbs=2):
    """LMBs that the partition has when it gets its adapter, whose limit they are part of."""
    blocks = plug(g, lmbs=lmbs)
    ehca.load(g)
    return blocks


def nothing_wrong(g):
    assert not ehea.wrong(g), ehea.wrong(g)


def refused(g, words):
    """The request is refused by the driver, in every file the same: what the operator reads."""
    assert request(g, f"memory {words}")
    _, unrestored, told = refusal(g)
    assert told.reason == "client" and told.by.startswith("ehca") and not unrestored, told
    assert str(told) == memory.refusal(g)
    return ehca.veto(told.why)


# Traffic

def test_traffic(channel):
    """Every verb, every byte, what must fail; also in memory that came after the adapter."""
    with channel() as g:
        block = loaded(g)[1]
        before = ehca.objects(g)
        for what in ehca.RUNS:
            moved = ehca.run(g, what)
            assert moved["bytes"] > 30000 or what in ("violations", "retries", "completions"), (what, moved)
        assert ehca.objects(g) == before
        for verb in ("remove", "add"):
            assert not request(g, f"memory {verb} index {drc_index(block)}")
        ehca.place(g, block * LMB, LMB)
        for what in ("rc", "ud"):
            ehca.run(g, what)
        ehca.place(g)
        assert ehca.objects(g) == before
        nothing_wrong(g)


@pytest.mark.full
@pytest.mark.parametrize("sizes", ["0x1000", *(pytest.param(sizes, marks=MORE) for sizes in ("0x11000", "0x101000"))])
def test_page_sizes(channel, sizes):
    """Regions are made of the pages that the adapter has; calls for a user are fewer if they are larger."""
    with channel() as g:
        ehca.load(g, model=f"hca_page_sizes={sizes}")
        ehea.reset(g, "calls")
        assert ehca.hold(g, "storage") == "ok"
        largest = 1 << (int(sizes, 0).bit_length() - 1)
        pages = (2 << 30) // largest
        assert pages // 512 <= ehea.counters(g, "calls")["H_REGISTER_RPAGES"] <= pages // 512 + 2
        ehca.run(g, "rc")
        process = ehca.Regions(g)
        for size in (1, 4096, 65537, 3 << 20):
            process.check(process.register(size)[0])
        process.end()
        nothing_wrong(g)


@pytest.mark.full
def test_memory_for_the_kernel(channel):
    """The kernel may use what comes, and the adapter is given pages that it has taken."""
    with channel(append="") as g:
        block = loaded(g)[1]
        assert g.run(f"cat {memory.SYSFS}/memory{block}/valid_zones") == "Normal\n"
        ehca.place(g, block * LMB, LMB)
        ehca.run(g, "rc")
        ehca.place(g)
        nothing_wrong(g)


def test_files_of_the_adapter(channel):
    """Each tells the number that it is named for, as the firmware has it at the moment."""
    with channel() as g:
        ehca.load(g)
        assert ehca.hold(g, "storage") == "ok"
        stream = ehca.Stream(g)
        objects = ehca.objects(g)
        now = {f"cur_{kind}": objects[f"hca_{kind.upper()}"] for kind in ("eq", "cq", "qp", "mr")}
        assert len(set(now.values())) == 4, "no two are the same, so that they cannot be confused"
        # hca.h and hca_adapter.c of the model
        limits = {"num_ports": 2, "hw_ver": 2 << 24, "max_eq": 16, "max_cq": 2048, "max_qp": 1024, "max_mr": 4096,
                  "max_pd": 65536, "max_ah": 32768}
        where = f"{ehca.BUS}/devices/*lhca*"
        for name, number in {**now, **limits}.items():
            assert g.run(f"cat {where}/{name}") == f"{number}\n", name
        handle = g.run(f"od -A n -v -t x8 /proc/device-tree{ehca.path(g)}/ibm,hca-handle").strip()
        assert g.run(f"cat {where}/adapter_handle") == f"{int(handle, 16):x}\n"
        stream.stop()


def tell_model(g, name, line):
    g.run(f"echo {line} > {ehea.MODEL}/{name}")


def port(g, number, attribute):
    return g.run(f"cat /sys/class/infiniband/ehca0/ports/{number}/{attribute}").strip()


def test_ports(channel):
    """A wire that is unplugged, another LID, an adapter that fails: its users are told, and what can goes on."""
    with channel() as g:
        ehca.load(g)
        ehca.run(g, "rc")
        tell_model(g, "hca_link", "1 down")
        ehca.wait_for_event(g, "port error", 2)
        assert {port(g, number, "state") for number in (1, 2)} == {"1: DOWN"}
        assert selftests.put(g, f"{ehca.CLIENT}/run", "rc") == "EPROTO"
        assert ehca.result(g)[1].endswith("port 1 is not active")
        # A port that is not active has nothing to break: what may be another is told, and no more
        tell_model(g, "hca_malfunction", "lid 1 76")
        for what in ("LID change", "P_key change", "SM change"):
            ehca.wait_for_event(g, what)
        assert int(port(g, 1, "lid"), 0) == 76
        tell_model(g, "hca_link", "1 up")
        ehca.wait_for_event(g, "port active", 2)
        ehca.await_active(g)
        ehca.run(g, "rc")
        tell_model(g, "hca_malfunction", "lid 1 77")
        ehca.wait_for_event(g, "port error", 3)
        ehca.wait_for_event(g, "port active", 3)
        assert int(port(g, 1, "lid"), 0) == 77
        for what in ("rc", "ud"):
            ehca.run(g, what)
        tell_model(g, "hca_malfunction", "reregister 1")
        ehca.wait_for_event(g, "client reregister")
        tell_model(g, "hca_malfunction", "adapter 1")
        ehca.wait_for_event(g, "device fatal error")
        nothing_wrong(g)


def test_change_of_a_port(channel):
    """Its capabilities, and what it counts; it is as it was if a call fails, and goes down if it is told to."""
    with channel() as g:
        ehca.load(g)
        ehca.run(g, "ud")
        for call, number in (("H_QUERY_PORT", 2), ("H_MODIFY_PORT", 1)):
            ehea.fail(g, f"{call} {number} H_HARDWARE")
            assert selftests.put(g, f"{ehca.CLIENT}/run", "port") == "EIO"
            ehea.fail(g, "clear")
            assert ehca.result(g)[1].startswith("capabilities: ")
        ehca.run(g, "port")
        ehca.wait_for_event(g, "port error", 2)
        tell_model(g, "hca_link", "1 up")
        ehca.wait_for_event(g, "port active", 2)
        ehca.await_active(g)
        ehca.run(g, "rc")
        nothing_wrong(g)


@pytest.mark.parametrize("kind, event", [("qp", "QP fatal error"), ("cq", "CQ error")])
def test_what_breaks(channel, kind, event):
    """A queue that the adapter gives up: all that is outstanding ends, whoever uses it is told, and others go on."""
    with channel() as g:
        ehca.load(g)
        # So that the one that breaks is not made anew with the adapter's first user
        assert ehca.hold(g, "storage") == "ok"
        objects, before = ehca.objects(g), ehca.indices(g, f"hca_{kind.upper()}")
        stream = ehca.Stream(g)
        broken = min(ehca.indices(g, f"hca_{kind.upper()}") - before)
        tell_model(g, "hca_malfunction", f"{kind} {broken}")
        assert stream.ended() == "EPROTO"
        assert "instead of success" in ehca.result(g)[1]
        ehca.wait_for_event(g, event)
        assert ehca.objects(g) == objects
        ehca.run(g, "rc")
        nothing_wrong(g)


# Memory comes and goes

def test_no_adapter(channel):
    with channel() as g:
        ehca.load(g, hca=0)
        assert not ehca.is_there(g) and ehca.hold(g, "nfs") == "ENODEV"
        for words, _ in both_ways(plug(g)):
            assert not request(g, f"memory {words}")


def test_idle(channel):
    """Nobody uses it: memory comes and goes, and whoever uses it next reaches all there is."""
    with channel() as g:
        blocks = loaded(g)
        before = ehca.objects(g)
        for words, block in both_ways(blocks):
            assert not request(g, f"memory {words}")
            if words.startswith("add"):
                ehca.place(g, block * LMB, LMB)
            ehca.run(g, "rc")
            ehca.place(g)
            assert ehca.objects(g) == before
        nothing_wrong(g)


def test_ip_over_infiniband(channel):
    """Without subnet administration it has nothing to work with: no interface, no user, whoever comes first."""
    with channel() as g:
        block = plug(g)[1]
        ehca.load_model(g)
        g.run("modprobe ehca")
        before = ehca.objects(g)
        for module in ("ib_ipoib", "ehca"):
            g.run(f"modprobe {module}")
            assert ehca.is_there(g) and not g.run("ls /sys/class/net | grep ^ib", check=False)
            assert ehca.objects(g) == before
            for verb in ("remove", "add"):
                assert not request(g, f"memory {verb} index {drc_index(block)}")
            g.run("rmmod ehca")
        nothing_wrong(g)


def stop_users(g, told):
    for name in told["users"]:
        while selftests.put(g, f"{ehca.CLIENT}/release", name) == "ok":
            pass


def remove_adapter(g, told):
    """The one that the location code is of."""
    nodes = g.run("grep -l . /proc/device-tree/*/ibm,loc-code").split()
    node, = (node for node in nodes if g.run(f"tr -d '\\0' < {node}") == told["location"])
    assert node == f"/proc/device-tree{ehca.remove(g)}/ibm,loc-code"
    assert not ehca.objects(g)


def test_users_in_the_kernel(channel):
    """They are named, and so is the way out; who goes either of the two gets what was refused."""
    with channel() as g:
        first, second = loaded(g)
        assert not request(g, f"memory remove index {drc_index(second)}")
        location = g.run(f"tr -d '\\0' < /proc/device-tree{ehca.path(g)}/ibm,loc-code")
        requests = f"remove index {drc_index(first)}", f"add index {drc_index(second)}"
        for way_out in (stop_users, remove_adapter):
            for name in ("nfs", "storage", "nfs"):
                assert ehca.hold(g, name) == "ok"
            before = selftests.snapshot(g), ehca.objects(g)
            for words in requests:
                told = refused(g, words)
                assert told["adapter"] == "ehca0" and told["location"] == location, told
                assert told["users"] == ["nfs", "storage"] and told["drc"] == "HCA 1", told
                assert not selftests.difference(before[0], selftests.snapshot(g)) and ehca.objects(g) == before[1]
            way_out(g, told)
            for words in (*requests, f"remove index {drc_index(second)}", f"add index {drc_index(first)}"):
                assert not request(g, f"memory {words}")
        nothing_wrong(g)


def test_the_operator_is_told(channel):
    """By the file of the block, by the uevent, by DLPAR's file; and beforehand, who asks."""
    with channel() as g:
        block = loaded(g)[1]
        check = f"cat {memory.SYSFS}/memory{block}/hotplug/check"
        assert g.run(check).strip() == "ok"
        assert ehca.hold(g, "storage") == "ok"
        with Watch(g) as watch:
            told = watch.offline_refused("EBUSY", block)
            assert ehca.veto(told.why)["users"] == ["storage"]
        asked = parse(g.run(check).strip())
        assert asked.reason == "client" and asked.why == told.why
        ehca.release(g)
        assert g.run(check).strip() == "ok"
        memory.set_state(g, [block], "offline")


def test_traffic_is_use(channel):
    """The refusal does not disturb it; when it is over, so is the reason."""
    with channel() as g:
        first, second = loaded(g)
        assert not request(g, f"memory remove index {drc_index(second)}")
        stream = ehca.Stream(g)
        for words in (f"remove index {drc_index(first)}", f"add index {drc_index(second)}") * 3:
            assert refused(g, words)["users"] == ["ehca_traffic"]
            stream.flows()
        stream.stop()
        for words in (f"add index {drc_index(second)}", f"remove index {drc_index(first)}"):
            assert not request(g, f"memory {words}")
        nothing_wrong(g)


def test_a_user_comes_in_the_middle(channel):
    """Of a request for several LMBs: he waits until it has been taken back as a whole, which he would refuse."""
    with channel() as g:
        first, second = loaded(g)
        holder = g.spawn(f"pin {second * LMB:#x} {(second + 1) * LMB:#x}")
        assert "pinned" in holder.wait_output("pinned"), holder.output
        removal = g.spawn(f"exec sh -c 'echo memory remove indexed-count 2 {drc_index(first)} > /sys/kernel/dlpar'")
        g.run(f"until grep -q page=pinned {memory.SYSFS}/memory{second}/hotplug/progress; do :; done")
        assert states(g, [first]) == {"gone"}
        user = g.spawn(f"echo $$; exec {selftests.program('mhp')} put {ehca.CLIENT}/hold storage")
        pid = int(user.wait_until(lambda text: text.endswith("\n")))
        g.run(f"until grep -q '^State:.D' /proc/{pid}/status; do :; done")
        removal.kill()
        removal.wait()
        assert user.wait()[1].split()[1] == "ok"
        assert states(g, [first, second]) == {"online"}
        assert not refusal(g)[1]
        holder.close_input()
        holder.wait()
        ehca.release(g)
        assert not request(g, f"memory remove indexed-count 2 {drc_index(first)}")
        nothing_wrong(g)


def test_surplus(channel):
    """More than the adapter can register comes while nobody uses it; then nobody can, until it is gone."""
    with channel() as g:
        ehca.load(g)
        assert ehca.hold(g, "early") == "ok"
        ehca.release(g)
        g.run("dmesg -c")
        blocks = plug(g, lmbs=2)
        for block in blocks:
            assert f"memory{block} " in g.run("dmesg | grep 'users in the kernel will be refused'")
        g.run("dmesg -c")
        assert ehca.hold(g, "late") == "ENOSPC"
        text = g.run("dmesg")
        for block in blocks:
            assert re.search(rf"ehca.*late.*memory{block}\b", text), text
        for block in blocks[::-1]:
            assert ehca.hold(g, "late") == "ENOSPC"
            assert not request(g, f"memory remove index {drc_index(block)}")
        assert ehca.hold(g, "late") == "ok"
        ehca.release(g)
        ehca.run(g, "rc")
        nothing_wrong(g)


def test_surplus_from_the_beginning(channel):
    """More than the adapter can register is there before it: told once, and users are refused until it is gone."""
    with channel() as g:
        blocks = plug(g, lmbs=2)
        ehca.load_model(g, f"hca_max_mr_size={2 << 30:#x}")
        g.run("dmesg -c")
        ehca.load(g)
        told, = (line for line in g.run("dmesg").splitlines() if "users in the kernel will be refused" in line)
        assert f"with memory{blocks[1]}, memory{blocks[0]} there is more than the 2048 MiB" in told, told
        assert ehca.hold(g, "early") == "ENOSPC"
        for block in blocks[::-1]:
            assert not request(g, f"memory remove index {drc_index(block)}")
        assert ehca.hold(g, "late") == "ok"
        ehca.release(g)
        nothing_wrong(g)


def test_regions_do_not_refuse(channel):
    """What processes have registered stays where it is, and everything else may come and go."""
    with channel() as g:
        blocks = loaded(g)
        process = ehca.Regions(g)
        handles = [process.register(size)[0] for size in (1, 4096, 65536, 65537, 1 << 20, 5 << 20)]
        handles.append(process.register(1 << 16, blocks[0] * LMB, (blocks[1] + 1) * LMB)[0])
        for words, _ in both_ways(blocks):
            assert not request(g, f"memory {words}")
            for handle in handles:
                process.check(handle)
        process.end()
        nothing_wrong(g)


def test_regions(channel):
    """They are registered and deregistered, and go with their process; queues are not to be had."""
    with channel() as g:
        ehca.load(g)
        before = ehca.objects(g)
        process, other = ehca.Regions(g), ehca.Regions(g)
        assert process.ask("queue") == "error EOPNOTSUPP"
        mine = [process.register(size)[0] for size in (100, 65536, 3 << 20)]
        assert process.ask("domain") == "ok"
        mine.append(process.register(1 << 16)[0])
        theirs = other.register(1 << 16)[0]
        assert ehca.objects(g)["hca_MR"] == before["hca_MR"] + 5
        assert process.ask("read 65536").startswith("ok")
        for handle in mine[:2]:
            process.check(handle)
            process.deregister(handle)
        assert process.ask(f"deregister {mine[0]}") == "error ENOENT"
        process.end()
        assert ehca.objects(g)["hca_MR"] == before["hca_MR"] + 1
        other.check(theirs)
        other.command.kill(9)
        other.command.wait()
        assert ehca.objects(g) == before
        nothing_wrong(g)


def in_the_way(g):
    """An LMB that the kernel may use, and a process with a region there: (block, process, handle)."""
    block, = plug(g, lmbs=1)
    memory.set_state(g, [block], "offline")
    memory.set_state(g, [block], "online_kernel")
    process = ehca.Regions(g)
    handle, _, _, address = process.register(1 << 16, block * LMB, (block + 1) * LMB)
    assert address // LMB == block, hex(address)
    return block, process, handle, address


# A debug kernel has memory of its own in every block that it may use, at once
@pytest.mark.own_kernel
def test_region_in_the_way(channel):
    """A time limit ends the offline, undone, and tells which page it was and whose; so does a signal."""
    with channel(append="", mem="1G") as g:
        ehca.load(g)
        block, process, handle, address = in_the_way(g)
        assert selftests.put(g, TIME_LIMIT, "2000") == "ok"
        before = selftests.snapshot(g)
        assert selftests.put(g, f"memory{block}/state", "offline") == "ETIMEDOUT"
        told = parse(memory.refusal(g, block))
        assert (told.reason, told.page) == ("timeout", "pinned"), told
        assert told.first <= address <= told.last, (told, hex(address))
        assert re.search(r"anonymous memory of regions \(pid \d+\)", told.why), told
        assert not selftests.difference(before, selftests.snapshot(g))
        process.check(handle)

        # For ever, so that there is no end but by the signal, and none if that is not looked for all the while
        assert selftests.put(g, TIME_LIMIT, "0") == "ok"
        offline = g.spawn(f"exec {selftests.program('mhp')} put {memory.SYSFS}/memory{block}/state offline")
        g.run(f"until grep -q page=pinned {memory.SYSFS}/memory{block}/hotplug/progress; do :; done")
        assert offline.status is None
        offline.kill(signal.SIGUSR1)
        assert offline.wait() == (1, "EINTR\n")
        assert states(g, [block]) == {"online"} and parse(memory.refusal(g, block)).reason == "signal"

        process.deregister(handle)
        memory.set_state(g, [block], "offline")
        process.end()
        nothing_wrong(g)


# The adapter goes

def test_adapter_goes_in_the_middle(channel):
    """Of traffic, with users and regions: all end, nothing is left; and it can come back."""
    with channel() as g:
        block = loaded(g)[1]
        assert ehca.hold(g, "storage") == "ok"
        process = ehca.Regions(g)
        process.register(1 << 20)
        stream = ehca.Stream(g)
        assert refused(g, f"remove index {drc_index(block)}")
        where = ehca.remove(g)
        assert stream.ended() in ("ESHUTDOWN", "EINTR")
        assert not ehca.objects(g) and not ehca.is_there(g)
        assert not request(g, f"memory remove index {drc_index(block)}")
        assert process.ask("register 65536").startswith("error")
        process.end()
        ehca.probe(g, where)
        ehca.run(g, "rc")
        assert not request(g, f"memory add index {drc_index(block)}")
        nothing_wrong(g)


def test_adapter_goes_while_memory_does(channel):
    """A block that is on its way out waits for a page; meanwhile the adapter goes."""
    with channel() as g:
        block = loaded(g)[1]
        holder = g.spawn(f"pin {block * LMB:#x} {(block + 1) * LMB:#x}")
        assert "pinned" in holder.wait_output("pinned"), holder.output
        removal = g.spawn(f"echo memory remove index {drc_index(block)} > /sys/kernel/dlpar")
        g.run(f"until grep -q page=pinned {memory.SYSFS}/memory{block}/hotplug/progress; do :; done")
        where = ehca.path(g)
        ehca.remove(g)
        assert not ehca.objects(g) and removal.status is None
        holder.close_input()
        holder.wait()
        assert removal.wait(120)[0] == 0
        assert states(g, [block]) == {"gone"} and not ehca.objects(g)
        ehca.probe(g, where)
        ehca.run(g, "rc")
        nothing_wrong(g)


# Both adapters

def test_reboot(channel):
    """With users and traffic: the next kernel finds nothing in use."""
    with channel() as g:
        ehca.load_model(g)
        wire = ehea.Wire(g, ehea.load(g))
        ehca.load(g)
        assert ehca.hold(g, "storage") == "ok"
        ehca.Stream(g)
        ehea.udp(wire).flows()
        g.expect_death = True
        with pytest.raises(GuestDied):
            g.run("reboot -f", 60)
        assert "ebus_model: 0 objects at the restart" in g.console()


@pytest.mark.parametrize("order", ["ehea ehca", pytest.param("ehca ehea", marks=MORE)])
def test_both_adapters(channel, order):
    """The Ethernet's map stays right when the other adapter refuses, whoever was asked first."""
    with channel() as g:
        first, second = plug(g)
        ehca.load_model(g)
        names = []
        for driver in order.split():
            if driver == "ehea":
                names = ehea.load(g)
            else:
                ehca.load(g)
        wire = ehea.Wire(g, names)
        assert not request(g, f"memory remove index {drc_index(second)}")
        udp = ehea.udp(wire)
        for _ in range(2):
            assert ehca.hold(g, "storage") == "ok"
            regions = ehca.objects(g)["MR"]
            for words in (f"remove index {drc_index(first)}", f"add index {drc_index(second)}"):
                refused(g, words)
                udp.flows()
                wire.ping()
            assert ehca.objects(g)["MR"] == regions
            ehca.release(g)
            for words in (f"add index {drc_index(second)}", f"remove index {drc_index(second)}"):
                assert not request(g, f"memory {words}")
                udp.flows()
                ehca.run(g, "ud")
        udp.stop()
        for driver in order.split():
            g.run(f"rmmod {'ehca_traffic; rmmod ehca' if driver == 'ehca' else driver}")
        assert not ehca.objects(g)
        nothing_wrong(g)

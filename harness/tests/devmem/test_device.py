# SPDX-License-Identifier: GPL-2.0
"""Device memory through its test driver: what processes have there, and what comes of it when anything fails."""

import pytest

from harness import devmem, memory, selftests


@pytest.fixture
def device(guest, kernel_ours):
    def make(kernel=kernel_ours, size_mb=64, **options):
        return guest(kernel=kernel, modules=[devmem.MODULE, "brd"],
                     files={**devmem.files(kernel), **selftests.files(kernel)}, **{"mem": "3G", **options})
    return make


def where(g):
    """What adding and removing has to leave as it was; the span of ZONE_DEVICE never shrinks, not in the base either."""
    return memory.iomem(g), {zone: numbers for zone, numbers in memory.zones(g).items() if zone[1] != "Device"}


def test_use(device, record_ktap):
    with device() as g:
        before = where(g)
        devmem.load(g)
        g.run("echo always > /sys/kernel/mm/transparent_hugepage/enabled")
        record_ktap(g.ktap(devmem.program("use"), timeout=300))
        devmem.unload(g)
        assert where(g) == before


def add_swap(g):
    """So that what is paged out leaves the memory."""
    g.run("modprobe brd rd_nr=1 rd_size=131072 && mkswap /dev/ram0 && swapon /dev/ram0")


@pytest.mark.parametrize("rounds", [100, pytest.param(1000, marks=pytest.mark.full)])
def test_stress(device, record_ktap, rounds):
    """Four threads, fork, mremap, munmap, swap, another process's eyes; the device goes and comes meanwhile."""
    with device() as g:
        devmem.load(g)
        add_swap(g)
        record_ktap(g.ktap(f"{devmem.program('stress')} {rounds}", timeout=300 + rounds))
        assert int(g.run("awk '$1 == \"pswpout\" { print $2 }' /proc/vmstat")) > 0
        assert devmem.state(g).used == 0


def test_every_allocation_fails_once(device, kernel_fault, record_ktap):
    with device(kernel=kernel_fault) as g:
        devmem.load(g)
        record_ktap(g.ktap(devmem.program("fail-nth"), timeout=1200))


@pytest.mark.parametrize("rounds", [10, pytest.param(100, marks=pytest.mark.full)])
def test_rounds(device, rounds):
    """Added and removed, with memory on it: nothing of it stays."""
    with device() as g:
        devmem.load(g)
        devmem.unload(g)
        before = where(g)
        for _ in range(rounds):
            devmem.load(g)
            held = devmem.hold(g, 100)
            assert devmem.state(g).used == 100
            assert devmem.ask(g, "remove 10000") == ""
            assert devmem.state(g).pages == 0 and where(g) == before
            held.close_input()
            assert held.wait(60)[0] == 0
            devmem.unload(g)
        assert where(g) == before


def test_gone_with_memory_on_it(device):
    """The module is removed under a process that knows nothing of it."""
    with device() as g:
        devmem.load(g)
        out = "/tmp/out"
        g.run(f"mkfifo /tmp/in; {{ {devmem.program('devmem')} hold 500 3>&-; echo $?; }} < /tmp/in > {out} & "
              f"exec 3> /tmp/in; until grep -q held {out}; do :; done; {devmem.program('devmem')} remove; "
              f"echo >&3; exec 3>&-; wait; grep -qx 0 {out}", 120)
        devmem.unload(g)


def test_example_of_the_documentation(device, record_ktap):
    with device() as g:
        before = where(g)
        g.run(f"insmod {devmem.program('hmm_devmem_example.ko')}")
        record_ktap(g.ktap(devmem.program("example")))
        g.run("rmmod hmm_devmem_example")
        assert where(g) == before

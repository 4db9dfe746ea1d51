# SPDX-License-Identifier: GPL-2.0
"""Device memory through its test driver: what processes have there, and what comes of it when anything fails."""

import os

import pytest

from harness import devmem, memory, selftests
from harness.marks import MORE


HUGE_PAGES = "/sys/kernel/mm/transparent_hugepage"
ROOM = {"real memory in its place", "told that there is no memory for others"}
HUGE = {"device.huge_page", "device.pieces_of_a_huge_page"}


@pytest.fixture
def device(guest, kernel_ours):
    def make(kernel=kernel_ours, size_mb=64, **options):
        return guest(kernel=kernel, modules=[devmem.MODULE, "brd"],
                     files={**devmem.files(kernel), **selftests.files(kernel)}, **{"mem": "3G", **options})
    return make


def is_ppc64():
    return os.environ.get("TEST_ARCH") == "ppc64"


def where(g):
    """What adding and removing has to leave as it was; the span of ZONE_DEVICE never shrinks, not in the base either."""
    return memory.iomem(g), {zone: numbers for zone, numbers in memory.zones(g).items() if zone[1] != "Device"}


def test_use(device, record_ktap):
    with device() as g:
        before = where(g)
        devmem.load(g)
        # A partition whose hash has no pages of 16 MiB has no huge pages either
        no_huge_pages = g.sh(f"test -d {HUGE_PAGES}")[0] != 0
        if not no_huge_pages:
            g.run(f"echo always > {HUGE_PAGES}/enabled")
        record_ktap(devmem.one_thing_at_a_time(g), expected_skips=HUGE if no_huge_pages else ())
        devmem.unload(g)
        assert where(g) == before


def add_swap(g):
    """So that what is paged out leaves the memory."""
    g.run("modprobe brd rd_nr=1 rd_size=131072 && mkswap /dev/ram0 && swapon /dev/ram0")


@pytest.mark.parametrize("rounds", [100, pytest.param(1000, marks=MORE)])
def test_stress(device, record_ktap, rounds):
    """Four threads, fork, mremap, munmap, swap, another process's eyes; the device goes and comes meanwhile."""
    with device() as g:
        devmem.load(g)
        add_swap(g)
        record_ktap(g.ktap(f"{devmem.program('stress')} {rounds}", timeout=300 + rounds))
        assert int(g.run("awk '$1 == \"pswpout\" { print $2 }' /proc/vmstat")) > 0
        assert devmem.state(g).used == 0


@pytest.mark.slow_on_debug
def test_every_allocation_fails_once(device, kernel_fault, record_ktap):
    with device(kernel=kernel_fault) as g:
        devmem.load(g)
        # A partition is told of memory by its firmware alone
        record_ktap(g.ktap(devmem.program("fail-nth"), timeout=1200), expected_skips=ROOM if is_ppc64() else ())


@pytest.mark.slow_on_debug
@pytest.mark.parametrize("rounds", [10, pytest.param(100, marks=MORE)])
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


@pytest.mark.slow_on_debug
def test_driver_goes_with_memory_on_the_device(device):
    """The process knows nothing of it. What cannot be copied is waited for, and said."""
    with device() as g:
        devmem.load(g)
        held = devmem.hold(g, 500)
        g.run("echo 1000000 > /sys/module/test_hmm_devmem/parameters/fail_copies")
        gone = g.spawn("rmmod test_hmm_devmem")
        g.run("until dmesg | grep -q '500 pages of device memory are in use'; do :; done", 60)
        assert "by devmem (pid " in g.run("dmesg | grep 'of device memory are in use'")
        g.run("echo 0 > /sys/module/test_hmm_devmem/parameters/fail_copies")
        assert gone.wait(60)[0] == 0
        held.close_input()
        assert held.wait(60)[0] == 0            # what it had there is intact


# RAM from 4 GiB on that mem= keeps from the kernel
COHERENT, SECTION = 4 << 30, 512 << 20


def test_coherent(device, record_ktap):
    with device(mem="6G" if is_ppc64() else "4G", append="mem=2G") as g:
        before = where(g)
        g.run(f"modprobe {devmem.MODULE} coherent={COHERENT:#x} size_mb={SECTION >> 20}", 120)
        if not is_ppc64():              # whose firmware keeps book of all memory
            assert selftests.put(g, "probe", f"{COHERENT:#x}") == "EBUSY"
            assert "memory of the device hmm_devmem has some of these addresses, at which the CPU finds it" in \
                   memory.refusal(g)
        record_ktap(g.ktap(devmem.program("coherent"), timeout=300))
        devmem.unload(g)
        assert where(g) == before
        # Where the kernel has its own memory, or it is not there in whole subsections
        for address in (1 << 30, COHERENT + 4096):
            assert g.sh(f"modprobe {devmem.MODULE} coherent={address:#x}")[0]


def test_example_of_the_documentation(device, record_ktap):
    with device() as g:
        before = where(g)
        g.run(f"insmod {devmem.program('hmm_devmem_example.ko')}")
        record_ktap(g.ktap(devmem.program("example")))
        g.run("rmmod hmm_devmem_example")
        assert where(g) == before

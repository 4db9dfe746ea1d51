# SPDX-License-Identifier: GPL-2.0
"""What the helpers cost, beside what drivers do by hand on the base's kernel, and beside lib/test_hmm.

Where the guest's clock counts instructions, numbers hardly differ from run to run; two CPUs take real time.
"""

import statistics

import pytest

from harness import costs, devmem

pytestmark = [pytest.mark.full, pytest.mark.measure]

GIB = 1 << 30
PAGES = 4096                                # 16 MiB
SIZE = "/sys/module/devmem_add/parameters/size"


def adding(guest, image, rounds, **options):
    """Nanoseconds of its clock for 16 GiB of device memory."""
    with guest(kernel=image, files=devmem.files(image), mem="3G", append="nokaslr", **options) as g:
        g.run(f"insmod {devmem.program('devmem_add.ko')}")
        found = []
        for _ in range(rounds):
            found.append(int(g.run(f"timed {SIZE} {16 * GIB}", 300)))
            g.run(f"echo 0 > {SIZE}", 300)
        return statistics.median(found)


def test_adding_takes_no_more_instructions(guest, kernel_ours, kernel_stock):
    ours, base = (adding(guest, image, 2, smp=1, extra=costs.COUNTING) for image in (kernel_ours, kernel_stock))
    print(f"16 GiB of device memory on one CPU: {ours / base:.3f} of the base's instructions")
    assert ours <= 1.05 * base


@pytest.mark.alone
def test_two_cpus_add_in_less_time(guest, kernel_ours, kernel_stock):
    """By turns, so that what else the machine does hits both."""
    found = {kernel_ours: [], kernel_stock: []}
    for _ in range(3):
        for image, times in found.items():
            times.append(adding(guest, image, 3))
    ours, base = map(statistics.median, found.values())
    print(f"16 GiB of device memory on two CPUs: {base / ours:.2f} times as fast as the base")
    assert base >= 1.5 * ours


def test_migration_is_no_slower_than_test_hmm(guest, kernel_ours):
    image = kernel_ours
    with guest(kernel=image, files=devmem.files(image), modules=[devmem.MODULE, "test_hmm"], mem="3G", smp=1,
               append="nokaslr", extra=costs.COUNTING) as g:
        devmem.load(g)
        g.run("modprobe test_hmm && { test -e /dev/hmm_dmirror0 || mknod /dev/hmm_dmirror0 c "
              "$(awk '$2 == \"HMM_DMIRROR\" { print $1 }' /proc/devices) 0; }")
        for _ in range(2):                  # the second time all that is there to be allocated is
            ours, theirs = (list(map(int, g.run(f"{devmem.program('devmem')} {what} {PAGES}", 300).split()))
                            for what in ("bench", "dmirror"))
    for way, here, there in zip(("to the device", "back"), ours, theirs):
        print(f"{way}: {here / there:.3f} of test_hmm's instructions")
        assert 0.95 * here <= there, way

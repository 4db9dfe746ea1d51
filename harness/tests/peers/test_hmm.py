# SPDX-License-Identifier: GPL-2.0
"""The base's mm/hmm-tests with lib/test_hmm, unmodified: the same verdicts by name as on the base's kernel.

Three ways to run them, each on both kernels:

- madvise: the guest as it boots. Every test of device private memory passes; those of device coherent
  memory are skipped, since the module has none unless it is told where.
- always: transparent huge pages for everybody. exclusive, exclusive_mprotect and exclusive_cow fail, on
  the base too, and not for a reason in memory hotplug: make_device_exclusive_range() of 6.12 asks for its
  pages with FOLL_SPLIT_PMD, which splits the mapping but not the folio, and passes over every tail page. The
  tests' buffer of 4 MiB is huge pages then, the module gets fewer pages than it asked for and answers EBUSY.
- coherent: the module gets RAM that mem= kept from the kernel as its device coherent memory, which
  ZONE_DEVICE maps like memory that is plugged in. Nothing is skipped then.
"""

import pytest

from harness import initramfs, kernel as kernels
from harness.paths import BASE

SOURCE = BASE / "tools/testing/selftests/mm/hmm-tests.c"
COHERENT_RAM = 4 << 30          # where RAM is that mem= keeps from the kernel, on q35 as on virt
CHUNK = 256 << 20               # the module's DEVMEM_CHUNK_SIZE
HUGE_TAILS = {f"hmm.hmm_device_private.{name}" for name in ("exclusive", "exclusive_mprotect", "exclusive_cow")}


def is_coherent(name):
    return "_device_coherent." in name


def verdicts(guest, kernel, huge, parameters=""):
    """{test: verdict} of all of hmm-tests in a fresh guest."""
    program = initramfs.compile_static(SOURCE, kernels.arch_of(kernel).name, flags=("-w", f"-I{BASE}"))
    with guest(kernel, mem="4G", append="mem=2G", modules=["test_hmm"], files={"/bin/hmm-tests": program}) as g:
        g.run(f"echo {huge} > /sys/kernel/mm/transparent_hugepage/enabled && echo 16 > /proc/sys/vm/nr_hugepages")
        g.run(f"modprobe test_hmm {parameters}")
        # The module names the first two itself; its character devices have no class, so no more come by devtmpfs.
        g.run("major=$(awk '$2 == \"HMM_DMIRROR\" { print $1 }' /proc/devices); cd /dev; "
              "for i in 0 1 2 3; do test -e hmm_dmirror$i || mknod hmm_dmirror$i c $major $i; done")
        if not parameters:
            g.run("rm -f /dev/hmm_dmirror2 /dev/hmm_dmirror3")
        return {name: verdict for verdict, name, _ in g.ktap("cd /tmp && hmm-tests")}


def compared(ours, base):
    """KTAP results: a test of ours is ok if it did what it did on the base's kernel."""
    rows = []
    for name in sorted(ours.keys() | base.keys()):
        here, there = ours.get(name, "missing"), base.get(name, "missing")
        if here != there:
            rows.append(("fail", name, f"{here} on ours, {there} on the base"))
        else:
            rows.append(("skip" if here == "skip" else "ok", name, ""))
    return rows


def named(verdicts, wanted):
    return {name for name, verdict in verdicts.items() if verdict == wanted}


@pytest.mark.parametrize("huge", ["madvise", "always"])
def test_device_private(guest, record_ktap, kernel_ours, kernel_stock, huge):
    base = verdicts(guest, kernel_stock, huge)
    assert named(base, "fail") == (HUGE_TAILS if huge == "always" else set())
    skipped = named(base, "skip")
    assert skipped == {name for name in base if is_coherent(name)}
    record_ktap(compared(verdicts(guest, kernel_ours, huge), base), expected_skips=skipped)


def test_device_coherent(guest, record_ktap, kernel_ours, kernel_stock):
    places = f"spm_addr_dev0={COHERENT_RAM:#x} spm_addr_dev1={COHERENT_RAM + CHUNK:#x}"
    base = verdicts(guest, kernel_stock, "madvise", places)
    assert set(base.values()) == {"ok"}
    record_ktap(compared(verdicts(guest, kernel_ours, "madvise", places), base))

# SPDX-License-Identifier: GPL-2.0
"""Our KUnit suites, run by the kernel while it boots, or when a module is loaded."""

import re

from harness import assemble, base, kernel

# Device memory of a device that is made up; a part of it needs RAM that mem= keeps from the kernel
MODULE, SPARE = "hmm_devmem_device_kunit", 4 << 30


def our_suites(image):
    """The names of the suites in the sources: one that did not run would not be missed otherwise."""
    own = f"arch/{kernel.arch_of(image).kernel_name}/"
    text = "".join(path.read_text() for name, path in assemble.our_files(base.source()).items()
                   if name.endswith("_kunit.c") and (not name.startswith("arch/") or name.startswith(own)))
    return set(re.findall(r"struct kunit_suite \w+ = {\s*\.name = \"(\w+)\"", text))


def test_kunit(spare_guest, kernel_fault, record_ktap):
    with spare_guest(kernel=kernel_fault, modules=[MODULE], kunit=True, timeout=480) as g:
        g.run(f"modprobe {MODULE} coherent={SPARE:#x}", 120)
        results = g.kunit()
        g.run(f"rmmod {MODULE}")
    expected = our_suites(kernel_fault)
    assert expected
    assert expected <= {name.split(".")[0] for _, name, _ in results}
    record_ktap(results)

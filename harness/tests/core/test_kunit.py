# SPDX-License-Identifier: GPL-2.0
"""Our KUnit suites, run by the kernel while it boots."""

import re

from harness import assemble, base


def our_suites():
    """The names of the suites in the sources: one that did not run would not be missed otherwise."""
    text = "".join(path.read_text() for name, path in assemble.our_files(base.source()).items()
                   if name.endswith("_kunit.c"))
    return set(re.findall(r"struct kunit_suite \w+ = {\s*\.name = \"(\w+)\"", text))


def test_kunit(guest, kernel_fault, record_ktap):
    with guest(kernel=kernel_fault) as g:
        results = g.kunit()
    expected = our_suites()
    assert expected
    assert expected <= {name.split(".")[0] for _, name, _ in results}
    record_ktap(results)

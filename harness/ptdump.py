# SPDX-License-Identifier: GPL-2.0
"""The kernel's page tables as ptdump shows them, where arm64 has hot memory: the linear map and its struct pages."""

import re

FILE = "/sys/kernel/debug/kernel_page_tables"
LINEAR_END = "---[ Linear Mapping end ]---"
AREAS = re.compile(r"---\[ (Linear|vmemmap)")


def tables(guest):
    """Its lines about the two."""
    found, wanted = [], False
    for line in guest.run(f"cat {FILE}").splitlines():
        if line.startswith("---["):
            wanted = AREAS.match(line)
        if wanted:
            found.append(line)
    return found

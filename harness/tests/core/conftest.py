# SPDX-License-Identifier: GPL-2.0
"""Guests with memory to add."""

import pytest

from harness import selftests


@pytest.fixture
def spare_guest(guest, kernel_ours):
    """2 GiB of boot memory, and RAM from 4 GiB on that the kernel does not know of."""
    def make(kernel=kernel_ours, append="", mem="4G", **options):
        return guest(kernel=kernel, files=selftests.files(kernel), mem=mem, append=f"mem=2G {append}", **options)
    return make

# SPDX-License-Identifier: GPL-2.0
"""Marks that tests of several parts share."""

import pytest

# Many rounds of what few rounds do, too: a kernel that looks for mistakes by itself finds them in those
LONG = [pytest.mark.full, pytest.mark.own_kernel]

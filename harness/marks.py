# SPDX-License-Identifier: GPL-2.0
"""Marks that tests of several parts share."""

import pytest

# Many rounds of what few rounds do, or another way to the same code: a kernel that looks for mistakes by itself finds
# them in the few, and in the other way
MORE = [pytest.mark.full, pytest.mark.own_kernel]

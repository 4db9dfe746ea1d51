# SPDX-License-Identifier: GPL-2.0
"""Timeouts, none of which is how long something should take."""

import os


def scaled(seconds):
    """TIMEOUT_SCALE stretches every timeout, for slow or busy machines."""
    return seconds * float(os.environ.get("TIMEOUT_SCALE", "1"))

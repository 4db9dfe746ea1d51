# SPDX-License-Identifier: GPL-2.0
"""Fetch, assemble, build, boot and drive: everything between this repository and a verdict."""

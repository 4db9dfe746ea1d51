# SPDX-License-Identifier: GPL-2.0
"""What only a kernel with more options has: page_owner=on tells who has allocated a page, see test_pages.py for
without; and secret memory."""

import re

import pytest

from harness import refusals
from harness.refusals import parse
from harness.tests.refusal.conftest import Field, boot


@pytest.fixture(scope="module")
def shared_field(kernel_fault):
    with boot(kernel_fault, "page_owner=on") as guest:
        yield Field(guest)


def test_a_module(field):
    """By the functions that asked for it, the innermost first."""
    field.online(field.movable, "online_movable")
    address, _ = field.in_block("kernel", field.movable)
    field.timeout(300)
    with refusals.Watch(field.guest) as watch:
        refusal = watch.offline_refused("ETIMEDOUT", field.movable)
    assert (refusal.page, refusal.first, refusal.size) == ("unknown", address, 4096)
    assert re.fullmatch(r"hotplug/offline_timeout_ms is over; held up by: allocated by mhp \(pid \d+\), "
                        r"at .*make_kernel \[mhp_obstacle\].*", refusal.why), refusal.why
    field.drop()
    field.timeout(0)
    field.offline(field.movable)


def test_a_process(field):
    """What a process has written to a pipe, in the kernel's memory."""
    field.drain(field.base)
    field.online(field.normal, "online_kernel")
    process = field.guest.spawn("unmovable 1 8192 pipes")
    assert "holding 8192 KiB" in process.wait_output("holding"), process.output
    with refusals.Watch(field.guest) as watch:
        refusal = watch.offline_refused("EBUSY", field.normal)
    assert refusal.page == "unknown"
    assert re.fullmatch(r"allocated by unmovable \(pid \d+\), at (\w+ < )*pipe_write < .*", refusal.why), refusal.why
    field.end(process)
    field.drop()
    field.settle()
    field.offline(field.normal)


def test_secret_memory(field):
    """In use by a process, and yet it is not to be moved.

    It is taken out of the kernel's map, for which no page table shall be needed: it would lie in the block.
    """
    field.drain(field.base)
    field.online(field.normal, "online_kernel")
    field.in_block("split", field.normal)
    process = field.guest.spawn("unmovable 1 1920 secret")
    assert "holding" in process.wait_output("holding"), process.output
    field.timeout(300)
    with refusals.Watch(field.guest) as watch:
        refusal = watch.offline_refused("ETIMEDOUT", field.normal)
    assert refusal.page == "fixed" and refusal.reason == "timeout"
    assert re.fullmatch(r"hotplug/offline_timeout_ms is over; held up by: page of a file that does not let its pages "
                        r"be moved, inode \d+ of secretmem of unmovable \(pid \d+\)", refusal.why), refusal.why
    said = parse(field.check(field.normal)[0])
    assert (said.reason, said.page) == ("unmovable", "fixed")
    assert said.first // field.size == refusal.first // field.size == field.normal
    field.end(process)
    field.drop()
    field.settle()
    field.timeout(0)
    field.offline(field.normal)

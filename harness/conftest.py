# SPDX-License-Identifier: GPL-2.0
"""pytest's side of the harness: kernels on demand, and guests."""

import contextlib
import functools
import os
import sys

import pytest

from harness import kernel as kernels
from harness import selftests
from harness.commandline import size_bytes
from harness.qemu import Guest

pytest_plugins = ["harness.counting"]
# A partition has no hole below 4 GiB; and with an even number of GiB the kernel makes its blocks larger than LMBs
PPC64_MORE = 3 << 30


def pytest_configure(config):
    config.addinivalue_line("markers", "full: too slow for `make test`, runs with `make test-full`")
    config.addinivalue_line("markers", "needs_debug: runs on the debug kernel in any case (set by itself)")
    config.addinivalue_line("markers", "needs_fault: wants KUnit or fault injection (set by itself)")
    config.addinivalue_line("markers", "needs_stock: compares with the base's kernel (set by itself)")
    config.addinivalue_line("markers", "own_kernel: names its kernel itself, or cannot do with others, and runs once")
    config.addinivalue_line("markers", "not_on(arch): about what this architecture has not")
    config.addinivalue_line("markers", "measure: says something of the kernel without debugging only")
    config.addinivalue_line("markers", "alone: compares times, so no other test may run beside it")
    config.addinivalue_line("markers", "slow_on_debug: runs on the debug kernel with `make test-full` only")
    config.addinivalue_line("markers", "expected_skip(reason): a skip of this test is not a failure")
    CAPTURE.append(config.pluginmanager.getplugin("capturemanager"))


CAPTURE = []


@functools.lru_cache(maxsize=None)
def exact_image(variant, arch=None):
    """A kernel's image; a build takes minutes, so its progress is shown past pytest's capture."""
    # Of a process among several only stderr is seen
    with CAPTURE[0].global_and_fixture_disabled(), contextlib.redirect_stdout(sys.stderr):
        return kernels.image_of(arch or os.environ.get("TEST_ARCH", "x86_64"), variant)


def image(variant):
    """The same, but `make test T=debug` runs the tests with TEST_KERNEL=debug in place of our other kernels."""
    return exact_image(variant if variant.startswith("stock") else os.environ.get("TEST_KERNEL", variant))


@pytest.fixture(scope="session")
def kernel_ours():
    return image("ours")


@pytest.fixture(scope="session")
def kernel_stock():
    return image("stock")


@pytest.fixture(scope="session")
def kernel_fault():
    """With KUnit and fault injection, which `ours` does without, to cost what it costs."""
    return image("fault")


@pytest.fixture(scope="session")
def kernel_page_blocks():
    """Whose page blocks are larger than the subsections that device memory comes in."""
    return image("page-blocks")


@pytest.fixture(scope="session")
def kernel_named():
    """Any kernel, by its variant and architecture; for tests marked own_kernel."""
    return exact_image


@pytest.fixture(scope="session")
def kernel_debug():
    return image("debug")


def has_place(item):
    arch = os.environ.get("TEST_ARCH")
    return not any(arch in mark.args for mark in item.iter_markers("not_on"))


def pytest_collection_modifyitems(config, items):
    config.hook.pytest_deselected(items=[item for item in items if not has_place(item)])
    items[:] = filter(has_place, items)
    for item in items:
        for variant in ("debug", "fault", "stock"):
            if f"kernel_{variant}" in getattr(item, "fixturenames", ()):
                item.add_marker(f"needs_{variant}")


@pytest.fixture
def guest():
    """Guest, with our kernel unless another is named: `with guest(mem="4G") as g`."""
    def make(kernel=None, **options):
        return Guest(kernel or image("ours"), **options)
    return make


@pytest.fixture
def spare_guest(guest, kernel_ours):
    """2 GiB of boot memory, and RAM from 4 GiB on that the kernel does not know of."""
    def make(kernel=kernel_ours, append="", mem="4G", **options):
        if kernels.arch_of(kernel).kernel_name == "powerpc":
            mem = size_bytes(mem) + PPC64_MORE
        return guest(kernel=kernel, files=selftests.files(kernel), mem=mem, append=f"mem=2G {append}", **options)
    return make

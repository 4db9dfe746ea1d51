# SPDX-License-Identifier: GPL-2.0
"""`make test`: pytest over the parts, and the counts of harness/counting.py as the last line."""

import json
import os
import pathlib
import re
import subprocess
import sys
import time

from . import assemble, base, kernel
from .paths import LOGS, REPO, HarnessError

TESTS = REPO / "harness" / "tests"
NO_TESTS = 5                    # pytest's exit status
GUEST_GIB = 4                   # of memory that a test's guests may touch
# Parts that run others once more: on a kernel that finds mistakes by itself; and on another architecture, on one
# kernel that has KUnit and fault injection as well.
DEBUG, ARM64, PPC64 = "debug", "arm64", "ppc64"
ON_DEBUG = ("core", "devmem")
DEVMEM, DEVMEM_RANGES = "devmem/test_device.py", "devmem/test_range.py"
ON_ARM64 = (ARM64, *(f"core/test_{name}.py" for name in (
    "boot", "kunit", "selftests", "faults", "dimms", "nodes", "ranges")))
# Left out when all parts run, for time
MORE_ON_DEBUG = ("refusal",)
MORE_ON_ARM64 = (DEVMEM, "core/test_policies.py", "core/test_load.py", "core/test_pages.py")
MORE_ON_PPC64 = (DEVMEM, DEVMEM_RANGES)
ON_PPC64 = (PPC64, *(f"core/test_{name}.py" for name in ("boot", "kunit", "selftests", "ranges")))
DEBUG_ON_ARM64 = (ARM64, DEVMEM, *(f"core/test_{name}.py" for name in ("boot", "kunit", "selftests", "dimms", "nodes")))
ADAPTERS = ("test_ehea", "test_ehca")
SECTION_OPS = "core/test_section_ops.py"
# The base's own tests, whose kernels are two more to build
PEERS_ON_ARM64 = ("peers/test_hmm.py", "peers/test_kselftest.py")


def folders():
    """The parts that run once, on our kernels for this architecture."""
    return sorted({path.parent.name for path in TESTS.glob("*/test_*.py")} - {ARM64, PPC64})


def parts():
    return sorted([*folders(), DEBUG, ARM64, PPC64])


def at_once():
    """How many tests run at the same time: one for each CPU, as a guest is busy on one most of the time."""
    available = int(re.search(r"MemAvailable: *(\d+)", pathlib.Path("/proc/meminfo").read_text())[1]) >> 20
    return max(1, min(int(kernel.jobs()), available // GUEST_GIB))


def run_tests(names, select, marks, **settings):
    """{verdict: number} of those tests, the ones that want the machine for themselves after the others"""
    shared = run_pytest(names, select, [*marks, "not alone"], at_once(), **settings)
    alone = run_pytest(names, select, [*marks, "alone"], 1, **settings)
    if not select and not any(shared.values()):
        shared["failed"] = 1                # nothing ran
    return {key: number + alone[key] for key, number in shared.items()}


def run_pytest(names, select, marks, workers, **settings):
    """{verdict: number} of one run of pytest"""
    command = [sys.executable, "-B", "-m", "pytest", "-p", "no:cacheprovider", "--tb=short", "-v", "--no-header",
               "--durations=5", "--import-mode=importlib", "--rootdir", str(REPO),
               "--confcutdir", str(REPO / "harness")]
    command += ["-m", " and ".join(marks)]
    if workers > 1:
        command += ["-n", str(workers)]
        # Guests take turns on the CPUs when more than one of theirs is busy in each
        settings["TIMEOUT_SCALE"] = os.environ.get("TIMEOUT_SCALE", "4")
    if select:
        command += ["-k", select]
    LOGS.mkdir(parents=True, exist_ok=True)
    counts_file = LOGS / "counts.json"
    counts_file.unlink(missing_ok=True)
    environment = {**os.environ, "PYTHONPATH": str(REPO), "PYTHONDONTWRITEBYTECODE": "1",
                   "COUNTS_FILE": str(counts_file), **settings}
    command += [str(TESTS / name) for name in names]
    status = subprocess.run(command, cwd=REPO, env=environment, check=False).returncode
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    if counts_file.exists():
        counts.update(json.loads(counts_file.read_text()))
    if status not in (0, NO_TESTS) and not counts["failed"]:
        counts["failed"] = 1                # pytest itself failed
    return counts


def main(part="", full=False, select=""):
    """Exit status 0 only if something ran and nothing failed."""
    if part and part not in parts():
        raise HarnessError(f"no tests T={part}; there are {' '.join(parts())}")
    assemble.assemble(base.source())        # what it says is seen here
    os.environ["TEST_RUN"] = f"{os.getpid()} {time.time()}"
    marks = [] if full else ["not full"]
    runs = []
    if part not in (DEBUG, ARM64, PPC64):
        # Without a part the runs that follow have those that need the debug kernel, or one that injects faults.
        first = marks if part else [*marks, "not needs_debug"]
        if not part and not full:
            first += ["not needs_fault", "not needs_stock"]     # two kernels less to build
        runs.append(run_tests([part] if part else folders(), select, first))
    if part == DEBUG or not part:
        again = [*marks, "not measure"] if full else [*marks, "not measure", "not slow_on_debug"]
        names = (*ON_DEBUG, *MORE_ON_DEBUG) if full or part else ON_DEBUG
        runs.append(run_tests(names, select, again, TEST_KERNEL=DEBUG))
    if part == ARM64 or not part:
        names = (*ON_ARM64, *MORE_ON_ARM64) if full or part else ON_ARM64
        if full:
            names += (SECTION_OPS, DEVMEM_RANGES, *PEERS_ON_ARM64)
        runs.append(run_tests(names, select, [*marks, "not measure"], TEST_KERNEL="fault", TEST_ARCH=ARM64))
        if full:
            runs.append(run_tests(DEBUG_ON_ARM64, select, ["not measure", "not own_kernel"], TEST_KERNEL=DEBUG,
                                   TEST_ARCH=ARM64))
    if part == PPC64 or not part:
        settings = {"TEST_KERNEL": "fault", "TEST_ARCH": PPC64}
        names = (*ON_PPC64, *MORE_ON_PPC64) if full or part else ON_PPC64
        if full:
            names += (SECTION_OPS,)
        runs.append(run_tests(names, select, [*marks, "not measure"], **settings))
        if full:
            again = ["not measure", "not own_kernel"]
            # To the adapters hash tables and radix trees are alike: they meet one with each kernel
            memory = tuple(f"{PPC64}/{path.name}" for path in sorted((TESTS / PPC64).glob("test_*.py"))
                           if not path.name.startswith(ADAPTERS))
            memory += tuple(name for name in names if name != PPC64)
            runs.append(run_tests(memory, select, again, **settings, TEST_MACHINE="power9"))
            settings["TEST_KERNEL"] = DEBUG
            runs.append(run_tests(memory, select, again, **settings))
            # KASAN works here only
            runs.append(run_tests(names, select, again, **settings, TEST_MACHINE="power9"))
    counts = {key: sum(run[key] for run in runs) for key in runs[0]}
    if not counts["passed"] and not counts["failed"]:
        counts["failed"] = 1                # K= selects nothing
    if counts["skipped"]:
        print(f"{counts['skipped']} skipped as expected")
    conclude(counts["passed"], counts["failed"])
    return 1 if counts["failed"] else 0


def conclude(passed, failed):
    """The last line of a test run; .ci/run repeats it from the file, after what make has to say."""
    line = f"{passed} passed, {failed} failed"
    LOGS.mkdir(parents=True, exist_ok=True)
    (LOGS / "verdict").write_text(line + "\n", encoding="ascii")
    print(line, flush=True)

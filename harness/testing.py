# SPDX-License-Identifier: GPL-2.0
"""`make test`: pytest over the parts, and the counts of harness/conftest.py as the last line."""

import json
import os
import subprocess
import sys

from .paths import LOGS, REPO, HarnessError

TESTS = REPO / "harness" / "tests"
# The part that has no folder: these once more, on a kernel that finds mistakes by itself.
DEBUG = "debug"
AGAIN_ON_DEBUG = ("core", "refusal")


def parts():
    folders = [path.name for path in TESTS.iterdir() if path.is_dir() and list(path.glob("test_*.py"))]
    return sorted([*folders, DEBUG])


def run_pytest(folders, select, marks, **settings):
    """{verdict: number} of one run of pytest"""
    command = [sys.executable, "-B", "-m", "pytest", "-p", "no:cacheprovider", "--tb=short", "-v", "--no-header",
               "--durations=5", "--import-mode=importlib", "--rootdir", str(REPO),
               "--confcutdir", str(REPO / "harness")]
    if marks:
        command += ["-m", " and ".join(marks)]
    if select:
        command += ["-k", select]
    LOGS.mkdir(parents=True, exist_ok=True)
    counts_file = LOGS / "counts.json"
    counts_file.unlink(missing_ok=True)
    environment = {**os.environ, "PYTHONPATH": str(REPO), "PYTHONDONTWRITEBYTECODE": "1",
                   "COUNTS_FILE": str(counts_file), **settings}
    status = subprocess.run([*command, *map(str, folders)], cwd=REPO, env=environment, check=False).returncode
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    if counts_file.exists():
        counts.update(json.loads(counts_file.read_text()))
    if status and not counts["failed"]:
        counts["failed"] = 1                # pytest itself failed
    return counts


def main(part="", full=False, select=""):
    """Exit status 0 only if something ran and nothing failed."""
    if part and part not in parts():
        raise HarnessError(f"no tests T={part}; there are {' '.join(parts())}")
    marks = [] if full else ["not full"]
    runs = []
    if part != DEBUG:
        # Without a part the second run has those that need the debug kernel.
        first = marks if part else [*marks, "not needs_debug"]
        runs.append(run_pytest([TESTS / part], select, first))
    if part == DEBUG or not part:
        again = [*marks, "not measure"] if full else [*marks, "not measure", "not slow_on_debug"]
        runs.append(run_pytest([TESTS / name for name in AGAIN_ON_DEBUG], select, again, TEST_KERNEL=DEBUG))
    counts = {key: sum(run[key] for run in runs) for key in runs[0]}
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

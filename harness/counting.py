# SPDX-License-Identifier: GPL-2.0
"""A plugin of pytest's: how results are counted, also where several processes run the tests.

A skip counts as a failure unless its test is marked expected_skip("why"): a test that could not run has proved
nothing. A program in the guest that reports in KTAP counts with each of its results. Each report carries what it
counts for, so that the process that collects the reports has the sums.
"""

import json
import os
import pathlib
import sys

import pytest

NOTHING = {"passed": 0, "failed": 0, "skipped": 0}
KTAP = pytest.StashKey()                    # what a test's KTAP programs count for
SUMS = dict(NOTHING)
DEAD = set()                                # processes


@pytest.fixture
def record_ktap(request, capsys):
    """record_ktap(results, expected_skips=()) counts each result of a KTAP program and fails for the failed.

    A skip fails too, unless its name is among expected_skips.
    """
    def record(results, expected_skips=()):
        counts = request.node.stash.setdefault(KTAP, dict(NOTHING))
        bad = []
        for verdict, name, detail in results:
            if verdict == "skip" and name in expected_skips:
                counts["skipped"] += 1
            elif verdict == "ok":
                counts["passed"] += 1
            else:
                bad.append(f"{verdict}: {name} {detail}".rstrip())
                counts["failed"] += 1
        with capsys.disabled():
            for line in bad:
                print(f"\n    {line}", end="", file=sys.stderr)
        if not results:
            pytest.fail("no results")
        if bad:
            pytest.fail("\n".join(bad), pytrace=False)
    return record


def counts_of(item, call, report):
    """What one report of a test's setup, call or teardown counts for; a skip nobody expected becomes a failure."""
    counts = dict(NOTHING)
    ktap = item.stash.get(KTAP, None) if call.when == "call" else None
    if report.skipped and not hasattr(report, "wasxfail"):
        if item.get_closest_marker("expected_skip"):
            counts["skipped"] = 1
        else:
            counts["failed"] = 1
            report.outcome = "failed"
            report.longrepr = f"skipped without being expected to: {report.longrepr[-1]}"
    elif ktap:
        counts = dict(ktap)
        # Its failures are counted one by one already
        counts["failed"] += report.failed and not ktap["failed"]
    elif report.failed:
        counts["failed"] = 1
    elif call.when == "call":
        counts["passed"] = 1
    return counts


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    report.counts = counts_of(item, call, report)


def pytest_runtest_logreport(report):
    # A process that runs tests and dies is reported without
    for key, number in getattr(report, "counts", {**NOTHING, "failed": int(report.failed)}).items():
        SUMS[key] += number


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error):
    """A process that dies in a test is a failure of that; another is reported nowhere else."""
    if error:
        DEAD.add(node.gateway.id)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    ended = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
    if (DEAD or not ended) and not SUMS["failed"]:
        SUMS["failed"] = 1                  # interrupted, not collected, or pytest itself failed
    if exitstatus == pytest.ExitCode.OK and SUMS["failed"]:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    """harness/testing.py prints the counts, as its last line."""
    if os.environ.get("COUNTS_FILE") and not hasattr(config, "workerinput"):
        pathlib.Path(os.environ["COUNTS_FILE"]).write_text(json.dumps(SUMS), encoding="ascii")

# SPDX-License-Identifier: GPL-2.0
"""What tests count for, in one process and in several."""

import json
import os
import subprocess
import sys

import pytest

from harness.paths import REPO

OUTCOMES = '''
import os
import pytest

def test_good():
    pass

def test_bad():
    assert False

def test_skipped():
    pytest.skip("no place")

@pytest.mark.expected_skip("has no place here")
def test_skipped_as_expected():
    pytest.skip("no place")

@pytest.fixture
def broken():
    raise OSError

def test_setup(broken):
    pass

@pytest.fixture
def not_left_tidy():
    yield
    raise OSError

def test_teardown(not_left_tidy):
    pass

def test_ktap(record_ktap):
    record_ktap([("ok", "one", ""), ("ok", "two", ""), ("skip", "three", "")], expected_skips=("three",))

def test_ktap_bad(record_ktap):
    record_ktap([("ok", "one", ""), ("fail", "two", ""), ("skip", "three", "")])

def test_ktap_empty(record_ktap):
    record_ktap([])

def test_ktap_good_and_then_bad(record_ktap):
    record_ktap([("ok", "one", "")])
    assert False
'''
COUNTED = {"passed": 6, "failed": 8, "skipped": 2}
ONE_PROCESS, TWO_PROCESSES = [], ["-n", "2"]


def counted(folder, text, words):
    """The counts and the exit status of a pytest that runs this file."""
    (folder / "conftest.py").write_text('pytest_plugins = ["harness.counting"]\n'
                                        'def pytest_configure(config):\n'
                                        '    config.addinivalue_line("markers", "expected_skip(reason): ...")\n')
    (folder / "test_it.py").write_text(text)
    counts = folder / "counts.json"
    done = subprocess.run(
        [sys.executable, "-B", "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", folder, *words, folder],
        env={**os.environ, "PYTHONPATH": str(REPO), "COUNTS_FILE": str(counts)}, cwd=folder, capture_output=True,
        text=True, check=False)
    assert counts.exists(), done.stdout + done.stderr
    return json.loads(counts.read_text()), done.returncode


@pytest.mark.parametrize("words", [ONE_PROCESS, TWO_PROCESSES], ids=["one", "two"])
def test_outcomes(tmp_path, words):
    assert counted(tmp_path, OUTCOMES, words) == (COUNTED, pytest.ExitCode.TESTS_FAILED)


@pytest.mark.parametrize("words", [ONE_PROCESS, TWO_PROCESSES], ids=["one", "two"])
@pytest.mark.parametrize("text", [
    "import nowhere_to_be_found\n",
    "import pytest\ndef test_stops():\n    pytest.exit('enough')\n",
    "import pytest\ndef test_skipped():\n    pytest.skip('no place')\n",
], ids=["import", "exit", "skip"])
def test_nothing_is_taken_for_good(tmp_path, words, text):
    counts, ended = counted(tmp_path, text, words)
    assert counts["failed"] and not counts["passed"] and ended


@pytest.mark.parametrize("text", [
    "import os\ndef test_good():\n    pass\ndef test_dies():\n    os._exit(3)\n",
    # Only of the second that starts
    "import os\nimport pathlib\nif os.environ['PYTEST_XDIST_WORKER'] != 'gw0':\n    os._exit(3)\n"
    "def test_good():\n    pass\n",
], ids=["test", "collection"])
def test_process_that_dies(tmp_path, text):
    counts, ended = counted(tmp_path, text, TWO_PROCESSES)
    assert counts["failed"] == 1 and ended

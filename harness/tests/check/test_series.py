# SPDX-License-Identifier: GPL-2.0
"""The check of series/series finds what it is there to find."""

import pytest

from harness import series

GOOD = """
# a comment
Subject: mm: make it better

What was wrong, and how it is right now.

+ mm/a.c
+ mm/b/

Subject: mm/b: make that better too

What was wrong there, and how it is right now.

+ mm/b/special.c
"""
FILES = ["mm/a.c", "mm/b/plain.c", "mm/b/special.c"]


def findings(text, files=FILES):
    return series.judge(series.parse(text), files)


def test_good():
    assert findings(GOOD) == []
    assert [patch.subject for patch in series.parse(GOOD)] == ["mm: make it better", "mm/b: make that better too"]


@pytest.mark.parametrize("text, expected", [
    (GOOD.replace("+ mm/a.c\n", ""), "mm/a.c is in no patch"),
    (GOOD + "+ mm/a.c\n", "mm/a.c is in two patches"),
    (GOOD + "+ mm/c.c\n", "names mm/c.c, which does not exist"),
    (GOOD.replace("mm: make it better", "Make it better"), "is not a subject"),
    (GOOD.replace("mm: make it better", "mm: make it better."), "is not a subject"),
    (GOOD.replace("better\n", "better" + " and better" * 10 + "\n", 1), "is not a subject"),
    (GOOD.replace("What was wrong there, and how it is right now.", ""), "has no description"),
    (GOOD.replace("+ mm/b/special.c\n", ""), "consists of nothing"),
])
def test_bad(text, expected):
    assert len(findings(text)) == 1 and expected in findings(text)[0]

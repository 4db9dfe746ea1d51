# SPDX-License-Identifier: GPL-2.0
"""Every check of `make check` is a test; and the checks that judge others are judged themselves."""

import re

import pytest

from harness import check, originality

BASE = """
int first(int a)
{
	int b = a + 1;
	int c = b * 2;

	if (c > 7)
		return -EINVAL;
	use(b);
	use(c);
	done(a, b, c);
	more(a);
	more(b);
	return 0;
}
"""


@pytest.mark.parametrize("name", check.CHECKS)
def test_check(name):
    findings = check.CHECKS[name](check.subject())
    if findings:
        pytest.fail("\n".join(findings), pytrace=False)


def test_originality_sees_a_copy():
    exact, shaped = originality.compare("a.c", BASE, "b.c", BASE)
    assert len(exact) == 1 and len(exact[0].lines) == 11
    assert len(shaped) == 1


def test_originality_sees_through_comments_and_names():
    renamed = re.sub(r"\bb\b", "bee", BASE).replace("int bee", "int /* a name */ bee")
    exact, shaped = originality.compare("a.c", renamed, "b.c", BASE)
    assert not [run for run in exact if len(run.lines) == 11]
    assert len(shaped) == 1 and len(shaped[0].lines) == 11


def test_originality_lets_different_code_be():
    other = "int second(void)\n{\n" + "".join(f"\tstep_{i}();\n" for i in range(20)) + "}\n"
    assert originality.compare("a.c", other, "b.c", BASE) == [[], []]

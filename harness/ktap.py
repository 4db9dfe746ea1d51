# SPDX-License-Identifier: GPL-2.0
"""Reading KTAP, the text in which kselftest and KUnit report: nested plans, results, directives."""

import re

PLAN = re.compile(r"^1\.\.(\d+)(\s+# SKIP\s*(.*))?$", re.I)
DIRECTIVE = r"(?:#\s*(SKIP|XFAIL|TODO|TIMEOUT|XPASS|ERROR)\b\s*(.*))?"
RESULT = re.compile(rf"^(ok|not ok)\s+(\d+)\s*-?\s*(.*?)\s*{DIRECTIVE}$", re.I)
VERSION = re.compile(r"^K?TAP version \d+$", re.I)
SUBTEST = re.compile(r"^# Subtest: (.*)$")


class KtapError(Exception):
    """The text is not a complete report."""


class _Level:
    def __init__(self):
        self.plan = None
        self.results = []       # (verdict, name, detail)
        self.notes = []


def _close(level, where):
    if level.plan is not None and level.plan != len(level.results):
        raise KtapError(f"{where}: {level.plan} results announced, {len(level.results)} seen")


def parse(text, log_prefix=False):
    """[(ok|fail|skip, name, detail)], one for each innermost result; subtests as suite.case.

    log_prefix: the lines come from a kernel log and may start with a time stamp.
    """
    levels = {0: _Level()}
    seen_version = False
    for raw in text.splitlines():
        line = re.sub(r"^(<\d+>)?\[\s*\d+\.\d+\]\s?", "", raw) if log_prefix else raw
        body = line.lstrip(" ")
        depth = (len(line) - len(body)) // 4
        if VERSION.match(body):
            seen_version = True
        elif match := PLAN.match(body):
            level = levels.setdefault(depth, _Level())
            level.plan = int(match[1])
            if match[2] and level.plan == 0:
                level.results.append(("skip", "(all)", match[3] or ""))
                level.plan = 1
        elif match := RESULT.match(body):
            level = levels.setdefault(depth, _Level())
            _result(levels, depth, level, match)
        elif body.startswith("#") and not SUBTEST.match(body):
            levels.setdefault(depth, _Level()).notes.append(body.lstrip("# "))
    if set(levels) != {0}:
        raise KtapError("the report ends inside a subtest")
    top = levels[0]
    if top.plan is None:
        raise KtapError("no plan" + ("" if seen_version else " and no KTAP header") + " in the output")
    return _flat(top)


def _result(levels, depth, level, match):
    ok, name, directive, why = match[1].lower() == "ok", match[3] or match[2], (match[4] or "").upper(), match[5] or ""
    verdict = "skip" if directive == "SKIP" and ok else "ok" if ok else "fail"
    if directive in ("TIMEOUT", "ERROR", "XPASS"):
        verdict = "fail"
    elif directive in ("XFAIL", "TODO"):
        verdict = "ok"
    inner = levels.pop(depth + 1, None)
    children = []
    if inner and (inner.plan is not None or inner.results):
        _close(inner, name)
        children = inner.results
        why = why or " | ".join(inner.notes[-3:])
    if int(match[2]) != len(level.results) + 1:
        raise KtapError(f"{name}: result number {match[2]} where {len(level.results) + 1} was due")
    detail = why or (" | ".join(level.notes[-5:]) if verdict == "fail" else "")
    level.notes = []
    level.results.append((verdict, name, detail, children))


def _flat(level, prefix=""):
    _close(level, prefix or "report")
    flat = []
    for verdict, name, detail, *rest in level.results:
        children = rest[0] if rest else []
        path = f"{prefix}{name}"
        below = _Level()
        below.results = children
        cases = _flat(below, path + ".") if children else []
        flat += cases
        if not cases or (verdict == "fail" and all(case[0] != "fail" for case in cases)):
            flat.append((verdict, path, detail))
    return flat

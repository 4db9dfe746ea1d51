# SPDX-License-Identifier: GPL-2.0
"""series/series: how our files and hook patches group into the patches that we would mail."""

import dataclasses
import re

from . import assemble
from .paths import REPO

SERIES = REPO / "series" / "series"
SUBJECT = re.compile(r"[\w./-]+( ?[:,/] ?[\w./-]+)*: \S.*[^.]")
LONGEST_SUBJECT = 75


@dataclasses.dataclass(frozen=True)
class Patch:
    subject: str
    description: str
    parts: tuple            # paths in the repository; a directory ends in "/"


def parse(text):
    text = "".join(line for line in text.splitlines(True) if not line.startswith("#"))
    patches = []
    for block in re.split(r"^Subject: ", text, flags=re.M)[1:]:
        subject, _, rest = block.partition("\n")
        lines = rest.splitlines()
        patches.append(Patch(subject.strip(),
                             "\n".join(line for line in lines if not line.startswith("+ ")).strip(),
                             tuple(line[2:].strip() for line in lines if line.startswith("+ "))))
    return patches


def named_by(path, patches):
    """The subjects of the patches that name a path, by the longest name that fits."""
    fits = [(part, patch.subject) for patch in patches for part in patch.parts
            if part == path or part.endswith("/") and path.startswith(part)]
    longest = max((len(part) for part, _ in fits), default=0)
    return [subject for part, subject in fits if len(part) == longest]


def paths(source):
    """Everything that a series has to carry, by its path in the repository."""
    hooks = [str(patch.relative_to(REPO)) for patch in assemble.our_patches().values()]
    return sorted([*assemble.our_files(source), *hooks, "MAINTAINERS"])


def judge(patches, wanted):
    """Lines to fix: patches that could not be mailed, and what is in none of them or in two."""
    lines = []
    for patch in patches:
        if not SUBJECT.fullmatch(patch.subject) or len(patch.subject) > LONGEST_SUBJECT:
            lines.append(f"'{patch.subject}' is not a subject: area: what it does, in {LONGEST_SUBJECT} characters")
        if len(patch.description.split()) < 5:
            lines.append(f"'{patch.subject}' has no description")
        if not patch.parts:
            lines.append(f"'{patch.subject}' consists of nothing")
        lines += [f"'{patch.subject}' names {part}, which does not exist" for part in patch.parts
                  if not any(path == part or part.endswith("/") and path.startswith(part) for path in wanted)]
    for path in wanted:
        names = named_by(path, patches)
        if len(names) != 1:
            lines.append(f"{path} is in {'two patches: ' + ', '.join(names) if names else 'no patch'}")
    return lines


def problems(source):
    return judge(parse(SERIES.read_text()), paths(source))

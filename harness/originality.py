# SPDX-License-Identifier: GPL-2.0
"""Whether our code is our own: no long run of its lines may stand in the base file it replaces.

Two measures. Exact: six lines in a row that both files have, once comments, blank lines, includes, lone
braces and attribute tables are gone and white space is normalised. Shaped: ten lines in a row that are
the same once local identifiers are placeholders; such a run is rewritten, or justified by a line in
harness/originality.allow:

    <key> <file> <why it may stay>
"""

import dataclasses
import hashlib
import re

from .paths import REPO

EXACT, SHAPED = 6, 10
ALLOW = REPO / "harness" / "originality.allow"

CORE = ("mm/memory_hotplug.c", "drivers/base/memory.c")
SELFTEST = ("tools/testing/selftests/memory-hotplug/mem-on-off-test.sh",)
# (our files, the base's files they replace or descend from)
EHEA = tuple(f"drivers/net/ethernet/ibm/ehea/ehea{name}" for name in (
    ".h", "_ethtool.c", "_hw.h", "_main.c", "_phyp.c", "_phyp.h", "_qmr.c", "_qmr.h"))
BALLOON = ("drivers/xen/balloon.c",)
PAIRS = (
    (("mm/memory_hotplug.c", "mm/memory_hotplug/**/*.[ch]", "drivers/base/memory*.[ch]"), CORE),
    (("tools/testing/selftests/memory-hotplug/**/*",), SELFTEST),
    (("drivers/net/ehea/*.[ch]", "drivers/ibmebus/**/*.[ch]", "drivers/infiniband/hw/ehca/**/*.[ch]"), EHEA),
    (("drivers/xen/balloon*.[ch]",), BALLOON),
)

COMMENT = re.compile(r'/\*.*?\*/|//[^\n]*|("(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\')', re.S)
LONE = re.compile(r"[{}()\[\];,\s]*")
ATTRIBUTES = re.compile(
    r"static (const )?(struct )?(DEVICE_ATTR|BIN_ATTR|CLASS_ATTR|ATTRIBUTE_GROUPS|__ATTR|BUS_ATTR|KOBJ_ATTR)\w*\(.*"
    r"|(DEVICE_ATTR|ATTRIBUTE_GROUPS|__ATTR)\w*\(.*"
    r"|static (const )?struct (bin_)?(attribute|attribute_group) \*?.*= \{"
    r"|&\w*attr\w*(\.attr)?,|\.attrs = .*|NULL,?")

TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|(?:->|\.)\s*[A-Za-z_]\w*|[A-Za-z_]\w*\s*\(?|\S')
KEYWORDS = set("""auto break case char const continue default do double else enum extern float for goto if
inline int long register return short signed sizeof static struct switch typedef union unsigned void volatile
while bool true false NULL u8 u16 u32 u64 s8 s16 s32 s64 typeof __init __meminit __ref current""".split())


@dataclasses.dataclass(frozen=True)
class Run:
    ours: str           # path
    line: int           # where it starts in our file
    base: str
    base_line: int
    lines: tuple        # as compared

    @property
    def key(self):
        return hashlib.sha256("\n".join(self.lines).encode()).hexdigest()[:10]

    def __str__(self):
        return f"{self.ours}:{self.line}: {len(self.lines)} lines as in {self.base}:{self.base_line}"


def blank_comments(text):
    """The text without comments, every line still where it was."""
    return COMMENT.sub(lambda match: match[1] if match[1] else re.sub(r"[^\n]+", " ", match[0]), text)


def code_lines(text, path):
    """[(line number, normalised line)] of what counts."""
    if path.endswith(".sh"):
        text = re.sub(r"^\s*#.*$", "", text, flags=re.M)
    elif path.endswith((".c", ".h")):
        text = blank_comments(text)
    counted = []
    for number, line in enumerate(text.splitlines(), 1):
        line = " ".join(line.split())
        if LONE.fullmatch(line) or line.startswith(("#include", "# include")) or ATTRIBUTES.fullmatch(line):
            continue
        counted.append((number, line))
    return counted


def shape(line):
    """The line with every local identifier replaced: what is no keyword, call, member, type or constant."""
    words, after_tag = [], False
    for token in TOKEN.findall(line):
        bare = token.strip()
        name = re.fullmatch(r"[A-Za-z_]\w*", bare)
        local = name and not after_tag and bare not in KEYWORDS and not bare.isupper() and not bare.endswith("_t")
        after_tag = bare in ("struct", "union", "enum", "goto")
        words.append("@" if local else bare)
    return " ".join(words)


def runs(ours, base, length):
    """Maximal common runs of at least `length`: [(index in ours, index in base, how many)]."""
    a, b = [line for _, line in ours], [line for _, line in base]
    starts = {}
    for j in range(len(b) - length + 1):
        starts.setdefault(tuple(b[j:j + length]), []).append(j)
    found, covered = [], 0
    for i in range(len(a) - length + 1):
        if i < covered:
            continue
        best = (0, 0)
        for j in starts.get(tuple(a[i:i + length]), ()):
            n = length
            while i + n < len(a) and j + n < len(b) and a[i + n] == b[j + n]:
                n += 1
            best = max(best, (n, j))
        if best[0]:
            found.append((i, best[1], best[0]))
            covered = i + best[0] - length + 1
    return found


def compare(path, text, base_path, base_text):
    """(exact runs, shaped runs) of one pair of files."""
    ours, base = code_lines(text, path), code_lines(base_text, base_path)
    results = []
    for length, transform in ((EXACT, lambda line: line), (SHAPED, shape)):
        a = [(number, transform(line)) for number, line in ours]
        b = [(number, transform(line)) for number, line in base]
        results.append([Run(path, a[i][0], base_path, b[j][0], tuple(line for _, line in a[i:i + n]))
                        for i, j, n in runs(a, b, length)])
    return results


def justified():
    """{key: reason} from the allow file; a line without a reason justifies nothing."""
    rows = (line.split(None, 2) for line in ALLOW.read_text().splitlines() if not line.startswith("#"))
    return {row[0]: row[2] for row in rows if len(row) == 3}


def problems(source):
    """Lines to fix, empty if all is well. source: the base."""
    allowed, used, lines = justified(), set(), []
    for patterns, bases in PAIRS:
        files = sorted({file for pattern in patterns for file in REPO.glob(pattern) if file.is_file()})
        for file in files:
            path = str(file.relative_to(REPO))
            for base_path in bases:
                exact, shaped = compare(path, file.read_text(), base_path, (source / base_path).read_text())
                lines += [f"{run} (exact)" for run in exact]
                used |= {run.key for run in shaped}
                lines += [f"{run} (shape; key {run.key})" for run in shaped if run.key not in allowed]
    lines += [f"harness/originality.allow: {key} matches nothing any more" for key in allowed if key not in used]
    return lines

# SPDX-License-Identifier: GPL-2.0
"""`make check`: everything about our files that can be said without booting them.

A check is a function of a Subject that returns lines to fix. CHECKS is the list; each is one line of
`make check`, and one test of `make test T=check`.
"""

import ast
import concurrent.futures
import dataclasses
import functools
import os
import pathlib
import re
import subprocess

from . import assemble, base, kernel, maintainers, originality, series
from .config import build_environment, configure
from .paths import BUILD, LOGS, REPO, HarnessError, shown

LONGEST_DELETION = 12
# checkpatch complains of the kernel's own page flag macros, and looks for a documented boot parameter
# by another spelling than that of the document.
NOT_OUR_FAULT = ("CAMELCASE", "UNDOCUMENTED_SETUP")
# Macros and habits of the kernel that programs of user space have not.
USER_SPACE = ("PREFER_DEFINED_ATTRIBUTE_MACRO", "BIT_MACRO", "USE_NEGATIVE_ERRNO")
# It takes the definition of a function of that name for a loop.
FUNCTION_LIKE_LOOP = re.compile(r"int for_each_\w+\(")
TRACE_EVENT_LAYOUT = ("OPEN_ENDED_LINE", "PARENTHESIS_ALIGNMENT")
AT_A_TIME = 16
WITHOUT_SPDX = (".patch", "COPYING", ".gitkeep")


@dataclasses.dataclass(frozen=True)
class Subject:
    source: pathlib.Path        # the base
    tree: pathlib.Path          # assembled

    def ours(self, *suffixes):
        """Our files that go into the tree, as paths in it."""
        return [path for path in assemble.our_files(self.source) if path.endswith(suffixes or ("",))]


@functools.lru_cache(maxsize=1)
def subject():
    source = base.source()
    return Subject(source, assemble.assemble(source)[0])


def repository_files():
    skipped = {".git", "build", "__pycache__", ".pytest_cache"}
    for directory, names, files in os.walk(REPO):
        names[:] = sorted(set(names) - skipped)
        for name in sorted(files):
            yield pathlib.Path(directory) / name


def each(items, examine):
    """examine(item) -> lines, for all items on all CPUs."""
    with concurrent.futures.ThreadPoolExecutor(int(kernel.jobs())) as pool:
        return [line for lines in pool.map(examine, items) for line in lines]


def output(command, cwd, text=None):
    done = subprocess.run(command, cwd=cwd, input=text, capture_output=True, text=True, check=False, errors="replace",
                          env=build_environment())
    return done.returncode, [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]


def spdx(_):
    """every file of the repository names its licence"""
    lines = []
    for path in repository_files():
        if path.name.endswith(WITHOUT_SPDX) or path.is_relative_to(REPO / "Documentation" / "ABI"):
            continue
        head = path.read_bytes()[:400].decode(errors="replace").splitlines()[:5]
        if not any("SPDX-License-Identifier: GPL-2.0" in line for line in head):
            lines.append(f"{shown(path)}: no SPDX tag")
    return lines


def machine_paths(_):
    """no file names a directory of the machine it was written on"""
    traces = re.compile("|".join(map(re.escape, (str(REPO), "/home" + "/"))))
    return [f"{shown(path)}:{number}: {line.strip()}" for path in repository_files()
            for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1) if traces.search(line)]


def patches(subject):
    """every patch has a header, and applies to the base with no fuzz"""
    lines = []
    for path, patch in assemble.our_patches().items():
        header, diff, body = patch.read_text().partition("\n--- ")
        if len(header.split()) < 8 or not diff:
            lines.append(f"{shown(patch)}: no header that says why the hook exists")
        deleted = max((run.count("\n") for run in re.findall(r"(?:^-.*\n)+", body, re.M)), default=0)
        if deleted > LONGEST_DELETION:
            lines.append(f"{shown(patch)}: deletes {deleted} lines of the base in a row; gate them instead")
        try:
            assemble.patched(subject.source, path, patch)
        except HarnessError as error:
            lines.append(str(error))
    return lines


def maintainer(subject):
    """every file of ours is covered by a line in MAINTAINERS"""
    covered = maintainers.files((REPO / "MAINTAINERS").read_text())

    def matches(path, pattern):
        if pattern.endswith("/"):
            return path.startswith(pattern)
        return pathlib.PurePath(path).match(pattern) and path.count("/") == pattern.count("/")

    return [f"{path}: no F: line in MAINTAINERS" for path in subject.ours()
            if not any(matches(path, pattern) for pattern in covered)]


def checkpatch(subject):
    """checkpatch.pl --strict finds nothing in our files and patches"""
    script = ["perl", "scripts/checkpatch.pl", "--strict", "--terse", "--no-summary", "--no-signoff"]

    def findings(command, text=None):
        return [line for line in output(command, subject.tree, text)[1]
                if re.search(r":\d+: (ERROR|WARNING|CHECK):", line)]

    def ignored(path):
        return (NOT_OUR_FAULT + (TRACE_EVENT_LAYOUT if path.startswith("include/trace/") else ())
                + (USER_SPACE if path.startswith("tools/") else ()))

    def is_loop(line):
        path, number = line.split(":")[:2]
        return FUNCTION_LIKE_LOOP.match((subject.tree / path).read_text().splitlines()[int(number) - 1])

    def files(paths):
        found = findings([*script, "--ignore", ",".join(ignored(paths[0])), "-f", *paths])
        return [line for line in found if not is_loop(line)]

    def hook(patch):
        diff = "--- " + patch.read_text().partition("\n--- ")[2]       # the header is prose
        return [shown(patch) + line[line.index(":"):]
                for line in findings([*script, "--ignore", "COMMIT_MESSAGE", "-"], diff)]

    # Those that are judged alike, some at a time: half of what a file takes is the start
    alike = {}
    for path in subject.ours(".c", ".h", ".sh", "Kconfig", "Makefile"):
        alike.setdefault(ignored(path), []).append(path)
    parts = [paths[i:i + AT_A_TIME] for paths in alike.values() for i in range(0, len(paths), AT_A_TIME)]
    return each(parts, files) + each(assemble.our_patches().values(), hook)


def kernel_doc(subject):
    """kernel-doc -Wall finds nothing in our files"""
    return each(subject.ours(".c", ".h"),
                lambda path: output(["perl", "scripts/kernel-doc", "-none", "-Wall", path], subject.tree)[1])


# What is checked on one architecture or another: the first prefix that fits
CHECKED_ON = {"arch/x86/": "x86_64", "arch/powerpc/": "ppc64", "arch/": None, "tools/": None, "Documentation/": None,
              "drivers/ibmebus/": "ppc64", "drivers/net/ehea/": "ppc64", "drivers/infiniband/hw/ehca/": "ppc64",
              "": "x86_64"}
CHECKED_ARCHES = ("x86_64", "ppc64")


def checked_on(path):
    return next(arch for prefix, arch in CHECKED_ON.items() if path.startswith(prefix))


def objects_on(arch, subject):
    build = kernel.build_for(arch, "fault")
    out = BUILD / "check" / build.name
    out.mkdir(parents=True, exist_ok=True)
    LOGS.mkdir(parents=True, exist_ok=True)
    make = kernel.make_command(build, subject.tree, out)
    configure(make, subject.tree, out, build.fragments)
    title = f"check: prepare {arch}"
    kernel.run_make([*make, f"-j{kernel.jobs()}", "modules_prepare"], title, LOGS / f"check-prepare-{arch}.log")
    wanted = [path[:-2] + ".o" for path in subject.ours(".c") if checked_on(path) == arch]
    for name in wanted:
        (out / name).unlink(missing_ok=True)
    status, lines = output([*make, f"-j{kernel.jobs()}", "W=1", "C=2", "CHECK=sparse", "KCFLAGS=", *wanted], REPO)
    own = tuple(subject.ours())
    found = [line for line in lines if re.search(r"(warning|error):", line)
             and any(path in line for path in own)]
    if status and not found:
        found = lines[-15:]
    return sorted(set(line.replace(str(subject.tree) + "/", "").removeprefix("../../tree/") for line in found))


def objects(subject):
    """our objects build with W=1 and sparse without a warning"""
    return [line for arch in CHECKED_ARCHES for line in objects_on(arch, subject)]


def originality_rule(subject):
    """no long run of our lines stands in the base files they replace"""
    return originality.problems(subject.source)


def series_groups(subject):
    """series/series has every file of ours and every patch, each in one patch to mail"""
    return series.problems(subject.source)


class _Names(ast.NodeVisitor):
    """Names a module imports, and names it uses."""

    def __init__(self):
        self.imported, self.used = {}, set()

    def visit_Import(self, node):
        for alias in node.names:
            self.imported[(alias.asname or alias.name).split(".")[0]] = node.lineno

    visit_ImportFrom = visit_Import

    def visit_Name(self, node):
        self.used.add(node.id)


def python(_):
    """our Python compiles and imports nothing it does not use"""
    lines = []
    for path in (path for path in repository_files() if path.suffix == ".py"):
        try:
            names = _Names()
            names.visit(ast.parse(path.read_text(), str(path)))
        except SyntaxError as error:
            lines.append(f"{shown(path)}:{error.lineno}: {error.msg}")
            continue
        lines += [f"{shown(path)}:{line}: {name} imported but not used"
                  for name, line in names.imported.items() if name not in names.used]
    return lines


CHECKS = {
    "spdx": spdx, "machine-paths": machine_paths, "patches": patches, "maintainers": maintainer,
    "series": series_groups,
    "python": python, "originality": originality_rule, "kernel-doc": kernel_doc, "checkpatch": checkpatch,
    "objects": objects,
}


def main():
    failed = 0
    for name, check in CHECKS.items():
        lines = check(subject())
        failed += bool(lines)
        print(f"{'FAIL' if lines else 'ok  '} {name:14} {check.__doc__}"
              + (f" ({len(lines)} findings)" if lines else ""), flush=True)
        for line in lines:
            print(f"       {line}")
    print(f"{len(CHECKS) - failed} checks passed, {failed} failed")
    return 1 if failed else 0

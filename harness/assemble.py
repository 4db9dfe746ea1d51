# SPDX-License-Identifier: GPL-2.0
"""The assembled tree: the base with our files laid over it and the hook patches applied.

build/tree shares its unchanged files with the base through hard links, so nothing here ever opens a file
of the tree for writing: a changed file is written beside the old one and renamed over it. A file whose
content is already right is left alone, so that make sees only what changed.
"""

import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

from . import base, maintainers
from .lock import locked
from .paths import PATCHES, REPO, TREE, HarnessError, shown

NOT_OURS = {".git", "build", "configs", "harness", "patches", "series"}
IGNORED_SUFFIXES = ("~", ".orig", ".rej", ".swp", ".pyc", ".o", ".cmd")


def files_below(directory):
    for path in sorted(directory.rglob("*")):
        if path.is_file() and not path.name.endswith(IGNORED_SUFFIXES) and "__pycache__" not in path.parts:
            yield path


def our_files(source):
    """{path in the tree: path in the mirror} for every file that we own."""
    tops = [entry for entry in sorted(REPO.iterdir())
            if entry.is_dir() and entry.name not in NOT_OURS and (source / entry.name).is_dir()]
    return {str(path.relative_to(REPO)): path for top in tops for path in files_below(top)}


def our_patches():
    """{path in the tree: patch} for every file that we hook."""
    return {str(path.relative_to(PATCHES))[:-len(".patch")]: path
            for path in files_below(PATCHES) if path.suffix == ".patch"}


def touched(patch):
    """The paths a patch changes, from its `+++ b/` lines."""
    return [line.split()[1].removeprefix("b/") for line in patch.read_text().splitlines()
            if line.startswith("+++ ")]


def patched(source, path, patch):
    """The base's file with the hook applied; no fuzz, and no other file."""
    if touched(patch) != [path]:
        raise HarnessError(f"{shown(patch)} changes {touched(patch) or 'nothing'}, must change {path} alone")
    if not (source / path).is_file():
        raise HarnessError(f"{shown(patch)}: the base has no {path}")
    with tempfile.TemporaryDirectory() as work:
        out = pathlib.Path(work) / "out"
        done = subprocess.run(["patch", "--fuzz=0", "--force", "-r", "-", "-o", out, source / path, patch],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            raise HarnessError(f"{shown(patch)} does not apply to {shown(source)}:\n"
                               + (done.stdout + done.stderr).strip())
        return out.read_bytes()


def overlay(source):
    """{path: (content, mode)} of all that differs from the base."""
    own, hooks = our_files(source), our_patches()
    both = sorted(own.keys() & hooks.keys())
    if both:
        raise HarnessError(f"both ours and patched: {' '.join(both)}")
    wanted = {path: (file.read_bytes(), file.stat().st_mode & 0o777) for path, file in own.items()}
    for path, patch in hooks.items():
        wanted[path] = (patched(source, path, patch), (source / path).stat().st_mode & 0o777)
    wanted["MAINTAINERS"] = (maintainers.merged((source / "MAINTAINERS").read_text(),
                                                (REPO / "MAINTAINERS").read_text()).encode(), 0o644)
    return wanted


def put(target, content, mode):
    """Give the file this content without touching the inode it has now. True if anything changed."""
    if target.is_file() and not target.is_symlink() and target.read_bytes() == content:
        if target.stat().st_mode & 0o777 == mode:
            return False
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".partial")
    partial.write_bytes(content)
    partial.chmod(mode)
    os.replace(partial, target)
    return True


def revert(source, tree, path):
    """A file that left the mirror: the base's again, with a new time so that make notices."""
    origin, target = source / path, tree / path
    if origin.is_file():
        return put(target, origin.read_bytes(), origin.stat().st_mode & 0o777)
    target.unlink(missing_ok=True)
    with contextlib.suppress(OSError):      # stops at the first directory that is not empty
        for parent in target.parents:
            if parent == tree:
                break
            parent.rmdir()
    return True


def clone(source, tree, link):
    """A whole copy of the base, hard-linked if asked and possible."""
    partial = tree.with_name(tree.name + ".partial")
    if partial.exists():
        shutil.rmtree(partial)
    partial.parent.mkdir(parents=True, exist_ok=True)
    link = link and source.stat().st_dev == partial.parent.stat().st_dev
    shutil.copytree(source, partial, symlinks=True, copy_function=os.link if link else shutil.copy2,
                    ignore=lambda directory, names: {".git"} & set(names) if directory == str(source) else set())
    if tree.exists():
        shutil.rmtree(tree)
    partial.rename(tree)


def digest(wanted):
    """What a kernel is built from; documents and tests leave it as it is."""
    whole = hashlib.sha256()
    for path, (content, mode) in sorted(wanted.items()):
        if path.startswith(("Documentation/", "tools/testing/", "MAINTAINERS")):
            continue
        whole.update(f"{path} {mode:o} {len(content)}\n".encode() + content)
    return whole.hexdigest()


def tree_for(source):
    """Where the tree assembled from this base lives."""
    return TREE if base.is_pristine(source) else TREE.with_name(f"tree-{base.identity(source)}")


def assemble(source):
    """Bring the assembled tree up to date; returns (tree, digest of what kernels are built from)."""
    tree = tree_for(source)
    record = tree.with_name(tree.name + ".json")
    with locked(tree.name):
        state = json.loads(record.read_text()) if record.exists() and tree.is_dir() else {}
        wanted = overlay(source)
        if state.get("base") != base.identity(source):
            print(f"assembling {shown(tree)}", flush=True)
            clone(source, tree, link=True)
            state = {"base": base.identity(source), "paths": []}
        gone = [path for path in state["paths"] if path not in wanted]
        state["paths"] = sorted(set(state["paths"]) | set(wanted))
        record.write_text(json.dumps(state))
        changed = [path for path, (content, mode) in wanted.items() if put(tree / path, content, mode)]
        changed += [path for path in gone if revert(source, tree, path)]
        state["paths"] = sorted(wanted)
        record.write_text(json.dumps(state))
        if changed:
            print(f"{shown(tree)}: {len(changed)} of our {len(wanted)} files changed", flush=True)
    return tree, digest(wanted)


def assemble_out(source, out):
    """`make tree OUT=`: an independent copy that its owner may edit."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise HarnessError(f"OUT={out} exists and is not empty")
    if out.resolve().is_relative_to(source):
        raise HarnessError(f"OUT={out} lies inside the source tree")
    wanted = overlay(source)
    clone(source, out, link=False)
    for path, (content, mode) in wanted.items():
        put(out / path, content, mode)
    print(f"{len(wanted)} files of ours laid over {shown(source)}")
    return out

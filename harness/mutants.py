# SPDX-License-Identifier: GPL-2.0
"""A kernel of ours in which any one teardown can be left out: memory_hotplug.mutant=<its function>.

The tables of mm/memory_hotplug.c are rewritten, in a copy of the tree, so that every teardown goes through
a function that does nothing if it is the one to be left out. One build serves all mutants.
"""

import re

from . import assemble, base, kernel
from .config import configure
from .lock import locked
from .paths import BUILD, CONFIGS, KERNELS, LOGS, REPO, HarnessError

SOURCE = "mm/memory_hotplug.c"
TREE = BUILD / "mutants" / "tree"
FRAGMENT = CONFIGS / "mutants.config"

TABLE = re.compile(r"^static const struct mhp_step \w+\[\] = \{$.*?^\};$", re.M | re.S)
VOID = re.compile(r"(\.(?:down|undo_up|undo_down)\s*= )(\w+)(,)")
MAY_FAIL = re.compile(r"(\.try_down\s*= )(mhp_range_unlist)(,)")    # the others ask, and take nothing away
NOT_A_TEARDOWN = {"NULL", "nothing_to_undo"}
# The undo of the last step up that may fail: nothing fails after it. test_mutants.py checks that.
UNREACHABLE = {"cancel_online": "accepted"}

PARAMETER = """
static char mutant[48];
module_param_string(mutant, mutant, sizeof(mutant), 0444);
"""
VOID_WRAPPER = """
static void mutant_{name}(struct mhp_transition *t)
{{
	if (strcmp(mutant, "{name}"))
		{name}(t);
}}
"""
MAY_FAIL_WRAPPER = """
static int mutant_{name}(struct mhp_transition *t)
{{
	return strcmp(mutant, "{name}") ? {name}(t) : 0;
}}
"""


def teardowns(text=None):
    """The functions that the tables name as teardowns, in their order."""
    text = text if text is not None else (REPO / SOURCE).read_text()
    names = [match[2] for table in TABLE.findall(text) for pattern in (VOID, MAY_FAIL)
             for match in pattern.finditer(table)]
    return [name for name in dict.fromkeys(names) if name not in NOT_A_TEARDOWN | UNREACHABLE.keys()]


def rewritten(text):
    """The source with a way around each teardown."""
    tables = TABLE.findall(text)
    if len(tables) != 2:
        raise HarnessError(f"{SOURCE} has {len(tables)} tables of steps, not 2")
    known = set()
    for number, table in enumerate(tables):
        wrappers = "" if number else "\n#include <linux/moduleparam.h>\n" + PARAMETER
        for pattern, template in ((VOID, VOID_WRAPPER), (MAY_FAIL, MAY_FAIL_WRAPPER)):
            for name in dict.fromkeys(match[2] for match in pattern.finditer(table)):
                if name not in known | NOT_A_TEARDOWN:
                    wrappers += template.format(name=name)
                    known.add(name)

        def around(match):
            name = match[2] if match[2] in NOT_A_TEARDOWN else f"mutant_{match[2]}"
            return match[1] + name + match[3]

        text = text.replace(table, wrappers.lstrip() + "\n" + MAY_FAIL.sub(around, VOID.sub(around, table)))
    return text


def image():
    """Build; the kernel's image."""
    source = base.source()
    wanted = kernel.build_for("x86_64", "ours", (FRAGMENT,))
    out, log = KERNELS / wanted.name, LOGS / f"build-{wanted.name}.log"
    with locked("mutants"):
        files = assemble.overlay(source)
        content, mode = files[SOURCE]
        files[SOURCE] = (rewritten(content.decode()).encode(), mode)
        if not TREE.is_dir():
            assemble.clone(source, TREE, link=True)
        for path, (content, mode) in files.items():
            assemble.put(TREE / path, content, mode)
        # Whoever comes next is not to touch what guests boot from
        stamp = kernel.stamp_of(wanted, source, assemble.digest(files))
        stamp_file = out / "stamp"
        if stamp and stamp_file.is_file() and stamp_file.read_text() == stamp:
            return out / wanted.arch.image
        stamp_file.unlink(missing_ok=True)
        out.mkdir(parents=True, exist_ok=True)
        LOGS.mkdir(parents=True, exist_ok=True)
        make = kernel.make_command(wanted, TREE, out)
        configure(make, TREE, out, wanted.fragments)
        kernel.run_make([*make, f"-j{kernel.jobs()}", *wanted.arch.targets], out.name, log)
        if stamp:
            stamp_file.write_text(stamp)
    return out / wanted.arch.image

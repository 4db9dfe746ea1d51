# SPDX-License-Identifier: GPL-2.0
"""python3 -m harness <command>: what the Makefile calls. Settings come as environment variables."""

import os
import pathlib
import shutil
import sys

from . import deps
from .config import SETTINGS
from .paths import BASE, BUILD, HarnessError, shown


def setting(name, default=""):
    return os.environ.get(name, default)


def flag(name):
    return setting(name) not in ("", "0", "n", "no")


def prepare(command):
    deps.ensure(command, with_source=not setting("KSRC") and not BASE.is_dir())


def wanted_kernel():
    from . import kernel
    kind = "debug" if flag("DEBUG") else ""
    variant = "-".join(filter(None, ["stock" if flag("STOCK") else "", kind])) or "ours"
    extra = [setting("CONFIG")] if setting("CONFIG") else []
    return kernel.image_of(setting("ARCH") or "x86_64", setting("VARIANT") or variant, extra)


def do_tree():
    from . import assemble, base
    if setting("OUT"):
        tree = assemble.assemble_out(base.source(), pathlib.Path(setting("OUT")))
    else:
        tree, _ = assemble.assemble(base.source())
    print(shown(tree))
    return 0


def do_kernel():
    print(shown(wanted_kernel()))
    return 0


def do_run():
    from . import run
    return run.main(wanted_kernel(), under_xen=flag("XEN"))


def do_shell():
    from . import shell
    return shell.main(wanted_kernel())


def do_test():
    from . import testing
    return testing.main(part=setting("T"), full=flag("FULL"), select=setting("K"))


def do_bench():
    from . import bench
    return bench.main()


def do_check():
    from . import check
    return check.main()


def do_clean():
    for path in sorted(BUILD.glob("*")):
        if path.name == "base":
            continue
        print(f"removing {shown(path)}")
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    return 0


COMMANDS = {"tree": do_tree, "kernel": do_kernel, "run": do_run, "shell": do_shell, "test": do_test,
            "bench": do_bench, "check": do_check, "clean": do_clean}


def main(words):
    if len(words) != 1 or words[0] not in COMMANDS:
        print(f"usage: python3 -m harness {'|'.join(COMMANDS)}", file=sys.stderr)
        return 2
    for name in SETTINGS:
        if os.environ.get(name) == "":      # make exports what nobody has set
            del os.environ[name]
    try:
        if words[0] != "clean":
            prepare(words[0])
        return COMMANDS[words[0]]()
    except HarnessError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        if words[0] == "test":
            from . import testing
            testing.conclude(0, 1)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

# SPDX-License-Identifier: GPL-2.0
"""A domain that xl starts in a dom0, as users have them; a shell on its console does what it is told."""

import itertools
import pathlib
import re
import shlex
import subprocess

from . import foreign, initramfs, xen
from .paths import HarnessError
from .qemu import GuestError

PROGRAMS = ("xl", "xenstored", "xenconsoled", "xen-init-dom0", "xentrace")
LOGS = "/var/log/xen"
LIBRARIES = "/lib/x86_64-linux-gnu"
# xl would make room for a domain by taking memory from dom0, whose size is a test's own business
XL_CONF = b'autoballoon="off"\n'
# A machine has no disk, the domain neither; so no hotplug scripts run
CONFIG = """name = "{name}"
kernel = "/domu/kernel"
ramdisk = "/domu/initramfs"
extra = "console=hvc0 panic=-1 oops=panic panic_on_warn=1 mhp.agent=shell {append}"
type = "{kind}"
memory = {mib}
maxmem = {maxmem}
vcpus = 1
on_crash = "destroy"
"""
# QEMU's emulation of SVM has no intercept of RDTSCP, and gives a size of XSAVE's that the kernel warns of
PVH_CONFIG = 'tsc_mode = "native"\n'
PVH_APPEND = "noxsave"


def needed(program):
    text = subprocess.run(["readelf", "-d", program], capture_output=True, text=True, check=True).stdout
    return re.findall(r"\(NEEDED\).*\[(.*)\]", text)


def tools():
    """{path in the guest: path here} of xl and its servants, with the libraries that they load."""
    roots = [foreign.xen_tools(), pathlib.Path("/")]

    def find(pattern):
        for root in roots:
            if found := sorted(root.glob(pattern)):
                return found[0]
        raise HarnessError(f"no {pattern} in Debian's tools of Xen, nor on this machine")

    files = {f"/bin/{name}": find(f"usr/lib/xen-4.17/bin/{name}") for name in PROGRAMS}
    files["/bin/xenstore"] = find("usr/bin/xenstore")
    # libc loads the last by itself when a thread ends
    missing = [*(name for path in files.values() for name in needed(path)), "libgcc_s.so.1"]
    while missing:
        name = missing.pop()
        where = "/lib64" if name.startswith("ld-linux") else LIBRARIES
        if f"{where}/{name}" not in files:
            path = find(f"{'lib64' if where == '/lib64' else 'usr/lib/x86_64-linux-gnu'}/{name}")
            files[f"{where}/{name}"] = path.resolve()
            missing += needed(path)
    return files


def dom0_files(image):
    """What a dom0 needs to start domains with that kernel."""
    return {**tools(), "/etc/xen/xl.conf": XL_CONF, "/domu/kernel": image, "/domu/initramfs": initramfs.make(image)}


def start_servants(dom0):
    """Once in a dom0's life: xenstore and consoles."""
    dom0.run(f"mkdir -p {LOGS} /var/run/xen /var/run/xenstored /var/lib/xenstored /var/lib/xen /var/lock /run "
             "/dev/pts && ln -s /var/run/xen /run/xen && mount -t devpts devpts /dev/pts && "
             "mount -t xenfs xenfs /proc/xen")
    dom0.run("xenstored --pid-file /var/run/xenstored.pid && xen-init-dom0 && "
             f"xenconsoled --log=guest --log-dir={LOGS} --pid-file=/var/run/xenconsoled.pid")


class DomU:
    """A domain of a dom0's, from its start on; ends with the dom0. more: lines for its configuration."""

    def __init__(self, dom0, name="guest", kind="pv", mib=256, maxmem=None, more="", timeout=180):
        self.dom0, self.name = dom0, name
        self.numbers = itertools.count(1)
        pvh = kind == "pvh"
        config = CONFIG.format(name=name, kind=kind, mib=mib, maxmem=maxmem or mib, append=PVH_APPEND if pvh else "")
        config += (PVH_CONFIG if pvh else "") + more
        dom0.run(f"printf %s {shlex.quote(config)} > /domu/{name}.cfg && xl create -q -e /domu/{name}.cfg", timeout)
        domain = dom0.run(f"xl domid {name}").strip()
        tty = dom0.run(f"xenstore read /local/domain/{domain}/console/tty").strip()
        # Not cat, which would splice, and keep the pipe to itself while it waits for the terminal
        self.reader = dom0.spawn(f"exec awk '{{ print; fflush() }}' {tty}")
        self.writer = dom0.spawn(f"exec cat > {tty}")
        # A shell that does not write to a terminal neither echoes nor prompts
        self.writer.write("stty -echo; sh 2>&1 | tee /dev/null\n")
        self.run("true", timeout)

    def run(self, cmd, timeout=60):
        """Output of a shell command line without a newline in it, which must succeed."""
        number = next(self.numbers)
        ends = re.compile(rf"begin {number}\r*\n(.*?)^end {number} (\d+)\r*$", re.S | re.M)
        self.writer.write(f"echo begin {number}; {{ {cmd}; }} 2>&1; echo end {number} $?\n")
        output = ends.search(self.reader.wait_until(ends.search, timeout))
        if not output:
            raise GuestError(f"the domain {self.name} died during: {cmd}\n{self.console()}")
        if output[2] != "0":
            raise GuestError(f"exit status {output[2]} in {self.name}: {cmd}\n{output[1]}", int(output[2]), output[1])
        return output[1].replace("\r", "")

    def console(self):
        """What it has printed since it began to boot."""
        return self.dom0.run(f"cat {LOGS}/guest-{self.name}.log").replace("\r", "")


def resize(dom0, domain, mib, less=0):
    """By xl, and wait until the domain has its size; less: what it lacks of that by its own count, in KiB."""
    dom0.run(f"xl mem-max {domain.name} {mib}; xl mem-set {domain.name} {mib}")
    domain.run(xen.SETTLE % ((mib << 10) - less), 120)


def size_mib(dom0, domain):
    """What Xen says of a domain's size."""
    return int(dom0.run(f"xl list {domain.name} | awk 'END {{ print $3 }}'"))

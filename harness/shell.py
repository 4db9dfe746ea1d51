# SPDX-License-Identifier: GPL-2.0
"""`make shell`: a guest on this terminal, its console and QEMU's monitor sharing it."""

import dataclasses
import subprocess

from . import commandline, initramfs
from .paths import shown

HELP = """\
A guest with {mem}, room for {slots} DIMMs, and RAM above mem= at 4 GiB for `probe`.
  Ctrl-a c  switches between the guest and the monitor, Ctrl-a x ends QEMU; `exit` powers off.
  Plug a DIMM: Ctrl-a c, then
      object_add memory-backend-ram,id=m0,size=1G
      device_add pc-dimm,id=d0,memdev=m0
  and unplug it with `device_del d0`. By hand, in the guest:
      echo 0x100000000 0x40000000 > /sys/devices/system/memory/probe
  Every refusal: cat /sys/devices/system/memory/hotplug/refusal
"""


def main(image, arch="x86_64"):
    options = dataclasses.replace(commandline.Options(arch=arch), mem="4G", maxmem="16G", slots=8,
                                  append="mem=2G", panic_on_warn=False, port="shell")
    archive = initramfs.make(image, arch, modules_wanted=True)
    print(f"kernel: {shown(image)}\n" + HELP.format(mem="2 GiB of boot memory", slots=options.slots), flush=True)
    return subprocess.run(commandline.interactive(options, image, archive), check=False).returncode

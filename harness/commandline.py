# SPDX-License-Identifier: GPL-2.0
"""From a guest's options to QEMU's command line, for each architecture."""

import dataclasses
import os
import re

from . import foreign
from .paths import HarnessError

UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def size_bytes(text):
    """Bytes from a number or from a text such as 512M."""
    match = re.fullmatch(r"(\d+)([KMGT]?)", str(text).upper())
    if not match:
        raise HarnessError(f"not a size: {text}")
    return int(match[1]) * UNITS[match[2]]


@dataclasses.dataclass(frozen=True)
class Options:
    arch: str = "x86_64"
    mem: str = "2G"
    maxmem: str = None
    slots: int = 0
    smp: int = 2
    nodes: list = None          # [{"mem": "2G", "cpus": "0-1"}, {}]
    extra: tuple = ()
    acpi: bool = None           # instead of a device tree; None: unless mem= keeps RAM from the kernel
    port: str = "virtio"        # what the agent talks over: virtio, serial; or shell, for no agent at all
    accel: str = None
    append: str = ""
    panic_on_warn: bool = True
    dom0: str = None            # run under Xen, as a dom0 with so much memory
    kunit: bool = False         # run the kernel's KUnit suites, which is most of the time that such a kernel boots


@dataclasses.dataclass(frozen=True)
class Machine:
    qemu: str
    machine: tuple
    console: str
    serial_port: str            # the agent's port if not virtio
    append: str = ""
    acpi: tuple = ()            # QEMU's words for firmware with ACPI, where the alternative is a device tree
    acpi_append: str = ""
    dlpar: bool = False         # DIMMs come and go by DLPAR
    models: dict = dataclasses.field(default_factory=dict)      # TEST_MACHINE: QEMU's words for another model


# What QEMU's emulation has not, of what a partition has by default
PSERIES = "cap-cfpc=broken,cap-sbbc=broken,cap-ibs=broken,cap-ccf-assist=off"

MACHINES = {
    # A busy host makes TCG's timer so late that the kernel takes it for broken and panics.
    "x86_64": Machine("qemu-system-x86_64", ("-machine", "q35", "-cpu", "max"), "ttyS0", "/dev/ttyS1",
                      "no_timer_check"),
    "arm64": Machine("qemu-system-aarch64", ("-machine", "virt,gic-version=3", "-cpu", "cortex-a72"), "ttyAMA0", "",
                     acpi=("-bios", "/usr/share/qemu-efi-aarch64/QEMU_EFI.fd"), acpi_append="acpi=force"),
    "ppc64": Machine("qemu-system-ppc64", ("-machine", f"pseries,{PSERIES}", "-cpu", "power8"), "hvc0", "",
                     dlpar=True, models={"power9": ("-cpu", "power9", "-machine", "ic-mode=xics")}),
}
MACHINES["ppc64le"] = MACHINES["ppc64"]


def backend(name, size):
    """Memory that the host gives when it is touched: a guest may have more than the host."""
    return f"memory-backend-ram,id={name},size={size},reserve=off"


def memory(options):
    """-m and -numa: the nodes' memory adds up to the boot memory."""
    nodes = options.nodes or []
    sizes = [size_bytes(node["mem"]) if "mem" in node else 0 for node in nodes]
    total = sum(sizes) if nodes else size_bytes(options.mem)
    text = f"size={total >> 20}M"
    if options.maxmem:
        text += f",slots={options.slots or 4},maxmem={size_bytes(options.maxmem) >> 20}M"
    words = ["-m", text]
    for number, (node, size) in enumerate(zip(nodes, sizes)):
        numa = f"node,nodeid={number}"
        if size:
            words += ["-object", backend(f"boot{number}", size)]
            numa += f",memdev=boot{number}"
        if "cpus" in node:
            numa += f",cpus={node['cpus']}"
        words += ["-numa", numa]
    if not nodes:
        words += ["-object", backend("boot0", total)]
        # Without a node there is no SRAT, and without it no node that a DIMM could belong to.
        words += ["-numa", "node,nodeid=0,memdev=boot0"] if options.maxmem else ["-machine", "memory-backend=boot0"]
    return words


def accelerator(options, image):
    from . import kvm
    wanted = options.accel or os.environ.get("ACCEL", "tcg")
    return "kvm" if wanted == "kvm" and (options.accel or kvm.works(image)) else "tcg"


def has_acpi(options):
    """UEFI leaves its tables at the end of RAM: in the way of who wants to probe there."""
    return "mem=" not in options.append if options.acpi is None else options.acpi


# Of what QEMU's CPU has, a PV domain's kernel or Xen 4.17 stumbles over these
XEN_CPU = "max,-smap,-smep,-pku,-pks,-la57"
XEN_APPEND = "com1=115200,8n1 console=com1 loglvl=info guest_loglvl=info noreboot"


def kernel_line(options, machine):
    port = machine.serial_port if options.port == "serial" else options.port
    console = "hvc0" if options.dom0 else machine.console
    words = [f"console={console}", "panic=-1", "oops=panic", machine.append, f"mhp.agent={port}"]
    if has_acpi(options):
        words.append(machine.acpi_append)
    if options.panic_on_warn:
        words.append("panic_on_warn=1")
    if not options.kunit:
        words.append("kunit.enable=0")
    return " ".join(filter(None, words + [options.append]))


def loaded(options, machine, image, archive):
    """What runs in the machine; in a list of modules, which commas separate, a comma itself is doubled."""
    line = kernel_line(options, machine)
    if not options.dom0:
        return ["-kernel", str(image), "-initrd", str(archive), "-append", line]
    kernel = f"{image} {line}".replace(",", ",,")
    return ["-cpu", XEN_CPU, "-kernel", str(foreign.xen()), "-initrd", f"{kernel},{archive}",
            "-append", f"dom0_mem={options.dom0} {XEN_APPEND}"]


def common(options, image, archive):
    machine = MACHINES[options.arch]
    firmware = machine.acpi if has_acpi(options) else ()
    return [machine.qemu, "-nodefaults", "-no-user-config", *machine.machine, *firmware,
            "-accel", accelerator(options, image), "-smp", str(options.smp), *memory(options),
            "-display", "none", "-nic", "none", "-no-reboot",
            *loaded(options, machine, image, archive),
            *machine.models.get(os.environ.get("TEST_MACHINE"), ()), *map(str, options.extra)]


def build(options, image, archive, log, agent_fd, monitor_fd):
    """The whole command. The agent and the monitor talk over descriptors QEMU inherits."""
    words = ["-chardev", f"file,id=console,path={log}", "-serial", "chardev:console",
             "-chardev", f"socket,id=agent,fd={agent_fd}",
             "-chardev", f"socket,id=monitor,fd={monitor_fd}", "-mon", "chardev=monitor,mode=control"]
    if options.port == "virtio":
        words += ["-device", "virtio-serial-pci", "-device", "virtserialport,chardev=agent,name=mhp.agent"]
    else:
        words += ["-serial", "chardev:agent"]
    return common(options, image, archive) + words


def interactive(options, image, archive):
    """The command for a guest on this terminal, the monitor behind Ctrl-a c."""
    return common(options, image, archive) + ["-serial", "mon:stdio"]

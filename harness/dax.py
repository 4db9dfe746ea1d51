# SPDX-License-Identifier: GPL-2.0
"""Memory that the firmware sets aside for a special purpose, all of a node's: one dax device, for the driver kmem.

memmap= does what the firmware would do (EFI_MEMORY_SP), so that the guest needs neither EFI nor an HMAT.
Regions of CXL memory come to memory hotplug through the same dax devices and the same driver.
"""

RAM, SOFT_RESERVED = 1, 0xefffffff          # enum e820_type


def set_aside(start, size):
    """For the kernel's command line: this RAM is not for everybody."""
    return f"memmap={size:#x}%{start:#x}-{RAM}+{SOFT_RESERVED:#x}"


START, SIZE = 5 << 30, 512 << 20            # -m 3.5G: 2 GiB below the hole for devices, the rest from 4 GiB on
NODE = 1
GUEST = {
    "nodes": [{"mem": "3G", "cpus": "0-1"}, {"mem": "512M"}],
    "append": set_aside(START, SIZE),
    "modules": ["dax_hmem", "kmem"],
}
DEVICE = "/sys/bus/dax/devices/dax0.0"
DRIVER = "/sys/bus/dax/drivers/kmem"


def create(guest):
    """Make the device and load the driver, but leave it without one."""
    guest.run("modprobe dax_hmem && modprobe kmem")
    assert guest.run(f"cat {DEVICE}/target_node").strip() == str(NODE)
    unbind(guest)


def bind(guest):
    guest.run(f"echo dax0.0 > {DRIVER}/bind")


def unbind(guest):
    guest.run(f"echo dax0.0 > {DRIVER}/unbind")

# SPDX-License-Identifier: GPL-2.0
"""Whether KVM is of use here. /dev/kvm may exist and not work, so one guest is really booted with it."""

import functools
import os


@functools.lru_cache(maxsize=1)
def works(image):
    """True once a guest with this kernel has come up under KVM; asked only when ACCEL=kvm."""
    from .qemu import Guest, GuestError
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        print("ACCEL=kvm: no access to /dev/kvm, using TCG", flush=True)
        return False
    try:
        with Guest(image, mem="512M", smp=1, name="kvm-probe", accel="kvm", timeout=20):
            return True
    except GuestError as error:
        print(f"ACCEL=kvm: a guest does not boot with it, using TCG ({str(error).splitlines()[0]})", flush=True)
        return False

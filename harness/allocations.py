# SPDX-License-Identifier: GPL-2.0
"""Which objects a program in the guest made the kernel allocate that nobody has freed: exact, and by name."""

import collections
import re

from . import selftests
from .qemu import TRACING

# Allocations whose end is not to be seen in the trace, or need not come
UNSEEN = {"kernfs_fop_open": "kfree_rcu() frees in bulk, without an event",
          "sparse_add_section": "kfree_rcu() too",
          "__register_sysctl_table": "kfree_rcu() too", "__hw_addr_add_ex": "kfree_rcu() too",
          "____ip_mc_inc_group": "kfree_rcu() too",
          "mas_alloc_nodes": "freed in bulk",
          "__set_page_owner": "kept, with page_owner=on, for each way to an allocation",
          "alloc_vmap_area": "freed in bulk; of the buffer in which percpu_stats is shown",
          "alloc_inode": "cached", "__d_alloc": "cached",
          "fill_pool": "kept by debugobjects for the next user",
          "__radix_tree_preload": "kept on each CPU for the next user",
          "debugfs_file_get": "kept as long as the file of debugfs"}

EVENT = re.compile(r" (kmalloc|kmem_cache_alloc|kfree|kmem_cache_free): .*?ptr=(\S+)")
SITE = re.compile(r"call_site=([\w.]+)")


def live_objects(trace):
    """{function: how many of its objects are still there}, from the kmem events of a trace."""
    live = {}
    for line in trace.splitlines():
        event = EVENT.search(line)
        if not event:
            continue
        if "alloc" in event[1]:
            live[event[2]] = SITE.search(line)[1]
        else:
            live.pop(event[2], None)
    return collections.Counter(name for name in live.values() if name not in UNSEEN)


class Allocations:
    """Traces what a program of this name allocates; `live` tells what is left of it afterwards.

    What the program lets go may be freed by anybody, after a grace period, so all that is freed is traced.
    """

    def __init__(self, guest, name, buffer_kib=100000):
        self.guest, self.name, self.buffer_kib = guest, name, buffer_kib
        self.live = None

    def __enter__(self):
        self.guest.run(f"""
            set -e
            test -d {TRACING}/events || mount -t tracefs tracefs {TRACING}
            {selftests.program('mhp')} settle
            cd {TRACING}
            echo {self.buffer_kib} > buffer_size_kb
            echo > trace
            for event in kmalloc kmem_cache_alloc; do
                echo 'comm == "{self.name}"' > events/kmem/$event/filter
            done
            for event in kmalloc kmem_cache_alloc kfree kmem_cache_free; do
                echo 1 > events/kmem/$event/enable
            done
            echo 1 > tracing_on""")
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            return
        for _ in range(2):
            self.guest.run(f"{selftests.program('mhp')} settle")
        self.guest.run(f"echo 0 > {TRACING}/tracing_on")
        lost = self.guest.run(f"cat {TRACING}/per_cpu/cpu*/stats | grep -E '^(overrun|dropped events)'")
        assert not re.search(r": [1-9]", lost), f"the trace is not whole: {lost}"
        trace = self.guest.run(f"cat {TRACING}/trace", timeout=180)
        assert re.search(r" (kmalloc|kmem_cache_alloc): ", trace), f"{self.name} has allocated nothing"
        self.live = live_objects(trace)

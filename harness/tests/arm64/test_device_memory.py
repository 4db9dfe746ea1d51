# SPDX-License-Identifier: GPL-2.0
"""Device memory where RAM does not begin at address 0: below it, struct pages have no place."""

from harness import devmem, memory


def test_nothing_below_ram(guest, kernel_ours):
    with guest(kernel=kernel_ours, modules=[devmem.MODULE], files=devmem.files(kernel_ours), append="nokaslr") as g:
        ram = min(start for start, _, name, _ in memory.iomem(g) if name == "System RAM")
        devmem.load(g)
        size = devmem.state(g).pages * memory.page_size(g)
        assert ram >= size
        assert devmem.ask(g, "remove") == ""
        assert devmem.ask(g, f"add {size} 0 {ram - 1}") == "ERANGE"
        assert devmem.ask(g, f"add {size} 0 0 0 bottom-up") == ""
        assert devmem.state(g).start > ram
        devmem.unload(g)

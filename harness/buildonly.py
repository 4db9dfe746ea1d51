# SPDX-License-Identifier: GPL-2.0
"""Configurations that are compiled and not booted: every user of memory hotplug against our interfaces.

Of each configuration the objects of ours are built with W=1, then those of every file of the base that
uses the interface or that we hook. What the interface's headers declare and one of these objects uses
must be defined by one of them, and exported if the user is a module: as far as the interface goes that is
what linking would find out. Small configurations are linked all the same, and any other can be.
"""

import dataclasses
import re
import subprocess

from . import assemble, base
from .config import build_environment, configure, parse
from .kernel import Arch, Build, compiler, jobs, make_command
from .lock import locked
from .paths import BUILD, CONFIGS, LOGS

ARCHES = {
    "x86_64": Arch("x86_64", "x86_64", "", ()),
    "ppc64": Arch("ppc64", "powerpc", "", (), "powerpc64-linux-gnu-"),
    "s390x": Arch("s390x", "s390", "", (), "s390x-linux-gnu-"),
    "arm64": Arch("arm64", "arm64", "", (), "aarch64-linux-gnu-"),
}
SOURCE_ARCH = {"x86_64": "x86"}         # where it is not make's name


@dataclasses.dataclass(frozen=True)
class Configuration:
    """An architecture with every caller, and what a fragment changes about that; or a fragment alone."""
    arch: Arch
    change: str = ""
    linked: bool = False
    alone: bool = False


CONFIGURATIONS = {
    "x86_64": Configuration(ARCHES["x86_64"]),
    "x86_64-tdx": Configuration(ARCHES["x86_64"], "tdx"),
    "x86_64-small": Configuration(ARCHES["x86_64"], "small", linked=True, alone=True),
    "x86_64-no-numa": Configuration(ARCHES["x86_64"], "no-numa"),
    "x86_64-no-hotremove": Configuration(ARCHES["x86_64"], "no-hotremove"),
    "x86_64-no-hotplug": Configuration(ARCHES["x86_64"], "no-hotplug"),
    "ppc64": Configuration(ARCHES["ppc64"]),
    "ppc64-ehea": Configuration(ARCHES["ppc64"], "ehea"),
    "s390x": Configuration(ARCHES["s390x"]),
    "arm64": Configuration(ARCHES["arm64"]),
    "arm64-small": Configuration(ARCHES["arm64"], "small-arm64", linked=True, alone=True),
    "arm64-no-hotremove": Configuration(ARCHES["arm64"], "arm64-no-hotremove"),
}

# The callers, and what we hook: object and the symbol that brings it, "" for always. What lies below arch/ is
# built for that architecture alone.
CALLERS = {
    "arch/arm64/kernel/hibernate": "HIBERNATION",
    "arch/arm64/mm/hot_tables": "MEMORY_HOTPLUG",
    "arch/arm64/mm/hotplug": "MEMORY_HOTPLUG",
    "arch/arm64/mm/hotplug_boot": "MEMORY_HOTREMOVE",
    "arch/arm64/mm/mmu": "",
    "arch/arm64/mm/tests/hot_tables_kunit": "MEMORY_HOTPLUG_KUNIT_TEST",
    "arch/powerpc/kernel/setup_64": "",
    "arch/powerpc/kexec/core_64": "KEXEC_CORE",
    "arch/powerpc/mm/book3s64/radix_pgtable": "PPC_RADIX_MMU",
    "arch/powerpc/mm/init_64": "",
    "arch/powerpc/mm/mem": "",
    "arch/powerpc/mm/numa": "NUMA",
    "arch/powerpc/platforms/powernv/memtrace": "PPC_MEMTRACE",
    "arch/powerpc/platforms/powernv/setup": "PPC_POWERNV",
    "arch/powerpc/platforms/pseries/cmm": "CMM",
    "arch/powerpc/platforms/pseries/dlpar": "",
    "arch/powerpc/platforms/pseries/dlpar_refusal": "MEMORY_HOTPLUG",
    "arch/powerpc/platforms/pseries/hotplug-cpu": "HOTPLUG_CPU",
    "arch/powerpc/platforms/pseries/hotplug-memory": "MEMORY_HOTPLUG",
    "arch/powerpc/platforms/pseries/iommu": "",
    "arch/powerpc/platforms/pseries/lmb_drc": "MEMORY_HOTPLUG",
    "arch/powerpc/platforms/pseries/lmb_owner": "MEMORY_HOTPLUG",
    "arch/powerpc/platforms/pseries/lmb_state": "MEMORY_HOTPLUG",
    "arch/powerpc/platforms/pseries/papr_scm": "PAPR_SCM",
    "arch/powerpc/platforms/pseries/pmem": "MEMORY_HOTPLUG",
    "arch/powerpc/platforms/pseries/setup": "",
    "arch/s390/kernel/setup": "",
    "arch/s390/kernel/smp": "SMP",
    "arch/s390/mm/extmem": "",
    "arch/s390/mm/init": "",
    "arch/s390/mm/vmem": "",
    "arch/x86/kernel/apic/x2apic_uv_x": "X86_UV",
    "arch/x86/kernel/cpu/mce/core": "X86_MCE",
    "arch/x86/kernel/crash": "CRASH_DUMP",
    "arch/x86/kernel/e820": "",
    "arch/x86/kernel/kexec-bzimage64": "KEXEC_FILE",
    "arch/x86/mm/init": "",
    "arch/x86/mm/init_64": "",
    "arch/x86/virt/vmx/tdx/tdx": "INTEL_TDX_HOST",
    "arch/x86/xen/memory_hotplug": "XEN_BALLOON_MEMORY_HOTPLUG",
    "drivers/acpi/acpi_memhotplug": "ACPI",
    "drivers/acpi/numa/hmat": "ACPI_HMAT",
    "drivers/acpi/scan": "ACPI",
    "drivers/base/arch_numa": "GENERIC_ARCH_NUMA",
    "drivers/base/core": "",
    "drivers/base/cpu": "",
    "drivers/base/node": "NUMA",
    "drivers/cxl/core/region": "CXL_REGION",
    "drivers/dax/bus": "DAX",
    "drivers/dax/kmem": "DEV_DAX_KMEM",
    "drivers/firmware/memmap": "FIRMWARE_MEMMAP",
    "drivers/hv/hv_balloon": "HYPERV_BALLOON",
    "drivers/infiniband/ulp/ipoib/ipoib_main": "INFINIBAND_IPOIB",
    "drivers/net/ethernet/ibm/ehea/ehea_main": "EHEA",
    "drivers/s390/char/sclp_cmd": "S390",
    "drivers/s390/char/sclp_config": "S390",
    "drivers/virtio/virtio_mem": "VIRTIO_MEM",
    "drivers/xen/balloon": "XEN_BALLOON",
    "drivers/xen/balloon_extents": "XEN_BALLOON",
    "drivers/xen/balloon_map": "XEN_BALLOON",
    "drivers/xen/balloon_sections": "XEN_BALLOON_MEMORY_HOTPLUG",
    "drivers/xen/cpu_hotplug": "XEN",
    "drivers/xen/unpopulated-alloc": "XEN_UNPOPULATED_ALLOC",
    "fs/proc/kcore": "PROC_KCORE",
    "fs/proc/page": "PROC_PAGE_MONITOR",
    "kernel/cgroup/cpuset": "CPUSETS",
    "kernel/cpu": "",
    "kernel/crash_core": "CRASH_DUMP",
    "kernel/kexec_core": "KEXEC_CORE",
    "kernel/power/hibernate": "HIBERNATION",
    "kernel/power/snapshot": "HIBERNATION",
    "kernel/power/user": "HIBERNATION_SNAPSHOT_DEV",
    "kernel/resource": "",
    "lib/memory-notifier-error-inject": "MEMORY_NOTIFIER_ERROR_INJECT",
    "lib/test_hmm": "TEST_HMM",
    "lib/test_hmm_devmem": "TEST_HMM_DEVMEM",
    "mm/compaction": "",
    "mm/damon/ops-common": "DAMON_PADDR",
    "mm/hmm_devmem": "HMM_DEVMEM",
    "mm/huge_memory": "TRANSPARENT_HUGEPAGE",
    "mm/kasan/shadow": "KASAN",
    "mm/kmemleak": "DEBUG_KMEMLEAK",
    "mm/ksm": "KSM",
    "mm/memory-failure": "MEMORY_FAILURE",
    "mm/memory-tiers": "NUMA",
    "mm/memremap": "ZONE_DEVICE",
    "mm/migrate_device": "DEVICE_MIGRATION",
    "mm/mm_init": "",
    "mm/mmap": "",
    "mm/numa_memblks": "NUMA_MEMBLKS",
    "mm/page_alloc": "",
    "mm/page_ext": "PAGE_EXTENSION",
    "mm/page_idle": "IDLE_PAGE_TRACKING",
    "mm/page_isolation": "MEMORY_ISOLATION",
    "mm/page_owner": "PAGE_OWNER",
    "mm/ptdump": "PTDUMP",
    "mm/shuffle": "SHUFFLE_PAGE_ALLOCATOR",
    "mm/slub": "",
    "mm/sparse": "",
    "mm/sparse-vmemmap": "SPARSEMEM_VMEMMAP",
    "mm/vmscan": "",
    "mm/vmstat": "",
}

# Callers that no configuration builds, and why.
ELSEWHERE = {
    "arch/arm/": "only takes lock_device_hotplug(), and has no memory hotplug",
    "arch/loongarch/": "no tests of ours for the architecture",
    "arch/riscv/": "no tests of ours for the architecture",
    "drivers/char/agp/": "a method called remove_memory, of another subsystem",
}

# Folders of ours, in which the Makefile decides what is built, and the symbol that brings them
FOLDERS = {"mm/memory_hotplug/": "MEMORY_HOTPLUG", "mm/hmm_devmem/": "HMM_DEVMEM", "drivers/ibmebus/": "EBUS",
           "drivers/net/ehea/": "EBUS", "drivers/infiniband/hw/ehca/": "INFINIBAND_EHCA"}
OURS = ("mm/memory_hotplug", "drivers/base/memory")     # all of MEMORY_HOTPLUG; more of ours goes to CALLERS

INTERFACE_HEADERS = ("include/linux/memory.h", "include/linux/memory_hotplug.h")

# What makes a file of the base a caller. pfn_to_online_page() is left to the table: it is a reader's function.
INTERFACE = (
    r"(un)?register_(hotmemory|memory)_notifier|hotplug_memory_notifier|(__)?add_memory\w*|(__)?remove_memory|"
    r"offline_and_remove_memory|(set|restore)_online_page_callback|generic_online_page|walk_memory_blocks|"
    r"walk_dynamic_memory_groups|for_each_memory_block|memory_group_(un)?register\w*|mhp_get_pluggable_range|"
    r"mhp_range_allowed|mhp_supports_memmap_on_memory|arch_(add|remove)_memory|__(add|remove)_pages|"
    r"(un)?lock_device_hotplug\w*|memory_block_size_bytes|mem_hotplug_(begin|done)|(get|put)_online_mems|"
    r"move_pfn_range_to_zone|remove_pfn_range_from_zone|find_memory_block\w*|set_memory_block_size_order|"
    r"mem_sections_(add|online)|try_online_node|mhp_default_online_type|"
    r"arch_get_mappable_range|MEM_(GOING_)?(ONLINE|OFFLINE)|"
    r"MEM_CANCEL_(ONLINE|OFFLINE)|register_memory_blocks?_under_node\w*|unregister_memory_block_under_nodes")

WARNING = re.compile(r"(warning|error|WARNING|ERROR):|\*\*\* ")
SPARED = re.compile(r"^make(\[\d+\])?: \*\*\*")     # make's own echo of an error


def out_directory(name):
    return BUILD / "buildonly" / name


def fragments(configuration):
    if configuration.alone:
        return [CONFIGS / f"{configuration.change}.config"]
    names = ["callers", "callers-ours", f"callers-{configuration.arch.name}"]
    if configuration.change:
        names.append(f"callers-{configuration.change}")
    return [CONFIGS / f"{name}.config" for name in names]


def for_arch(paths, arch):
    """Those that this architecture has."""
    own = f"arch/{SOURCE_ARCH.get(arch.name, arch.kernel_name)}/"
    return [path for path in paths if not path.startswith("arch/") or path.startswith(own)]


def enabled(symbol, config):
    return not symbol or config.get(f"CONFIG_{symbol}", "n") != "n"


def callers(configuration, config):
    """{object: the symbol's value} of the callers and hooked files that this configuration has."""
    return {f"{stem}.o": config.get(f"CONFIG_{symbol}", "y") for stem, symbol in CALLERS.items()
            if enabled(symbol, config) and for_arch([stem], configuration.arch)}


def ours(source, config):
    """What to make for our part."""
    if not enabled("MEMORY_HOTPLUG", config):
        return []
    folders = [folder for folder, symbol in FOLDERS.items() if enabled(symbol, config)]
    return folders + [f"{path[:-2]}.o" for path in assemble.our_files(source)
                      if path.endswith(".c") and path.startswith(OURS) and not path.startswith(tuple(FOLDERS))]


def unlisted_callers(source):
    """Files that use the interface, that are ours or hooked, and that no configuration builds."""
    found = subprocess.run(["grep", "-rlwE", "--include=*.c", INTERFACE, "arch", "drivers", "fs", "kernel", "lib",
                            "mm"], cwd=source, capture_output=True, text=True, check=True).stdout.split()
    found += [path for path in {**assemble.our_files(source), **assemble.our_patches()}
              if path.endswith(".c") and not path.startswith("tools/")]
    return sorted({path for path in found if path[:-2] not in CALLERS
                   and not path.startswith((*OURS, *FOLDERS, *ELSEWHERE))})


def complaints(text, tree):
    """The lines of a build's output that a developer would have to look at."""
    lines = [line.replace(str(tree) + "/", "") for line in text.splitlines()
             if WARNING.search(line) and not SPARED.match(line)]
    return list(dict.fromkeys(lines))


def make(command, targets, log, tree, **variables):
    """Run make; what it complained of. A failure without a complaint is one."""
    words = [*command, f"-j{jobs()}", "-k", *(f"{name}={value}" for name, value in variables.items()), *targets]
    done = subprocess.run(words, capture_output=True, text=True, check=False, errors="replace",
                          stdin=subprocess.DEVNULL, env=build_environment())
    with log.open("a") as out:
        out.write(" ".join(words) + "\n" + done.stdout + done.stderr)
    found = complaints(done.stdout + done.stderr, tree)
    if done.returncode and not found:
        found = (done.stdout + done.stderr).splitlines()[-15:]
    return found


def symbols(arch, path):
    """(undefined, defined, exported) names of an object or archive."""
    listing = subprocess.run([arch.cross + "nm", path], capture_output=True, text=True, check=True).stdout
    undefined, defined = set(), set()
    for line in listing.splitlines():
        words = line.split()
        if len(words) == 2:                     # no address
            undefined.add(words[1].removeprefix("."))
        elif len(words) == 3 and words[1].isupper():
            defined.add(words[2].removeprefix("."))
    exported = {name.removeprefix("__export_symbol_") for name in re.findall(r"__export_symbol_\w+", listing)}
    return undefined, defined, exported


def declared(tree, source):
    """The functions that the interface's headers and ours declare: a name at the left edge, not in a body."""
    headers = set(INTERFACE_HEADERS) | {path for path in assemble.our_files(source)
                                        if path.endswith(".h") and not path.startswith(("include/trace/", "tools/"))}
    return {name for path in headers for name in re.findall(r"^\w[^\n(]*?\b(\w+)\(", (tree / path).read_text(), re.M)}


def unresolved(arch, out, objects, modular, interface):
    """What of the interface is used but not defined, or used by a module but not exported."""
    table = {name: symbols(arch, out / name) for name in objects}
    defined = set().union(*(row[1] for row in table.values()))
    exported = set().union(*(row[2] for row in table.values()))
    lines = []
    for name, (undefined, _, _) in sorted(table.items()):
        used = undefined & interface
        lines += [f"{name}: {symbol} is defined nowhere" for symbol in sorted(used - defined)]
        if name in modular:
            lines += [f"{name}: {symbol} is not exported" for symbol in sorted(used & defined - exported)]
    return lines


def built_objects(out, targets):
    """The objects that came of the targets, a folder standing for all below it."""
    found = set()
    for target in targets:
        if target.endswith("/"):
            found |= {str(path.relative_to(out)) for path in (out / target).rglob("*.o")}
        else:
            found.add(target)
    return sorted(found)


def configured(name, out=None):
    """Write the configuration, where it is built if nowhere else: (make command, its values)."""
    configuration, out = CONFIGURATIONS[name], out or out_directory(name)
    tree, _ = assemble.assemble(base.source())
    out.mkdir(parents=True, exist_ok=True)
    host = compiler(ARCHES["x86_64"])
    command = make_command(Build(configuration.arch, "ours"), tree, out) + ["-s", f"HOSTCC={host}"]
    configure(command, tree, out, fragments(configuration))
    return command, parse((out / ".config").read_text())


def values(name):
    """Those of a configuration, which is not built; all are written at one place, that has Kconfig's programs then."""
    with locked("buildonly-values"):
        return configured(name, out_directory("values"))[1]


def built(name, command, config, log, link):
    """Build it all; what make or the check of the names complained of."""
    configuration, source, out = CONFIGURATIONS[name], base.source(), out_directory(name)
    tree = assemble.tree_for(source)
    own, using = ours(source, config), callers(configuration, config)
    found = make(command, ["modules_prepare"], log, tree)
    if own and not found:
        found = make(command, own, log, tree, W=1)
    found += make(command, sorted(using.keys() - set(own)), log, tree)
    if found:
        return found
    if link or configuration.linked:
        return make(command, ["vmlinux", "modules"], log, tree)
    modular = [path for path, value in using.items() if value == "m"]
    return unresolved(configuration.arch, out, built_objects(out, [*own, *using]), modular, declared(tree, source))


def problems(name, link=False):
    """Build one configuration; the lines to fix."""
    out, log = out_directory(name), LOGS / f"buildonly-{name}.log"
    LOGS.mkdir(parents=True, exist_ok=True)
    with locked(f"buildonly-{name}"):
        log.write_text("")
        command, config = configured(name)
        found = built(name, command, config, log, link)
        if found:
            for path in out.rglob("*.o"):       # what warned would be silent the next time, being built
                path.unlink()
        return found

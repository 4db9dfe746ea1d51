// SPDX-License-Identifier: GPL-2.0
/*
 * A snapshot: everything user space can see that a transition of memory may
 * change, as sorted lines. Two snapshots are equal line by line, or a transition
 * has left something behind. What the rest of the system moves all the time,
 * free pages and slab objects, is in struct usage.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hotplug.h"

/* No section is smaller on the machines that have hotplug/states */
#define SECTION_STEP	(1ULL << 27)
#define KPF_NOPAGE	(1ULL << 20)

static __attribute__((noreturn)) void fail(const char *what)
{
	printf("Bail out! snapshot: %s: %s\n", what, strerror(errno));
	exit(1);
}

static __attribute__((format(printf, 2, 3)))
void add(struct snapshot *snapshot, const char *format, ...)
{
	va_list args;

	if (snapshot->count == snapshot->room) {
		snapshot->room = snapshot->room ? 2 * snapshot->room : 1024;
		snapshot->lines = realloc(snapshot->lines, snapshot->room * sizeof(char *));
		if (!snapshot->lines)
			fail("realloc");
	}
	va_start(args, format);
	if (vasprintf(&snapshot->lines[snapshot->count], format, args) < 0)
		fail("vasprintf");
	va_end(args);
	snapshot->count++;
}

static bool begins(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

static FILE *open_text(const char *path)
{
	FILE *file = fopen(path, "r");

	if (!file)
		fail(path);
	return file;
}

/* The lines of a file that begin with one of the prefixes; all if there are none */
static void add_lines(struct snapshot *snapshot, const char *path, const char *const *prefixes)
{
	FILE *file = open_text(path);
	char line[LINE];

	while (fgets(line, sizeof(line), file)) {
		bool wanted = !prefixes;
		size_t i;

		line[strcspn(line, "\n")] = '\0';
		for (i = 0; prefixes && prefixes[i]; i++)
			wanted |= begins(line, prefixes[i]);
		if (wanted)
			add(snapshot, "%s: %s", path, line);
	}
	fclose(file);
}

/* What a zone spans and has, its watermarks, and how its per-CPU lists are set up */
static void add_zones(struct snapshot *snapshot)
{
	static const char *const fields[] = {
		"min ", "low ", "promo ", "spanned ", "present ", "managed ", "cma ",
		"protection:", "batch:", "start_pfn:", "vm stats threshold:", NULL,
	};
	FILE *file = open_text("/proc/zoneinfo");
	char line[LINE], zone[32] = "";
	unsigned int node = 0, cpu = 0, i;

	while (fgets(line, sizeof(line), file)) {
		char *text = line + strspn(line, " ");

		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "Node %u, zone %31s", &node, zone) == 2)
			cpu = 0;
		if (sscanf(text, "cpu: %u", &cpu) == 1)
			continue;
		for (i = 0; fields[i]; i++) {
			if (begins(text, fields[i]))
				add(snapshot, "node %u zone %s cpu %u: %s", node, zone, cpu, text);
		}
	}
	fclose(file);
}

/* Page blocks that are isolated: the last column of the table that counts page blocks */
static void add_isolated(struct snapshot *snapshot)
{
	FILE *file = open_text("/proc/pagetypeinfo");
	char line[LINE], zone[32];
	bool table = false, isolate = false;
	unsigned int node;

	while (fgets(line, sizeof(line), file)) {
		char *last;

		line[strcspn(line, "\n")] = '\0';
		if (begins(line, "Number of blocks type"))
			table = true;
		if (table && strstr(line, "Isolate"))
			isolate = true;
		last = strrchr(line, ' ');
		if (table && isolate && last &&
		    sscanf(line, "Node %u, zone %31s", &node, zone) == 2)
			add(snapshot, "node %u zone %s isolated page blocks:%s", node, zone, last);
	}
	fclose(file);
}

static void add_link(struct snapshot *snapshot, const char *path)
{
	char target[LINE];
	ssize_t length = readlink(path, target, sizeof(target) - 1);

	if (length < 0)
		return;
	target[length] = '\0';
	add(snapshot, "%s -> %s", path, target);
}

static bool join(char *path, const char *a, const char *b, const char *c)
{
	return snprintf(path, LINE, "%s%s%s", a, b, c) < LINE;
}

/* Names, modes and the targets of links; a directory that vanishes is not an error */
static void add_tree(struct snapshot *snapshot, const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	struct stat about;
	char below[LINE];

	if (!directory)
		return;
	while ((entry = readdir(directory))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (!join(below, path, "/", entry->d_name))
			continue;
		if (lstat(below, &about))
			continue;
		if (S_ISLNK(about.st_mode))
			add_link(snapshot, below);
		else
			add(snapshot, "%s %o", below, about.st_mode);
		if (S_ISDIR(about.st_mode))
			add_tree(snapshot, below);
	}
	closedir(directory);
}

static void add_file(struct snapshot *snapshot, const char *path)
{
	char text[LINE];
	int error = get(path, text, sizeof(text));

	if (error)
		add(snapshot, "%s: errno %d", path, error);
	else
		add(snapshot, "%s: %s", path, text);
}

typedef void (*add_function)(struct snapshot *snapshot, const char *path);

/* Calls a function for the entries of a directory with a numbered name */
static void add_numbered(struct snapshot *snapshot, const char *path, const char *prefix,
			 add_function function)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	char below[LINE];

	if (!directory)
		return;
	while ((entry = readdir(directory))) {
		if (!begins(entry->d_name, prefix) || !isdigit(entry->d_name[strlen(prefix)]))
			continue;
		if (join(below, path, "", entry->d_name))
			function(snapshot, below);
	}
	closedir(directory);
}

static void add_block(struct snapshot *snapshot, const char *path)
{
	static const char *const files[] = {
		"state", "hotplug/state", "phys_index", "online", NULL,
	};
	char file[2 * LINE];
	unsigned int i;

	for (i = 0; files[i]; i++) {
		snprintf(file, sizeof(file), "%s/%s", path, files[i]);
		add_file(snapshot, file);
	}
}

static void add_node(struct snapshot *snapshot, const char *path)
{
	FILE *file;
	char name[2 * LINE], line[LINE];

	snprintf(name, sizeof(name), "%s/meminfo", path);
	file = fopen(name, "r");
	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (strstr(line, "MemTotal:"))
			add(snapshot, "%s: %s", name, line);
	}
	fclose(file);
}

/* Entries of the firmware's memory map have numbers that are never used again */
static void add_firmware_entry(struct snapshot *snapshot, const char *path)
{
	char file[2 * LINE], value[3][LINE] = {};
	static const char *const names[] = { "start", "end", "type" };
	unsigned int i;

	for (i = 0; i < 3; i++) {
		snprintf(file, sizeof(file), "%s/%s", path, names[i]);
		get(file, value[i], sizeof(value[i]));
	}
	add(snapshot, "/sys/firmware/memmap: %s-%s %s", value[0], value[1], value[2]);
}

/* A node's threads come with its first memory and go with its last */
static void add_thread(struct snapshot *snapshot, const char *path)
{
	char file[2 * LINE], name[LINE];

	snprintf(file, sizeof(file), "%s/comm", path);
	if (!get(file, name, sizeof(name)) && (begins(name, "kswapd") || begins(name, "kcompactd")))
		add(snapshot, "thread %s", name);
}

/* Where the kernel finds a struct page: only sections that are online have one */
static void add_sections(struct snapshot *snapshot)
{
	const long page_size = sysconf(_SC_PAGESIZE);
	const uint64_t block = block_size();
	uint64_t step, address, flags;
	int fd;

	fd = open("/proc/kpageflags", O_RDONLY);
	if (fd < 0)
		return;
	step = block < SECTION_STEP ? block : SECTION_STEP;
	for (address = 0; step; address += step) {
		if (pread(fd, &flags, sizeof(flags),
			  address / page_size * sizeof(flags)) != sizeof(flags))
			break;
		if (!(flags & KPF_NOPAGE))
			add(snapshot, "section at %#llx is online", (unsigned long long)address);
	}
	close(fd);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void forget(struct snapshot *snapshot)
{
	while (snapshot->count)
		free(snapshot->lines[--snapshot->count]);
}

void snapshot_take(struct snapshot *snapshot)
{
	static const char *const meminfo[] = {
		"MemTotal:", "DirectMap", "HardwareCorrupted:", "HugePages_Total:", NULL,
	};
	static const char *const vmstat[] = { "nr_memmap", NULL };

	forget(snapshot);
	add_lines(snapshot, "/proc/meminfo", meminfo);
	add_lines(snapshot, "/proc/vmstat", vmstat);
	add_lines(snapshot, "/proc/iomem", NULL);
	add_lines(snapshot, "/proc/modules", NULL);
	add_zones(snapshot);
	add_isolated(snapshot);
	add_sections(snapshot);
	add_tree(snapshot, "/sys/devices/system/memory");
	add_tree(snapshot, "/sys/devices/system/node");
	add_file(snapshot, NODES "online");
	add_file(snapshot, NODES "possible");
	add_file(snapshot, NODES "has_memory");
	add_file(snapshot, NODES "has_normal_memory");
	add_file(snapshot, MEMORY "auto_online_blocks");
	add_file(snapshot, "/sys/module/mhp_client/parameters/outstanding");
	add_numbered(snapshot, MEMORY, "memory", add_block);
	add_numbered(snapshot, NODES, "node", add_node);
	add_numbered(snapshot, "/sys/firmware/memmap/", "", add_firmware_entry);
	add_numbered(snapshot, "/proc/", "", add_thread);
	qsort(snapshot->lines, snapshot->count, sizeof(char *), by_text);
}

void snapshot_drop(struct snapshot *snapshot, const char *beginning)
{
	size_t i, kept = 0;

	for (i = 0; i < snapshot->count; i++) {
		if (begins(snapshot->lines[i], beginning))
			free(snapshot->lines[i]);
		else
			snapshot->lines[kept++] = snapshot->lines[i];
	}
	snapshot->count = kept;
}

void snapshot_print(const struct snapshot *snapshot)
{
	size_t i;

	for (i = 0; i < snapshot->count; i++)
		puts(snapshot->lines[i]);
}

size_t snapshot_compare(const struct snapshot *before, const struct snapshot *after)
{
	size_t i = 0, j = 0, differences = 0;

	while (i < before->count || j < after->count) {
		int order;

		if (i == before->count)
			order = 1;
		else if (j == after->count)
			order = -1;
		else
			order = strcmp(before->lines[i], after->lines[j]);
		if (order < 0)
			printf("# was: %s\n", before->lines[i]);
		if (order > 0)
			printf("# now: %s\n", after->lines[j]);
		i += order <= 0;
		j += order >= 0;
		differences += order != 0;
	}
	return differences;
}

/* Give back what is only kept in case it is wanted again, and what waits for RCU */
void usage_settle(void)
{
	DIR *caches;
	struct dirent *entry;
	char path[LINE];
	int i;

	/*
	 * The first time kfree_rcu() hands over what it has collected, and a work
	 * item frees it after a grace period; the second time finds that done.
	 */
	for (i = 0; i < 2; i++) {
		put("/proc/sys/vm/drop_caches", "3");
		put("/sys/module/rcutree/parameters/do_rcu_barrier", "1");
	}
	caches = opendir("/sys/kernel/slab");
	if (!caches)
		return;
	while ((entry = readdir(caches))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		if (join(path, "/sys/kernel/slab/", entry->d_name, "/shrink"))
			put(path, "1");
	}
	closedir(caches);
}

static long count_free_pages(void)
{
	FILE *file = open_text("/proc/zoneinfo");
	long pages, total = 0;
	char line[LINE];

	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, " nr_free_pages %ld", &pages) == 1 ||
		    sscanf(line, " count: %ld", &pages) == 1)
			total += pages;
	}
	fclose(file);
	return total;
}

/*
 * But for vmap_area: reading percpu_stats leaves some behind, which are freed in
 * bulk at some later time.
 */
static long count_slab_objects(void)
{
	FILE *file = fopen("/proc/slabinfo", "r");
	long objects, total = 0;
	char line[LINE];

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file)) {
		if (line[0] != '#' && strncmp(line, "vmap_area ", 10) &&
		    sscanf(line, "%*s %ld", &objects) == 1)
			total += objects;
	}
	fclose(file);
	return total;
}

static long count_percpu_objects(void)
{
	FILE *file = fopen("/sys/kernel/debug/percpu_stats", "r");
	long objects = 0;
	char line[LINE];

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, " nr_cur_alloc : %ld", &objects) == 1)
			break;
	}
	fclose(file);
	return objects;
}

void usage_take(struct usage *usage)
{
	usage->free_pages = count_free_pages();
	usage->slab_objects = count_slab_objects();
	usage->percpu_objects = count_percpu_objects();
}

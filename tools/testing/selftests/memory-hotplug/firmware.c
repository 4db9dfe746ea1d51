// SPDX-License-Identifier: GPL-2.0
/* Where the firmware says that there is RAM: in its memory map, or in the device tree. */
#include <endian.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hotplug.h"

#define MEMMAP	"/sys/firmware/memmap/"
#define TREE	"/sys/firmware/devicetree/base/"

static uint64_t memmap_value(unsigned int entry, const char *name)
{
	char path[LINE], text[LINE];

	snprintf(path, sizeof(path), MEMMAP "%u/%s", entry, name);
	return get(path, text, sizeof(text)) ? 0 : strtoull(text, NULL, 0);
}

static size_t memory_map(struct range *ranges, size_t max)
{
	char path[LINE], type[LINE];
	size_t count = 0;
	unsigned int i;

	for (i = 0; count < max; i++) {
		snprintf(path, sizeof(path), MEMMAP "%u/type", i);
		if (get(path, type, sizeof(type)))
			break;
		if (strcmp(type, "System RAM"))
			continue;
		ranges[count].start = memmap_value(i, "start");
		ranges[count].size = memmap_value(i, "end") + 1 - ranges[count].start;
		count++;
	}
	return count;
}

/* A number of so many cells of 32 bits, the highest first */
static uint64_t read_cells(FILE *file, unsigned int cells)
{
	uint64_t value = 0;
	uint32_t cell;

	while (cells-- && fread(&cell, sizeof(cell), 1, file) == 1)
		value = value << 32 | be32toh(cell);
	return value;
}

static unsigned int nr_cells(const char *name)
{
	FILE *file;
	char path[LINE];
	unsigned int cells;

	snprintf(path, sizeof(path), TREE "#%s-cells", name);
	file = fopen(path, "r");
	if (!file)
		return 1;
	cells = read_cells(file, 1);
	fclose(file);
	return cells;
}

static size_t read_reg(const char *path, struct range *ranges, size_t max)
{
	const unsigned int address = nr_cells("address"), size = nr_cells("size");
	FILE *file = fopen(path, "r");
	size_t count = 0;

	if (!file)
		return 0;
	for (; count < max; count++) {
		ranges[count].start = read_cells(file, address);
		ranges[count].size = read_cells(file, size);
		if (feof(file))
			break;
	}
	fclose(file);
	return count;
}

static size_t device_tree(struct range *ranges, size_t max)
{
	size_t count = 0, i;
	glob_t found;

	if (glob(TREE "memory@*/reg", 0, NULL, &found))
		return 0;
	for (i = 0; i < found.gl_pathc; i++)
		count += read_reg(found.gl_pathv[i], ranges + count, max - count);
	globfree(&found);
	return count;
}

static int by_start(const void *a, const void *b)
{
	const struct range *one = a, *other = b;

	return (one->start > other->start) - (one->start < other->start);
}

/* A device tree tells of each node, or each LMB, by itself */
static size_t join(struct range *ranges, size_t count)
{
	size_t joined = 0, i;

	qsort(ranges, count, sizeof(*ranges), by_start);
	for (i = 1; i < count; i++) {
		if (ranges[joined].start + ranges[joined].size == ranges[i].start)
			ranges[joined].size += ranges[i].size;
		else
			ranges[++joined] = ranges[i];
	}
	return count ? joined + 1 : 0;
}

size_t firmware_memory(struct range *ranges, size_t max)
{
	size_t count = memory_map(ranges, max);

	if (!count)
		count = device_tree(ranges, max);
	return join(ranges, count);
}

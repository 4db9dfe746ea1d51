// SPDX-License-Identifier: GPL-2.0
/* The files of memory hotplug, and what they say. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hotplug.h"

/* One write(2), as a user's echo does it; never repeated */
int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	int error = 0;

	if (fd < 0)
		return errno;
	if (write(fd, text, strlen(text)) < 0)
		error = errno;
	close(fd);
	return error;
}

/* The first line of a file, or as much as there is room for */
int get(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t length;
	int error;

	if (fd < 0)
		return errno;
	length = read(fd, text, size - 1);
	error = length < 0 ? errno : 0;
	close(fd);
	text[length < 0 ? 0 : length] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return error;
}

uint64_t block_size(void)
{
	char text[LINE];

	if (get(MEMORY "block_size_bytes", text, sizeof(text)))
		return 0;
	return strtoull(text, NULL, 16);
}

/* Where System RAM that touches [start, end) begins and ends; false if none does */
static bool used_memory(uint64_t start, uint64_t end, struct range *used)
{
	FILE *iomem = fopen("/proc/iomem", "r");
	unsigned long long first, last;
	char line[LINE];
	bool found = false;

	if (!iomem)
		return false;
	while (!found && fgets(line, sizeof(line), iomem)) {
		if (line[0] == ' ' || !strstr(line, " : System RAM") ||
		    sscanf(line, "%llx-%llx", &first, &last) != 2)
			continue;
		used->start = first;
		used->size = last + 1 - first;
		found = first < end && last >= start;
	}
	fclose(iomem);
	return found;
}

size_t spare_memory(struct range *ranges, size_t max)
{
	const uint64_t block = block_size();
	struct range ram[MAX_RANGES], used;
	const size_t nr_ram = firmware_memory(ram, MAX_RANGES);
	size_t count = 0, i;

	for (i = 0; block && i < nr_ram && count < max; i++) {
		uint64_t start = ram[i].start, end = start + ram[i].size;

		while (start < end && used_memory(start, end, &used)) {
			if (used.start > start) {
				end = used.start;
				break;
			}
			start = used.start + used.size;
		}
		start = (start + block - 1) / block * block;
		end = end / block * block;
		if (start < end)
			ranges[count++] = (struct range) { start, end - start };
	}
	return count;
}

int read_states(struct state *states, size_t max, size_t *count)
{
	FILE *file = fopen(MEMORY "hotplug/states", "r");
	char line[LINE], up[16], down[16];

	if (!file)
		return errno;
	*count = 0;
	while (*count < max && fgets(line, sizeof(line), file)) {
		struct state *state = &states[*count];

		if (sscanf(line, "%15s %u %31s up %15s down %15s", state->table,
			   &state->number, state->name, up, down) != 5) {
			fclose(file);
			return EPROTO;
		}
		state->up_may_fail = !strcmp(up, "may-fail");
		state->down_may_fail = !strcmp(down, "may-fail");
		(*count)++;
	}
	fclose(file);
	return 0;
}

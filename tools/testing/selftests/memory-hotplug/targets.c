// SPDX-License-Identifier: GPL-2.0
/*
 * Targets: blocks of memory for a test to add, bring online, take offline and
 * remove. They lie where the kernel leaves memory unused because of mem= on its
 * command line.
 *
 * One is probed. If mhp_provider of test_modules is loaded, others are added by
 * this driver: to a node that has no memory, once for ZONE_MOVABLE and once for
 * a kernel zone; one of which the driver keeps pages; and one that holds its own
 * memmap, if the kernel was told memory_hotplug.memmap_on_memory. Above the last
 * one another block is online: a memmap that does not leave its zone shows in the
 * span of a zone that goes on behind it, as only what leaves a zone at its edge
 * moves the edge.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hotplug.h"

#define PROVIDER	"/sys/module/mhp_provider/parameters/"
#define MAX_NODES	1024

struct target targets[MAX_TARGETS];
size_t nr_targets;

static char saved_policy[LINE];

static void state_path(const struct target *target, char *path)
{
	snprintf(path, LINE, MEMORY "memory%llu/state", target->number);
}

void target_add_request(const struct target *target, char *path, char *text)
{
	const unsigned long long start = target->start, size = block_size();

	if (target->provider == BY_DRIVER) {
		snprintf(path, LINE, PROVIDER "add");
		snprintf(text, LINE, "%d %#llx %#llx %s", target->node, start, size, target->as);
	} else {
		snprintf(path, LINE, MEMORY "probe");
		snprintf(text, LINE, "%#llx", start);
	}
}

void target_online_request(const struct target *target, char *path, char *text)
{
	state_path(target, path);
	snprintf(text, LINE, "%s", target->online);
}

int target_add(const struct target *target)
{
	char path[LINE], text[LINE];

	target_add_request(target, path, text);
	return put(path, text);
}

int target_online(const struct target *target)
{
	char path[LINE], text[LINE];

	target_online_request(target, path, text);
	return put(path, text);
}

int target_offline(const struct target *target)
{
	char path[LINE];

	state_path(target, path);
	return put(path, "offline");
}

int target_remove(const struct target *target)
{
	const unsigned long long start = target->start, size = block_size();
	char text[LINE];

	snprintf(text, sizeof(text), "%#llx %#llx", start, size);
	return put(target->provider == BY_DRIVER ? PROVIDER "remove" : MEMORY "remove", text);
}

void must(int error, const char *what, const struct target *target)
{
	char text[LINE] = "";

	if (!error)
		return;
	get(MEMORY "hotplug/refusal", text, sizeof(text));
	printf("Bail out! %s of memory%llu: %s; %s\n", what, target->number, strerror(error), text);
	exit(1);
}

static struct target block_above(const struct target *target)
{
	return (struct target) {
		.start = target->start + block_size(),
		.number = target->number + 1,
		.provider = BY_DRIVER,
		.as = "plain",
		.node = target->node,
		.online = target->online,
	};
}

void target_prepare(const struct target *target)
{
	const struct target above = block_above(target);

	if (!target->below_another)
		return;
	must(target_add(&above), "adding the block above", &above);
	must(target_online(&above), "bringing the block above online", &above);
}

void target_finish(const struct target *target)
{
	const struct target above = block_above(target);

	if (!target->below_another)
		return;
	must(target_offline(&above), "taking the block above offline", &above);
	must(target_remove(&above), "removing the block above", &above);
}

static void take_away(const struct target *target)
{
	target_offline(target);
	if (target->provider != ALREADY_THERE)
		target_remove(target);
}

static void restore(void)
{
	size_t i;

	put(MEMORY "hotplug/fail", "none");
	for (i = 0; i < nr_targets; i++) {
		const struct target above = block_above(&targets[i]);

		take_away(&targets[i]);
		if (targets[i].below_another)
			take_away(&above);
	}
	put(MEMORY "auto_online_blocks", saved_policy);
}

/* Nothing goes online by itself from now on until the program ends */
void targets_begin(void)
{
	if (get(MEMORY "auto_online_blocks", saved_policy, sizeof(saved_policy)) ||
	    put(MEMORY "auto_online_blocks", "offline")) {
		printf("Bail out! " MEMORY "auto_online_blocks cannot be set\n");
		exit(1);
	}
	atexit(restore);
}

static int node_of(const struct target *target)
{
	char path[LINE];
	int node;

	for (node = 0; node < MAX_NODES; node++) {
		snprintf(path, sizeof(path), MEMORY "memory%llu/node%d", target->number, node);
		if (!access(path, F_OK))
			return node;
	}
	return -1;
}

/* How the direct map is divided, somebody else may change now and then */
static void look(struct snapshot *snapshot)
{
	snapshot_take(snapshot);
	snapshot_drop(snapshot, "/proc/meminfo: DirectMap");
}

static void there_and_back(struct target *target)
{
	if (target->provider != ALREADY_THERE)
		must(target_add(target), "the first add", target);
	target->node = node_of(target);
	must(target_online(target), "the first online", target);
	must(target_offline(target), "the first offline", target);
	if (target->provider != ALREADY_THERE)
		must(target_remove(target), "the first remove", target);
}

/* Once, so that what the first time allocates for good is there */
static void warm_up(struct target *target)
{
	static struct snapshot before, after;

	target_prepare(target);
	look(&before);
	there_and_back(target);
	look(&after);
	target->left_behind = snapshot_compare(&before, &after);
	target_finish(target);
}

static void add_target(struct target target)
{
	if (nr_targets == MAX_TARGETS)
		return;
	target.number = target.start / block_size();
	warm_up(&target);
	targets[nr_targets++] = target;
}

/* The numbers of a list such as "0,2-3" */
static bool in_list(const char *list, int number)
{
	while (*list) {
		char *end;
		long first = strtol(list, &end, 10), last = first;

		if (*end == '-')
			last = strtol(end + 1, &end, 10);
		if (number >= first && number <= last)
			return true;
		list = *end ? end + 1 : end;
	}
	return false;
}

/*
 * A node without any memory of its own has nothing of the kernel on it, so that
 * its first block can go offline again from a kernel zone, too.
 */
static void add_bare_node(uint64_t start)
{
	struct target target = { .start = start, .provider = BY_DRIVER, .as = "plain" };
	char possible[LINE], online[LINE], has_memory[LINE];

	if (get(NODES "possible", possible, sizeof(possible)) ||
	    get(NODES "online", online, sizeof(online)) ||
	    get(NODES "has_memory", has_memory, sizeof(has_memory)))
		return;
	for (target.node = 0; target.node < MAX_NODES; target.node++) {
		if (!in_list(possible, target.node) || in_list(has_memory, target.node))
			continue;
		target.online = "online_movable";
		target.number = start / block_size();
		/* Online without memory since boot, it leaves with the first that it loses */
		if (in_list(online, target.node))
			there_and_back(&target);
		add_target(target);
		target.online = "online_kernel";
		add_target(target);
		return;
	}
}

static bool memmap_may_be_inside(void)
{
	char text[LINE];

	return !get("/sys/module/memory_hotplug/parameters/memmap_on_memory", text, sizeof(text)) &&
	       strcmp(text, "N");
}

void targets_find(void)
{
	struct range spare[MAX_RANGES];
	const size_t count = spare_memory(spare, MAX_RANGES);
	bool room_above;
	uint64_t last;

	if (!count)
		return;
	add_target((struct target) {
		.start = spare[0].start,
		.provider = BY_PROBE,
		.as = "probed",
		.online = "online_movable",
	});
	if (access(PROVIDER "add", W_OK)) {
		printf("# mhp_provider is not loaded: only memory that is probed\n");
		return;
	}
	last = spare[count - 1].start + spare[count - 1].size - block_size();
	add_bare_node(last);
	add_target((struct target) {
		.start = last,
		.provider = BY_DRIVER,
		.as = "kept",
		.online = "online_movable",
	});
	room_above = spare[count - 1].size >= 2 * block_size();
	if (memmap_may_be_inside())
		add_target((struct target) {
			.start = room_above ? last - block_size() : last,
			.provider = BY_DRIVER,
			.as = "managed memmap",
			.online = "online_movable",
			.below_another = room_above,
		});
}

void targets_use_block(unsigned long long number)
{
	add_target((struct target) {
		.start = number * block_size(),
		.as = "present",
		.online = "online_movable",
	});
}

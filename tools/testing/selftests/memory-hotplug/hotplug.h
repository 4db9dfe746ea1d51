/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of memory hotplug share: its files in sysfs, the table of
 * states that the kernel lists, memory that can be probed, and snapshots of
 * everything that a transition may change.
 */
#ifndef _SELFTEST_MEMORY_HOTPLUG_H
#define _SELFTEST_MEMORY_HOTPLUG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEMORY	"/sys/devices/system/memory/"
#define NODES	"/sys/devices/system/node/"

#define LINE	512

/* files.c: all of them return 0 or a positive errno */
int put(const char *path, const char *text);
int get(const char *path, char *text, size_t size);

uint64_t block_size(void);

struct range {
	uint64_t start;
	uint64_t size;
};

#define MAX_RANGES	64

/* firmware.c: where there is RAM */
size_t firmware_memory(struct range *ranges, size_t max);

/* What of it the kernel does not use, in blocks */
size_t spare_memory(struct range *ranges, size_t max);

/* One line of hotplug/states */
struct state {
	char table[16];
	unsigned int number;
	char name[32];
	bool up_may_fail;
	bool down_may_fail;
};

int read_states(struct state *states, size_t max, size_t *count);

/* targets.c */
enum provider {
	ALREADY_THERE,
	BY_PROBE,
	BY_DRIVER,
};

/*
 * A block: who adds it, as what, to which node, and how it goes online; whether
 * the block above it is in the same zone all the while, so that the zone begins
 * with the target and does not end with it; and how many lines of a snapshot the
 * first time there and back has changed
 */
struct target {
	uint64_t start;
	unsigned long long number;
	enum provider provider;
	const char *as;
	int node;
	const char *online;
	bool below_another;
	size_t left_behind;
};

#define MAX_TARGETS	8

extern struct target targets[MAX_TARGETS];
extern size_t nr_targets;

void targets_begin(void);
void targets_find(void);
void targets_use_block(unsigned long long number);

/* Brings the block above the target, and takes it away; ends the test on an error */
void target_prepare(const struct target *target);
void target_finish(const struct target *target);

/* What to write where; @path and @text have room for LINE bytes */
void target_add_request(const struct target *target, char *path, char *text);
void target_online_request(const struct target *target, char *path, char *text);

/* These return 0 or a positive errno */
int target_add(const struct target *target);
int target_online(const struct target *target);
int target_offline(const struct target *target);
int target_remove(const struct target *target);

/* Ends the test if there was an error */
void must(int error, const char *what, const struct target *target);

/* snapshot.c */
struct snapshot {
	char **lines;
	size_t count;
	size_t room;
};

void snapshot_take(struct snapshot *snapshot);
/* Leaves the lines that begin so out of a snapshot */
void snapshot_drop(struct snapshot *snapshot, const char *beginning);
void snapshot_print(const struct snapshot *snapshot);
/* Prints the lines that differ as KTAP comments; returns how many there are */
size_t snapshot_compare(const struct snapshot *before, const struct snapshot *after);

/* What cannot be compared exactly, because the rest of the system moves it */
struct usage {
	long free_pages;
	long slab_objects;
	long percpu_objects;	/* 0 if the kernel does not count them */
};

void usage_settle(void);
void usage_take(struct usage *usage);

#endif

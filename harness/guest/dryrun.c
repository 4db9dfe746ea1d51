// SPDX-License-Identifier: GPL-2.0
/*
 * Does a dry run tell the truth? Something is put into a memory block, or nothing;
 * hotplug/check of the block is read; then the block is taken offline in earnest.
 *
 *   dryrun <seed> <times> <removable> <patience> <kind>=<block>[-<block>] ...
 *
 * The cases: each kind of obstacle so many times, and so many blocks that can go,
 * in an order that the seed decides, as it does everything else that is left to
 * chance. The blocks: "movable" and "normal" ones, offline, of which a case takes
 * any; boot memory that cannot go for what it is, as "holes", "zones", "reserved" or
 * "cma", or that can, as "free"; and as "drain" one that is online and stays so, on
 * another node than the movable ones. Kinds whose blocks are not there are left
 * out. Patience is in milliseconds: how long a block gets that should go.
 *
 * Prints a line for each case that did not end as it should, and then
 *
 *   kind <name> <cases> <those not as they should be>
 *   false ok <cases>; false obstacle <cases>; of <cases>, <seconds> s
 *
 * Wants the modules mhp_obstacle and mhp_named, and leaves all blocks offline.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pagemap.h"

#define MEMORY		"/sys/devices/system/memory"
#define OBSTACLE	"/sys/module/mhp_obstacle/parameters"
#define NAMED		"/sys/module/mhp_named/parameters"
#define ALL_HUGE_PAGES	"/proc/sys/vm/nr_hugepages"
/* Of the node on which the movable blocks are */
#define HUGE_PAGES	"/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages"
#define MIB		(1UL << 20)
#define STUCK_MS	100	/* enough for what is known to be stuck */
#define MAX_CASES	4096
#define NAME		"dryrun_client"

static uint64_t block_size;
static long page_size;
static unsigned int patience;

/* The blocks that a case can take */
struct blocks {
	char name[16];
	unsigned int first;
	unsigned int last;
};

static struct blocks blocks[16];
static unsigned int nr_blocks;

static const struct blocks *find_blocks(const char *name)
{
	unsigned int i;

	for (i = 0; i < nr_blocks; i++) {
		if (!strcmp(blocks[i].name, name))
			return &blocks[i];
	}
	return NULL;
}

/* What a case holds until its end */
static char *memory;
static size_t memory_size;
static int pipe_ends[2] = { -1, -1 };
static pid_t child;
static bool will_refuse;	/* what the block does when it is taken offline */
static uint64_t place;		/* of the page that is in the way; 0: not a certain one */

static __attribute__((noreturn, format(printf, 1, 2))) void fail(const char *format, ...)
{
	const int error = errno;
	va_list args;

	va_start(args, format);
	printf("dryrun: ");
	vprintf(format, args);
	printf(": %s\n", strerror(error));
	exit(2);
}

/* Numbers that only depend on the seed */
static uint64_t state;

static unsigned int chance(unsigned int below)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (state >> 33) % below;
}

/* 0 or a positive errno */
static int put(const char *path, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int put(const char *path, const char *format, ...)
{
	char text[256];
	va_list args;
	int fd, error = 0;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		fail("%s", path);
	if (write(fd, text, strlen(text)) < 0)
		error = errno;
	close(fd);
	return error;
}

static void must_put(const char *path, const char *text)
{
	errno = put(path, "%s", text);
	if (errno)
		fail("%s to %s", text, path);
}

static char *block_file(unsigned int block, const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), MEMORY "/memory%u/%s", block, name);
	return path;
}

static void get(const char *path, char *text, size_t size)
{
	const int fd = open(path, O_RDONLY);
	ssize_t length;

	if (fd < 0)
		fail("%s", path);
	length = read(fd, text, size - 1);
	if (length < 0)
		fail("%s", path);
	text[length] = '\0';
	close(fd);
}

static void set_timeout(unsigned int ms)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", ms);
	must_put(MEMORY "/hotplug/offline_timeout_ms", text);
}

static uint64_t start_of(unsigned int block)
{
	return block * block_size;
}

/* Memory of this process; what it touches comes from ZONE_MOVABLE if there is such */
static void use(size_t size, int flags)
{
	memory_size = size;
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags,
		      -1, 0);
	if (memory == MAP_FAILED)
		fail("mmap");
}

/* Touches all of it; some must come to lie in the block, else the case would be another */
static void touch(unsigned int block)
{
	bool inside = false;
	size_t at;

	for (at = 0; at < memory_size; at += page_size) {
		memory[at] = 1;
		inside |= address_of(memory + at) / block_size == block;
	}
	if (!inside) {
		errno = ENOENT;
		fail("a page in memory%u", block);
	}
}

/* A page of ours that lies in the block */
static char *page_inside(unsigned int block)
{
	size_t at;

	use(64 * MIB, 0);
	for (at = 0; at < memory_size; at += page_size) {
		memory[at] = 1;
		place = address_of(memory + at);
		if (place / block_size == block)
			return memory + at;
	}
	errno = ENOENT;
	fail("a page in memory%u", block);
}

static void obstacle(const char *kind, uint64_t start, uint64_t size)
{
	char text[2048], *last;

	errno = put(OBSTACLE "/put", "%s %#llx %#llx", kind, (unsigned long long)start,
		    (unsigned long long)size);
	if (errno)
		fail("obstacle %s at %#llx", kind, (unsigned long long)start);
	get(OBSTACLE "/held", text, sizeof(text));
	text[strlen(text) - 1] = '\0';
	last = strrchr(text, '\n');
	last = strchr(last ? last + 1 : text, ' ');
	place = strtoull(last, NULL, 0);
}

/* Pages that leave a node go to another; on which there is nothing free then */
static void drain_other_node(void)
{
	obstacle("drain", start_of(find_blocks("drain")->first), page_size);
	place = 0;
}

/* Setups: what makes the case */
static void nothing(unsigned int block)
{
	(void)block;
}

static void used(unsigned int block)
{
	use((1 + chance(32)) * MIB, 0);
	touch(block);
}

static void used_locked(unsigned int block)
{
	used(block);
	if (mlock(memory, memory_size))
		fail("mlock");
}

static void used_huge(unsigned int block)
{
	use((4 + chance(32)) * MIB, 0);
	madvise(memory, memory_size, MADV_HUGEPAGE);
	touch(block);
}

/* Writing to its stack is a page fault of the child's, which holds a page meanwhile */
static void used_by_two(unsigned int block)
{
	int ready[2];
	char byte;

	used(block);
	if (pipe(ready))
		fail("pipe");
	child = fork();
	if (child < 0)
		fail("fork");
	if (!child && write(ready[1], "", 1) == 1) {
		while (1)
			pause();
	}
	if (!child)
		_exit(1);
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		fail("the child");
	close(ready[0]);
}

static void used_by_file(unsigned int block)
{
	const int fd = open("/tmp/dryrun", O_RDWR | O_CREAT | O_TRUNC, 0600);

	memory_size = (1 + chance(16)) * MIB;
	if (fd < 0 || ftruncate(fd, memory_size))
		fail("/tmp/dryrun");
	memory = mmap(NULL, memory_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		fail("mmap");
	close(fd);
	touch(block);
}

static void huge_free(unsigned int block)
{
	(void)block;
	errno = put(HUGE_PAGES, "%u", 1 + chance(40));
	if (errno)
		fail(HUGE_PAGES);
}

static void huge_used(unsigned int block)
{
	const unsigned int pages = 1 + chance(20);

	(void)block;
	errno = put(HUGE_PAGES, "%u", pages);
	if (errno)
		fail(HUGE_PAGES);
	use(2 * MIB * pages, MAP_HUGETLB);
	touch(block);
}

static void client(unsigned int block, const char *words, const char *refuse)
{
	(void)block;
	errno = put(NAMED "/add", NAME " 0 %s", words);
	if (!errno && refuse)
		errno = put(NAMED "/refuse", NAME " %s", refuse);
	if (errno)
		fail("client");
}

static void client_agrees(unsigned int block)
{
	client(block, "query", NULL);
}

static void client_follows(unsigned int block)
{
	client(block, "follow", NULL);
}

static void client_unknown(unsigned int block)
{
	will_refuse = chance(2);
	client(block, "", will_refuse ? "going_offline 5" : NULL);
}


/* Refuses both when asked beforehand and when it matters */
static void client_refuses(unsigned int block)
{
	client(block, "query", "going_offline 16 device dryrun0 is busy, stop it");
}

static void by_pipe(unsigned int block)
{
	struct iovec page = { .iov_base = page_inside(block), .iov_len = page_size };

	if (pipe(pipe_ends) || vmsplice(pipe_ends[1], &page, 1, 0) != page_size)
		fail("vmsplice");
}

static void by_module(unsigned int block)
{
	page_inside(block);
	obstacle("pin", place, page_size);
}

static void isolated(unsigned int block)
{
	char text[1024];

	page_inside(block);
	obstacle("lock", place, page_size);
	obstacle("contig", place, page_size);
	do
		get(block_file(block, "hotplug/check"), text, sizeof(text));
	while (!strstr(text, "page=isolated"));
}

static void slab(unsigned int block)
{
	obstacle("slab", start_of(block), block_size);
}

static void kernel(unsigned int block)
{
	obstacle("kernel", start_of(block), block_size);
}

static void table(unsigned int block)
{
	obstacle("table", start_of(block), block_size);
}

static void offline(unsigned int block)
{
	obstacle("offline", start_of(block), block_size);
}

/* Anywhere in a block of ZONE_MOVABLE */
static uint64_t somewhere(unsigned int block)
{
	return start_of(block) + chance(block_size / page_size / 2) * page_size;
}

/* The driver of a page that refuses to have it moved */
static void driver_unknown(unsigned int block)
{
	will_refuse = true;
	obstacle("driver", somewhere(block), block_size / 2);
}

static void kernel_movable(unsigned int block)
{
	obstacle("kernel", somewhere(block), block_size / 2);
}

static void table_movable(unsigned int block)
{
	obstacle("table", somewhere(block), block_size / 2);
}

static void offline_movable(unsigned int block)
{
	obstacle("offline", somewhere(block), block_size / 2);
}

/* More in the block than there is room for elsewhere */
static void no_room(unsigned int block)
{
	use((100 + chance(20)) * MIB, 0);
	touch(block);
	drain_other_node();
}

static void huge_without_target(unsigned int block)
{
	drain_other_node();
	must_put(HUGE_PAGES, "40");
	use(80 * MIB, MAP_HUGETLB);
	touch(block);
}

static void huge_reserved(unsigned int block)
{
	(void)block;
	must_put(HUGE_PAGES, "20");
	use(40 * MIB, MAP_HUGETLB);
}

/* Takes back whatever a setup has done */
static void undo(void)
{
	int i;

	if (child) {
		kill(child, 9);
		waitpid(child, NULL, 0);
	}
	child = 0;
	for (i = 0; i < 2; i++) {
		if (pipe_ends[i] >= 0)
			close(pipe_ends[i]);
		pipe_ends[i] = -1;
	}
	must_put(OBSTACLE "/drop", "all");
	if (memory)
		munmap(memory, memory_size);
	memory = NULL;
	unlink("/tmp/dryrun");
	must_put(ALL_HUGE_PAGES, "0");
	put(NAMED "/del", NAME);
	place = 0;
}

enum outcome {
	GOES,		/* "ok", and the block goes */
	STAYS,		/* an obstacle, and the block stays */
	NOBODY_KNOWS,	/* "unknown:" */
};

struct kind {
	const char *name;
	const char *blocks;
	enum outcome outcome;
	void (*setup)(unsigned int block);
	const char *says;
	unsigned int cases;
	unsigned int bad;
};

#define GOES_WITH(name_, blocks_, setup_) \
	{ .name = name_, .blocks = blocks_, .outcome = GOES, .setup = setup_ }
#define STAYS_WITH(name_, blocks_, setup_, says_) \
	{ .name = name_, .blocks = blocks_, .outcome = STAYS, .setup = setup_, .says = says_ }

#define UNKNOWN_WITH(name_, setup_, says_) \
	{ .name = name_, .blocks = "movable", .outcome = NOBODY_KNOWS, .setup = setup_, \
	  .says = says_ }

static struct kind kinds[] = {
	GOES_WITH("empty", "movable", nothing),
	GOES_WITH("empty normal", "normal", nothing),
	GOES_WITH("used", "movable", used),
	GOES_WITH("used, locked", "movable", used_locked),
	GOES_WITH("used, huge", "movable", used_huge),
	GOES_WITH("used by two", "movable", used_by_two),
	GOES_WITH("used by a file", "movable", used_by_file),
	GOES_WITH("hugetlb free", "movable", huge_free),
	GOES_WITH("hugetlb used", "movable", huge_used),
	GOES_WITH("client agrees", "movable", client_agrees),
	GOES_WITH("client follows", "movable", client_follows),
	UNKNOWN_WITH("client unknown", client_unknown, "unknown: " NAME "\n"),
	UNKNOWN_WITH("driver unknown", driver_unknown,
		     "unknown: mhp_obstacle_driver [mhp_obstacle]\n"),
	GOES_WITH("free boot memory", "free", nothing),

	STAYS_WITH("pinned by pipe", "movable", by_pipe, "page=pinned"),
	STAYS_WITH("pinned by module", "movable", by_module, "page=pinned"),
	STAYS_WITH("isolated", "movable", isolated, "page=isolated"),
	STAYS_WITH("slab", "normal", slab, "page=slab"),
	STAYS_WITH("kernel", "normal", kernel, "page=unknown"),
	STAYS_WITH("table", "normal", table, "page=page-table"),
	STAYS_WITH("offline", "normal", offline, "page=offline"),
	STAYS_WITH("kernel, movable", "movable", kernel_movable, "page=unknown"),
	STAYS_WITH("table, movable", "movable", table_movable, "page=page-table"),
	STAYS_WITH("offline, movable", "movable", offline_movable, "page=offline"),
	STAYS_WITH("no room", "movable", no_room, "page=no-target"),
	STAYS_WITH("hugetlb, no target", "movable", huge_without_target, "page=no-target"),
	STAYS_WITH("hugetlb, reserved", "movable", huge_reserved, "reason="),
	STAYS_WITH("client refuses", "movable", client_refuses, "by=" NAME " "),
	STAYS_WITH("holes", "holes", nothing, "reason=holes"),
	STAYS_WITH("zones", "zones", nothing, "reason=zones"),
	STAYS_WITH("reserved", "reserved", nothing, "page=reserved"),
	STAYS_WITH("cma", "cma", nothing, "page=cma"),
};

#define KINDS	(sizeof(kinds) / sizeof(*kinds))

static void parse_blocks(const char *text)
{
	struct blocks *b = &blocks[nr_blocks++];
	const int found = sscanf(text, "%15[^=]=%u-%u", b->name, &b->first, &b->last);

	if (nr_blocks > 16 || found < 2) {
		errno = EINVAL;
		fail("%s", text);
	}
	if (found == 2)
		b->last = b->first;
}

static struct kind *cases[MAX_CASES];
static unsigned int nr_cases;

static void add_cases(struct kind *kind, unsigned int times)
{
	while (times-- && nr_cases < MAX_CASES)
		cases[nr_cases++] = kind;
}

static void draw_cases(unsigned int times, unsigned int removable)
{
	struct kind *ones[KINDS], *other;
	unsigned int nr_ones = 0, i, j;

	for (i = 0; i < KINDS; i++) {
		if (!find_blocks(kinds[i].blocks))
			continue;
		if (kinds[i].outcome == GOES)
			ones[nr_ones++] = &kinds[i];
		else
			add_cases(&kinds[i], times);
	}
	for (i = 0; i < removable && nr_ones; i++)
		add_cases(ones[i % nr_ones], 1);
	for (i = nr_cases; i > 1; i--) {
		j = chance(i);
		other = cases[i - 1];
		cases[i - 1] = cases[j];
		cases[j] = other;
	}
}

/* Is the place that the obstacle is said to have the one where we have put it? */
static bool is_there(const char *said)
{
	unsigned long long first, last;
	const char *range = strstr(said, "range=");

	return !place || (range && sscanf(range, "range=%llx-%llx", &first, &last) == 2 &&
			  first <= place && place <= last);
}

static unsigned int false_ok, false_obstacle;

/* What was said beforehand, against what happened; NULL if all is well */
static const char *judge(const struct kind *kind, const char *said, int error)
{
	const bool ok = !strncmp(said, "ok\n", 3), obstacle = !strncmp(said, "error=", 6);
	const bool unknown = strstr(said, "unknown: ");

	if (ok && error) {
		false_ok++;
		return "false ok";
	}
	if (obstacle && !error) {
		false_obstacle++;
		return "false obstacle";
	}
	switch (kind->outcome) {
	case GOES:
		if (error)
			return "did not go";
		return ok && !unknown ? NULL : "not ok";
	case STAYS:
		if (!error)
			return "went";
		if (!obstacle || unknown || !strstr(said, kind->says))
			return "not the obstacle that is there";
		return is_there(said) ? NULL : "not where it is";
	case NOBODY_KNOWS:
		if (strcmp(said, kind->says))
			return "not unknown";
		return !error == will_refuse ? "not what it does" : NULL;
	}
	return NULL;
}

static void run_case(unsigned int number, struct kind *kind)
{
	const struct blocks *from = find_blocks(kind->blocks);
	const unsigned int block = from->first + chance(from->last - from->first + 1);
	const bool is_hot = !strcmp(kind->blocks, "movable") || !strcmp(kind->blocks, "normal");
	const char *online = strcmp(kind->blocks, "normal") ? "online_movable" : "online_kernel";
	char said[4096], refusal[1024];
	const char *wrong;
	int error;

	if (is_hot || !strcmp(kind->blocks, "free")) {
		error = put(block_file(block, "state"), "%s", online);
		if (error && (is_hot || error != EINVAL)) {
			errno = error;
			fail("memory%u %s", block, online);
		}
	}
	will_refuse = kind->outcome == STAYS;
	kind->setup(block);
	get(block_file(block, "hotplug/check"), said, sizeof(said));
	set_timeout(will_refuse ? STUCK_MS : patience);
	error = put(block_file(block, "state"), "offline");
	get(block_file(block, "hotplug/refusal"), refusal, sizeof(refusal));
	wrong = judge(kind, said, error);
	kind->cases++;
	if (wrong) {
		kind->bad++;
		printf("case %u: %s, memory%u, place %#llx: %s; said %s", number, kind->name,
		       block, (unsigned long long)place, wrong, said);
		printf("\tdone: %s, %s", error ? strerrorname_np(error) : "ok", refusal);
		fflush(stdout);
	}
	undo();
	if (error && is_hot) {
		set_timeout(patience);
		error = put(block_file(block, "state"), "offline");
		get(block_file(block, "hotplug/refusal"), refusal, sizeof(refusal));
		if (error) {
			kind->bad++;
			printf("case %u: %s, memory%u: stays afterwards: %s", number,
			       kind->name, block, refusal);
			errno = error;
			fail("cleaning up");
		}
	}
}

int main(int argc, char **argv)
{
	const time_t begin = time(NULL);
	char text[64];
	unsigned int i;

	if (argc < 6) {
		printf("usage: dryrun <seed> <times> <removable> <patience> <kind>=<blocks> ...\n");
		return 2;
	}
	page_size = sysconf(_SC_PAGESIZE);
	get(MEMORY "/block_size_bytes", text, sizeof(text));
	block_size = strtoull(text, NULL, 16);
	state = strtoull(argv[1], NULL, 0);
	patience = atoi(argv[4]);
	for (i = 5; i < (unsigned int)argc; i++)
		parse_blocks(argv[i]);
	draw_cases(atoi(argv[2]), atoi(argv[3]));

	for (i = 0; i < nr_cases; i++)
		run_case(i, cases[i]);
	set_timeout(0);

	for (i = 0; i < KINDS; i++) {
		if (kinds[i].cases)
			printf("kind %s: %u cases, %u bad\n", kinds[i].name,
			       kinds[i].cases, kinds[i].bad);
	}
	printf("false ok %u; false obstacle %u; of %u, %ld s\n", false_ok, false_obstacle, nr_cases,
	       (long)(time(NULL) - begin));
	return 0;
}

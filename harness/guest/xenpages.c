// SPDX-License-Identifier: GPL-2.0
/*
 * How many pages Xen has given the domain, by Xen's own count; and beside it, looked at
 * again until nothing has changed meanwhile, the balloon's count and the kernel's total,
 * in KiB:
 *
 *   xenpages
 *
 * Numbers of hypercalls: xen/include/public/xen.h and memory.h.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define MEMORY_OP		12
#define CURRENT_RESERVATION	3
#define DOMID_SELF		0x7ff0

struct hypercall {
	uint64_t op;
	uint64_t arg[5];
};

#define PRIVCMD_HYPERCALL	_IOC(_IOC_NONE, 'P', 0, sizeof(struct hypercall))
#define BALLOON			"/sys/devices/system/xen_memory/xen_memory0/info/current_kb"

static long xen_count(void)
{
	static uint16_t *domid;
	struct hypercall call = { .op = MEMORY_OP, .arg = { CURRENT_RESERVATION } };
	static int fd = -1;

	if (fd < 0) {
		fd = open("/dev/xen/privcmd", O_RDWR);
		/* Xen reads it: it must be there, and stay */
		domid = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
		if (fd < 0 || domid == MAP_FAILED) {
			perror("/dev/xen/privcmd");
			exit(1);
		}
		*domid = DOMID_SELF;
	}
	call.arg[1] = (uintptr_t)domid;
	return ioctl(fd, PRIVCMD_HYPERCALL, &call);
}

static long number(const char *path, const char *before)
{
	static char text[4096];
	int fd = open(path, O_RDONLY);
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	const char *at;

	if (len < 0) {
		perror(path);
		exit(1);
	}
	close(fd);
	text[len] = 0;
	at = strstr(text, before);
	return at ? atol(at + strlen(before)) : -1;
}

int main(void)
{
	long xen, balloon, total;

	do {
		xen = xen_count();
		balloon = number(BALLOON, "");
		total = number("/proc/meminfo", "MemTotal:");
	} while (xen != xen_count());
	if (xen < 0) {
		fprintf(stderr, "xenpages: Xen says %ld\n", xen);
		return 1;
	}
	printf("xen %ld balloon %ld total %ld\n", xen * 4, balloon, total);
	return 0;
}

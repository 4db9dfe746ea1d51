// SPDX-License-Identifier: GPL-2.0
/*
 * What /proc/kcore has of physical memory: "zeros" or "data".
 *
 *   kcore <address> <bytes>
 */
#define _FILE_OFFSET_BITS 64
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int die(const char *what)
{
	perror(what);
	return 1;
}

int main(int argc, char **argv)
{
	unsigned long long address, bytes, done;
	unsigned char buffer[65536];
	Elf64_Ehdr header;
	Elf64_Phdr part;
	ssize_t got;
	int fd, i, j;

	if (argc != 3) {
		fprintf(stderr, "usage: kcore <address> <bytes>\n");
		return 2;
	}
	address = strtoull(argv[1], NULL, 0);
	bytes = strtoull(argv[2], NULL, 0);
	fd = open("/proc/kcore", O_RDONLY);
	if (fd < 0 || pread(fd, &header, sizeof(header), 0) != sizeof(header))
		return die("/proc/kcore");
	for (i = 0; i < header.e_phnum; i++) {
		if (pread(fd, &part, sizeof(part), header.e_phoff + i * sizeof(part)) != sizeof(part))
			return die("/proc/kcore");
		/* The kernel's image has an entry without a physical address */
		if (part.p_type == PT_LOAD && part.p_paddr != (Elf64_Addr)-1 && part.p_paddr <= address &&
		    address + bytes <= part.p_paddr + part.p_filesz)
			break;
	}
	if (i == header.e_phnum) {
		fprintf(stderr, "kcore: no segment has %#llx\n", address);
		return 1;
	}
	for (done = 0; done < bytes; done += got) {
		got = pread(fd, buffer, bytes - done < sizeof(buffer) ? bytes - done : sizeof(buffer),
			    part.p_offset + (address - part.p_paddr) + done);
		if (got <= 0)
			return die("/proc/kcore");
		for (j = 0; j < got; j++) {
			if (buffer[j]) {
				printf("data\n");
				return 0;
			}
		}
	}
	printf("zeros\n");
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads the kernel that is to run if this one crashes.
 *
 *	crash-kernel <vmlinux> <command line>
 */

#include <err.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
	int fd;

	if (argc != 3)
		errx(2, "usage: %s <vmlinux> <command line>", argv[0]);
	fd = open(argv[1], O_RDONLY);
	if (fd < 0)
		err(2, "%s", argv[1]);
	if (syscall(SYS_kexec_file_load, fd, -1, strlen(argv[2]) + 1, argv[2],
		    KEXEC_FILE_ON_CRASH | KEXEC_FILE_NO_INITRAMFS))
		err(1, "loading %s", argv[1]);
	return 0;
}

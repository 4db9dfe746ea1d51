// SPDX-License-Identifier: GPL-2.0
/*
 * Load a kernel, to be started by kexec; or unload it.
 *
 *   kexecload <image>
 *   kexecload
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	const unsigned long flags = argc > 1 ? KEXEC_FILE_NO_INITRAMFS : KEXEC_FILE_UNLOAD;
	const char command_line[] = "";
	int fd = -1;

	if (argc > 1) {
		fd = open(argv[1], O_RDONLY);
		if (fd < 0) {
			perror(argv[1]);
			return 1;
		}
	}
	if (syscall(SYS_kexec_file_load, fd, -1, sizeof(command_line), command_line, flags)) {
		perror("kexec_file_load");
		return 1;
	}
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's init: mounts what a test needs, then runs commands for the host
 * over a port of its own, so that the console stays the kernel's.
 *
 * A frame is a header of 12 bytes (length of the payload, id of the command,
 * type; little endian, whatever the CPU) and the payload. The host starts a
 * command with an id of its choice, feeds its input, signals it; the guest
 * sends its output as it comes, and its exit status last. Commands run side
 * by side, each in a process group of its own.
 *
 * Everything the agent needs later is allocated and locked at the start: it
 * has to answer when memory is exhausted or going away.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <dirent.h>
#include <termios.h>
#include <unistd.h>

#define PORT_NAME	"mhp.agent"
#define MAX_COMMANDS	128
#define MAX_PAYLOAD	(256 * 1024)
#define HEADER		12

enum frame_type {
	/* from the host */
	F_RUN	= 1,	/* payload: a shell command line */
	F_INPUT	= 2,	/* payload: bytes for its standard input, none: end of file */
	F_KILL	= 3,	/* payload: a signal number as text */
	F_SYSRQ	= 4,	/* payload: a sysrq letter */
	/* from the guest */
	F_HELLO	= 16,	/* payload: the kernel's release */
	F_OUTPUT = 17,
	F_EXIT	= 18,	/* payload: exit status, or 128 + signal, as text */
};

struct command {
	uint32_t id;
	pid_t pid;		/* 0: slot free */
	int out;		/* -1: closed */
	int in;			/* -1: closed */
	int status;
};

static struct command commands[MAX_COMMANDS];
static unsigned char payload[MAX_PAYLOAD];
static unsigned char chunk[HEADER + 64 * 1024];
static int port;

static void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("agent: ", stderr);
	vfprintf(stderr, format, args);
	fprintf(stderr, ": %s\n", strerror(errno));
	va_end(args);
	reboot(RB_POWER_OFF);
	_exit(1);
}

static void put_le32(unsigned char *p, uint32_t v)
{
	p[0] = v;
	p[1] = v >> 8;
	p[2] = v >> 16;
	p[3] = v >> 24;
}

static uint32_t get_le32(const unsigned char *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static void read_port(void *buffer, size_t length)
{
	unsigned char *p = buffer;

	while (length) {
		ssize_t got = read(port, p, length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			die("read from host");
		if (!got) {
			/* A virtio port without a peer reads as end of file. */
			struct pollfd wait = { .fd = port, .events = POLLIN };

			poll(&wait, 1, -1);
			continue;
		}
		p += got;
		length -= got;
	}
}

static void write_port(const unsigned char *p, size_t length)
{
	while (length) {
		ssize_t done = write(port, p, length);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0 && (errno == EAGAIN || errno == ENOMEM)) {
			struct pollfd wait = { .fd = port, .events = POLLOUT };

			poll(&wait, 1, errno == ENOMEM ? 50 : -1);
			continue;
		}
		if (done < 0)
			die("write to host");
		p += done;
		length -= done;
	}
}

/* The payload stands at frame + HEADER already. */
static void send_in_place(unsigned char *frame, uint32_t id, enum frame_type type, size_t length)
{
	put_le32(frame, length);
	put_le32(frame + 4, id);
	put_le32(frame + 8, type);
	write_port(frame, HEADER + length);
}

static void send_text(uint32_t id, enum frame_type type, const char *format, ...)
{
	unsigned char frame[HEADER + 256];
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf((char *)frame + HEADER, sizeof(frame) - HEADER, format, args);
	va_end(args);
	send_in_place(frame, id, type, length);
}

static struct command *find_command(uint32_t id)
{
	for (struct command *c = commands; c < commands + MAX_COMMANDS; c++)
		if (c->pid && c->id == id)
			return c;
	return NULL;
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		fprintf(stderr, "agent: %s: %s\n", path, strerror(errno));
	close(fd);
}

static void finish(struct command *c)
{
	if (c->in >= 0)
		close(c->in);
	if (c->out >= 0)
		close(c->out);
	send_text(c->id, F_EXIT, "%d", c->status);
	*c = (struct command){ .out = -1, .in = -1 };
}

/* Move what the pipe holds to the host; false at its end. */
static int drain(struct command *c)
{
	for (;;) {
		ssize_t got = read(c->out, chunk + HEADER, sizeof(chunk) - HEADER);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno == EAGAIN;
		if (!got)
			return 0;
		send_in_place(chunk, c->id, F_OUTPUT, got);
	}
}

static void child(const char *line, int in, int out)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setsid();
	dup2(in, 0);
	dup2(out, 1);
	dup2(out, 2);
	write_file("/proc/self/oom_score_adj", "0");
	execl("/bin/sh", "sh", "-c", line, NULL);
	_exit(127);
}

static void start(uint32_t id, const char *line)
{
	struct command *c = commands;
	int in[2], out[2];
	pid_t pid;

	while (c < commands + MAX_COMMANDS && c->pid)
		c++;
	if (c == commands + MAX_COMMANDS) {
		send_text(id, F_OUTPUT, "agent: more than %d commands at a time\n", MAX_COMMANDS);
		send_text(id, F_EXIT, "126");
		return;
	}
	if (pipe2(in, O_CLOEXEC))
		goto failed;
	if (pipe2(out, O_CLOEXEC))
		goto close_in;
	pid = fork();
	if (pid < 0)
		goto close_out;
	if (!pid)
		child(line, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	*c = (struct command){ .id = id, .pid = pid, .in = in[1], .out = out[0] };
	return;

close_out:
	close(out[0]);
	close(out[1]);
close_in:
	close(in[0]);
	close(in[1]);
failed:
	send_text(id, F_OUTPUT, "agent: cannot start a command: %s\n", strerror(errno));
	send_text(id, F_EXIT, "126");
}

static void feed(struct command *c, size_t length)
{
	if (c->in < 0)
		return;
	/* A reader that has gone away takes its input with it. */
	if (!length || write(c->in, payload, length) < 0) {
		close(c->in);
		c->in = -1;
	}
}

static void frame_from_host(void)
{
	unsigned char header[HEADER];
	uint32_t length, id, type;
	struct command *c;

	read_port(header, sizeof(header));
	length = get_le32(header);
	id = get_le32(header + 4);
	type = get_le32(header + 8);
	if (length >= sizeof(payload)) {
		errno = EMSGSIZE;
		die("frame of %u bytes", length);
	}
	read_port(payload, length);
	payload[length] = 0;
	c = find_command(id);

	switch (type) {
	case F_RUN:
		start(id, (char *)payload);
		break;
	case F_INPUT:
		if (c)
			feed(c, length);
		break;
	case F_KILL:
		if (c)
			kill(-c->pid, atoi((char *)payload));
		break;
	case F_SYSRQ:
		write_file("/proc/sysrq-trigger", (char *)payload);
		break;
	default:
		errno = EPROTO;
		die("frame of type %u", type);
	}
}

/* init inherits every orphan; those that are not commands are only reaped. */
static void reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (struct command *c = commands; c < commands + MAX_COMMANDS; c++) {
			if (c->pid != pid)
				continue;
			c->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
			/* Output of a grandchild that lives on is not waited for. */
			drain(c);
			finish(c);
		}
	}
}

static void serve(int signals)
{
	struct pollfd wait[2 + MAX_COMMANDS];
	struct command *of[2 + MAX_COMMANDS];

	for (;;) {
		int n = 0;

		wait[n++] = (struct pollfd){ .fd = port, .events = POLLIN };
		wait[n++] = (struct pollfd){ .fd = signals, .events = POLLIN };
		for (struct command *c = commands; c < commands + MAX_COMMANDS; c++) {
			if (!c->pid || c->out < 0)
				continue;
			of[n] = c;
			wait[n++] = (struct pollfd){ .fd = c->out, .events = POLLIN };
		}
		if (poll(wait, n, -1) < 0 && errno != EINTR)
			die("poll");
		for (int i = 2; i < n; i++) {
			if (wait[i].revents && !drain(of[i])) {
				close(of[i]->out);
				of[i]->out = -1;
			}
		}
		if (wait[1].revents & POLLIN) {
			struct signalfd_siginfo info;

			if (read(signals, &info, sizeof(info)) < 0)
				die("signalfd");
			reap();
		}
		if (wait[0].revents & POLLIN)
			frame_from_host();
	}
}

/* Named virtio ports announce their name in sysfs; udev is not here to link it. */
static int open_virtio_port(void)
{
	char path[320], name[64];
	struct dirent *entry;
	DIR *ports = opendir("/sys/class/virtio-ports");
	int fd = -1;

	if (!ports)
		return -1;
	while (fd < 0 && (entry = readdir(ports))) {
		FILE *file;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/sys/class/virtio-ports/%s/name", entry->d_name);
		file = fopen(path, "r");
		if (!file)
			continue;
		if (fgets(name, sizeof(name), file) && !strncmp(name, PORT_NAME, strlen(PORT_NAME))) {
			snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
			fd = open(path, O_RDWR | O_CLOEXEC);
		}
		fclose(file);
	}
	closedir(ports);
	return fd;
}

/* The kernel gets to know of its ports and of their names while this runs already */
static int await_virtio_port(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	const int events = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
	char event[8192];
	int fd;

	if (events < 0 || bind(events, (struct sockaddr *)&address, sizeof(address)))
		die("uevents");
	while ((fd = open_virtio_port()) < 0) {
		if (recv(events, event, sizeof(event), 0) < 0 && errno != ENOBUFS)
			die("uevents");
	}
	close(events);
	return fd;
}

static int open_serial(const char *path)
{
	struct termios raw;
	int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 || tcgetattr(fd, &raw))
		return -1;
	cfmakeraw(&raw);
	cfsetspeed(&raw, B115200);
	return tcsetattr(fd, TCSANOW, &raw) ? -1 : fd;
}

static void mount_one(const char *type, const char *where)
{
	mkdir(where, 0755);
	if (mount(type, where, type, 0, NULL) && errno != ENODEV && errno != EBUSY)
		fprintf(stderr, "agent: mount %s: %s\n", where, strerror(errno));
}

/* The value of key= in the kernel's command line, or NULL. */
static char *boot_option(const char *key)
{
	static char line[4096];
	size_t length = strlen(key);
	FILE *file = fopen("/proc/cmdline", "r");

	if (!file || !fgets(line, sizeof(line), file))
		return NULL;
	fclose(file);
	for (char *word = strtok(line, " \n"); word; word = strtok(NULL, " \n"))
		if (!strncmp(word, key, length) && word[length] == '=')
			return word + length + 1;
	return NULL;
}

static void interactive(void)
{
	int status;
	pid_t pid;

	/* A person types here: only what is urgent may come between. */
	write_file("/proc/sys/kernel/printk", "4 4 1 7");
	pid = fork();
	if (!pid) {
		setsid();
		ioctl(0, TIOCSCTTY, 1);
		setenv("PS1", "guest# ", 1);
		execl("/bin/sh", "sh", NULL);
		_exit(127);
	}
	while (waitpid(-1, &status, 0) != pid)
		;
	sync();
	reboot(RB_POWER_OFF);
}

int main(void)
{
	struct utsname uts;
	sigset_t mask;
	char *where;
	int signals;

	mount_one("proc", "/proc");
	mount_one("sysfs", "/sys");
	mount_one("devtmpfs", "/dev");
	mount_one("tmpfs", "/tmp");
	mount_one("debugfs", "/sys/kernel/debug");
	mount_one("tracefs", "/sys/kernel/tracing");
	mount_one("securityfs", "/sys/kernel/security");
	setenv("PATH", "/bin:/sbin:/usr/bin:/usr/sbin", 1);
	setenv("HOME", "/root", 1);
	mkdir("/root", 0700);
	write_file("/proc/sys/kernel/printk", "7 4 1 7");

	where = boot_option("mhp.agent");
	if (where && !strcmp(where, "shell"))
		interactive();

	port = where && strcmp(where, "virtio") ? open_serial(where) : await_virtio_port();
	if (port < 0)
		die("no port to the host (mhp.agent=%s)", where ? where : "virtio");

	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	signal(SIGPIPE, SIG_IGN);
	signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0)
		die("signalfd");
	write_file("/proc/self/oom_score_adj", "-1000");
	mlockall(MCL_CURRENT | MCL_FUTURE);
	for (struct command *c = commands; c < commands + MAX_COMMANDS; c++)
		c->in = c->out = -1;

	uname(&uts);
	send_text(0, F_HELLO, "%s", uts.release);
	serve(signals);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Traffic that is checked to the last byte.
 *
 *	traffic tcp-serve <port>
 *	traffic tcp-send <address> <port> <file> <MiB>
 *	traffic udp-serve <port>
 *	traffic udp-send <address> <port> <bytes>
 *
 * A TCP sender writes a pattern to the file and sends it with sendfile(), again and
 * again: the network card reads the file's own pages. UDP datagrams carry a number
 * and a pattern that follows from it. Each prints a line of counters once it is ready,
 * for each line that it reads, and when its input ends; if the line is a number, once
 * there are so many bytes more. What a receiver finds wrong is counted, and described
 * once; the exit status is 1 then. A datagram that was missing and comes late is not:
 * while an interface comes up, some wait for the other side's address.
 */

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#define MIB		(1024ULL * 1024)
#define CHUNK		(256 * 1024)
#define MAGIC		0x65484541u
#define LARGEST_UDP	65507
/* Datagrams whose numbers are remembered */
#define REMEMBERED	65536

static struct {
	uint64_t bytes;
	uint64_t packets;
	uint64_t missing;
	uint64_t late;
	uint64_t connections;
	uint64_t bad;
} counters;

/* Bytes after which a report is due; 0 for none */
static uint64_t goal;

struct datagram {
	uint32_t magic;
	uint32_t length;
	uint64_t number;
};

/* Sebastiano Vigna's splitmix64: every bit depends on every bit */
static uint64_t pattern(uint64_t x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}

static void report(void)
{
	printf("bytes %llu packets %llu missing %llu late %llu connections %llu bad %llu\n",
	       (unsigned long long)counters.bytes,
	       (unsigned long long)counters.packets,
	       (unsigned long long)counters.missing,
	       (unsigned long long)counters.late,
	       (unsigned long long)counters.connections,
	       (unsigned long long)counters.bad);
	fflush(stdout);
}

static void complain(const char *what, uint64_t where)
{
	if (!counters.bad++)
		fprintf(stderr, "%s at %llu\n", what, (unsigned long long)where);
}

static void count(size_t bytes)
{
	counters.bytes += bytes;
	if (!goal || counters.bytes < goal)
		return;
	goal = 0;
	report();
}

/* A line asks for a report, the end of input for the end */
static bool has_ended(void)
{
	char line[64] = "";
	const ssize_t n = read(0, line, sizeof(line) - 1);
	uint64_t more;

	if (n < 0)
		err(2, "reading commands");
	more = strtoull(line, NULL, 0);
	if (more)
		goal = counters.bytes + more;
	else if (n)
		report();
	return !n;
}

/* Until there is something to do; whether it is anything but to end */
static bool wait_for(struct pollfd *polled, nfds_t nr)
{
	if (poll(polled, nr, -1) < 0)
		err(2, "poll");
	return !polled[0].revents || !has_ended();
}

static struct sockaddr_in to_sockaddr(const char *host, const char *port)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(atoi(port)),
	};

	if (host && inet_pton(AF_INET, host, &to.sin_addr) != 1)
		errx(2, "%s is no address", host);
	return to;
}

static int bound(int type, const char *port)
{
	const struct sockaddr_in at = to_sockaddr(NULL, port);
	const int fd = socket(AF_INET, type, 0), one = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, (const void *)&at, sizeof(at)))
		err(2, "port %s", port);
	return fd;
}

/* TCP: the file's bytes, the first of which tell how long it is */

struct stream {
	int fd;
	uint64_t at;
	uint64_t size;
	unsigned char kept[sizeof(uint64_t)];
	unsigned int nr_kept;
};

static void check_word(struct stream *stream, uint64_t word)
{
	if (!stream->at)
		stream->size = word;
	else if (word != pattern(stream->at))
		complain("wrong word in a stream", stream->at);
	stream->at += sizeof(word);
	if (stream->at >= stream->size)
		stream->at = 0;
}

static void check_bytes(struct stream *stream, const unsigned char *data,
			size_t size)
{
	uint64_t word;
	size_t part;

	while (size) {
		part = sizeof(word) - stream->nr_kept;
		if (part > size)
			part = size;
		memcpy(stream->kept + stream->nr_kept, data, part);
		stream->nr_kept += part;
		data += part;
		size -= part;
		if (stream->nr_kept < sizeof(word))
			return;
		memcpy(&word, stream->kept, sizeof(word));
		stream->nr_kept = 0;
		check_word(stream, word);
	}
}

static void receive_stream(struct stream *stream)
{
	static unsigned char data[CHUNK];
	const ssize_t n = recv(stream->fd, data, sizeof(data), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		close(stream->fd);
		stream->fd = -1;
		return;
	}
	check_bytes(stream, data, n);
	count(n);
}

static void tcp_serve(const char *port)
{
	const int fd = bound(SOCK_STREAM, port);
	struct stream stream = { .fd = -1 };
	struct pollfd polled[] = {
		{ .fd = 0, .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
		{ .fd = -1, .events = POLLIN },
	};

	if (listen(fd, 4))
		err(2, "listen");
	report();
	while (wait_for(polled, 3)) {
		if (polled[1].revents && stream.fd < 0) {
			stream = (struct stream) { .fd = accept(fd, NULL, NULL) };
			counters.connections += stream.fd >= 0;
		} else if (polled[2].revents) {
			receive_stream(&stream);
		}
		polled[2].fd = stream.fd;
	}
}

static int pattern_file(const char *name, uint64_t size)
{
	static uint64_t words[CHUNK / sizeof(uint64_t)];
	const int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
	uint64_t at = 0;
	size_t i;

	if (fd < 0)
		err(2, "%s", name);
	while (at < size) {
		for (i = 0; i < sizeof(words) / sizeof(*words); i++, at += 8)
			words[i] = at ? pattern(at) : size;
		if (write(fd, words, sizeof(words)) != sizeof(words))
			err(2, "writing %s", name);
	}
	return fd;
}

static int connected(const char *host, const char *port)
{
	const struct sockaddr_in to = to_sockaddr(host, port);
	const int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (const void *)&to, sizeof(to)))
		err(2, "connecting to %s", host);
	if (fcntl(fd, F_SETFL, O_NONBLOCK))
		err(2, "nonblocking");
	counters.connections++;
	return fd;
}

static void tcp_send(const char *host, const char *port, const char *name,
		     uint64_t size)
{
	const int file = pattern_file(name, size);
	const int fd = connected(host, port);
	struct pollfd polled[] = {
		{ .fd = 0, .events = POLLIN },
		{ .fd = fd, .events = POLLOUT },
	};
	off_t at = 0;
	ssize_t n;

	report();
	while (wait_for(polled, 2)) {
		if (!polled[1].revents)
			continue;
		n = sendfile(fd, file, &at, size - at);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			err(2, "sendfile");
		if (n > 0)
			count(n);
		if ((uint64_t)at >= size)
			at = 0;
	}
}

/* UDP: numbered datagrams */

static union {
	struct datagram head;
	uint64_t words[(LARGEST_UDP + 7) / 8];
} packet;

static const size_t head_words = sizeof(packet.head) / sizeof(uint64_t);

/* Numbers plus one, by the lower bits of the number */
static uint64_t arrived[REMEMBERED];

static void check_number(uint64_t number, uint64_t *next)
{
	uint64_t *place = &arrived[number % REMEMBERED];

	if (*place == number + 1 || number + REMEMBERED < *next)
		complain("repeated datagram", number);
	*place = number + 1;
	if (number < *next) {
		counters.late++;
		counters.missing--;
		return;
	}
	counters.missing += number - *next;
	*next = number + 1;
}

static void check_datagram(size_t size, uint64_t *next)
{
	const uint64_t number = packet.head.number;
	size_t i;

	if (size < sizeof(packet.head) || packet.head.magic != MAGIC ||
	    packet.head.length != size) {
		complain("wrong datagram", counters.packets);
		return;
	}
	for (i = head_words; i < size / sizeof(uint64_t); i++)
		if (packet.words[i] != pattern(number << 16 | i))
			complain("wrong word in a datagram", number);
	check_number(number, next);
	counters.packets++;
	count(size);
}

static void udp_serve(const char *port)
{
	const int fd = bound(SOCK_DGRAM, port);
	struct pollfd polled[] = {
		{ .fd = 0, .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
	};
	uint64_t next = 0;
	ssize_t n;

	report();
	while (wait_for(polled, 2)) {
		if (!polled[1].revents)
			continue;
		n = recv(fd, &packet, sizeof(packet), MSG_DONTWAIT);
		if (n >= 0)
			check_datagram(n, &next);
		else if (errno != EAGAIN && errno != EINTR)
			err(2, "recv");
	}
}

static void fill_datagram(size_t size, uint64_t number)
{
	size_t i;

	packet.head = (struct datagram) {
		.magic = MAGIC, .length = size, .number = number,
	};
	for (i = head_words; i < size / sizeof(uint64_t); i++)
		packet.words[i] = pattern(number << 16 | i);
}

static void udp_send(const char *host, const char *port, size_t size)
{
	const struct sockaddr_in to = to_sockaddr(host, port);
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	/* Fewer than a queue holds: a sender waits, nothing is dropped here. */
	const int buffer = 64 * 1024;
	struct pollfd polled[] = {
		{ .fd = 0, .events = POLLIN },
		{ .fd = fd, .events = POLLOUT },
	};

	if (size < sizeof(packet.head) || size > LARGEST_UDP || size % 8)
		errx(2, "%zu bytes are not a multiple of 8 from %zu to %u", size,
		     sizeof(packet.head), LARGEST_UDP);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer)) ||
	    connect(fd, (const void *)&to, sizeof(to)))
		err(2, "socket");
	report();
	while (wait_for(polled, 2)) {
		if (!polled[1].revents)
			continue;
		fill_datagram(size, counters.packets);
		if (send(fd, &packet, size, 0) == (ssize_t)size) {
			counters.packets++;
			count(size);
		} else if (errno != EAGAIN && errno != ENOBUFS && errno != EINTR &&
			   errno != ENETDOWN && errno != ENETUNREACH &&
			   errno != ECONNREFUSED && errno != EHOSTUNREACH) {
			err(2, "send");
		}
	}
}

int main(int argc, char *argv[])
{
	if (argc == 3 && !strcmp(argv[1], "tcp-serve"))
		tcp_serve(argv[2]);
	else if (argc == 6 && !strcmp(argv[1], "tcp-send"))
		tcp_send(argv[2], argv[3], argv[4], atoi(argv[5]) * MIB);
	else if (argc == 3 && !strcmp(argv[1], "udp-serve"))
		udp_serve(argv[2]);
	else if (argc == 5 && !strcmp(argv[1], "udp-send"))
		udp_send(argv[2], argv[3], atoi(argv[4]));
	else
		errx(2, "how this is called is said at the top of %s", __FILE__);
	report();
	return counters.bad ? 1 : 0;
}

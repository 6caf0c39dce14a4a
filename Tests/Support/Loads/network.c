// SPDX-License-Identifier: Apache-2.0
/* Loads of the network: namespaces, datagrams, connections. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "loads.h"

void enter_network_of(int pid)
{
	char path[64];
	int file;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	file = open(path, O_RDONLY | O_CLOEXEC);
	check(file >= 0 && setns(file, CLONE_NEWNET) == 0, path);
	close(file);
}

/* A network namespace of its own with its loopback device up: it lasts as long as this process. */
void network_namespace(void)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int descriptor;

	check(unshare(CLONE_NEWNET) == 0, "unshare");
	descriptor = socket(AF_INET, SOCK_DGRAM, 0);
	check(ioctl(descriptor, SIOCSIFFLAGS, &request) == 0, "lo");
	close(descriptor);
	ready();
	finish();
}

static struct addrinfo *resolve(const char *address, const char *port, int type)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = type}, *found = NULL;

	check(getaddrinfo(address, port, &hints, &found) == 0, "address");
	return found;
}

/* A socket that takes datagrams and never reads them. */
void deaf(const char *port)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(atoi(port))};

	check(bind(socket(AF_INET6, SOCK_DGRAM, 0), (struct sockaddr *)&any, sizeof(any)) == 0, "bind");
	ready();
	finish();
}

/*
 * Sends `count` datagrams of `size` bytes, `us` apart; errors that came back are no matter. With `segment` each is many
 * of that size, in one packet that has yet to be cut up.
 */
void send_datagrams(const char *address, const char *port, long count, long size, long us, int segment)
{
	struct addrinfo *to = resolve(address, port, SOCK_DGRAM);
	int descriptor = socket(to->ai_family, SOCK_DGRAM, 0);
	char *data = calloc(1, size);

	check(descriptor >= 0 && data, "socket");
	if (segment)
		check(setsockopt(descriptor, SOL_UDP, UDP_SEGMENT, &segment, sizeof(segment)) == 0, "UDP_SEGMENT");
	ready();
	for (long i = 0; i < count; i++) {
		while (sendto(descriptor, data, size, 0, to->ai_addr, to->ai_addrlen) != size)
			check(errno == ENOBUFS || errno == EAGAIN || errno == ECONNREFUSED, "sendto");
		if (us)
			nap(us);
	}
	/* the receive queue of the other side is worked off in a softirq */
	nap(50000);
	finish();
}

/* Accepts one connection after the other, takes what comes until its end, and closes. */
static void serve(int listener)
{
	static char data[1 << 16];

	for (;;) {
		int peer = accept(listener, NULL, NULL);

		while (peer >= 0 && read(peer, data, sizeof(data)) > 0)
			;
		close(peer);
	}
}

void server(const char *port)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(atoi(port))};
	int listener = socket(AF_INET6, SOCK_STREAM, 0), on = 1;
	pid_t parent = getpid();

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	check(bind(listener, (struct sockaddr *)&any, sizeof(any)) == 0 && listen(listener, 1024) == 0, "listen");
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == parent)
			serve(listener);
		_exit(0);
	}
	close(listener);
	ready();
	finish();
}

/* Waits for what has become of a connect: 0 or an errno. */
static int outcome(int descriptor)
{
	struct pollfd poller = {.fd = descriptor, .events = POLLOUT};
	socklen_t length = sizeof(int);
	int error = 0;

	check(poll(&poller, 1, -1) == 1, "poll");
	getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length);
	return error;
}

/* After the other side has closed too. */
static void close_in_order(int descriptor)
{
	char byte = 0;

	check(write(descriptor, &byte, 1) == 1, "write");
	shutdown(descriptor, SHUT_WR);
	check(read(descriptor, &byte, 1) == 0, "end");
	close(descriptor);
}

static void abort_connection(int descriptor)
{
	struct linger at_once = {.l_onoff = 1};

	setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(descriptor);
}

/*
 * Connects `count` times, one after the other. What comes of it: `closes`, `aborts` (with a reset), `fails` (the
 * connect itself does), or `gives-up` (closed while nothing has answered).
 */
void connects(const char *address, const char *port, long count, const char *way)
{
	struct addrinfo *to = resolve(address, port, SOCK_STREAM);

	ready();
	for (long i = 0; i < count; i++) {
		int descriptor = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK, 0), error = 0;

		check(descriptor >= 0, "socket");
		if (connect(descriptor, to->ai_addr, to->ai_addrlen))
			error = errno;
		if (!strcmp(way, "gives-up")) {
			check(error == EINPROGRESS, "connect");
			close(descriptor);
			continue;
		}
		if (error == EINPROGRESS)
			error = outcome(descriptor);
		if (!strcmp(way, "fails")) {
			check(error != 0, "connect does not fail");
			close(descriptor);
			continue;
		}
		errno = error;
		check(error == 0, "connect");
		fcntl(descriptor, F_SETFL, 0);
		if (!strcmp(way, "aborts"))
			abort_connection(descriptor);
		else
			close_in_order(descriptor);
	}
	/* the last ones of the other side end in a softirq */
	nap(50000);
	finish();
}

static void send_all(int descriptor, long bytes)
{
	static char data[1 << 16];

	while (bytes > 0) {
		long sent = write(descriptor, data, bytes < (long)sizeof(data) ? bytes : (long)sizeof(data));

		check(sent > 0, "write");
		bytes -= sent;
	}
}

/* Sends `bytes` over one connection that was there before the load begins. */
void stream(const char *address, const char *port, long bytes)
{
	struct addrinfo *to = resolve(address, port, SOCK_STREAM);
	int descriptor = socket(to->ai_family, SOCK_STREAM, 0);
	char byte;

	check(connect(descriptor, to->ai_addr, to->ai_addrlen) == 0, "connect");
	ready();
	send_all(descriptor, bytes);
	shutdown(descriptor, SHUT_WR);
	check(read(descriptor, &byte, 1) == 0, "end");
	close(descriptor);
	nap(50000);
	finish();
}

// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CBench.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static uint64_t now(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t cbench_thread_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

void cbench_print_lines(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
}

static int pin(int cpu)
{
	cpu_set_t set;

	if (cpu < 0) {
		memset(&set, 0xff, sizeof(set));
	} else {
		CPU_ZERO(&set);
		CPU_SET(cpu, &set);
	}
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

static void end(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

int cbench_peer_start(struct cbench_peer *peer, int own_cpu, int peer_cpu)
{
	int to[2], from[2];

	if (pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC))
		return -errno;
	peer->child = fork();
	if (peer->child < 0)
		return -errno;
	if (peer->child == 0) {
		char byte;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pin(peer_cpu);
		while (read(to[0], &byte, 1) == 1 && write(from[1], &byte, 1) == 1)
			;
		_exit(0);
	}
	close(to[0]);
	close(from[1]);
	peer->to = to[1];
	peer->from = from[0];
	return pin(own_cpu);
}

double cbench_peer_rounds(const struct cbench_peer *peer, int rounds)
{
	uint64_t start = now();
	char byte = 0;

	for (int i = 0; i < rounds; i++)
		if (write(peer->to, &byte, 1) != 1 || read(peer->from, &byte, 1) != 1)
			return -1;
	return (double)(now() - start) / rounds;
}

void cbench_peer_stop(struct cbench_peer *peer)
{
	end(peer->child);
	close(peer->to);
	close(peer->from);
	pin(-1);
}

long cbench_ping_pong(uint64_t ns, int own_cpu, int peer_cpu)
{
	uint64_t stop = now() + ns;
	struct cbench_peer peer;
	long rounds = 0;

	if (cbench_peer_start(&peer, own_cpu, peer_cpu))
		return -1;
	while (now() < stop && cbench_peer_rounds(&peer, 100) > 0)
		rounds += 100;
	cbench_peer_stop(&peer);
	return rounds;
}

void cbench_pin(int cpu)
{
	pin(cpu);
}

double cbench_calls(int count)
{
	uint64_t start = now();

	for (int i = 0; i < count; i++)
		syscall(SYS_getppid);
	return (double)(now() - start) / count;
}

long cbench_call(uint64_t ns)
{
	uint64_t stop = now() + ns;
	long rounds = 0;

	for (; now() < stop; rounds += 1000)
		cbench_calls(1000);
	return rounds;
}

double cbench_number(const char *command)
{
	FILE *output = popen(command, "re");
	double number = -1;

	if (!output)
		return -1;
	if (fscanf(output, "%lf", &number) != 1)
		number = -1;
	pclose(output);
	return number;
}

long cbench_spawn(uint64_t ns)
{
	uint64_t stop = now() + ns;
	char *arguments[] = {"/bin/true", NULL};
	long rounds = 0;

	while (now() < stop) {
		pid_t child;

		if (posix_spawn(&child, arguments[0], NULL, NULL, arguments, environ))
			return -1;
		waitpid(child, NULL, 0);
		rounds++;
	}
	return rounds;
}

long cbench_migrate(uint64_t ns)
{
	uint64_t stop = now() + ns;
	long rounds = 0;

	while (now() < stop && pin(rounds & 1) == 0)
		rounds++;
	pin(-1);
	return rounds > 2 ? rounds : -1;
}

long cbench_sleep(uint64_t ns)
{
	uint64_t stop = now() + ns;
	struct timespec pause = {.tv_nsec = 100000};
	long rounds = 0;

	while (now() < stop) {
		nanosleep(&pause, NULL);
		rounds++;
	}
	return rounds;
}

long cbench_network(uint64_t ns)
{
	uint64_t stop = now() + ns;
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	long rounds = -1;
	char byte = 0;

	if (descriptor < 0)
		return -1;
	if (!bind(descriptor, (struct sockaddr *)&address, length) &&
	    !getsockname(descriptor, (struct sockaddr *)&address, &length) &&
	    !connect(descriptor, (struct sockaddr *)&address, length))
		for (rounds = 0; now() < stop; rounds++)
			if (send(descriptor, &byte, 1, 0) != 1 || recv(descriptor, &byte, 1, 0) != 1)
				break;
	close(descriptor);
	return rounds;
}

long cbench_refused_datagrams(uint64_t ns)
{
	uint64_t stop = now() + ns;
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	long rounds = 0;
	char byte = 0;

	if (descriptor < 0)
		return -1;
	address.sin_port = htons((uint16_t)cbench_free_port());
	for (; now() < stop; rounds++)
		sendto(descriptor, &byte, 1, 0, (struct sockaddr *)&address, sizeof(address));
	close(descriptor);
	return rounds;
}

long cbench_connections(uint64_t ns)
{
	uint64_t stop = now() + ns;
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct linger at_once = {.l_onoff = 1};
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	long rounds = 0;

	if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) || listen(listener, 16) ||
	    getsockname(listener, (struct sockaddr *)&address, &length)) {
		close(listener);
		return -1;
	}
	for (; now() < stop; rounds++) {
		int descriptor = cbench_connect(ntohs(address.sin_port)), peer = accept(listener, NULL, NULL);

		if (descriptor < 0 || peer < 0)
			break;
		setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
		close(descriptor);
		close(peer);
	}
	close(listener);
	return rounds;
}

long cbench_disk(uint64_t ns)
{
	uint64_t stop = now() + ns;
	int file = open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	long rounds = 0;
	char block[4096] = {};

	if (file < 0)
		return -1;
	for (; now() < stop; rounds++)
		if (pwrite(file, block, sizeof(block), 0) != sizeof(block) || fdatasync(file))
			break;
	close(file);
	return rounds;
}

#define FILE_PAGES 1024

/* A file on the disk, of which every 16th round takes the pages out of memory. */
static int file_for_reading(void)
{
	int file = open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	char page[4096] = {1};

	for (int i = 0; file >= 0 && i < FILE_PAGES; i++)
		if (pwrite(file, page, sizeof(page), i * sizeof(page)) != sizeof(page))
			return -1;
	if (file >= 0)
		fdatasync(file);
	return file;
}

static void drop_at_times(int file, long round)
{
	if (round % 16 == 0)
		posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
}

long cbench_read(uint64_t ns)
{
	int file = file_for_reading();
	uint64_t stop = now() + ns;
	char page[4096];
	long rounds;

	if (file < 0)
		return -1;
	for (rounds = 0; now() < stop; rounds++) {
		drop_at_times(file, rounds);
		for (int i = 0; i < FILE_PAGES; i++)
			if (pread(file, page, sizeof(page), i * sizeof(page)) != sizeof(page))
				break;
	}
	close(file);
	return rounds;
}

long cbench_map(uint64_t ns)
{
	int file = file_for_reading();
	uint64_t stop = now() + ns;
	long rounds;

	if (file < 0)
		return -1;
	for (rounds = 0; now() < stop; rounds++) {
		const volatile char *memory;

		drop_at_times(file, rounds);
		memory = mmap(NULL, FILE_PAGES * 4096, PROT_READ, MAP_SHARED, file, 0);
		if (memory == MAP_FAILED)
			break;
		for (int i = 0; i < FILE_PAGES; i++)
			(void)memory[i * 4096];
		munmap((void *)memory, FILE_PAGES * 4096);
	}
	close(file);
	return rounds;
}

long cbench_pipes(uint64_t ns)
{
	uint64_t stop = now() + ns;
	long rounds = 0;
	int ends[2];

	for (; now() < stop; rounds++) {
		if (pipe2(ends, O_CLOEXEC))
			return -1;
		close(ends[0]);
		close(ends[1]);
	}
	return rounds;
}

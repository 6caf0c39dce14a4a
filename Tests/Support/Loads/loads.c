// SPDX-License-Identifier: Apache-2.0
/* Switches, lives of processes and CPU time, and what all loads are made of. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "loads.h"

void check(int is_fine, const char *what)
{
	if (is_fine)
		return;
	perror(what);
	exit(2);
}

void ready(void)
{
	puts("ready");
	fflush(stdout);
	if (getchar() == EOF)
		exit(2);
}

void finish(void)
{
	puts("done");
	fflush(stdout);
	while (getchar() != EOF)
		;
}

static long long thread_time(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

void burn(long us)
{
	long long end = thread_time() + us * 1000LL;

	while (thread_time() < end)
		for (volatile int i = 0; i < 1000; i++)
			;
}

void nap(long us)
{
	struct timespec time = {us / 1000000, us % 1000000 * 1000};

	nanosleep(&time, NULL);
}

void bind_to(int tid, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	check(sched_setaffinity(tid, sizeof(set), &set) == 0, "sched_setaffinity");
}

void ping_pong(long rounds)
{
	int there[2], back[2];
	char byte = 0;

	check(pipe(there) == 0 && pipe(back) == 0, "pipe");
	if (fork() == 0) {
		close(there[1]);
		while (read(there[0], &byte, 1) == 1)
			check(write(back[1], &byte, 1) == 1, "write");
		_exit(0);
	}
	ready();
	for (long i = 0; i < rounds; i++)
		check(write(there[1], &byte, 1) == 1 && read(back[0], &byte, 1) == 1, "ping-pong");
	finish();
}

static void end_as(const char *way)
{
	if (!strcmp(way, "killed")) {
		raise(SIGKILL);
	} else if (!strcmp(way, "execs")) {
		execl("/proc/self/exe", "loads", "quit", NULL);
		_exit(127);
	} else if (!strcmp(way, "naps")) {
		nap(300000);
	}
	_exit(!strcmp(way, "fails") ? 3 : 0);
}

void children(long count, const char *way)
{
	ready();
	for (long i = 0; i < count; i++) {
		pid_t child = fork();

		check(child >= 0, "fork");
		if (child == 0)
			end_as(way);
		check(waitpid(child, NULL, 0) == child, "waitpid");
	}
	finish();
}

void short_lives(long count, long us, long together)
{
	long running = 0;

	ready();
	for (long i = 0; i < count; i++) {
		pid_t child = fork();

		check(child >= 0, "fork");
		if (child == 0) {
			burn(us);
			_exit(0);
		}
		if (++running == together) {
			check(wait(NULL) > 0, "wait");
			running--;
		}
	}
	while (wait(NULL) > 0)
		;
	finish();
}

static void *burn_on(void *unused)
{
	for (;;)
		burn(1000000);
	return unused;
}

void threads(long count, long ms)
{
	pthread_t thread;

	for (long i = 0; i < count; i++)
		check(pthread_create(&thread, NULL, burn_on, NULL) == 0, "pthread_create");
	ready();
	nap(ms * 1000);
	finish();
}

void bursts(long count, long burn_us, long nap_us)
{
	ready();
	for (long i = 0; i < count; i++) {
		if (burn_us)
			burn(burn_us);
		nap(nap_us);
	}
	finish();
}

static long long wall_time(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

/* Burns at the start of each period, `count` times, by an absolute clock: the period is what it is said to be. */
static void cycle(long count, long burn_us, long period_us)
{
	long long start = wall_time();

	for (long i = 1; i <= count; i++) {
		long long next = start + i * period_us * 1000LL;
		struct timespec time = {next / 1000000000, next % 1000000000};

		if (burn_us)
			burn(burn_us);
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
	}
}

void cycles(long count, long burn_us, long period_us)
{
	ready();
	cycle(count, burn_us, period_us);
	finish();
}

void steps(long count, long ms)
{
	ready();
	for (long i = 0; i < count; i++) {
		cycle(ms / 10, 1000, 10000);
		cycle(ms / 10, 8000, 10000);
	}
	cycle(ms / 10, 1000, 10000);
	finish();
}

void synced_writes(long count)
{
	static char block[65536];
	char path[] = "wattprobe-load-XXXXXX";
	int file = mkstemp(path);

	check(file >= 0 && unlink(path) == 0, "mkstemp");
	ready();
	for (long i = 0; i < count; i++)
		check(pwrite(file, block, sizeof(block), i % 64 * sizeof(block)) == sizeof(block) &&
			      fdatasync(file) == 0,
		      "write");
	finish();
}

void pipes(long count)
{
	int life[2];
	pid_t child;

	ready();
	check(pipe(life) == 0, "pipe");
	for (long i = 0; i < count; i++) {
		int ends[2];

		check(pipe(ends) == 0, "pipe");
	}
	child = fork();
	check(child >= 0, "fork");
	if (child == 0) {
		char byte;

		close(life[1]);
		_exit(read(life[0], &byte, 1) == 0 ? 0 : 1);
	}
	for (int descriptor = life[1] + 1; descriptor < life[1] + 1 + 2 * count; descriptor++)
		check(close(descriptor) == 0, "close");
	finish();
	close(life[1]);
	check(waitpid(child, NULL, 0) == child, "waitpid");
}

void spin(long ms)
{
	ready();
	burn(ms * 1000);
	finish();
}

void signals(long number, long count)
{
	check(signal(number, SIG_IGN) != SIG_ERR, "signal");
	ready();
	for (long i = 0; i < count; i++)
		check(kill(getpid(), number) == 0, "kill");
	finish();
}

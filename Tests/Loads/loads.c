// SPDX-License-Identifier: Apache-2.0
/*
 * Loads of known size for the tests of the kernel side:
 *
 *	loads [-p POLICY] [-n NICE] [-c CPU] [-N PID] MODE ARGUMENT...
 *
 * writes "ready", begins at a line of its input, writes "done" and ends with its input.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
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

/* Two processes pass a byte to and fro. The second one lives as long as the first. */
static void ping_pong(long rounds)
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

/* Children that end in the same way, one after the other. */
static void children(long count, const char *way)
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

/* Children that use some CPU time each, several at a time. */
static void short_lives(long count, long us, long together)
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

/* Threads burn from the start, and still do as the load says it is done. */
static void threads(long count, long ms)
{
	pthread_t thread;

	for (long i = 0; i < count; i++)
		check(pthread_create(&thread, NULL, burn_on, NULL) == 0, "pthread_create");
	ready();
	nap(ms * 1000);
	finish();
}

static void bursts(long count, long burn_us, long nap_us)
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

static void cycles(long count, long burn_us, long period_us)
{
	ready();
	cycle(count, burn_us, period_us);
	finish();
}

/* A tenth of a CPU and eight tenths in turn, each for so long, so many times. */
static void steps(long count, long ms)
{
	ready();
	for (long i = 0; i < count; i++) {
		cycle(ms / 10, 1000, 10000);
		cycle(ms / 10, 8000, 10000);
	}
	cycle(ms / 10, 1000, 10000);
	finish();
}

/* Writes that reach the disk, one after the other. */
static void synced_writes(long count)
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

/* Pipes that one process makes and another one closes, when it ends. */
static void pipes(long count)
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

static void spin(long ms)
{
	ready();
	burn(ms * 1000);
	finish();
}

/* The number of a signal, so many times to itself: ignored, so that each is sent and none is left pending. */
static void signals(long number, long count)
{
	check(signal(number, SIG_IGN) != SIG_ERR, "signal");
	ready();
	for (long i = 0; i < count; i++)
		check(kill(getpid(), number) == 0, "kill");
	finish();
}

static int run_network_load(const char *mode, int count, char **words)
{
	if (!strcmp(mode, "network-namespace"))
		network_namespace();
	else if (!strcmp(mode, "deaf") && count == 1)
		deaf(words[0]);
	else if (!strcmp(mode, "send-datagrams") && count >= 5)
		send_datagrams(words[0], words[1], atol(words[2]), atol(words[3]), atol(words[4]),
			       count == 6 ? atoi(words[5]) : 0);
	else if (!strcmp(mode, "server") && count == 1)
		server(words[0]);
	else if (!strcmp(mode, "connects") && count == 4)
		connects(words[0], words[1], atol(words[2]), words[3]);
	else if (!strcmp(mode, "stream") && count == 3)
		stream(words[0], words[1], atol(words[2]));
	else
		return 0;
	return 1;
}

/* Within its session, and the session among others where each is a group of its own (CONFIG_SCHED_AUTOGROUP). */
static void be_nice(const char *nice)
{
	FILE *group;

	check(setpriority(PRIO_PROCESS, 0, atoi(nice)) == 0, "setpriority");
	check(setsid() > 0, "setsid");
	group = fopen("/proc/self/autogroup", "w");
	if (group) {
		fputs(nice, group);
		fclose(group);
	}
}

int main(int argc, char **argv)
{
	struct sched_param parameter = {};
	long a[4] = {};
	const char *mode;
	int option;

	while ((option = getopt(argc, argv, "+p:n:c:N:")) != -1) {
		if (option == 'N')
			enter_network_of(atoi(optarg));
		if (option == 'n')
			be_nice(optarg);
		if (option == 'c')
			bind_to(0, atoi(optarg));
		if (option == 'p') {
			int policy = atoi(optarg);

			parameter.sched_priority = policy == SCHED_FIFO || policy == SCHED_RR ? 10 : 0;
			check(sched_setscheduler(0, policy, &parameter) == 0, "sched_setscheduler");
		}
	}
	check(optind < argc, "mode");
	mode = argv[optind++];
	for (int i = 0; i < 4 && optind + i < argc; i++)
		a[i] = atol(argv[optind + i]);
	if (!strcmp(mode, "quit"))
		return 0;
	else if (!strcmp(mode, "ping-pong"))
		ping_pong(a[0]);
	else if (!strcmp(mode, "children") && argv[optind + 1])
		children(a[0], argv[optind + 1]);
	else if (!strcmp(mode, "short-lives"))
		short_lives(a[0], a[1], a[2]);
	else if (!strcmp(mode, "threads"))
		threads(a[0], a[1]);
	else if (!strcmp(mode, "bursts"))
		bursts(a[0], a[1], a[2]);
	else if (!strcmp(mode, "signals"))
		signals(a[0], a[1]);
	else if (!strcmp(mode, "cycles"))
		cycles(a[0], a[1], a[2]);
	else if (!strcmp(mode, "steps"))
		steps(a[0], a[1]);
	else if (!strcmp(mode, "pipes"))
		pipes(a[0]);
	else if (!strcmp(mode, "synced-writes"))
		synced_writes(a[0]);
	else if (!strcmp(mode, "spin"))
		spin(a[0]);
	else if (!strcmp(mode, "migrate-asleep"))
		migrate_asleep(a[0]);
	else if (!strcmp(mode, "migrate-queued"))
		migrate_queued(a[0], a[1]);
	else if (!strcmp(mode, "crowd") && argc - optind == 5)
		crowd(a[0], a[1], argv[optind + 2], atol(argv[optind + 3]), atol(argv[optind + 4]));
	else if (!strcmp(mode, "brief-threads"))
		brief_threads(a[0], a[1], a[2]);
	else if (!strcmp(mode, "exec-by-thread"))
		exec_by_thread(a[0]);
	else if (!strcmp(mode, "go-on"))
		go_on(a[0]);
	else if (!strcmp(mode, "end-together"))
		end_together(a[0], a[1]);
	else if (!strcmp(mode, "datagrams"))
		datagrams(a[0]);
	else if (!strcmp(mode, "disk-writes"))
		disk_writes(a[0]);
	else if (!strcmp(mode, "lock-waits"))
		lock_waits(argv[optind], a[1], a[2], a[3]);
	else if (!strcmp(mode, "lock-storm"))
		lock_storm(a[0], a[1]);
	else if (!strcmp(mode, "calls"))
		calls(a[0], a[1], a[2]);
	else if (!strcmp(mode, "compat-calls"))
		compat_calls(a[0], a[1]);
	else if (!strcmp(mode, "sleeping-calls"))
		sleeping_calls(a[0], a[1], a[2]);
	else if (!strcmp(mode, "interrupted-calls"))
		interrupted_calls(a[0]);
	else if (!strcmp(mode, "killed-in-calls"))
		killed_in_calls(a[0]);
	else if (!strcmp(mode, "touch-pages"))
		touch_pages(a[0]);
	else if (!strcmp(mode, "read-into-pages"))
		read_into_pages(a[0]);
	else if (!strcmp(mode, "lock-pages"))
		lock_pages(a[0]);
	else if (!strcmp(mode, "read-pages-of-file"))
		read_pages_of_file(a[0]);
	else if (!strcmp(mode, "deep-reads") && argv[optind])
		deep_reads(argv[optind], a[1], a[2], atol(argv[optind + 3] ?: "1"));
	else if (!strcmp(mode, "write-back") && argv[optind])
		write_back(argv[optind], a[1], a[2]);
	else if (!run_network_load(mode, argc - optind, argv + optind))
		check(0, "mode");
	return 0;
}

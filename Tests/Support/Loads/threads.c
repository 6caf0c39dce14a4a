// SPDX-License-Identifier: Apache-2.0
/* Loads of threads that are moved between CPUs, or end together. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "loads.h"

static sem_t wake, answer, start_blocking;
static atomic_int sleeper_tid, is_blocking;
static long blocking_us;
static int cpus[2];

static void wait_for(sem_t *semaphore)
{
	while (sem_wait(semaphore))
		;
}

/* The first two CPUs this process may use. */
static void find_cpus(void)
{
	cpu_set_t set;
	int found = 0;

	check(sched_getaffinity(0, sizeof(set), &set) == 0, "sched_getaffinity");
	for (int cpu = 0; cpu < CPU_SETSIZE && found < 2; cpu++)
		if (CPU_ISSET(cpu, &set))
			cpus[found++] = cpu;
	check(found == 2, "two CPUs");
}

static void *sleeper(void *unused)
{
	sleeper_tid = syscall(SYS_gettid);
	for (;;) {
		wait_for(&wake);
		sem_post(&answer);
	}
	return unused;
}

static void start(void *(*body)(void *), void *argument)
{
	pthread_t thread;

	check(pthread_create(&thread, NULL, body, argument) == 0, "pthread_create");
}

static void set_up(void)
{
	find_cpus();
	sem_init(&wake, 0, 0);
	sem_init(&answer, 0, 0);
	sem_init(&start_blocking, 0, 0);
	start(sleeper, NULL);
	while (!sleeper_tid)
		nap(1000);
}

void migrate_asleep(long count)
{
	set_up();
	ready();
	for (long i = 0; i < count; i++) {
		/* long enough for it to sleep, as the waker's own nap is */
		nap(1000);
		bind_to(sleeper_tid, cpus[i % 2]);
		sem_post(&wake);
		wait_for(&answer);
	}
	finish();
}

static void *blocker(void *unused)
{
	struct sched_param parameter = {.sched_priority = 10};

	bind_to(0, cpus[0]);
	check(sched_setscheduler(0, SCHED_FIFO, &parameter) == 0, "sched_setscheduler");
	for (;;) {
		wait_for(&start_blocking);
		is_blocking = 1;
		burn(blocking_us);
		is_blocking = 0;
		sem_post(&answer);
	}
	return unused;
}

void migrate_queued(long count, long us)
{
	struct sched_param parameter = {.sched_priority = 20};

	set_up();
	blocking_us = us * 2;
	start(blocker, NULL);
	bind_to(0, cpus[1]);
	check(sched_setscheduler(0, SCHED_FIFO, &parameter) == 0, "sched_setscheduler");
	ready();
	for (long i = 0; i < count; i++) {
		bind_to(sleeper_tid, cpus[0]);
		/* time for all others, and for the sleeper to sleep */
		nap(2000);
		sem_post(&start_blocking);
		while (!is_blocking)
			;
		sem_post(&wake);
		nap(us);
		bind_to(sleeper_tid, cpus[1]);
		wait_for(&answer);
		wait_for(&answer);
	}
	finish();
}

static atomic_int arrived;
static int expected;

static void *end_at_once(void *unused)
{
	arrived++;
	while (arrived < expected)
		sched_yield();
	syscall(SYS_exit_group, 0);
	return unused;
}

void end_together(long count, long threads)
{
	expected = threads;
	ready();
	for (long i = 0; i < count; i++) {
		pid_t child = fork();

		check(child >= 0, "fork");
		if (child == 0) {
			for (int t = 1; t < threads; t++)
				start(end_at_once, NULL);
			end_at_once(NULL);
		}
		check(waitpid(child, NULL, 0) == child, "waitpid");
	}
	finish();
}

static long outliving_pages;

static void *outlive(void *leader)
{
	pthread_join(*(pthread_t *)leader, NULL);
	touch_pages(outliving_pages);
	return NULL;
}

void outlived(long count)
{
	static pthread_t leader;

	leader = pthread_self();
	outliving_pages = count;
	start(outlive, &leader);
	pthread_exit(NULL);
}

static long brief_us;

static void *brief_thread(void *unused)
{
	burn(brief_us);
	return unused;
}

void brief_threads(long count, long us, long together)
{
	pthread_t threads[64];

	check(together > 0 && together <= 64, "threads at once");
	brief_us = us;
	ready();
	for (long i = 0; i < count; i += together) {
		for (int j = 0; j < together; j++)
			check(pthread_create(&threads[j], NULL, brief_thread, NULL) == 0, "pthread_create");
		for (int j = 0; j < together; j++)
			pthread_join(threads[j], NULL);
	}
	finish();
}

static void *exec_itself(void *us)
{
	execl("/proc/self/exe", "loads", "go-on", us, NULL);
	_exit(127);
}

void exec_by_thread(long us)
{
	static char text[32];
	pthread_t thread;

	snprintf(text, sizeof(text), "%ld", us);
	ready();
	burn(us);
	check(pthread_create(&thread, NULL, exec_itself, text) == 0, "pthread_create");
	for (;;)
		pause();
}

void go_on(long us)
{
	burn(us);
	finish();
}

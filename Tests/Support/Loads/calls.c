// SPDX-License-Identifier: Apache-2.0
/* System calls of a known number. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "loads.h"

void calls(long number, long count, long argument)
{
	ready();
	for (long i = 0; i < count; i++)
		syscall(number, argument, 0, 0, 0, 0, 0);
	finish();
}

/* By the 32-bit table. */
static long compat_call(long number)
{
#ifdef __x86_64__
	long result = number;

	__asm__ volatile("int $0x80" : "+a"(result) : "b"(0) : "memory", "r8", "r9", "r10", "r11");
	return result;
#else
	return -ENOSYS;
#endif
}

void compat_calls(long number, long count)
{
	ready();
	for (long i = 0; i < count; i++)
		check(compat_call(number) != -ENOSYS, "compat call");
	finish();
}

static void wait_for(long child)
{
	check(child > 0 && waitpid((pid_t)child, NULL, 0) == child, "waitpid");
}

void fork_calls(long count)
{
	ready();
	for (long i = 0; i < count; i++) {
#ifdef SYS_fork
		long child = syscall(SYS_fork);
#else
		long child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
#endif

		if (child == 0)
			syscall(SYS_exit, 0);
		wait_for(child);
	}
	finish();
}

/* fork() and exit() have the numbers 2 and 1 there. */
void compat_forks(long count)
{
	ready();
	for (long i = 0; i < count; i++) {
		long child = compat_call(2);

		if (child == 0)
			compat_call(1);
		wait_for(child);
	}
	finish();
}

/* Has a filter do `action` in place of the call `number` from now on. */
static void refuse(long number, unsigned int action)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), /* the number is the first word */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = sizeof(filter) / sizeof(*filter), .filter = filter};

	check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no new privileges");
	check(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0, "seccomp");
}

/* Children that exit() and are ended by the signal that a filter sends for it instead. */
void refused_exits(long count)
{
	ready();
	for (long i = 0; i < count; i++) {
		pid_t child = fork();
		int status;

		check(child >= 0, "fork");
		if (child == 0) {
			/* no core */
			prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
			refuse(SYS_exit, SECCOMP_RET_TRAP);
			syscall(SYS_exit, 0);
		}
		check(waitpid(child, &status, 0) == child && WIFSIGNALED(status), "a refused exit");
	}
	finish();
}

void refused_calls(long number, long count)
{
	refuse(number, SECCOMP_RET_ERRNO | EXDEV);
	ready();
	for (long i = 0; i < count; i++)
		check(syscall(number, 0) < 0 && errno == EXDEV, "a refused call");
	finish();
}

void periodic_calls(long number, long count, long period_us)
{
	struct timespec next;

	ready();
	clock_gettime(CLOCK_MONOTONIC, &next);
	for (long i = 0; i < count; i++) {
		next.tv_nsec += period_us % 1000000 * 1000;
		next.tv_sec += period_us / 1000000 + next.tv_nsec / 1000000000;
		next.tv_nsec %= 1000000000;
		check(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL) == 0, "clock_nanosleep");
		syscall(number, 0);
	}
	finish();
}

static void sleep_in_call(long us)
{
	struct timespec time = {us / 1000000, us % 1000000 * 1000};

	check(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &time, NULL) == 0, "pselect6");
}

void mixed_sleeps(long rounds, long shortest_us, long longest_us)
{
	ready();
	for (long i = 0; i < rounds; i++) {
		sleep_in_call(shortest_us);
		sleep_in_call((shortest_us + longest_us) / 8);
		sleep_in_call(longest_us);
	}
	finish();
}

static long nanoseconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000L + now.tv_nsec;
}

/*
 * Waits by rt_sigtimedwait, which few others call, for times that are even on a scale of logarithms, and writes how
 * many nanoseconds each took.
 */
void timed_waits(long count, long shortest_us, long longest_us)
{
	double ratio = (double)longest_us / shortest_us;
	sigset_t none;

	sigemptyset(&none);
	ready();
	for (long i = 0; i < count; i++) {
		/* in no order, and each part of the scale as often as the others */
		long us = shortest_us * pow(ratio, (i * 7919 % count + 0.5) / count), begun = nanoseconds_now();
		struct timespec time = {us / 1000000, us % 1000000 * 1000};

		check(sigtimedwait(&none, NULL, &time) == -1, "sigtimedwait");
		printf("%ld\n", nanoseconds_now() - begun);
	}
	finish();
}

void sleeping_calls(long number, long count, long us)
{
	ready();
	for (long i = 0; i < count; i++) {
		struct timespec time = {us / 1000000, us % 1000000 * 1000};

		if (number == SYS_pselect6)
			sleep_in_call(us);
		else
			check(syscall(number, &time, NULL) == 0, "nanosleep");
	}
	finish();
}

static void on_signal(int number)
{
}

void interrupted_calls(long count)
{
	sigset_t blocked, none;

	sigemptyset(&none);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR2);
	check(signal(SIGUSR2, on_signal) != SIG_ERR, "signal");
	check(sigprocmask(SIG_BLOCK, &blocked, NULL) == 0, "sigprocmask");
	ready();
	for (long i = 0; i < count; i++) {
		raise(SIGUSR2);
		check(sigsuspend(&none) < 0 && errno == EINTR, "sigsuspend");
	}
	finish();
}

void killed_in_calls(long count)
{
	ready();
	for (long i = 0; i < count; i++) {
		pid_t child = fork();

		check(child >= 0, "fork");
		if (child == 0) {
			pause();
			_exit(1);
		}
		/* long enough for most of them to be in pause() */
		nap(1000);
		check(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child, "waitpid");
	}
	finish();
}

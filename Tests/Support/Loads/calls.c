// SPDX-License-Identifier: Apache-2.0
/* System calls of a known number. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
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

void compat_calls(long number, long count)
{
	ready();
#ifdef __x86_64__
	for (long i = 0; i < count; i++) {
		long result = number;

		__asm__ volatile("int $0x80" : "+a"(result) : "b"(0) : "memory", "r8", "r9", "r10", "r11");
		check(result != -ENOSYS, "int 0x80");
	}
#else
	errno = ENOSYS;
	check(0, "compat call");
#endif
	finish();
}

void sleeping_calls(long number, long count, long us)
{
	ready();
	for (long i = 0; i < count; i++) {
		struct timespec time = {us / 1000000, us % 1000000 * 1000};

		if (number == SYS_pselect6)
			check(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &time, NULL) == 0, "pselect6");
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

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What syscalls.bpf.c keeps: one syscalls_cpu per CPU, and beside it what times calls. */
#pragma once
#include "histogram.h"
#include <linux/types.h>
#include "../swift_name.h"

/* Calls by number; the last two places are for those without one that means anything. */
#define SYSCALL_INDEXES	   512 /* a power of two */
#define SYSCALL_UNKNOWN	   510 /* this number or a higher one */
#define SYSCALL_COMPAT	   511 /* by another ABI's table: 32-bit, x32 */
#define SYSCALL_CATEGORIES 11

/* Errors by number; 0: those without a place. The kernel's own, restart codes among them, come after the others. */
#define ERRORS_OF_PROGRAMS    160
#define ERRORS_OF_KERNEL      32
#define FIRST_ERROR_OF_KERNEL 512
#define ERROR_NUMBERS	      (ERRORS_OF_PROGRAMS + ERRORS_OF_KERNEL)

/* Of what a call with this number is: its category, and two things about it. */
#define SYSCALL_CATEGORY 0x3f
#define SYSCALL_FORKS	 0x40 /* returns twice, in the new task with 0 */
#define SYSCALL_ENDS	 0x80 /* ends the thread: never returns */

/* Which calls are timed. */
#define TIMING_OFF     0
#define TIMING_SAMPLED 1 /* those that begin while sys_enter is attached; a stamp by pid */
#define TIMING_ALL     2

/* Places for calls that are being timed, by the low bits of their task's pid. */
#define SYSCALL_BEGINS 32768

struct syscalls_cpu {
	__u64 calls[SYSCALL_INDEXES];
	__u64 errors[ERROR_NUMBERS];
	__u64 lost;	 /* calls whose start could not be kept */
	__u64 unwatched; /* with detail: calls of processes without series of their own */
	__u64 padding[6];
} SWIFT_NAME(SyscallsPerCPU);

/* Of a category of calls, or of one, and a lane of CPUs. */
struct call_durations {
	struct histogram times;
} SWIFT_NAME(CallDurations);

/* Where all calls are timed: how long they took. */
struct syscall_times {
	__u64 ns[SYSCALL_INDEXES];
} SWIFT_NAME(SyscallTimes);

struct syscalls_config {
	__u8 kinds[SYSCALL_INDEXES]; /* of each number */
	__u32 sigreturn;	     /* number of the call that returns what another one did */
	__u8 timing;
	__u8 task_storage;
	__u8 by_syscall; /* a histogram for each call */
	__u8 detail;	 /* count by process, too */
	__u8 lane_shift; /* the number of a CPU without so many of its last bits is that of its lane */
	__u8 unused[3];
} SWIFT_NAME(SyscallsConfig);

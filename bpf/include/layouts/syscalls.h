/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What syscalls.bpf.c keeps: one syscalls_cpu per CPU. */
#pragma once
#include "histogram.h"
#include <linux/types.h>
#include "../swift_name.h"

/* Calls by number; the last two places are for those without one that means anything. */
#define SYSCALL_INDEXES	   512 /* a power of two */
#define SYSCALL_UNKNOWN	   510 /* this number or a higher one */
#define SYSCALL_COMPAT	   511 /* by another ABI's table: 32-bit, x32 */
#define SYSCALL_CATEGORIES 11
/* Errors by number, the kernel's own restart codes (512 to 516) among them; 0: any higher one. */
#define ERROR_NUMBERS 544

struct syscall_total {
	__u64 calls;
	__u64 ns;
} SWIFT_NAME(SyscallTotal);

/* The slots of a histogram whose sum is that of its calls. */
struct syscall_slots {
	__u64 slots[HISTOGRAM_SLOTS];
} SWIFT_NAME(SyscallSlots);

struct syscalls_cpu {
	struct syscall_total totals[SYSCALL_INDEXES];
	struct syscall_slots durations[SYSCALL_CATEGORIES];
	__u64 errors[ERROR_NUMBERS];
	__u64 lost;	 /* calls whose start could not be kept */
	__u64 unwatched; /* with detail: calls of processes without series of their own */
	__u64 padding[6];
} SWIFT_NAME(SyscallsPerCPU);

struct syscalls_config {
	__u8 categories[SYSCALL_INDEXES]; /* of each number */
	__u32 sigreturn;		  /* number of the call that returns what another one did */
	__u8 task_storage;
	__u8 by_syscall; /* a histogram for each call, in syscall_durations */
	__u8 detail;	 /* count by process, too */
	__u8 unused;
} SWIFT_NAME(SyscallsConfig);

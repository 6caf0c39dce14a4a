/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What tree.bpf.c keeps of trees of processes: one tree_cpu and one tree_calls per CPU and tree. */
#pragma once
#include "process.h"
#include "sched.h"
#include "syscalls.h"
#include <linux/types.h>
#include "../swift_name.h"

#define MAX_TREES 16

/* In place of the tree of a task that was adopted: it was to be, and could not be now. */
#define TREE_REFUSED 0xffffffff

/* What is known of a tree's first process. */
struct tree_root {
	__u32 tgid; /* 0: there is none */
	__u32 has_ended;
	/* What it had resident at most before its program began, and since, as it was last seen: pages. */
	__u64 earlier_pages;
	__u64 pages;
} SWIFT_NAME(TreeRoot);

/* What the tasks of a tree did, as far as it happened on one CPU; but for two, counters that begin at 0. */
struct tree_cpu {
	/*
	 * Of the tasks that ended here, what they had used since they were in the tree: of those that were in it before
	 * it began, what they had used by then is taken away, modulo 2^64.
	 */
	struct usage ended;
	__u64 offcpu_ns[OFFCPU_REASONS]; /* blocked, until they ran again */
	__u64 processes;		 /* begun by fork */
	__u64 threads;
	__u64 programs; /* begun by exec */
	__u64 ended_processes;
	__u64 failed_processes; /* of these, with a status other than 0, or by a signal */
	__u64 ended_tasks;
	__u64 freed_tasks; /* of these, those whose weights are among those of the dead */
	__u64 received_bytes;
	__u64 sent_bytes;
	__u64 peak_pages; /* the most that one of the processes that ended had resident */
	__u64 began_ns;	  /* CLOCK_MONOTONIC as the first program began; 0: not here */
	__u64 lost;	  /* tasks that found no room, and what is kept by process that found none */
	__u64 padding[7];
} SWIFT_NAME(TreePerCPU);

/* The system calls of a tree, by the index that syscalls.h says. */
struct tree_calls {
	__u64 calls[SYSCALL_INDEXES];
	__u64 errors[SYSCALL_INDEXES];
	__u64 ns[SYSCALL_INDEXES];
} SWIFT_NAME(TreeCalls);

/* One process of a tree. */
struct tree_process_key {
	__u32 tgid;
	__u32 tree;
	__u64 start_ns; /* CLOCK_BOOTTIME */
} SWIFT_NAME(TreeProcessKey);

/* What its threads that ended had used. */
struct tree_process {
	struct usage used;
	__u64 peak_pages;
	__u32 parent;	 /* its pid */
	__u32 exit_code; /* as wait() has it */
	__u32 has_ended;
	__u32 unused;
	char comm[16];
} SWIFT_NAME(TreeProcess);

/* The calls of one process. */
struct tree_call_key {
	struct tree_process_key process;
	__u32 call; /* an index */
	__u32 unused;
} SWIFT_NAME(TreeCallKey);

struct tree_call {
	__u64 calls;
	__u64 errors;
	__u64 ns;
} SWIFT_NAME(TreeCall);

/* A task of a tree that lives, as the iterator finds it. */
struct tree_record {
	struct tree_process_key process;
	__u32 pid;
	__u32 parent;
	struct usage usage; /* since it is in the tree, modulo 2^64 */
	__u64 peak_pages;
	__u64 offcpu_ns; /* for how long it has been blocked, 0: it is not; and why */
	__u64 offcpu_reason;
	char comm[16];
} SWIFT_NAME(TreeRecord);

struct tree_config {
	__u8 kinds[SYSCALL_INDEXES]; /* as syscalls_config has them */
	__u32 sigreturn;
	__u32 trees;	     /* how many */
	__u8 by_process;     /* keep the figures of each process, too */
	__u8 until_programs; /* a tree begins with the first program that its root executes; else as it is adopted */
	__u8 unused[6];
} SWIFT_NAME(TreeConfig);
